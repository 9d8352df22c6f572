/* SPDX-License-Identifier: MIT */
/*
 * Mutexes when they are contended, and priority inheritance.
 *
 * A thread that waits stands in the mutex's list (mutex->lock) and says so in its lock_state
 * (waits_for; changed with both locks held, the mutex's first). A mutex that is waited for stands in the
 * list of its owner's lock_state and carries the urgency of its first waiter (both locks held).
 *
 * From an owner on to the mutex that the owner waits for, the locks are taken the other way round. Who
 * does that holds chain_lock, so there is one at a time, and only tries the mutex's lock; nobody else waits
 * for a lock while holding more than one mutex's and one thread's.
 */
#include "wait_list.h"

#include <arch/cpu.h>
#include <keel/errno.h>
#include <keel/mutex.h>
#include <keel/panic.h>

static struct spinlock chain_lock;

/* While MUTEX_WAITERS is set, only who holds mutex->lock changes it, so the owner cannot end either. */
static struct thread *owner_of(const struct mutex *mutex)
{
    return (struct thread *)(__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) & ~MUTEX_WAITERS);
}

/* The owner's list holds the mutex as long as any wait, and the mutex the urgency of their first. Both
 * locks held. */
static void note_waiters(struct lock_state *owner, struct mutex *mutex)
{
    const struct waiter *first = wait_list_first(&mutex->waiters);
    bool noted = list_node_is_linked(&mutex->held);

    mutex->inherited = first ? first->key : 0;
    if (first && !noted) {
        if (!owner->held.head.next) {
            list_init(&owner->held);
        }
        list_add_tail(&owner->held, &mutex->held);
    } else if (!first && noted) {
        list_remove(&mutex->held);
    }
}

/* Has a thread run as urgently as the most urgent of those that wait for it; its lock_state locked.
 * Whether that is a change. */
static bool inherit(struct lock_state *state, struct thread *thread)
{
    const struct mutex *mutex;
    unsigned most = state->lent;

    if (state->held.head.next) {
        list_for_each_entry (mutex, &state->held, held) {
            most = MAX(most, mutex->inherited);
        }
    }
    if (most == state->inherited) {
        return false;
    }
    state->inherited = most;
    wait_ops->boost(thread, most);
    return true;
}

/* Puts a thread where it belongs among those that wait for `mutex`, as it does; both locked. */
static void place_anew(struct mutex *mutex, struct lock_state *state)
{
    struct waiter *waiter = state->waiter;

    wait_list_remove(waiter);
    waiter->key = wait_ops->urgency(waiter->thread);
    wait_list_add(&mutex->waiters, waiter);
}

/* What has changed among the waiters is told to the owner. mutex->lock held. Whether it is to be told on
 * to the mutex that the owner waits for: follow_chain(). */
static bool tell_owner(struct mutex *mutex)
{
    struct thread *owner = owner_of(mutex);
    struct lock_state *state = wait_ops->locks(owner);
    bool further;

    spin_lock_irqoff(&state->lock);
    note_waiters(state, mutex);
    further = inherit(state, owner) && state->waits_for;
    spin_unlock_irqoff(&state->lock);
    return further;
}

/* The mutex that a thread waits for, locked, and the thread in its new place there; NULL: none. chain_lock
 * is held. */
static struct mutex *lock_waited(struct lock_state *state)
{
    struct mutex *mutex;

    for (;;) {
        spin_lock_irqoff(&state->lock);
        mutex = state->waits_for;
        if (!mutex || spin_trylock_irqoff(&mutex->lock)) {
            break;
        }
        spin_unlock_irqoff(&state->lock);
        arch_cpu_relax();
    }
    if (mutex) {
        place_anew(mutex, state);
    }
    spin_unlock_irqoff(&state->lock);
    return mutex;
}

/* The mutex that the owner of `mutex` waits for, locked, and the owner in its new place there; NULL: none.
 * Of the locks held (chain_lock, mutex->lock) the latter is let go. */
