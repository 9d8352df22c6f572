/* SPDX-License-Identifier: MIT */
/* Learns from the tree what RAM there is and what of it is taken. */
#define LOG_TAG "memory"
#include <arch/layout.h>
#include <keel/aspace.h>
#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/kasan.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/numa.h>
#include <keel/panic.h>
#include <keel/pmm.h>
#include <keel/subsystem.h>
#include <keel/vdso_image.h>
#include <keel/vm.h>
#include <keel/vmo.h>

extern char _image_start[], _image_end[];

/* A reservation that cannot be kept would let its memory be handed out: that ends the boot. */
static void reserve(phys_addr_t base, uint64_t size, const char *why, unsigned flags)
{
    int err = memmap_reserve(base, size, why, flags);

    if (err != 0) {
        panic("too many memory reservations: no room for %s", why);
    }
}

/* RAM the CPU cannot address or the direct map cannot hold stays unused. */
static uint64_t addressable_part(phys_addr_t base, uint64_t size)
{
    uint64_t limit = MIN(1ull << arch_phys_bits(), (uint64_t)DIRECT_MAP_SIZE);

    if (base >= limit || size > limit - base) {
        log_warn("RAM at %#llx, %#llx bytes: only addresses below %#llx can be used",
                 (unsigned long long)base, (unsigned long long)size, (unsigned long long)limit);
        return base >= limit ? 0 : limit - base;
    }
    return size;
}

static void add_banks(void)
{
    struct fdt_region bank = {0};

    while (fdt_memory_next(&system_fdt, &bank) == 0) {
        int err = memmap_add_ram(bank.base, addressable_part(bank.base, bank.size));

        if (err != 0) {
            log_warn("RAM bank %#llx, %#llx bytes: %s, ignored", (unsigned long long)bank.base,
                     (unsigned long long)bank.size,
                     err == -ENOSPC ? "too many banks" : "impossible range");
        }
    }
}

static void reserve_announced(void)
{
    struct fdt_region region = {0};
    phys_addr_t base;
    uint64_t size;

    for (unsigned i = 0; fdt_memreserve(&system_fdt, i, &base, &size) == 0; i++) {
        reserve(base, size, "memreserve", MEMMAP_FIRMWARE);
    }
    while (fdt_reserved_next(&system_fdt, &region) == 0) {
        if (!region.reusable) {
            reserve(region.base, region.size, fdt_name(&system_fdt, region.node),
                    MEMMAP_FIRMWARE | (region.no_map ? MEMMAP_NOMAP : 0));
        }
    }
}

/* What the boot loader put into RAM stays where it is; what it claims to have put elsewhere is
 * not there. */
static bool reserve_file(phys_addr_t base, uint64_t size, const char *why)
{
    if (size == 0) {
        return false;
    }
    if (!memmap_is_ram(base, size)) {
        log_error("%s at %#llx, %#llx bytes, lies outside RAM, ignored", why,
                  (unsigned long long)base, (unsigned long long)size);
        return false;
    }
    reserve(base, size, why, 0);
    return true;
}

static void reserve_loaded(void)
{
    if (boot_info.initrd_size == 0 &&
        fdt_initrd(&system_fdt, &boot_info.initrd_base, &boot_info.initrd_size) == -EPROTO) {
        log_error("the tree's initrd ends before it starts, ignored");
    }
    if (!reserve_file(boot_info.initrd_base, boot_info.initrd_size, "initrd")) {
        boot_info.initrd_size = 0;
    }
    for (unsigned i = 0; i < boot_info.module_count; i++) {
        struct boot_module *module = &boot_info.modules[i];

        if (module->base == boot_info.initrd_base && module->size == boot_info.initrd_size) {
            continue; /* the first module is the initrd */
        }
        if (!reserve_file(module->base, module->size, "module")) {
            module->size = 0;
        }
    }
}

/* Whether the tree lies by itself, not in the image. */
static bool tree_is_apart(void)
{
    return (virt_addr_t)system_fdt.blob - image_virt >= (uint64_t)(_image_end - _image_start);
}

/* The kernel and the tree it runs on; pages of the image are reached through the image alone. */
static void reserve_kernel(void)
{
    uint64_t size = _image_end - _image_start;

    if (!memmap_is_ram(image_phys, size)) {
        log_warn("the kernel at %#llx lies outside the RAM that was announced",
                 (unsigned long long)image_phys);
    }
    reserve(image_phys, size, "kernel", MEMMAP_NOMAP);
    if (!tree_is_apart()) {
        return;
    }
    if (!memmap_is_ram(boot_info.fdt_base, system_fdt.size)) {
        log_warn("the device tree at %#llx lies outside the RAM that it announces",
                 (unsigned long long)boot_info.fdt_base);
    }
    reserve(boot_info.fdt_base, system_fdt.size, "device tree", 0);
}

static int memory_init(void)
{
    add_banks();
    if (memmap_ram_bytes() == 0) {
        panic("the device tree announces no usable RAM");
    }
    reserve_kernel();
    reserve_announced();
    reserve_loaded();
    if (memmap_free_bytes() == 0) {
        panic("all RAM is reserved: nothing is left for the kernel");
    }
    numa_init();
    return 0;
}

SUBSYSTEM(memory, .name = "physical memory", .early_init = memory_init,
          .privilege = PRIVILEGE_KERNEL, .deps = {"device tree", "console"});

static int space_init(void)
{
    log_info("image %#lx, direct map %#llx, mapping area %#llx", image_virt,
             (unsigned long long)(virt_addr_t)arch_phys_to_virt(0),
             (unsigned long long)(virt_addr_t)KMAP_BASE);
    return 0;
}

SUBSYSTEM(space, .name = "virtual memory", .early_init = space_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"physical memory"});

static int tables_init(void)
{
    int err = vm_init();

    if (err == 0 && tree_is_apart()) {
        err = vm_map_unlisted(boot_info.fdt_base, system_fdt.size);
    }
    return err;
}

SUBSYSTEM(tables, .name = "page tables", .early_init = tables_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"virtual memory"});

/* All RAM is in the direct map by now. */
static int pages_init(void)
{
    struct pmm_stats stats;
    int err;

    memmap_verify();
    kasan_init();
    err = pmm_init();
    if (err == 0) {
        pmm_get_stats(&stats);
        log_info("%llu of %llu frames free, %u nodes", (unsigned long long)stats.free,
                 (unsigned long long)stats.total, numa_nodes());
    }
    return err;
}

SUBSYSTEM(pages, .name = "page allocator", .early_init = pages_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"page tables"});

static int objects_init(void)
{
    int err = vmo_init();

    if (err == 0) {
        err = aspace_init();
    }
    return err != 0 ? err : vdso_init();
}

SUBSYSTEM(objects, .name = "memory objects", .early_init = objects_init,
          .privilege = PRIVILEGE_KERNEL, .deps = {"heap"});
