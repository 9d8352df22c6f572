/* SPDX-License-Identifier: MIT */
/* The host tests' guarded accesses: the test says whether they fault. */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

int arch_read_nofault(virt_addr_t va, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t va, unsigned width, uint64_t value);

#endif
