/* SPDX-License-Identifier: MIT */
/* Giving threads promises of CPU time, and taking them back. Takes the lock of the thread's CPU. */
#include "deadline.h"

#include <keel/heap.h>

/* Memory for a promise, which stays with the thread's. */
static int make_promise(struct thread *thread)
{
    struct promise *promise = kzalloc(sizeof(*promise)), *none = NULL;

    if (!promise) {
        return -ENOMEM;
    }
    if (!__atomic_compare_exchange_n(&thread->promise, &none, promise, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        kfree(promise);
    }
    return 0;
}

int thread_set_deadline(struct thread *thread, const struct thread_deadline *wanted)
{
    bool moves = false;
    struct sched_cpu *sched;
    unsigned long irq;
    int status;

    if (wanted && !cbs_is_valid(wanted)) {
        return -EINVAL;
    }
    if (wanted && !__atomic_load_n(&thread->promise, __ATOMIC_ACQUIRE) &&
        make_promise(thread) != 0) {
        return -ENOMEM;
    }
    irq = arch_irq_save();
    sched = sched_lock_thread(thread);
    status = wanted ? deadline_begin(sched, thread, wanted) : deadline_end(thread);
    if (status == 0) {
        moves = thread->entity.queued && !cpumask_has(thread->affinity, sched->cpu);
        if (moves) {
            runqueue_remove(&sched->queue, &thread->entity);
        }
        deadline_relevel(sched, thread);
    }
    sched_unlock(sched);
    if (moves) {
        (void)sched_make_ready(thread, BIT(THREAD_READY));
    }
    arch_irq_restore(irq);
    mutex_urgency_changed(thread);
    sched_resched();
    return wanted ? status : 0;
}
