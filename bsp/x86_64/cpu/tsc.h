/* SPDX-License-Identifier: MIT */
/* How fast the time-stamp counter runs: the arithmetic, apart from the registers. */
#ifndef X86_64_CPU_TSC_H
#define X86_64_CPU_TSC_H

#include <keel/types.h>

/* What CPUID says about clocks; 0 in what it leaves out. */
struct tsc_leaves {
    uint32_t denominator, numerator; /* 0x15 EAX, EBX: TSC to crystal */
    uint32_t crystal_hz;             /* 0x15 ECX */
    uint32_t base_mhz;               /* 0x16 EAX */
    uint32_t hypervisor_khz;         /* 0x40000010 EAX */
    uint32_t hypervisor_bus_khz;     /* 0x40000010 EBX */
};

/* The rate in Hz that the leaves tell, 0 when they don't (Intel SDM volume 3, 18.7.3). */
uint64_t tsc_hz_from_leaves(const struct tsc_leaves *leaves);

/* The same for the local APICs' timer, before its divider: it counts the crystal where there is one
 * (Intel SDM volume 3, 10.5.4). */
uint64_t apic_timer_hz_from_leaves(const struct tsc_leaves *leaves);

/* A span of time that began and ended somewhere between two readings of a counter each. */
struct tsc_span {
    uint64_t begin[2], end[2];
};

/* What the counter went on by in a span, and how much of that is in doubt: much where a host has paused this
 * machine between two readings; 0 when the span has no length. */
uint64_t tsc_counts_in(const struct tsc_span *span, uint64_t *doubt);

/* The rate of a counter that went on by `counts` in `ticks` periods of `femtoseconds` each, at most
 * a second; 0 when that makes no sense. */
uint64_t tsc_hz_from_ticks(uint64_t counts, uint64_t ticks, uint64_t femtoseconds);

#endif
