/* SPDX-License-Identifier: MIT */
/* Wait queues: threads in the order of their urgency, each on its own stack. */
#include "wait_list.h"

#include <keel/errno.h>

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

void wait_list_remove(struct wait_list *list, struct waiter *waiter)
{
    struct list_node *next = list_next(&list->all, &waiter->node);

    if (list_node_is_linked(&waiter->lead)) {
        struct waiter *second = next ? list_entry(next, struct waiter, node) : NULL;

        if (second && second->key == waiter->key) {
            list_add_after(&waiter->lead, &second->lead);
        }
        list_remove(&waiter->lead);
    }
    list_remove(&waiter->node);
}

void wait_list_wake(struct wait_list *list, struct waiter *waiter, int status)
{
    struct thread *thread = waiter->thread;

    wait_list_remove(list, waiter);
    waiter->status = status;
    waiter->woken = true;
    wait_ops->wake(thread);
}

void wait_queue_init(struct wait_queue *queue)
{
    *queue = (struct wait_queue){0};
}

/* After the time is up: unless a waker was faster. */
static void give_up(struct wait_queue *queue, struct waiter *waiter)
{
    unsigned long irq = spin_lock(&queue->lock);

    if (!waiter->woken) {
        wait_list_remove(&queue->waiters, waiter);
        waiter->status = -ETIMEDOUT;
    }
    spin_unlock(&queue->lock, irq);
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
    wait_list_wake(&queue->waiters, first, status);
    return 1;
}

unsigned wait_queue_wake_all(struct wait_queue *queue, int status)
{
    unsigned count = 0;

    while (wait_queue_wake_one(queue, status) != 0) {
        count++;
    }
    return count;
}
