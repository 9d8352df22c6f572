/* SPDX-License-Identifier: MIT */
/* From handles to objects: the one place where type and rights are checked. */
#include "handle_table.h"

#include <keel/object_signal.h>
#include <keel/process.h>

/* Lets the table go and tells why a handle will not do; seldom, and out of the way. Expects the lock. */
static __noinline int refuse(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
                             unsigned long irq)
{
    const struct handle_slot *slot = slot_find(table, handle);
    int err = -EBADF;

    if (slot) {
        err = type != 0 && slot->meta >> META_TYPE_SHIFT != type ? -ENOTTY : -EACCES;
    }
    spin_unlock(&table->lock, irq);
    return err;
}

/* Whether a slot has this handle, of that type and with those rights. */
static inline bool slot_allows(const struct handle_slot *slot, keel_handle_t handle,
                               keel_obj_type_t type, keel_rights_t rights)
{
    return handle != KEEL_HANDLE_INVALID && slot->value == handle &&
           meta_allows(slot->meta, type, rights);
}

/* Looks a handle up and lets the table go. Expects the lock. */
static int get_locked(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
                      keel_rights_t rights, struct loose_handle *out, unsigned long irq)
{
    const struct handle_slot *slot = slot_of(table, handle);

    if (unlikely(!slot_allows(slot, handle, type, rights))) {
        return refuse(table, handle, type, irq);
    }
    *out = (struct loose_handle){slot->object, slot->meta & KEEL_RIGHTS_ALL};
    object_get(out->object);
    spin_unlock(&table->lock, irq);
    return 0;
}

int handle_get_rights(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
                      keel_rights_t rights, struct object **out, keel_rights_t *has)
{
    unsigned long irq = spin_lock(&table->lock);
    struct loose_handle found = {0};
    int err = get_locked(table, handle, type, rights, &found, irq);

    if (err == 0) {
        *out = found.object;
        *has = found.rights;
    }
    return err;
}

/* Once the table's lock has been drawn for. */
static __noinline int get_in_turn(struct handle_table *table, keel_handle_t handle,
                                  keel_obj_type_t type, keel_rights_t rights, struct object **out,
                                  unsigned long irq, uint32_t ticket)
{
    struct loose_handle found = {0};
    int err;

    spin_wait_turn(&table->lock, ticket);
    err = get_locked(table, handle, type, rights, &found, irq);
    if (err == 0) {
        *out = found.object;
    }
    return err;
}

static __noinline int too_many(struct object *object, uint32_t before)
{
    refcount_add_failed(&object->refs, before);
    return 0;
}

static __noinline struct object *stuck(struct object *object, uint32_t before)
{
    refcount_add_failed(&object->refs, before);
    return object;
}

/* On the way of every call: what is seldom is left to functions that it ends in, so that it saves no
 * registers. */
int handle_get(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
               keel_rights_t rights, struct object **out)
{
    unsigned long irq = arch_irq_save();
    const struct handle_slot *slot;
    struct object *object;
    uint32_t ticket, before;

    if (unlikely(!spin_lock_or_queue(&table->lock, &ticket))) {
        return get_in_turn(table, handle, type, rights, out, irq, ticket);
    }
    slot = slot_of(table, handle);
    if (unlikely(!slot_allows(slot, handle, type, rights))) {
        return refuse(table, handle, type, irq);
    }
    object = slot->object;
    before = refcount_add(&object->refs);
    spin_unlock(&table->lock, irq);
    *out = object;
    return refcount_add_is_wrong(before) ? too_many(object, before) : 0;
}

/* The object of a handle that meets the demand, with a reference; NULL. Lets the table go. Expects the lock. */
static __always_inline struct object *get_and_unlock(struct handle_table *table,
                                                     keel_handle_t handle, uint64_t demand)
{
    const struct handle_slot *slot = slot_of(table, handle);
    struct object *object = NULL;
    uint32_t before = 1;

    if (likely(slot->value == handle && (slot->meta & demand >> 32) == (uint32_t)demand &&
               handle != KEEL_HANDLE_INVALID)) {
        object = slot->object;
        before = refcount_add(&object->refs);
    }
    spin_unlock_irqoff(&table->lock);
    return refcount_add_is_wrong(before) ? stuck(object, before) : object;
}

static __noinline struct object *get_quick_in_turn(struct handle_table *table, keel_handle_t handle,
                                                   uint64_t demand, uint32_t ticket)
{
    spin_wait_turn(&table->lock, ticket);
    return get_and_unlock(table, handle, demand);
}

struct object *handle_get_quick(struct handle_table *table, keel_handle_t handle, uint64_t demand)
{
    uint32_t ticket;

    if (unlikely(!spin_lock_or_queue(&table->lock, &ticket))) {
        return get_quick_in_turn(table, handle, demand, ticket);
    }
    return get_and_unlock(table, handle, demand);
}

static __noinline struct object *get_mine_in_turn(struct handle_table *table, keel_handle_t handle,
                                                  uint64_t demand, uint32_t ticket)
{
    struct object *object = get_quick_in_turn(table, handle, demand, ticket);

    arch_irq_enable();
    return object;
}

struct object *handle_get_mine(keel_handle_t handle, uint64_t demand)
{
    struct handle_table *table = process_handles();
    struct object *object;
    uint32_t ticket;

    arch_irq_disable();
    if (unlikely(!spin_lock_or_queue(&table->lock, &ticket))) {
        return get_mine_in_turn(table, handle, demand, ticket);
    }
    object = get_and_unlock(table, handle, demand);
    arch_irq_enable();
    return object;
}

/* Where it has become good meanwhile, it was bad when it was looked at. */
int handle_refusal(keel_handle_t handle, uint64_t demand)
{
    struct object *object;
    int err = handle_get(process_handles(), handle, (uint32_t)demand >> HANDLE_TYPE_SHIFT,
                         (uint32_t)demand & KEEL_RIGHTS_ALL, &object);

    if (err == 0) {
        object_put(object);
        err = -EBADF;
    }
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
