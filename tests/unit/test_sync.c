/* SPDX-License-Identifier: MIT */
/* Locks and what else threads wait for each other with, under threads of the host; built twice, for
 * memory errors and for races (test_sync_threads.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_threads.h"

#include "../../core/sync/wait_list.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event.h>
#include <keel/log.h>
#include <keel/mutex.h>
#include <keel/once.h>
#include <keel/panic.h>
#include <keel/refcount.h>
#include <keel/rwlock.h>
#include <keel/semaphore.h>

#define THREADS 8
#ifndef ROUNDS
#define ROUNDS 3000
#endif

static struct thread self;
static struct thread threads[THREADS];
static jmp_buf panic_place;
static char panic_text[128];
static unsigned errors_logged;

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(panic_text, sizeof(panic_text), fmt, args);
    va_end(args);
    longjmp(panic_place, 1);
}

void log_write(enum log_level level, const char *tag, const char *fmt, ...)
{
    errors_logged++;
}

static int reset(void **state)
{
    (void)state;
    fake_threads_init(&self);
    for (unsigned i = 0; i < THREADS; i++) {
        memset(&threads[i], 0, sizeof(threads[i]));
        threads[i].number = i;
    }
    return 0;
}

static void start_all(unsigned count, void (*run)(struct thread *thread), void *arg)
{
    for (unsigned i = 0; i < count; i++) {
        threads[i].arg = arg;
        fake_thread_start(&threads[i], 1 + i % 4, run);
    }
}

static void join_all(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        fake_thread_join(&threads[i]);
        assert_int_equal(threads[i].boosted, 0);
        assert_int_equal(threads[i].locks.inherited, 0);
        assert_null(threads[i].locks.waits_for);
        assert_true(!threads[i].locks.held.head.next || list_is_empty(&threads[i].locks.held));
    }
}

static uint64_t soon(struct thread *thread, uint64_t ns)
{
    return clock_ns() + fake_random(thread, ns);
}

/* --- The order of waiters, against sorting --- */

static void check_list(const struct wait_list *list, const unsigned *arrival, unsigned count)
{
    const struct list_node *lead = list->leaders.head.next;
    const struct waiter *before = NULL, *waiter;
    unsigned n = 0;

    list_for_each_entry (waiter, &list->all, node) {
        bool leads = !before || before->key != waiter->key;

        if (before) {
            assert_true(
                before->key > waiter->key ||
                (before->key == waiter->key && arrival[before->status] < arrival[waiter->status]));
        }
        assert_int_equal(list_node_is_linked(&waiter->lead), leads);
        if (leads) {
            assert_ptr_equal(lead, &waiter->lead);
            lead = lead->next;
        }
        before = waiter;
        n++;
    }
    assert_ptr_equal(lead, &list->leaders.head);
    assert_int_equal(n, count);
}

static void test_wait_list(void **state)
{
    static struct waiter waiters[64];
    unsigned arrival[64] = {0};
    bool in[64] = {false};
    struct wait_list list = {0};
    unsigned count = 0;

    (void)state;
    assert_null(wait_list_first(&list));
    for (unsigned step = 1; step < 20000; step++) {
        unsigned i = (unsigned)fake_random(&self, 64);

        if (in[i]) {
            wait_list_remove(&waiters[i]);
            count--;
        } else {
            waiters[i].key = (unsigned)fake_random(&self, 1 + step % 7);
            waiters[i].status = (int)i;
            arrival[i] = step;
            wait_list_add(&list, &waiters[i]);
            count++;
        }
        in[i] = !in[i];
        check_list(&list, arrival, count);
    }
}

/* --- Mutexes --- */

static struct mutex one;
static unsigned counter; /* guarded by it; a race otherwise */

