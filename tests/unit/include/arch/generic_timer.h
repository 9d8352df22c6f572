/* SPDX-License-Identifier: MIT */
/* The host tests' generic timers, one set for each CPU: what was written to them. */
#ifndef ARCH_GENERIC_TIMER_H
#define ARCH_GENERIC_TIMER_H

#include <keel/percpu.h>
#include <keel/types.h>

#define GENERIC_TIMER_ENABLE  1u
#define GENERIC_TIMER_EXPIRED (1u << 2)

struct fake_timer {
    uint32_t control;
    uint64_t value;
};

extern struct fake_timer fake_timers[CPUS_MAX][2];
extern uint64_t fake_timer_offset;

static inline uint32_t generic_timer_control(bool physical)
{
    return fake_timers[cpu_index()][physical].control;
}

static inline void generic_timer_start(bool physical, uint64_t value)
{
    fake_timers[cpu_index()][physical] = (struct fake_timer){GENERIC_TIMER_ENABLE, value};
}

static inline void generic_timer_stop(bool physical)
{
    fake_timers[cpu_index()][physical].control = 0;
}

static inline uint64_t generic_timer_offset(void)
{
    return fake_timer_offset;
}

#endif
