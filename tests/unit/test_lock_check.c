/* SPDX-License-Identifier: MIT */
/* The lock checker: each mistake is found, where it is made, and what is right is let pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_threads.h"

#include "../../core/sync/lock_check.c"

#include <keel/errno.h>
#include <keel/event.h>
#include <keel/log.h>
#include <keel/mutex.h>
#include <keel/rwlock.h>
#include <keel/semaphore.h>

static struct thread self;
static struct lock_report last;
static unsigned reports;

void panic(const char *fmt, ...)
{
    abort();
}

void log_write(enum log_level level, const char *tag, const char *fmt, ...)
{
}

static void keep_report(const struct lock_report *report)
{
    last = *report;
    reports++;
}

static int reset(void **state)
{
    (void)state;
    fake_threads_init(&self);
    memset(spins, 0, sizeof(spins));
    memset(&boot_mutexes, 0, sizeof(boot_mutexes));
    lock_order_forget();
    lock_check_report = keep_report;
    lock_check_ops = NULL;
    fake_irqs_off = true;
    reports = 0;
    fake_cpu = 0;
    return start();
}

/* One report, with these words. */
static void expect(const char *words)
{
    assert_int_equal(reports, 1);
    assert_non_null(strstr(last.what, words));
    assert_true(last.site != 0);
    reports = 0;
}

/* Of one function: wanting a lock and having it are two calls there. */
static bool close_by(virt_addr_t a, virt_addr_t b)
{
    return a - b + 100 < 200;
}

/* Each in a function of its own, so that its locks are of a class of their own. */
static __noinline void take_a(struct spinlock *lock)
{
    spin_lock_irqoff(lock);
}

static __noinline void take_b(struct spinlock *lock)
{
    spin_lock_irqoff(lock);
    barrier();
}

static __noinline void take_c(struct spinlock *lock)
{
    spin_lock_irqoff(lock);
    barrier();
    barrier();
}

static void test_right(void **state)
{
    struct spinlock a = {0}, a2 = {0}, b = {0}, c = {0};
    struct mutex m = {0};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        take_a(&a);
        take_a(&a2); /* of one class */
        take_b(&b);
        spin_unlock_irqoff(&a); /* in any order */
        take_c(&c);
        spin_unlock_irqoff(&c);
        spin_unlock_irqoff(&b);
        spin_unlock_irqoff(&a2);
        take_a(&a2);
        take_a(&a);
        spin_unlock_irqoff(&a);
        spin_unlock_irqoff(&a2);
    }
    fake_irqs_off = false;
    mutex_lock(&m);
    mutex_unlock(&m);
    assert_true(mutex_trylock(&m));
    mutex_unlock(&m);
    assert_int_equal(reports, 0);
    assert_int_equal(spins[0].count, 0);
    assert_int_equal(self.locks.mutexes.count, 0);
}

static void test_both_orders(void **state)
{
    struct spinlock a = {0}, b = {0};
    virt_addr_t first_site;

    (void)state;
    take_a(&a);
    first_site = spins[0].held[0].site;
    take_b(&b);
    spin_unlock_irqoff(&b);
    spin_unlock_irqoff(&a);
    fake_cpu = 1; /* wherever */
    take_b(&b);
    assert_int_equal(reports, 0);
    take_a(&a);
    expect("both orders");
    assert_true(close_by(last.site, first_site));
    assert_true(last.before_other == first_site);
    assert_true(close_by(last.before, last.other));
    spin_unlock_irqoff(&a);
    spin_unlock_irqoff(&b);
}

/* a before b, b before c; then c before a. */
static void test_longer_way(void **state)
{
    struct spinlock a = {0}, b = {0}, c = {0};

    (void)state;
    take_a(&a);
    take_b(&b);
    spin_unlock_irqoff(&a);
    take_c(&c);
    spin_unlock_irqoff(&b);
    assert_int_equal(reports, 0);
    take_a(&a);
    expect("both orders");
}

/* Who only tries does not wait: no order comes of it, but of what is taken afterwards. */
static void test_try(void **state)
{
    struct spinlock a = {0}, b = {0};

    (void)state;
    take_a(&a);
    take_b(&b);
    spin_unlock_irqoff(&a);
    assert_true(spin_trylock_irqoff(&a));
    assert_int_equal(reports, 0);
    assert_false(spin_trylock_irqoff(&a));
    assert_int_equal(spins[0].count, 2);
    spin_unlock_irqoff(&b);
    take_b(&b);
    assert_int_equal(reports, 0);
    spin_unlock_irqoff(&b);
    spin_unlock_irqoff(&a);
}

static void test_taken_twice(void **state)
{
    struct spinlock a = {0};

    (void)state;
    take_a(&a);
    lock_check_spin_want(&a.check); /* spin_lock() would wait for ever */
    expect("by who has it");
    assert_true(last.other == spins[0].held[0].site);
    fake_cpu = 1;
    lock_check_spin_want(&a.check);
    assert_int_equal(reports, 0);
}

static void test_not_owner(void **state)
{
    struct spinlock a = {0}, b = {0};

    (void)state;
    take_b(&b);
    lock_check_spin_release(&a.check);
    expect("has it not");
    take_a(&a);
    fake_cpu = 1;
    lock_check_spin_release(&a.check);
    expect("has it not");
}

