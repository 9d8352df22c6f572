/* SPDX-License-Identifier: MIT */
/* What a CPU needs to start, and its first steps in C. */
#include "secondary.h"

#include "../trap/trap.h"
#include "early.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <keel/cache.h>
#include <keel/errno.h>
#include <keel/vm.h>

extern char secondary_entry[], secondary_high[];

struct secondary_entry secondary_table[CPUS_MAX] __aligned(64);

phys_addr_t arch_smp_entry(void)
{
    return virt_to_phys(secondary_entry);
}

/* All of it is read past the caches. The table's entry is written last: a CPU may be looking already. */
int arch_smp_prepare(struct secondary_boot *boot, phys_addr_t *argument)
{
    struct secondary_entry *entry = &secondary_table[boot->index];

    if (trap_new_emergency_stack((unsigned)boot->index) != 0) {
        return -ENOMEM;
    }
    boot->arch[SECONDARY_BOOT_LOW_ROOT] = identity_root;
    boot->arch[SECONDARY_BOOT_HIGH_ROOT] = kernel_root;
    boot->arch[SECONDARY_BOOT_HIGH] = (virt_addr_t)secondary_high;
    cache_clean(boot, sizeof(*boot));
    entry->affinity = cpu_info((unsigned)boot->index)->hw_id;
    cache_clean(entry, sizeof(*entry));
    WRITE_ONCE(entry->boot, virt_to_phys(boot));
    cache_clean(entry, sizeof(*entry));
    *argument = virt_to_phys(boot);
    return 0;
}

/* A CPU that lacks what the kernel's code was patched for must not run it: it stays away, and the boot
 * CPU says that it did not come. */
void secondary_main(struct secondary_boot *boot)
{
    arch_percpu_init((unsigned)boot->index, boot->head);
    arch_trap_init();
    if (!arch_features_suffice()) {
        arch_halt();
    }
    arch_features_enable();
    mmu_enter();
    smp_secondary_main(boot);
}
