/* SPDX-License-Identifier: MIT */
/* The formats of riscv64's page tables, for the kernel and for tests on the host. */
#ifndef RISCV64_VM_FORMAT_H
#define RISCV64_VM_FORMAT_H

#include <keel/pagetable.h>

/* Three and four levels. */
extern const struct pt_format pt_format_sv39;
extern const struct pt_format pt_format_sv48;

#endif
