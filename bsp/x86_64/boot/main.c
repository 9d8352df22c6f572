/* SPDX-License-Identifier: MIT */
/* The port's first steps at the virtual address: what the loader told becomes boot_info. */
#define LOG_TAG "boot"
#include "boot.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <arch/trap.h>
#include <keel/alternative.h>
#include <keel/errno.h>
#include <keel/kernel_main.h>
#include <keel/log.h>
#include <keel/percpu.h>
#include <keel/vm.h>

extern char _image_start[], _image_end[], boot_stack[], boot_stack_end[];

/* The counter on entry, written by assembly in builds for benches. */
uint64_t boot_tsc;

/* The BIOS' own memory: the vectors and its data, which also say where its extended data starts, and
 * from there to 1 MiB everything up to the ROMs. Behind its data loaders lay out what they hand over; QEMU's PVH
 * loader writes the lower halves of its addresses only, which is wrong after a restart unless we leave that alone. */
#define BIOS_DATA_END     0x10000
#define BIOS_EBDA_SEGMENT 0x40e
#define BIOS_EBDA_LOWEST  0x20000
#define LEGACY_VIDEO      0xa0000
#define LEGACY_END        0x100000

static const char *parse_error(int err)
{
    switch (err) {
    case -EINVAL:
        return "nothing by the Multiboot2 or PVH protocol was handed over";
    case -ERANGE:
        return "what the boot loader handed over lies out of reach, above 4 GiB";
    default:
        return "what the boot loader handed over is malformed";
    }
}

/* QEMU's PVH loader has room for 4 KiB of command line and its own structure behind that: a longer
 * line leaves text where the structure was. */
static bool overwritten_by_text(const struct phys_view *view)
{
    const uint8_t *bytes = phys_view_at(view, boot_handover.info, sizeof(uint64_t));

    for (size_t i = 0; bytes != NULL && i < sizeof(uint64_t); i++) {
        if (bytes[i] < ' ' || bytes[i] > '~') {
            return false;
        }
    }
    return bytes != NULL;
}

/* Reads the loader's structures; without a memory map there is nothing to run in. */
static void read_handover(void)
{
    struct phys_view view = {.bytes = arch_phys_to_virt(0), .size = BOOT_MAP_SIZE};
    bool multiboot2 = boot_handover.magic == MULTIBOOT2_BOOT_MAGIC;
    int err = multiboot2 ? multiboot2_parse(&view, boot_handover.info, &boot_info)
                         : pvh_parse(&view, boot_handover.info, &boot_info);

    if (err == -EINVAL && overwritten_by_text(&view)) {
        boot_die("a command line of more than 4 KiB overwrote what the boot loader handed over");
    }
    if (err != 0) {
        boot_die(parse_error(err));
    }
}

static void report_region(const struct mem_region *region, const char *what)
{
    log_warn("memory map: %#llx bytes at %#llx, type %u: %s", (unsigned long long)region->size,
             (unsigned long long)region->base, region->type, what);
}

/* Below 1 MiB the firmware keeps things that no memory map speaks of. */
static void reserve_low_memory(void)
{
    uint16_t segment = *(const volatile uint16_t *)arch_phys_to_virt(BIOS_EBDA_SEGMENT);
    phys_addr_t ebda = ALIGN_DOWN((phys_addr_t)segment << 4, (phys_addr_t)PAGE_SIZE);

    if (ebda < BIOS_EBDA_LOWEST || ebda > LEGACY_VIDEO) {
        ebda = LEGACY_VIDEO;
    }
    boot_add_region(&boot_info, 0, BIOS_DATA_END, MEM_RESERVED);
    boot_add_region(&boot_info, ebda, LEGACY_END - ebda, MEM_RESERVED);
}

static bool has_ram(void)
{
    for (uint32_t i = 0; i < boot_info.region_count; i++) {
        if (boot_info.regions[i].type == MEM_RAM) {
            return true;
        }
    }
    return false;
}

static bool holds_module(phys_addr_t base, uint64_t size)
{
    for (uint32_t i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.modules[i];

        if (module->base < base + size && base < module->base + module->size) {
            return true;
        }
    }
    return false;
}

/* Sets the highest pages below the BIOS' own memory aside for CPUs to start in. */
static void reserve_trampoline(void)
{
    for (uint32_t i = 0; i < boot_info.region_count; i++) {
        const struct mem_region *region = &boot_info.regions[i];
        phys_addr_t end = ALIGN_DOWN(region->base + region->size, (phys_addr_t)PAGE_SIZE);

        if (region->type == MEM_RAM && end <= LEGACY_VIDEO &&
            region->base + TRAMPOLINE_SIZE <= end &&
            !holds_module(end - TRAMPOLINE_SIZE, TRAMPOLINE_SIZE)) {
            trampoline_phys = end - TRAMPOLINE_SIZE;
        }
    }
    if (trampoline_phys != 0) {
        boot_add_region(&boot_info, trampoline_phys, TRAMPOLINE_SIZE, MEM_RESERVED);
    }
}

static void settle_memory_map(void)
{
    if (boot_info.region_count == 0) {
        boot_die("the boot loader gave no memory map");
    }
    boot_map_clean(&boot_info, arch_phys_bits(), report_region);
    reserve_low_memory();
    boot_map_clean(&boot_info, arch_phys_bits(), NULL);
    reserve_trampoline();
    boot_map_clean(&boot_info, arch_phys_bits(), NULL);
    if (!has_ram()) {
        boot_die("the boot loader's memory map has no RAM in it");
    }
}

/* The first module that is no device tree is the initial ramdisk. */
static void take_modules(void)
{
    for (uint32_t i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.modules[i];

        if (boot_info.initrd_size == 0 && !boot_module_is_tree(module)) {
            boot_info.initrd_base = module->base;
            boot_info.initrd_size = module->size;
        }
    }
}

__noreturn __no_stack_protector void arch_boot_main(void)
{
    boot_head.stack_low = (virt_addr_t)boot_stack;
    boot_head.stack_high = (virt_addr_t)boot_stack_end;
    arch_percpu_init(0, &boot_head);
    arch_trap_init();
    arch_features_init(NULL);
    arch_mmu_init();
    alternatives_apply();
    if (!cpu_has(CPU_FEATURE_NX)) {
        log_warn("this CPU has no no-execute pages: data can be executed");
    }
    boot_info.image_base = image_phys;
    boot_info.image_size = (uint64_t)(_image_end - _image_start);
    arch_identify_cpu(&boot_info.cpu);
    read_handover();
    settle_memory_map();
    take_modules();
    boot_make_tree();
    kernel_main();
}
