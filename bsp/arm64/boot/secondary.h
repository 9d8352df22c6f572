/* SPDX-License-Identifier: MIT */
/* What a CPU that starts reads before its MMU is on. */
#ifndef ARM64_BOOT_SECONDARY_H
#define ARM64_BOOT_SECONDARY_H

#include <keel/percpu.h>
#include <keel/smp.h>

/* In struct secondary_boot.arch: roots of the tables, where to go on. */
enum {
    SECONDARY_BOOT_LOW_ROOT,
    SECONDARY_BOOT_HIGH_ROOT,
    SECONDARY_BOOT_HIGH,
};

/* Who has which struct secondary_boot; address 0: nobody yet. */
struct secondary_entry {
    uint64_t affinity; /* as MPIDR_EL1 has it */
    phys_addr_t boot;
};

_Static_assert(sizeof(struct secondary_entry) == 16, "boot/secondary.S");

extern struct secondary_entry secondary_table[CPUS_MAX];

/* C's first steps, on the CPU that starts. */
__noreturn void secondary_main(struct secondary_boot *boot);

#endif
