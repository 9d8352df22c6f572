/* SPDX-License-Identifier: MIT */
/* Tokens that suspend threads and processes for as long as they are open. Threads only, no lock held. */
#include "process.h"

#include <keel/call_wait.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/smp.h>
#include <keel/suspend_object.h>
#include <keel/wait.h>

struct suspend_token {
    struct object object;
    struct object *task; /* a reference */
};

static struct suspend_token *token_of(struct object *object)
{
    return container_of(object, struct suspend_token, object);
}

/* Has a thread look whether it is suspended; the CPU it is to be interrupted on. Expects the process's lock. */
static cpumask_t have_look(struct user_thread *user)
{
    if (!user->head) {
        return 0;
    }
    WRITE_ONCE(user->head->user_work, 1);
    return thread_note((struct thread *)user->head);
}

/* Counts up or down. Expects the process's lock; so do the next two. */
static cpumask_t change_thread(struct user_thread *user, int by)
{
    user->suspends += (uint32_t)by;
    return have_look(user);
}

static cpumask_t change_process(struct process *process, int by)
{
    struct user_thread *user;
    cpumask_t cpus = 0;

    process->suspends += (uint32_t)by;
    list_for_each_entry (user, &process->threads, node) {
        cpus |= have_look(user);
    }
    return cpus;
}

static bool has_ended(const struct process *process, const struct user_thread *user)
{
    return process->end.reason != PROCESS_RUNS || (user && user->state == USER_THREAD_ENDED);
}

/* To suspend (1) what has not ended, or to resume (-1) whatever it is. */
static int change(struct object *task, int by)
{
    bool is_thread = object_type(task) == KEEL_OBJ_TYPE_THREAD;
    struct user_thread *user = is_thread ? user_thread_of(task) : NULL;
    struct process *process = is_thread ? user->process : process_of(task);
    unsigned long irq = spin_lock(&process->lock);
    int err = by > 0 && has_ended(process, user) ? -ECANCELED : 0;
    cpumask_t cpus = 0;

    if (err == 0) {
        cpus = is_thread ? change_thread(user, by) : change_process(process, by);
    }
    spin_unlock(&process->lock, irq);
    wait_resched();
    if (cpus != 0) {
        ipi_send(cpus, IPI_RESCHEDULE); /* out of user mode */
    }
    return err;
}

static void token_closed(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    (void)change(token_of(object)->task, -1);
}

static void token_destroy(struct object *object, struct cleanup *cleanup)
{
    object_put_later(token_of(object)->task, cleanup);
    kfree(token_of(object));
}

static const struct object_ops token_ops = {
    .type = KEEL_OBJ_TYPE_SUSPEND_TOKEN,
    .rights = KEEL_DEFAULT_SUSPEND_TOKEN_RIGHTS,
    .name = "suspend token",
    .closed = token_closed,
    .destroy = token_destroy,
};

int suspend_create(struct object *task, struct object **out)
{
    struct suspend_token *token = kzalloc(sizeof(*token));
    int err;

    if (!token) {
        return -ENOMEM;
    }
    object_init(&token->object, &token_ops);
    err = change(task, 1);
    if (err != 0) {
        object_abandon(&token->object);
        kfree(token);
        return err;
    }
    object_get(task);
    token->task = task;
    *out = &token->object;
    return 0;
}
