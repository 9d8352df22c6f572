/* SPDX-License-Identifier: MIT */
/* Promises of CPU time: who gets one, who runs, when it is throttled, what others keep. What takes time is
 * bounded by CPU time or by turns: where an emulator stands still, a round is done again. */
#include "spinner.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/mutex.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define MS    NS_PER_MS
#define NEVER TIMER_NEVER
#define TRIES 400u

static const struct thread_deadline whole = {950 * MS, 1000 * MS, 1000 * MS};

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* A thread in state Created that may run on those CPUs. */
static struct thread *make(cpumask_t affinity)
{
    struct thread_attr attr = {PRIORITY_NORMAL, affinity};
    struct thread *thread = NULL;

    KTEST_EXPECT(thread_create(&thread, "promised", nothing, NULL, &attr) == 0);
    return thread;
}

static void end(struct thread *thread)
{
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* Every CPU can promise all that it ever can: nothing was lost. */
static void expect_all_given_back(void)
{
    cpumask_t online = cpu_online();
    unsigned cpu;

    cpumask_for_each(cpu, online)
    {
        struct thread *thread = make(cpumask_of(cpu));

        KTEST_EXPECT(thread_set_deadline(thread, &whole) == 0);
        end(thread);
    }
}

KTEST(deadline_checks_its_parameters)
{
    static const struct thread_deadline bad[] = {
        {0, 0, 0},
        {THREAD_CAPACITY_MIN_NS - 1, 10 * MS, 10 * MS},
        {11 * MS, 10 * MS, 20 * MS},
        {5 * MS, 20 * MS, 10 * MS},
        {THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MIN_NS - 1, THREAD_PERIOD_MIN_NS - 1},
        {MS, 10 * MS, THREAD_PERIOD_MAX_NS + 1},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX},
        {1 * MS, 10 * MS, UINT64_MAX},
    };
    static const struct thread_deadline good[] = {
        {THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MIN_NS, THREAD_PERIOD_MIN_NS},
        {THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS},
        {5 * MS, 10 * MS, 20 * MS},
    };
    struct thread *thread = make(CPUMASK_ALL);

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        KTEST_EXPECT(thread_set_deadline(thread, &bad[i]) == -EINVAL);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
        KTEST_EXPECT(thread_set_deadline(thread, &good[i]) == 0);
    }
    KTEST_EXPECT(thread_set_deadline(thread, NULL) == 0);
    KTEST_EXPECT(thread_set_deadline(thread, NULL) == 0);
    end(thread);
    expect_all_given_back();
}

KTEST(deadline_admits_what_fits)
{
    static const struct thread_deadline half = {50 * MS, 100 * MS, 100 * MS};
    static const struct thread_deadline most = {45 * MS, 100 * MS, 200 * MS};
    static const struct thread_deadline tiny = {THREAD_CAPACITY_MIN_NS, 10 * MS, 10 * MS};
    cpumask_t here = cpumask_of(cpu_index());
    struct thread *a = make(here), *b = make(here), *c = make(here);

    KTEST_EXPECT(thread_set_deadline(a, &half) == 0);
    KTEST_EXPECT(thread_set_deadline(b, &half) == -ENOSPC);
    KTEST_EXPECT(thread_set_deadline(b, &most) == 0);
    KTEST_EXPECT(thread_set_deadline(b, &half) == -ENOSPC); /* and it keeps what it had */
    KTEST_EXPECT(thread_set_deadline(c, &tiny) == -ENOSPC);
    KTEST_EXPECT(thread_set_deadline(a, &tiny) == 0);
    KTEST_EXPECT(thread_set_deadline(c, &tiny) == 0);
    KTEST_EXPECT(thread_set_deadline(a, &half) == -ENOSPC);
    KTEST_EXPECT(thread_set_deadline(b, NULL) == 0);
    KTEST_EXPECT(thread_set_deadline(a, &half) == 0);
    KTEST_EXPECT(thread_set_priority(a, PRIORITY_LOW) == 0);
    KTEST_EXPECT(thread_set_deadline(b, &half) == 0);
    end(a);
    end(b);
    end(c);
    expect_all_given_back();
}

