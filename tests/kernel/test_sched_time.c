/* SPDX-License-Identifier: MIT */
/* Threads and time: sleeping, waiting with a deadline, CPU time, slices, and that nobody starves. */
#include "spinner.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/tick.h>
#include <keel/timer.h>
#include <keel/wait.h>

#define MS        NS_PER_MS
#define NEVER     TIMER_NEVER

#define SEEN_LATE 3u /* ticks until a thread that has slept sees what the other one did */

KTEST(thread_sleeps_as_long_as_it_said)
{
    uint64_t start = clock_ns(), woke;

    KTEST_EXPECT(thread_sleep(20 * MS) == 0);
    woke = clock_ns();
    KTEST_EXPECT(woke >= start + 20 * MS);
    KTEST_EXPECT(thread_sleep_until(start, 0) == 0); /* long past */
    KTEST_EXPECT(thread_sleep(0) == 0);
    KTEST_EXPECT(thread_sleep_until(woke + 5 * MS, 5 * MS) == 0);
    KTEST_EXPECT(clock_ns() >= woke + 5 * MS);
}

static int sleep_for(void *arg)
{
    return thread_sleep(*(const uint64_t *)arg);
}

KTEST(thread_sleeping_is_a_state)
{
    uint64_t ns = 1000 * MS;
    struct thread *thread;

    KTEST_REQUIRE(thread_run(&thread, "sleeper", sleep_for, &ns, NULL) == 0);
    while (thread_state(thread) == THREAD_READY || thread_state(thread) == THREAD_RUNNING) {
        thread_yield();
    }
    KTEST_EXPECT(thread_state(thread) == THREAD_SLEEPING);
    KTEST_REQUIRE(thread_join(thread, NULL, clock_ns() + 2 * MS) == -ETIMEDOUT);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

KTEST(thread_join_gives_up_at_its_deadline)
{
    uint64_t ns = 1000 * MS, start = clock_ns();
    struct thread *thread;
    int result = -1;

    KTEST_REQUIRE(thread_run(&thread, "slow", sleep_for, &ns, NULL) == 0);
    KTEST_REQUIRE(thread_join(thread, &result, start + 5 * MS) == -ETIMEDOUT);
    KTEST_EXPECT(clock_ns() >= start + 5 * MS);
    KTEST_EXPECT(result == -1);
    KTEST_EXPECT(thread_join(thread, &result, clock_ns() + 10000 * MS) == 0);
    KTEST_EXPECT(result == 0);
}

static struct spinlock wait_lock;

KTEST(sched_wait_ends_at_its_deadline)
{
    struct waiter waiter = {.thread = thread_current()};
    uint64_t deadline = clock_ns() + 5 * MS;
    unsigned long irq = spin_lock(&wait_lock);

    KTEST_EXPECT(!wait_ops->block(&waiter, &wait_lock, irq, deadline, 0));
    KTEST_EXPECT(clock_ns() >= deadline);
    KTEST_EXPECT(arch_irq_enabled() && !spin_is_locked(&wait_lock));
}

/* --- CPU time --- */

static int spin_for(void *arg)
{
    uint64_t end = clock_ns() + *(const uint64_t *)arg;

    while (clock_ns() < end) {
        arch_cpu_relax();
    }
    return 0;
}

/* Whoever works is charged, whoever sleeps is not; the sum of two on one CPU is no more than what
 * passed. False: the sleeper was charged with more, as when the emulator stood still while it ran. */
static bool charge_two(void)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpu_index())};
    uint64_t start = clock_ns(), own = thread_cpu_time(thread_current());
    uint64_t spins = 30 * MS, sleeps = 30 * MS, worked, slept, passed;
    struct thread *worker, *sleeper;

    if (thread_run(&worker, "worker", spin_for, &spins, &attr) != 0) {
        return false;
    }
    if (thread_run(&sleeper, "sleeper", sleep_for, &sleeps, &attr) != 0) {
        KTEST_EXPECT(thread_join(worker, NULL, NEVER) == 0);
        return false;
    }
    KTEST_EXPECT(thread_sleep(40 * MS) == 0);
    worked = thread_cpu_time(worker);
    slept = thread_cpu_time(sleeper);
    own = thread_cpu_time(thread_current()) - own;
    passed = clock_ns() - start;
    KTEST_EXPECT(worked + slept + own <= passed + passed / 100 + MS);
    KTEST_EXPECT(thread_join(worker, NULL, NEVER) == 0);
    KTEST_EXPECT(thread_join(sleeper, NULL, NEVER) == 0);
    return worked > slept && worked >= 10 * MS;
}

KTEST(thread_cpu_time_is_what_it_ran)
{
    unsigned tries = 0;

    while (tries < 10 && !charge_two()) {
        tries++;
    }
    KTEST_EXPECT(tries < 10);
}

/* --- Slices: threads that never give way share a CPU --- */

static void stop_spinners(struct spinner *spinners, struct thread **threads, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        __atomic_store_n(&spinners[i].stop, true, __ATOMIC_RELEASE);
    }
    for (unsigned i = 0; i < count; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
}

