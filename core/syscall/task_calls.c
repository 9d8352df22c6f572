/* SPDX-License-Identifier: MIT */
/* The calls about jobs, processes and threads. On the calling thread; they may sleep. */
#include <arch/layout.h>
#include <generated/syscall_handlers.h>
#include <keel/aspace.h>
#include <keel/job_object.h>
#include <keel/property.h>
#include <keel/suspend_object.h>
#include <keel/syscall.h>
#include <keel/user_state.h>
#include <keel/vmar_object.h>

int64_t sys_job_create(struct object *parent, uint32_t options, uint32_t __user *out)
{
    struct object *job;
    int err = job_create(parent, &job);

    (void)options;
    return err != 0 ? err : syscall_give(job, out);
}

/* Takes as much of a name as there is room for, which is all zero. */
static int take_name(char name[KEEL_MAX_NAME_LEN], const void __user *text, size_t size)
{
    return user_copy_in(name, text, MIN(size, KEEL_MAX_NAME_LEN - 1));
}

/* --- Processes --- */

/* The region that is all of a process's addresses, with a handle in the caller's hand. */
static int make_root_vmar(struct process *process, struct object **out)
{
    struct vm_region *root = aspace_root(process_space(process));
    int err = vmar_object_create(root, VMAR_CAN_ALL, out);

    if (err == 0) {
        region_ref(root);
    }
    return err;
}

/* Hands a process, whose one handle is in the caller's hand, on. */
static int64_t give_process(struct object *process, keel_handle_t __user *out,
                            keel_handle_t __user *root_vmar)
{
    struct loose_handle both[2] = {{process, KEEL_DEFAULT_PROCESS_RIGHTS}};
    int err = make_root_vmar(process_of(process), &both[1].object);

    if (err != 0) {
        object_close(process);
        return err;
    }
    both[1].rights = vmar_object_rights(both[1].object);
    return syscall_give_both(both, out, root_vmar);
}

/* Code of the kernel's own makes processes for more of it. */
static uint32_t inherited(void)
{
    return process_may(process_current(), PROCESS_MAY_CALL_ANYWHERE) ? PROCESS_MAY_CALL_ANYWHERE
                                                                     : 0;
}

int64_t sys_process_create(struct object *job, const void __user *name, size_t name_size,
                           uint32_t options, uint32_t __user *out, uint32_t __user *root_vmar)
{
    char text[KEEL_MAX_NAME_LEN] = {0};
    struct process *process;
    int64_t err;

    (void)options;
    if (take_name(text, name, name_size) != 0) {
        return -EFAULT;
    }
    err = process_create(job, text, inherited(), &process);
    if (err == 0) {
        object_open(process_object(process));
        err = give_process(process_object(process), out, root_vmar);
        process_unref(process);
    }
    return err;
}

/* Whether user mode can be sent there. */
static bool can_start_at(uint64_t entry)
{
    return user_range_is_possible(entry, 1);
}

/* What goes from the caller to the new process. */
struct parcel {
    keel_handle_t from, to;
    struct loose_handle loose;
};

/* Reserves a place for it in the one table and takes it out of the other, where its place is kept. */
static int pack(struct parcel *parcel, struct handle_table *there)
{
    unsigned bad;
    int err = handle_reserve(there, &parcel->to, 1);

    if (err == 0) {
        err = handle_take(process_handles(), &parcel->from, 1, KEEL_RIGHT_TRANSFER, &parcel->loose,
                          &bad);
        if (err != 0) {
            handle_unreserve(there, &parcel->to, 1);
        }
    }
    return err;
}

static void deliver(const struct parcel *parcel, struct handle_table *there)
{
    handle_install(there, parcel->to, parcel->loose);
    handle_unreserve(process_handles(), &parcel->from, 1);
}

static void take_back(const struct parcel *parcel, struct handle_table *there)
{
    handle_install(process_handles(), parcel->from, parcel->loose);
    handle_unreserve(there, &parcel->to, 1);
}

/* Starts a claimed thread. Until it runs the process does not end, so its table is open. */
static int go(struct user_thread *user, struct user_start *start, keel_handle_t handle)
{
    struct handle_table *there = user->handles;
    struct parcel parcel = {.from = handle};
    int err = handle != KEEL_HANDLE_INVALID ? pack(&parcel, there) : 0;

    if (err != 0) {
        return err;
    }
    start->argument[0] = parcel.to;
    err = user_thread_prepare(user, start, true);
    if (handle != KEEL_HANDLE_INVALID) {
        if (err == 0) {
            deliver(&parcel, there);
        } else {
            take_back(&parcel, there);
        }
    }
    if (err == 0) {
        user_thread_run(user);
    }
    return err;
}

/* Whether the handle can go, as it is now. */
static int check_parcel(keel_handle_t handle)
{
    if (handle != KEEL_HANDLE_INVALID) {
        SYSCALL_HANDLE(object, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_TRANSFER);
    }
    return 0;
}

