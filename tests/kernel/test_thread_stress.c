/* SPDX-License-Identifier: MIT */
/* Threads in great numbers and under everything at once. */
#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/param.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define NEVER   TIMER_NEVER
#define AT_ONCE 40u

static int64_t stress_threads = 1000;

KPARAM(stress_threads, PARAM_INT, stress_threads, 1, 100000000,
       "how many threads the stress test creates");

static unsigned ran;

static int run_once(void *arg)
{
    (void)arg;
    __atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&ran, __ATOMIC_RELAXED) % 3 == 0) {
        thread_yield();
    }
    return 5;
}

/* Created in batches, ended anywhere, joined in another order or not at all; nothing is left over. */
KTEST(thread_stress_create_and_exit)
{
    struct thread *threads[AT_ONCE];
    struct pmm_stats before = {0}, after;
    unsigned total = (unsigned)stress_threads / AT_ONCE, detached = 0;
    int result;

    ran = 0;
    for (unsigned batch = 0; batch < total; batch++) {
        for (unsigned i = 0; i < AT_ONCE; i++) {
            struct thread_attr attr = {(enum priority)((batch + i) % PRIORITY_REALTIME),
                                       CPUMASK_ALL};

            KTEST_REQUIRE(thread_run(&threads[i], "stress", run_once, NULL, &attr) == 0);
        }
        for (unsigned i = AT_ONCE; i-- > 0;) {
            if ((batch + i) % 8 == 0) {
                thread_detach(threads[i]);
                detached++;
            } else {
                result = 0;
                KTEST_EXPECT(thread_join(threads[i], &result, NEVER) == 0 && result == 5);
            }
        }
        if (batch == 2) {
            pmm_get_stats(&before);
        }
    }
    while (__atomic_load_n(&ran, __ATOMIC_RELAXED) < total * AT_ONCE) {
        thread_sleep(1000000);
    }
    pmm_get_stats(&after);
    KTEST_EXPECT(detached > 0);
    KTEST_EXPECT(after.free + 64ull * AT_ONCE >= before.free);
}

struct worker {
    unsigned steps;
    bool stop;
};

static int work(void *arg)
{
    struct worker *worker = arg;

    while (!__atomic_load_n(&worker->stop, __ATOMIC_ACQUIRE)) {
        unsigned step = __atomic_add_fetch(&worker->steps, 1, __ATOMIC_RELAXED);

        if (step % 16 == 0) {
            thread_yield();
        } else if (step % 501 == 0) {
            thread_sleep(50000);
        }
    }
    return 0;
}

static unsigned below(uint64_t *seed, unsigned limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % limit;
}

/* Whatever is done to them, in any order, on all CPUs: they go on afterwards. */
static void disturb(struct thread **threads, unsigned count, uint64_t *seed)
{
    cpumask_t online = cpu_online();
    struct thread *thread = threads[below(seed, count)];
    unsigned cpu = (unsigned)below(seed, cpumask_count(online));

    switch (below(seed, 4)) {
    case 0:
        KTEST_EXPECT(thread_suspend(thread) == 0);
        if (below(seed, 2) == 0) {
            thread_yield();
        }
        KTEST_EXPECT(thread_resume(thread) == 0);
        break;
    case 1:
        (void)thread_set_affinity(thread, cpumask_of(cpu));
        break;
    case 2:
        KTEST_EXPECT(thread_set_affinity(thread, CPUMASK_ALL) == 0);
        break;
    default:
        KTEST_EXPECT(thread_set_priority(thread, (enum priority)below(seed, PRIORITY_REALTIME)) ==
                     0);
        break;
    }
}

