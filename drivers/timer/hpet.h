/* SPDX-License-Identifier: MIT */
/* A high precision event timer (IA-PC HPET Specification 1.0a): registers only. */
#ifndef DRIVERS_TIMER_HPET_H
#define DRIVERS_TIMER_HPET_H

#include <keel/driver.h>

#define HPET_SIZE 0x400u

struct hpet {
    struct io_region io;
    uint64_t hz;
    bool is_legacy; /* its first two timers can take the place of the PIT and the clock's alarm */
};

/* Has it count. -ENODEV when nothing sound answers, or it does not count. */
int hpet_start(struct hpet *hpet);

/* The low half of its counter; some have no more. */
uint32_t hpet_read(const struct hpet *hpet);

/* Has the first timer interrupt by the PIT's line, and by itself no more (needs is_legacy). */
void hpet_take_pit_line(const struct hpet *hpet);

/* Has it interrupt once the counter has gone on by `ticks`, soon where that is nothing. */
void hpet_set(const struct hpet *hpet, uint64_t ticks);
void hpet_stop(const struct hpet *hpet);

#endif
