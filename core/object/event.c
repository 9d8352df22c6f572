/* SPDX-License-Identifier: MIT */
/* Events and event pairs. */
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/heap.h>
#include <keel/paired.h>

static void event_destroy(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    kfree(object);
}

static const struct object_ops event_ops = {
    .type = KEEL_OBJ_TYPE_EVENT,
    .rights = KEEL_DEFAULT_EVENT_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL | KEEL_EVENT_SIGNALED,
    .name = "event",
    .destroy = event_destroy,
};

int event_object_create(struct object **out)
{
    *out = kmalloc(sizeof(**out));
    if (!*out) {
        return -ENOMEM;
    }
    object_init(*out, &event_ops);
    return 0;
}

struct eventpair {
    struct pair pair;
    struct paired ends[2];
};

static void end_closed(struct object *object, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(object->lock);

    paired_close_locked(paired_of(object), 0, cleanup);
    spin_unlock(object->lock, irq);
}

static void end_destroy(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    paired_free(paired_of(object));
}

static const struct object_ops eventpair_ops = {
    .type = KEEL_OBJ_TYPE_EVENTPAIR,
    .rights = KEEL_DEFAULT_EVENTPAIR_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL | KEEL_EVENTPAIR_SIGNALED,
    .name = "eventpair",
    .paired = true,
    .closed = end_closed,
    .destroy = end_destroy,
};

int eventpair_create(struct object **one, struct object **other)
{
    struct eventpair *both = kmalloc(sizeof(*both));

    if (!both) {
        return -ENOMEM;
    }
    pair_init(&both->pair, &both->ends[0], &both->ends[1], &eventpair_ops);
    *one = &both->ends[0].object;
    *other = &both->ends[1].object;
    return 0;
}
