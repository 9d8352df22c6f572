/* SPDX-License-Identifier: MIT */
/* The life of an object: references, handles, the end without recursion. */
#include "cleanup.h"

/* Low numbers are free for what is not an object. */
#define KOID_FIRST UINT64_C(1024)

static keel_koid_t next_koid = KOID_FIRST;

void object_init(struct object *object, const struct object_ops *ops)
{
    object->ops = ops;
    refcount_set(&object->refs, 1);
    refcount_set(&object->handles, 1);
    spin_init(&object->own_lock);
    object->lock = &object->own_lock;
    object->signals = 0;
    list_init(&object->observers);
    object->koid = __atomic_fetch_add(&next_koid, 1, __ATOMIC_RELAXED);
}

void object_abandon(struct object *object)
{
    (void)object;
    cleanup_count();
}

static void end_later(struct object *object, struct cleanup *cleanup)
{
    object->next_dead = cleanup->dead;
    cleanup->dead = object;
}

void object_put_later(struct object *object, struct cleanup *cleanup)
{
    if (refcount_put(&object->refs)) {
        end_later(object, cleanup);
    }
}

void object_end(struct object *object)
{
    struct cleanup cleanup = {0};

    end_later(object, &cleanup);
    cleanup_run(&cleanup);
}

void object_open(struct object *object)
{
    while (!refcount_get_unless_zero(&object->handles)) {
        uint32_t none = 0;

        if (__atomic_compare_exchange_n(&object->handles.count, &none, 1, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            object_get(object);
            return;
        }
    }
}

void object_close_into(struct object *object, struct cleanup *cleanup)
{
    if (refcount_put(&object->handles)) {
        if (object->ops->closed) {
            object->ops->closed(object, cleanup);
        }
        object_put_later(object, cleanup);
    }
}

void object_close(struct object *object)
{
    struct cleanup cleanup = {0};

    object_close_into(object, &cleanup);
    cleanup_run(&cleanup);
}

uint64_t object_count(void)
{
    uint64_t ended = cleanup_destroyed(); /* first, so that no more have ended than begun */

    return __atomic_load_n(&next_koid, __ATOMIC_RELAXED) - KOID_FIRST - ended;
}
