/* SPDX-License-Identifier: MIT */
/* User mode: the way in and out, registers, system calls and what they refuse, faults, several threads. */
#include "user_stage.h"

#include <arch/layout.h>
#include <keel/aspace.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/syscall_numbers.h>
#include <keel/thread.h>

#define SPINS    200u /* rounds that each thread has to make */
#define THREADS  6u
#define PATIENCE 20000u /* sleeps of a millisecond */
#define RUNS     40u
#define BEYOND   (KEEL_SYS_COUNT + 5ull)
#define TEXT_MAX 1024u

static bool ended_with(struct process_end end, int64_t result)
{
    return end.reason == PROCESS_EXITED && end.result == result;
}

KTEST(user_program_ends_with_its_result)
{
    KTEST_EXPECT(ended_with(user_run(user_exit, 42), 42));
    KTEST_EXPECT(ended_with(user_run(user_exit, (uint64_t)INT64_MIN), INT64_MIN));
    KTEST_EXPECT(ended_with(user_run(user_exit_thread, 42), 0));
}

KTEST(user_registers_begin_empty_and_are_kept)
{
    KTEST_EXPECT(ended_with(user_run(user_begin, 0), USER_DONE));
    KTEST_EXPECT(ended_with(user_run(user_keep, 0), USER_DONE));
    KTEST_EXPECT(ended_with(user_run(user_loop, 1000), USER_DONE));
}

/* --- System calls --- */

/* Makes one call in a process of its own; what it gave is the process's result. */
static int64_t call(struct user_stage *stage, const uint64_t words[7])
{
    struct process_end end = {.reason = PROCESS_RUNS};
    size_t done;

    KTEST_EXPECT(vmo_write(stage->memory, words, 0, 7 * sizeof(*words), &done) == 0);
    if (user_stage_start(stage, user_call, stage->data, 0, NULL)) {
        (void)user_stage_wait(stage, &end);
    }
    KTEST_EXPECT(end.reason == PROCESS_EXITED);
    return end.result;
}

static int64_t call_once(uint32_t privileges, const uint64_t words[7])
{
    struct user_stage stage;
    int64_t result = INT64_MIN;

    if (user_stage_make(&stage, privileges)) {
        result = call(&stage, words);
        user_stage_free(&stage);
    }
    return result;
}

KTEST(user_unknown_numbers_give_enosys)
{
    static const uint64_t numbers[] = {KEEL_SYS_COUNT, BEYOND,     UINT32_MAX,     1ull << 32,
                                       1ull << 63,     UINT64_MAX, UINT64_MAX - 63};

    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        KTEST_EXPECT(call_once(0, (uint64_t[7]){numbers[i]}) == -ENOSYS);
    }
}

KTEST(user_arguments_arrive_in_order)
{
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_syscall_test_6, 1, 20, 300, 4000, 50000,
                                            600000}) == 654321);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_thread_legacy_yield, 0, 1, 1, 1, 1, 1}) == 0);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_thread_legacy_yield, 1}) == -EINVAL);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_thread_legacy_yield, UINT64_MAX}) == -EINVAL);
}

/* Calling conventions leave the upper half of the register undefined (AAPCS64, 6.8.2; System V psABI), or fill it
 * with copies of bit 31 (RISC-V psABI, 1.1). */
KTEST(user_upper_halves_of_32_bit_arguments_mean_nothing)
{
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_thread_legacy_yield, 1ull << 32}) == 0);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_thread_legacy_yield, ~(uint64_t)UINT32_MAX}) ==
                 0);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_handle_duplicate, 0,
                                            ~(uint64_t)UINT32_MAX | KEEL_RIGHT_SAME_RIGHTS}) ==
                 -EBADF);
}

KTEST(user_clock_is_the_kernels)
{
    uint64_t before = clock_ns();
    int64_t now = call_once(0, (uint64_t[7]){KEEL_SYS_clock_get_monotonic});

    KTEST_EXPECT(now >= (int64_t)before && now <= (int64_t)clock_ns());
}

KTEST(user_sleeps_until_the_deadline)
{
    uint64_t deadline = clock_ns() + 5 * NS_PER_MS;

    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_nanosleep, deadline}) == 0);
    KTEST_EXPECT(clock_ns() >= deadline);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_nanosleep, 0}) == 0);
    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_nanosleep, 1ull << 63}) == 0);
}

