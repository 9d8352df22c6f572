/* SPDX-License-Identifier: MIT */
/* Reads what the device tree says of a hart's instruction set. */
#include "isa.h"

#include <arch/cpu_features.h>
#include <keel/string.h>

static const char *const feature_names[CPU_FEATURE_COUNT] = {
    [CPU_FEATURE_F] = "f",
    [CPU_FEATURE_D] = "d",
    [CPU_FEATURE_C] = "c",
    [CPU_FEATURE_V] = "v",
    [CPU_FEATURE_H] = "h",
    [CPU_FEATURE_SSTC] = "sstc",
    [CPU_FEATURE_SVADU] = "svadu",
    [CPU_FEATURE_SVINVAL] = "svinval",
    [CPU_FEATURE_SVNAPOT] = "svnapot",
    [CPU_FEATURE_SVPBMT] = "svpbmt",
    [CPU_FEATURE_ZACAS] = "zacas",
    [CPU_FEATURE_ZAWRS] = "zawrs",
    [CPU_FEATURE_ZBA] = "zba",
    [CPU_FEATURE_ZBB] = "zbb",
    [CPU_FEATURE_ZBS] = "zbs",
    [CPU_FEATURE_ZICBOM] = "zicbom",
    [CPU_FEATURE_ZICBOP] = "zicbop",
    [CPU_FEATURE_ZICBOZ] = "zicboz",
    [CPU_FEATURE_ZIHINTPAUSE] = "zihintpause",
    [CPU_FEATURE_ZKR] = "zkr",
    [CPU_FEATURE_SV48] = "sv48",
    [CPU_FEATURE_ZICBOZ64] = "zicboz64",
};

/* Those of the names that the hart itself tells, and no tree. */
#define ISA_NOT_IN_TREE (1ull << CPU_FEATURE_SV48 | 1ull << CPU_FEATURE_ZICBOZ64)

#define ISA_G           (1ull << CPU_FEATURE_F | 1ull << CPU_FEATURE_D) /* IMAFD in a letter */

const char *isa_feature_name(unsigned feature)
{
    return feature < CPU_FEATURE_COUNT ? feature_names[feature] : "";
}

uint64_t isa_extension(const char *name, size_t len)
{
    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        const char *ours = feature_names[i];

        if (ours[0] == name[0] && strlen(ours) == len && memcmp(ours, name, len) == 0) {
            return 1ull << i & ~ISA_NOT_IN_TREE;
        }
    }
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length without a version ("1p0") at the end. */
static size_t without_version(const char *name, size_t len)
{
    size_t end = len;

    while (end > 0 && is_digit(name[end - 1])) {
        end--;
    }
    if (end < len && end > 1 && name[end - 1] == 'p' && is_digit(name[end - 2])) {
        for (end--; end > 0 && is_digit(name[end - 1]);) {
            end--;
        }
    }
    return end;
}

/* A part up to '_' or the end: single letters, then at most one longer name from s, x or z on. */
static uint64_t parse_part(const char *part, size_t len)
{
    uint64_t set = 0;

    for (size_t i = 0; i < len; i++) {
        if (part[i] == 's' || part[i] == 'x' || part[i] == 'z') {
            return set | isa_extension(part + i, without_version(part + i, len - i));
        }
        set |= part[i] == 'g' ? ISA_G : isa_extension(part + i, 1);
    }
    return set;
}

uint64_t isa_parse(const char *isa)
{
    uint64_t set = 0;

    if (strncmp(isa, "rv64", 4) != 0) {
        return 0;
    }
    for (isa += 4; *isa != '\0'; isa += *isa == '_') {
        size_t len = strcspn(isa, "_");

        set |= parse_part(isa, len);
        isa += len;
    }
    return set;
}

/* The features in the string list of `riscv,isa-extensions`. */
static uint64_t parse_list(const struct fdt_prop *prop)
{
    const char *list = (const char *)prop->value;
    uint32_t left = prop->len;
    uint64_t set = 0;

    while (left > 0) {
        size_t name = strnlen(list, left);

        set |= isa_extension(list, name);
        name += name < left;
        list += name;
        left -= name;
    }
    return set;
}

static bool prop_is(const struct fdt_prop *prop, const char *text)
{
    size_t size = strlen(text) + 1;

    return prop->len == size && memcmp(prop->value, text, size) == 0;
}

static bool prop_ends(const struct fdt_prop *prop)
{
    return prop->len > 0 && prop->value[prop->len - 1] == '\0';
}

static uint32_t prop_cell(const struct fdt_prop *prop)
{
    return prop->len == sizeof(uint32_t) ? fdt_cell(prop->value) : 0;
}

/* What a cpu node says, gathered in one walk over its properties. */
struct cpu_node {
    struct isa isa;
    bool is_cpu;
    bool has_mmu;
    bool disabled;
    bool has_list;
};

static void take_isa(struct cpu_node *cpu, const struct fdt_prop *prop)
{
    if (strcmp(prop->name, "riscv,isa-extensions") == 0) {
        cpu->isa.set = parse_list(prop);
        cpu->has_list = true;
    } else if (strcmp(prop->name, "riscv,isa") == 0 && !cpu->has_list && prop_ends(prop)) {
        cpu->isa.set = isa_parse((const char *)prop->value);
    } else if (strcmp(prop->name, "riscv,cbom-block-size") == 0) {
        cpu->isa.cbom_size = prop_cell(prop);
    } else if (strcmp(prop->name, "riscv,cboz-block-size") == 0) {
        cpu->isa.cboz_size = prop_cell(prop);
    }
}

static void take_prop(struct cpu_node *cpu, const struct fdt_prop *prop)
{
    if (prop->name[0] == 'r') {
        take_isa(cpu, prop);
    } else if (strcmp(prop->name, "device_type") == 0) {
        cpu->is_cpu = prop_is(prop, "cpu");
    } else if (strcmp(prop->name, "mmu-type") == 0) {
        cpu->has_mmu = !prop_is(prop, "riscv,none");
    } else if (strcmp(prop->name, "status") == 0) {
        cpu->disabled = !prop_is(prop, "okay") && !prop_is(prop, "ok");
    }
}

bool isa_read_cpu(const struct fdt *fdt, int node, struct isa *out)
{
    struct cpu_node cpu = {0};
    struct fdt_prop prop;

    fdt_for_each_prop (fdt, &prop, node) {
        take_prop(&cpu, &prop);
    }
    *out = cpu.isa;
    return cpu.is_cpu && cpu.has_mmu && !cpu.disabled;
}

void isa_read(const struct fdt *fdt, struct isa *out)
{
    struct isa cpu;
    bool first = true;
    int node;

    *out = (struct isa){0};
    fdt_for_each_child (fdt, node, fdt_find(fdt, "/cpus")) {
        if (!isa_read_cpu(fdt, node, &cpu)) {
            continue;
        }
        if (first) {
            *out = cpu;
        }
        first = false;
        out->set &= cpu.set;
        out->cbom_size = out->cbom_size == cpu.cbom_size ? cpu.cbom_size : 0;
        out->cboz_size = out->cboz_size == cpu.cboz_size ? cpu.cboz_size : 0;
    }
}
