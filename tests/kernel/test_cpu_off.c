/* SPDX-License-Identifier: MIT */
/* CPUs that go off and come on again while threads, timers and calls use them. With one CPU what remains
 * is that it refuses to go. */
#include <arch/cpu.h>
#include <arch/uaccess.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/kmap.h>
#include <keel/ktest.h>
#include <keel/mutex.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/thread.h>
#include <keel/tick.h>
#include <keel/timer.h>
#include <keel/vm.h>

#define NEVER       TIMER_NEVER
#define ROUNDS      20u         /* off and on */
#define CROWDED     10u         /* of them where there is much else to do, shared out among CPUs */
#define TURNS       400000000ul /* of a wait for another CPU: a failure, not a hang */
#define WORKERS_MAX 16u
#define CALLERS     2u

/* The highest CPU that is on, 0 when it is the only one. */
static unsigned last_cpu(void)
{
    cpumask_t others = cpu_online() & ~cpumask_of(0);

    return others == 0 ? 0 : 63 - (unsigned)__builtin_clzll(others);
}

static uint32_t count_of(const uint32_t *count)
{
    return __atomic_load_n(count, __ATOMIC_SEQ_CST);
}

static void add_one(void *arg)
{
    __atomic_fetch_add((uint32_t *)arg, 1, __ATOMIC_SEQ_CST);
}

static bool reaches(const uint32_t *count, uint32_t wanted)
{
    for (unsigned long turn = 0; turn < TURNS && count_of(count) < wanted; turn++) {
        thread_yield();
    }
    return count_of(count) >= wanted;
}

KTEST(cpu_off_refuses_what_cannot_be)
{
    unsigned cpu = last_cpu();

    KTEST_EXPECT(smp_cpu_off(0) == -EBUSY);
    KTEST_EXPECT(smp_cpu_on(0) == -EBUSY);
    KTEST_EXPECT(smp_cpu_off(cpu_count()) == -EINVAL);
    KTEST_EXPECT(smp_cpu_on(cpu_count()) == -EINVAL);
    KTEST_EXPECT(smp_cpu_off(~0u) == -EINVAL);
    for (unsigned i = 1; i < cpu_count(); i++) {
        if (cpu_info(i)->state != CPU_ONLINE) {
            KTEST_EXPECT(smp_cpu_off(i) == -ENODEV && smp_cpu_on(i) == -ENODEV);
        }
    }
    if (cpu != 0) {
        KTEST_EXPECT(smp_cpu_on(cpu) == -EBUSY);
        KTEST_REQUIRE(smp_cpu_off(cpu) == 0);
        KTEST_EXPECT(smp_cpu_off(cpu) == -ENODEV);
        KTEST_REQUIRE(smp_cpu_on(cpu) == 0);
    }
}

static void note_cpu(void *arg)
{
    __atomic_fetch_or((cpumask_t *)arg, cpumask_of(cpu_index()), __ATOMIC_SEQ_CST);
}

static cpumask_t who_answers(void)
{
    cpumask_t ran = 0;

    smp_call(CPUMASK_ALL, note_cpu, &ran, true);
    return ran;
}

/* One after the other all but the boot CPU; then they come in the same order. */
KTEST(cpu_off_leaves_the_boot_cpu_alone)
{
    cpumask_t before = cpu_online(), others = before & ~cpumask_of(0);
    unsigned cpu;

    cpumask_for_each(cpu, others)
    {
        KTEST_EXPECT(smp_cpu_off(cpu) == 0);
        KTEST_EXPECT(cpu_info(cpu)->state == CPU_OFF);
        KTEST_EXPECT(!cpumask_has(cpu_online() | irq_cpus() | who_answers(), cpu));
    }
    KTEST_EXPECT(who_answers() == cpumask_of(0));
    cpumask_for_each(cpu, others)
    {
        KTEST_EXPECT(smp_cpu_on(cpu) == 0);
        KTEST_EXPECT(cpu_info(cpu)->state == CPU_ONLINE);
        KTEST_EXPECT(cpumask_has(cpu_online() & irq_cpus() & who_answers(), cpu));
    }
    KTEST_EXPECT(who_answers() == before);
}

/* --- Threads --- */

struct crowd {
    struct mutex mutex;
    struct thread *threads[WORKERS_MAX];
    uint32_t rounds[WORKERS_MAX]; /* of each thread */
    uint32_t held;                /* by two at once: never 1 */
    uint32_t wrong;
    uint32_t stop;
    unsigned count;
};

struct worker {
    struct crowd *crowd;
    unsigned index;
};