/* Text is asked for from wherever the kernel must not read, or half of it. */
KTEST(user_bad_pointers_give_efault)
{
    static char lines[PAGE_SIZE];
    struct user_stage stage;
    size_t done;
    int local = 0;

    KTEST_EXPECT(call_once(0, (uint64_t[7]){KEEL_SYS_debug_write, 0, 0}) == -EPERM);
    memset(lines, '\n', sizeof(lines));
    for (unsigned i = 0; user_stage_make(&stage, PROCESS_MAY_DEBUG); i++) {
        virt_addr_t behind = stage.data + USER_DATA_PAGES * PAGE_SIZE;
        const struct {
            virt_addr_t at;
            uint64_t size;
            int64_t result;
        } cases[] = {
            {0, 0, 0},
            {0, 1, -EFAULT},
            {8, 8, -EFAULT},
            {behind, 1, -EFAULT},
            {behind, 0, 0},
            {behind - 1, 1, 0},
            {behind - 1, 2, -EFAULT},
            {behind - 200, 201, -EFAULT},
            {stage.data + PAGE_SIZE - 3, 6, 0},
            {stage.code - 1, 2, -EFAULT},
            {USER_TOP - 1, 1, -EFAULT},
            {USER_TOP - PAGE_SIZE, 1, -EFAULT},
            {USER_TOP, 1, -EFAULT},
            {USER_TOP + 1, 0, -EFAULT},
            {(virt_addr_t)&local, sizeof(local), -EFAULT},
            {(virt_addr_t)user_programs, 8, -EFAULT},
            {DIRECT_MAP_BASE, 8, -EFAULT},
            {UINTPTR_MAX, 1, -EFAULT},
            {UINTPTR_MAX - 7, 16, -EFAULT},
            {1ull << 62, 8, -EFAULT},
            {stage.data, TEXT_MAX + 1, -EINVAL},
            {stage.data, UINT64_MAX, -EINVAL},
        };

        if (i == ARRAY_SIZE(cases)) {
            user_stage_free(&stage);
            break;
        }
        for (unsigned page = 0; page < USER_DATA_PAGES; page++) {
            KTEST_EXPECT(vmo_write(stage.memory, lines, page * PAGE_SIZE, PAGE_SIZE, &done) == 0);
        }
        KTEST_EXPECT(call(&stage, (uint64_t[7]){KEEL_SYS_debug_write, cases[i].at,
                                                cases[i].size}) == cases[i].result);
        user_stage_free(&stage);
    }
}

/* --- Faults --- */

static bool faulted(struct process_end end, char access)
{
    return end.reason == PROCESS_FAULTED && end.access == access;
}

KTEST(user_bad_accesses_end_the_program)
{
    static const virt_addr_t bad[] = {0, 8, UINTPTR_MAX - 7, USER_DONE};
    struct process_end end;

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        end = user_run(user_read, bad[i]);
        KTEST_EXPECT(end.reason == PROCESS_FAULTED && end.result == PROCESS_RESULT_KILLED);
        KTEST_EXPECT(user_run(user_write, bad[i]).reason == PROCESS_FAULTED);
    }
    end = user_run(user_read, 16);
    KTEST_EXPECT(faulted(end, 'r') && end.address == 16);
    end = user_run(user_write, 24);
    KTEST_EXPECT(faulted(end, 'w') && end.address == 24);
    end = user_run(user_jump, 32);
    KTEST_EXPECT(faulted(end, 'x') && end.address == 32 && end.pc == 32);
}

/* The kernel's memory is there, and not for programs. */
KTEST(user_mode_cannot_touch_the_kernel)
{
    virt_addr_t kernel[] = {(virt_addr_t)user_programs, (virt_addr_t)&call_once,
                            (virt_addr_t)&kernel, DIRECT_MAP_BASE};

    for (unsigned i = 0; i < ARRAY_SIZE(kernel); i++) {
        KTEST_EXPECT(user_run(user_read, kernel[i]).reason == PROCESS_FAULTED);
        KTEST_EXPECT(user_run(user_write, kernel[i]).reason == PROCESS_FAULTED);
        KTEST_EXPECT(user_run(user_jump, kernel[i]).reason == PROCESS_FAULTED);
    }
}