/* That of one who runs elsewhere is up to date: it grows at every look, more often than ticks come. */
KTEST(thread_cpu_time_is_exact_elsewhere)
{
    cpumask_t others = cpu_online() & ~cpumask_of(cpu_index());
    struct thread_attr attr = {PRIORITY_REALTIME, others};
    uint64_t start = clock_ns(), last = 0;
    struct spinner spinner = {0};
    struct thread *thread;

    if (others == 0) {
        return; /* one CPU: it does not run while anybody looks */
    }
    KTEST_REQUIRE(thread_run(&thread, "spinner", spin_until_stopped, &spinner, &attr) == 0);
    while (READ_ONCE(spinner.turns) == 0) {
        arch_cpu_relax();
    }
    for (unsigned i = 0; i < 200; i++) {
        uint64_t now, passed;

        clock_delay_us(20);
        now = thread_cpu_time(thread);
        passed = clock_ns() - start;
        KTEST_EXPECT(now > last);
        KTEST_EXPECT(now <= passed + passed / 100 + MS);
        last = now;
    }
    __atomic_store_n(&spinner.stop, true, __ATOMIC_RELEASE);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* Ticks of 10 ms that this CPU has been given. Those that the emulator was stopped for do not come. */
static uint64_t ticks_given(void)
{
    struct tick_stats stats;

    tick_get_stats(cpu_index(), &stats);
    return stats.ticks * (10 * MS) / TICK_NS;
}

/* Threads of one CPU that never give way: whoever runs when a tick has come counts it. */
static struct {
    uint64_t last;
    uint64_t of[3];
    bool stop;
} seen;

static int count_ticks(void *arg)
{
    uint64_t *own = arg;

    while (!__atomic_load_n(&seen.stop, __ATOMIC_ACQUIRE)) {
        uint64_t now = ticks_given();

        if (__atomic_exchange_n(&seen.last, now, __ATOMIC_RELAXED) != now) {
            __atomic_fetch_add(own, 1, __ATOMIC_RELAXED);
        }
    }
    return 0;
}

KTEST(sched_shares_a_cpu_by_slices)
{
    struct thread_attr attr = {PRIORITY_LOW, cpumask_of(cpu_index())};
    struct thread *threads[ARRAY_SIZE(seen.of)];
    uint64_t least = UINT64_MAX, most = 0, start = ticks_given();
    uint64_t enough = 10 * ARRAY_SIZE(threads) * CONFIG_SCHED_SLICE_LOW;

    memset(&seen, 0, sizeof(seen));
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "spinner", count_ticks, &seen.of[i], &attr) == 0);
    }
    while (ticks_given() - start < enough) {
        thread_sleep(10 * MS);
    }
    __atomic_store_n(&seen.stop, true, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
        least = MIN(least, seen.of[i]);
        most = MAX(most, seen.of[i]);
    }
    KTEST_EXPECT(least > 0 && most <= 3 * least);
}

/* The bound of docs/scheduling.md, for one thread of the lowest band behind one that never stops; meanwhile
 * something is done to it every tick. */
static void check_starvation(void (*meddle)(struct thread *starved))
{
    struct thread_attr high = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    struct thread_attr idle = {PRIORITY_IDLE, cpumask_of(cpu_index())};
    struct spinner spinners[2] = {{0}};
    struct thread *threads[2];
    uint64_t bound = CONFIG_SCHED_STARVATION_TICKS + 2 * CONFIG_SCHED_RESCUE_TICKS;
    uint64_t ticks, start;
    struct thread *self = thread_current();

    KTEST_EXPECT(thread_set_priority(self, PRIORITY_REALTIME) == 0);
    start = clock_ns();
    KTEST_REQUIRE(thread_run(&threads[1], "starved", spin_until_stopped, &spinners[1], &idle) == 0);
    KTEST_REQUIRE(thread_run(&threads[0], "greedy", spin_until_stopped, &spinners[0], &high) == 0);
    ticks = ticks_given();
    do {
        thread_sleep(10 * MS);
        meddle(threads[1]);
    } while (READ_ONCE(spinners[1].turns) == 0 && ticks_given() - ticks <= bound + SEEN_LATE);
    KTEST_EXPECT(READ_ONCE(spinners[1].turns) != 0);
    KTEST_EXPECT(clock_ns() - start >= (CONFIG_SCHED_STARVATION_TICKS - 2) * (10 * MS));
    KTEST_EXPECT(READ_ONCE(spinners[0].turns) != 0);
    stop_spinners(spinners, threads, ARRAY_SIZE(threads));
    KTEST_EXPECT(thread_set_priority(self, PRIORITY_NORMAL) == 0);
}

static void leave_alone(struct thread *starved)
{
    (void)starved;
}

KTEST(sched_lets_nobody_starve)
{
    check_starvation(leave_alone);
}

static void set_priority_anew(struct thread *starved)
{
    KTEST_EXPECT(thread_set_priority(starved, PRIORITY_IDLE) == 0);
}

KTEST(sched_lets_nobody_starve_who_is_changed)
{
    check_starvation(set_priority_anew);
}
