/* SPDX-License-Identifier: MIT */
/* Finds the rate of the time-stamp counter against channel 2 of the PIT (Intel 8254 data sheet). */
#include "tsc.h"

#include <arch/cpu.h>
#include <arch/io.h>

/* The channel, and the port that gates it. */
#define PIT_CHANNEL2     0x42
#define PIT_COMMAND      0x43
#define PIT_CH2_MODE0    0xb0 /* channel 2, both bytes, one shot */
#define PIT_GATE         0x61
#define PIT_GATE_ON      (1u << 0)
#define PIT_GATE_SPEAKER (1u << 1)
#define PIT_GATE_OUT     (1u << 5)
#define PIT_TICK_FS      838095345ull /* 1 / 1.193182 MHz */

#define SPINS_MAX        1000000u

/* How long it is watched, and the part of that which may be in doubt. Less exact ones follow: a short one
 * that gets through between the pauses of a busy host, and long ones that bear slow ports. */
static const struct window {
    uint16_t ticks, part;
    unsigned tries;
} windows[] = {
    {3818, 400, 20}, /* 3.2 ms */
    {477, 50, 50},   {3818, 50, 20}, {30545, 50, 20}, {61091, 8, 20},
};

static bool is_done(void)
{
    return (port_read8(PIT_GATE) & PIT_GATE_OUT) != 0;
}

/* The output goes low when the channel begins to count, and high at its end. False: that never comes. */
static bool watch(unsigned ticks, struct counter_span *span)
{
    port_write8(PIT_CHANNEL2, ticks & 0xff);
    span->begin[0] = arch_counter();
    port_write8(PIT_CHANNEL2, (uint8_t)(ticks >> 8));
    span->begin[1] = span->end[0] = arch_counter();
    for (unsigned i = 0; i < SPINS_MAX; i++) {
        uint64_t before = arch_counter();

        if (is_done()) {
            span->end[1] = arch_counter();
            return true;
        }
        span->end[0] = before;
    }
    return false;
}

/* 0: no two tries of this length were undisturbed and agreed. */
static uint64_t measure(const struct window *window, bool *counts)
{
    struct tsc_estimate found = {0};
    struct counter_span span;
    uint64_t hz = 0;

    for (unsigned i = 0; i < window->tries && hz == 0; i++) {
        *counts = watch(window->ticks, &span);
        if (!*counts) {
            return 0;
        }
        if (counter_span_is_sure(&span, window->part) &&
            tsc_estimate_add(&found, &span, window->ticks)) {
            hz = tsc_hz_from_ticks(found.least + (found.most - found.least) / 2, window->ticks,
                                   PIT_TICK_FS);
        }
    }
    return hz;
}

/* Channel 2 is the speaker's: it is lent with the speaker off. */
uint64_t tsc_hz_by_pit(void)
{
    uint8_t gate = port_read8(PIT_GATE);
    bool counts = true;
    uint64_t hz = 0;

    port_write8(PIT_GATE, (uint8_t)((gate & ~PIT_GATE_SPEAKER) | PIT_GATE_ON));
    port_write8(PIT_COMMAND, PIT_CH2_MODE0);
    for (unsigned i = 0; i < ARRAY_SIZE(windows) && counts && hz == 0; i++) {
        hz = measure(&windows[i], &counts);
    }
    port_write8(PIT_GATE, gate);
    return hz;
}
