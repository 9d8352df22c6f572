/* SPDX-License-Identifier: MIT */
/* The calls that wait for signals and change them. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/heap.h>
#include <keel/object_wait.h>
#include <keel/paired.h>
#include <keel/port.h>
#include <keel/syscall.h>

#define ITEMS_AT_HAND 4u /* waits for more take memory */

int64_t sys_object_wait_one(keel_handle_t handle, uint32_t signals, int64_t deadline,
                            uint32_t __user *observed)
{
    struct handle_table *table = process_handles();
    struct wait_entry entry = {.waitfor = signals, .handle = handle};
    int64_t err = handle_get(table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_WAIT, &entry.object);

    if (err != 0) {
        return err;
    }
    err = object_wait_many(&entry, 1, table, syscall_deadline(deadline), 0);
    object_put(entry.object);
    if (user_copy_out(observed, &entry.pending, sizeof(entry.pending)) != 0) {
        err = -EFAULT;
    }
    return err;
}

/* Finds the objects of all items, with a reference to each; all or none. */
static int find_objects(struct wait_entry *entries, const struct keel_wait_item *items,
                        size_t count)
{
    struct handle_table *table = process_handles();

    for (size_t i = 0; i < count; i++) {
        int err = handle_get(table, items[i].handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_WAIT,
                             &entries[i].object);

        if (err != 0) {
            while (i > 0) {
                object_put(entries[--i].object);
            }
            return err;
        }
        entries[i].waitfor = items[i].waitfor;
        entries[i].handle = items[i].handle;
    }
    return 0;
}

/* Waits, and fills in what the items had. */
static int wait_for_items(struct wait_entry *entries, struct keel_wait_item *items, size_t count,
                          int64_t deadline)
{
    int err = find_objects(entries, items, count);

    if (err != 0) {
        return err;
    }
    err = object_wait_many(entries, (unsigned)count, process_handles(), syscall_deadline(deadline),
                           0);
    for (size_t i = 0; i < count; i++) {
        items[i].pending = entries[i].pending;
        object_put(entries[i].object);
    }
    return err;
}

/* entries: room for so many, and for their items behind. */
static int64_t wait_many(struct wait_entry *entries, struct keel_wait_item __user *items,
                         size_t count, int64_t deadline)
{
    struct keel_wait_item *copies = (struct keel_wait_item *)&entries[count];
    int err;

    if (user_copy_in(copies, items, count * sizeof(*copies)) != 0) {
        return -EFAULT;
    }
    err = wait_for_items(entries, copies, count, deadline);
    return user_copy_out(items, copies, count * sizeof(*copies)) != 0 ? -EFAULT : err;
}

int64_t sys_object_wait_many(struct keel_wait_item __user *items, size_t num_items,
                             int64_t deadline)
{
    struct {
        struct wait_entry entries[ITEMS_AT_HAND];
        struct keel_wait_item items[ITEMS_AT_HAND];
    } at_hand;
    struct wait_entry *entries;
    int64_t err;

    if (num_items <= ITEMS_AT_HAND) {
        return wait_many(at_hand.entries, items, num_items, deadline);
    }
    entries = kmalloc(num_items * (sizeof(*entries) + sizeof(struct keel_wait_item)));
    if (!entries) {
        return -ENOMEM;
    }
    err = wait_many(entries, items, num_items, deadline);
    kfree(entries);
    return err;
}

int64_t sys_object_wait_async(keel_handle_t handle, struct object *port, uint64_t key,
                              uint32_t signals, uint32_t options)
{
    struct handle_table *table = process_handles();
    struct object *object;
    int err = handle_get(table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_WAIT, &object);

    if (err == 0) {
        err = port_wait_async(port_of(port), object, key, signals, options, table, handle);
        object_put(object);
    }
    return err;
}

int64_t sys_object_signal(struct object *handle, uint32_t clear_mask, uint32_t set_mask)
{
    return object_signal_by_user(handle, clear_mask, set_mask);
}

int64_t sys_object_signal_peer(struct object *handle, uint32_t clear_mask, uint32_t set_mask)
{
    return object_signal_peer_by_user(handle, clear_mask, set_mask);
}
