/* SPDX-License-Identifier: MIT */
/* Locks, timers and what else threads wait with, under more threads than there are CPUs, at random. */
#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event.h>
#include <keel/ktest.h>
#include <keel/mutex.h>
#include <keel/once.h>
#include <keel/param.h>
#include <keel/refcount.h>
#include <keel/rwlock.h>
#include <keel/semaphore.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define THREADS_MAX 16
#define NEVER       TIMER_NEVER

static int64_t seed = 1;
static int64_t rounds = 200;

KPARAM(syncseed, PARAM_INT, seed, 1, INT64_MAX, "seed of the tests of locks and timers");
KPARAM(syncrounds, PARAM_INT, rounds, 1, 100000000, "rounds of each of their threads");

struct worker {
    struct thread *thread;
    uint64_t random;
    unsigned number;
    void (*round)(struct worker *w);
};

static struct worker workers[THREADS_MAX];
static unsigned failures; /* of what has to hold at every moment */

static void must(bool holds)
{
    if (!holds) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
    }
}

static uint64_t draw(struct worker *w, uint64_t limit)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (w->random >> 11) % limit;
}

static uint64_t soon(struct worker *w, uint64_t ns)
{
    return clock_ns() + draw(w, ns);
}

/* Something takes its time, in one way or another. */
static void dawdle(struct worker *w)
{
    switch (draw(w, 64)) {
    case 0:
        thread_sleep(draw(w, 50 * NS_PER_US));
        break;
    case 1:
        thread_yield();
        break;
    default:
        for (unsigned i = (unsigned)draw(w, 20); i > 0; i--) {
            arch_cpu_relax();
        }
    }
}

static int work(void *arg)
{
    struct worker *w = arg;

    for (int64_t i = 0; i < rounds; i++) {
        w->round(w);
    }
    return 0;
}

/* Twice as many threads as CPUs, three at least, of three priorities. */
static void torture(const char *name, void (*round)(struct worker *w))
{
    static const enum priority priorities[] = {PRIORITY_NORMAL, PRIORITY_LOW, PRIORITY_HIGH};
    unsigned count = MIN(MAX(2 * cpumask_count(cpu_online()), 3u), (unsigned)THREADS_MAX);

    console_printf("%s: %u threads, %lld rounds, seed %lld\n", name, count, (long long)rounds,
                   (long long)seed);
    failures = 0;
    for (unsigned i = 0; i < count; i++) {
        struct thread_attr attr = {priorities[i % ARRAY_SIZE(priorities)], CPUMASK_ALL};

        workers[i] = (struct worker){
            .random = (uint64_t)seed * 0x9e3779b97f4a7c15u + i + 1, .number = i, .round = round};
        KTEST_REQUIRE(thread_run(&workers[i].thread, name, work, &workers[i], &attr) == 0);
    }
    for (unsigned i = 0; i < count; i++) {
        KTEST_EXPECT(thread_join(workers[i].thread, NULL, NEVER) == 0);
    }
    KTEST_EXPECT(failures == 0);
}

/* --- Spinlocks and mutexes --- */

static struct spinlock spin;
static struct mutex mutex;
static uint64_t guarded[2]; /* changed together, not atomically */

static void change_guarded(void)
{
    must(guarded[0] == guarded[1]);
    guarded[0]++;
    barrier();
    guarded[1]++;
}

static void spin_round(struct worker *w)
{
    unsigned long irq;

    if (draw(w, 4) != 0) {
        irq = spin_lock(&spin);
    } else if (!spin_trylock(&spin, &irq)) {
        return;
    }
    must(!arch_irq_enabled());
    change_guarded();
    spin_unlock(&spin, irq);
    must(arch_irq_enabled());
}

KTEST(sync_spinlock_excludes)
{
    torture("spinlock", spin_round);
    KTEST_EXPECT(!spin_is_locked(&spin));
}

static void mutex_round(struct worker *w)
{
    if (draw(w, 4) == 0) {
        if (mutex_lock_until(&mutex, soon(w, 100 * NS_PER_US)) != 0) {
            must(!mutex_is_mine(&mutex));
            return;
        }
    } else if (draw(w, 8) == 0) {
        if (!mutex_trylock(&mutex)) {
            return;
        }
    } else {
        mutex_lock(&mutex);
    }
    must(mutex_is_mine(&mutex));
    must(guarded[0] == guarded[1]);
    guarded[0]++;
    dawdle(w);
    guarded[1]++;
    mutex_unlock(&mutex);
}

