/* SPDX-License-Identifier: MIT */
/* The boot hart: who it is, its counter's rate, random numbers, how it stops. */
#include "nofault.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <arch/sbi.h>
#include <keel/string.h>

#define SEED_TRIES 1000

/* Vendors by mvendorid: JEDEC bank and id (Privileged Architecture 3.1.2). */
struct vendor {
    uint64_t id;
    const char *name;
};

static const struct vendor vendors[] = {
    {0, "generic"}, /* "not implemented, or a non-commercial implementation" */
    {0x489, "SiFive"},      {0x5b7, "T-Head"},   {0x31e, "Andes"},
    {0x61f, "Tenstorrent"}, {0x710, "SpacemiT"},
};

void arch_halt(void)
{
    arch_irq_disable();
    csr_write(sie, 0);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* The node of the hart we run on, or a negative errno. */
static int boot_cpu_node(const struct fdt *fdt)
{
    int cpus = fdt_find(fdt, "/cpus");
    int node;

    fdt_for_each_child (fdt, node, cpus) {
        uint64_t hart, size;

        if (fdt_name_is(fdt, node, "cpu") && fdt_reg_raw(fdt, node, 0, &hart, &size) == 0 &&
            hart == arch_boot_hart()) {
            return node;
        }
    }
    return node;
}

uint64_t arch_counter_hz(const struct fdt *fdt)
{
    uint64_t hz;

    if (fdt_prop_number(fdt, fdt_find(fdt, "/cpus"), "timebase-frequency", &hz) != 0 &&
        fdt_prop_number(fdt, boot_cpu_node(fdt), "timebase-frequency", &hz) != 0) {
        return 0;
    }
    return hz;
}

bool arch_entropy(uint64_t *out)
{
    uint64_t bits = 0;
    unsigned got = 0;

    if (!cpu_has(CPU_FEATURE_ZKR)) {
        return false;
    }
    for (unsigned i = 0; i < SEED_TRIES && got < 4; i++) {
        uint64_t seed;

        if (nofault_read_seed(&seed) != 0) {
            return false;
        }
        if (seed >> SEED_OPST_SHIFT == SEED_OPST_ES16) {
            bits = bits << 16 | (seed & SEED_ENTROPY_MASK);
            got++;
        }
    }
    *out = bits;
    return got == 4;
}

static const char *vendor_name(uint64_t id)
{
    for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
        if (vendors[i].id == id) {
            return vendors[i].name;
        }
    }
    return "unknown";
}

void arch_cpu_name(const struct fdt *fdt, char *name, size_t size)
{
    const char *compatible = fdt_prop_string(fdt, boot_cpu_node(fdt), "compatible", 0);

    strlcpy(name, compatible != NULL ? compatible : "", size);
}

void arch_identify_cpu(struct cpu_identity *cpu)
{
    cpu->id = sbi_base_value(SBI_BASE_MVENDORID);
    cpu->family = sbi_base_value(SBI_BASE_MARCHID);
    cpu->model = sbi_base_value(SBI_BASE_MIMPID);
    cpu->hw_id = arch_boot_hart();
    strlcpy(cpu->vendor, vendor_name(cpu->id), sizeof(cpu->vendor));
}
