/* SPDX-License-Identifier: MIT */
/* Makes the machine's device tree: the one built in, or one that the loader brought along,
 * completed by the memory map and the ACPI tables. */
#define LOG_TAG "tree"
#include "boot.h"

#include <arch/acpi.h>
#include <arch/describe.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <keel/log.h>
#include <keel/string.h>
#include <keel/vm.h>

#define TREE_SUFFIX ".dtb"

extern const uint8_t builtin_dtb_start[], builtin_dtb_end[];

static uint8_t tree[DESCRIBE_SIZE] __aligned(8);
static struct acpi_info acpi;

/* The bytes of [base, base + size) if the memory map says that there is something; reading holes
 * may upset devices. */
static const void *map_announced(phys_addr_t base, size_t size)
{
    if (base >= BOOT_MAP_SIZE || size > BOOT_MAP_SIZE - base) {
        return NULL;
    }
    for (uint32_t i = 0; i < boot_info.region_count; i++) {
        const struct mem_region *region = &boot_info.regions[i];

        if (base >= region->base && base - region->base < region->size &&
            size <= region->size - (base - region->base)) {
            return arch_phys_to_virt(base);
        }
    }
    return NULL;
}

static void report_table(const char *signature, phys_addr_t base, const char *why)
{
    log_warn("ACPI table %s at %#llx left out: %s", signature, (unsigned long long)base, why);
}

/* NULL when there are no tables to go by. */
static const struct acpi_info *read_acpi(void)
{
    static const struct acpi_access access = {.map = map_announced, .skipped = report_table};

    if (boot_info.rsdp == 0) {
        boot_info.rsdp = acpi_scan_rsdp(&access);
    }
    if (boot_info.rsdp == 0) {
        log_warn("no ACPI root pointer: the machine is taken for a plain q35");
        return NULL;
    }
    if (acpi_read(&access, boot_info.rsdp, &acpi) != 0) {
        log_warn("no sound ACPI tables behind the RSDP at %#llx",
                 (unsigned long long)boot_info.rsdp);
        return NULL;
    }
    if (acpi.dropped != 0) {
        log_warn("%u entries of ACPI tables are more than fit", acpi.dropped);
    }
    return &acpi;
}

/* Whether the first word of a module's command line names a device tree. */
static bool names_a_tree(const char *name)
{
    size_t len = strcspn(name, " "), suffix = strlen(TREE_SUFFIX);

    return len >= suffix && strncmp(name + len - suffix, TREE_SUFFIX, suffix) == 0;
}

bool boot_module_is_tree(const struct boot_module *module)
{
    return names_a_tree(module->name);
}

/* Takes the first module that is a tree; false when none is, or none is sound. */
static bool open_module_tree(struct fdt *out)
{
    for (uint32_t i = 0; i < boot_info.module_count; i++) {
        const struct boot_module *module = &boot_info.modules[i];
        const void *bytes;
        int err;

        if (!boot_module_is_tree(module)) {
            continue;
        }
        bytes = map_announced(module->base, module->size);
        err = fdt_check(bytes, bytes != NULL ? module->size : 0, out);
        if (err == 0) {
            log_info("device tree from module %s", module->name);
            return true;
        }
        log_warn("module %s: %s", module->name, fdt_check_text(err));
    }
    return false;
}

void boot_make_tree(void)
{
    const struct acpi_info *tables = read_acpi();
    bool has_apic = cpu_has(CPU_FEATURE_APIC); /* nor has one that firmware has switched off */
    struct fdt from;
    uint32_t used = 0;

    if (!open_module_tree(&from) &&
        fdt_check(builtin_dtb_start, (size_t)(builtin_dtb_end - builtin_dtb_start), &from) != 0) {
        boot_die("the device tree in the image is broken");
    }
    if (!has_apic) {
        log_warn("this CPU has no local APIC: it runs alone, with the 8259, as with apic=off");
    }
    if (describe_machine(&from, &boot_info, tables, has_apic, tree, sizeof(tree), &used) != 0) {
        boot_die("the completed device tree is larger than the room for it");
    }
    boot_info.fdt_base = virt_to_phys(tree);
}
