/* SPDX-License-Identifier: MIT */
/* A CPU's timers and its event device: what the files of core/time share. */
#ifndef CORE_TIME_CLOCKEVENT_H
#define CORE_TIME_CLOCKEVENT_H

#include "timer_heap.h"

#include <keel/clockevent.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>

/*
 * A timer belongs to the heap of the CPU that timer->cpu names, and is guarded by its lock, also when it
 * is not set. Only who holds that lock makes it another CPU's. The event device is used by its CPU alone,
 * interrupts off.
 */
struct timer_cpu {
    struct spinlock lock;
    struct timer_heap heap;
    uint64_t deadline; /* the device is set to; TIMER_NEVER: stopped; 0: not to be set for now */
    struct timer *running;
    const struct clockevent *device;
    bool started; /* timers_start_cpu() was called */
    uint64_t interrupts;
    uint64_t programmed; /* how often the device was set */
    uint64_t expired;
    uint64_t worst_late;
} __aligned(64);

extern struct timer_cpu timer_cpus[CPUS_MAX];

/* Gives the calling CPU the best device that works on it. 0, or -ENODEV. */
int clockevent_start_cpu(void);

/* Stops it, and takes it away. Interrupts off. */
void clockevent_stop_cpu(void);

/* Sets the calling CPU's device, TIMER_NEVER to stop it. */
void clockevent_program(struct timer_cpu *cpu, uint64_t deadline_ns);

/* Sets the calling CPU's device, just started, for the timers it has already. */
void timer_start(void);

#endif