KTEST(sync_mutex_excludes)
{
    torture("mutex", mutex_round);
    KTEST_EXPECT(mutex.owner == 0);
}

#define CHAIN 4

static struct mutex chain[CHAIN];

/* Some of them, in their order: owners wait for owners. */
static void chain_round(struct worker *w)
{
    bool held[CHAIN];

    for (unsigned i = 0; i < CHAIN; i++) {
        held[i] = draw(w, 2) == 0;
        if (held[i] && draw(w, 3) == 0) {
            held[i] = mutex_lock_until(&chain[i], soon(w, 100 * NS_PER_US)) == 0;
        } else if (held[i]) {
            mutex_lock(&chain[i]);
        }
    }
    if (draw(w, 8) == 0) {
        static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH};

        thread_set_priority(w->thread, priorities[draw(w, ARRAY_SIZE(priorities))]);
    }
    dawdle(w);
    for (unsigned i = CHAIN; i-- > 0;) {
        if (held[i]) {
            must(mutex_is_mine(&chain[i]));
            mutex_unlock(&chain[i]);
        }
    }
    must(wait_ops->locks(wait_ops->current())->inherited == 0);
}

KTEST(sync_chains_of_owners_come_and_go)
{
    for (unsigned i = 0; i < CHAIN; i++) {
        mutex_init(&chain[i]);
    }
    torture("mutex chains", chain_round);
    for (unsigned i = 0; i < CHAIN; i++) {
        KTEST_EXPECT(chain[i].owner == 0);
    }
}

/* --- Semaphores, reader-writer locks, events, once, counts --- */

#define PLACES 3

static struct semaphore places;
static unsigned inside, taken, given;

static void semaphore_round(struct worker *w)
{
    bool in = true;

    if (draw(w, 2) == 0) {
        in = semaphore_down_until(&places, soon(w, 50 * NS_PER_US)) == 0;
    } else {
        semaphore_down(&places);
    }
    if (in) {
        must(__atomic_add_fetch(&inside, 1, __ATOMIC_RELAXED) <= PLACES);
        dawdle(w);
        __atomic_sub_fetch(&inside, 1, __ATOMIC_RELAXED);
        must(semaphore_up(&places) == 0);
    }
}

KTEST(sync_semaphore_counts)
{
    semaphore_init(&places, PLACES);
    torture("semaphore", semaphore_round);
    KTEST_EXPECT(places.count == PLACES && inside == 0);
}

/* Wakes race with the end of patience: none is lost, none counts twice. */
static void wake_round(struct worker *w)
{
    if (draw(w, 2) == 0) {
        __atomic_add_fetch(&given, 1, __ATOMIC_RELAXED);
        semaphore_up(&places);
    } else if (semaphore_down_until(&places, soon(w, 3 * NS_PER_US)) == 0) {
        __atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
    }
}

KTEST(sync_wakes_race_with_timeouts)
{
    semaphore_init(&places, 0);
    taken = 0;
    given = 0;
    torture("wakes", wake_round);
    KTEST_EXPECT(given == taken + places.count);
}

static struct rwlock rwlock;
static unsigned readers;

static void rwlock_round(struct worker *w)
{
    if (draw(w, 5) == 0) {
        if (draw(w, 2) == 0) {
            rwlock_write(&rwlock);
        } else if (rwlock_write_until(&rwlock, soon(w, 100 * NS_PER_US)) != 0) {
            return;
        }
        must(__atomic_load_n(&readers, __ATOMIC_RELAXED) == 0);
        change_guarded();
        dawdle(w);
        rwlock_write_done(&rwlock);
        return;
    }
    if (draw(w, 2) == 0) {
        rwlock_read(&rwlock);
    } else if (rwlock_read_until(&rwlock, soon(w, 100 * NS_PER_US)) != 0) {
        return;
    }
    __atomic_add_fetch(&readers, 1, __ATOMIC_RELAXED);
    must(guarded[0] == guarded[1]);
    dawdle(w);
    __atomic_sub_fetch(&readers, 1, __ATOMIC_RELAXED);
    rwlock_read_done(&rwlock);
}

