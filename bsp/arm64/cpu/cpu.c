/* SPDX-License-Identifier: MIT */
/* This CPU: who it is, its counters, random bits, the end. */
#include <arch/cpu.h>

#include <arch/feature.h>
#include <keel/boot_info.h>
#include <keel/fdt.h>
#include <keel/string.h>

static const struct {
    uint8_t id;
    const char *name;
} implementers[] = {
    {0x00, "software"},  {0x41, "Arm"},    {0x42, "Broadcom"}, {0x43, "Cavium"}, {0x46, "Fujitsu"},
    {0x48, "HiSilicon"}, {0x4e, "NVIDIA"}, {0x51, "Qualcomm"}, {0x61, "Apple"},  {0xc0, "Ampere"},
};

static const struct {
    uint8_t implementer;
    uint16_t id;
    const char *name;
} parts[] = {
    {0x00, 0x051, "QEMU max"},    {0x41, 0xd03, "Cortex-A53"},  {0x41, 0xd04, "Cortex-A35"},
    {0x41, 0xd05, "Cortex-A55"},  {0x41, 0xd07, "Cortex-A57"},  {0x41, 0xd08, "Cortex-A72"},
    {0x41, 0xd09, "Cortex-A73"},  {0x41, 0xd0a, "Cortex-A75"},  {0x41, 0xd0b, "Cortex-A76"},
    {0x41, 0xd0c, "Neoverse-N1"}, {0x41, 0xd40, "Neoverse-V1"}, {0x41, 0xd41, "Cortex-A78"},
    {0x41, 0xd47, "Cortex-A710"}, {0x41, 0xd49, "Neoverse-N2"}, {0x41, 0xd4f, "Neoverse-V2"},
};

void arch_identify_cpu(struct cpu_identity *cpu)
{
    uint64_t midr = read_sysreg(MIDR_EL1);

    cpu->id = midr;
    cpu->family = midr >> 24 & 0xff;
    cpu->model = midr >> 4 & 0xfff;
    cpu->stepping = (midr >> 20 & 0xf) << 4 | (midr & 0xf);
    cpu->hw_id = read_sysreg(MPIDR_EL1) & MPIDR_AFFINITY;
    for (size_t i = 0; i < ARRAY_SIZE(implementers); i++) {
        if (implementers[i].id == cpu->family) {
            strlcpy(cpu->vendor, implementers[i].name, sizeof(cpu->vendor));
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i].implementer == cpu->family && parts[i].id == cpu->model) {
            strlcpy(cpu->name, parts[i].name, sizeof(cpu->name));
        }
    }
}

uint64_t arch_counter_hz(const struct fdt *fdt)
{
    uint64_t hz = read_sysreg(CNTFRQ_EL0) & UINT32_MAX;
    uint32_t told;

    if (hz == 0 && fdt != NULL &&
        fdt_prop_u32(fdt, fdt_next_compatible(fdt, -1, "arm,armv8-timer"), "clock-frequency",
                     &told) == 0) {
        hz = told;
    }
    return hz;
}

/* The counter has 32 bits; its overflow flag, cleared here, carries into the upper half. */
uint64_t arch_instructions(void)
{
    static uint64_t wraps;
    uint64_t count;

    if (!IS_ENABLED(CONFIG_BENCH) || !cpu_has(CPU_FEATURE_PMUV3)) {
        return 0;
    }
    isb();
    count = read_sysreg(PMEVCNTR0_EL0) & UINT32_MAX;
    if (read_sysreg(PMOVSCLR_EL0) & 1) {
        write_sysreg(PMOVSCLR_EL0, 1);
        wraps++;
        count = read_sysreg(PMEVCNTR0_EL0) & UINT32_MAX;
    }
    return wraps << 32 | count;
}

bool arch_entropy(uint64_t *bits)
{
    uint64_t value;
    uint32_t failed;

    if (!cpu_has(CPU_FEATURE_RNG)) {
        return false;
    }
    /* RNDR sets Z and gives 0 when no number is ready in time. */
    __asm__ volatile("mrs %0, " SYSREG_STR(SYSREG_RNDR) "\n cset %w1, eq"
                     : "=r"(value), "=r"(failed)
                     :
                     : "cc");
    *bits = value;
    return failed == 0;
}

__noreturn void arch_halt(void)
{
    __asm__ volatile("msr daifset, #15" ::: "memory");
    for (;;) {
        __asm__ volatile("wfi");
    }
}
