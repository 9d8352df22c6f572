/* SPDX-License-Identifier: MIT */
/* Starting CPUs: the way from a start-up interrupt to smp_secondary_main(). */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include <keel/smp.h>
#include <keel/types.h>

/* Two pages below 640 KiB that the memory map keeps free for CPUs to start in; 0: there was no room. Set
 * at boot, before the map is used. */
#define TRAMPOLINE_SIZE 0x2000ul
extern phys_addr_t trampoline_phys;

/* The physical address that a start method has CPUs enter at, in real mode. There they find their struct
 * secondary_boot by their APIC id. */
phys_addr_t arch_smp_entry(void);

/* Fills boot->arch (the kernel's tables are at kernel_root) and makes all of boot visible to a CPU whose
 * MMU and caches are off; *argument = what the start method gives to that CPU. On the boot CPU, the rest
 * of boot is filled. 0, or -ENOTSUP, -ENOMEM: the CPU cannot be started. */
int arch_smp_prepare(struct secondary_boot *boot, phys_addr_t *argument);

#endif
