/* SPDX-License-Identifier: MIT */
/* The calls that make events and event pairs. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/event_object.h>
#include <keel/syscall.h>

int64_t sys_event_create(uint32_t options, uint32_t __user *out)
{
    struct object *event;
    int err = event_object_create(&event);

    (void)options;
    return err != 0 ? err : syscall_give(event, out);
}
