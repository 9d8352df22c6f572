/* SPDX-License-Identifier: MIT */
/* Messages of user space's library: building them, taking them apart whatever is in them, calls; and that no
 * handle is lost or closed twice. The kernel's side is played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/call.h>
#include <keel/errno.h>
#include <keel/signals.h>
#include <keel/syscalls.h>

#define CHANNEL 7u
#define HANDLES 100u

/* What the kernel knows: of each handle how often it was closed and sent, the last message, what it says. */
static struct {
    unsigned closed[HANDLES], sent[HANDLES];
    char bytes[256];
    size_t size;
    uint32_t count;
    int result, waits;
    bool sends; /* a call that fails has sent before */
    keel_time_t now, deadline;
    const char *answer;
    size_t answer_size;
} kernel;

static int reset(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof(kernel));
    kernel.answer = "";
    return 0;
}

/* --- The kernel --- */

int keel_handle_close(keel_handle_t handle)
{
    assert_true(handle < HANDLES);
    kernel.closed[handle]++;
    return 0;
}

int keel_handle_close_many(const keel_handle_t *handles, size_t count)
{
    assert_true(count <= KEEL_CHANNEL_MAX_MSG_HANDLES);
    for (size_t i = 0; i < count; i++) {
        (void)keel_handle_close(handles[i]);
    }
    return 0;
}

static void send(const void *bytes, size_t size, const keel_handle_t *handles, size_t count)
{
    assert_true(size <= sizeof(kernel.bytes));
    if (size != 0) {
        memcpy(kernel.bytes, bytes, size);
    }
    kernel.size = size;
    kernel.count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        kernel.sent[handles[i]]++;
    }
}

int keel_channel_write(keel_handle_t channel, uint32_t options, const void *bytes, size_t size,
                       const keel_handle_t *handles, size_t count)
{
    assert_int_equal(channel, CHANNEL);
    assert_int_equal(options, 0);
    if (kernel.result == 0) {
        send(bytes, size, handles, count);
    }
    return kernel.result;
}

int keel_channel_call(keel_handle_t channel, uint32_t options, keel_time_t deadline,
                      keel_channel_call_args_t *args)
{
    assert_int_equal(channel, CHANNEL);
    assert_int_equal(options, 0);
    kernel.deadline = deadline;
    if (kernel.result == 0 || kernel.sends) {
        send(args->wr_bytes, args->wr_num_bytes, args->wr_handles, args->wr_num_handles);
    }
    if (kernel.result == 0) {
        assert_true(kernel.answer_size <= args->rd_num_bytes);
        memcpy(args->rd_bytes, kernel.answer, kernel.answer_size);
        args->rd_num_bytes = (uint32_t)kernel.answer_size;
        args->rd_num_handles = 0;
    } else if (kernel.sends) {
        args->wr_num_bytes = 0;
        args->wr_num_handles = 0;
    }
    return kernel.result;
}

int keel_channel_read(keel_handle_t channel, uint32_t options, keel_channel_buffer_t *buffer)
{
    assert_int_equal(channel, CHANNEL);
    assert_int_equal(options, 0);
    if (kernel.waits > 0) {
        return -EAGAIN;
    }
    if (kernel.result == 0) {
        memcpy(buffer->bytes, kernel.answer, kernel.answer_size);
        buffer->num_bytes = (uint32_t)kernel.answer_size;
        buffer->num_handles = 0;
    }
    return kernel.result;
}

int keel_object_wait_one(keel_handle_t channel, uint32_t signals, keel_time_t deadline,
                         uint32_t *observed)
{
    assert_int_equal(channel, CHANNEL);
    assert_int_equal(signals, KEEL_CHANNEL_READABLE | KEEL_CHANNEL_PEER_CLOSED);
    kernel.deadline = deadline;
    *observed = KEEL_CHANNEL_READABLE;
    return --kernel.waits == 5 ? -ETIMEDOUT : 0;
}

keel_time_t keel_clock_get_monotonic(void)
{
    return kernel.now;
}

/* --- Building --- */

static void test_builds(void **state)
{
    char room[64];
    keel_builder_t builder;

    (void)state;
    keel_builder_begin(&builder, room, sizeof(room), sizeof(keel_txid_t));
    keel_builder_add_u32(&builder, 0x11223344);
    keel_builder_add_u64(&builder, 0x5566778899aabbcc);
    keel_builder_add_text(&builder, "abc");
    keel_builder_add(&builder, "xy", 2);
    keel_builder_add_handle(&builder, 3);
    assert_int_equal(keel_builder_write(&builder, CHANNEL), 0);
    assert_int_equal(kernel.size, 4 + 4 + 8 + 4 + 2);
    assert_memory_equal(kernel.bytes, "\0\0\0\0\x44\x33\x22\x11\xcc\xbb\xaa\x99\x88\x77\x66\x55",
                        16);
    assert_memory_equal(kernel.bytes + 16, "abc\0xy", 6);
    assert_int_equal(kernel.sent[3], 1);
    assert_int_equal(kernel.closed[3], 0);
}

