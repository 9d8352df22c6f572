/* SPDX-License-Identifier: MIT */
/* The calls that wait for signals. On the calling thread; they sleep. */
#include <generated/syscall_handlers.h>
#include <keel/object_wait.h>
#include <keel/syscall.h>

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