static void test_uncontended(void **state)
{
    struct mutex m;

    (void)state;
    mutex_init(&m);
    assert_false(mutex_is_mine(&m));
    mutex_lock(&m);
    assert_true(mutex_is_mine(&m));
    assert_false(mutex_trylock(&m));
    mutex_unlock(&m);
    assert_true(mutex_trylock(&m));
    mutex_unlock(&m);
    assert_int_equal(mutex_lock_until(&m, 0), 0);
    mutex_unlock(&m);
    assert_int_equal(m.owner, 0);
}

static void try_in_vain(struct thread *thread)
{
    assert_false(mutex_trylock(&one));
    assert_int_equal(mutex_lock_until(&one, 0), -ETIMEDOUT);
    assert_int_equal(mutex_lock_until(&one, clock_ns() + 3 * NS_PER_MS), -ETIMEDOUT);
    assert_false(mutex_is_mine(&one));
}

static void test_timeout(void **state)
{
    (void)state;
    mutex_lock(&one);
    start_all(1, try_in_vain, NULL);
    join_all(1);
    assert_int_equal(one.owner, (uintptr_t)&self); /* nobody waits */
    mutex_unlock(&one);
}

/* Whoever unlocks, without anybody waiting any more, does not touch the mutex when the next has it: that
 * one frees it. A race, for ThreadSanitizer. */
static void take_and_free(struct thread *thread)
{
    struct mutex *m = thread->arg;

    while (!mutex_trylock(m)) {
        sched_yield();
    }
    mutex_unlock(m);
    free(m);
}

static void test_unlocked_is_left_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct mutex *m = calloc(1, sizeof(*m));

        assert_non_null(m);
        mutex_lock(m);
        start_all(1, take_and_free, m);
        mutex_unlock_slow(m); /* as when one has waited until just now */
        join_all(1);
    }
}

static void test_mistakes(void **state)
{
    struct mutex m = {0};

    (void)state;
    if (setjmp(panic_place) == 0) {
        mutex_unlock(&m);
        fail();
    }
    assert_non_null(strstr(panic_text, "does not have"));
    memset(&m, 0, sizeof(m));
    mutex_lock(&m);
    if (setjmp(panic_place) == 0) {
        mutex_lock(&m);
        fail();
    }
    assert_non_null(strstr(panic_text, "that it has"));
}

static void count_up(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (fake_random(thread, 4) == 0) {
            if (mutex_lock_until(&one, soon(thread, 200000)) != 0) {
                continue;
            }
        } else {
            mutex_lock(&one);
        }
        counter++;
        assert_true(mutex_is_mine(&one));
        if (fake_random(thread, 16) == 0) {
            sched_yield();
        }
        counter--;
        mutex_unlock(&one);
    }
}

static void test_exclusion(void **state)
{
    (void)state;
    memset(&one, 0, sizeof(one));
    start_all(THREADS, count_up, NULL);
    join_all(THREADS);
    assert_int_equal(counter, 0);
    assert_int_equal(one.owner, 0);
}

/* --- Inheritance: thread i has chain[i] and wants chain[i - 1] --- */

#define LINKS 5

static struct mutex chain[LINKS];
static struct sync_event go;

static void hold_and_want(struct thread *thread)
{
    unsigned i = thread->number;

    mutex_lock(&chain[i]);
    if (i == 0) {
        event_wait(&go);
    } else {
        mutex_lock(&chain[i - 1]);
        mutex_unlock(&chain[i - 1]);
    }
    mutex_unlock(&chain[i]);
}

static bool inherited_by_all;

/* Until the other side has seen what that does; the host may stop it for long. */
static void want_in_vain(struct thread *thread)
{
    while (!__atomic_load_n(&inherited_by_all, __ATOMIC_RELAXED)) {
        assert_int_equal(mutex_lock_until(&chain[LINKS - 1], clock_ns() + 30 * NS_PER_MS),
                         -ETIMEDOUT);
    }
}

static void await_urgency(const struct thread *thread, unsigned urgency)
{
    while (fake_thread_urgency(thread) != urgency) {
        sched_yield();
    }
}