/* What one does with the lock, that no other may do meanwhile. */
static void work_alone(struct crowd *crowd)
{
    crowd->wrong += __atomic_exchange_n(&crowd->held, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < 200; i++) {
        arch_cpu_relax();
    }
    __atomic_store_n(&crowd->held, 0, __ATOMIC_SEQ_CST);
    mutex_unlock(&crowd->mutex);
}

/* Yields, sleeps and shares a lock. Two wait for it; more might keep each other from it for long. */
static int work(void *arg)
{
    const struct worker *worker = arg;
    struct crowd *crowd = worker->crowd;

    while (count_of(&crowd->stop) == 0) {
        if (worker->index < 2) {
            mutex_lock(&crowd->mutex);
            work_alone(crowd);
        } else if (mutex_trylock(&crowd->mutex)) {
            work_alone(crowd);
        }
        if (worker->index % 4 == 0) {
            (void)thread_sleep(NS_PER_MS / 4);
        } else {
            thread_yield();
        }
        add_one(&crowd->rounds[worker->index]);
    }
    return 0;
}

static bool start_crowd(struct crowd *crowd, struct worker *workers)
{
    *crowd = (struct crowd){.count = MIN(2 * cpumask_count(cpu_online()) + 1, WORKERS_MAX)};
    for (unsigned i = 0; i < crowd->count; i++) {
        workers[i] = (struct worker){crowd, i};
        if (thread_run(&crowd->threads[i], "crowd", work, &workers[i], NULL) != 0) {
            return false;
        }
    }
    return true;
}

/* All of them have gone on since. */
static bool all_go_on(const struct crowd *crowd)
{
    bool good = true;

    for (unsigned i = 0; i < crowd->count; i++) {
        good &= reaches(&crowd->rounds[i], count_of(&crowd->rounds[i]) + 2);
    }
    return good;
}

static void end_crowd(struct crowd *crowd)
{
    __atomic_store_n(&crowd->stop, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < crowd->count; i++) {
        KTEST_EXPECT(thread_join(crowd->threads[i], NULL, NEVER) == 0);
    }
    KTEST_EXPECT(crowd->wrong == 0);
}

/* Off and on again and again while there is more to do than there are CPUs. */
KTEST(cpu_off_while_threads_run)
{
    static struct crowd crowd;
    static struct worker workers[WORKERS_MAX];
    cpumask_t before = cpu_online(), others = before & ~cpumask_of(0);
    unsigned cpu;

    KTEST_REQUIRE(start_crowd(&crowd, workers));
    for (unsigned i = 0; i < CROWDED / cpumask_count(before); i++) {
        cpumask_for_each(cpu, others)
        {
            KTEST_EXPECT(smp_cpu_off(cpu) == 0);
            KTEST_EXPECT(all_go_on(&crowd));
            KTEST_EXPECT(smp_cpu_on(cpu) == 0);
        }
    }
    KTEST_EXPECT(all_go_on(&crowd));
    end_crowd(&crowd);
    KTEST_EXPECT(cpu_online() == before && who_answers() == before);
}

struct traveller {
    unsigned was, is;
    int status;
};

/* On the CPU that it turns off itself. */
static int turn_own_off(void *arg)
{
    struct traveller *traveller = arg;
    unsigned long irq;

    (void)thread_set_affinity(thread_current(), CPUMASK_ALL);
    irq = arch_irq_save();
    traveller->was = cpu_index();
    arch_irq_restore(irq);
    traveller->status = smp_cpu_off(traveller->was);
    irq = arch_irq_save();
    traveller->is = cpu_index();
    arch_irq_restore(irq);
    return 0;
}

KTEST(cpu_off_by_a_thread_of_that_cpu)
{
    unsigned cpu = last_cpu();
    struct traveller traveller = {.was = CPUS_MAX};
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu)};
    struct thread *thread;

    KTEST_REQUIRE(thread_run(&thread, "traveller", turn_own_off, &traveller, &attr) == 0);
    KTEST_REQUIRE(thread_join(thread, NULL, NEVER) == 0);
    if (traveller.was == 0) {
        KTEST_EXPECT(traveller.status == -EBUSY && traveller.is == 0);
    } else {
        KTEST_EXPECT(traveller.status == 0 && traveller.is != traveller.was);
        KTEST_EXPECT(smp_cpu_on(traveller.was) == 0);
    }
}

static int run_and_count(void *arg)
{
    struct crowd *crowd = arg;

    while (count_of(&crowd->stop) == 0) {
        add_one(&crowd->rounds[cpu_index() % WORKERS_MAX]);
        thread_yield();
    }
    return 0;
}

