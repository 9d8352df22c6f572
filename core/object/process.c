/* SPDX-License-Identifier: MIT */
/* Processes and their threads, from the first to the last. Functions sleep or end the thread only where
 * process.h says so; the process's lock is taken alone. */
#include <arch/cpu.h>
#include <arch/user.h>
#include <keel/aspace.h>
#include <keel/call_wait.h>
#include <keel/console_input.h>
#include <keel/errno.h>
#include <keel/event.h>
#include <keel/heap.h>
#include <keel/kasan.h>
#include <keel/panic.h>
#include <keel/process.h>
#include <keel/refcount.h>
#include <keel/smp.h>
#include <keel/spinlock.h>
#include <keel/string.h>
#include <keel/user.h>

#include "process.h"

#define HANDLES_AT_ONCE 64u /* closed between two chances for others to run */

struct process {
    struct refcount refs;
    uint32_t privileges;
    struct aspace *space;
    virt_addr_t image;
    struct handle_table handles;
    struct spinlock lock; /* of what follows */
    struct list threads;
    unsigned thread_count;
    struct process_end end;
    struct sync_event ending; /* it is going to end: who sleeps in a call wakes */
    struct sync_event ended;  /* the last thread is gone */
    char name[PROCESS_NAME_MAX];
};

/* --- Processes --- */

/* Gives up what an ended process has: all handles, some at a time, and the keys. Threads, preemptible; no lock held. */
static void give_up(struct process *process)
{
    while (handle_table_close(&process->handles, HANDLES_AT_ONCE)) {
        thread_yield();
    }
    console_input_release(process);
}

int process_create(const char *name, uint32_t privileges, struct process **out)
{
    struct process *process = kzalloc(sizeof(*process));

    if (!process) {
        return -ENOMEM;
    }
    strlcpy(process->name, name, sizeof(process->name));
    if (handle_table_init(&process->handles) != 0) {
        kfree(process);
        return -ENOMEM;
    }
    if (aspace_create(process->name, &process->space) != 0) {
        give_up(process);
        handle_table_destroy(&process->handles);
        kfree(process);
        return -ENOMEM;
    }
    refcount_set(&process->refs, 1);
    process->privileges = privileges;
    spin_init(&process->lock);
    list_init(&process->threads);
    event_init(&process->ending, EVENT_MANUAL, false);
    event_init(&process->ended, EVENT_MANUAL, false);
    *out = process;
    return 0;
}

void process_ref(struct process *process)
{
    refcount_get(&process->refs);
}

void process_unref(struct process *process)
{
    if (refcount_put(&process->refs)) {
        give_up(process);
        handle_table_destroy(&process->handles);
        aspace_destroy(process->space);
        kfree(process);
    }
}

struct aspace *process_space(struct process *process)
{
    return process->space;
}

struct handle_table *process_table(struct process *process)
{
    return &process->handles;
}

void process_set_image(struct process *process, virt_addr_t base)
{
    process->image = base;
}

virt_addr_t process_image(const struct process *process)
{
    return process->image;
}

const char *process_name(const struct process *process)
{
    return process->name;
}

bool process_may(const struct process *process, uint32_t privilege)
{
    return (process->privileges & privilege) != 0;
}

bool process_is_ending(void)
{
    return READ_ONCE(process_current()->end.reason) != PROCESS_RUNS;
}

/* --- Threads --- */

/* Enters a thread that is still to begin. False: there are to be no more. */
static bool add_thread(struct user_thread *user)
{
    struct process *process = user->process;
    unsigned long irq = spin_lock(&process->lock);
    bool good = process->end.reason == PROCESS_RUNS;

    if (good) {
        list_add_tail(&process->threads, &user->node);
        process->thread_count++;
        process_ref(process);
    }
    spin_unlock(&process->lock, irq);
    return good;
}

/* Takes a thread out, which has ended with a result, or has never begun: NULL. Its space is not in use. */
static void remove_thread(struct user_thread *user, const int64_t *result)
{
    struct process *process = user->process;
    unsigned long irq = spin_lock(&process->lock);
    bool last;

    list_remove(&user->node);
    last = --process->thread_count == 0;
    if (last && result && process->end.reason == PROCESS_RUNS) {
        process->end = (struct process_end){.reason = PROCESS_EXITED, .result = *result};
    }
    last = last && process->end.reason != PROCESS_RUNS;
    spin_unlock(&process->lock, irq);
    if (last) {
        give_up(process);
        event_signal(&process->ended);
    }
    kfree(user);
    process_unref(process);
}

