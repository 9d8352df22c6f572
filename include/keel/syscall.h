/* SPDX-License-Identifier: MIT */
/* System calls (O3): what the dispatch that scripts/build/syscalls.py makes stands on. */
#ifndef KEEL_SYSCALL_H
#define KEEL_SYSCALL_H

#include <keel/errno.h>
#include <keel/handle.h>
#include <keel/process.h>
#include <keel/timer.h>
#include <keel/trace.h>
#include <keel/types.h>
#include <keel/uaccess.h>

/* Checks six registers as the table says, and performs the call. On the calling thread, interrupts on; the
 * result goes to the caller. */
typedef int64_t syscall_fn(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

/* By number; the ports' entries look here after a check of the number. */
extern syscall_fn *const syscall_table[];

/* By number, for traces and lists; NULL: no such call. */
extern const char *const syscall_names[];

/* Where a number leads that names no call: -ENOSYS. */
int64_t syscall_unknown(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                        uint64_t a5);

/* Writes a call down, by its number, where calls are recorded. Stands in front of their checks. */
void syscall_trace(uint32_t number);
#define SYSCALL_TRACE(number)          \
    do {                               \
        if (trace_is_on(TRACE_CALL)) { \
            syscall_trace(number);     \
        }                              \
    } while (0)

/* With CONFIG_SYSCALL_FROM_VDSO_ONLY the ports' entries ask about a call whose instruction is not followed by `pc` in
 * the vDSO: whether it is performed all the same. If not, that is logged once for each process, and the call gives
 * -EPERM. On the calling thread, interrupts on. */
int syscall_elsewhere(uint64_t number, virt_addr_t pc);

/* Checks that leave the function that they stand in. */
#define SYSCALL_NEED(privilege)                                     \
    do {                                                            \
        if (unlikely(!process_may(process_current(), privilege))) { \
            return -EPERM;                                          \
        }                                                           \
    } while (0)

#define SYSCALL_USER_RANGE(address, size)                           \
    do {                                                            \
        if (unlikely(!user_range_is_possible((address), (size)))) { \
            return -EFAULT;                                         \
        }                                                           \
    } while (0)

#define SYSCALL_COPY_IN(local, address)                                                       \
    do {                                                                                      \
        if (unlikely(user_copy_in(&(local), (const void __user *)(address), sizeof(local)) != \
                     0)) {                                                                    \
            return -EFAULT;                                                                   \
        }                                                                                     \
    } while (0)

/* Defines `name`, the object behind a handle, with a reference until the function is left. */
#define SYSCALL_HANDLE(name, value, type, rights)                                       \
    __cleanup(syscall_put) struct object *name =                                        \
        handle_get_mine((keel_handle_t)(value), HANDLE_DEMAND(type, rights));           \
    do {                                                                                \
        if (unlikely(!name)) {                                                          \
            return handle_refusal((keel_handle_t)(value), HANDLE_DEMAND(type, rights)); \
        }                                                                               \
    } while (0)

static inline void syscall_put(struct object **object)
{
    if (*object) {
        object_put(*object);
    }
}

/* A deadline as user space gives it, for the kernel: what is past is now. */
static inline uint64_t syscall_deadline(int64_t deadline)
{
    return deadline == KEEL_TIME_INFINITE ? TIMER_NEVER : deadline < 0 ? 0 : (uint64_t)deadline;
}

/* --- For calls that make objects: the one handle in the kernel's hand becomes the caller's --- */

/* Enters a new object's handle with its first rights and tells it to the caller. On an error the object is
 * closed and nothing has happened: -EFAULT; as handle_reserve(). */
int64_t syscall_give(struct object *object, keel_handle_t __user *out);

/* The same with other rights than the type's first. */
int64_t syscall_give_rights(struct object *object, keel_rights_t rights, keel_handle_t __user *out);

/* The same for two at once, with the rights that they have. */
int64_t syscall_give_both(const struct loose_handle both[2], keel_handle_t __user *out_one,
                          keel_handle_t __user *out_other);

/* The same with their first rights. */
int64_t syscall_give_two(struct object *one, keel_handle_t __user *out_one, struct object *other,
                         keel_handle_t __user *out_other);

#endif
