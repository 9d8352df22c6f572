/* SPDX-License-Identifier: MIT */
/* The calls of interrupts. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/interrupt_object.h>
#include <keel/resource_object.h>
#include <keel/syscall.h>

/* The line, if the resource covers it. */
static int create_physical(keel_handle_t resource, uint32_t irq, uint32_t options,
                           struct object **out)
{
    struct object *object;
    int err =
        handle_get(process_handles(), resource, KEEL_OBJ_TYPE_RESOURCE, KEEL_RIGHT_NONE, &object);

    if (err == 0) {
        err = resource_check(object, KEEL_RSRC_KIND_IRQ, irq, 1);
        object_put(object);
    }
    return err != 0 ? err : interrupt_create(irq, options, out);
}

int64_t sys_interrupt_create(keel_handle_t resource, uint32_t irq, uint32_t options,
                             uint32_t __user *out)
{
    struct object *object;
    int err = options == KEEL_INTERRUPT_VIRTUAL ? interrupt_create_virtual(&object)
                                                : create_physical(resource, irq, options, &object);

    return err != 0 ? err : syscall_give(object, out);
}

int64_t sys_interrupt_bind(struct object *handle, struct object *port, uint64_t key,
                           uint32_t options)
{
    return options == KEEL_INTERRUPT_UNBIND ? interrupt_unbind(handle, port_of(port))
                                            : interrupt_bind(handle, port_of(port), key);
}

/* Memory that cannot be written is found out first; should it go meanwhile, the interrupt is put back. */
int64_t sys_interrupt_wait(struct object *handle, int64_t __user *timestamp)
{
    keel_time_t when = 0;
    int err;

    if (user_copy_out(timestamp, &when, sizeof(when)) != 0) {
        return -EFAULT;
    }
    err = interrupt_wait(handle, &when);
    if (err == 0 && user_copy_out(timestamp, &when, sizeof(when)) != 0) {
        interrupt_put_back(handle, when);
        err = -EFAULT;
    }
    return err;
}

int64_t sys_interrupt_destroy(struct object *handle)
{
    interrupt_destroy(handle);
    return 0;
}

int64_t sys_interrupt_ack(struct object *handle)
{
    return interrupt_ack(handle);
}

int64_t sys_interrupt_trigger(struct object *handle, uint32_t options, int64_t timestamp)
{
    (void)options;
    return interrupt_trigger(handle, timestamp);
}
