/* SPDX-License-Identifier: MIT */
/* What is left to do when all locks are let go. */
#include "cleanup.h"

#include <keel/object_signal.h>
#include <keel/wait.h>

static uint64_t destroyed;

uint64_t cleanup_destroyed(void)
{
    return __atomic_load_n(&destroyed, __ATOMIC_RELAXED);
}

void cleanup_count(void)
{
    __atomic_fetch_add(&destroyed, 1, __ATOMIC_RELAXED);
}

/* Takes the first one off, if there is one. */
static void drop_observer(struct object *object, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(object->lock);
    struct list_node *node = list_remove_head(&object->observers);

    if (node) {
        struct observer *observer = list_entry(node, struct observer, node);

        observer->ops->cancelled(observer, cleanup);
    }
    spin_unlock(object->lock, irq);
}

/* Ends the waits for an object that is to be destroyed: those of ports, who have no reference. */
static void drop_observers(struct object *object, struct cleanup *cleanup)
{
    while (!list_is_empty(&object->observers)) {
        drop_observer(object, cleanup);
    }
}

void cleanup_run(struct cleanup *cleanup)
{
    while (cleanup->dead) {
        struct object *object = cleanup->dead;

        cleanup->dead = object->next_dead;
        drop_observers(object, cleanup);
        object->ops->destroy(object, cleanup);
        cleanup_count();
    }
    if (cleanup->woken) {
        cleanup->woken = false;
        wait_resched();
    }
}
