/* SPDX-License-Identifier: MIT */
/* Between the files of the riscv64 port's start. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <keel/types.h>

/* How much from the 2 MiB boundary below the device tree on is mapped: a tree has at most 2 MiB. */
#define BOOT_FDT_ALIGN  (2ull << 20)
#define BOOT_FDT_WINDOW (2 * BOOT_FDT_ALIGN)

/* With the MMU off: relocates the image, makes the first tables and switches to them. Returns how
 * far the image's virtual address lies above its physical one. */
uint64_t boot_early(phys_addr_t fdt);

/* At the virtual address: fills boot_info, sets the CPU up and enters the portable kernel. */
__noreturn void boot_main(uint64_t hart, phys_addr_t fdt);

/* Indices of the words that are the port's in struct secondary_boot. */
enum secondary_boot_word {
    SECONDARY_BOOT_SATP,
    SECONDARY_BOOT_HIGH,  /* where to go on at virtual addresses */
    SECONDARY_BOOT_TRAPS, /* the hart's struct trap_stack */
};

struct secondary_boot;

/* At the virtual address, on the stack of the hart's first thread. */
__noreturn void secondary_main(struct secondary_boot *boot);

/* Reports a trap that came before the kernel's own handler was in place. */
void boot_trap_report(uint64_t cause, virt_addr_t pc, virt_addr_t value);

/* Says on firmware's console why the boot cannot go on, and stops. */
__noreturn void boot_fail(const char *why);

#endif