static struct mutex *next_of_chain(struct mutex *mutex)
{
    struct mutex *next = lock_waited(wait_ops->locks(owner_of(mutex)));

    spin_unlock_irqoff(&mutex->lock);
    return next;
}

/* From `mutex`, among whose waiters one has a new place (NULL: none has), up the chain for as long as
 * anything changes. chain_lock and mutex->lock are held, and let go. */
static void walk_chain(struct mutex *mutex)
{
    while (mutex && tell_owner(mutex)) {
        mutex = next_of_chain(mutex);
    }
    if (mutex) {
        spin_unlock_irqoff(&mutex->lock);
    }
    spin_unlock_irqoff(&chain_lock);
}

/* From `mutex`, whose owner inherits something else now and waits, with no lock held: who calls it keeps
 * the mutex from being freed. Interrupts off. Nothing is left to do when the owner has let the mutex go,
 * or nobody waits: then it may even be gone. */
static void follow_chain(struct mutex *mutex)
{
    spin_lock_irqoff(&chain_lock);
    spin_lock_irqoff(&mutex->lock);
    if (__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) & MUTEX_WAITERS) {
        walk_chain(next_of_chain(mutex));
    } else {
        spin_unlock_irqoff(&mutex->lock);
        spin_unlock_irqoff(&chain_lock);
    }
}

void mutex_urgency_changed(struct thread *thread)
{
    unsigned long irq = spin_lock(&chain_lock);

    walk_chain(lock_waited(wait_ops->locks(thread)));
    arch_irq_restore(irq);
}

void mutex_lend(struct thread *thread, unsigned urgency)
{
    struct lock_state *state = wait_ops->locks(thread);
    unsigned long irq = spin_lock(&state->lock);
    bool further;

    state->lent = urgency;
    further = inherit(state, thread) && state->waits_for;
    spin_unlock(&state->lock, irq);
    if (further) {
        mutex_urgency_changed(thread);
    }
}

