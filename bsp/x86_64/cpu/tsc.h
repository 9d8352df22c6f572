/* SPDX-License-Identifier: MIT */
/* How fast the time-stamp counter runs: the arithmetic, apart from the registers. */
#ifndef X86_64_CPU_TSC_H
#define X86_64_CPU_TSC_H

#include <arch/counter_span.h>
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

/* What measurements of the same time have in common: between `least` and `most` counts, by `agreed` in a
 * row; all 0 before the first. */
struct tsc_estimate {
    uint64_t least, most;
    unsigned agreed;
};

/* Adds a span that lasted `ticks` of a clock, or up to one more, as that clock's ticks had begun when it was
 * set. One that the others contradict is begun anew with. True: it is two or more by now. */
bool tsc_estimate_add(struct tsc_estimate *estimate, const struct counter_span *span,
                      unsigned ticks);

/* The rate of a counter that went on by `counts` in `ticks` periods of `femtoseconds` each, at most
 * a second; 0 when that makes no sense. */
uint64_t tsc_hz_from_ticks(uint64_t counts, uint64_t ticks, uint64_t femtoseconds);

/* The rate in Hz by channel 2 of the PIT; 0 where there is none, or where nothing comes out that can be
 * relied on. On the boot CPU, before anything else uses the channel. */
uint64_t tsc_hz_by_pit(void);

#endif