static void test_chain(void **state)
{
    (void)state;
    memset(chain, 0, sizeof(chain));
    event_init(&go, EVENT_MANUAL, false);
    for (unsigned i = 0; i < LINKS; i++) {
        fake_thread_start(&threads[i], 3, hold_and_want);
        fake_thread_await_block(&threads[i]);
    }
    /* One that is more urgent than all waits behind all, and gives up. */
    inherited_by_all = false;
    fake_thread_start(&threads[LINKS], 9, want_in_vain);
    for (unsigned i = 0; i < LINKS; i++) {
        await_urgency(&threads[i], 9);
    }
    __atomic_store_n(&inherited_by_all, true, __ATOMIC_RELAXED);
    fake_thread_join(&threads[LINKS]);
    for (unsigned i = 0; i < LINKS; i++) {
        assert_int_equal(fake_thread_urgency(&threads[i]), 3);
    }
    /* One of those that wait becomes more urgent, and less. */
    __atomic_store_n(&threads[3].own, 7, __ATOMIC_RELAXED);
    mutex_urgency_changed(&threads[3]);
    assert_int_equal(fake_thread_urgency(&threads[4]), 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fake_thread_urgency(&threads[i]), 7);
    }
    __atomic_store_n(&threads[3].own, 1, __ATOMIC_RELAXED);
    mutex_urgency_changed(&threads[3]);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fake_thread_urgency(&threads[i]), 3);
    }
    event_signal(&go);
    join_all(LINKS);
}

static void want_first(struct thread *thread)
{
    mutex_lock(&chain[0]);
    *(unsigned *)thread->arg = *(unsigned *)thread->arg * 10 + thread->number;
    mutex_unlock(&chain[0]);
}

/* It goes to the most urgent, and the new owner inherits from those that are left. */
static void test_hand_over(void **state)
{
    unsigned order = 0;

    (void)state;
    memset(chain, 0, sizeof(chain));
    mutex_lock(&chain[0]);
    for (unsigned i = 1; i <= 4; i++) {
        threads[i].arg = &order;
        fake_thread_start(&threads[i], i == 3 ? 9 : i == 2 ? 5 : 2, want_first);
        fake_thread_await_block(&threads[i]);
    }
    await_urgency(&self, 9);
    mutex_unlock(&chain[0]);
    for (unsigned i = 1; i <= 4; i++) {
        fake_thread_join(&threads[i]);
    }
    assert_int_equal(fake_thread_urgency(&self), 0);
    assert_int_equal(order, 3214);
}

/* Chains that come, go, are given up and change in urgency; taken in the order of their index. */
static pthread_barrier_t all_there;

static void tangle(struct thread *thread)
{
    bool held[LINKS];

    pthread_barrier_wait(&all_there); /* they change each other's urgency */
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        for (unsigned i = 0; i < LINKS; i++) {
            held[i] = fake_random(thread, 2) == 0;
            if (held[i] && fake_random(thread, 3) == 0) {
                held[i] = mutex_lock_until(&chain[i], soon(thread, 300000)) == 0;
            } else if (held[i]) {
                mutex_lock(&chain[i]);
            }
        }
        if (fake_random(thread, 8) == 0) {
            __atomic_store_n(&thread->own, 1 + (unsigned)fake_random(thread, 9), __ATOMIC_RELAXED);
        }
        mutex_urgency_changed(&threads[fake_random(thread, THREADS)]);
        for (unsigned i = LINKS; i-- > 0;) {
            if (held[i]) {
                assert_true(mutex_is_mine(&chain[i]));
                mutex_unlock(&chain[i]);
            }
        }
        assert_int_equal(__atomic_load_n(&thread->boosted, __ATOMIC_RELAXED), 0);
    }
    pthread_barrier_wait(&all_there);
}

static void test_tangle(void **state)
{
    (void)state;
    memset(chain, 0, sizeof(chain));
    pthread_barrier_init(&all_there, NULL, THREADS);
    start_all(THREADS, tangle, NULL);
    join_all(THREADS);
    pthread_barrier_destroy(&all_there);
    for (unsigned i = 0; i < LINKS; i++) {
        assert_int_equal(chain[i].owner, 0);
    }
}

