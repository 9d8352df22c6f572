/* SPDX-License-Identifier: MIT */
/* The port's part of the boot at the virtual address: vectors, boot information, CPU features. */
#define LOG_TAG "entry"
#include "early.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <arch/uaccess.h>
#include <keel/alternative.h>
#include <keel/boot_info.h>
#include <keel/fdt.h>
#include <keel/kernel_main.h>
#include <keel/log.h>
#include <keel/percpu.h>
#include <keel/vm.h>

/* Bytes of a tree's header, at most: mapped whatever it says of itself. */
#define HEADER_MAX 64u

extern char _image_start[], _image_end[], boot_stack[], boot_stack_end[];

static bool map_direct(phys_addr_t from, phys_addr_t to)
{
    return from >= to || pt_map(kernel_root, (virt_addr_t)arch_phys_to_virt(from), from, to - from,
                                VM_KERNEL_RO) == 0;
}

/* True when the page can be read: addresses behind which there is nothing answer with an abort. */
static bool readable(phys_addr_t page)
{
    uint64_t word;

    return arch_read_nofault((virt_addr_t)arch_phys_to_virt(page), sizeof(word), &word) == 0;
}

/*
 * Enters the tree into the direct map, its pages and no others. False when there is no memory where
 * the loader said it would be.
 */
static bool map_tree(phys_addr_t fdt)
{
    uint8_t header[8];
    phys_addr_t first = ALIGN_DOWN(fdt, PAGE_SIZE);
    phys_addr_t next = first + PAGE_SIZE;
    phys_addr_t end;

    if (fdt == 0 || fdt >= DIRECT_MAP_SIZE - BOOT_TREE_MAX || fdt >> arch_phys_bits() != 0 ||
        !map_direct(first, next) ||
        arch_copy_nofault(header, arch_phys_to_virt(fdt), sizeof(header)) != 0) {
        return false;
    }
    end = fdt + MIN(MAX((uint64_t)fdt_blob_size(header), HEADER_MAX), BOOT_TREE_MAX);
    return map_direct(next, ALIGN_UP(end, PAGE_SIZE)) &&
           (end <= next || readable(ALIGN_DOWN(end - 1, PAGE_SIZE)));
}

__noreturn void arch_boot_main(phys_addr_t fdt)
{
    boot_head.stack_low = (virt_addr_t)boot_stack;
    boot_head.stack_high = (virt_addr_t)boot_stack_end;
    arch_percpu_init(0, &boot_head);
    arch_trap_init();
    boot_info.protocol = BOOT_LINUX_IMAGE;
    boot_info.image_base = image_phys;
    boot_info.image_size = (uint64_t)(_image_end - _image_start);
    if (map_tree(fdt)) {
        boot_info.fdt_base = fdt;
    } else {
        log_error("x0 says that a device tree is at %#lx: nothing can be read there", fdt);
    }
    arch_identify_cpu(&boot_info.cpu);
    arch_features_init(NULL);
    alternatives_apply();
    arch_features_enable();
    kernel_main();
}
