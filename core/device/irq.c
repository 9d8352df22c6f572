/* SPDX-License-Identifier: MIT */
/* The way of an interrupt: from the port to the root controller, from a controller to the handlers of
 * a line, and out again. */
#include "irq_internal.h"

#include <keel/irqs_off.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/trace.h>

static void no_controller(void)
{
    panic("an interrupt came, and there is no driver for the interrupt controller");
}

static void (*root)(void) = no_controller;
static void (*exit_hook)(bool preemptible);

void irq_set_root(void (*handle)(void))
{
    root = handle;
}

void irq_set_exit_hook(void (*hook)(bool preemptible))
{
    WRITE_ONCE(exit_hook, hook);
}

void irq_handle(bool preemptible)
{
    struct irq_cpu *cpu = &irq_cpu_data[cpu_index()];
    void (*hook)(bool);

    irqs_off_begin();
    cpu->entries++;
    cpu->depth++;
    root();
    hook = READ_ONCE(exit_hook);
    if (--cpu->depth == 0 && hook) {
        hook(preemptible);
    }
    irqs_off_end();
}

bool irq_in_handler(void)
{
    unsigned long irq = arch_irq_save();
    bool in = irq_cpu_data[cpu_index()].depth != 0;

    arch_irq_restore(irq);
    return in;
}

void irq_spurious(struct irq_chip *chip)
{
    irq_cpu_data[cpu_index()].spurious++;
}

/* Runs the handlers of a line, all of them: several devices may be asking. False when all say that
 * it was not theirs. */
static bool run_handlers(const struct irq_line *line)
{
    bool found = false;

    for (struct irq *irq = READ_ONCE(line->requests); irq; irq = READ_ONCE(irq->next)) {
        enum irq_result result = irq->req.handler(irq->req.arg);

        found |= result != IRQ_NONE;
        if (unlikely(result == IRQ_WAKE_THREAD)) {
            irq_wake_thread(irq);
        }
    }
    return found;
}

/* By the name of the first who has the line. */
static __noinline void trace_enter(const struct irq_chip *chip, const struct irq_line *line,
                                   unsigned hw)
{
    const struct irq *irq = line ? READ_ONCE(line->requests) : NULL;

    trace_record_name(TRACE_IRQ_ENTER, hw, irq ? irq->req.name : chip->name);
}

void irq_dispatch(struct irq_chip *chip, unsigned hw)
{
    struct irq_line *line = READ_ONCE(chip->line[hw]);
    struct irq_line_cpu *state;

    DEBUG_ASSERT(hw < chip->lines);
    if (trace_is_on(TRACE_IRQ_ENTER)) {
        trace_enter(chip, line, hw);
    }
    if (unlikely(!line || !READ_ONCE(line->requests))) {
        irq_stray(chip, hw);
    } else {
        state = irq_line_cpu(line, cpu_index());
        state->count++;
        WRITE_ONCE(state->running, state->running + 1);
        /* Either irq_release() sees that handlers run here, or they do not see what it took away. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (likely(run_handlers(line))) {
            state->nones = 0;
        } else {
            irq_check_nones(line, state);
        }
        __atomic_store_n(&state->running, state->running + 1, __ATOMIC_RELEASE);
        if (unlikely(state->count % IRQ_STORM_WINDOW == 0)) {
            irq_check_rate(line);
        }
    }
    trace_point(TRACE_IRQ_EXIT, hw, 0, 0);
    chip->ops->eoi(chip, hw);
}