/* --- Events --- */

static unsigned passed; /* threads, or steps */

/* Each round an event on the stack of who waits, which is gone as soon as it returns. */
static struct sync_event *posted;

static void wait_on_stack(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct sync_event event;

        event_init(&event, i % 2 != 0 ? EVENT_AUTO : EVENT_MANUAL, false);
        __atomic_store_n(&posted, &event, __ATOMIC_RELEASE);
        if (i % 3 == 0) {
            event_wait(&event);
        } else {
            while (event_wait_until(&event, soon(thread, 50000), 0) != 0) {
            }
        }
        memset(&event, 0x5a, sizeof(event));
    }
}

static void signal_stack(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct sync_event *event;

        while (!(event = __atomic_exchange_n(&posted, NULL, __ATOMIC_ACQUIRE))) {
            sched_yield();
        }
        event_signal(event);
    }
}

static void test_event_on_stack(void **state)
{
    (void)state;
    fake_thread_start(&threads[0], 1, wait_on_stack);
    fake_thread_start(&threads[1], 1, signal_stack);
    join_all(2);
}

static void test_event(void **state)
{
    struct sync_event event;

    (void)state;
    event_init(&event, EVENT_AUTO, true);
    assert_true(event_is_signalled(&event));
    assert_int_equal(event_wait_until(&event, 0, 0), 0);
    assert_int_equal(event_wait_until(&event, 0, 0), -ETIMEDOUT);
    assert_int_equal(event_wait_until(&event, clock_ns() + NS_PER_MS, 0), -ETIMEDOUT);
    event_signal(&event);
    event_signal(&event); /* lost */
    event_wait(&event);
    assert_int_equal(event_wait_until(&event, 0, 0), -ETIMEDOUT);
    event_init(&event, EVENT_MANUAL, false);
    event_signal(&event);
    event_wait(&event);
    event_wait(&event);
    event_reset(&event);
    assert_false(event_is_signalled(&event));
    assert_int_equal(event_wait_until(&event, 0, 0), -ETIMEDOUT);
}

static void pass_event(struct thread *thread)
{
    event_wait(thread->arg);
    __atomic_fetch_add(&passed, 1, __ATOMIC_RELAXED);
}

static void test_event_wakes(void **state)
{
    struct sync_event event;

    (void)state;
    for (unsigned automatic = 0; automatic < 2; automatic++) {
        passed = 0;
        event_init(&event, automatic ? EVENT_AUTO : EVENT_MANUAL, false);
        start_all(THREADS, pass_event, &event);
        for (unsigned i = 0; i < THREADS; i++) {
            fake_thread_await_block(&threads[i]);
        }
        for (unsigned i = 0; i < (automatic ? THREADS : 1); i++) {
            event_signal(&event);
        }
        join_all(THREADS);
        assert_int_equal(passed, THREADS);
        assert_int_equal(event_is_signalled(&event), !automatic);
    }
}

/* More wait than are woken at once, with patience that ends meanwhile; the event is gone as soon as the one
 * on whose stack it is has seen all of them leave, and is signalled by nobody else. */
#define CROWD 70

static struct thread crowd[CROWD];
static unsigned through, too_late;

static void wait_in_crowd(struct thread *thread)
{
    bool patient = thread->number % 3 != 0;
    uint64_t end = patient ? TIMER_NEVER : soon(thread, 2 * NS_PER_MS);

    if (event_wait_until(thread->arg, end, 0) == 0) {
        __atomic_fetch_add(&through, 1, __ATOMIC_RELAXED);
    } else {
        assert_false(patient);
        __atomic_fetch_add(&too_late, 1, __ATOMIC_RELAXED);
    }
}

static void signal_crowd(struct thread *thread)
{
    event_signal(thread->arg);
}

