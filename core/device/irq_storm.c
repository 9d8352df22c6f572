/* SPDX-License-Identifier: MIT */
/* Lines that would keep a CPU from its work: nobody has requested them, their handlers never find
 * anything, or they come without a pause. They are masked. */
#define LOG_TAG "irq"
#include "irq_internal.h"

#include <keel/clock.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/percpu.h>

/* So often in a row handlers may find nothing: a line that is shared or was just masked may be late,
 * not a thousand times. */
#define NONES_MAX     1000
/* Windows in a row that are too short: about 10,000 interrupts. A burst is no storm. */
#define FAST_MAX      10
/* In a window with fewer entries from other code than this the line held the CPU all the time. */
#define ENTRIES_LEAST (IRQ_STORM_WINDOW / 16)
#define NS_PER_SEC    UINT64_C(1000000000)
#define TICK_NS       (NS_PER_SEC / 100)

static int64_t storm_limit = 5000;

KPARAM(
    irq_storm, PARAM_INT, storm_limit, 0, 10000000,
    "interrupts of one line in 10 ms, for a tenth of a second, that count as a storm (0: any number)");

static void storm(struct irq_line *line, const char *why)
{
    unsigned long irq = spin_lock(&line->lock);
    bool first = !line->storm;

    if (first) {
        line->storm = true;
        irq_line_mask(line);
    }
    spin_unlock(&line->lock, irq);
    if (first) {
        __atomic_fetch_add(&irq_storms, 1, __ATOMIC_RELAXED);
        log_error("%s line %u (%s): storm on CPU %u, %s: masked", line->chip->name, line->hw,
                  line->requests ? line->requests->req.name : "released", cpu_index(), why);
    }
}

void irq_check_nones(struct irq_line *line, struct irq_line_cpu *state)
{
    if (++state->nones >= NONES_MAX) {
        state->nones = 0;
        storm(line, "its handlers find nothing to do");
    }
}

/* Lines that each CPU has are the kernel's own, timer and calls between CPUs: there is no going on
 * without them. */
void irq_check_rate(struct irq_line *line)
{
    uint64_t now = clock_ns();
    uint64_t entries = irq_cpu_data[cpu_index()].entries;
    bool held = entries - line->window_entries < ENTRIES_LEAST;
    bool fast =
        now != 0 && (now - line->window_ns) * (uint64_t)storm_limit < IRQ_STORM_WINDOW * TICK_NS;

    line->window_ns = now;
    line->window_entries = entries;
    if (line->percpu || storm_limit == 0) {
        return;
    }
    line->fast = held || fast ? line->fast + 1 : 0;
    if (line->fast >= FAST_MAX) {
        line->fast = 0;
        storm(line, "it comes without a pause");
    }
}

void irq_stray(struct irq_chip *chip, unsigned hw)
{
    irq_cpu_data[cpu_index()].strays++;
    chip->ops->mask(chip, hw);
    log_warn("%s line %u: an interrupt that nobody has requested: masked", chip->name, hw);
}
