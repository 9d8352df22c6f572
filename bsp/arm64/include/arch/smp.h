/* SPDX-License-Identifier: MIT */
/* Starting CPUs: the way from firmware to smp_secondary_main(). */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <keel/smp.h>
#include <keel/types.h>

/* The physical address that a start method has CPUs enter at, at EL2 or EL1, MMU off, DAIF masked. A
 * method need not hand over its argument: the CPU finds its struct secondary_boot by its affinity. */
phys_addr_t arch_smp_entry(void);

/* Fills boot->arch (the kernel's tables are at kernel_root) and makes all of boot visible to a CPU whose
 * MMU and caches are off; *argument = what the start method gives to that CPU. On the boot CPU, the rest
 * of boot is filled. 0, or -ENOMEM: the CPU cannot be started. */
int arch_smp_prepare(struct secondary_boot *boot, phys_addr_t *argument);

#endif
