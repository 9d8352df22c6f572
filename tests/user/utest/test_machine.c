/* SPDX-License-Identifier: MIT */
/* The clock, sleeping, random bytes, the console, the machine, and what happens when something is full. */
#include "../objects.h"
#include "../raw_call.h"
#include "workers.h"

#include <keel/interrupt.h>
#include <keel/syscall_numbers.h>
#include <string.h>

/* --- Calls without objects --- */

UTEST(call_of_nothing)
{
    EXPECT_EQ(keel_syscall_test_0(), 0);
}

UTEST(call_of_six_arguments)
{
    EXPECT_EQ(keel_syscall_test_6(1, 20, 300, 4000, 50000, 600000), 654321);
    EXPECT_EQ(keel_syscall_test_6(UINT64_MAX, 2, 0, 0, 0, 0), 1);
}

UTEST(call_numbers_that_there_are_not)
{
    static const uint64_t numbers[] = {9,        27,         128,        1000,
                                       1u << 31, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 32};
    const uint64_t words[6] = {0};

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        EXPECT_EQ(smuggled_call(numbers[i], words), SMUGGLED(numbers[i], -ENOSYS));
    }
}

UTEST(clock_goes_on)
{
    keel_time_t last = keel_clock_get_monotonic();

    EXPECT(last > 0);
    for (unsigned i = 0; i < 1000; i++) {
        keel_time_t now = keel_clock_get_monotonic();

        EXPECT(now >= last);
        last = now;
    }
}

UTEST(sleep_lasts_until_the_deadline)
{
    keel_time_t deadline = keel_clock_get_monotonic() + 3 * MS;

    EXPECT_EQ(keel_nanosleep(deadline), 0);
    EXPECT(keel_clock_get_monotonic() >= deadline);
    EXPECT_EQ(keel_nanosleep(0), 0);
    EXPECT_EQ(keel_nanosleep(KEEL_TIME_INFINITE_PAST), 0);
}

UTEST(yield_has_no_options)
{
    EXPECT_EQ(keel_thread_legacy_yield(0), 0);
    EXPECT_EQ(keel_thread_legacy_yield(1), -EINVAL);
}

UTEST(random_bytes_differ)
{
    static unsigned char first[256], second[256];
    unsigned same = 0;

    EXPECT_EQ(keel_cprng_draw(first, sizeof(first)), 0);
    EXPECT_EQ(keel_cprng_draw(second, sizeof(second)), 0);
    for (unsigned i = 0; i < 256; i++) {
        same += first[i] == second[i];
    }
    EXPECT(same < 64);
}

UTEST(random_bytes_are_as_many_as_asked_for)
{
    unsigned char bytes[20];

    memset(bytes, 0xee, sizeof(bytes));
    EXPECT_EQ(keel_cprng_draw(bytes, 0), 0);
    EXPECT_EQ(bytes[0], 0xee);
    EXPECT_EQ(keel_cprng_draw(bytes, 13), 0);
    EXPECT(bytes[13] == 0xee && bytes[19] == 0xee);
    EXPECT_EQ(keel_cprng_draw(bytes, 257), -EINVAL);
    EXPECT_EQ(keel_cprng_draw(NO_POINTER, 8), -EFAULT);
    EXPECT_EQ(keel_cprng_draw(KERNEL_POINTER, 8), -EFAULT);
}

UTEST(machine_has_cpus_and_ram)
{
    EXPECT(keel_system_get_num_cpus() >= 1 && keel_system_get_num_cpus() <= 64);
    EXPECT(keel_system_get_physmem() >= 32u << 20);
    EXPECT_EQ(keel_system_get_physmem() % PAGE, 0);
}

