/* SPDX-License-Identifier: MIT */
/* Prepares what a CPU starts with, and its first steps in C. */
#include "trampoline.h"

#include "../trap/trap.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/mmu.h>
#include <arch/pte.h>
#include <arch/pte_bits.h>
#include <arch/smp.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/percpu.h>
#include <keel/string.h>
#include <keel/vm.h>

#define TABLES       0 /* in secondary_boot.arch: struct cpu_tables */
#define ROOT_ENTRIES 512u
#define KERNEL_FIRST 256u

#define FLAT_CODE32  0x00cf9b000000ffffull
#define FLAT_DATA    0x00cf93000000ffffull
#define FLAT_CODE64  0x00af9b000000ffffull

phys_addr_t trampoline_phys;

struct secondary_entry secondary_table[CPUS_MAX];
uint32_t secondary_count;

phys_addr_t arch_smp_entry(void)
{
    return trampoline_phys;
}

/* The root used on the way is the kernel's in the upper half. Below, it is a table of every level of
 * itself by its first entry, and as one of the last level it maps the trampoline where it is. */
static void fill_tables(uint64_t *root, phys_addr_t root_phys)
{
    const uint64_t *kernel = phys_to_virt(kernel_root);

    memset(root, 0, PAGE_SIZE);
    memcpy(root + KERNEL_FIRST, kernel + KERNEL_FIRST,
           (ROOT_ENTRIES - KERNEL_FIRST) * sizeof(*root));
    root[0] = root_phys | PTE_P_RW_A;
    root[trampoline_phys >> PAGE_SHIFT] = trampoline_phys | PTE_P_RW_A;
}

static void fill_args(struct trampoline_args *args)
{
    uint32_t base = (uint32_t)trampoline_phys;

    *args = (struct trampoline_args){
        .gdt = {0, FLAT_CODE32, FLAT_DATA, FLAT_CODE64},
        .gdt_limit = sizeof(args->gdt) - 1,
        .gdt_base = base + TRAMPOLINE_ARGS,
        .far32_offset = base + (uint32_t)(trampoline_32 - trampoline_start),
        .far32_selector = TRAMPOLINE_CODE32,
        .far64_offset = base + (uint32_t)(trampoline_64 - trampoline_start),
        .far64_selector = TRAMPOLINE_CODE64,
        .tables = base + PAGE_SIZE,
        .efer = EFER_LME | (pte_limits.nx != 0 ? EFER_NXE : 0),
        .high = (virt_addr_t)secondary_high,
    };
}

/* Fills the two pages that the memory map has set aside, once. */
static int fill_trampoline(void)
{
    static bool filled;
    uint8_t *page;

    if (filled || trampoline_phys == 0) {
        return filled ? 0 : -ENOTSUP;
    }
    page = (__force uint8_t *)vm_map_device(trampoline_phys, TRAMPOLINE_SIZE, VM_CACHED);
    if (page == NULL) {
        return -ENOMEM;
    }
    memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    fill_args((struct trampoline_args *)(page + TRAMPOLINE_ARGS));
    fill_tables((uint64_t *)(page + PAGE_SIZE), trampoline_phys + PAGE_SIZE);
    filled = true;
    return 0;
}

int arch_smp_prepare(struct secondary_boot *boot, phys_addr_t *argument)
{
    struct cpu_tables *tables;
    int status = fill_trampoline();

    if (status != 0) {
        return status;
    }
    tables = kmalloc_aligned(sizeof(*tables), CPU_TABLES_ALIGN);
    if (tables == NULL) {
        return -ENOMEM;
    }
    boot->arch[TABLES] = (virt_addr_t)tables;
    secondary_table[secondary_count] =
        (struct secondary_entry){.apic_id = cpu_info((unsigned)boot->index)->hw_id, .boot = boot};
    __atomic_store_n(&secondary_count, secondary_count + 1, __ATOMIC_RELEASE);
    *argument = virt_to_phys(boot);
    return 0;
}

void secondary_main(struct secondary_boot *boot)
{
    arch_percpu_init((unsigned)boot->index, boot->head);
    trap_init_cpu((unsigned)boot->index, (struct cpu_tables *)boot->arch[TABLES]);
    if (!arch_features_suffice()) {
        arch_halt();
    }
    arch_features_start_cpu();
    arch_mmu_init();
    smp_secondary_main(boot);
}
