/* SPDX-License-Identifier: MIT */
/* What the steps of the boot hand to each other. */
#ifndef ARM64_BOOT_EARLY_H
#define ARM64_BOOT_EARLY_H

#include <keel/types.h>

#define R_AARCH64_RELATIVE 1027

/* An entry of .rela.dyn (ELF64 Elf64_Rela). */
struct elf_rela {
    uint64_t offset;
    uint64_t info;
    uint64_t addend;
};

_Static_assert(sizeof(struct elf_rela) == 24, "Elf64_Rela");

/* Root of the low half's boot tables: the pages of .idmap.text, mapped to themselves. */
extern phys_addr_t identity_root;

/* Relocates the image that lies at `image` and builds the boot tables; the virtual address it will
 * run at. From entry.S, MMU off. */
virt_addr_t early_main(phys_addr_t image);

/* The start of C at the virtual address, on the boot stack; `fdt` is the device tree's address
 * as the loader gave it. */
__noreturn void arch_boot_main(phys_addr_t fdt);

#endif