UTEST(console_is_read_by_leave)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t info, mmio;
    char byte;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_SYSTEM,
                                   KEEL_RSRC_SYSTEM_INFO_BASE, 1, &name, &info),
              0);
    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_MMIO, 0, 16, &name, &mmio), 0);
    EXPECT_EQ(keel_debug_read(info, &byte, 1, 0), -ERANGE);
    EXPECT_EQ(keel_debug_read(mmio, &byte, 1, 0), -ENOTTY);
    EXPECT_EQ(keel_debug_read(KEEL_HANDLE_INVALID, &byte, 1, 0), -EBADF);
    EXPECT_EQ(keel_debug_read(root_resource(), &byte, 0, 0), -EINVAL);
    EXPECT_EQ(keel_debug_read(root_resource(), &byte, 257, 0), -EINVAL);
    EXPECT_EQ(keel_handle_close(mmio), 0);
    EXPECT_EQ(keel_handle_close(info), 0);
}

UTEST(console_is_written_in_bounds)
{
    EXPECT_EQ(keel_debug_write(NULL, 0), 0);
    EXPECT_EQ(keel_debug_write(NO_POINTER, 1), -EFAULT);
    EXPECT_EQ(keel_debug_write(KERNEL_POINTER, 1), -EFAULT);
    EXPECT_EQ(keel_debug_write("x", 1025), -EINVAL);
}

/* Only who was given the privilege writes to the console. */
UTEST(console_is_not_every_programs)
{
    struct child child = new_child(root_job());
    struct child_call call = {KEEL_SYS_debug_write, {child.base, 1}, 0};

    EXPECT_EQ(start_call(&child, &call, KEEL_HANDLE_INVALID), 0);
    wait_for_end(child.process);
    EXPECT_EQ(result_of(&child), -EPERM);
    end_child(child);
}

/* --- When the table of handles is full --- */

#define TABLE (1u << 18)

static keel_handle_t table[TABLE];

static unsigned fill_table(keel_handle_t event)
{
    unsigned count = 0;

    while (count < TABLE && keel_handle_duplicate(event, ANY_RIGHTS, &table[count]) == 0) {
        count++;
    }
    return count;
}

static void empty_table(unsigned count)
{
    for (unsigned at = 0; at < count; at += 64) {
        EXPECT_EQ(keel_handle_close_many(&table[at], count - at < 64 ? count - at : 64), 0);
    }
}

static void expect_no_room(keel_handle_t vmo, keel_handle_t event)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t one, two;
    uint64_t base;

    EXPECT_EQ(keel_handle_duplicate(event, ANY_RIGHTS, &one), -ENOSPC);
    EXPECT_EQ(keel_event_create(0, &one), -ENOSPC);
    EXPECT_EQ(keel_eventpair_create(0, &one, &two), -ENOSPC);
    EXPECT_EQ(keel_channel_create(0, &one, &two), -ENOSPC);
    EXPECT_EQ(keel_port_create(0, &one), -ENOSPC);
    EXPECT_EQ(keel_timer_create(0, 0, &one), -ENOSPC);
    EXPECT_EQ(keel_vmo_create(PAGE, 0, &one), -ENOSPC);
    EXPECT_EQ(keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE, &one), -ENOSPC);
    EXPECT_EQ(keel_vmo_create_contiguous(root_resource(), PAGE, 0, &one), -ENOSPC);
    EXPECT_EQ(keel_vmar_allocate(root_vmar(), KEEL_VM_CAN_MAP_READ, 0, PAGE, &one, &base), -ENOSPC);
    EXPECT_EQ(keel_job_create(root_job(), 0, &one), -ENOSPC);
    EXPECT_EQ(keel_process_create(root_job(), "p", 1, 0, &one, &two), -ENOSPC);
    EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &one), -ENOSPC);
    EXPECT_EQ(keel_interrupt_create(KEEL_HANDLE_INVALID, 0, KEEL_INTERRUPT_VIRTUAL, &one), -ENOSPC);
    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_IRQ, 1, 1, &name, &one),
              -ENOSPC);
    EXPECT_EQ(keel_debuglog_create(root_resource(), 0, &one), -ENOSPC);
}