void process_exit_thread(int64_t result)
{
    struct user_thread *user = current_head()->user;

    current_head()->user = NULL;
    aspace_switch(NULL);
    remove_thread(user, &result);
    thread_exit(0);
}

void user_return_work(void)
{
    arch_irq_enable();
    process_exit_thread(PROCESS_RESULT_KILLED);
}

/* What functions on the way here have marked of the stack is not valid any more: they never return. */
static __noreturn __noinline void enter_user(const struct user_thread *user)
{
    kasan_unpoison((const void *)current_head()->stack_low, KERNEL_STACK_SIZE);
    arch_user_enter(user->pc, user->sp, user->argument);
}

static int begin(void *arg)
{
    struct user_thread *user = arg;
    struct process *process = user->process;
    struct thread_head *self = current_head();
    unsigned long irq = spin_lock(&process->lock);

    user->head = self;
    self->user = user;
    self->user_work = process->end.reason != PROCESS_RUNS;
    spin_unlock(&process->lock, irq);
    aspace_switch(process->space);
    if (thread_use_fpu() == -ENOMEM) {
        process_exit(-ENOMEM);
    }
    enter_user(user);
}

int process_start_thread(struct process *process, virt_addr_t pc, virt_addr_t sp, uint64_t argument,
                         const struct thread_attr *attr)
{
    struct user_thread *user = kmalloc(sizeof(*user));
    struct thread *thread;
    int err;

    if (!user) {
        return -ENOMEM;
    }
    *user = (struct user_thread){
        .process = process,
        .handles = &process->handles,
        .pc = pc,
        .sp = sp,
        .argument = argument,
    };
    if (!add_thread(user)) {
        kfree(user);
        return -ECANCELED;
    }
    err = thread_run(&thread, process->name, begin, user, attr);
    if (err != 0) {
        remove_thread(user, NULL);
        return err;
    }
    thread_detach(thread);
    return 0;
}

/* --- The end --- */

/* Makes all threads end before they see user mode again, unless that was done before. */
static void end_all(struct process *process, const struct process_end *end)
{
    unsigned long irq = spin_lock(&process->lock);
    struct user_thread *user;
    bool first = process->end.reason == PROCESS_RUNS;
    bool none = process->thread_count == 0;
    bool several = process->thread_count > 1;

    if (first) {
        process->end = *end;
        list_for_each_entry (user, &process->threads, node) {
            if (user->head) {
                WRITE_ONCE(user->head->user_work, 1);
                thread_cancel_waits((struct thread *)user->head);
            }
        }
    }
    spin_unlock(&process->lock, irq);
    if (first) {
        wait_resched();
        event_signal(&process->ending);
        if (none) {
            give_up(process);
            event_signal(&process->ended);
        }
    }
    if (first && (several || process != process_current())) {
        ipi_send(cpu_online(), IPI_RESCHEDULE); /* out of user mode, wherever they run */
    }
}

void process_end_by(const struct process_end *end)
{
    end_all(process_current(), end);
    process_exit_thread(end->result);
}

void process_exit(int64_t result)
{
    process_end_by(&(struct process_end){.reason = PROCESS_EXITED, .result = result});
}

void process_kill(struct process *process)
{
    end_all(process,
            &(struct process_end){.reason = PROCESS_KILLED, .result = PROCESS_RESULT_KILLED});
}

/* There is something to wait for. */
static bool has_begun(struct process *process)
{
    unsigned long irq = spin_lock(&process->lock);
    bool began = process->thread_count != 0 || process->end.reason != PROCESS_RUNS;

    spin_unlock(&process->lock, irq);
    return began;
}

int process_wait(struct process *process, struct process_end *end, uint64_t deadline_ns)
{
    if (!has_begun(process)) {
        return -EAGAIN;
    }
    if (event_wait_until(&process->ended, deadline_ns, 0) != 0) {
        return -ETIMEDOUT;
    }
    *end = process->end;
    return 0;
}

void process_sleep(uint64_t deadline_ns)
{
    int err = event_wait_until(&process_current()->ending, deadline_ns, 0);

    DEBUG_ASSERT(err == 0 || err == -ETIMEDOUT);
}
