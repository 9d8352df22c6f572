/* SPDX-License-Identifier: MIT */
/* The checks of locks: who holds which, and what that forbids. */
#include "lock_order.h"

#include <arch/cpu.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/subsystem.h>
#include <keel/wait.h>

#define CALLER ((virt_addr_t)__builtin_return_address(0))

static struct locks_held spins[CPUS_MAX];
static struct locks_held boot_mutexes; /* until there are threads */

/* Where nothing can be said of a place, it stands as 0. */
static void end_in_panic(const struct lock_report *report)
{
    panic("%s: at %pS, other at %pS; before at %pS, other at %pS", report->what,
          (void *)report->site, (void *)report->other, (void *)report->before,
          (void *)report->before_other);
}

void (*lock_check_report)(const struct lock_report *report) = end_in_panic;

static void complain(const char *what, virt_addr_t site, virt_addr_t other)
{
    lock_check_report(&(struct lock_report){.what = what, .site = site, .other = other});
}

/* Interrupts off. */
static struct locks_held *spins_here(void)
{
    return &spins[cpu_index()];
}

static struct locks_held *mutexes_here(void)
{
    return wait_ops ? &wait_ops->locks(wait_ops->current())->mutexes : &boot_mutexes;
}

/* Whether a lock may be taken with those that are held; a class is given to a lock that has none. */
static void check_want(const struct locks_held *held, struct lock_check *lock, virt_addr_t site)
{
    struct lock_report report = {.what = "locks taken in both orders", .site = site};
    virt_addr_t none = 0;

    __atomic_compare_exchange_n(&lock->class, &none, site, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    for (unsigned i = 0; i < held->count; i++) {
        const struct lock_check *other = held->held[i].lock;

        report.other = held->held[i].site;
        if (other == lock) {
            complain("a lock is taken by who has it", site, report.other);
        } else if (!lock_order_note(READ_ONCE(other->class), report.other, READ_ONCE(lock->class),
                                    site, &report.before, &report.before_other)) {
            lock_check_report(&report);
        }
    }
}

static void note_taken(struct locks_held *held, struct lock_check *lock, virt_addr_t site)
{
    if (held->count == LOCKS_HELD_MAX) {
        complain("too many locks held at once", site, held->held[0].site);
        return;
    }
    held->held[held->count].lock = lock;
    held->held[held->count++].site = site;
}

static void note_released(struct locks_held *held, const struct lock_check *lock, virt_addr_t site)
{
    unsigned i = held->count;

    while (i > 0 && held->held[i - 1].lock != lock) {
        i--;
    }
    if (i == 0) {
        complain("a lock is let go by who has it not", site, 0);
        return;
    }
    for (; i < held->count; i++) {
        held->held[i - 1] = held->held[i];
    }
    held->count--;
}

/* --- Spinlocks --- */

static void spin_want(struct lock_check *lock, virt_addr_t site)
{
    if (arch_irq_enabled()) {
        complain("a spinlock is taken with interrupts on, one may want it", site, 0);
    }
    check_want(spins_here(), lock, site);
}

/* One that was only tried has no class yet. */
static void spin_taken(struct lock_check *lock, virt_addr_t site)
{
    virt_addr_t none = 0;

    __atomic_compare_exchange_n(&lock->class, &none, site, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    note_taken(spins_here(), lock, site);
}

static void spin_release(struct lock_check *lock, virt_addr_t site)
{
    note_released(spins_here(), lock, site);
}

static const struct lock_check_ops ops = {spin_want, spin_taken, spin_release};

/* --- Locks that sleep --- */

static void check_sleep(virt_addr_t site)
{
    unsigned long irq = arch_irq_save();
    const struct locks_held *held = spins_here();
    virt_addr_t other = held->count != 0 ? held->held[held->count - 1].site : 0;

    arch_irq_restore(irq);
    if (!lock_check_ops || !wait_ops) {
        return;
    }
    if (other != 0) {
        complain("may sleep with a spinlock held", site, other);
    } else if (!arch_irq_enabled()) {
        complain("may sleep with interrupts off", site, 0);
    }
}

void lock_check_may_sleep(void)
{
    check_sleep(CALLER);
}

void lock_check_block(void)
{
    const struct locks_held *held = spins_here();

    if (lock_check_ops && held->count != 1) {
        complain("waits with a spinlock held", CALLER, held->held[0].site);
    }
}

void lock_check_mutex_want(struct lock_check *lock)
{
    virt_addr_t site = CALLER;
    unsigned long irq;

    check_sleep(site);
    irq = arch_irq_save();
    if (lock_check_ops) {
        check_want(mutexes_here(), lock, site);
    }
    arch_irq_restore(irq);
}

void lock_check_mutex_taken(struct lock_check *lock)
{
    virt_addr_t none = 0;

    if (lock_check_ops) {
        __atomic_compare_exchange_n(&lock->class, &none, CALLER, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        note_taken(mutexes_here(), lock, CALLER);
    }
}

void lock_check_mutex_release(struct lock_check *lock)
{
    if (lock_check_ops) {
        note_released(mutexes_here(), lock, CALLER);
    }
}

/* --- Ends --- */

static void check_outside(const struct locks_held *held, virt_addr_t start, size_t size,
                          virt_addr_t site)
{
    for (unsigned i = 0; i < held->count; i++) {
        if ((virt_addr_t)held->held[i].lock - start < size) {
            complain("memory is freed with a lock in it that is held", site, held->held[i].site);
        }
    }
}

void lock_check_free(const void *memory, size_t size)
{
    unsigned long irq = arch_irq_save();

    if (lock_check_ops) {
        check_outside(spins_here(), (virt_addr_t)memory, size, CALLER);
        check_outside(mutexes_here(), (virt_addr_t)memory, size, CALLER);
    }
    arch_irq_restore(irq);
}

void lock_check_thread_end(void)
{
    const struct locks_held *held = mutexes_here();

    if (lock_check_ops && held->count != 0) {
        complain("a thread ends with a mutex held", CALLER, held->held[0].site);
    }
}

static int start(void)
{
    lock_check_ops = &ops;
    return 0;
}

SUBSYSTEM(lock_check, .name = "lock checks", .early_init = start, .privilege = PRIVILEGE_KERNEL);