/* A thread that may run nowhere else keeps its CPU; while a CPU is off, none can be bound to it. */
KTEST(cpu_off_minds_affinities)
{
    unsigned cpu = last_cpu();
    struct thread_attr bound = {PRIORITY_NORMAL, cpumask_of(cpu)};
    static struct crowd crowd;
    struct thread *thread, *other;

    if (cpu == 0) {
        return;
    }
    crowd = (struct crowd){0};
    KTEST_REQUIRE(thread_run(&thread, "bound", run_and_count, &crowd, &bound) == 0);
    KTEST_EXPECT(smp_cpu_off(cpu) == -EBUSY);
    KTEST_EXPECT(cpu_info(cpu)->state == CPU_ONLINE && cpumask_has(cpu_online(), cpu));
    KTEST_EXPECT(
        reaches(&crowd.rounds[cpu % WORKERS_MAX], count_of(&crowd.rounds[cpu % WORKERS_MAX]) + 2));
    KTEST_EXPECT(thread_set_affinity(thread, cpumask_of(cpu) | cpumask_of(0)) == 0);
    KTEST_REQUIRE(smp_cpu_off(cpu) == 0);
    KTEST_EXPECT(reaches(&crowd.rounds[0], count_of(&crowd.rounds[0]) + 2));
    KTEST_EXPECT(thread_set_affinity(thread, cpumask_of(cpu)) == -EINVAL);
    KTEST_EXPECT(thread_create(&other, "bound", run_and_count, &crowd, &bound) == -EINVAL);
    KTEST_EXPECT(smp_cpu_on(cpu) == 0);
    KTEST_EXPECT(thread_set_affinity(thread, cpumask_of(cpu)) == 0);
    KTEST_EXPECT(
        reaches(&crowd.rounds[cpu % WORKERS_MAX], count_of(&crowd.rounds[cpu % WORKERS_MAX]) + 2));
    crowd.stop = 1;
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* One that is bound but waits, or was never started, keeps it too; one that has ended does not. */
KTEST(cpu_off_minds_threads_that_wait)
{
    unsigned cpu = last_cpu();
    struct thread_attr bound = {PRIORITY_NORMAL, cpumask_of(cpu)};
    static struct crowd crowd;
    struct thread *thread;

    if (cpu == 0) {
        return;
    }
    crowd = (struct crowd){.stop = 1};
    KTEST_REQUIRE(thread_create(&thread, "bound", run_and_count, &crowd, &bound) == 0);
    KTEST_EXPECT(smp_cpu_off(cpu) == -EBUSY);
    KTEST_EXPECT(thread_resume(thread) == 0);
    for (unsigned long turn = 0; turn < TURNS && thread_state(thread) != THREAD_TERMINATED;
         turn++) {
        thread_yield();
    }
    KTEST_EXPECT(smp_cpu_off(cpu) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
    KTEST_EXPECT(smp_cpu_on(cpu) == 0);
}

/* --- Several who want it at once --- */

struct rival {
    unsigned cpu;
    uint32_t done, other_errors;
};

static int turn_off_and_on(void *arg)
{
    struct rival *rival = arg;

    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        int off = smp_cpu_off(rival->cpu);
        int on = smp_cpu_on(rival->cpu);

        rival->done += off == 0;
        rival->other_errors +=
            (off != 0 && off != -ENODEV) || (on != 0 && on != -EBUSY && on != -ENODEV);
    }
    return 0;
}

#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
static int end_at_once(void *arg)
{
    (void)arg;
    return 0;
}

static struct thread *make_promised(cpumask_t affinity)
{
    static const struct thread_deadline half = {5 * NS_PER_MS, 10 * NS_PER_MS, 10 * NS_PER_MS};
    const struct thread_attr attr = {PRIORITY_NORMAL, affinity};
    struct thread *thread = NULL;

    KTEST_EXPECT(thread_create(&thread, "promised", end_at_once, NULL, &attr) == 0);
    KTEST_EXPECT(thread && thread_set_deadline(thread, &half) == 0);
    return thread;
}

static void end_promised(struct thread *thread)
{
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, TIMER_NEVER) == 0);
}

/* Who was promised time of a CPU keeps it there, although others would do. */
KTEST(cpu_off_minds_promises)
{
    unsigned cpu = last_cpu();
    struct thread *first, *second;

    if (cpu == 0) {
        return;
    }
    first = make_promised(cpumask_of(0));
    second = make_promised(cpumask_of(0) | cpumask_of(cpu)); /* where less is promised */
    KTEST_REQUIRE(first && second);
    KTEST_EXPECT(smp_cpu_off(cpu) == -EBUSY);
    KTEST_EXPECT(cpu_info(cpu)->state == CPU_ONLINE);
    KTEST_EXPECT(thread_set_deadline(second, NULL) == 0);
    KTEST_EXPECT(smp_cpu_off(cpu) == 0);
    end_promised(second);
    KTEST_EXPECT(smp_cpu_on(cpu) == 0);
    end_promised(first);
}
#endif

