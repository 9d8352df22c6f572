/* SPDX-License-Identifier: MIT */
/* Devices that interrupt after a time. */
#ifndef USER_BENCH_ALARM_H
#define USER_BENCH_ALARM_H

#include "tree.h"

#include <stdint.h>

struct alarm {
    const char *compatible;
    uint32_t mode;  /* of the interrupt: KEEL_INTERRUPT_MODE_ */
    int64_t ahead;  /* nanoseconds from arm() to the interrupt */
    uint32_t share; /* of the operations that are done */
    /* Readies it, and gives the number of its line. */
    uint32_t (*start)(volatile uint32_t *registers, const struct tree_device *device);
    void (*arm)(volatile uint32_t *registers);
    void (*clear)(volatile uint32_t *registers); /* takes its interrupt back */
    void (*stop)(volatile uint32_t *registers);
};

extern const struct alarm alarms[];
extern const unsigned alarm_count;

#endif