KTEST(user_each_kind_of_trap_ends_the_program)
{
    static const char *const programs[] = {user_illegal, user_breakpoint, user_privileged,
                                           user_other, user_frames};

    for (unsigned i = 0; i < ARRAY_SIZE(programs); i++) {
        struct process_end end = user_run(programs[i], 0);

        KTEST_EXPECT(end.reason == PROCESS_FAULTED);
    }
    KTEST_EXPECT(faulted(user_run(user_recurse, 0), 'w'));
}

/* Code is not written, data is not executed. */
KTEST(user_pages_keep_their_rights)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    struct user_stage stage;

    KTEST_REQUIRE(user_stage_make(&stage, 0));
    if (user_stage_start(&stage, user_write, stage.code, 0, NULL) &&
        user_stage_wait(&stage, &end)) {
        KTEST_EXPECT(faulted(end, 'w') && end.address == stage.code);
    }
    user_stage_free(&stage);
    KTEST_REQUIRE(user_stage_make(&stage, 0));
    if (user_stage_start(&stage, user_jump, stage.data, 0, NULL) && user_stage_wait(&stage, &end)) {
        KTEST_EXPECT(end.reason == PROCESS_FAULTED);
    }
    user_stage_free(&stage);
}

/* The last page of user space is never mapped: no return address lies behind it. */
KTEST(user_space_ends_before_its_half)
{
    struct user_stage stage;
    virt_addr_t base;

    KTEST_REQUIRE(user_stage_make(&stage, 0));
    KTEST_EXPECT(region_map(aspace_root(process_space(stage.process)),
                            USER_TOP - PAGE_SIZE - 0x10000, stage.memory, 0, PAGE_SIZE,
                            VM_READ | ASPACE_SPECIFIC, &base) == -EINVAL);
    user_stage_free(&stage);
}

/* --- Threads --- */

/* A program that counts up and looks at its registers, and where it is told to end. */
struct spin {
    uint64_t count, stop;
};

static uint64_t spin_count(struct user_stage *stage, unsigned i)
{
    struct spin spin = {0};
    size_t done;

    KTEST_EXPECT(vmo_read(stage->memory, &spin, i * sizeof(spin), sizeof(spin), &done) == 0);
    return spin.count;
}

static void spin_stop(struct user_stage *stage, unsigned i)
{
    uint64_t stop = 1;
    size_t done;

    KTEST_EXPECT(vmo_write(stage->memory, &stop,
                           i * sizeof(struct spin) + offsetof(struct spin, stop), sizeof(stop),
                           &done) == 0);
}

/* All of them have counted on. */
static bool all_spin(struct user_stage *stage, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++) {
        uint64_t before = spin_count(stage, i);

        for (unsigned tries = 0; spin_count(stage, i) < before + SPINS; tries++) {
            if (tries == PATIENCE) {
                return false;
            }
            thread_sleep(NS_PER_MS);
        }
    }
    return true;
}

static bool start_spins(struct user_stage *stage, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++) {
        if (!user_stage_start(stage, user_spin, stage->data + i * sizeof(struct spin), i, NULL)) {
            return false;
        }
    }
    return true;
}

/* More threads than CPUs, in two processes: they are preempted, and find their registers again. */
KTEST(user_threads_share_the_cpus)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    struct user_stage stages[2];
    bool good;

    KTEST_REQUIRE(user_stage_make(&stages[0], 0));
    KTEST_REQUIRE(user_stage_make(&stages[1], 0));
    good = start_spins(&stages[0], THREADS) && start_spins(&stages[1], THREADS) &&
           all_spin(&stages[0], THREADS) && all_spin(&stages[1], THREADS);
    KTEST_EXPECT(good);
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        spin_stop(&stages[i / THREADS], i % THREADS);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (user_stage_wait(&stages[i], &end)) {
            KTEST_EXPECT(ended_with(end, USER_DONE));
        }
        user_stage_free(&stages[i]);
    }
}

