/* SPDX-License-Identifier: MIT */
/* User memory in line, for calls that are to be short. Where it does not work, also because an address is not
 * aligned, or a size no multiple of 4, they say so, and the caller goes the way of keel/uaccess.h. */
#ifndef KEEL_UACCESS_QUICK_H
#define KEEL_UACCESS_QUICK_H

#include <arch/mmu.h>
#include <arch/uaccess.h>
#include <keel/uaccess.h>

/* Whether [va, va + size) may be user memory that can be copied in this way. */
static inline bool user_range_is_quick(virt_addr_t va, uint32_t size)
{
    return va <= (virt_addr_t)USER_TOP - size && va % ARCH_COPY_ALIGN == 0;
}

/* Copies `size` bytes, one side or none of which is a range of user memory; within arch_user_access_begin() and
 * _end(). False: not all. */
static __always_inline bool user_copy_quick(void *dst, const void *src, size_t size)
{
    unsigned char *to = dst;
    const unsigned char *from = src, *end = from + (size & ~(size_t)15);

    for (; from != end; from += 16, to += 16) {
        ARCH_COPY_16(to, from, 0, fault);
    }
    if ((size & 8) != 0) {
        ARCH_COPY_8(to, from, 0, fault);
        from += 8;
        to += 8;
    }
    if ((size & 4) != 0) {
        ARCH_COPY_4(to, from, 0, fault);
    }
    return likely((size & 3) == 0);
fault:
    return false;
}

/* The same for 48 bytes without a loop. */
static __always_inline bool user_copy_48(void *dst, const void *src)
{
    ARCH_COPY_16(dst, src, 0, fault);
    ARCH_COPY_16(dst, src, 16, fault);
    ARCH_COPY_16(dst, src, 32, fault);
    return true;
fault:
    return false;
}

#endif