/* As many as there are CPUs, each on one of its own; it stays there. */
KTEST(deadline_takes_the_cpu_with_most_room)
{
    static const struct thread_deadline large = {60 * MS, 100 * MS, 100 * MS};
    unsigned count = cpumask_count(cpu_online());
    struct thread *threads[CPUS_MAX + 1];

    for (unsigned i = 0; i <= count; i++) {
        threads[i] = make(CPUMASK_ALL);
        KTEST_EXPECT(thread_set_deadline(threads[i], &large) == (i < count ? 0 : -ENOSPC));
    }
    if (count > 1) {
        unsigned refused = 0, cpu;
        cpumask_t online = cpu_online();

        cpumask_for_each(cpu, online)
        {
            refused += thread_set_affinity(threads[0], cpumask_of(cpu)) == -EBUSY;
        }
        KTEST_EXPECT(refused == count - 1);
    }
    KTEST_EXPECT(thread_set_affinity(threads[0], CPUMASK_ALL) == 0);
    for (unsigned i = 0; i <= count; i++) {
        end(threads[i]);
    }
    expect_all_given_back();
}

/* Nobody is promised anything any more who has ended. */
KTEST(deadline_is_not_for_the_dead)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    struct thread *thread;

    KTEST_REQUIRE(thread_run(&thread, "ended", nothing, NULL, &attr) == 0);
    while (thread_state(thread) != THREAD_TERMINATED) {
        thread_yield();
    }
    KTEST_EXPECT(thread_set_deadline(thread, &whole) == -EINVAL);
    KTEST_EXPECT(thread_set_deadline(thread, NULL) == 0);
    expect_all_given_back();
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* --- Order --- */

static char order[8];
static unsigned order_at;

static int sign(void *arg)
{
    unsigned at = order_at++;

    if (at < sizeof(order) - 1) {
        order[at] = *(const char *)arg;
    }
    return 0;
}

static const char names[] = "RLEM";

/* Starts threads while this CPU cannot be left: a Realtime one, those with a late and an early deadline, one
 * between. How long that took. */
static uint64_t start_in_bad_order(struct thread **threads)
{
    static const struct thread_deadline wanted[] = {{0, 0, 0},
                                                    {100 * MS, 1000 * MS, 1000 * MS},
                                                    {20 * MS, 100 * MS, 100 * MS},
                                                    {100 * MS, 500 * MS, 500 * MS}};
    struct thread_attr attr = {PRIORITY_REALTIME, cpumask_of(cpu_index())};
    uint64_t start = clock_ns();

    for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
        KTEST_EXPECT(thread_create(&threads[i], "order", sign, (void *)&names[i], &attr) == 0);
        KTEST_EXPECT(i == 0 || thread_set_deadline(threads[i], &wanted[i]) == 0);
    }
    preempt_disable();
    for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++) {
        KTEST_EXPECT(thread_resume(threads[i]) == 0);
    }
    return clock_ns() - start;
}

KTEST(deadline_runs_the_earliest_first)
{
    struct thread *threads[4];
    bool quick = false;

    for (unsigned i = 0; i < TRIES && !quick; i++) {
        memset(order, 0, sizeof(order));
        order_at = 0;
        quick = start_in_bad_order(threads) < 300 * MS;
        preempt_enable();
        for (unsigned n = 0; n < ARRAY_SIZE(threads); n++) {
            KTEST_EXPECT(thread_join(threads[n], NULL, NEVER) == 0);
        }
    }
    KTEST_EXPECT(strcmp(order, "EMLR") == 0);
    expect_all_given_back();
}

/* --- Budgets --- */

/* One that spins on this CPU, with a promise unless that is NULL. */
static void start_spinner(struct spinner *spinner, enum priority priority,
                          const struct thread_deadline *wanted)
{
    struct thread_attr attr = {priority, cpumask_of(cpu_index())};

    *spinner = (struct spinner){0};
    KTEST_EXPECT(thread_create(&spinner->thread, "spinner", spin_until_stopped, spinner, &attr) ==
                 0);
    KTEST_EXPECT(!wanted || thread_set_deadline(spinner->thread, wanted) == 0);
    KTEST_EXPECT(thread_resume(spinner->thread) == 0);
}

