/* SPDX-License-Identifier: MIT */
/* Threads of processes: made, started, ended. Functions sleep or end the thread only where process.h says so. */
#include "process.h"

#include <arch/cpu.h>
#include <arch/user.h>
#include <keel/aspace.h>
#include <keel/errno.h>
#include <keel/futex_object.h>
#include <keel/heap.h>
#include <keel/kasan.h>
#include <keel/object_signal.h>
#include <keel/string.h>
#include <keel/suspend_object.h>

static void user_thread_destroy(struct object *object, struct cleanup *cleanup)
{
    object_put_later(&user_thread_of(object)->process->object, cleanup);
    kfree(object);
}

static const struct object_ops user_thread_ops = {
    .type = KEEL_OBJ_TYPE_THREAD,
    .rights = KEEL_DEFAULT_THREAD_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "thread",
    .destroy = user_thread_destroy,
};

int user_thread_create(struct process *process, const char *name, struct user_thread **out)
{
    struct user_thread *user = kzalloc(sizeof(*user));

    if (!user) {
        return -ENOMEM;
    }
    object_init(&user->object, &user_thread_ops);
    process_ref(process);
    user->process = process;
    user->handles = process_table(process);
    list_init(&user->futexes);
    strlcpy(user->name, name, sizeof(user->name));
    *out = user;
    return 0;
}

/* --- Ends --- */

/* The process is kept until nothing is left of the thread. */
void process_exit_thread(int64_t result)
{
    struct user_thread *user = current_head()->user;
    struct process *process = user->process;

    futex_exit(user);
    user_thread_unsuspend();
    current_head()->user = NULL;
    aspace_switch(NULL);
    process_remove_thread(user, result);
    object_put(&user->object);
    process_unref(process);
    thread_exit(0);
}

void process_end_by(const struct process_end *end)
{
    process_end_all(process_current(), end);
    process_exit_thread(end->result);
}

void process_exit(int64_t result)
{
    process_end_by(&(struct process_end){.reason = PROCESS_EXITED, .result = result});
}

/* --- Beginnings --- */

/* What functions on the way here have marked of the stack is not valid any more: they never return. */
static __noreturn __noinline void enter_user(const struct user_start *start)
{
    kasan_unpoison((const void *)current_head()->stack_low, KERNEL_STACK_SIZE);
    arch_user_enter(start->pc, start->sp, start->argument[0], start->argument[1]);
}

/* Makes the calling thread a thread of the process. */
static void join(struct user_thread *user)
{
    struct process *process = user->process;
    struct thread_head *self = current_head();
    unsigned long irq = spin_lock(&process->lock);

    user->head = self;
    self->user = user;
    self->vdso = process->vdso;
    self->user_work = process->end.reason != PROCESS_RUNS || process_suspends(user);
    spin_unlock(&process->lock, irq);
    aspace_switch(process->space);
}

static int begin(void *arg)
{
    struct user_thread *user = arg;

    if (READ_ONCE(user->thread) != thread_current()) { /* abandoned */
        object_put(&user->object);
        return 0;
    }
    join(user);
    if (thread_use_fpu() == -ENOMEM) {
        process_exit(-ENOMEM);
    }
    enter_user(&user->start);
}

/* Changes the state if it is `from`. */
static bool change_state(struct user_thread *user, enum user_thread_state from,
                         enum user_thread_state to)
{
    unsigned long irq = spin_lock(&user->process->lock);
    bool changes = user->state == from;

    if (changes) {
        user->state = to;
    }
    spin_unlock(&user->process->lock, irq);
    return changes;
}

/* The thread of the kernel has a reference to the object. */
int user_thread_claim(struct user_thread *user, const struct thread_attr *attr)
{
    int err;

    if (!change_state(user, USER_THREAD_NEW, USER_THREAD_CLAIMED)) {
        return -EBUSY;
    }
    object_get(&user->object);
    err = thread_create(&user->thread, user->name, begin, user, attr);
    if (err != 0) {
        (void)change_state(user, USER_THREAD_CLAIMED, USER_THREAD_NEW);
        object_put(&user->object);
    }
    return err;
}

/* Lets the thread of the kernel run. */
static void let_run(struct thread *thread)
{
    thread_detach(thread);
    (void)thread_resume(thread);
}

int user_thread_prepare(struct user_thread *user, const struct user_start *start, bool first)
{
    user->start = *start;
    return process_add_thread(user, first);
}

void user_thread_run(struct user_thread *user)
{
    object_signal(&user->object, 0, KEEL_THREAD_RUNNING);
    let_run(user->thread);
}

void user_thread_abandon(struct user_thread *user)
{
    struct thread *thread = user->thread;

    WRITE_ONCE(user->thread, NULL);
    (void)change_state(user, USER_THREAD_CLAIMED, USER_THREAD_NEW);
    let_run(thread);
}

/* As its process stands, it is the first or is not. */
int user_thread_start(struct user_thread *user, const struct user_start *start,
                      const struct thread_attr *attr)
{
    int err = user_thread_claim(user, attr);

    if (err != 0) {
        return err;
    }
    err = user_thread_prepare(user, start, false);
    if (err == -EBUSY) {
        err = user_thread_prepare(user, start, true);
    }
    if (err == 0) {
        user_thread_run(user);
    } else {
        user_thread_abandon(user);
    }
    return err;
}

int process_start_thread(struct process *process, virt_addr_t pc, virt_addr_t sp, uint64_t argument,
                         const struct thread_attr *attr)
{
    struct user_start where = {.pc = pc, .sp = sp, .argument = {argument, 0}};
    struct user_thread *user;
    int err = user_thread_create(process, process->name, &user);

    if (err == 0) {
        err = user_thread_start(user, &where, attr);
        object_close(&user->object);
    }
    return err;
}

void user_thread_get_name(struct user_thread *user, char name[USER_THREAD_NAME_MAX])
{
    unsigned long irq = spin_lock(&user->process->lock);

    memcpy(name, user->name, USER_THREAD_NAME_MAX);
    spin_unlock(&user->process->lock, irq);
}

void user_thread_set_name(struct user_thread *user, const char *name)
{
    unsigned long irq = spin_lock(&user->process->lock);

    memset(user->name, 0, USER_THREAD_NAME_MAX);
    strlcpy(user->name, name, USER_THREAD_NAME_MAX);
    spin_unlock(&user->process->lock, irq);
}
