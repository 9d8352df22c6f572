/* SPDX-License-Identifier: MIT */
/* Runs with the MMU off, wherever the image was put: relocation, the choice between Sv39 and Sv48,
 * and the tables to leave this state with. */
#include "boot.h"

#include <arch/csr.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/pte.h>
#include <arch/sbi.h>
#include <keel/vm.h>

#define R_RISCV_RELATIVE 3

#define SV48_ROOT_SHIFT  39 /* an entry of Sv48's root table covers 512 GiB */
#define PROBE_ENTRIES    (PAGE_SIZE / sizeof(pte_t))

struct rela {
    uint64_t offset;
    uint64_t info;
    uint64_t addend;
};
_Static_assert(sizeof(struct rela) == 24, "Elf64_Rela");

extern char _image_start[], _image_end[];
extern const struct rela __rela_start[], __rela_end[];

/* Sv39's map, which every CPU with an MMU has, until Sv48 turns out to be there. */
struct arch_layout arch_layout = {
    .levels = 3,
    .direct_map = 0xffffffc000000000,
    .direct_map_size = 128ull << 30,
    .kmap = 0xffffffe000000000,
    .user_top = 1ull << 38,
};

static const struct arch_layout sv48_layout = {
    .levels = 4,
    .direct_map = 0xffff800000000000,
    .direct_map_size = 64ull << 40,
    .kmap = 0xffffc00000000000,
    .user_top = 1ull << 47,
};

/* Where the image shall run: any 2 MiB boundary in the top 2 GiB. */
static virt_addr_t kernel_virt_base = KERNEL_VIRT_BASE;

/* A root table for the probe: one entry maps everything around us onto itself. */
static pte_t probe_root[PROBE_ENTRIES] __aligned(PAGE_SIZE);

/* Writes every pointer in the image for its virtual base. */
static void relocate(void)
{
    uint64_t slide = kernel_virt_base - KERNEL_VIRT_BASE;

    for (const struct rela *r = __rela_start; r < __rela_end; r++) {
        if (r->info != R_RISCV_RELATIVE) {
            boot_fail("the image holds a relocation of another kind than RELATIVE");
        }
        *(uint64_t *)(image_phys + (r->offset - KERNEL_VIRT_BASE)) = r->addend + slide;
    }
}

/* Whether satp takes a mode: a write of one that the CPU does not have changes nothing. */
static bool satp_takes(uint64_t mode, phys_addr_t root)
{
    uint64_t wanted = mode << SATP_MODE_SHIFT | root >> PAGE_SHIFT;
    bool taken;

    arch_tlb_flush_here();
    csr_write(satp, wanted);
    taken = csr_read(satp) == wanted;
    csr_write(satp, 0);
    arch_tlb_flush_here();
    return taken;
}

/* Sv48 where there is, with a 512 GiB leaf around the running code while we ask. */
static void choose_mode(void)
{
    uint64_t index = image_phys >> SV48_ROOT_SHIFT;

    if (index >= PROBE_ENTRIES / 2) {
        return;
    }
    probe_root[index] = arch_pte_leaf(index << SV48_ROOT_SHIFT, 3, VM_READ | VM_WRITE | VM_EXEC);
    if (satp_takes(SATP_MODE_SV48, (phys_addr_t)probe_root)) {
        arch_layout = sv48_layout;
    }
}

/* The image at both of its addresses and the device tree; enough to get to vm_init() with. */
static int map_boot(phys_addr_t fdt)
{
    uint64_t size = _image_end - _image_start;
    phys_addr_t window = ALIGN_DOWN(fdt, BOOT_FDT_ALIGN);
    uint32_t all = VM_READ | VM_WRITE | VM_EXEC;
    int err = pt_map(kernel_root, image_phys, image_phys, size, all);

    if (err == 0) {
        err = pt_map(kernel_root, kernel_virt_base, image_phys, size, all | VM_GLOBAL);
    }
    if (err == 0 && fdt < DIRECT_MAP_SIZE - BOOT_FDT_WINDOW) {
        err = pt_map(kernel_root, (virt_addr_t)arch_phys_to_virt(window), window, BOOT_FDT_WINDOW,
                     VM_KERNEL_RW);
    }
    return err;
}

uint64_t boot_early(phys_addr_t fdt)
{
    image_phys = (phys_addr_t)_image_start;
    image_virt = image_phys;
    if (!IS_ALIGNED(image_phys, 2ull << 20)) {
        boot_fail("the image must lie at a multiple of 2 MiB");
    }
    relocate();
    choose_mode();
    if (image_phys >= USER_TOP) {
        boot_fail("the image lies too high for this CPU's page tables");
    }
    kernel_root = pt_alloc_page();
    if (map_boot(fdt) != 0) {
        boot_fail("no room for the first page tables");
    }
    arch_mmu_switch(kernel_root);
    if (csr_read(satp) == 0) {
        boot_fail("the CPU has neither Sv39 nor Sv48 paging");
    }
    image_virt = kernel_virt_base;
    return kernel_virt_base - image_phys;
}
