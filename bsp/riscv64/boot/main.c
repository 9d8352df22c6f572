/* SPDX-License-Identifier: MIT */
/* The start at the virtual address: traps, what the firmware handed over, CPU features. */
#define LOG_TAG "boot"
#include "boot.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <arch/sbi.h>
#include <arch/trap.h>
#include <arch/uaccess.h>
#include <keel/alternative.h>
#include <keel/boot_info.h>
#include <keel/fdt.h>
#include <keel/kernel_main.h>
#include <keel/log.h>
#include <keel/percpu.h>
#include <keel/vm.h>

#define FDT_HEADER_SIZE 40ull /* Devicetree Specification 5.2 */

extern char _image_start[], _image_end[], boot_stack[], boot_stack_end[];

uint64_t boot_instret;
static uint64_t boot_hart;

uint64_t arch_boot_hart(void)
{
    return boot_hart;
}

/* Whether there is memory behind all of the tree, as far as it can be long. What it holds is checked
 * by those who read it. */
static bool tree_is_there(phys_addr_t fdt)
{
    const uint8_t *tree = arch_phys_to_virt(fdt);
    uint8_t header[8];
    uint64_t size;

    if (fdt == 0 || fdt >= DIRECT_MAP_SIZE - BOOT_FDT_WINDOW ||
        arch_copy_nofault(header, tree, sizeof(header)) != 0) {
        return false;
    }
    size = MIN(MAX((uint64_t)fdt_blob_size(header), FDT_HEADER_SIZE), BOOT_FDT_ALIGN);
    return arch_copy_nofault(header, tree + size - 1, 1) == 0;
}

/* The CPU as the tree tells; a broken tree tells nothing, and core says what is wrong with it. */
static void describe_cpu(phys_addr_t fdt)
{
    struct fdt tree;

    arch_identify_cpu(&boot_info.cpu);
    if (fdt != 0 && fdt_check(arch_phys_to_virt(fdt), BOOT_FDT_ALIGN, &tree) == 0) {
        arch_cpu_name(&tree, boot_info.cpu.name, sizeof(boot_info.cpu.name));
        arch_features_init(&tree);
    } else {
        arch_features_init(NULL);
    }
}

void boot_main(uint64_t hart, phys_addr_t fdt)
{
    boot_head.stack_low = (virt_addr_t)boot_stack;
    boot_head.stack_high = (virt_addr_t)boot_stack_end;
    arch_percpu_init(0, &boot_head);
    arch_trap_init();
    boot_hart = hart;
    boot_info.protocol = BOOT_LINUX_IMAGE;
    boot_info.image_base = image_phys;
    boot_info.image_size = _image_end - _image_start;
    if (tree_is_there(fdt)) {
        boot_info.fdt_base = fdt;
    } else {
        log_error("firmware names %#llx for the device tree: there is no memory in reach",
                  (unsigned long long)fdt);
    }
    describe_cpu(boot_info.fdt_base);
    alternatives_apply();
    kernel_main();
}