static void test_interrupts_on(void **state)
{
    struct spinlock a = {0};

    (void)state;
    fake_irqs_off = false;
    take_a(&a);
    expect("interrupts on");
}

static void test_sleep(void **state)
{
    struct spinlock a = {0};
    struct mutex m = {0};
    struct sync_event event;
    struct semaphore semaphore;

    (void)state;
    event_init(&event, EVENT_MANUAL, true);
    semaphore_init(&semaphore, 10);
    take_a(&a);
    mutex_lock(&m);
    expect("sleep with a spinlock");
    assert_true(last.other == spins[0].held[0].site);
    event_wait(&event);
    expect("sleep with a spinlock");
    semaphore_down(&semaphore);
    expect("sleep with a spinlock");
    assert_true(semaphore_try_down(&semaphore)); /* does not sleep */
    assert_int_equal(event_wait_until(&event, 0, 0), 0);
    mutex_unlock(&m);
    assert_true(mutex_trylock(&m));
    mutex_unlock(&m);
    assert_int_equal(reports, 0);
    spin_unlock_irqoff(&a);
    mutex_lock(&m);
    expect("interrupts off");
    mutex_unlock(&m);
    semaphore_init(&semaphore, 0);
    take_a(&a);
    take_b(&semaphore.queue.lock);
    assert_int_equal(wait_queue_block(&semaphore.queue, 0, 1, 0), -ETIMEDOUT);
    expect("waits with a spinlock");
}

static __noinline void take_m(struct mutex *m)
{
    mutex_lock(m);
}

static __noinline void take_n(struct mutex *m)
{
    mutex_lock(m);
    barrier();
}

static void test_mutexes(void **state)
{
    struct mutex m = {0}, n = {0};

    (void)state;
    fake_irqs_off = false;
    take_m(&m);
    take_n(&n);
    mutex_unlock(&m);
    take_m(&m);
    expect("both orders");
    lock_check_mutex_want(&m.check);
    expect("by who has it");
    lock_check_thread_end();
    expect("thread ends");
    mutex_unlock(&m);
    mutex_unlock(&n);
    lock_check_mutex_release(&n.check);
    expect("has it not");
    lock_check_thread_end();
    assert_int_equal(reports, 0);
}

/* Readers count as those who have the mutex of turns. */
static void test_readers(void **state)
{
    struct rwlock one = {0}, other = {0};
    struct spinlock lock = {0};

    (void)state;
    fake_irqs_off = false;
    rwlock_read(&one); /* gets its class, as does the other */
    rwlock_read_done(&one);
    rwlock_read(&other);
    rwlock_read_done(&other);
    rwlock_read(&one);
    rwlock_write(&other);
    rwlock_write_done(&other);
    rwlock_read_done(&one);
    assert_int_equal(reports, 0);
    rwlock_read(&other);
    rwlock_write(&one);
    expect("both orders");
    rwlock_write_done(&one);
    rwlock_read(&other);
    expect("by who has it");
    rwlock_read_done(&other);
    rwlock_read_done(&other);
    assert_int_equal(reports, 0);
    fake_irqs_off = true;
    take_a(&lock);
    rwlock_read(&one);
    expect("sleep with a spinlock");
    rwlock_read_done(&one);
    spin_unlock_irqoff(&lock);
    fake_irqs_off = false;
    lock_check_thread_end();
    assert_int_equal(reports, 0);
}

static void test_freed(void **state)
{
    struct {
        char before[8];
        struct spinlock lock;
        struct mutex mutex;
        char after[8];
    } block = {.before = ""};

    (void)state;
    lock_check_free(&block, sizeof(block));
    assert_int_equal(reports, 0);
    take_a(&block.lock);
    lock_check_free(&block, sizeof(block));
    expect("freed");
    lock_check_free(block.after, sizeof(block.after));
    lock_check_free(block.before, sizeof(block.before));
    assert_int_equal(reports, 0);
    spin_unlock_irqoff(&block.lock);
    fake_irqs_off = false;
    assert_true(mutex_trylock(&block.mutex));
    lock_check_free(&block, sizeof(block));
    expect("freed");
    mutex_unlock(&block.mutex);
}

/* More than it has room for: it looks no further, and nothing breaks. */
static void test_full(void **state)
{
    virt_addr_t site, held;
    static struct spinlock many[LOCKS_HELD_MAX + 1];

    (void)state;
    for (virt_addr_t i = 1; i < 2000; i++) {
        assert_true(lock_order_note(i * 8, 1, i * 8 + 8, 2, &site, &held));
    }
    assert_false(lock_order_note(800, 1, 80, 2, &site, &held));
    for (unsigned i = 0; i < ARRAY_SIZE(many); i++) {
        take_a(&many[i]);
    }
    expect("too many");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_right, reset),
        cmocka_unit_test_setup(test_both_orders, reset),
        cmocka_unit_test_setup(test_longer_way, reset),
        cmocka_unit_test_setup(test_try, reset),
        cmocka_unit_test_setup(test_taken_twice, reset),
        cmocka_unit_test_setup(test_not_owner, reset),
        cmocka_unit_test_setup(test_interrupts_on, reset),
        cmocka_unit_test_setup(test_sleep, reset),
        cmocka_unit_test_setup(test_mutexes, reset),
        cmocka_unit_test_setup(test_readers, reset),
        cmocka_unit_test_setup(test_freed, reset),
        cmocka_unit_test_setup(test_full, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