/* A message with handles stays until there is room. */
static void expect_no_room_for_messages(keel_handle_t channel)
{
    keel_handle_t got[3] = {0};
    keel_channel_buffer_t buffer = {.handles = got, .num_handles = 3};
    keel_channel_call_args_t args = {.rd_handles = got, .rd_num_handles = 3};

    EXPECT_EQ(keel_channel_read(channel, 0, &buffer), -ENOSPC);
    EXPECT_EQ(keel_channel_reply_wait(channel, 0, 0, &args), -ENOSPC);
    EXPECT_EQ(keel_handle_close_many(table, 3), 0);
    buffer.num_handles = 3;
    EXPECT_EQ(keel_channel_read(channel, 0, &buffer), 0);
    EXPECT_EQ(buffer.num_handles, 3);
    memcpy(table, got, sizeof(got));
}

UTEST(table_of_handles_is_full)
{
    keel_handle_t event = new_event(), vmo = new_vmo(PAGE, 0), fresh;
    keel_handle_t sent[3] = {new_event(), new_event(), new_event()};
    struct ends ends = new_channel();
    unsigned count;

    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, sent, 3), 0);
    count = fill_table(event);
    EXPECT(count > 1000 && count < TABLE);
    expect_no_room(vmo, event);
    EXPECT_EQ(keel_handle_replace(event, ANY_RIGHTS, &fresh), 0); /* takes no more room */
    event = fresh;
    expect_no_room_for_messages(ends.other);
    empty_table(count);
    close_ends(ends);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* --- Calls of channels, and what is refused --- */

static int call_with(keel_handle_t channel, keel_channel_call_args_t args)
{
    return keel_channel_call(channel, 0, 0, &args);
}

UTEST(channel_call_takes_all_handles_or_none)
{
    struct ends ends = new_channel();
    uint32_t word = 0;
    keel_handle_t event = new_event(), bare = with_rights(event, KEEL_RIGHT_WAIT);
    keel_handle_t twice[2] = {event, event}, bad[2] = {event, BAD_HANDLE}, fixed[2] = {event, bare};
    keel_channel_call_args_t args = {
        .wr_bytes = &word, .wr_num_bytes = 4, .wr_handles = twice, .wr_num_handles = 2};

    EXPECT_EQ(call_with(ends.one, args), -EBADF);
    args.wr_handles = bad;
    EXPECT_EQ(call_with(ends.one, args), -EBADF);
    args.wr_handles = fixed;
    EXPECT_EQ(call_with(ends.one, args), -EACCES);
    args.wr_handles = &ends.other;
    args.wr_num_handles = 1;
    EXPECT_EQ(call_with(ends.one, args), -ENOTSUP);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
    close_ends(ends);
}

UTEST(channel_call_into_a_full_queue)
{
    struct ends ends = new_channel();
    uint32_t word = 0;
    keel_handle_t event = new_event();
    keel_channel_call_args_t args = {
        .wr_bytes = &word, .wr_num_bytes = 4, .wr_handles = &event, .wr_num_handles = 1};

    while (keel_channel_write(ends.one, 0, &word, 4, NULL, 0) == 0) {
    }
    EXPECT_EQ(call_with(ends.one, args), -EAGAIN);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -EAGAIN);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
    close_ends(ends);
}

UTEST(channel_calls_need_rights)
{
    struct ends ends = new_channel();
    uint32_t word = 0;
    keel_channel_call_args_t args = {.wr_bytes = &word, .wr_num_bytes = 4};

    EXPECT_EQ(keel_channel_call(ends.one, 1, 0, &args), -EINVAL);
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 1, 0, &args), -EINVAL);
    EXPECT_EQ(keel_handle_replace(ends.one, KEEL_RIGHT_READ, &ends.one), 0);
    EXPECT_EQ(keel_channel_call(ends.one, 0, 0, &args), -EACCES);
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -EACCES);
    EXPECT_EQ(keel_handle_replace(ends.other, KEEL_RIGHT_WRITE, &ends.other), 0);
    EXPECT_EQ(keel_channel_call(ends.other, 0, 0, &args), -EACCES);
    EXPECT_EQ(keel_channel_reply_wait(ends.other, 0, 0, &args), -EACCES);
    close_ends(ends);
}

