/* SPDX-License-Identifier: MIT */
/* Handles that leave a table: into a message, or because the process ends. */
#include "handle_table.h"

/* Takes one out. Expects the lock. */
static int take(struct handle_table *table, keel_handle_t handle, keel_rights_t rights,
                struct loose_handle *out)
{
    struct handle_slot *slot = slot_find(table, handle);

    if (!slot) {
        return -EBADF;
    }
    if (!meta_allows(slot->meta, KEEL_OBJ_TYPE_NONE, rights)) {
        return -EACCES;
    }
    *out = slot_empty(slot);
    return 0;
}

/* Puts one back that was just taken. Expects the lock. */
static void put_back(struct handle_table *table, keel_handle_t handle, struct loose_handle loose)
{
    struct handle_slot *slot = slot_at(table, handle_index(table->secret, handle));

    slot->meta = meta_of(object_type(loose.object), loose.rights);
    slot->value = handle;
}

int handle_take(struct handle_table *table, const keel_handle_t *handles, unsigned count,
                keel_rights_t rights, struct loose_handle *out, unsigned *bad)
{
    unsigned long irq = spin_lock(&table->lock);
    unsigned taken = 0;
    int err = 0;

    while (taken < count && err == 0) {
        err = take(table, handles[taken], rights, &out[taken]);
        taken += err == 0;
    }
    if (err != 0) {
        *bad = taken;
        while (taken > 0) {
            taken--;
            put_back(table, handles[taken], out[taken]);
        }
    }
    spin_unlock(&table->lock, irq);
    for (unsigned i = 0; i < taken; i++) {
        handle_cancel_waits(table, handles[i], out[i].object);
    }
    return err;
}

/* The handle in the last slot that is left; the slot is out of the table then. */
static keel_handle_t last_handle(struct handle_table *table)
{
    unsigned long irq = spin_lock(&table->lock);
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    table->closing = true;
    if (table->fresh > 0) {
        handle = slot_at(table, --table->fresh)->value;
    }
    spin_unlock(&table->lock, irq);
    return handle;
}

bool handle_table_close(struct handle_table *table, unsigned most)
{
    for (unsigned i = 0; i < most && READ_ONCE(table->fresh) > 0; i++) {
        (void)handle_close(table, last_handle(table));
    }
    return table->fresh > 0;
}

bool handle_next_in_table(struct handle_table *table, uint32_t *place, keel_handle_t *handle,
                          struct loose_handle *out)
{
    unsigned long irq = spin_lock(&table->lock);
    const struct handle_slot *slot = NULL;

    while (*place < table->fresh && !slot) {
        slot = slot_at(table, (*place)++);
        slot = slot->value != 0 ? slot : NULL;
    }
    if (slot) {
        *handle = slot->value;
        *out = (struct loose_handle){slot->object, slot->meta & KEEL_RIGHTS_ALL};
        object_get(slot->object);
    }
    spin_unlock(&table->lock, irq);
    return slot != NULL;
}
