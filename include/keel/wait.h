/* SPDX-License-Identifier: MIT */
/* Waiting (T8): what the sleeping locks of core/sync ask of the scheduler, which lies above them, and
 * the wait queue that all of them are made of. */
#ifndef KEEL_WAIT_H
#define KEEL_WAIT_H

#include <keel/list.h>
#include <keel/spinlock.h>
#include <keel/types.h>

struct thread;
struct mutex;

/* One thread's wait, on its stack. Guarded by the lock of what it waits for. */
struct waiter {
    struct list_node node;
    struct list_node lead; /* linked in the first of those that are as urgent */
    struct thread *thread;
    int status;   /* what the wait returns: set by the waker */
    bool woken;   /* a waker has taken it off; set with the lock held */
    unsigned key; /* its urgency in the list */
};

/* Waiters, the most urgent first, in order of arrival among equals. Entering one costs no more the more
 * wait, only the more different urgencies they have. All zero is empty. */
struct wait_list {
    struct list all;
    struct list leaders; /* the first of each urgency; both as in struct waiter */
};

/*
 * What the scheduler fills in (wait_ops), once, before the first thread starts. Until then there is one
 * context on the boot CPU and nothing may have to wait.
 *
 * The protocol, free of lost wake-ups: with the lock held and interrupts off, a thread enters its waiter
 * into a list and calls block(), which marks it Blocked, lets the lock go, and switches away. A waker,
 * with the same lock held, takes the waiter off the list, sets `woken` and `status`, and calls wake().
 */
struct wait_ops {
    /* Gives `lock` up (interrupts stay off until the switch is done), waits for wake() or the deadline
     * (TIMER_NEVER: none), returns with interrupts as `irq` says and the lock not held. True: woken;
     * false: timed out, and then the caller takes the lock again and looks at waiter->woken. */
    bool (*block)(struct waiter *waiter, struct spinlock *lock, unsigned long irq,
                  uint64_t deadline_ns, uint64_t slack_ns);
    /* Makes it ready. Interrupts off. Where it is more urgent than what its CPU runs, that CPU is told;
     * on the own one it waits for resched(), or the next interrupt. */
    void (*wake)(struct thread *thread);
    /* After wake(), the waker's locks let go and interrupts as its caller had them: runs the more urgent
     * thread at once, if there is one and this may be left. Any context: with interrupts off, or in an
     * interrupt, it happens when they come on. A few instructions when there is nothing to do. */
    void (*resched)(void);
    struct thread *(*current)(void);
    /* Larger is more urgent: the effective priority by which queues are ordered. */
    unsigned (*urgency)(const struct thread *thread);
    /* Priority inheritance: the thread runs at least at `urgency` until the next call for it (0: its
     * own priority alone). Interrupts off. */
    void (*boost)(struct thread *thread, unsigned urgency);
    /* What a thread's mutexes are kept in: the one it waits for, and those it holds. */
    struct lock_state *(*locks)(struct thread *thread);
};
extern const struct wait_ops *wait_ops;

/* A thread's part in priority inheritance; embedded in struct thread, all zero at first, used by
 * core/sync/mutex.c alone. */
struct lock_state {
    struct spinlock lock;
    unsigned inherited;      /* what boost() was called with last */
    unsigned lent;           /* by mutex_lend() */
    struct mutex *waits_for; /* it stands in the list of this one */
    struct waiter *waiter;   /* as this */
    struct list held;        /* mutexes that others wait for */
#ifdef CONFIG_LOCK_CHECK
    struct locks_held mutexes; /* all that it has */
#endif
};

/* For the scheduler, after the urgency of a thread has changed by other means than boost(): puts it where
 * it belongs among those that wait for the same mutex, and lets the owners inherit. Any context; none
 * of the scheduler's locks held. */
void mutex_urgency_changed(struct thread *thread);

/* Has a thread run at least at `urgency` until the next call for it (0: no more), besides what it inherits by its
 * mutexes: for who keeps account of waits by other means. The thread exists until this returns. Any context; none
 * of the scheduler's locks, nor a mutex's, held. */
void mutex_lend(struct thread *thread, unsigned urgency);

/* Threads that wait for something to happen, each in the place that its urgency gave it when it came. All zero
 * is one that nobody waits in. */
struct wait_queue {
    struct spinlock lock;
    struct wait_list waiters;
};

void wait_queue_init(struct wait_queue *queue);

/* With queue->lock held (irq from spin_lock()): waits; gives the lock up. 0 or the status given by the
 * waker; -ETIMEDOUT at deadline_ns (TIMER_NEVER: none). When it returns, the waker no longer touches the
 * queue, so that the queue may be freed. Not in an interrupt, nor with another spinlock held. */
int wait_queue_block(struct wait_queue *queue, unsigned long irq, uint64_t deadline_ns,
                     uint64_t slack_ns);

/* With queue->lock held: wakes the most urgent; returns how many, 0 or 1. Afterwards, the lock let go,
 * wait_resched(). Any context. */
unsigned wait_queue_wake_one(struct wait_queue *queue, int status);

/* Whether anybody waits; with queue->lock held. */
static inline bool wait_queue_is_empty(const struct wait_queue *queue)
{
    return !queue->waiters.all.head.next || list_is_empty(&queue->waiters.all);
}

/* The part that is needed when somebody waits. */
void wait_queue_wake_waiters(struct wait_queue *queue, unsigned long irq, int status);

/* With queue->lock held (irq from spin_lock()): wakes all, gives the lock up, and lets them run that are more
 * urgent. However many there are, interrupts that were on before are off for no more than a few of them at a
 * time; the caller is not preempted meanwhile. Any context. */
static inline void wait_queue_wake_all(struct wait_queue *queue, unsigned long irq, int status)
{
    if (wait_queue_is_empty(queue)) {
        spin_unlock(&queue->lock, irq);
    } else {
        wait_queue_wake_waiters(queue, irq, status);
    }
}

/* What a waker calls in the end, no lock held: runs a more urgent thread that it woke. */
static inline void wait_resched(void)
{
    if (wait_ops) {
        wait_ops->resched();
    }
}

/* A waker's end, with queue->lock held (irq from spin_lock()): lets the lock go and, where `woken` is not
 * 0, calls wait_resched(). The queue may be gone by then. */
static inline void wait_queue_unlock(struct wait_queue *queue, unsigned long irq, unsigned woken)
{
    spin_unlock(&queue->lock, irq);
    if (woken != 0) {
        wait_resched();
    }
}

#endif
