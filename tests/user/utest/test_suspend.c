/* SPDX-License-Identifier: MIT */
/* Suspended threads and processes: when they stop and go on, in calls too, and their registers. */
#include "../objects.h"
#include "workers.h"

#include <keel/syscall_numbers.h>
#include <keel/tasks.h>
#include <stddef.h>
#include <string.h>

#define GENERAL KEEL_THREAD_STATE_GENERAL_REGS
#define RESUME  KEEL_THREAD_RUNNING
#define ROUNDS  24u
#define FEW     6u

typedef keel_thread_state_general_regs_t registers_t;

/* Registers by what they are for. */
#if defined(__aarch64__)
#define PC(state)     ((state).pc)
#define SP(state)     ((state).sp)
#define FIRST(state)  ((state).r[0])
#define SECOND(state) ((state).r[1])
#define RESULT(state) ((state).r[0])
#define KEPT(state)   ((state).r[20])
#define FLAGS(state)  ((state).cpsr)
#define FLAGS_OWN     UINT64_C(0xf0000000)
#define FP_KIND       KEEL_THREAD_STATE_VECTOR_REGS
#define OTHER_KIND    KEEL_THREAD_STATE_FP_REGS
typedef keel_thread_state_vector_regs_t fp_registers_t;
#define FP_FIRST(state) ((state).v[0].low)
#define FP_BAD(state)   ((state).fpcr = UINT32_MAX)
#define STORE_FP(to)    __asm__ volatile("str d0, [%0]" : : "r"(to) : "memory")
#elif defined(__riscv)
#define PC(state)       ((state).pc)
#define SP(state)       ((state).sp)
#define FIRST(state)    ((state).a0)
#define SECOND(state)   ((state).a1)
#define RESULT(state)   ((state).a0)
#define KEPT(state)     ((state).s5)
#define FLAGS(state)    ((state).t6) /* there are none */
#define FLAGS_OWN       UINT64_MAX
#define FP_KIND         KEEL_THREAD_STATE_FP_REGS
#define OTHER_KIND      KEEL_THREAD_STATE_VECTOR_REGS
typedef keel_thread_state_fp_regs_t fp_registers_t;
#define FP_FIRST(state) ((state).f[0])
#define FP_BAD(state)   ((state).fcsr = 256)
#define STORE_FP(to) \
    __asm__ volatile(".insn s 0x27, 3, x0, 0(%0)" : : "r"(to) : "memory") /* fsd f0 */
#elif defined(__x86_64__)
#define PC(state)       ((state).rip)
#define SP(state)       ((state).rsp)
#define FIRST(state)    ((state).rdi)
#define SECOND(state)   ((state).rsi)
#define RESULT(state)   ((state).rax)
#define KEPT(state)     ((state).r13)
#define FLAGS(state)    ((state).rflags)
#define FLAGS_OWN       UINT64_C(0xcd5)
#define RFLAGS_RF       UINT64_C(0x10000) /* interrupts may leave it set */
#define FP_KIND         KEEL_THREAD_STATE_VECTOR_REGS
#define OTHER_KIND      3u
typedef keel_thread_state_vector_regs_t fp_registers_t;
#define FP_FIRST(state) ((state).ymm[0].v[0])
#define FP_BAD(state)   ((state).mxcsr = UINT32_MAX)
#define STORE_FP(to)    __asm__ volatile("movq %%xmm0, (%0)" : : "r"(to) : "memory")
#endif

/* --- Threads to suspend --- */

/* What one goes round with. */
struct round {
    uint64_t count, over;
    uint64_t fp; /* its first floating-point register */
};

static void go_round(uint64_t round_address, uint64_t unused)
{
    struct round *round = (struct round *)round_address;

    (void)unused;
    while (__atomic_load_n(&round->over, __ATOMIC_ACQUIRE) == 0) {
        __atomic_fetch_add(&round->count, 1, __ATOMIC_RELEASE);
    }
    keel_thread_exit();
}

static void go_round_with_fp(uint64_t round_address, uint64_t unused)
{
    struct round *round = (struct round *)round_address;

    (void)unused;
    while (__atomic_load_n(&round->over, __ATOMIC_ACQUIRE) == 0) {
        STORE_FP(&round->fp);
        __atomic_fetch_add(&round->count, 1, __ATOMIC_RELEASE);
    }
    keel_thread_exit();
}

static uint64_t count_of(const struct round *round)
{
    return __atomic_load_n(&round->count, __ATOMIC_ACQUIRE);
}

static void await_more(const struct round *round)
{
    uint64_t before = count_of(round);

    while (count_of(round) == before) {
        keel_thread_legacy_yield(0);
    }
}

static void end_round(struct round *round, struct worker *worker)
{
    __atomic_store_n(&round->over, 1, __ATOMIC_RELEASE);
    join_worker(worker);
}