KTEST(sync_rwlock_excludes)
{
    torture("rwlock", rwlock_round);
    KTEST_EXPECT(rwlock.state == 0 && rwlock.turn.owner == 0);
}

/* An event on the stack of who waits: gone when it returns. */
static struct sync_event *posts[THREADS_MAX];

static void event_round(struct worker *w)
{
    struct sync_event event;
    struct sync_event *other;

    event_init(&event, EVENT_AUTO, false);
    __atomic_store_n(&posts[w->number], &event, __ATOMIC_RELEASE);
    for (unsigned tries = 0; event_wait_until(&event, soon(w, 20 * NS_PER_US), 0) != 0; tries++) {
        other = __atomic_exchange_n(&posts[draw(w, THREADS_MAX)], NULL, __ATOMIC_ACQ_REL);
        if (other) {
            event_signal(other); /* its own, too */
        }
    }
    must(__atomic_load_n(&posts[w->number], __ATOMIC_RELAXED) == NULL);
    memset(&event, 0x5a, sizeof(event));
}

KTEST(sync_events_are_not_lost)
{
    torture("events", event_round);
}

static struct once once;
static struct refcount refs;
static unsigned runs, lasts;

static int second_time(void *arg)
{
    return ++runs < 2 ? -EAGAIN : 0;
}

static void once_round(struct worker *w)
{
    while (once_run(&once, second_time, NULL) != 0) {
    }
    must(READ_ONCE(runs) == 2);
    if (!refcount_get_unless_zero(&refs)) {
        refcount_set(&refs, 1);
    }
    dawdle(w);
    lasts += refcount_put(&refs);
}

KTEST(sync_once_is_once)
{
    refcount_set(&refs, 1);
    torture("once", once_round);
    KTEST_EXPECT(lasts == 0 && refcount_read(&refs) == 1);
}

/* --- What is said of a thread that waits for each of them --- */

static struct semaphore none;
static struct sync_event never;
static struct wait_queue empty;

static int wait_for_mutex(void *arg)
{
    mutex_lock(&mutex);
    mutex_unlock(&mutex);
    return 0;
}

static int wait_to_read(void *arg)
{
    rwlock_read(&rwlock);
    rwlock_read_done(&rwlock);
    return 0;
}

static int wait_to_write(void *arg)
{
    rwlock_write(&rwlock);
    rwlock_write_done(&rwlock);
    return 0;
}

static int wait_for_semaphore(void *arg)
{
    semaphore_down(&none);
    return 0;
}

static int wait_for_event(void *arg)
{
    event_wait(&never);
    return 0;
}

static int wait_in_queue(void *arg)
{
    return wait_queue_block(&empty, spin_lock(&empty.lock), NEVER, 0);
}

static int wait_once(void *arg)
{
    return 0;
}

static int wait_for_once(void *arg)
{
    return once_run(&once, wait_once, NULL);
}

static int wait_for_time(void *arg)
{
    return thread_sleep(50 * NS_PER_MS);
}

static void take_all_locks(void)
{
    mutex_lock(&mutex);
    rwlock_write(&rwlock);
    once = (struct once){0};
    mutex_lock(&once.mutex);
    semaphore_init(&none, 0);
    event_init(&never, EVENT_MANUAL, false);
}

static void let_all_go(void)
{
    unsigned long irq;

    mutex_unlock(&mutex);
    rwlock_write_done(&rwlock);
    mutex_unlock(&once.mutex);
    KTEST_EXPECT(semaphore_up(&none) == 0);
    event_signal(&never);
    irq = spin_lock(&empty.lock);
    wait_queue_wake_all(&empty, irq, 0);
}

static void await_state(const struct thread *thread, enum thread_state state)
{
    while (thread_state(thread) != state) {
        thread_sleep(NS_PER_MS);
    }
}

