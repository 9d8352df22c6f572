/* SPDX-License-Identifier: MIT */
/* The calls of events, event pairs and timers. On the calling thread; they may sleep. */
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

int64_t sys_eventpair_create(uint32_t options, uint32_t __user *out0, uint32_t __user *out1)
{
    struct object *one, *other;
    int err = eventpair_create(&one, &other);

    (void)options;
    return err != 0 ? err : syscall_give_two(one, out0, other, out1);
}

int64_t sys_timer_create(uint32_t options, uint32_t clock_id, uint32_t __user *out)
{
    struct object *timer;
    int err = timer_object_create(options, &timer);

    (void)clock_id;
    return err != 0 ? err : syscall_give(timer, out);
}

int64_t sys_timer_set(struct object *handle, int64_t deadline, uint64_t slack)
{
    timer_object_set(handle, syscall_deadline(deadline), slack);
    return 0;
}

int64_t sys_timer_cancel(struct object *handle)
{
    timer_object_cancel(handle);
    return 0;
}