static void sleep_ms(unsigned ms)
{
    EXPECT_EQ(keel_nanosleep(keel_clock_get_monotonic() + ms * MS), 0);
}

static keel_handle_t suspend(keel_handle_t task)
{
    keel_handle_t token = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_task_suspend(task, &token), 0);
    return token;
}

static void await(keel_handle_t thread, keel_signals_t signal)
{
    keel_signals_t signals;

    EXPECT_EQ(keel_object_wait_one(thread, signal, FOREVER, &signals), 0);
}

static keel_handle_t suspend_now(keel_handle_t thread)
{
    keel_handle_t token = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_thread_stop(thread, FOREVER, &token), 0);
    return token;
}

static int read_state(keel_handle_t thread, registers_t *state)
{
    return keel_thread_read_state(thread, GENERAL, state, sizeof(*state));
}

static int write_state(keel_handle_t thread, const registers_t *state)
{
    return keel_thread_write_state(thread, GENERAL, state, sizeof(*state));
}

static uint32_t state_of(keel_handle_t thread)
{
    keel_info_thread_t info = {0};

    EXPECT_EQ(keel_object_get_info(thread, KEEL_INFO_THREAD, &info, sizeof(info), NULL, NULL), 0);
    return info.state;
}

/* --- Stopping and going on --- */

UTEST(suspend_stops_a_thread_until_the_token_is_closed)
{
    struct round round = {0};
    struct worker worker;
    uint64_t before;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    for (unsigned i = 0; i < FEW; i++) {
        keel_handle_t token;

        await_more(&round);
        token = suspend_now(worker.thread);
        EXPECT_EQ(state_of(worker.thread), KEEL_THREAD_STATE_SUSPENDED);
        EXPECT_EQ(signals_of(worker.thread), KEEL_THREAD_SUSPENDED);
        before = count_of(&round);
        sleep_ms(1);
        EXPECT_EQ(count_of(&round), before);
        EXPECT_EQ(keel_handle_close(token), 0);
        await(worker.thread, RESUME);
    }
    await_more(&round);
    end_round(&round, &worker);
}

UTEST(suspend_counts_tokens)
{
    struct round round = {0};
    struct worker worker;
    keel_handle_t one, other;
    uint64_t before;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    one = suspend(worker.thread);
    other = suspend_now(worker.thread);
    before = count_of(&round);
    EXPECT_EQ(keel_handle_close(one), 0);
    sleep_ms(1);
    EXPECT_EQ(count_of(&round), before);
    EXPECT_EQ(signals_of(worker.thread), KEEL_THREAD_SUSPENDED);
    EXPECT_EQ(keel_handle_close(other), 0);
    await_more(&round);
    end_round(&round, &worker);
}

/* What nobody has read holds it, too. */
UTEST(suspend_token_may_travel)
{
    struct ends ends = new_channel();
    struct round round = {0};
    struct worker worker;
    keel_handle_t token;
    uint64_t before;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    token = suspend_now(worker.thread);
    before = count_of(&round);
    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, &token, 1), 0);
    sleep_ms(1);
    EXPECT_EQ(count_of(&round), before);
    close_ends(ends);
    await_more(&round);
    end_round(&round, &worker);
}

UTEST(suspend_before_the_start_stops_at_the_start)
{
    struct round round = {0};
    keel_handle_t thread, token;
    registers_t state;
    uint64_t stack[64];

    EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &thread), 0);
    token = suspend(thread);
    EXPECT_EQ(read_state(thread, &state), -EBUSY);
    EXPECT_EQ(keel_thread_start(thread, (uint64_t)go_round, (uint64_t)&stack[62], 1, 2), 0);
    await(thread, KEEL_THREAD_SUSPENDED);
    EXPECT_EQ(read_state(thread, &state), 0);
    EXPECT(PC(state) == (uint64_t)go_round && SP(state) == (uint64_t)&stack[62]);
    EXPECT(FIRST(state) == 1 && SECOND(state) == 2 && KEPT(state) == 0);
    FIRST(state) = (uint64_t)&round;
    EXPECT_EQ(write_state(thread, &state), 0);
    EXPECT_EQ(keel_handle_close(token), 0);
    await_more(&round);
    __atomic_store_n(&round.over, 1, __ATOMIC_RELEASE);
    wait_for_end(thread);
    EXPECT_EQ(keel_handle_close(thread), 0);
}