int64_t sys_process_start(struct object *process, struct object *thread, uint64_t entry,
                          uint64_t stack, keel_handle_t arg1, uint64_t arg2)
{
    struct user_thread *user = user_thread_of(thread);
    struct user_start start = {.pc = entry, .sp = stack, .argument = {0, arg2}};
    int err = check_parcel(arg1);

    if (err != 0) {
        return err;
    }
    if (user->process != process_of(process)) {
        return -EACCES;
    }
    if (!can_start_at(entry)) {
        return -EINVAL;
    }
    err = user_thread_claim(user, NULL);
    if (err == 0) {
        err = go(user, &start, arg1);
        if (err != 0) {
            user_thread_abandon(user);
        }
    }
    return err;
}

/* --- Threads --- */

int64_t sys_thread_create(struct object *process, const void __user *name, size_t name_size,
                          uint32_t options, uint32_t __user *out)
{
    char text[KEEL_MAX_NAME_LEN] = {0};
    struct user_thread *user;
    int err;

    (void)options;
    if (take_name(text, name, name_size) != 0) {
        return -EFAULT;
    }
    err = user_thread_create(process_of(process), text, &user);
    return err != 0 ? err : syscall_give(&user->object, out);
}

int64_t sys_thread_start(struct object *handle, uint64_t entry, uint64_t stack, uint64_t arg1,
                         uint64_t arg2)
{
    struct user_thread *user = user_thread_of(handle);
    struct user_start start = {.pc = entry, .sp = stack, .argument = {arg1, arg2}};
    int err = can_start_at(entry) ? user_thread_claim(user, NULL) : -EINVAL;

    if (err != 0) {
        return err;
    }
    err = user_thread_prepare(user, &start, false);
    if (err == 0) {
        user_thread_run(user);
    } else {
        user_thread_abandon(user);
    }
    return err;
}

/* --- The end --- */

int64_t sys_task_kill(struct object *handle)
{
    switch (object_type(handle)) {
    case KEEL_OBJ_TYPE_JOB:
        job_kill(handle);
        return 0;
    case KEEL_OBJ_TYPE_PROCESS:
        process_kill(process_of(handle));
        return 0;
    case KEEL_OBJ_TYPE_THREAD:
        return -ENOTSUP;
    default:
        return -ENOTTY;
    }
}

/* --- Suspending --- */

/* Whether a task may be suspended by a handle with those rights. */
static int check_suspend(const struct object *task, keel_rights_t rights)
{
    const struct user_thread *self = current_head()->user;

    if (object_type(task) == KEEL_OBJ_TYPE_THREAD) {
        return (rights & KEEL_RIGHT_SUSPEND) == 0 ? -EACCES : task == &self->object ? -ENOTSUP : 0;
    }
    if (object_type(task) == KEEL_OBJ_TYPE_PROCESS) {
        return (rights & KEEL_RIGHT_MANAGE_THREAD) == 0 ? -EACCES
               : task == process_object(self->process)  ? -ENOTSUP
                                                        : 0;
    }
    return -ENOTTY;
}

int64_t sys_task_suspend(keel_handle_t handle, uint32_t __user *token)
{
    struct object *task, *made;
    keel_rights_t rights;
    int64_t err = handle_get_rights(process_handles(), handle, 0, 0, &task, &rights);

    if (err != 0) {
        return err;
    }
    err = check_suspend(task, rights);
    if (err == 0) {
        err = suspend_create(task, &made);
    }
    object_put(task);
    return err != 0 ? err : syscall_give(made, token);
}

/* Whether a buffer holds registers of a kind. */
static int check_kind(uint32_t kind, size_t buffer_size)
{
    size_t size = arch_state_size(kind);

    if (kind > KEEL_THREAD_STATE_VECTOR_REGS) {
        return -EINVAL;
    }
    return size == 0 ? -ENOTSUP : buffer_size < size ? -ERANGE : 0;
}

int64_t sys_thread_read_state(struct object *handle, uint32_t kind, void __user *buffer,
                              size_t buffer_size)
{
    uint64_t state[KEEL_THREAD_STATE_SIZE_MAX / sizeof(uint64_t)];
    int err = check_kind(kind, buffer_size);

    if (err == 0) {
        err = user_thread_read_state(user_thread_of(handle), kind, state);
    }
    return err != 0 ? err : user_copy_out(buffer, state, arch_state_size(kind));
}

int64_t sys_thread_write_state(struct object *handle, uint32_t kind, const void __user *buffer,
                               size_t buffer_size)
{
    uint64_t state[KEEL_THREAD_STATE_SIZE_MAX / sizeof(uint64_t)];
    int err = check_kind(kind, buffer_size);

    if (err == 0) {
        err = user_copy_in(state, buffer, arch_state_size(kind));
    }
    return err != 0 ? err : user_thread_write_state(user_thread_of(handle), kind, state);
}
