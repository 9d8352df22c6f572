/* SPDX-License-Identifier: MIT */
/* The calls about futexes. On the calling thread; they sleep. */
#include <generated/syscall_handlers.h>
#include <keel/futex_object.h>
#include <keel/syscall.h>

static bool is_aligned(const uint32_t __user *word)
{
    return IS_ALIGNED((__force uintptr_t)word, sizeof(*word));
}

/* The thread that a handle names, with a reference; NULL for none. */
static int get_owner(keel_handle_t handle, struct user_thread **out)
{
    struct object *object;
    int err;

    *out = NULL;
    if (handle == KEEL_HANDLE_INVALID) {
        return 0;
    }
    err = handle_get(process_handles(), handle, KEEL_OBJ_TYPE_THREAD, 0, &object);
    if (err == 0) {
        *out = user_thread_of(object);
    }
    return err;
}

static void put_owner(struct user_thread *owner)
{
    if (owner) {
        object_put(&owner->object);
    }
}

int64_t sys_futex_wait(uint32_t __user *value_ptr, uint32_t current_value, keel_handle_t new_owner,
                       int64_t deadline)
{
    struct user_thread *owner;
    int err = is_aligned(value_ptr) ? get_owner(new_owner, &owner) : -EINVAL;

    if (err == 0) {
        err = futex_wait(value_ptr, current_value, owner, syscall_deadline(deadline));
        put_owner(owner);
    }
    return err;
}

int64_t sys_futex_wake(uint32_t __user *value_ptr, uint32_t wake_count)
{
    if (!is_aligned(value_ptr)) {
        return -EINVAL;
    }
    futex_wake(value_ptr, wake_count);
    return 0;
}

int64_t sys_futex_requeue(uint32_t __user *value_ptr, uint32_t wake_count, uint32_t current_value,
                          uint32_t __user *requeue_ptr, uint32_t requeue_count,
                          keel_handle_t new_requeue_owner)
{
    struct user_thread *owner;
    int err = is_aligned(value_ptr) && is_aligned(requeue_ptr) && value_ptr != requeue_ptr
                  ? get_owner(new_requeue_owner, &owner)
                  : -EINVAL;

    if (err == 0) {
        err =
            futex_requeue(value_ptr, wake_count, current_value, requeue_ptr, requeue_count, owner);
        put_owner(owner);
    }
    return err;
}

int64_t sys_futex_wake_single_owner(uint32_t __user *value_ptr)
{
    if (!is_aligned(value_ptr)) {
        return -EINVAL;
    }
    futex_wake_single_owner(value_ptr);
    return 0;
}

int64_t sys_futex_get_owner(uint32_t __user *value_ptr, uint64_t __user *koid)
{
    uint64_t owner;

    if (!is_aligned(value_ptr)) {
        return -EINVAL;
    }
    owner = futex_owner(value_ptr);
    return user_copy_out(koid, &owner, sizeof(owner));
}
