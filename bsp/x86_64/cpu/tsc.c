/* SPDX-License-Identifier: MIT */
/* Finds the rate of the time-stamp counter: by CPUID, against the HPET, against the PIT. */
#include "tsc.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/io.h>
#include <keel/vm.h>

/* Registers of the HPET (IA-PC HPET Specification 1.0a, 2.3). */
#define HPET_SIZE          0x400
#define HPET_PERIOD        0x04 /* femtoseconds a tick, high half of the capabilities */
#define HPET_CONFIG        0x10
#define HPET_CONFIG_ENABLE (1u << 0)
#define HPET_COUNTER       0xf0
#define HPET_PERIOD_MIN    100000u
#define HPET_PERIOD_MAX    100000000u

#define HPET_WINDOW_FS     200000000000ull /* 200 us */

#define SPINS_MAX          1000000u
#define BRACKET_TRIES      4u

#define CPUID_TSC          0x15
#define CPUID_FREQUENCY    0x16
#define CPUID_HYPERVISOR   0x40000000
#define CPUID_HV_FREQUENCY 0x40000010

static void read_leaves(struct tsc_leaves *out)
{
    uint32_t max = cpuid_max(0);

    *out = (struct tsc_leaves){0};
    if (max >= CPUID_TSC) {
        struct cpuid_result leaf = cpuid(CPUID_TSC, 0);

        out->denominator = leaf.eax;
        out->numerator = leaf.ebx;
        out->crystal_hz = leaf.ecx;
    }
    if (max >= CPUID_FREQUENCY) {
        out->base_mhz = cpuid(CPUID_FREQUENCY, 0).eax & 0xffff;
    }
    if (cpu_has(CPU_FEATURE_HYPERVISOR) && cpuid_max(CPUID_HYPERVISOR) >= CPUID_HV_FREQUENCY) {
        struct cpuid_result leaf = cpuid(CPUID_HV_FREQUENCY, 0);

        out->hypervisor_khz = leaf.eax;
        out->hypervisor_bus_khz = leaf.ebx;
    }
}

/* Both counters at one moment: of a few tries, the one least disturbed in between. */
struct moment {
    uint64_t tsc;
    uint32_t hpet;
};

static struct moment hpet_moment(const uint8_t __iomem *hpet)
{
    struct moment best = {0};
    uint64_t best_width = UINT64_MAX;

    for (unsigned i = 0; i < BRACKET_TRIES; i++) {
        uint64_t before = arch_counter();
        uint32_t counter = mmio_read32(hpet + HPET_COUNTER);
        uint64_t width = arch_counter() - before;

        if (width < best_width) {
            best_width = width;
            best = (struct moment){.tsc = before + width / 2, .hpet = counter};
        }
    }
    return best;
}

/* 0 when the HPET does not count. */
static uint64_t measure_hpet(uint8_t __iomem *hpet, uint32_t period)
{
    uint32_t window = (uint32_t)(HPET_WINDOW_FS / period) + 1;
    struct moment start = hpet_moment(hpet), end;

    for (unsigned i = 0; i < SPINS_MAX; i++) {
        if (mmio_read32(hpet + HPET_COUNTER) - start.hpet >= window) {
            end = hpet_moment(hpet);
            return tsc_hz_from_ticks(end.tsc - start.tsc, end.hpet - start.hpet, period);
        }
    }
    return 0;
}

static uint64_t hz_by_hpet(const struct fdt *fdt)
{
    int node = fdt_next_compatible(fdt, -1, "intel,ce4100-hpet");
    uint8_t __iomem *hpet;
    phys_addr_t base;
    uint64_t size, hz;
    uint32_t period, config;

    if (node < 0 || !fdt_available(fdt, node) || fdt_reg(fdt, node, 0, &base, &size) != 0) {
        return 0;
    }
    hpet = vm_map_device(base, HPET_SIZE, VM_DEVICE);
    period = hpet != NULL ? mmio_read32(hpet + HPET_PERIOD) : 0;
    if (period < HPET_PERIOD_MIN || period > HPET_PERIOD_MAX) {
        return 0;
    }
    config = mmio_read32(hpet + HPET_CONFIG);
    mmio_write32(hpet + HPET_CONFIG, config | HPET_CONFIG_ENABLE);
    hz = measure_hpet(hpet, period);
    mmio_write32(hpet + HPET_CONFIG, config);
    return hz;
}

static uint64_t find_hz(const struct fdt *fdt)
{
    struct tsc_leaves leaves;
    uint64_t hz;

    read_leaves(&leaves);
    hz = tsc_hz_from_leaves(&leaves);
    if (hz == 0) {
        hz = hz_by_hpet(fdt);
    }
    return hz != 0 ? hz : tsc_hz_by_pit();
}

uint64_t arch_counter_hz(const struct fdt *fdt)
{
    static uint64_t hz;

    if (hz == 0) {
        hz = find_hz(fdt);
    }
    return hz;
}

uint64_t arch_apic_timer_hz(void)
{
    struct tsc_leaves leaves;

    read_leaves(&leaves);
    return apic_timer_hz_from_leaves(&leaves);
}