/* Takes the mutex, or notes that somebody waits for it; mutex->lock held. Whether it was taken. */
static bool take_or_mark(struct mutex *mutex)
{
    uintptr_t self = (uintptr_t)current_head();
    uintptr_t seen = __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED);
    uintptr_t wanted;

    do {
        KASSERT_MSG((seen & ~MUTEX_WAITERS) != self, "%s takes a mutex that it has",
                    current_head()->name);
        wanted = seen == 0 ? self : seen | MUTEX_WAITERS;
    } while (!__atomic_compare_exchange_n(&mutex->owner, &seen, wanted, true, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return seen == 0;
}

/* Enters the caller among the waiters; mutex->lock held. */
static void enter(struct mutex *mutex, struct waiter *waiter)
{
    struct lock_state *state = wait_ops->locks(waiter->thread);

    /* Who has a thread inherit something afterwards sees that it waits, and puts it where it belongs. */
    spin_lock_irqoff(&state->lock);
    waiter->key = wait_ops->urgency(waiter->thread);
    wait_list_add(&mutex->waiters, waiter);
    state->waiter = waiter;
    state->waits_for = mutex;
    spin_unlock_irqoff(&state->lock);
}

static void leave(struct mutex *mutex, struct waiter *waiter)
{
    struct lock_state *state = wait_ops->locks(waiter->thread);

    spin_lock_irqoff(&state->lock);
    wait_list_remove(waiter);
    state->waits_for = NULL;
    spin_unlock_irqoff(&state->lock);
}

/* Time is up: takes the waiter out, unless it was handed the mutex just now. MUTEX_WAITERS is kept until
 * the owner, and those it waits for, have been told. */
static int give_up(struct mutex *mutex, struct waiter *waiter)
{
    unsigned long irq = spin_lock(&mutex->lock);

    if (waiter->woken) {
        spin_unlock(&mutex->lock, irq);
        return 0;
    }
    leave(mutex, waiter);
    if (tell_owner(mutex)) {
        spin_unlock_irqoff(&mutex->lock);
        follow_chain(mutex);
        spin_lock_irqoff(&mutex->lock);
    }
    if (!wait_list_first(&mutex->waiters)) {
        __atomic_fetch_and(&mutex->owner, ~MUTEX_WAITERS, __ATOMIC_RELAXED);
    }
    spin_unlock(&mutex->lock, irq);
    return -ETIMEDOUT;
}

/* Waits, entered and mutex->lock held; lets it go. */
static int wait_for(struct mutex *mutex, struct waiter *waiter, unsigned long irq,
                    uint64_t deadline_ns)
{
    if (tell_owner(mutex)) {
        spin_unlock_irqoff(&mutex->lock);
        follow_chain(mutex);
        spin_lock_irqoff(&mutex->lock);
        if (waiter->woken) {
            spin_unlock(&mutex->lock, irq);
            return 0;
        }
    }
    if (!wait_ops->block(waiter, &mutex->lock, irq, deadline_ns, 0)) {
        return give_up(mutex, waiter);
    }
    spin_wait_unlocked(&mutex->lock);
    return 0;
}

int mutex_lock_slow(struct mutex *mutex, uint64_t deadline_ns)
{
    unsigned long irq = spin_lock(&mutex->lock);
    struct waiter waiter;

    if (take_or_mark(mutex)) {
        spin_unlock(&mutex->lock, irq);
        return 0;
    }
    waiter = (struct waiter){.thread = wait_ops->current()};
    enter(mutex, &waiter);
    return wait_for(mutex, &waiter, irq, deadline_ns);
}

/* Makes the first that waits the owner, and tells it of those that still wait. mutex->lock held. */
static void hand_over(struct mutex *mutex, struct waiter *first)
{
    struct thread *thread = first->thread;
    struct lock_state *state = wait_ops->locks(thread);

    spin_lock_irqoff(&state->lock);
    state->waits_for = NULL;
    wait_list_remove(first);
    __atomic_store_n(&mutex->owner,
                     (uintptr_t)thread | (wait_list_first(&mutex->waiters) ? MUTEX_WAITERS : 0),
                     __ATOMIC_RELEASE);
    note_waiters(state, mutex);
    inherit(state, thread);
    spin_unlock_irqoff(&state->lock);
    first->status = 0;
    first->woken = true;
    wait_ops->wake(thread);
}

/* The first that waits for what the caller has, with mutex->lock held. NULL: who waited has given up in
 * between, and the mutex is let go. Whoever has it then may free it, so the lock was let go before. */
static struct waiter *first_or_let_go(struct mutex *mutex, unsigned long *irq)
{
    uintptr_t self = (uintptr_t)current_head();

    do {
        struct waiter *first;

        *irq = spin_lock(&mutex->lock);
        KASSERT_MSG((uintptr_t)owner_of(mutex) == self, "%s lets go a mutex that it does not have",
                    current_head()->name);
        first = wait_list_first(&mutex->waiters);
        if (first) {
            return first;
        }
        spin_unlock(&mutex->lock, *irq);
    } while (arch_compare_swap(&mutex->owner, self, 0) != self);
    return NULL;
}

void mutex_unlock_slow(struct mutex *mutex)
{
    struct thread *self = (struct thread *)current_head();
    unsigned long irq;
    struct waiter *first = first_or_let_go(mutex, &irq);
    struct lock_state *state;

    if (!first) {
        return;
    }
    state = wait_ops->locks(self);
    spin_lock_irqoff(&state->lock);
    list_remove(&mutex->held);
    inherit(state, self);
    spin_unlock_irqoff(&state->lock);
    hand_over(mutex, first);
    spin_unlock(&mutex->lock, irq);
    wait_resched();
}