static void test_event_wakes_many(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        struct sync_event *event = calloc(1, sizeof(*event));

        assert_non_null(event);
        through = 0;
        too_late = 0;
        for (unsigned i = 0; i < CROWD; i++) {
            crowd[i] = (struct thread){.number = i, .arg = event};
            fake_thread_start(&crowd[i], 1 + i % 3, wait_in_crowd);
        }
        for (unsigned i = 1; i < CROWD; i += 3) {
            fake_thread_await_block(&crowd[i]);
        }
        start_all(1, signal_crowd, event);
        for (unsigned i = 0; i < CROWD; i++) {
            fake_thread_join(&crowd[i]);
        }
        free(event); /* whoever signals may still be at it */
        join_all(1);
        assert_int_equal(through + too_late, CROWD);
        assert_in_range(too_late, 0, (CROWD + 2) / 3);
    }
}

/* --- Semaphores --- */

static struct semaphore places;
static int inside;

static void enter_and_leave(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        switch (fake_random(thread, 3)) {
        case 0:
            semaphore_down(&places);
            break;
        case 1:
            if (semaphore_down_until(&places, soon(thread, 100000)) != 0) {
                continue;
            }
            break;
        default:
            if (!semaphore_try_down(&places)) {
                continue;
            }
        }
        assert_in_range(__atomic_add_fetch(&inside, 1, __ATOMIC_RELAXED), 1, 3);
        if (fake_random(thread, 8) == 0) {
            sched_yield();
        }
        __atomic_sub_fetch(&inside, 1, __ATOMIC_RELAXED);
        assert_int_equal(semaphore_up(&places), 0);
    }
}

static void test_semaphore(void **state)
{
    (void)state;
    semaphore_init(&places, 3);
    start_all(THREADS, enter_and_leave, NULL);
    join_all(THREADS);
    assert_int_equal(places.count, 3);
    semaphore_init(&places, UINT32_MAX);
    assert_int_equal(semaphore_up(&places), -EOVERFLOW);
    semaphore_down(&places);
    assert_int_equal(places.count, UINT32_MAX - 1);
    assert_int_equal(semaphore_up(&places), 0);
}

/* --- Reader-writer locks --- */

static struct rwlock book;
static unsigned pages[2]; /* written together */
static int readers;

static void write_book(struct thread *thread)
{
    pages[0]++;
    assert_int_equal(__atomic_load_n(&readers, __ATOMIC_RELAXED), 0);
    if (fake_random(thread, 4) == 0) {
        sched_yield();
    }
    pages[1]++;
    rwlock_write_done(&book);
}

static void read_book(struct thread *thread)
{
    __atomic_add_fetch(&readers, 1, __ATOMIC_RELAXED);
    assert_int_equal(pages[0], pages[1]);
    if (fake_random(thread, 4) == 0) {
        sched_yield();
    }
    __atomic_sub_fetch(&readers, 1, __ATOMIC_RELAXED);
    rwlock_read_done(&book);
}

static void read_and_write(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t end = soon(thread, 100000);

        switch (fake_random(thread, 10)) {
        case 0:
            rwlock_write(&book);
            write_book(thread);
            break;
        case 1:
            if (rwlock_write_until(&book, end) == 0) {
                write_book(thread);
            }
            break;
        case 2:
            if (rwlock_try_write(&book)) {
                write_book(thread);
            }
            break;
        case 3:
            if (rwlock_try_read(&book)) {
                read_book(thread);
            }
            break;
        case 4:
        case 5:
            if (rwlock_read_until(&book, end) == 0) {
                read_book(thread);
            }
            break;
        default:
            rwlock_read(&book);
            read_book(thread);
        }
    }
}

static void test_rwlock(void **state)
{
    (void)state;
    rwlock_init(&book);
    start_all(THREADS, read_and_write, NULL);
    join_all(THREADS);
    assert_int_equal(book.state, 0);
    assert_int_equal(book.turn.owner, 0);
}

