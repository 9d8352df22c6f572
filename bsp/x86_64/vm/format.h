/* SPDX-License-Identifier: MIT */
/* The formats of x86_64's page tables, for the kernel and for tests on the host. */
#ifndef X86_64_VM_FORMAT_H
#define X86_64_VM_FORMAT_H

#include <keel/pagetable.h>

/* Four levels; the second for CPUs without 1 GiB pages. */
extern const struct pt_format pt_format_x86_64;
extern const struct pt_format pt_format_x86_64_2m;

/* Extended page tables: from a guest's physical addresses to the host's. */
extern const struct pt_format pt_format_ept;

#endif
