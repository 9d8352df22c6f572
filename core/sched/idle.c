/* SPDX-License-Identifier: MIT */
/* What a CPU does when no thread is ready: looks for one elsewhere, and halts. */
#include "idle.h"

#include "thread_internal.h"

#include <keel/smp.h>
#include <keel/tick.h>

/* Nothing to do here, and nothing was to be had elsewhere; says so to others first, who take it back
 * when they bring something. */
static bool nothing_to_do(struct sched_cpu *sched)
{
    __atomic_fetch_or(&sched_idle, cpumask_of(sched->cpu), __ATOMIC_SEQ_CST);
    return !READ_ONCE(sched->resched) && READ_ONCE(sched->queue.bitmap) == 0 && !sched_pull(sched);
}

/* Interrupts off. They come in while the CPU halts, and do not switch threads on their way out. */
static void halt(struct sched_cpu *sched)
{
    struct thread_head *self = current_head();

    self->preempt_off = 1;
    tick_idle_enter();
    while (nothing_to_do(sched)) {
        arch_wait_for_interrupt();
    }
    __atomic_fetch_and(&sched_idle, ~cpumask_of(sched->cpu), __ATOMIC_RELAXED);
    tick_idle_exit();
    sched->tick_ns = 0;
    self->preempt_off = 0;
}

__noreturn int idle_loop(void *arg)
{
    struct sched_cpu *sched;

    (void)arg;
    arch_irq_disable();
    sched = sched_here();
    for (;;) {
        halt(sched);
        if (IS_ENABLED(CONFIG_CPU_OFF) && unlikely(READ_ONCE(sched->leave))) {
            WRITE_ONCE(sched->leave, false);
            smp_leave();
        }
        sched_give_way(true);
    }
}
