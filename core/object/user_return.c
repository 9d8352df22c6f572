/* SPDX-License-Identifier: MIT */
/* What a thread does on its way to user mode where something is to be done: it ends, or stops until it may go on. On
 * the thread itself, no lock held. */
#include "process.h"

#include <arch/cpu.h>
#include <keel/call_wait.h>
#include <keel/user.h>

/* Whether there is nothing to do before user mode; then there is not, until somebody says so. */
static bool may_return(struct user_thread *user)
{
    unsigned long irq = spin_lock(&user->process->lock);
    bool may = user->stop == USER_GOES && !process_suspends(user) && !process_is_ending();

    if (may) {
        current_head()->user_work = 0;
    }
    spin_unlock(&user->process->lock, irq);
    return may;
}

/* A thread that ends does not stop any more: its process's end has ended the suspension. */
void user_return_work(struct trap_frame *frame)
{
    struct user_thread *user = current_head()->user;
    uint64_t deadline;

    arch_irq_enable();
    (void)thread_take_note(&deadline);
    while (!may_return(user)) {
        if (process_is_ending()) {
            process_exit_thread(PROCESS_RESULT_KILLED);
        }
        user_thread_stop_or_go(user, frame);
    }
    arch_irq_disable();
}