static void stop_spinner(struct spinner *spinner)
{
    __atomic_store_n(&spinner->stop, true, __ATOMIC_RELEASE);
    KTEST_EXPECT(thread_join(spinner->thread, NULL, NEVER) == 0);
}

/* One that never waits has its budget and no more: whenever this thread runs, it is throttled, and one of
 * the lowest priority gets what is left. */
KTEST(deadline_leaves_the_rest_to_others)
{
    static const struct thread_deadline fifth = {4 * MS, 20 * MS, 20 * MS};
    struct spinner greedy, modest;
    bool fair = false;

    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_REALTIME) == 0);
    start_spinner(&modest, PRIORITY_IDLE, NULL);
    start_spinner(&greedy, PRIORITY_NORMAL, &fifth);
    for (unsigned i = 0; i < TRIES && !fair; i++) {
        uint64_t took = thread_cpu_time(greedy.thread), left = thread_cpu_time(modest.thread);

        KTEST_EXPECT(thread_state(greedy.thread) == THREAD_THROTTLED);
        thread_sleep(200 * MS);
        took = thread_cpu_time(greedy.thread) - took;
        left = thread_cpu_time(modest.thread) - left;
        fair = took >= 20 * MS && left > 2 * took;
    }
    KTEST_EXPECT(fair);
    stop_spinner(&greedy);
    stop_spinner(&modest);
    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_NORMAL) == 0);
    expect_all_given_back();
}

/* Setting parameters anew, others or the same, brings no budget before the next period. */
KTEST(deadline_gives_no_budget_twice)
{
    static const struct thread_deadline wanted[] = {{20 * MS, 1000 * MS, 1000 * MS},
                                                    {400 * MS, 1000 * MS, 1000 * MS},
                                                    {2 * MS, 10 * MS, 10 * MS},
                                                    {20 * MS, 1000 * MS, 1000 * MS}};
    struct spinner spinner;
    bool quick = false;

    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_REALTIME) == 0);
    for (unsigned i = 0; i < TRIES && !quick; i++) {
        uint64_t start = clock_ns();
        unsigned throttled = 0;

        start_spinner(&spinner, PRIORITY_NORMAL, &wanted[0]);
        for (unsigned n = 0; n < 40; n++) {
            throttled += thread_state(spinner.thread) == THREAD_THROTTLED;
            KTEST_EXPECT(thread_set_deadline(spinner.thread, &wanted[n % ARRAY_SIZE(wanted)]) == 0);
        }
        quick = clock_ns() < start + 900 * MS;
        KTEST_EXPECT(!quick || throttled == 40);
        KTEST_EXPECT(thread_set_priority(spinner.thread, PRIORITY_LOW) == 0);
        KTEST_EXPECT(thread_state(spinner.thread) != THREAD_THROTTLED);
        stop_spinner(&spinner);
    }
    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_NORMAL) == 0);
    expect_all_given_back();
}

/* Suspending and resuming one that is throttled gives it nothing either. */
KTEST(deadline_is_throttled_though_resumed)
{
    static const struct thread_deadline wanted = {20 * MS, 1000 * MS, 1000 * MS};
    struct spinner spinner;
    bool quick = false;

    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_REALTIME) == 0);
    for (unsigned i = 0; i < TRIES && !quick; i++) {
        uint64_t start = clock_ns();
        bool stays;

        start_spinner(&spinner, PRIORITY_NORMAL, &wanted);
        KTEST_EXPECT(thread_suspend(spinner.thread) == 0);
        KTEST_EXPECT(thread_resume(spinner.thread) == 0);
        stays = thread_state(spinner.thread) == THREAD_THROTTLED;
        quick = clock_ns() < start + 900 * MS;
        KTEST_EXPECT(!quick || stays);
        KTEST_EXPECT(thread_suspend(spinner.thread) == 0);
        while (thread_state(spinner.thread) != THREAD_SUSPENDED) {
            thread_sleep(50 * MS); /* for the next period, which it must not have */
        }
        KTEST_EXPECT(thread_resume(spinner.thread) == 0);
        stop_spinner(&spinner);
    }
    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_NORMAL) == 0);
    expect_all_given_back();
}

