/* SPDX-License-Identifier: MIT */
/* Accesses that may fault: they end with an error instead of a trap (see <keel/extable.h>). */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

/* Copies n bytes of kernel addresses that may not be mapped; 0 or -EFAULT, then dst may be partly
 * written. */
int arch_copy_nofault(void *dst, const void *src, size_t n);

/*
 * One access of `width` bytes (1, 2, 4 or 8), also to device registers; `va` must be a multiple of
 * it. 0, -EINVAL (width, alignment), -EFAULT (nothing there).
 */
int arch_read_nofault(virt_addr_t va, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t va, unsigned width, uint64_t value);

#endif
