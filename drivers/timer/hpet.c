/* SPDX-License-Identifier: MIT */
/* Register code of the HPET. */
#include "hpet.h"

#include <keel/errno.h>

#define CAPABILITIES  0x00
#define CAP_LEGACY    (1u << 15)
#define PERIOD        0x04    /* femtoseconds */
#define PERIOD_MIN    100000u /* 10 GHz, more than there is */
#define PERIOD_MAX    100000000u
#define CONFIG        0x10
#define CONFIG_ENABLE (1u << 0)
#define CONFIG_LEGACY (1u << 1)
#define COUNTER       0xf0
#define TIMER_CONFIG  0x100
#define TIMER_ENABLE  (1u << 2)
#define TIMER_32BIT   (1u << 8) /* forces a 64-bit timer to 32 */
#define COMPARATOR    0x108

#define FEMTO_PER_SEC 1000000000000000ull
#define FURTHEST      0x7fffffffu
#define LEAST_AHEAD   16u
#define SET_TRIES     16u
#define COUNT_READS   1000u /* until a counter of 10 MHz or more must have gone on */

static void change(const struct hpet *hpet, uint32_t reg, uint32_t clear_bits, uint32_t set_bits)
{
    io_write32(&hpet->io, reg, (io_read32(&hpet->io, reg) & ~clear_bits) | set_bits);
}

uint32_t hpet_read(const struct hpet *hpet)
{
    return io_read32(&hpet->io, COUNTER);
}

static bool is_counting(const struct hpet *hpet)
{
    uint32_t first = hpet_read(hpet);

    for (unsigned i = 0; i < COUNT_READS; i++) {
        if (hpet_read(hpet) != first) {
            return true;
        }
    }
    return false;
}

int hpet_start(struct hpet *hpet)
{
    uint32_t period = io_read32(&hpet->io, PERIOD);

    if (period < PERIOD_MIN || period > PERIOD_MAX) {
        return -ENODEV;
    }
    hpet->hz = FEMTO_PER_SEC / period;
    hpet->is_legacy = (io_read32(&hpet->io, CAPABILITIES) & CAP_LEGACY) != 0;
    change(hpet, TIMER_CONFIG, TIMER_ENABLE, TIMER_32BIT);
    change(hpet, CONFIG, CONFIG_LEGACY, CONFIG_ENABLE);
    return is_counting(hpet) ? 0 : -ENODEV;
}

void hpet_take_pit_line(const struct hpet *hpet)
{
    change(hpet, CONFIG, 0, CONFIG_LEGACY);
}

/* It fires when counter and comparator are equal: a value that is in the past by the time it is written
 * would come a whole turn later, so it is looked at again. */
void hpet_set(const struct hpet *hpet, uint64_t ticks)
{
    uint32_t ahead = (uint32_t)MIN(ticks, (uint64_t)FURTHEST);
    uint32_t now = hpet_read(hpet);

    change(hpet, TIMER_CONFIG, 0, TIMER_ENABLE);
    for (unsigned i = 0; i < SET_TRIES; i++) {
        uint32_t at = now + ahead;

        io_write32(&hpet->io, COMPARATOR, at);
        now = hpet_read(hpet);
        if ((int32_t)(at - now) > 0) {
            return;
        }
        ahead = LEAST_AHEAD << i;
    }
}

void hpet_stop(const struct hpet *hpet)
{
    change(hpet, TIMER_CONFIG, TIMER_ENABLE, 0);
}