UTEST(suspend_needs_a_task_that_is_another_and_lives)
{
    keel_handle_t event = new_event(), token = 0, weak;
    struct round round = {.over = 1};
    struct child child = new_child(root_job());
    struct worker worker;
    registers_t state;

    EXPECT_EQ(keel_task_suspend(event, &token), -ENOTTY);
    EXPECT_EQ(keel_task_suspend(root_job(), &token), -ENOTTY);
    EXPECT_EQ(keel_task_suspend(BAD_HANDLE, &token), -EBADF);
    EXPECT_EQ(keel_task_suspend(self(), &token), -ENOTSUP);
    weak = with_rights(child.process, KEEL_RIGHT_WRITE);
    EXPECT_EQ(keel_task_suspend(weak, &token), -EACCES);
    EXPECT_EQ(keel_handle_close(weak), 0);
    weak = with_rights(child.thread, KEEL_RIGHT_MANAGE_THREAD);
    EXPECT_EQ(keel_task_suspend(weak, &token), -EACCES);
    EXPECT_EQ(keel_handle_close(weak), 0);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    EXPECT_EQ(keel_task_suspend(child.process, &token), -ECANCELED);
    EXPECT_EQ(keel_task_suspend(child.thread, &token), -ECANCELED);
    end_child(child);
    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    wait_for_end(worker.thread);
    EXPECT_EQ(keel_task_suspend(worker.thread, &token), -ECANCELED);
    EXPECT_EQ(read_state(worker.thread, &state), -ECANCELED);
    memset(&state, 0, sizeof(state));
    EXPECT_EQ(write_state(worker.thread, &state), -ECANCELED);
    join_worker(&worker);
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* Nothing is left suspended by a token that nobody got. */
UTEST(suspend_that_cannot_tell_its_token_is_none)
{
    struct round round = {0};
    struct worker worker;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    EXPECT_EQ(keel_task_suspend(worker.thread, NO_POINTER), -EFAULT);
    await_more(&round);
    end_round(&round, &worker);
}

static void suspend_the_caller(uint64_t thread_at, uint64_t result)
{
    keel_handle_t token, thread;

    while ((thread = __atomic_load_n((keel_handle_t *)thread_at, __ATOMIC_ACQUIRE)) == 0) {
        keel_thread_legacy_yield(0);
    }
    *(int *)result = keel_task_suspend(thread, &token);
    keel_thread_exit();
}

UTEST(suspend_is_not_for_the_caller_itself)
{
    struct worker worker;
    keel_handle_t thread = 0;
    int result = 1;

    REQUIRE(start_worker(&worker, suspend_the_caller, (uint64_t)&thread, (uint64_t)&result));
    __atomic_store_n(&thread, worker.thread, __ATOMIC_RELEASE);
    join_worker(&worker);
    EXPECT_EQ(result, -ENOTSUP);
}

/* --- Registers --- */

UTEST(registers_are_read_and_written)
{
    struct round round = {0}, other = {0};
    struct worker worker;
    registers_t state, again;
    keel_handle_t token;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    await_more(&round);
    EXPECT_EQ(read_state(worker.thread, &state), -EBUSY);
    EXPECT_EQ(write_state(worker.thread, &state), -EBUSY);
    token = suspend_now(worker.thread);
    EXPECT_EQ(read_state(worker.thread, &state), 0);
    EXPECT(PC(state) - (uint64_t)go_round < 256);
    EXPECT(SP(state) - worker.stack < 1u << 20);
    PC(state) = (uint64_t)go_round;
    FIRST(state) = (uint64_t)&other;
    KEPT(state) = UINT64_C(0x123456789abcdef0);
    EXPECT_EQ(write_state(worker.thread, &state), 0);
    EXPECT_EQ(read_state(worker.thread, &again), 0);
    EXPECT(memcmp(&state, &again, sizeof(state)) == 0);
    EXPECT_EQ(keel_handle_close(token), 0);
    await_more(&other);
    token = suspend_now(worker.thread);
    EXPECT_EQ(read_state(worker.thread, &again), 0);
    EXPECT(SP(again) <= SP(state) && SP(state) - SP(again) < 256);
    EXPECT_EQ(keel_handle_close(token), 0);
    end_round(&other, &worker);
}

/* They are all there, whatever interrupts: whoever has written them finds them again. */
UTEST(registers_stay)
{
    struct child child = new_child(root_job());
    registers_t state, again;
    keel_handle_t token;

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
    token = suspend_now(child.thread);
    EXPECT_EQ(read_state(child.thread, &state), 0);
    for (size_t i = 0; i < sizeof(state) / sizeof(uint64_t); i++) {
        ((uint64_t *)&state)[i] = UINT64_C(0x0101010101010101) * (i + 1);
    }
    PC(state) = child.spin;
#if defined(__x86_64__)
    state.fs_base = 0x4711000;
    state.gs_base = 0;
    state.rflags = 0x246;
#elif defined(__aarch64__)
    state.cpsr = 0xa0000000;
#endif
    EXPECT_EQ(write_state(child.thread, &state), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        EXPECT_EQ(keel_handle_close(token), 0);
        stagger(i);
        token = suspend_now(child.thread);
        memset(&again, 0, sizeof(again));
        EXPECT_EQ(read_state(child.thread, &again), 0);
#if defined(__x86_64__)
        again.rflags &= ~RFLAGS_RF;
#endif
        EXPECT(memcmp(&state, &again, sizeof(state)) == 0);
    }
    EXPECT_EQ(keel_handle_close(token), 0);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    end_child(child);
}

/* No bit of the kernel's can be set, and it goes nowhere but in user space. */
UTEST(registers_give_no_privilege)
{
    static const uint64_t bad[] = {UINT64_MAX, UINT64_C(1) << 63, UINT64_C(0xffffffff80000000),
                                   UINT64_C(1) << 56};
    struct round round = {0};
    struct worker worker;
    registers_t state, before, after;
    keel_handle_t token;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    await_more(&round);
    token = suspend_now(worker.thread);
    EXPECT_EQ(read_state(worker.thread, &before), 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        state = before;
        PC(state) = bad[i];
        EXPECT_EQ(write_state(worker.thread, &state), -EINVAL);
    }
#if defined(__x86_64__)
    state = before;
    state.fs_base = UINT64_C(0xffff800000000000);
    EXPECT_EQ(write_state(worker.thread, &state), -EINVAL);
    state = before;
    state.gs_base = 8;
    EXPECT_EQ(write_state(worker.thread, &state), -EINVAL);
#endif
    state = before;
    FLAGS(state) = UINT64_MAX;
    EXPECT_EQ(write_state(worker.thread, &state), 0);
    EXPECT_EQ(read_state(worker.thread, &after), 0);
    EXPECT_EQ(FLAGS(after), FLAGS(before) | FLAGS_OWN);
    EXPECT_EQ(write_state(worker.thread, &before), 0);
    EXPECT_EQ(keel_handle_close(token), 0);
    await_more(&round);
    end_round(&round, &worker);
}

UTEST(registers_floating_point)
{
    struct round round = {0};
    struct worker worker;
    fp_registers_t state, again;
    keel_handle_t token;

    REQUIRE(start_worker(&worker, go_round_with_fp, (uint64_t)&round, 0));
    await_more(&round);
    for (uint64_t i = 1; i <= FEW; i++) {
        token = suspend_now(worker.thread);
        EXPECT_EQ(keel_thread_read_state(worker.thread, FP_KIND, &state, sizeof(state)), 0);
        EXPECT_EQ(FP_FIRST(state), i == 1 ? 0 : (i - 1) * 4711);
        FP_FIRST(state) = i * 4711;
        EXPECT_EQ(keel_thread_write_state(worker.thread, FP_KIND, &state, sizeof(state)), 0);
        EXPECT_EQ(keel_thread_read_state(worker.thread, FP_KIND, &again, sizeof(again)), 0);
        EXPECT(memcmp(&state, &again, sizeof(state)) == 0);
        FP_BAD(again);
        EXPECT_EQ(keel_thread_write_state(worker.thread, FP_KIND, &again, sizeof(again)), -EINVAL);
        EXPECT_EQ(keel_handle_close(token), 0);
        await_more(&round);
        await_more(&round);
        EXPECT_EQ(__atomic_load_n(&round.fp, __ATOMIC_RELAXED), i * 4711);
    }
    end_round(&round, &worker);
}

#if defined(__x86_64__)
UTEST(registers_x87)
{
    struct round round = {0};
    struct worker worker;
    keel_thread_state_fp_regs_t state, again;
    keel_handle_t token;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    token = suspend_now(worker.thread);
    EXPECT_EQ(
        keel_thread_read_state(worker.thread, KEEL_THREAD_STATE_FP_REGS, &state, sizeof(state)), 0);
    EXPECT_EQ(state.fcw, 0x37f);
    state.st[3].low = 0x8000000000000000;
    state.st[3].high = 0x3fff;
    state.ftw = 1 << 3;
    EXPECT_EQ(
        keel_thread_write_state(worker.thread, KEEL_THREAD_STATE_FP_REGS, &state, sizeof(state)),
        0);
    EXPECT_EQ(keel_handle_close(token), 0);
    await_more(&round);
    token = suspend_now(worker.thread);
    EXPECT_EQ(
        keel_thread_read_state(worker.thread, KEEL_THREAD_STATE_FP_REGS, &again, sizeof(again)), 0);
    EXPECT(memcmp(&state, &again, sizeof(state)) == 0);
    EXPECT_EQ(keel_handle_close(token), 0);
    end_round(&round, &worker);
}
#endif

UTEST(registers_errors)
{
    struct round round = {0};
    struct worker worker;
    registers_t state;
    keel_handle_t token, weak;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    token = suspend_now(worker.thread);
    EXPECT_EQ(keel_thread_read_state(worker.thread, 99, &state, sizeof(state)), -EINVAL);
    EXPECT_EQ(keel_thread_write_state(worker.thread, 99, &state, sizeof(state)), -EINVAL);
    EXPECT_EQ(keel_thread_read_state(worker.thread, OTHER_KIND, &state, sizeof(state)),
              OTHER_KIND > 2 ? -EINVAL : -ENOTSUP);
    EXPECT_EQ(keel_thread_write_state(worker.thread, OTHER_KIND, &state, sizeof(state)),
              OTHER_KIND > 2 ? -EINVAL : -ENOTSUP);
    EXPECT_EQ(keel_thread_read_state(worker.thread, GENERAL, &state, sizeof(state) - 1), -ERANGE);
    EXPECT_EQ(keel_thread_write_state(worker.thread, GENERAL, &state, sizeof(state) - 1), -ERANGE);
    EXPECT_EQ(keel_thread_read_state(worker.thread, GENERAL, NO_POINTER, sizeof(state)), -EFAULT);
    EXPECT_EQ(keel_thread_write_state(worker.thread, GENERAL, NO_POINTER, sizeof(state)), -EFAULT);
    weak = with_rights(worker.thread, KEEL_RIGHT_READ);
    EXPECT_EQ(read_state(weak, &state), 0);
    EXPECT_EQ(write_state(weak, &state), -EACCES);
    EXPECT_EQ(keel_handle_close(weak), 0);
    weak = with_rights(worker.thread, KEEL_RIGHT_WRITE);
    EXPECT_EQ(read_state(weak, &state), -EACCES);
    EXPECT_EQ(write_state(weak, &state), 0);
    EXPECT_EQ(keel_handle_close(weak), 0);
    EXPECT_EQ(keel_handle_close(token), 0);
    end_round(&round, &worker);
}

/* --- In calls --- */

/* A wait, and what it has given. */
struct wait {
    keel_handle_t handle;
    keel_time_t deadline;
    uint32_t word;
    int64_t result;
    int (*wait)(struct wait *wait);
};

#define WAITS INT64_C(12345)

static void wait_in_call(uint64_t wait_address, uint64_t unused)
{
    struct wait *wait = (struct wait *)wait_address;

    (void)unused;
    __atomic_store_n(&wait->result, wait->wait(wait), __ATOMIC_RELEASE);
    keel_thread_exit();
}

static int wait_for_signal(struct wait *wait)
{
    keel_signals_t signals;

    return keel_object_wait_one(wait->handle, KEEL_USER_SIGNAL_0, wait->deadline, &signals);
}

static int wait_at_word(struct wait *wait)
{
    return keel_futex_wait(&wait->word, 0, KEEL_HANDLE_INVALID, wait->deadline);
}

static int wait_at_port(struct wait *wait)
{
    keel_port_packet_t packet;

    return keel_port_wait(wait->handle, wait->deadline, &packet);
}

static int wait_for_time(struct wait *wait)
{
    return keel_nanosleep(wait->deadline);
}

static int wait_for_answer(struct wait *wait)
{
    uint32_t words[2] = {0, 7};
    keel_channel_call_args_t args = {
        .wr_bytes = words, .wr_num_bytes = 8, .rd_bytes = words, .rd_num_bytes = 8};
    int err = keel_channel_call(wait->handle, 0, wait->deadline, &args);

    return err != 0 ? err : (int)words[1];
}

static int wait_for_request(struct wait *wait)
{
    uint32_t words[2] = {0};
    keel_channel_call_args_t args = {.rd_bytes = words, .rd_num_bytes = 8};
    int err = keel_channel_reply_wait(wait->handle, 0, wait->deadline, &args);

    return err != 0 ? err : (int)words[1];
}

static int64_t result_yet(const struct wait *wait)
{
    return __atomic_load_n(&wait->result, __ATOMIC_ACQUIRE);
}

static bool start_wait(struct worker *worker, struct wait *wait)
{
    wait->result = WAITS;
    return start_worker(worker, wait_in_call, (uint64_t)wait, 0) && await_blocked(worker->thread);
}

static keel_channel_call_args_t message_of(uint32_t words[2])
{
    return (keel_channel_call_args_t){.rd_bytes = words, .rd_num_bytes = 8};
}

/* The request is taken, and answered with one more. */
static void answer(keel_handle_t channel)
{
    uint32_t words[2] = {0};
    keel_channel_buffer_t buffer = {.bytes = words, .num_bytes = 8};

    EXPECT_EQ(keel_channel_read(channel, 0, &buffer), 0);
    words[1]++;
    EXPECT_EQ(keel_channel_write(channel, 0, words, 8, NULL, 0), 0);
}

static void ask(keel_handle_t channel)
{
    static const uint32_t words[2] = {0, 8};

    EXPECT_EQ(keel_channel_write(channel, 0, words, 8, NULL, 0), 0);
}

static void signal_it(keel_handle_t event)
{
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
}

static void queue_packet(keel_handle_t port)
{
    keel_port_packet_t packet = {.key = 1};

    EXPECT_EQ(keel_port_queue(port, &packet), 0);
}

/* What there is to wait for, one after the other, with the end that ends it. */
static struct wait new_wait(unsigned kind, keel_handle_t *end, keel_handle_t *other,
                            void (**finish)(keel_handle_t end))
{
    struct wait wait = {.deadline = FOREVER};
    struct ends ends;

    *other = KEEL_HANDLE_INVALID;
    if (kind == 0) {
        wait.wait = wait_for_signal;
        wait.handle = *end = new_event();
        *finish = signal_it;
    } else if (kind == 1) {
        wait.wait = wait_at_port;
        wait.handle = *end = new_port();
        *finish = queue_packet;
    } else {
        ends = new_channel();
        wait.wait = kind == 2 ? wait_for_answer : wait_for_request;
        wait.handle = *other = ends.one;
        *end = ends.other;
        *finish = kind == 2 ? answer : ask;
    }
    return wait;
}

#define WAIT_KINDS 4u
static int64_t good_result(unsigned kind)
{
    return kind < 2 ? 0 : 8;
}

static void close_wait(keel_handle_t end, keel_handle_t other)
{
    EXPECT_EQ(keel_handle_close(end), 0);
    EXPECT_EQ(keel_handle_close(other), 0);
}

/* It is suspended at once, its registers are those of the call, and it waits on. */
UTEST(suspended_in_a_call_waits_on)
{
    for (unsigned kind = 0; kind < WAIT_KINDS; kind++) {
        void (*finish)(keel_handle_t end);
        keel_handle_t end, other, token;
        struct wait wait = new_wait(kind, &end, &other, &finish);
        struct worker worker;
        registers_t state;

        REQUIRE(start_wait(&worker, &wait));
        token = suspend_now(worker.thread);
        EXPECT_EQ(state_of(worker.thread), KEEL_THREAD_STATE_SUSPENDED);
        EXPECT_EQ(read_state(worker.thread, &state), 0);
        EXPECT(SP(state) - worker.stack < 1u << 16 && PC(state) != 0 && FIRST(state) == 0);
        EXPECT_EQ(write_state(worker.thread, &state), -EBUSY);
        EXPECT_EQ(keel_handle_close(token), 0);
        await(worker.thread, RESUME);
        EXPECT(await_blocked(worker.thread));
        EXPECT_EQ(result_yet(&wait), WAITS);
        finish(end);
        join_worker(&worker);
        EXPECT_EQ(wait.result, good_result(kind));
        close_wait(end, other);
    }
}

/* Its wait ends meanwhile: then it stops behind the call, whose result can be changed. */
UTEST(suspended_in_a_call_ends_its_wait)
{
    for (unsigned kind = 0; kind < WAIT_KINDS; kind++) {
        void (*finish)(keel_handle_t end);
        keel_handle_t end, other, token;
        struct wait wait = new_wait(kind, &end, &other, &finish);
        struct worker worker;
        registers_t state, in_call;

        REQUIRE(start_wait(&worker, &wait));
        token = suspend_now(worker.thread);
        EXPECT_EQ(read_state(worker.thread, &in_call), 0);
        finish(end);
        do {
            sleep_ms(1);
            EXPECT_EQ(read_state(worker.thread, &state), 0);
        } while (write_state(worker.thread, &state) == -EBUSY);
        EXPECT_EQ(result_yet(&wait), WAITS);
        EXPECT(PC(state) == PC(in_call) && SP(state) == SP(in_call));
        EXPECT_EQ(RESULT(state), 0);
        RESULT(state) = (uint64_t)-EPROTO;
        EXPECT_EQ(write_state(worker.thread, &state), 0);
        EXPECT_EQ(keel_handle_close(token), 0);
        join_worker(&worker);
        EXPECT_EQ(wait.result, -EPROTO);
        close_wait(end, other);
    }
}

/* Deadlines are absolute: they pass, or do not, as if it had not been suspended. */
UTEST(suspended_in_a_call_keeps_its_deadline)
{
    for (unsigned kind = 0; kind < WAIT_KINDS; kind++) {
        void (*finish)(keel_handle_t end);
        keel_handle_t end, other, token;
        struct wait wait = new_wait(kind, &end, &other, &finish);
        struct worker worker;

        wait.deadline = keel_clock_get_monotonic() + INT64_C(60000) * MS;
        REQUIRE(start_wait(&worker, &wait));
        for (unsigned i = 0; i < 3; i++) {
            token = suspend_now(worker.thread);
            EXPECT_EQ(keel_handle_close(token), 0);
            await(worker.thread, RESUME);
        }
        finish(end);
        join_worker(&worker);
        EXPECT_EQ(wait.result, good_result(kind));
        EXPECT(kind != 0 || keel_object_signal(end, KEEL_USER_SIGNAL_0, 0) == 0);
        wait.deadline = keel_clock_get_monotonic() + 30 * MS;
        wait.result = WAITS;
        REQUIRE(start_worker(&worker, wait_in_call, (uint64_t)&wait, 0));
        if (keel_task_suspend(worker.thread, &token) == 0) {
            EXPECT_EQ(keel_nanosleep(wait.deadline + MS), 0);
            EXPECT_EQ(keel_handle_close(token), 0);
        }
        join_worker(&worker);
        EXPECT_EQ(wait.result, -ETIMEDOUT);
        close_wait(end, other);
    }
}

UTEST(suspended_sleeper_sleeps_on)
{
    struct wait wait = {.wait = wait_for_time};
    struct worker worker;
    keel_handle_t token;

    wait.deadline = keel_clock_get_monotonic() + 100 * MS;
    wait.result = WAITS;
    REQUIRE(start_worker(&worker, wait_in_call, (uint64_t)&wait, 0));
    for (unsigned i = 0; i < 3 && keel_task_suspend(worker.thread, &token) == 0; i++) {
        await(worker.thread, KEEL_THREAD_SUSPENDED | KEEL_THREAD_TERMINATED);
        EXPECT_EQ(keel_handle_close(token), 0);
        await(worker.thread, RESUME | KEEL_THREAD_TERMINATED);
    }
    join_worker(&worker);
    EXPECT_EQ(wait.result, 0);
    EXPECT(keel_clock_get_monotonic() >= wait.deadline);
}

UTEST(suspended_at_a_futex_is_woken_all_the_same)
{
    struct wait wait = {.wait = wait_at_word, .deadline = FOREVER};
    struct worker worker;
    keel_handle_t token;

    REQUIRE(start_wait(&worker, &wait));
    token = suspend_now(worker.thread);
    EXPECT_EQ(keel_futex_wake(&wait.word, 1), 0);
    sleep_ms(1);
    EXPECT_EQ(result_yet(&wait), WAITS);
    EXPECT_EQ(keel_handle_close(token), 0);
    join_worker(&worker);
    EXPECT_EQ(wait.result, 0);
    REQUIRE(start_wait(&worker, &wait));
    token = suspend_now(worker.thread);
    EXPECT_EQ(keel_handle_close(token), 0);
    await(worker.thread, RESUME);
    EXPECT_EQ(result_yet(&wait), WAITS);
    while (result_yet(&wait) == WAITS) {
        EXPECT_EQ(keel_futex_wake(&wait.word, 1), 0);
        sleep_ms(1);
    }
    join_worker(&worker);
    EXPECT_EQ(wait.result, 0);
}

/* Calls and answers go straight from thread to thread, both of which are suspended now and then. */
static void serve(uint64_t channel, uint64_t unused)
{
    uint32_t words[2] = {0};
    keel_channel_call_args_t args = message_of(words);

    (void)unused;
    args.wr_bytes = words;
    while (keel_channel_reply_wait((keel_handle_t)channel, 0, FOREVER, &args) == 0) {
        args.wr_num_bytes = args.rd_num_bytes = 8;
        words[1]++;
    }
    EXPECT_EQ(keel_handle_close((keel_handle_t)channel), 0);
    keel_thread_exit();
}

struct client {
    keel_handle_t channel;
    uint32_t calls, wrong;
};

static void call_often(uint64_t client_address, uint64_t unused)
{
    struct client *client = (struct client *)client_address;

    (void)unused;
    for (uint32_t i = 0; i < client->calls; i++) {
        uint32_t words[2] = {0, i};
        keel_channel_call_args_t args = message_of(words);

        args.wr_bytes = words;
        args.wr_num_bytes = 8;
        client->wrong +=
            keel_channel_call(client->channel, 0,
                              i % 2 != 0 ? FOREVER
                                         : keel_clock_get_monotonic() + INT64_C(60000) * MS,
                              &args) != 0 ||
            words[1] != i + 1;
    }
    keel_thread_exit();
}

UTEST(suspended_callers_and_servers_lose_nothing)
{
    struct ends ends = new_channel();
    struct client client = {.channel = ends.one, .calls = 2000};
    struct worker server, caller;
    registers_t state;
    keel_handle_t token;

    REQUIRE(start_worker(&server, serve, ends.other, 0));
    REQUIRE(start_worker(&caller, call_often, (uint64_t)&client, 0));
    for (unsigned i = 0; i < ROUNDS; i++) {
        keel_handle_t thread = i % 3 == 0 ? server.thread : caller.thread;

        if (keel_task_suspend(thread, &token) != 0) {
            break;
        }
        await(thread, KEEL_THREAD_SUSPENDED | KEEL_THREAD_TERMINATED);
        if (signals_of(thread) == KEEL_THREAD_SUSPENDED) {
            EXPECT_EQ(read_state(thread, &state), 0);
        }
        stagger(i);
        EXPECT_EQ(keel_handle_close(token), 0);
        stagger(i + 1);
    }
    join_worker(&caller);
    EXPECT_EQ(client.wrong, 0);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
    join_worker(&server);
}

/* --- Processes --- */

UTEST(suspended_process_stops_and_goes_on)
{
    struct child child = new_child(root_job());
    keel_handle_t token = suspend(child.process), other;
    keel_info_process_t info;

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, 0, 33), 0);
    await(child.thread, KEEL_THREAD_SUSPENDED);
    other = suspend(child.thread);
    EXPECT_EQ(keel_handle_close(token), 0);
    sleep_ms(1);
    EXPECT_EQ(signals_of(child.thread), KEEL_THREAD_SUSPENDED);
    EXPECT_EQ(keel_handle_close(other), 0);
    wait_for_end(child.process);
    EXPECT_EQ(
        keel_object_get_info(child.process, KEEL_INFO_PROCESS, &info, sizeof(info), NULL, NULL), 0);
    EXPECT_EQ(info.return_code, 33);
    end_child(child);
}

