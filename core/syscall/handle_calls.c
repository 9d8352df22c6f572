/* SPDX-License-Identifier: MIT */
/* The calls about handles themselves. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/syscall.h>

#define CLOSED_AT_ONCE 64u

int64_t sys_handle_close(keel_handle_t handle)
{
    return handle_close(process_handles(), handle);
}

int64_t sys_handle_close_many(const uint32_t __user *handles, size_t num_handles)
{
    keel_handle_t copies[CLOSED_AT_ONCE];
    int64_t result = 0;

    if (user_copy_in(copies, handles, num_handles * sizeof(*copies)) != 0) {
        return -EFAULT;
    }
    for (size_t i = 0; i < num_handles; i++) {
        if (handle_close(process_handles(), copies[i]) != 0) {
            result = -EBADF;
        }
    }
    return result;
}

int64_t sys_handle_duplicate(keel_handle_t handle, uint32_t rights, uint32_t __user *out)
{
    struct handle_table *table = process_handles();
    keel_handle_t second;
    int err = handle_duplicate(table, handle, rights, &second);

    if (err == 0 && user_copy_out(out, &second, sizeof(second)) != 0) {
        (void)handle_close(table, second);
        err = -EFAULT;
    }
    return err;
}

/* Memory that cannot be written is found out before the old handle is gone, by writing the old one; should
 * it be unmapped in between, the new one is closed. */
int64_t sys_handle_replace(keel_handle_t handle, uint32_t rights, uint32_t __user *out)
{
    struct handle_table *table = process_handles();
    keel_handle_t fresh = handle;
    int err;

    if (user_copy_out(out, &fresh, sizeof(fresh)) != 0) {
        return -EFAULT;
    }
    err = handle_replace(table, handle, rights, &fresh);
    if (err == 0 && user_copy_out(out, &fresh, sizeof(fresh)) != 0) {
        (void)handle_close(table, fresh);
        err = -EFAULT;
    }
    return err;
}
