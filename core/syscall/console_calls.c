/* SPDX-License-Identifier: MIT */
/* The call that reads what is typed. On the calling thread; it sleeps. */
#include <generated/syscall_handlers.h>
#include <keel/console_input.h>
#include <keel/resource_object.h>
#include <keel/syscall.h>

#define READ_MAX 256u

/* Bytes are taken once they have reached the caller. */
int64_t sys_debug_read(struct object *resource, void __user *buffer, size_t buffer_size,
                       int64_t deadline)
{
    char bytes[READ_MAX];
    uint64_t from;
    size_t count;
    int err = resource_check(resource, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_DEBUG_BASE, 1);

    if (err == 0) {
        process_allow(PROCESS_MAY_DEBUG);
    }
    while (err == 0) {
        err = console_input_wait(process_current(), syscall_deadline(deadline));
        if (err != 0) {
            break;
        }
        count = console_input_peek(bytes, MIN(buffer_size, sizeof(bytes)), &from);
        if (count != 0 && user_copy_out(buffer, bytes, count) != 0) {
            return -EFAULT;
        }
        if (count != 0 && console_input_take(from, count)) {
            return (int64_t)count;
        }
    }
    return err;
}
