/* SPDX-License-Identifier: MIT */
/* The arithmetic of the time-stamp counter's rate. */
#include "tsc.h"

#define KILO           1000ull
#define MEGA           1000000ull
#define GIGA           1000000000ull
#define TERA           1000000000000ull
#define FEMTO_PER_PICO 1000ull
#define PICO_PER_NANO  1000ull
#define FEMTO_PER_SEC  1000000000000000ull

uint64_t tsc_hz_from_leaves(const struct tsc_leaves *leaves)
{
    if (leaves->hypervisor_khz != 0) {
        return leaves->hypervisor_khz * KILO;
    }
    if (leaves->denominator == 0 || leaves->numerator == 0) {
        return 0;
    }
    if (leaves->crystal_hz != 0) {
        return (uint64_t)leaves->crystal_hz * leaves->numerator / leaves->denominator;
    }
    return leaves->base_mhz * MEGA;
}

uint64_t apic_timer_hz_from_leaves(const struct tsc_leaves *leaves)
{
    return leaves->hypervisor_bus_khz != 0 ? leaves->hypervisor_bus_khz * KILO : leaves->crystal_hz;
}

bool tsc_estimate_add(struct tsc_estimate *estimate, const struct counter_span *span,
                      unsigned ticks)
{
    uint64_t least = counter_span_least(span);
    uint64_t most = counter_span_most(span);

    least -= least / (ticks + 1);
    if (estimate->agreed == 0 || least > estimate->most || most < estimate->least) {
        *estimate = (struct tsc_estimate){least, most, 1};
        return false;
    }
    estimate->least = MAX(estimate->least, least);
    estimate->most = MIN(estimate->most, most);
    estimate->agreed++;
    return true;
}

uint64_t tsc_hz_from_ticks(uint64_t counts, uint64_t ticks, uint64_t femtoseconds)
{
    uint64_t picoseconds;

    if (ticks == 0 || femtoseconds == 0 || ticks > FEMTO_PER_SEC / femtoseconds) {
        return 0;
    }
    picoseconds = ticks * femtoseconds / FEMTO_PER_PICO;
    if (picoseconds < PICO_PER_NANO || counts > UINT64_MAX / GIGA) {
        return 0;
    }
    return counts <= UINT64_MAX / TERA ? counts * TERA / picoseconds
                                       : counts * GIGA / (picoseconds / PICO_PER_NANO);
}
