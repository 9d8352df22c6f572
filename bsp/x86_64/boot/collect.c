/* SPDX-License-Identifier: MIT */
/* Puts single findings of the hand-over parsers into boot_info, within its bounds. */
#include "boot.h"

#include <keel/string.h>

#define E820_RAM  1
#define E820_ACPI 3
#define E820_NVS  4
#define E820_BAD  5

enum mem_type boot_e820_type(uint32_t type)
{
    switch (type) {
    case E820_RAM:
        return MEM_RAM;
    case E820_ACPI:
        return MEM_ACPI;
    case E820_NVS:
        return MEM_NVS;
    case E820_BAD:
        return MEM_BAD;
    default:
        return MEM_RESERVED;
    }
}

void boot_add_region(struct boot_info *info, phys_addr_t base, uint64_t size, enum mem_type type)
{
    if (info->region_count == BOOT_REGIONS_MAX) {
        info->regions_dropped++;
        return;
    }
    info->regions[info->region_count++] =
        (struct mem_region){.base = base, .size = size, .type = type};
}

void boot_add_module(struct boot_info *info, phys_addr_t base, uint64_t size, const char *name,
                     size_t len)
{
    struct boot_module *module;

    if (info->module_count == BOOT_MODULES_MAX) {
        return;
    }
    module = &info->modules[info->module_count++];
    module->base = base;
    module->size = size;
    len = MIN(len, sizeof(module->name) - 1);
    memcpy(module->name, name, len);
    module->name[len] = '\0';
}

void boot_set_cmdline(struct boot_info *info, const char *text, size_t len)
{
    size_t taken = MIN(len, (size_t)BOOT_CMDLINE_MAX - 1);

    memcpy(info->cmdline, text, taken);
    info->cmdline[taken] = '\0';
    info->cmdline_dropped = (uint32_t)(len - taken);
}
