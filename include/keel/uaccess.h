/* SPDX-License-Identifier: MIT */
/* User memory: the kernel touches it through these alone. Pointers to it are __user, which sparse lets
 * nobody follow. */
#ifndef KEEL_UACCESS_H
#define KEEL_UACCESS_H

#include <arch/layout.h>
#include <keel/types.h>

/* Copies n bytes from (to) the running address space; faults are resolved on the way. 0, or -EFAULT:
 * part of the range is no user address or not accessible in that way, and what lies before it may have
 * been copied. */
int user_copy_in(void *dst, const void __user *src, size_t n) __must_check;
int user_copy_out(void __user *dst, const void *src, size_t n) __must_check;

/* Whether [va, va + size) lies in the user half; whether there is memory is another matter. */
static inline bool user_range_is_possible(virt_addr_t va, uint64_t size)
{
    return va <= USER_TOP && size <= USER_TOP - va;
}

/* Where a member of a structure in user memory lies, however bad the pointer to that is. */
#define user_member(pointer, member)                               \
    ((typeof(&(pointer)->member))((__force virt_addr_t)(pointer) + \
                                  offsetof(typeof(*(pointer)), member)))

/* An address as a number, and back. */
static inline void __user *user_pointer(virt_addr_t va)
{
    return (void __user *)va;
}

#endif
