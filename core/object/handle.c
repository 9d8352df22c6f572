/* SPDX-License-Identifier: MIT */
/* From handles to objects: the one place where type and rights are checked. */
#include "handle_table.h"

#include <keel/object_signal.h>

/* Why a handle will not do; seldom, and out of the way. Expects the lock. */
static __noinline int refusal(const struct handle_slot *slot, keel_obj_type_t type)
{
    if (!slot) {
        return -EBADF;
    }
    return type != 0 && slot->meta >> META_TYPE_SHIFT != type ? -ENOTTY : -EACCES;
}

int handle_get_rights(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
                      keel_rights_t rights, struct object **out, keel_rights_t *has)
{
    unsigned long irq = spin_lock(&table->lock);
    struct handle_slot *slot = slot_find(table, handle);
    int err = 0;

    if (likely(slot && meta_allows(slot->meta, type, rights))) {
        *out = slot->object;
        *has = slot->meta & KEEL_RIGHTS_ALL;
        object_get(*out);
    } else {
        err = refusal(slot, type);
    }
    spin_unlock(&table->lock, irq);
    return err;
}

int handle_get(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
               keel_rights_t rights, struct object **out)
{
    unsigned long irq = spin_lock(&table->lock);
    struct handle_slot *slot = slot_find(table, handle);
    int err = 0;

    if (likely(slot && meta_allows(slot->meta, type, rights))) {
        *out = slot->object;
        object_get(*out);
    } else {
        err = refusal(slot, type);
    }
    spin_unlock(&table->lock, irq);
    return err;
}

bool handle_names(struct handle_table *table, keel_handle_t handle, const struct object *object)
{
    unsigned long irq = spin_lock(&table->lock);
    const struct handle_slot *slot = slot_find(table, handle);
    bool names = slot && slot->object == object;

    spin_unlock(&table->lock, irq);
    return names;
}

void handle_cancel_waits(struct handle_table *table, keel_handle_t handle, struct object *object)
{
    struct cleanup cleanup = {0};

    object_cancel_observers(object, table, handle, &cleanup);
    cleanup_run(&cleanup);
}

int handle_close(struct handle_table *table, keel_handle_t handle)
{
    struct loose_handle loose;
    struct handle_slot *slot;
    unsigned long irq;

    if (handle == KEEL_HANDLE_INVALID) {
        return 0;
    }
    irq = spin_lock(&table->lock);
    slot = slot_find(table, handle);
    if (!slot) {
        spin_unlock(&table->lock, irq);
        return -EBADF;
    }
    loose = slot_empty(slot);
    slot_free(table, handle);
    spin_unlock(&table->lock, irq);
    handle_cancel_waits(table, handle, loose.object);
    object_close(loose.object);
    return 0;
}

int handle_duplicate(struct handle_table *table, keel_handle_t handle, keel_rights_t rights,
                     keel_handle_t *out)
{
    struct loose_handle second;
    keel_rights_t has;
    int err;

    err = handle_get_rights(table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_DUPLICATE, &second.object,
                            &has);
    if (err != 0) {
        return err;
    }
    err = rights_shrink(has, rights, &second.rights);
    if (err == 0) {
        err = handle_reserve(table, out, 1);
    }
    if (err == 0) {
        object_open(second.object);
        handle_install(table, *out, second);
    }
    object_put(second.object);
    return err;
}

/* Gives the slot's handle a new value. Expects the lock. */
static int replace(struct handle_table *table, keel_handle_t handle, keel_rights_t rights,
                   keel_handle_t *out, struct object **object)
{
    struct handle_slot *slot = slot_find(table, handle);
    keel_rights_t left;
    int err;

    if (!slot) {
        return -EBADF;
    }
    err = rights_shrink(slot->meta & KEEL_RIGHTS_ALL, rights, &left);
    if (err != 0) {
        return err;
    }
    slot->meta = meta_of(object_type(slot->object), left);
    slot->value = handle_next(table->secret, handle);
    *out = slot->value;
    *object = slot->object;
    object_get(slot->object);
    return 0;
}

int handle_replace(struct handle_table *table, keel_handle_t handle, keel_rights_t rights,
                   keel_handle_t *out)
{
    struct object *object;
    unsigned long irq = spin_lock(&table->lock);
    int err = replace(table, handle, rights, out, &object);

    spin_unlock(&table->lock, irq);
    if (err == 0) {
        handle_cancel_waits(table, handle, object);
        object_put(object);
    }
    return err;
}