/* --- Deadlines --- */

struct periodic {
    uint64_t work_ns; /* CPU time of a job */
    uint64_t period_ns;
    unsigned wanted; /* deadlines to be kept, of TRIES */
    unsigned kept;
    struct spinner *hogs;
    unsigned hog_count;
};

static void work(uint64_t ns)
{
    uint64_t end = thread_cpu_time(thread_current()) + ns;

    while (thread_cpu_time(thread_current()) < end) {
        arch_cpu_relax();
    }
}

static int do_jobs(void *arg)
{
    struct periodic *periodic = arg;

    for (unsigned i = 0; i < TRIES && periodic->kept < periodic->wanted; i++) {
        uint64_t start = clock_ns();

        work(periodic->work_ns);
        periodic->kept += clock_ns() <= start + periodic->period_ns;
        thread_sleep_until(start + periodic->period_ns, 0);
    }
    for (unsigned i = 0; i < periodic->hog_count; i++) {
        __atomic_store_n(&periodic->hogs[i].stop, true, __ATOMIC_RELEASE);
    }
    return 0;
}

/* Beside Realtime threads that never wait, and one with a promise that wants more than its budget. */
KTEST(deadline_is_kept_beside_realtime)
{
    static const struct thread_deadline wanted = {10 * MS, 50 * MS, 50 * MS};
    static const struct thread_deadline other = {20 * MS, 100 * MS, 100 * MS};
    struct thread_attr attr = {PRIORITY_LOW, cpumask_of(cpu_index())};
    struct spinner hogs[3];
    struct periodic periodic = {2 * MS, 50 * MS, 20, 0, hogs, ARRAY_SIZE(hogs)};
    struct thread *thread;

    KTEST_REQUIRE(thread_create(&thread, "periodic", do_jobs, &periodic, &attr) == 0);
    KTEST_EXPECT(thread_set_deadline(thread, &wanted) == 0);
    preempt_disable();
    for (unsigned i = 0; i < ARRAY_SIZE(hogs); i++) {
        start_spinner(&hogs[i], PRIORITY_REALTIME, i == 0 ? &other : NULL);
    }
    KTEST_EXPECT(thread_resume(thread) == 0);
    preempt_enable();
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
    KTEST_EXPECT(periodic.kept == periodic.wanted);
    for (unsigned i = 0; i < ARRAY_SIZE(hogs); i++) {
        stop_spinner(&hogs[i]);
    }
    expect_all_given_back();
}

/* --- Inheritance --- */

struct inversion {
    struct mutex mutex;
    bool held;
    bool waits;
    bool done;
    struct spinner hog;
    uint64_t overrun_ns; /* CPU time that the owner spins while it is waited for */
    uint64_t ran;        /* of it */
};

static int own(void *arg)
{
    struct inversion *inversion = arg;
    uint64_t turns, start;

    mutex_lock(&inversion->mutex);
    __atomic_store_n(&inversion->held, true, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&inversion->waits, __ATOMIC_ACQUIRE)) {
        thread_sleep(MS);
    }
    turns = READ_ONCE(inversion->hog.turns);
    start = thread_cpu_time(thread_current());
    while (inversion->ran < inversion->overrun_ns && READ_ONCE(inversion->hog.turns) == turns) {
        inversion->ran = thread_cpu_time(thread_current()) - start;
    }
    mutex_unlock(&inversion->mutex);
    return 0;
}

static int want(void *arg)
{
    struct inversion *inversion = arg;

    __atomic_store_n(&inversion->waits, true, __ATOMIC_RELEASE);
    mutex_lock(&inversion->mutex);
    __atomic_store_n(&inversion->done, true, __ATOMIC_RELEASE);
    mutex_unlock(&inversion->mutex);
    __atomic_store_n(&inversion->hog.stop, true, __ATOMIC_RELEASE);
    return 0;
}

