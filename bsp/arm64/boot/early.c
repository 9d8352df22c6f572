/* SPDX-License-Identifier: MIT */
/* Runs with the MMU off at the image's physical address: relocates the image for its virtual
 * address and builds the tables it starts on. Nothing here follows a pointer that the image
 * holds. */
#include "early.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <keel/vm.h>

extern char _image_start[], _image_end[], _idmap_start[];
extern const struct elf_rela __rela_start[], __rela_end[];

/* Where the image will run: chosen here, so that it may be a random choice one day. */
static virt_addr_t virt_base = KERNEL_VIRT_BASE;

phys_addr_t identity_root;

/* The image was linked for KERNEL_VIRT_BASE and lies at `image`: every pointer in it moves
 * along. */
static void relocate(phys_addr_t image, virt_addr_t base)
{
    for (const struct elf_rela *rela = __rela_start; rela < __rela_end; rela++) {
        uint64_t *place = (uint64_t *)(image + (rela->offset - KERNEL_VIRT_BASE));

        if (rela->info == R_AARCH64_RELATIVE) {
            *place = rela->addend - KERNEL_VIRT_BASE + base;
        }
    }
}

virt_addr_t early_main(phys_addr_t image)
{
    uint64_t size = (uint64_t)(_image_end - _image_start);
    phys_addr_t idmap = ALIGN_DOWN((phys_addr_t)_idmap_start, PAGE_SIZE);
    int err;

    image_phys = image;
    image_virt = image;
    relocate(image, virt_base);
    kernel_root = pt_alloc_page();
    identity_root = pt_alloc_page();
    err = pt_map(identity_root, idmap, idmap, PAGE_SIZE, VM_KERNEL_RX & ~VM_GLOBAL);
    if (err == 0) {
        err = pt_map(kernel_root, virt_base, image, size, VM_KERNEL_RW | VM_EXEC);
    }
    if (err != 0) {
        arch_halt();
    }
    image_virt = virt_base;
    return virt_base;
}
