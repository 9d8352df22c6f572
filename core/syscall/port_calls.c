/* SPDX-License-Identifier: MIT */
/* The calls of ports. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/port.h>
#include <keel/syscall.h>

int64_t sys_port_create(uint32_t options, uint32_t __user *out)
{
    struct object *port;
    int err = port_create(&port);

    (void)options;
    return err != 0 ? err : syscall_give(port, out);
}

int64_t sys_port_queue(struct object *handle, const struct keel_port_packet *packet)
{
    return port_queue(port_of(handle), packet);
}

/* Memory that cannot be written is found out before a packet is taken, by writing to it. */
int64_t sys_port_wait(struct object *handle, int64_t deadline,
                      struct keel_port_packet __user *packet)
{
    struct keel_port_packet copy = {0};
    int err;

    if (user_copy_out(packet, &copy, sizeof(copy)) != 0) {
        return -EFAULT;
    }
    err = port_wait(port_of(handle), syscall_deadline(deadline), 0, &copy);
    if (err == 0 && user_copy_out(packet, &copy, sizeof(copy)) != 0) {
        return -EFAULT;
    }
    return err;
}

int64_t sys_port_cancel(struct object *handle, keel_handle_t source, uint64_t key)
{
    struct handle_table *table = process_handles();
    struct object *object;
    int err = handle_get(table, source, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_NONE, &object);

    if (err == 0) {
        err = port_cancel(port_of(handle), object, key, table, source);
        object_put(object);
    }
    return err;
}