/* What fits to the byte is sent, a byte more is not, and nothing behind the room is touched. */
static void test_room(void **state)
{
    (void)state;
    for (size_t room = 0; room <= 24; room++) {
        char *memory = malloc(room != 0 ? room : 1);
        keel_builder_t builder;
        int err;

        reset(NULL);
        keel_builder_begin(&builder, memory, room, 4);
        keel_builder_add_u64(&builder, UINT64_MAX);
        keel_builder_add_text(&builder, "1234567");
        keel_builder_add_handle(&builder, 1);
        err = keel_builder_write(&builder, CHANNEL);
        assert_int_equal(err, room < 20 ? -ENOSPC : 0);
        assert_int_equal(kernel.sent[1], room >= 20);
        assert_int_equal(kernel.closed[1], room < 20);
        free(memory);
    }
}

static void test_error_stays(void **state)
{
    char room[8];
    keel_builder_t builder;

    (void)state;
    keel_builder_begin(&builder, room, sizeof(room), 0);
    keel_builder_add_text(&builder, "too long for it");
    keel_builder_add_u32(&builder, 1); /* would fit */
    keel_builder_add(&builder, room, SIZE_MAX);
    assert_int_equal(keel_builder_write(&builder, CHANNEL), -ENOSPC);
    assert_int_equal(kernel.size, 0);
}

static void test_handles(void **state)
{
    char room[4];
    keel_builder_t builder;

    (void)state;
    keel_builder_begin(&builder, room, sizeof(room), 0);
    for (keel_handle_t handle = 10; handle < 10 + KEEL_CHANNEL_MAX_MSG_HANDLES; handle++) {
        keel_builder_add_handle(&builder, handle);
    }
    assert_int_equal(keel_builder_write(&builder, CHANNEL), 0);
    assert_int_equal(kernel.count, KEEL_CHANNEL_MAX_MSG_HANDLES);
    keel_builder_begin(&builder, room, sizeof(room), 0);
    for (keel_handle_t handle = 10; handle <= 10 + KEEL_CHANNEL_MAX_MSG_HANDLES; handle++) {
        keel_builder_add_handle(&builder, handle);
    }
    assert_int_equal(keel_builder_write(&builder, CHANNEL), -ENOSPC);
    for (keel_handle_t handle = 10; handle <= 10 + KEEL_CHANNEL_MAX_MSG_HANDLES; handle++) {
        assert_int_equal(kernel.closed[handle], 1);
    }
}

/* The kernel leaves handles where they were when it refuses the message: they are closed then. */
static void test_refused(void **state)
{
    char room[4];
    keel_builder_t builder;

    (void)state;
    kernel.result = -EPIPE;
    keel_builder_begin(&builder, room, sizeof(room), 4);
    keel_builder_add_handle(&builder, 5);
    assert_int_equal(keel_builder_write(&builder, CHANNEL), -EPIPE);
    assert_int_equal(kernel.closed[5], 1);
    assert_int_equal(kernel.sent[5], 0);
}

/* --- Taking apart --- */

static void test_reads(void **state)
{
    static const char bytes[] = "\x44\x33\x22\x11\xcc\xbb\xaa\x99\x88\x77\x66\x55"
                                "abc\0xy";
    static const keel_handle_t handles[2] = {8, 9};
    keel_reader_t reader;

    (void)state;
    keel_reader_begin(&reader, bytes, sizeof(bytes) - 1, handles, 2);
    assert_int_equal(keel_reader_take_u32(&reader), 0x11223344);
    assert_int_equal(keel_reader_take_u64(&reader), 0x5566778899aabbcc);
    assert_string_equal(keel_reader_take_text(&reader), "abc");
    assert_memory_equal(keel_reader_take(&reader, 2), "xy", 2);
    assert_int_equal(keel_reader_take_handle(&reader), 8);
    assert_int_equal(keel_reader_take_handle(&reader), 9);
    assert_int_equal(keel_reader_end(&reader), 0);
    assert_int_equal(kernel.closed[8] + kernel.closed[9], 0);
}

/* Messages cut anywhere, in memory that ends where they do. */
static void test_reads_cut(void **state)
{
    static const char whole[] = "\1\0\0\0\2\0\0\0\0\0\0\0some text";

    (void)state;
    for (size_t size = 0; size <= sizeof(whole); size++) {
        char *bytes = size != 0 ? malloc(size) : NULL;
        keel_reader_t reader;

        if (bytes) {
            memcpy(bytes, whole, size);
        }
        keel_reader_begin(&reader, bytes, size, NULL, 0);
        assert_int_equal(keel_reader_take_u32(&reader), size >= 4);
        assert_int_equal(keel_reader_take_u64(&reader), size >= 12 ? 2 : 0);
        if (size >= 12) { /* else what is left of the numbers is read as text */
            assert_string_equal(keel_reader_take_text(&reader),
                                size == sizeof(whole) ? "some text" : "");
        }
        assert_int_equal(keel_reader_end(&reader), size == sizeof(whole) ? 0 : -EPROTO);
        free(bytes);
    }
}

