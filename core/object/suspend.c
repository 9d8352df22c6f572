/* SPDX-License-Identifier: MIT */
/* Suspended threads. Each stops and goes on by itself, so it alone changes its signals; who has a token changes the
 * count and has it look. What they tell each other is guarded by the process's lock. */
#include "process.h"

#include <arch/cpu.h>
#include <keel/call_wait.h>
#include <keel/errno.h>
#include <keel/fpu.h>
#include <keel/object_signal.h>
#include <keel/suspend_object.h>
#include <keel/timer.h>
#include <keel/user.h>
#include <keel/user_state.h>

/* --- The thread itself. No lock held, interrupts on --- */

static struct user_thread *self(void)
{
    return current_head()->user;
}

static bool is_to_stop(struct user_thread *user)
{
    unsigned long irq = spin_lock(&user->process->lock);
    bool stops = process_suspends(user);

    spin_unlock(&user->process->lock, irq);
    return stops;
}

/* Its registers are others' to look at from here on: those of a call that it is in, or all in a frame. */
static void stop(struct user_thread *user, enum user_stop where, struct trap_frame *frame)
{
    unsigned long irq;

    if (!user->fpu) {
        user->fpu = thread_park_fpu();
    }
    irq = spin_lock(&user->process->lock);
    user->stop = where;
    user->frame = frame;
    spin_unlock(&user->process->lock, irq);
    object_signal(&user->object, KEEL_THREAD_RUNNING, KEEL_THREAD_SUSPENDED);
}

/* They are its own again. */
static void go(struct user_thread *user)
{
    unsigned long irq = spin_lock(&user->process->lock);

    user->stop = USER_GOES;
    user->frame = NULL;
    spin_unlock(&user->process->lock, irq);
    thread_unpark_fpu(user->fpu);
    user->fpu = NULL;
}

/* Goes on, unless it is suspended again by then. */
static void try_to_go(struct user_thread *user)
{
    object_signal(&user->object, KEEL_THREAD_SUSPENDED, KEEL_THREAD_RUNNING);
    if (is_to_stop(user)) {
        object_signal(&user->object, KEEL_THREAD_RUNNING, KEEL_THREAD_SUSPENDED);
    } else {
        go(user);
    }
}

bool user_wait_goes_on(uint64_t *deadline_ns)
{
    struct user_thread *user = self();

    if (!thread_take_note(deadline_ns)) {
        return false;
    }
    if (user->stop == USER_GOES && is_to_stop(user)) {
        stop(user, USER_IN_CALL, NULL);
    } else if (user->stop == USER_IN_CALL && !is_to_stop(user)) {
        try_to_go(user);
    }
    return true;
}

void user_thread_unsuspend(void)
{
    struct user_thread *user = self();

    if (user->stop != USER_GOES) {
        go(user);
    }
}

/* Sleeps until it may be to do something else. */
static void wait_while_suspended(struct user_thread *user)
{
    struct spinlock *lock = &user->process->lock;
    unsigned long irq = spin_lock(lock);
    uint64_t deadline;

    if (!process_suspends(user)) {
        spin_unlock(lock, irq);
    } else if (!call_wait(lock, irq, TIMER_NEVER, 0)) {
        (void)thread_take_note(&deadline);
    }
}

void user_thread_stop_or_go(struct user_thread *user, struct trap_frame *frame)
{
    if (is_to_stop(user)) {
        stop(user, USER_STOPPED, frame);
        wait_while_suspended(user);
    } else {
        try_to_go(user);
    }
}

/* --- Others --- */

/* Expects the process's lock. 0: it is suspended. */
static int check_stopped(const struct user_thread *user)
{
    return user->state == USER_THREAD_ENDED                     ? -ECANCELED
           : user->stop == USER_GOES || !process_suspends(user) ? -EBUSY
                                                                : 0;
}

int user_thread_read_state(struct user_thread *user, uint32_t kind, void *out)
{
    unsigned long irq = spin_lock(&user->process->lock);
    int err = check_stopped(user);

    if (err == 0 && user->stop == USER_STOPPED) {
        err = arch_state_read(kind, user->frame, user->fpu, out);
    } else if (err == 0) {
        err = arch_state_read_in_call(kind, user->head, user->fpu, out);
    }
    spin_unlock(&user->process->lock, irq);
    return err;
}

int user_thread_write_state(struct user_thread *user, uint32_t kind, const void *in)
{
    unsigned long irq = spin_lock(&user->process->lock);
    int err = check_stopped(user);

    if (err == 0) {
        err = user->stop == USER_STOPPED ? arch_state_write(kind, user->frame, user->fpu, in)
                                         : -EBUSY;
    }
    spin_unlock(&user->process->lock, irq);
    return err;
}
