/* SPDX-License-Identifier: MIT */
/* What is left to do when all locks are let go. */
#include <keel/object.h>
#include <keel/wait.h>

void cleanup_run(struct cleanup *cleanup)
{
    while (cleanup->dead) {
        struct object *object = cleanup->dead;

        cleanup->dead = object->next_dead;
        object->ops->destroy(object, cleanup);
    }
    if (cleanup->woken) {
        cleanup->woken = false;
        wait_resched();
    }
}
