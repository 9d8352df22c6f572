/* SPDX-License-Identifier: MIT */
/* The calls about properties of objects. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/job_object.h>
#include <keel/property.h>
#include <keel/string.h>
#include <keel/syscall.h>
#include <keel/vmo_object.h>

#define NAME_MAX KEEL_MAX_NAME_LEN

_Static_assert(PROCESS_NAME_MAX == NAME_MAX && USER_THREAD_NAME_MAX == NAME_MAX &&
                   JOB_NAME_MAX == NAME_MAX && VMO_OBJECT_NAME_MAX == NAME_MAX,
               "all names have one length");

static int get_name(struct object *object, char name[NAME_MAX])
{
    switch (object_type(object)) {
    case KEEL_OBJ_TYPE_JOB:
        job_get_name(object, name);
        return 0;
    case KEEL_OBJ_TYPE_PROCESS:
        process_get_name(process_of(object), name);
        return 0;
    case KEEL_OBJ_TYPE_THREAD:
        user_thread_get_name(user_thread_of(object), name);
        return 0;
    case KEEL_OBJ_TYPE_VMO:
        vmo_object_get_name(object, name);
        return 0;
    default:
        return -ENOTTY;
    }
}

static int set_name(struct object *object, const char *name)
{
    switch (object_type(object)) {
    case KEEL_OBJ_TYPE_JOB:
        job_set_name(object, name);
        return 0;
    case KEEL_OBJ_TYPE_PROCESS:
        process_set_name(process_of(object), name);
        return 0;
    case KEEL_OBJ_TYPE_THREAD:
        user_thread_set_name(user_thread_of(object), name);
        return 0;
    case KEEL_OBJ_TYPE_VMO:
        vmo_object_set_name(object, name);
        return 0;
    default:
        return -ENOTTY;
    }
}

/* An address in a process. */
static int get_address(struct object *object, virt_addr_t (*get)(const struct process *process),
                       void __user *value, size_t size)
{
    uint64_t address;

    if (object_type(object) != KEEL_OBJ_TYPE_PROCESS) {
        return -ENOTTY;
    }
    address = get(process_of(object));
    return size < sizeof(address) ? -ERANGE : user_copy_out(value, &address, sizeof(address));
}

int64_t sys_object_get_property(struct object *handle, uint32_t property, void __user *value,
                                size_t value_size)
{
    char name[NAME_MAX] = {0};
    int err;

    if (property == KEEL_PROP_PROCESS_IMAGE) {
        return get_address(handle, process_image, value, value_size);
    }
    if (property == KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS) {
        return get_address(handle, process_vdso, value, value_size);
    }
    if (property != KEEL_PROP_NAME) {
        return -EINVAL;
    }
    err = get_name(handle, name);
    if (err != 0) {
        return err;
    }
    return value_size < NAME_MAX ? -ERANGE : user_copy_out(value, name, NAME_MAX);
}

static int take_number(const void __user *value, size_t size, uint64_t *out)
{
    return size < sizeof(*out) ? -ERANGE : user_copy_in(out, value, sizeof(*out));
}

static int set_register_fs(const struct object *object, const void __user *value, size_t size)
{
    uint64_t base;
    int err;

    if (object_type(object) != KEEL_OBJ_TYPE_THREAD) {
        return -ENOTTY;
    }
    if (object != &current_head()->user->object) {
        return -EACCES;
    }
    err = take_number(value, size, &base);
    return err != 0 ? err : thread_set_pointer(base);
}

static int set_image(struct object *object, const void __user *value, size_t size)
{
    uint64_t base;
    int err =
        object_type(object) == KEEL_OBJ_TYPE_PROCESS ? take_number(value, size, &base) : -ENOTTY;

    if (err == 0) {
        process_set_image(process_of(object), base);
    }
    return err;
}

int64_t sys_object_set_property(struct object *handle, uint32_t property, const void __user *value,
                                size_t value_size)
{
    char name[NAME_MAX] = {0};

    if (property == KEEL_PROP_REGISTER_FS) {
        return set_register_fs(handle, value, value_size);
    }
    if (property == KEEL_PROP_PROCESS_IMAGE) {
        return set_image(handle, value, value_size);
    }
    if (property != KEEL_PROP_NAME) {
        return -EINVAL;
    }
    if (user_copy_in(name, value, MIN(value_size, NAME_MAX - 1)) != 0) {
        return -EFAULT;
    }
    return set_name(handle, name);
}