static void test_reads_too_much(void **state)
{
    keel_reader_t reader;

    (void)state;
    keel_reader_begin(&reader, "abcd", 4, NULL, 0);
    assert_null(keel_reader_take(&reader, 5));
    assert_null(keel_reader_take(&reader, SIZE_MAX));
    assert_int_equal(keel_reader_take_handle(&reader), KEEL_HANDLE_INVALID);
    assert_memory_equal(keel_reader_take(&reader, 4), "abcd", 4);
    assert_int_equal(keel_reader_end(&reader), -EPROTO);
}

/* What is left over is an error, and handles that nobody took are closed, once. */
static void test_reads_too_little(void **state)
{
    static const keel_handle_t handles[3] = {20, 21, 22};
    keel_reader_t reader;

    (void)state;
    keel_reader_begin(&reader, "abcd", 4, NULL, 0);
    assert_int_equal(keel_reader_end(&reader), -EPROTO);
    keel_reader_begin(&reader, NULL, 0, handles, 3);
    assert_int_equal(keel_reader_take_handle(&reader), 20);
    assert_int_equal(keel_reader_end(&reader), -EPROTO);
    assert_int_equal(keel_reader_end(&reader), -EPROTO);
    assert_int_equal(kernel.closed[20], 0);
    assert_int_equal(kernel.closed[21], 1);
    assert_int_equal(kernel.closed[22], 1);
}

/* --- Calls --- */

static int call(keel_answer_t *answer, keel_duration_t patience)
{
    char room[8];
    keel_builder_t builder;

    keel_builder_begin(&builder, room, sizeof(room), sizeof(keel_txid_t));
    keel_builder_add_u32(&builder, 99);
    keel_builder_add_handle(&builder, 30);
    return keel_call(CHANNEL, &builder, answer, patience);
}

static void test_call(void **state)
{
    char bytes[16];
    keel_answer_t answer = {.bytes = bytes, .size = sizeof(bytes)};

    (void)state;
    kernel.answer = "answer";
    kernel.answer_size = 6;
    kernel.now = 1000;
    assert_int_equal(call(&answer, 500), 0);
    assert_int_equal(kernel.deadline, 1500);
    assert_int_equal(answer.size, 6);
    assert_memory_equal(bytes, "answer", 6);
    assert_int_equal(kernel.sent[30], 1);
    assert_int_equal(kernel.closed[30], 0);
}

static void test_call_for_ever(void **state)
{
    char bytes[16];
    keel_answer_t answer = {.bytes = bytes, .size = sizeof(bytes)};

    (void)state;
    kernel.now = 1;
    assert_int_equal(call(&answer, KEEL_TIME_INFINITE), 0);
    assert_int_equal(kernel.deadline, KEEL_TIME_INFINITE);
}

/* A call that was not sent loses its handles; one that was sent and not answered has lost them already. */
static void test_call_fails(void **state)
{
    char bytes[16];
    keel_answer_t answer = {.bytes = bytes, .size = sizeof(bytes)};

    (void)state;
    kernel.result = -EPIPE;
    assert_int_equal(call(&answer, 1), -EPIPE);
    assert_int_equal(kernel.sent[30], 0);
    assert_int_equal(kernel.closed[30], 1);
    kernel.result = -ETIMEDOUT;
    kernel.sends = true;
    assert_int_equal(call(&answer, 1), -ETIMEDOUT);
    assert_int_equal(kernel.sent[30], 1);
    assert_int_equal(kernel.closed[30], 1);
}

static void test_receives(void **state)
{
    char bytes[16];
    keel_answer_t answer = {.bytes = bytes, .size = sizeof(bytes), .handle_count = 3};

    (void)state;
    kernel.answer = "news";
    kernel.answer_size = 4;
    kernel.waits = 3;
    assert_int_equal(keel_receive(CHANNEL, &answer, 77), 0);
    assert_int_equal(kernel.deadline, 77);
    assert_int_equal(answer.size, 4);
    assert_int_equal(answer.handle_count, 0);
    kernel.waits = 6;
    answer.size = sizeof(bytes);
    assert_int_equal(keel_receive(CHANNEL, &answer, 78), -ETIMEDOUT);
    kernel.waits = 0;
    kernel.result = -EPIPE;
    assert_int_equal(keel_receive(CHANNEL, &answer, 79), -EPIPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_builds, reset),
        cmocka_unit_test_setup(test_room, reset),
        cmocka_unit_test_setup(test_error_stays, reset),
        cmocka_unit_test_setup(test_handles, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_reads, reset),
        cmocka_unit_test_setup(test_reads_cut, reset),
        cmocka_unit_test_setup(test_reads_too_much, reset),
        cmocka_unit_test_setup(test_reads_too_little, reset),
        cmocka_unit_test_setup(test_call, reset),
        cmocka_unit_test_setup(test_call_for_ever, reset),
        cmocka_unit_test_setup(test_call_fails, reset),
        cmocka_unit_test_setup(test_receives, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
