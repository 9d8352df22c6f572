/* SPDX-License-Identifier: MIT */
/* Wait queues: threads in the order of their urgency, each on its own stack. */
#include "wait_list.h"

#include <keel/errno.h>
#include <keel/percpu.h>

#define WAKE_BATCH  16u /* woken with interrupts off */
#define CROWD_LOCKS 16u

void wait_list_add(struct wait_list *list, struct waiter *waiter)
{
    struct list_node *place = &list->all.head;
    struct waiter *leader;
    bool leads = true;

    if (!list->all.head.next) {
        list_init(&list->all);
        list_init(&list->leaders);
    }
    list_node_init(&waiter->lead);
    list_for_each_entry (leader, &list->leaders, lead) {
        if (leader->key < waiter->key) {
            place = &leader->node;
            break;
        }
        leads = leader->key != waiter->key;
    }
    if (leads) {
        list_add_before(&leader->lead, &waiter->lead);
    }
    list_add_before(place, &waiter->node);
}

/* Where nobody is behind it, these are the heads of the list, which lie like a waiter's nodes. */
_Static_assert(offsetof(struct waiter, lead) - offsetof(struct waiter, node) ==
                   offsetof(struct wait_list, leaders) - offsetof(struct wait_list, all),
               "a list begins like a waiter");

void wait_list_remove(struct waiter *waiter)
{
    struct waiter *second = list_entry(waiter->node.next, struct waiter, node);

    if (list_node_is_linked(&waiter->lead)) {
        if (waiter->lead.next != &second->lead) {
            list_add_after(&waiter->lead, &second->lead); /* as urgent */
        }
        list_remove(&waiter->lead);
    }
    list_remove(&waiter->node);
}

void wait_list_wake(struct waiter *waiter, int status)
{
    struct thread *thread = waiter->thread;

    wait_list_remove(waiter);
    waiter->status = status;
    waiter->woken = true;
    wait_ops->wake(thread);
}

void wait_queue_init(struct wait_queue *queue)
{
    *queue = (struct wait_queue){0};
}

/*
 * A waker of many takes them all from the queue, and wakes them in batches, each with a lock of these held
 * instead of the queue's, which may be gone by then. Waiters whose time is up do not know whether that has
 * happened: they hold both.
 */
static struct {
    struct spinlock lock;
} __aligned(64) crowds[CROWD_LOCKS];

static struct spinlock *crowd_lock_of(const struct wait_queue *queue)
{
    return &crowds[(uintptr_t)queue / 64 % CROWD_LOCKS].lock;
}

/* After the time is up: unless a waker was faster. */
static void give_up(struct wait_queue *queue, struct waiter *waiter)
{
    struct spinlock *crowd_lock = crowd_lock_of(queue);
    unsigned long irq = spin_lock(crowd_lock);

    spin_lock_irqoff(&queue->lock);
    if (!waiter->woken) {
        wait_list_remove(waiter);
        waiter->status = -ETIMEDOUT;
    }
    spin_unlock_irqoff(&queue->lock);
    spin_unlock(crowd_lock, irq);
}

int wait_queue_block(struct wait_queue *queue, unsigned long irq, uint64_t deadline_ns,
                     uint64_t slack_ns)
{
    struct waiter waiter = {.thread = wait_ops->current()};

    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_block();
    }
    waiter.key = wait_ops->urgency(waiter.thread);
    wait_list_add(&queue->waiters, &waiter);
    if (wait_ops->block(&waiter, &queue->lock, irq, deadline_ns, slack_ns)) {
        spin_wait_unlocked(&queue->lock);
    } else {
        give_up(queue, &waiter);
    }
    return waiter.status;
}

unsigned wait_queue_wake_one(struct wait_queue *queue, int status)
{
    struct waiter *first = wait_list_first(&queue->waiters);

    if (!first) {
        return 0;
    }
    wait_list_wake(first, status);
    return 1;
}

/* Wakes the first of them, at most WAKE_BATCH. Whether there are more; their lock is held. */
static bool wake_batch(struct wait_list *list, int status)
{
    for (unsigned n = 0; n < WAKE_BATCH && wait_list_first(list); n++) {
        wait_list_wake(wait_list_first(list), status);
    }
    return wait_list_first(list) != NULL;
}

static void take_all(struct wait_list *from, struct wait_list *to)
{
    list_init(&to->all);
    list_init(&to->leaders);
    list_splice_tail(&to->all, &from->all);
    list_splice_tail(&to->leaders, &from->leaders);
}

/* Wakes those who were taken from a queue, no lock held. Nobody who is woken preempts the caller before all
 * are. */
static void wake_crowd(struct spinlock *crowd_lock, struct wait_list *crowd, int status)
{
    struct thread_head *self = current_head();
    bool more;

    WRITE_ONCE(self->preempt_off, self->preempt_off + 1);
    do {
        unsigned long irq = spin_lock(crowd_lock);

        more = wake_batch(crowd, status);
        spin_unlock(crowd_lock, irq);
    } while (more);
    WRITE_ONCE(self->preempt_off, self->preempt_off - 1);
}

void wait_queue_wake_waiters(struct wait_queue *queue, unsigned long irq, int status)
{
    struct spinlock *crowd_lock = crowd_lock_of(queue);
    struct wait_list crowd;

    if (likely(!wake_batch(&queue->waiters, status))) {
        spin_unlock(&queue->lock, irq);
    } else {
        take_all(&queue->waiters, &crowd);
        spin_unlock(&queue->lock, irq);
        wake_crowd(crowd_lock, &crowd, status);
    }
    wait_resched();
}
