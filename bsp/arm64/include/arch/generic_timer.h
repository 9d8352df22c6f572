/* SPDX-License-Identifier: MIT */
/* This CPU's generic timers at EL1 (Arm ARM DDI 0487, D12): each compares a counter with a value. */
#ifndef ARCH_GENERIC_TIMER_H
#define ARCH_GENERIC_TIMER_H

#include <arch/sysreg.h>
#include <keel/types.h>

#define GENERIC_TIMER_ENABLE  1u
#define GENERIC_TIMER_EXPIRED (1u << 2)

/* CNTV_CTL_EL0 and CNTP_CTL_EL0. The line stays raised while the timer is enabled and has expired. */
static inline uint32_t generic_timer_control(bool physical)
{
    return (uint32_t)(physical ? read_sysreg(CNTP_CTL_EL0) : read_sysreg(CNTV_CTL_EL0));
}

/* Raises the line when the timer's own counter has reached `value`. */
static inline void generic_timer_start(bool physical, uint64_t value)
{
    if (physical) {
        write_sysreg(CNTP_CVAL_EL0, value);
        write_sysreg(CNTP_CTL_EL0, GENERIC_TIMER_ENABLE);
    } else {
        write_sysreg(CNTV_CVAL_EL0, value);
        write_sysreg(CNTV_CTL_EL0, GENERIC_TIMER_ENABLE);
    }
    isb();
}

static inline void generic_timer_stop(bool physical)
{
    if (physical) {
        write_sysreg(CNTP_CTL_EL0, 0);
    } else {
        write_sysreg(CNTV_CTL_EL0, 0);
    }
    isb();
}

/* How far the physical counter is ahead of the virtual one, which arch_counter() reads: CNTVOFF_EL2, a
 * constant. */
static inline uint64_t generic_timer_offset(void)
{
    uint64_t virtual, physical;

    isb();
    virtual = read_sysreg(CNTVCT_EL0);
    isb();
    physical = read_sysreg(CNTPCT_EL0);
    return physical - virtual;
}

#endif