KTEST(cpu_off_one_at_a_time)
{
    unsigned cpu = last_cpu();
    struct rival rivals[3] = {{.cpu = cpu}, {.cpu = cpu}, {.cpu = cpu > 1 ? cpu - 1 : cpu}};
    struct thread *threads[3];

    if (cpu == 0) {
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "rival", turn_off_and_on, &rivals[i], NULL) == 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
        KTEST_EXPECT(rivals[i].other_errors == 0);
    }
    KTEST_EXPECT(rivals[0].done + rivals[1].done + rivals[2].done > 0);
    KTEST_EXPECT(cpumask_has(who_answers(), cpu));
}

/* --- Timers, ticks and counters --- */

static struct {
    struct timer timer;
    uint64_t deadline;
    uint32_t fired;
    unsigned on;
} alarm;

static void ring(struct timer *timer)
{
    (void)timer;
    alarm.on = cpu_index();
    add_one(&alarm.fired);
}

static void set_alarm(void *arg)
{
    timer_set(&alarm.timer, clock_ns() + *(uint64_t *)arg, 0);
}

/* A timer of the CPU that goes fires elsewhere; when the CPU is back, it has timers again. */
KTEST(cpu_off_hands_timers_over)
{
    uint64_t long_time = 300 * NS_PER_MS, short_time = NS_PER_MS;
    unsigned cpu = last_cpu();

    if (cpu == 0) {
        return;
    }
    timer_init(&alarm.timer, ring);
    alarm.fired = 0;
    smp_call(cpumask_of(cpu), set_alarm, &long_time, true);
    KTEST_REQUIRE(smp_cpu_off(cpu) == 0);
    KTEST_EXPECT(reaches(&alarm.fired, 1));
    KTEST_EXPECT(smp_cpu_on(cpu) == 0);
    smp_call(cpumask_of(cpu), set_alarm, &short_time, true);
    KTEST_EXPECT(reaches(&alarm.fired, 2));
    KTEST_EXPECT(alarm.on == cpu);
    timer_cancel_sync(&alarm.timer);
}

/* The counters of a CPU go on from where they were, and it ticks while it has something to do. */
KTEST(cpu_off_keeps_counters)
{
    unsigned cpu = last_cpu();
    struct thread_attr bound = {PRIORITY_NORMAL, cpumask_of(cpu)};
    struct tick_stats tick, later;
    struct timer_stats timers, timers_later;
    static struct crowd crowd;
    struct thread *thread;
    uint64_t calls = ipi_taken(cpu, IPI_CALL);

    if (cpu == 0) {
        return;
    }
    tick_get_stats(cpu, &tick);
    timer_get_stats(cpu, &timers);
    KTEST_REQUIRE(smp_cpu_off(cpu) == 0 && smp_cpu_on(cpu) == 0);
    crowd = (struct crowd){0};
    KTEST_REQUIRE(thread_run(&thread, "ticked", run_and_count, &crowd, &bound) == 0);
    for (unsigned long turn = 0; turn < TURNS; turn++) {
        tick_get_stats(cpu, &later);
        if (later.ticks >= tick.ticks + 3) {
            break;
        }
        thread_yield();
    }
    crowd.stop = 1;
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
    timer_get_stats(cpu, &timers_later);
    KTEST_EXPECT(later.ticks >= tick.ticks + 3);
    KTEST_EXPECT(timers_later.interrupts > timers.interrupts);
    KTEST_EXPECT(ipi_taken(cpu, IPI_CALL) >= calls);
}

/* --- Calls and translations --- */

struct storm {
    uint32_t calls, stop, wrong;
    phys_addr_t page;
};

/* Calls all CPUs that there are just now, and takes translations away from them. */
static int call_and_unmap(void *arg)
{
    struct storm *storm = arg;

    while (count_of(&storm->stop) == 0) {
        uint32_t ran = 0;
        virt_addr_t va = kmap_alloc(1);
        uint64_t value;

        smp_call(CPUMASK_ALL, add_one, &ran, true);
        if (va == 0 || ran == 0 || kmap_map(va, storm->page, 1, VM_KERNEL_RW) != 0 ||
            arch_read_nofault(va, sizeof(value), &value) != 0) {
            add_one(&storm->wrong);
        }
        if (va != 0) {
            kmap_free(va);
        }
        add_one(&storm->calls);
        (void)thread_sleep(NS_PER_MS);
    }
    return 0;
}

