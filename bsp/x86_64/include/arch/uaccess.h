/* SPDX-License-Identifier: MIT */
/* Accesses that may fault: they return -EFAULT instead of stopping the machine. */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

/* Copies n bytes; 0, or -EFAULT when a byte cannot be read or written (those before it may have been
 * copied). */
int arch_copy_nofault(void *dst, const void *src, size_t n);

/* One access of `width` bytes (1, 2, 4, 8), as a device register needs it. 0, -EFAULT, -EINVAL for
 * another width. */
int arch_read_nofault(virt_addr_t addr, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t addr, unsigned width, uint64_t value);

#endif