KTEST(thread_stress_suspend_move_and_reprioritise)
{
    struct thread *threads[8];
    static struct worker workers[8];
    uint64_t seed = clock_ns();

    console_printf("seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        workers[i] = (struct worker){0};
        KTEST_REQUIRE(thread_run(&threads[i], "worker", work, &workers[i], NULL) == 0);
    }
    for (int64_t i = 0; i < stress_threads; i++) {
        disturb(threads, ARRAY_SIZE(threads), &seed);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        unsigned steps = READ_ONCE(workers[i].steps);

        KTEST_EXPECT(thread_set_affinity(threads[i], CPUMASK_ALL) == 0);
        KTEST_EXPECT(thread_set_priority(threads[i], PRIORITY_NORMAL) == 0);
        for (unsigned n = 0; n < 5000 && READ_ONCE(workers[i].steps) == steps; n++) {
            thread_sleep(1000000);
        }
        KTEST_EXPECT(READ_ONCE(workers[i].steps) != steps);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        __atomic_store_n(&workers[i].stop, true, __ATOMIC_RELEASE);
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
}

/* --- Several at once stop and move one that never waits --- */

#define SOON_NS (20ull * 1000000000)

static unsigned turns(void)
{
    return (unsigned)MIN(stress_threads / 10 + 1, (int64_t)1000);
}

static struct roamer {
    struct thread *thread;
    unsigned cpu; /* where it is */
    bool stop;
    unsigned late; /* things that were asked of it, and did not come about */
} roamer;

static int roam(void *arg)
{
    struct roamer *self = arg;

    while (!__atomic_load_n(&self->stop, __ATOMIC_ACQUIRE)) {
        unsigned long irq = arch_irq_save();

        WRITE_ONCE(self->cpu, cpu_index());
        arch_irq_restore(irq);
    }
    return 0;
}

static void send_it(uint64_t *seed, unsigned *cpu)
{
    *cpu = below(seed, cpumask_count(cpu_online()));
    KTEST_EXPECT(thread_set_affinity(roamer.thread, cpumask_of(*cpu)) == 0);
}

/* Whoever else resumes it: it stops, for as long as this suspends it. Stopped, it is sent elsewhere, unless
 * that is somebody else's. */
static int stop_it(void *arg)
{
    uint64_t *seed = arg;
    unsigned cpu;

    for (unsigned i = 0; i < turns(); i++) {
        uint64_t end = clock_ns() + SOON_NS;

        KTEST_EXPECT(thread_suspend(roamer.thread) == 0);
        while (thread_state(roamer.thread) != THREAD_SUSPENDED && clock_ns() < end) {
            arch_cpu_relax();
        }
        if (thread_state(roamer.thread) != THREAD_SUSPENDED) {
            __atomic_fetch_add(&roamer.late, 1, __ATOMIC_RELAXED);
        }
        if (seed) {
            send_it(seed, &cpu);
        }
        KTEST_EXPECT(thread_resume(roamer.thread) == 0);
        if (i % 8 == 0) {
            thread_sleep(20000); /* it may have to wait for this CPU */
        }
    }
    return 0;
}

/* It comes to the CPU that it is sent to, stopped and resumed on its way. */
static int move_it(void *arg)
{
    uint64_t *seed = arg;
    unsigned cpu;

    for (unsigned i = 0; i < turns(); i++) {
        uint64_t end = clock_ns() + SOON_NS;

        do {
            send_it(seed, &cpu);
        } while (below(seed, 8) != 0);
        while (READ_ONCE(roamer.cpu) != cpu && clock_ns() < end) {
            thread_sleep(20000);
        }
        if (READ_ONCE(roamer.cpu) != cpu) {
            __atomic_fetch_add(&roamer.late, 1, __ATOMIC_RELAXED);
        }
    }
    return 0;
}

static void pester(int (*const roles[])(void *arg), unsigned count, bool senders)
{
    static const struct thread_attr urgent = {PRIORITY_HIGH, CPUMASK_ALL};
    struct thread *threads[3];
    uint64_t seeds[3];

    roamer = (struct roamer){0};
    KTEST_REQUIRE(thread_run(&roamer.thread, "roamer", roam, &roamer, NULL) == 0);
    for (unsigned i = 0; i < count; i++) {
        seeds[i] = clock_ns();
        console_printf("seed %llu\n", (unsigned long long)seeds[i]);
        KTEST_REQUIRE(thread_run(&threads[i], "pesterer", roles[i],
                                 roles[i] == move_it || senders ? &seeds[i] : NULL, &urgent) == 0);
    }
    for (unsigned i = 0; i < count; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
    __atomic_store_n(&roamer.stop, true, __ATOMIC_RELEASE);
    KTEST_EXPECT(thread_join(roamer.thread, NULL, NEVER) == 0);
    KTEST_EXPECT(roamer.late == 0);
}

KTEST(thread_stress_stop_at_once)
{
    static int (*const roles[])(void *arg) = {stop_it, stop_it};

    pester(roles, ARRAY_SIZE(roles), true);
}

KTEST(thread_stress_stop_and_move_at_once)
{
    static int (*const roles[])(void *arg) = {move_it, stop_it, stop_it};

    pester(roles, ARRAY_SIZE(roles), false);
}
