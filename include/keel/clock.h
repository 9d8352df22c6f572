/* SPDX-License-Identifier: MIT */
/* Monotonic time since the first counter was found, from the best clock source (clocksource.h). */
#ifndef KEEL_CLOCK_H
#define KEEL_CLOCK_H

#include <keel/types.h>

#define NS_PER_US  UINT64_C(1000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_SEC UINT64_C(1000000000)

/* Makes the rate of arch_counter() known (Hz, from hardware or tree, never a constant) and starts time
 * from it. Once, on the boot CPU, before any clock source registers. -EINVAL for 0. */
int clock_start(uint64_t hz);

/* Nanoseconds since time started; 0 before. Never goes back, on no CPU and not from one CPU to another.
 * Any context. */
uint64_t clock_ns(void);

/* The page, in the kernel's image, with the struct keel_vdso_clock (keel/vdso.h) that programs tell the time from. It
 * is kept up to date for ever. */
const void *clock_user_page(void);

/* The rate of the source in use; 0 before there is one. */
uint64_t clock_hz(void);

/* The value of arch_counter() at which clock_ns() will have reached `ns`, for hardware that compares
 * with that counter: at most a few ticks late, and early by no more than the rates of the two clocks
 * differ. For the past, a value in the past or the present one. */
uint64_t clock_counter_at(uint64_t ns);

/* Busy-waits at least that long; before time has started it waits a bounded number of spins. */
void clock_delay_us(uint32_t us);

/* value * ratio, a number with 32 bits behind the point; UINT64_MAX where that is too large. */
static inline uint64_t clock_scale(uint64_t value, uint64_t ratio)
{
    __extension__ unsigned __int128 product = (unsigned __int128)value * ratio;
    uint64_t high = (uint64_t)(product >> 64);

    return high >> 32 != 0 ? UINT64_MAX : high << 32 | (uint64_t)product >> 32;
}

/* Nanoseconds in a tick of hz, for clock_scale(), rounded to the nearest; hz is not 0. */
uint64_t clock_ns_per_tick(uint64_t hz);

/* No counter is faster, whatever a tree says of it. */
#define CLOCK_HZ_MAX UINT64_C(10000000000)

/* Ticks of hz (up to CLOCK_HZ_MAX) in a span, rounded up; UINT64_MAX where they are too many. What event
 * devices count down from. */
static inline uint64_t clock_ns_to_ticks(uint64_t ns, uint64_t hz)
{
    uint64_t part = (ns % NS_PER_SEC * hz + NS_PER_SEC - 1) / NS_PER_SEC;
    uint64_t ticks;

    if (__builtin_mul_overflow(ns / NS_PER_SEC, hz, &ticks) ||
        __builtin_add_overflow(ticks, part, &ticks)) {
        return UINT64_MAX;
    }
    return ticks;
}

/* Ticks of hz (up to CLOCK_HZ_MAX) from now until clock_ns() is deadline_ns, rounded up; 1 where it is
 * past. Any context. */
static inline uint64_t clock_ticks_until(uint64_t deadline_ns, uint64_t hz)
{
    uint64_t now = clock_ns();

    return deadline_ns > now ? clock_ns_to_ticks(deadline_ns - now, hz) : 1;
}

#endif