/* One thread's mistake ends all threads of its process, wherever they run, and none of another. */
KTEST(user_fault_ends_its_process_alone)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    struct user_stage stages[2];

    KTEST_REQUIRE(user_stage_make(&stages[0], 0));
    KTEST_REQUIRE(user_stage_make(&stages[1], 0));
    KTEST_EXPECT(start_spins(&stages[0], THREADS) && start_spins(&stages[1], 2));
    KTEST_EXPECT(all_spin(&stages[0], 1));
    if (user_stage_start(&stages[0], user_illegal, 0, THREADS, NULL) &&
        user_stage_wait(&stages[0], &end)) {
        KTEST_EXPECT(end.reason == PROCESS_FAULTED);
    }
    KTEST_EXPECT(process_start_thread(stages[0].process, stages[0].code, 0, 0, NULL) == -ECANCELED);
    KTEST_EXPECT(all_spin(&stages[1], 2));
    process_kill(stages[1].process);
    if (user_stage_wait(&stages[1], &end)) {
        KTEST_EXPECT(end.reason == PROCESS_KILLED);
    }
    user_stage_free(&stages[0]);
    user_stage_free(&stages[1]);
}

/* Killed while it sleeps for ever, spins, or has not even begun. */
KTEST(user_processes_can_be_killed)
{
    const char *const programs[] = {user_sleep, user_spin};

    for (unsigned i = 0; i < RUNS; i++) {
        struct process_end end = {.reason = PROCESS_RUNS};
        struct user_stage stage;

        KTEST_REQUIRE(user_stage_make(&stage, 0));
        if (user_stage_start(&stage, programs[i % 2], stage.data, 0, NULL)) {
            if (i % 4 >= 2) {
                thread_sleep(NS_PER_MS);
            }
            process_kill(stage.process);
            KTEST_EXPECT(user_stage_wait(&stage, &end) && end.reason == PROCESS_KILLED);
        }
        user_stage_free(&stage);
    }
}

KTEST(user_process_without_a_thread)
{
    struct process *process;
    struct process_end end;

    KTEST_REQUIRE(process_create(NULL, "empty", 0, &process) == 0);
    KTEST_EXPECT(process_wait(process, &end, 0) == -EAGAIN);
    process_kill(process);
    KTEST_EXPECT(process_wait(process, &end, 0) == 0 && end.reason == PROCESS_KILLED);
    KTEST_EXPECT(process_start_thread(process, 0, 0, 0, NULL) == -ECANCELED);
    process_unref(process);
}

/* Each has its own floating-point registers, of which those that C keeps are not all. */
KTEST(user_threads_have_floating_point)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(0)};
    struct process_end end = {.reason = PROCESS_RUNS};
    struct user_stage stages[3];

    for (unsigned i = 0; i < ARRAY_SIZE(stages); i++) {
        KTEST_REQUIRE(user_stage_make(&stages[i], 0));
        KTEST_EXPECT(user_stage_start(&stages[i], user_float, 0x4141414100000000ull + i, 0, &attr));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(stages); i++) {
        if (user_stage_wait(&stages[i], &end)) {
            KTEST_EXPECT(ended_with(end, USER_DONE));
        }
        user_stage_free(&stages[i]);
    }
}

static void run_here(const char *program)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(0)};
    struct process_end end;
    struct user_stage stage;

    KTEST_REQUIRE(user_stage_make(&stage, 0));
    if (user_stage_start(&stage, program, USER_DONE, 0, &attr)) {
        (void)user_stage_wait(&stage, &end);
    }
    user_stage_free(&stage);
}

/* What they were made of comes back, however they ended: a block that each left would be too many. Ended
 * threads are kept by their CPU, some of them. */
KTEST(user_processes_leave_nothing_behind)
{
    static const char *const programs[] = {user_exit, user_keep, user_illegal, user_recurse};
    struct heap_stats before, after;

    run_here(user_exit);
    heap_get_stats(&before);
    for (unsigned i = 0; i < RUNS; i++) {
        run_here(programs[i % ARRAY_SIZE(programs)]);
    }
    for (unsigned tries = 0; tries < PATIENCE; tries++) {
        heap_get_stats(&after);
        if (after.blocks_used < before.blocks_used + RUNS) {
            break;
        }
        thread_sleep(NS_PER_MS);
    }
    KTEST_EXPECT(after.blocks_used < before.blocks_used + RUNS);
}
