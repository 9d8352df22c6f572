/* SPDX-License-Identifier: MIT */
/* What machine this is, a line for each fact, as the kernel found it. */
#define LOG_TAG "report"
#include "boot.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <keel/boot_info.h>
#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/pmm.h>

static void report_cpu(void)
{
    const struct cpu_identity *cpu = &boot_info.cpu;

    log_info("CPU: %s %s, id %#llx, hardware id %#llx", cpu->vendor, cpu->name,
             (unsigned long long)cpu->id, (unsigned long long)cpu->hw_id);
}

static void report_tree(void)
{
    log_info("device tree: %u bytes, %u nodes, version %u", system_fdt.size, system_fdt.node_count,
             system_fdt.version);
}

static void report_memory(void)
{
    struct pmm_stats stats;
    phys_addr_t base;
    uint64_t size;

    for (unsigned int i = 0; memmap_ram(i, &base, &size); i++) {
        log_info("RAM: %#llx to %#llx, %llu KiB", (unsigned long long)base,
                 (unsigned long long)(base + size - 1), (unsigned long long)(size >> 10));
    }
    pmm_get_stats(&stats);
    log_info("frames: %llu free of %llu, %lu bytes each", (unsigned long long)stats.free,
             (unsigned long long)(memmap_ram_bytes() >> PAGE_SHIFT), (unsigned long)PAGE_SIZE);
}

static void report_heap(void)
{
    struct heap_stats stats;

    heap_get_stats(&stats);
    log_info("heap: %llu KiB, %llu bytes of them in use by %llu blocks",
             (unsigned long long)stats.bytes_held >> 10, (unsigned long long)stats.bytes_used,
             (unsigned long long)stats.blocks_used);
}

static void report_loaded(void)
{
    if (boot_info.initrd_size != 0) {
        log_info("initrd: %#llx, %llu bytes", (unsigned long long)boot_info.initrd_base,
                 (unsigned long long)boot_info.initrd_size);
    }
    for (uint32_t i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.modules[i];

        log_info("module: %#llx, %llu bytes, %s", (unsigned long long)module->base,
                 (unsigned long long)module->size, module->name);
    }
}

void boot_report(void)
{
    report_cpu();
    report_tree();
    report_memory();
    report_heap();
    report_loaded();
    log_info("vector table: %#llx", (unsigned long long)arch_trap_vectors());
    irq_report();
    log_info("timer: the CPU's counter runs at %llu Hz", (unsigned long long)clock_hz());
}
