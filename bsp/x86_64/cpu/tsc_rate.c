/* SPDX-License-Identifier: MIT */
/* The arithmetic of the time-stamp counter's rate. */
#include "tsc.h"

#define KILO           1000ull
#define MEGA           1000000ull
#define TERA           1000000000000ull
#define FEMTO_PER_PICO 1000ull
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

uint64_t tsc_counts_in(const struct tsc_span *span, uint64_t *doubt)
{
    *doubt = span->begin[1] - span->begin[0] + (span->end[1] - span->end[0]);
    if (span->end[0] <= span->begin[1]) {
        return 0;
    }
    return span->end[0] - span->begin[1] + *doubt / 2;
}

uint64_t tsc_hz_from_ticks(uint64_t counts, uint64_t ticks, uint64_t femtoseconds)
{
    if (ticks == 0 || femtoseconds == 0 || ticks > FEMTO_PER_SEC / femtoseconds ||
        counts > UINT64_MAX / TERA || ticks * femtoseconds < FEMTO_PER_PICO) {
        return 0;
    }
    return counts * TERA / (ticks * femtoseconds / FEMTO_PER_PICO);
}