/* Blocked while it waits, also when it is suspended; then it stops, as soon as it has what it wanted. */
KTEST(sync_waiting_is_a_state)
{
    static int (*const waits[])(void *arg) = {wait_for_mutex,     wait_to_read,   wait_to_write,
                                              wait_for_semaphore, wait_for_event, wait_in_queue,
                                              wait_for_once};
    struct thread *threads[ARRAY_SIZE(waits)], *sleeper;
    int result = -1;

    take_all_locks();
    for (unsigned i = 0; i < ARRAY_SIZE(waits); i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "waiter", waits[i], NULL, NULL) == 0);
        await_state(threads[i], THREAD_BLOCKED);
        KTEST_EXPECT(thread_suspend(threads[i]) == 0);
        KTEST_EXPECT(thread_state(threads[i]) == THREAD_BLOCKED);
    }
    KTEST_REQUIRE(thread_run(&sleeper, "sleeper", wait_for_time, NULL, NULL) == 0);
    await_state(sleeper, THREAD_SLEEPING);
    KTEST_EXPECT(thread_suspend(sleeper) == 0);
    await_state(sleeper, THREAD_SUSPENDED); /* time goes on */
    let_all_go();
    for (unsigned i = 0; i < ARRAY_SIZE(waits); i++) {
        /* The writer waits for the reader, who was there first and is stopped. */
        await_state(threads[i], waits[i] == wait_to_write ? THREAD_BLOCKED : THREAD_SUSPENDED);
    }
    KTEST_EXPECT(thread_resume(sleeper) == 0 && thread_join(sleeper, NULL, NEVER) == 0);
    for (unsigned i = 0; i < ARRAY_SIZE(waits); i++) {
        KTEST_EXPECT(thread_resume(threads[i]) == 0);
        KTEST_EXPECT(thread_join(threads[i], &result, NEVER) == 0 && result == 0);
    }
    once = (struct once){0};
}

/* --- Timers --- */

#define TIMERS 8

static struct shared_timer {
    struct timer timer;
    unsigned running; /* on so many CPUs */
    bool gone;        /* cancelled for good: must not run */
    unsigned fired;
    struct mutex owner; /* of `gone` */
} shared[TIMERS];

static void on_shared(struct timer *timer)
{
    struct shared_timer *t = container_of(timer, struct shared_timer, timer);

    must(__atomic_add_fetch(&t->running, 1, __ATOMIC_RELAXED) == 1);
    must(!__atomic_load_n(&t->gone, __ATOMIC_RELAXED) && !arch_irq_enabled());
    __atomic_add_fetch(&t->fired, 1, __ATOMIC_RELAXED);
    __atomic_sub_fetch(&t->running, 1, __ATOMIC_RELAXED);
}

/* Set and cancelled from all CPUs at once; now and then one is taken away, and nobody may see it run. */
static void timer_round(struct worker *w)
{
    struct shared_timer *t = &shared[draw(w, TIMERS)];

    switch (draw(w, 6)) {
    case 0:
        timer_cancel(&t->timer);
        break;
    case 1:
        mutex_lock(&t->owner);
        timer_cancel_sync(&t->timer);
        __atomic_store_n(&t->gone, true, __ATOMIC_RELAXED);
        dawdle(w);
        __atomic_store_n(&t->gone, false, __ATOMIC_RELAXED);
        mutex_unlock(&t->owner);
        break;
    default:
        mutex_lock(&t->owner); /* against setting what is taken away */
        timer_set(&t->timer, soon(w, 30 * NS_PER_US), draw(w, 10 * NS_PER_US));
        mutex_unlock(&t->owner);
    }
    dawdle(w);
}

/* That whatever went before left it in working order. */
static bool still_fires(struct shared_timer *t)
{
    unsigned before;

    timer_cancel_sync(&t->timer);
    before = t->fired;
    timer_set(&t->timer, clock_ns(), 0);
    for (unsigned i = 0; i < 1000 && __atomic_load_n(&t->fired, __ATOMIC_RELAXED) == before; i++) {
        thread_sleep(NS_PER_MS);
    }
    timer_cancel_sync(&t->timer);
    return t->fired == before + 1;
}

KTEST(timer_setting_and_cancelling_race)
{
    for (unsigned i = 0; i < TIMERS; i++) {
        timer_init(&shared[i].timer, on_shared);
        mutex_init(&shared[i].owner);
    }
    torture("timers", timer_round);
    for (unsigned i = 0; i < TIMERS; i++) {
        KTEST_EXPECT(still_fires(&shared[i]));
    }
}