UTEST(channel_reply_is_bounded)
{
    struct ends ends = new_channel();
    keel_channel_call_args_t args = {.wr_bytes = &ends, .wr_num_bytes = 65537};

    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -EINVAL);
    args = (keel_channel_call_args_t){.wr_handles = &ends.one, .wr_num_handles = 65};
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -EINVAL);
    args.wr_num_handles = 1;
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -ENOTSUP);
    args.wr_handles = (keel_handle_t[]){BAD_HANDLE};
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -EBADF);
    args = (keel_channel_call_args_t){.wr_bytes = NO_POINTER, .wr_num_bytes = 9};
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, 0, &args), -EFAULT);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

struct caller {
    keel_handle_t channel, sent, got;
    uint32_t room;
    int result;
    keel_channel_call_args_t args;
    char request[16], reply[16];
};

static void call_once(uint64_t caller, uint64_t unused)
{
    struct caller *self = (struct caller *)caller;

    (void)unused;
    self->args = (keel_channel_call_args_t){.wr_bytes = self->request,
                                            .wr_num_bytes = sizeof(self->request),
                                            .wr_handles = &self->sent,
                                            .wr_num_handles = 1,
                                            .rd_bytes = self->reply,
                                            .rd_num_bytes = self->room,
                                            .rd_handles = &self->got,
                                            .rd_num_handles = 1};
    self->result = keel_channel_call(self->channel, 0, FOREVER, &self->args);
    keel_thread_exit();
}

/* Answers one request with what came, handle and all. */
static void answer(keel_handle_t channel)
{
    char bytes[16];
    keel_handle_t handle = KEEL_HANDLE_INVALID;
    keel_channel_call_args_t args = {
        .rd_bytes = bytes, .rd_num_bytes = 16, .rd_handles = &handle, .rd_num_handles = 1};

    EXPECT_EQ(keel_channel_reply_wait(channel, 0, FOREVER, &args), 0);
    EXPECT(args.rd_num_bytes == 16 && args.rd_num_handles == 1);
    EXPECT_EQ(keel_channel_write(channel, 0, bytes, 16, &handle, 1), 0);
}

UTEST(channel_call_brings_handles_back)
{
    struct ends ends = new_channel();
    struct caller caller = {
        .channel = ends.one, .sent = new_event(), .room = 16, .request = "....abcdefghijk"};
    struct worker worker;

    EXPECT_EQ(keel_object_signal(caller.sent, 0, KEEL_USER_SIGNAL_2), 0);
    REQUIRE(start_worker(&worker, call_once, (uint64_t)&caller, 0));
    answer(ends.other);
    join_worker(&worker);
    EXPECT_EQ(caller.result, 0);
    EXPECT(caller.args.rd_num_bytes == 16 && caller.args.rd_num_handles == 1);
    EXPECT(memcmp(&caller.reply[4], "abcdefghijk", 12) == 0);
    EXPECT_EQ(signals_of(caller.got), KEEL_USER_SIGNAL_2);
    EXPECT_EQ(keel_handle_close(caller.got), 0);
    close_ends(ends);
}

UTEST(channel_reply_that_does_not_fit_is_queued)
{
    struct ends ends = new_channel();
    struct caller caller = {.channel = ends.one, .sent = new_event(), .room = 15};
    keel_handle_t got = KEEL_HANDLE_INVALID;
    char bytes[16];
    keel_channel_buffer_t buffer = {bytes, &got, 16, 1};
    struct worker worker;

    REQUIRE(start_worker(&worker, call_once, (uint64_t)&caller, 0));
    answer(ends.other);
    join_worker(&worker);
    EXPECT_EQ(caller.result, -ERANGE);
    EXPECT(caller.args.rd_num_bytes == 16 && caller.args.rd_num_handles == 1);
    EXPECT_EQ(keel_channel_read(ends.one, 0, &buffer), 0);
    EXPECT_EQ(keel_handle_close(got), 0);
    close_ends(ends);
}
