/* SPDX-License-Identifier: MIT */
/* User space's mutexes, conditions, once, semaphores and reader-writer locks, on the host's futexes and threads. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <keel/sync.h>

#include "../../user/lib/thread/futex.h"

#define THREADS 4
#define ROUNDS  20000
#define NS      1000000000ll
#define MS      1000000ll

static __thread uint32_t own_mark;
static uint32_t marks;
static jmp_buf misuse;

uint32_t lib_thread_mark(void)
{
    if (own_mark == 0) {
        own_mark = __atomic_add_fetch(&marks, 4, __ATOMIC_RELAXED) | 3;
    }
    return own_mark;
}

void lib_mutex_misused(const char *what)
{
    (void)what;
    longjmp(misuse, 1);
}

int lib_futex_wait(uint32_t *word, uint32_t value, uint32_t owner, int64_t deadline)
{
    struct timespec when = {.tv_sec = deadline / NS, .tv_nsec = deadline % NS};

    if (owner != 0 && (owner & 3) != 3) {
        return -EBADF;
    }
    if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                deadline == KEEL_TIME_INFINITE ? NULL : &when, NULL, FUTEX_BITSET_MATCH_ANY) == 0) {
        return 0;
    }
    return -errno;
}

void lib_futex_wake(uint32_t *word, uint32_t count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count > INT_MAX ? INT_MAX : count, NULL, NULL, 0);
}

int lib_futex_requeue(uint32_t *word, uint32_t value, uint32_t *other, uint32_t owner)
{
    assert_true(owner <= 3 || (owner & 3) == 3);
    return syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (long)INT_MAX, other, value) < 0
               ? -errno
               : 0;
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static void run(void *(*body)(void *), unsigned count)
{
    pthread_t threads[2 * THREADS];

    for (uintptr_t i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, body, (void *)i), 0);
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

static keel_mutex_t mutex;
static keel_cond_t cond;
static unsigned counter, wrong;

static void *count_locked(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 7 != 0 || !keel_mutex_trylock(&mutex)) {
            keel_mutex_lock(&mutex);
        }
        counter++;
        keel_mutex_unlock(&mutex);
    }
    return NULL;
}

static void test_mutex(void **state)
{
    counter = 0;
    run(count_locked, THREADS);
    assert_int_equal(counter, THREADS * ROUNDS);
    assert_int_equal(mutex.state, 0);
}

static void *try_in_vain(void *arg)
{
    int64_t begin = now();

    wrong += keel_mutex_trylock(&mutex);
    wrong += keel_mutex_lock_until(&mutex, begin + 20 * MS) != -ETIMEDOUT;
    wrong += now() - begin < 20 * MS;
    return NULL;
}

static void test_mutex_held(void **state)
{
    wrong = 0;
    keel_mutex_lock(&mutex);
    run(try_in_vain, 1);
    assert_int_equal(wrong, 0);
    if (setjmp(misuse) == 0) {
        keel_mutex_lock(&mutex);
        fail();
    }
    keel_mutex_unlock(&mutex);
    if (setjmp(misuse) == 0) {
        keel_mutex_unlock(&mutex);
        fail();
    }
}

/* A queue of one between those that give and those that take. */
static unsigned in_queue, taken;

