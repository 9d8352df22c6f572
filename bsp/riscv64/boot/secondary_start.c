/* SPDX-License-Identifier: MIT */
/* What a hart needs to start, and its first steps in C. */
#include "../trap/trap_stack.h"
#include "boot.h"

#include <arch/mmu.h>
#include <arch/smp.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/percpu.h>
#include <keel/vm.h>

extern char secondary_entry[], secondary_high[];

phys_addr_t arch_smp_entry(void)
{
    return virt_to_phys(secondary_entry);
}

/* Harts see each other's writes whatever their MMUs do. */
int arch_smp_prepare(struct secondary_boot *boot, phys_addr_t *argument)
{
    struct trap_stack *traps = trap_stack_new();

    if (!traps) {
        return -ENOMEM;
    }
    boot->arch[SECONDARY_BOOT_SATP] = mmu_satp(kernel_root);
    boot->arch[SECONDARY_BOOT_HIGH] = (virt_addr_t)secondary_high;
    boot->arch[SECONDARY_BOOT_TRAPS] = (virt_addr_t)traps;
    *argument = virt_to_phys(boot);
    return 0;
}

void secondary_main(struct secondary_boot *boot)
{
    arch_percpu_init((unsigned)boot->index, boot->head);
    trap_init_hart((struct trap_stack *)boot->arch[SECONDARY_BOOT_TRAPS]);
    smp_secondary_main(boot);
}
