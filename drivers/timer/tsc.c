/* SPDX-License-Identifier: MIT */
/* The time-stamp counter as a clock source (Intel SDM volume 3, 17.17): best where its rate is constant,
 * and only where all CPUs read the same. */
#define LOG_TAG "tsc"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <keel/clocksource.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/smp.h>
#include <keel/subsystem.h>

/* Of a pair of CPUs; a hypervisor that runs them one at a time makes each round long. */
#define ROUNDS       200u
#define ROUNDS_LEAST 4u
#define LONG_PER_SEC 500u /* beyond 2 ms the least will do */
#define TURN_SPINS   100000000u
#define OVER         UINT32_MAX /* nobody's turn any more */

static struct clocksource tsc = {.name = "tsc", .mask = CLOCKSOURCE_MASK(64)};

static int tsc_probe(struct device *dev)
{
    bool fixed = cpu_has(CPU_FEATURE_INVARIANT_TSC);

    tsc.hz = arch_counter_hz(&system_fdt);
    tsc.rating = fixed ? CLOCKSOURCE_CPU_FIXED : CLOCKSOURCE_CPU;
    if (tsc.hz == 0) {
        return -ENODEV;
    }
    if (!fixed) {
        log_warn("this CPU does not promise that its time-stamp counter keeps its rate");
    }
    return clocksource_register(&tsc);
}

/* It has no node. */
DRIVER(tsc, .name = "time-stamp counter", .level = DRIVER_TIMER, .probe = tsc_probe);

/* --- Whether CPUs agree --- */

static struct {
    uint64_t last, worst;
    uint32_t present; /* of the pair */
    uint32_t turn;    /* even: the first of the pair's */
    uint32_t done;
} check;

static bool wait_for_turn(uint32_t turn)
{
    uint32_t now = __atomic_load_n(&check.turn, __ATOMIC_ACQUIRE);

    for (unsigned i = 0; now != turn && now != OVER && i < TURN_SPINS; i++) {
        arch_cpu_relax();
        now = __atomic_load_n(&check.turn, __ATOMIC_ACQUIRE);
    }
    return now == turn;
}

/* Whose turn it is after `turn`, for a CPU that began with its counter at `start`. */
static uint32_t next_turn(uint32_t turn, uint64_t start, uint64_t now)
{
    bool is_long = now - start > tsc.hz / LONG_PER_SEC;

    return turn >= 2 * (is_long ? ROUNDS_LEAST : ROUNDS) ? OVER : turn + 1;
}

/* Reads in turns with another CPU; a value below the one before it was read by who is behind. */
static void take_turns(void *arg)
{
    uint32_t turn = __atomic_fetch_add(&check.present, 1, __ATOMIC_ACQ_REL) % 2;
    uint64_t start = arch_counter();

    for (; wait_for_turn(turn); turn += 2) {
        uint64_t now;

        rmb();
        now = arch_counter();
        check.worst = now < check.last ? MAX(check.worst, check.last - now) : check.worst;
        check.last = now;
        __atomic_store_n(&check.turn, next_turn(turn, start, now), __ATOMIC_RELEASE);
    }
    __atomic_fetch_add(&check.done, 1, __ATOMIC_RELEASE);
}

static void check_with(unsigned cpu)
{
    uint32_t done = check.done + 2;

    check.present = 0;
    check.turn = 0;
    check.last = 0;
    smp_call(cpumask_of(cpu), take_turns, NULL, false);
    take_turns(NULL);
    for (unsigned i = 0; __atomic_load_n(&check.done, __ATOMIC_ACQUIRE) != done && i < TURN_SPINS;
         i++) {
        arch_cpu_relax();
    }
}

/* Another source takes over, if there is any; else time is held where it would go back. */
static int check_all(void)
{
    unsigned cpu;

    cpumask_for_each(cpu, tsc.hz != 0 ? cpu_online() & ~cpumask_of(cpu_index()) : 0)
    {
        check_with(cpu);
    }
    if (check.worst != 0) {
        log_warn("CPUs' time-stamp counters differ by %llu ticks or more",
                 (unsigned long long)check.worst);
        tsc.flags |= CLOCKSOURCE_UNSYNCHRONISED;
        clocksource_set_rating(&tsc, CLOCKSOURCE_LAST_RESORT);
    }
    return 0;
}

SUBSYSTEM(tsc, .name = "time-stamp counters", .late_init = check_all, .privilege = PRIVILEGE_DRIVER,
          .deps = {"CPUs"});
