/* SPDX-License-Identifier: MIT */
/* Accesses that give an error where a plain one would trap. */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

/* Copies n bytes, any alignment; 0, or -EFAULT when either side is not accessible (some bytes may
 * have been copied). */
int arch_copy_nofault(void *dst, const void *src, size_t n);

/* One access of `width` 1, 2, 4 or 8 bytes, ordered as for a device. 0, -EFAULT, or -EINVAL for
 * another width or an unaligned address. */
int arch_read_nofault(virt_addr_t addr, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t addr, unsigned width, uint64_t value);

#endif