UTEST(suspended_process_can_be_killed)
{
    for (unsigned i = 0; i < FEW; i++) {
        struct child child = new_child(root_job());
        keel_handle_t token;
        registers_t state;

        EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
        token = suspend(i % 2 != 0 ? child.process : child.thread);
        if (i % 4 < 2) {
            await(child.thread, KEEL_THREAD_SUSPENDED);
        }
        EXPECT_EQ(keel_task_kill(child.process), 0);
        wait_for_end(child.process);
        EXPECT_EQ(read_state(child.thread, &state), -ECANCELED);
        EXPECT_EQ(signals_of(child.thread), KEEL_THREAD_TERMINATED);
        EXPECT_EQ(keel_handle_close(token), 0);
        end_child(child);
    }
}

UTEST(suspended_in_a_call_can_be_killed)
{
    for (unsigned i = 0; i < FEW; i++) {
        struct child child = new_child(root_job());
        struct child_call call = {.number = KEEL_SYS_nanosleep, .argument = {INT64_MAX}};
        keel_handle_t token;

        EXPECT_EQ(start_call(&child, &call, KEEL_HANDLE_INVALID), 0);
        EXPECT(await_blocked(child.thread));
        token = suspend(i % 2 != 0 ? child.process : child.thread);
        stagger(i);
        EXPECT_EQ(keel_task_kill(child.process), 0);
        wait_for_end(child.process);
        EXPECT_EQ(keel_handle_close(token), 0);
        end_child(child);
    }
}

