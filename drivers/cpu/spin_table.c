/* SPDX-License-Identifier: MIT */
/* Starts CPUs that wait, MMU off, until an address stands where their node says (Devicetree
 * Specification v0.4, 3.8.1, cpu-release-addr). */
#define LOG_TAG "spin table"
#include <arch/cpu.h>
#include <arch/io.h>
#include <keel/cache.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/smp.h>
#include <keel/vm.h>

/* The word is written through the kernel's cached mapping and cleaned to memory: neither a line of the
 * cache nor a second memory type comes in its way. RAM that is not mapped is written as a device is. */
static int release(phys_addr_t at, phys_addr_t entry)
{
    phys_addr_t base;
    uint64_t size;
    void __iomem *word;

    if (memmap_mappable(at, &base, &size) && base <= at) {
        WRITE_ONCE(*(uint64_t *)phys_to_virt(at), entry);
        cache_flush(phys_to_virt(at), sizeof(entry));
    } else {
        word = vm_map_device(at, sizeof(entry), VM_DEVICE);
        if (!word) {
            return -ENOMEM;
        }
        mmio_write64(word, entry);
        mb();
    }
    arch_send_event();
    return 0;
}

static int spin_table_start(const struct cpu *cpu, phys_addr_t entry, phys_addr_t argument)
{
    uint64_t at;

    if (fdt_prop_number(&system_fdt, cpu->tree_node, "cpu-release-addr", &at) != 0) {
        return -EINVAL;
    }
    if (!IS_ALIGNED(at, sizeof(uint64_t)) || !memmap_is_firmwares(at, sizeof(uint64_t))) {
        log_warn("cpu-release-addr %#llx of CPU %u is no word of RAM that firmware has reserved",
                 (unsigned long long)at, cpu->index);
        return -EFAULT;
    }
    return release(at, entry);
}

CPU_START_METHOD(spin_table, .name = "spin table", .enable_method = "spin-table",
                 .start = spin_table_start);