static struct {
    struct timer timer;
    struct sync_event event;
    uint64_t at;
} shot;

static void on_shot(struct timer *timer)
{
    shot.at = clock_ns();
    event_signal(&shot.event);
}

static int shoot(void *arg)
{
    uint64_t deadline = clock_ns() + NS_PER_MS;

    event_init(&shot.event, EVENT_MANUAL, false);
    timer_init(&shot.timer, on_shot);
    timer_set(&shot.timer, deadline, 0);
    event_wait(&shot.event);
    return shot.at >= deadline ? 0 : -EINVAL;
}

KTEST(timer_fires_on_every_cpu)
{
    unsigned cpu;

    cpumask_for_each(cpu, cpu_online())
    {
        struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpu)};
        struct thread *thread;
        int result = -1;

        KTEST_REQUIRE(thread_run(&thread, "shot", shoot, NULL, &attr) == 0);
        KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0 && result == 0);
    }
}

/* --- Priority inversion: low has a mutex, high wants it, and others hog the CPU --- */

static struct mutex wanted, between;
static struct sync_event low_has_it, high_waits;
static bool high_done, hog_started;
static unsigned hogs_ended_before;

static int low_part(void *arg)
{
    mutex_lock(&wanted);
    event_signal(&low_has_it);
    event_wait(&high_waits);
    clock_delay_us(2000);
    mutex_unlock(&wanted);
    return 0;
}

/* Has one that high wants, and wants the one that low has. */
static int middle_part(void *arg)
{
    mutex_lock(&between);
    mutex_lock(&wanted);
    mutex_unlock(&wanted);
    mutex_unlock(&between);
    return 0;
}

static int high_part(void *arg)
{
    mutex_lock(&between);
    WRITE_ONCE(high_done, true);
    mutex_unlock(&between);
    return 0;
}

/* Ready all the time, more urgent than low and middle. */
static int hog_part(void *arg)
{
    uint64_t end = clock_ns() + 30000 * NS_PER_MS;

    WRITE_ONCE(hog_started, true);
    while (clock_ns() < end && !READ_ONCE(high_done)) {
        arch_cpu_relax();
    }
    hogs_ended_before += !READ_ONCE(high_done);
    return 0;
}

static void wait_until_blocked(const struct thread *thread)
{
    while (thread_state(thread) != THREAD_BLOCKED) {
        thread_sleep(NS_PER_MS);
    }
}

static int run_inversion(void *arg)
{
    struct thread_attr here = {PRIORITY_LOW, cpumask_of(cpu_index())};
    struct thread *low, *middle, *high, *hog;

    event_init(&low_has_it, EVENT_MANUAL, false);
    event_init(&high_waits, EVENT_MANUAL, false);
    high_done = false;
    hogs_ended_before = 0;
    must(thread_run(&low, "low", low_part, NULL, &here) == 0);
    event_wait(&low_has_it);
    must(thread_run(&middle, "middle", middle_part, NULL, &here) == 0);
    wait_until_blocked(middle);
    here.priority = PRIORITY_HIGH;
    must(thread_run(&high, "high", high_part, NULL, &here) == 0);
    wait_until_blocked(high);
    must(wait_ops->urgency(low) >= wait_ops->urgency(high));
    must(wait_ops->urgency(middle) >= wait_ops->urgency(high));
    here.priority = PRIORITY_NORMAL;
    must(thread_run(&hog, "hog", hog_part, NULL, &here) == 0);
    event_signal(&high_waits);
    must(thread_join(high, NULL, NEVER) == 0);
    must(thread_join(hog, NULL, NEVER) == 0);
    must(thread_join(middle, NULL, NEVER) == 0);
    must(thread_join(low, NULL, NEVER) == 0);
    return 0;
}

KTEST(sync_owners_inherit_over_a_chain)
{
    struct thread_attr attr = {PRIORITY_REALTIME, cpumask_of(0)};
    struct thread *thread;

    failures = 0;
    KTEST_REQUIRE(thread_run(&thread, "inversion", run_inversion, NULL, &attr) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
    KTEST_EXPECT(failures == 0 && hogs_ended_before == 0);
}