static void *produce(void *arg)
{
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        keel_mutex_lock(&mutex);
        while (in_queue != 0) {
            keel_cond_wait(&cond, &mutex);
        }
        in_queue = 1;
        keel_cond_broadcast(&cond);
        keel_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *consume(void *arg)
{
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        keel_mutex_lock(&mutex);
        while (in_queue == 0) {
            keel_cond_wait(&cond, &mutex);
        }
        in_queue = 0;
        taken++;
        keel_cond_broadcast(&cond);
        keel_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *produce_or_consume(void *arg)
{
    return (uintptr_t)arg % 2 != 0 ? produce(arg) : consume(arg);
}

static void test_cond(void **state)
{
    int64_t begin = now();

    taken = 0;
    run(produce_or_consume, THREADS);
    assert_int_equal(taken, THREADS / 2 * (ROUNDS / 10));
    assert_int_equal(cond.waiters, 0);
    keel_mutex_lock(&mutex);
    assert_int_equal(keel_cond_wait_until(&cond, &mutex, begin), -ETIMEDOUT);
    keel_mutex_unlock(&mutex);
}

/* One signal for each that waits is enough. */
static unsigned tickets;

static void *take_ticket(void *arg)
{
    keel_mutex_lock(&mutex);
    while (tickets == 0) {
        keel_cond_wait(&cond, &mutex);
    }
    tickets--;
    keel_mutex_unlock(&mutex);
    return NULL;
}

static void *give_tickets(void *arg)
{
    for (unsigned i = 1; i < THREADS; i++) {
        keel_mutex_lock(&mutex);
        tickets++;
        keel_mutex_unlock(&mutex);
        keel_cond_signal(&cond);
    }
    return NULL;
}

static void *give_or_take(void *arg)
{
    return arg ? take_ticket(arg) : give_tickets(arg);
}

static void test_cond_signal(void **state)
{
    for (unsigned i = 0; i < 300; i++) {
        run(give_or_take, THREADS);
        assert_int_equal(tickets, 0);
    }
}

/* A broadcast, with the mutex held or not, gets all to go on; those who gave up in between have the mutex, too. */
static unsigned generation, arrived, gave_up;

static void *wait_for_change(void *arg)
{
    unsigned before;

    keel_mutex_lock(&mutex);
    before = generation;
    arrived++;
    while (generation == before) {
        if ((uintptr_t)arg == 1) {
            gave_up += keel_cond_wait_until(&cond, &mutex, now() + MS / 20) == -ETIMEDOUT;
        } else {
            keel_cond_wait(&cond, &mutex);
        }
    }
    keel_mutex_unlock(&mutex);
    return NULL;
}

static void *change(void *arg)
{
    bool hold = generation % 2 != 0;

    for (unsigned here = 0; here < THREADS - 1;) {
        keel_mutex_lock(&mutex);
        here = arrived;
        if (here == THREADS - 1) {
            generation++;
            arrived = 0;
            if (hold) {
                keel_cond_broadcast(&cond);
            }
        }
        keel_mutex_unlock(&mutex);
    }
    if (!hold) {
        keel_cond_broadcast(&cond);
    }
    return arg;
}

static void *change_or_wait(void *arg)
{
    return arg ? wait_for_change(arg) : change(arg);
}

static void test_cond_broadcast(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        run(change_or_wait, THREADS);
        assert_int_equal(generation, i + 1);
    }
    assert_int_equal(cond.waiters, 0);
    assert_int_equal(mutex.state, 0);
}

static keel_once_t once;
static unsigned done;

static void slowly(void)
{
    usleep(100);
    done++;
}

static void *do_once(void *arg)
{
    keel_once(&once, slowly);
    if (done != 1) {
        __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void test_once(void **state)
{
    wrong = 0;
    for (unsigned i = 0; i < 300; i++) {
        once = (keel_once_t){0};
        done = 0;
        run(do_once, THREADS);
    }
    assert_int_equal(wrong, 0);
}

static keel_semaphore_t forth, back;

static void *ping_or_pong(void *arg)
{
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        if (arg) {
            keel_semaphore_post(&forth);
            keel_semaphore_wait(&back);
        } else {
            keel_semaphore_wait(&forth);
            keel_semaphore_post(&back);
        }
    }
    return NULL;
}

static void test_semaphore(void **state)
{
    assert_int_equal(keel_semaphore_wait_until(&forth, now() + MS), -ETIMEDOUT);
    assert_false(keel_semaphore_trywait(&forth));
    run(ping_or_pong, 2);
    assert_int_equal(forth.count + back.count + forth.waiters + back.waiters, 0);
    keel_semaphore_post(&forth);
    assert_int_equal(keel_semaphore_wait_until(&forth, 0), 0);
}

static keel_rwlock_t rwlock;
static unsigned pair[2];

static void *read_or_write(void *arg)
{
    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        if (arg) {
            keel_rwlock_read(&rwlock);
            if (pair[0] != pair[1]) {
                __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
            }
            keel_rwlock_read_done(&rwlock);
        } else {
            keel_rwlock_write(&rwlock);
            pair[0]++;
            pair[1]++;
            keel_rwlock_write_done(&rwlock);
        }
    }
    return NULL;
}

static void test_rwlock(void **state)
{
    wrong = 0;
    run(read_or_write, THREADS);
    assert_int_equal(wrong, 0);
    assert_int_equal(pair[0], ROUNDS / 10);
    assert_int_equal(rwlock.readers + rwlock.writers_waiting + rwlock.writing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutex),          cmocka_unit_test(test_mutex_held),
        cmocka_unit_test(test_cond),           cmocka_unit_test(test_cond_signal),
        cmocka_unit_test(test_cond_broadcast), cmocka_unit_test(test_once),
        cmocka_unit_test(test_semaphore),      cmocka_unit_test(test_rwlock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