static bool stop_reading;

static void read_again_and_again(struct thread *thread)
{
    while (!__atomic_load_n(&stop_reading, __ATOMIC_RELAXED)) {
        rwlock_read(&book);
        sched_yield();
        rwlock_read_done(&book);
    }
}

static void one_write(struct thread *thread)
{
    rwlock_write(&book);
    rwlock_write_done(&book);
}

/* Readers that leave no gap keep no writer out; nor does a writer that gave up keep readers out. */
static void test_writer_gets_in(void **state)
{
    (void)state;
    rwlock_init(&book);
    stop_reading = false;
    start_all(4, read_again_and_again, NULL);
    for (unsigned i = 0; i < 50; i++) {
        fake_thread_start(&threads[5], 1, one_write);
        fake_thread_join(&threads[5]);
    }
    __atomic_store_n(&stop_reading, true, __ATOMIC_RELAXED);
    join_all(4);
    rwlock_read(&book);
    assert_false(rwlock_try_write(&book));
    assert_int_equal(rwlock_write_until(&book, clock_ns() + NS_PER_MS), -ETIMEDOUT);
    assert_true(rwlock_try_read(&book));
    rwlock_read_done(&book);
    rwlock_read_done(&book);
    assert_true(rwlock_try_write(&book));
    rwlock_write_done(&book);
}

/* The writer frees the lock as soon as it has written, while the reader that it waited for is on its way
 * out: that one is stopped behind its last step, until the lock is gone or for a while. */
static bool reader_stops, reader_is_out, lock_is_gone;

void __real_rwlock_wake_writer(struct rwlock *lock);
void __wrap_rwlock_wake_writer(struct rwlock *lock);

void __wrap_rwlock_wake_writer(struct rwlock *lock)
{
    if (reader_stops) {
        uint64_t end = clock_ns() + 20 * NS_PER_MS;

        __atomic_store_n(&reader_is_out, true, __ATOMIC_RELEASE);
        while (!__atomic_load_n(&lock_is_gone, __ATOMIC_ACQUIRE) && clock_ns() < end) {
            sched_yield();
        }
    }
    __real_rwlock_wake_writer(lock);
}

static void read_a_while(struct thread *thread)
{
    struct rwlock *lock = thread->arg;

    rwlock_read(lock);
    __atomic_store_n(&passed, 1, __ATOMIC_RELEASE);
    while ((__atomic_load_n(&lock->state, __ATOMIC_RELAXED) & RWLOCK_WRITER) == 0) {
        sched_yield();
    }
    rwlock_read_done(lock);
}

static void test_writer_frees(void **state)
{
    struct rwlock *lock = calloc(1, sizeof(*lock));

    (void)state;
    assert_non_null(lock);
    reader_stops = true;
    passed = 0;
    start_all(1, read_a_while, lock);
    while (__atomic_load_n(&passed, __ATOMIC_ACQUIRE) == 0) {
        sched_yield();
    }
    /* Whatever was the case when time was up: at the latest the second time there is no reader. */
    while (rwlock_write_until(lock, clock_ns() + NS_PER_MS) != 0) {
    }
    assert_true(__atomic_load_n(&reader_is_out, __ATOMIC_ACQUIRE));
    rwlock_write_done(lock);
    free(lock);
    __atomic_store_n(&lock_is_gone, true, __ATOMIC_RELEASE);
    join_all(1);
    reader_stops = false;
}

/* --- Once --- */

static struct once once;
static unsigned tries;

static int third_time(void *arg)
{
    sched_yield();
    return ++tries < 3 ? -EAGAIN : 0;
}

static void run_once(struct thread *thread)
{
    while (once_run(&once, third_time, NULL) != 0) {
    }
    assert_int_equal(tries, 3);
}

static void test_once(void **state)
{
    (void)state;
    memset(&once, 0, sizeof(once));
    tries = 0;
    start_all(THREADS, run_once, NULL);
    join_all(THREADS);
    assert_int_equal(tries, 3);
}