UTEST(suspend_token_outlives_its_task)
{
    struct child child = new_child(root_job());
    keel_handle_t tokens[2] = {suspend(child.process), suspend(child.thread)};

    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    end_child(child);
    EXPECT_EQ(keel_handle_close_many(tokens, 2), 0);
}

/* --- Races --- */

UTEST(suspend_meets_the_end_of_a_thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct round round = {0};
        struct worker worker;
        keel_handle_t token;
        registers_t state;
        int err;

        REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
        stagger(i);
        __atomic_store_n(&round.over, 1, __ATOMIC_RELEASE);
        stagger(i + 1);
        err = keel_task_suspend(worker.thread, &token);
        EXPECT(err == 0 || err == -ECANCELED);
        if (err == 0) {
            await(worker.thread, KEEL_THREAD_SUSPENDED | KEEL_THREAD_TERMINATED);
            err = read_state(worker.thread, &state);
            EXPECT(err == 0 || err == -EBUSY || err == -ECANCELED);
            EXPECT_EQ(keel_handle_close(token), 0);
        }
        join_worker(&worker);
    }
}

UTEST(suspend_and_resume_at_once)
{
    struct round round = {0};
    struct worker worker;
    registers_t state;

    REQUIRE(start_worker(&worker, go_round, (uint64_t)&round, 0));
    for (unsigned i = 0; i < 5 * ROUNDS; i++) {
        keel_handle_t token = suspend(worker.thread);

        if (i % 3 == 0) { /* told, it can be read, whatever was before */
            await(worker.thread, KEEL_THREAD_SUSPENDED);
            EXPECT_EQ(read_state(worker.thread, &state), 0);
        }
        EXPECT_EQ(keel_handle_close(token), 0);
    }
    await_more(&round);
    end_round(&round, &worker);
}