/* A Low thread has what one with a promise wants, and a Realtime one lets nobody else run. */
static void invert(struct inversion *inversion)
{
    static const struct thread_deadline wanted = {10 * MS, 100 * MS, 100 * MS};
    struct thread_attr attr = {PRIORITY_LOW, cpumask_of(cpu_index())};
    struct thread *owner, *waiter;

    mutex_init(&inversion->mutex);
    KTEST_REQUIRE(thread_run(&owner, "owner", own, inversion, &attr) == 0);
    while (!__atomic_load_n(&inversion->held, __ATOMIC_ACQUIRE)) {
        thread_sleep(MS);
    }
    KTEST_REQUIRE(thread_create(&waiter, "waiter", want, inversion, &attr) == 0);
    KTEST_EXPECT(thread_set_deadline(waiter, &wanted) == 0);
    preempt_disable();
    start_spinner(&inversion->hog, PRIORITY_REALTIME, NULL);
    KTEST_EXPECT(thread_resume(waiter) == 0);
    preempt_enable();
    KTEST_EXPECT(thread_join(waiter, NULL, NEVER) == 0);
    KTEST_EXPECT(thread_join(owner, NULL, NEVER) == 0);
    KTEST_EXPECT(thread_join(inversion->hog.thread, NULL, NEVER) == 0);
    KTEST_EXPECT(inversion->done);
    expect_all_given_back();
}

KTEST(deadline_is_inherited)
{
    struct inversion inversion = {.overrun_ns = 0};

    invert(&inversion);
}

/* The level is lent for a while only: an owner who does not come to an end is one of the Realtime ones. */
KTEST(deadline_is_not_lent_for_ever)
{
    struct inversion inversion = {.overrun_ns = 20000 * MS};

    invert(&inversion);
    KTEST_EXPECT(inversion.ran > 0 && inversion.ran < inversion.overrun_ns);
}

/* --- All of it at once --- */

#define WORKERS 6u

static struct mutex shared;
static bool stop;

static int fret(void *arg)
{
    uint64_t random = (uintptr_t)arg;

    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        switch (random >> 33 & 3) {
        case 0:
            thread_sleep(random >> 40 & 0xfffff);
            break;
        case 1:
            mutex_lock(&shared);
            work(random >> 45 & 0x3ffff);
            mutex_unlock(&shared);
            break;
        case 2:
            thread_yield();
            break;
        default:
            work(random >> 44 & 0x7ffff);
        }
    }
    return 0;
}

static void disturb(struct thread *thread, uint64_t random)
{
    uint64_t period = 1 * MS + (random >> 20 & 0x3fffff);
    struct thread_deadline wanted = {period / 8, period / (1 + (random >> 50 & 1)), period};
    int status = 0;

    switch (random >> 33 & 7) {
    case 0:
        status = thread_set_deadline(thread, NULL);
        break;
    case 1:
        status = thread_set_priority(thread, (enum priority)(random >> 40 & 3));
        break;
    case 2:
        status = thread_suspend(thread);
        thread_sleep(random >> 40 & 0xfffff);
        status |= thread_resume(thread);
        break;
    case 3:
        (void)thread_set_affinity(thread, random >> 40 & 1 ? CPUMASK_ALL : cpumask_of(0));
        break;
    default:
        status = thread_set_deadline(thread, &wanted);
        status = status == -ENOSPC ? 0 : status;
    }
    KTEST_EXPECT(status == 0);
}

KTEST(deadline_stress)
{
    unsigned rounds = IS_ENABLED(CONFIG_KASAN) ? 40 : 120;
    struct thread *threads[WORKERS];
    uint64_t random = 1;

    mutex_init(&shared);
    stop = false;
    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_REALTIME) == 0);
    for (unsigned i = 0; i < WORKERS; i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "fret", fret, (void *)(uintptr_t)(i + 1), NULL) == 0);
    }
    for (unsigned i = 0; i < rounds; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        disturb(threads[(random >> 52) % WORKERS], random);
        if ((random >> 60) == 0) {
            thread_sleep(MS);
        }
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < WORKERS; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_NORMAL) == 0);
    expect_all_given_back();
}
