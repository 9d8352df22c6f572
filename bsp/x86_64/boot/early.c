/* SPDX-License-Identifier: MIT */
/* The first C: runs where the loader put the image, on the boot map, and moves it to its virtual
 * base. Until then nothing may follow an absolute pointer or use a tuned library routine. */
#include "boot.h"

#include <arch/cpuid.h>
#include <arch/layout.h>
#include <arch/pte.h>
#include <keel/vm.h>

#define R_X86_64_RELATIVE 8

/* ELF64 relocation with addend (System V ABI, Object Files, Relocation). */
struct elf_rela {
    uint64_t offset; /* address as linked */
    uint64_t info;
    uint64_t addend;
};

/* A pointer in a packed structure need not be aligned. */
typedef uint64_t __aligned(1) unaligned_u64;

extern char _image_start[], _image_end[];
extern const struct elf_rela __rela_start[], __rela_end[];
extern char boot_pml4[];

struct pte_limits pte_limits;
struct boot_handover boot_handover;

/* Where the image goes; linked there by default, any other place would do. */
static virt_addr_t virtual_base = KERNEL_VIRT_BASE;

/* Asks the CPU what page-table entries may hold, and switches no-execute on. */
static __no_stack_protector void find_pte_limits(void)
{
    uint32_t features = cpuid(CPUID_EXT_FEATURES, 0).edx;

    pte_limits.max_leaf = (features & CPUID_EXT_EDX_1GIB) != 0 ? 2 : 1;
    if ((features & CPUID_EXT_EDX_NX) != 0) {
        pte_limits.nx = PTE_NX;
        msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
    }
}

/* Makes every pointer in the image at `base` right for running at `virt`. */
static __no_stack_protector void relocate(phys_addr_t base, virt_addr_t virt)
{
    for (const struct elf_rela *rela = __rela_start; rela < __rela_end; rela++) {
        if ((uint32_t)rela->info != R_X86_64_RELATIVE) {
            boot_die("the image has a relocation that is not relative");
        }
        *(unaligned_u64 *)(base + (rela->offset - KERNEL_VIRT_BASE)) =
            rela->addend + (virt - KERNEL_VIRT_BASE);
    }
}

__no_stack_protector uint64_t early_main(uint32_t magic, uint32_t info, uint32_t base)
{
    if (!IS_ALIGNED(base, (uint32_t)PAGE_SIZE)) {
        boot_die("the image does not lie at a page boundary");
    }
    boot_handover = (struct boot_handover){.magic = magic, .info = info};
    find_pte_limits();
    relocate(base, virtual_base);
    image_phys = base;
    image_virt = base;
    kernel_root = (virt_addr_t)boot_pml4;
    if (pt_map(kernel_root, virtual_base, base, _image_end - _image_start,
               VM_READ | VM_WRITE | VM_EXEC) != 0) {
        boot_die("no room for the boot page tables");
    }
    image_virt = virtual_base;
    return virtual_base - base;
}