KTEST(cpu_off_amid_calls_and_unmapping)
{
    struct storm storm = {.page = pmm_alloc_page(0)};
    cpumask_t before = cpu_online(), others = before & ~cpumask_of(0);
    struct thread *threads[CALLERS];
    unsigned cpu;

    KTEST_REQUIRE(storm.page != 0);
    for (unsigned i = 0; i < CALLERS; i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "caller", call_and_unmap, &storm, NULL) == 0);
    }
    for (unsigned i = 0; i < CROWDED / cpumask_count(before); i++) {
        cpumask_for_each(cpu, others)
        {
            KTEST_EXPECT(smp_cpu_off(cpu) == 0);
            KTEST_EXPECT(reaches(&storm.calls, count_of(&storm.calls) + 2));
            KTEST_EXPECT(smp_cpu_on(cpu) == 0);
        }
    }
    __atomic_store_n(&storm.stop, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < CALLERS; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
    KTEST_EXPECT(storm.wrong == 0);
    pmm_free_page(storm.page);
}

struct look {
    virt_addr_t va;
    uint64_t value;
};

static void look_at(void *arg)
{
    struct look *look = arg;

    look->value = 0;
    (void)arch_read_nofault(look->va, sizeof(look->value), &look->value);
}

/* What was mapped anew while a CPU was off it does not remember as it was before. */
KTEST(cpu_off_forgets_translations)
{
    phys_addr_t pages[2] = {pmm_alloc_page(0), pmm_alloc_page(0)};
    unsigned cpu = last_cpu();
    struct look look = {0};

    KTEST_REQUIRE(pages[0] != 0 && pages[1] != 0);
    *(uint64_t *)phys_to_virt(pages[0]) = 1;
    *(uint64_t *)phys_to_virt(pages[1]) = 2;
    for (unsigned i = 0; cpu != 0 && i < ROUNDS / 4; i++) {
        look.va = kmap_alloc(1);
        KTEST_REQUIRE(look.va != 0 && kmap_map(look.va, pages[0], 1, VM_KERNEL_RO) == 0);
        smp_call(cpumask_of(cpu), look_at, &look, true);
        KTEST_EXPECT(look.value == 1);
        KTEST_REQUIRE(smp_cpu_off(cpu) == 0);
        kmap_free(look.va);
        look.va = kmap_alloc(1);
        KTEST_REQUIRE(look.va != 0 && kmap_map(look.va, pages[1], 1, VM_KERNEL_RO) == 0);
        KTEST_REQUIRE(smp_cpu_on(cpu) == 0);
        smp_call(cpumask_of(cpu), look_at, &look, true);
        KTEST_EXPECT(look.value == 2);
        kmap_free(look.va);
    }
    pmm_free_page(pages[0]);
    pmm_free_page(pages[1]);
}

/* --- Memory --- */

/* Leaves some of everything in stock on the CPU that it runs on. */
static int use_memory(void *arg)
{
    void *blocks[32];
    phys_addr_t page = pmm_alloc_page(0);

    (void)arg;
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        blocks[i] = kmalloc(16u << i % 5);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        kfree(blocks[i]);
    }
    if (page != 0) {
        pmm_free_page(page);
    }
    return 0;
}

static bool use_memory_on(unsigned cpu)
{
    struct thread_attr bound = {PRIORITY_NORMAL, cpumask_of(cpu)};
    struct thread *thread;

    if (thread_run(&thread, "user", use_memory, NULL, &bound) != 0) {
        return false;
    }
    return thread_join(thread, NULL, NEVER) == 0;
}

static uint64_t free_frames(void)
{
    struct pmm_stats stats;

    heap_trim();
    pmm_get_stats(&stats);
    return stats.free;
}

/* The frames that are free with the CPU off are the same in each round. */
KTEST(cpu_off_loses_no_memory)
{
    unsigned cpu = last_cpu();
    uint64_t before = 0;

    for (unsigned i = 0; cpu != 0 && i < ROUNDS; i++) {
        uint64_t now;

        KTEST_EXPECT(use_memory_on(cpu));
        KTEST_REQUIRE(smp_cpu_off(cpu) == 0);
        now = free_frames();
        KTEST_EXPECT(i == 0 || now == before);
        before = now;
        KTEST_REQUIRE(smp_cpu_on(cpu) == 0);
    }
}
