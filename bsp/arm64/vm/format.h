/* SPDX-License-Identifier: MIT */
/* The format of arm64's page tables, for the kernel and for tests on the host. */
#ifndef ARM64_VM_FORMAT_H
#define ARM64_VM_FORMAT_H

#include <keel/pagetable.h>

/* VMSAv8-64, 4 KiB granule, levels 0 to 3 of the architecture (ours count the other way). */
extern const struct pt_format pt_format_arm64;

#endif
