/* SPDX-License-Identifier: MIT */
/* User memory: the kernel touches it through these alone. */
#ifndef KEEL_UACCESS_H
#define KEEL_UACCESS_H

#include <keel/types.h>

/* Copies n bytes from (to) the running address space; faults are resolved on the way. 0, or -EFAULT:
 * part of the range is no user address or not accessible in that way, and what lies before it may have
 * been copied. */
int user_copy_in(void *dst, virt_addr_t src, size_t n);
int user_copy_out(virt_addr_t dst, const void *src, size_t n);

#endif