/* --- Reference counts --- */

static struct refcount refs;
static unsigned freed;

static void get_and_put(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 2 != 0) {
            refcount_get(&refs);
        } else {
            assert_true(refcount_get_unless_zero(&refs));
        }
        assert_false(refcount_put(&refs));
    }
    counter++; /* made visible to the last by giving the own up */
    if (refcount_put(&refs)) {
        __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
    }
}

static void count_own(struct thread *thread)
{
    unsigned *own = thread->arg;

    own[thread->number]++;
    if (refcount_put(&refs)) {
        for (unsigned i = 0; i < THREADS; i++) {
            assert_int_equal(own[i], 1);
        }
        freed++;
    }
}

static void test_refcount(void **state)
{
    unsigned own[THREADS] = {0};

    (void)state;
    refcount_set(&refs, 1);
    freed = 0;
    start_all(1, get_and_put, NULL);
    join_all(1);
    assert_int_equal(freed, 1);
    assert_int_equal(refcount_read(&refs), 0);
    assert_false(refcount_get_unless_zero(&refs));
    refcount_set(&refs, THREADS);
    freed = 0;
    start_all(THREADS, count_own, own);
    join_all(THREADS);
    assert_int_equal(freed, 1);
}

static void test_refcount_sticks(void **state)
{
    (void)state;
    errors_logged = 0;
    refcount_set(&refs, REFCOUNT_MAX);
    refcount_get(&refs);
    assert_int_equal(refcount_read(&refs), REFCOUNT_STUCK);
    assert_int_equal(errors_logged, 1);
    refcount_get(&refs);
    assert_true(refcount_get_unless_zero(&refs));
    for (unsigned i = 0; i < 10; i++) {
        assert_false(refcount_put(&refs));
    }
    assert_int_equal(refcount_read(&refs), REFCOUNT_STUCK);
    assert_int_equal(errors_logged, 1);
    refcount_set(&refs, 0);
    refcount_get(&refs);
    assert_int_equal(refcount_read(&refs), REFCOUNT_STUCK);
    refcount_set(&refs, 0);
    assert_false(refcount_put(&refs));
    assert_int_equal(refcount_read(&refs), REFCOUNT_STUCK);
    refcount_set(&refs, REFCOUNT_MAX);
    assert_true(refcount_get_unless_zero(&refs));
    assert_int_equal(refcount_read(&refs), REFCOUNT_STUCK);
    assert_int_equal(errors_logged, 4);
    refcount_set(&refs, REFCOUNT_MAX);
    assert_false(refcount_put(&refs));
    assert_int_equal(refcount_read(&refs), REFCOUNT_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wait_list, reset),
        cmocka_unit_test_setup(test_uncontended, reset),
        cmocka_unit_test_setup(test_timeout, reset),
        cmocka_unit_test_setup(test_unlocked_is_left_alone, reset),
        cmocka_unit_test_setup(test_mistakes, reset),
        cmocka_unit_test_setup(test_exclusion, reset),
        cmocka_unit_test_setup(test_chain, reset),
        cmocka_unit_test_setup(test_hand_over, reset),
        cmocka_unit_test_setup(test_tangle, reset),
        cmocka_unit_test_setup(test_event_on_stack, reset),
        cmocka_unit_test_setup(test_event, reset),
        cmocka_unit_test_setup(test_event_wakes, reset),
        cmocka_unit_test_setup(test_event_wakes_many, reset),
        cmocka_unit_test_setup(test_semaphore, reset),
        cmocka_unit_test_setup(test_rwlock, reset),
        cmocka_unit_test_setup(test_writer_gets_in, reset),
        cmocka_unit_test_setup(test_writer_frees, reset),
        cmocka_unit_test_setup(test_once, reset),
        cmocka_unit_test_setup(test_refcount, reset),
        cmocka_unit_test_setup(test_refcount_sticks, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
