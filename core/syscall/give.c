/* SPDX-License-Identifier: MIT */
/* New objects become the caller's: their handles are reserved and told first, then nothing can fail. On the
 * calling thread, no lock held. */
#include <keel/syscall.h>

static struct loose_handle first_handle(struct object *object)
{
    return (struct loose_handle){object, object->ops->rights};
}

static int64_t tell(keel_handle_t handle, keel_handle_t __user *out)
{
    return user_copy_out(out, &handle, sizeof(handle));
}

int64_t syscall_give_rights(struct object *object, keel_rights_t rights, keel_handle_t __user *out)
{
    struct handle_table *table = process_handles();
    keel_handle_t handle;
    int64_t err = handle_reserve(table, &handle, 1);

    if (err == 0 && (err = tell(handle, out)) != 0) {
        handle_unreserve(table, &handle, 1);
    }
    if (err != 0) {
        object_close(object);
        return err;
    }
    handle_install(table, handle, (struct loose_handle){object, rights});
    return 0;
}

int64_t syscall_give(struct object *object, keel_handle_t __user *out)
{
    return syscall_give_rights(object, object->ops->rights, out);
}

int64_t syscall_give_both(const struct loose_handle both[2], keel_handle_t __user *out_one,
                          keel_handle_t __user *out_other)
{
    struct handle_table *table = process_handles();
    keel_handle_t handles[2];
    int64_t err = handle_reserve(table, handles, 2);

    if (err == 0 &&
        ((err = tell(handles[0], out_one)) != 0 || (err = tell(handles[1], out_other)) != 0)) {
        handle_unreserve(table, handles, 2);
    }
    if (err != 0) {
        object_close(both[0].object);
        object_close(both[1].object);
        return err;
    }
    handle_install(table, handles[0], both[0]);
    handle_install(table, handles[1], both[1]);
    return 0;
}

int64_t syscall_give_two(struct object *one, keel_handle_t __user *out_one, struct object *other,
                         keel_handle_t __user *out_other)
{
    struct loose_handle both[2] = {first_handle(one), first_handle(other)};

    return syscall_give_both(both, out_one, out_other);
}
