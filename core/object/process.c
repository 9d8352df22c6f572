/* SPDX-License-Identifier: MIT */
/* Processes, from the first thread to the last. Functions sleep where process.h says so; the process's lock is
 * taken alone. */
#include "process.h"

#include <keel/aspace.h>
#include <keel/call_wait.h>
#include <keel/console_input.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/object_signal.h>
#include <keel/object_wait.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/vdso_image.h>

#define HANDLES_AT_ONCE 64u /* closed between two chances for others to run */

/* --- Ends --- */

/* Gives up what an ended process has: all handles, some at a time, the keys, what is mapped. Threads,
 * preemptible; no lock held. */
static void give_up(struct process *process)
{
    while (handle_table_close(&process->handles, HANDLES_AT_ONCE)) {
        thread_yield();
    }
    console_input_release(process);
    aspace_clear(process->space);
}

/* The last thread is gone, or there was none. */
static void finish(struct process *process)
{
    give_up(process);
    job_leave(&process->member);
    object_signal(&process->object, 0, KEEL_PROCESS_TERMINATED);
    event_signal(&process->ended);
}

/* Nobody refers to it: it has no thread. It has not ended if it never had a handle. */
static void process_destroy(struct object *object, struct cleanup *cleanup)
{
    struct process *process = process_of(object);

    if (process->end.reason == PROCESS_RUNS) {
        give_up(process);
        job_leave(&process->member);
    }
    job_forget(&process->member, cleanup);
    handle_table_destroy(&process->handles);
    aspace_destroy(process->space);
    kfree(process);
}

/* Nobody can start it any more. */
static void process_closed(struct object *object, struct cleanup *cleanup)
{
    struct process *process = process_of(object);

    (void)cleanup;
    if (!READ_ONCE(process->started)) {
        process_kill(process);
    }
}

static const struct object_ops process_ops = {
    .type = KEEL_OBJ_TYPE_PROCESS,
    .rights = KEEL_DEFAULT_PROCESS_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "process",
    .closed = process_closed,
    .destroy = process_destroy,
};

/* Sends all threads on their way out of calls and of user mode. Expects the process's lock. */
static void drive_out(struct process *process)
{
    struct user_thread *user;

    list_for_each_entry (user, &process->threads, node) {
        if (user->head) {
            WRITE_ONCE(user->head->user_work, 1);
            thread_cancel_waits((struct thread *)user->head);
        }
    }
}

void process_end_all(struct process *process, const struct process_end *end)
{
    unsigned long irq = spin_lock(&process->lock);
    bool first = process->end.reason == PROCESS_RUNS;
    bool none = process->thread_count == 0;
    bool several = process->thread_count > 1;

    if (first) {
        process->end = *end;
        drive_out(process);
    }
    spin_unlock(&process->lock, irq);
    if (!first) {
        return;
    }
    wait_resched();
    if (none) {
        finish(process);
    }
    if (several || process != process_current()) {
        ipi_send(cpu_online(), IPI_RESCHEDULE); /* out of user mode, wherever they run */
    }
}

void process_kill(struct process *process)
{
    process_end_all(
        process, &(struct process_end){.reason = PROCESS_KILLED, .result = PROCESS_RESULT_KILLED});
}

/* --- Beginnings --- */

/* With the vDSO in it. */
static int make_space(struct process *process)
{
    int err = aspace_create(process->name, &process->space);

    if (err == 0) {
        err = vdso_map(process->space, &process->vdso);
        if (err != 0) {
            aspace_destroy(process->space);
        }
    }
    return err;
}

/* What can fail; all or none. */
static int set_up(struct process *process, struct object *job)
{
    int err;

    if (handle_table_init(&process->handles) != 0) {
        return -ENOMEM;
    }
    err = make_space(process);
    if (err == 0 && job) {
        err = job_enter(job, &process->member, &process->object);
        if (err != 0) {
            aspace_destroy(process->space);
        }
    }
    if (err != 0) {
        (void)handle_table_close(&process->handles, HANDLES_AT_ONCE);
        handle_table_destroy(&process->handles);
    }
    return err;
}

int process_create(struct object *job, const char *name, uint32_t privileges, struct process **out)
{
    struct process *process = kzalloc(sizeof(*process));
    int err;

    if (!process) {
        return -ENOMEM;
    }
    strlcpy(process->name, name, sizeof(process->name));
    process->privileges = privileges;
    spin_init(&process->lock);
    spin_init(&process->futexes.lock);
    rb_tree_init(&process->futexes.futexes);
    list_init(&process->threads);
    event_init(&process->ended, EVENT_MANUAL, false);
    object_init(&process->object, &process_ops);
    refcount_set(&process->object.handles, 0);
    err = set_up(process, job);
    if (err != 0) {
        object_abandon(&process->object);
        kfree(process);
        return err;
    }
    *out = process;
    return 0;
}

void process_ref(struct process *process)
{
    object_get(&process->object);
}

void process_unref(struct process *process)
{
    object_put(&process->object);
}

struct object *process_object(struct process *process)
{
    return &process->object;
}

struct process *process_of(struct object *object)
{
    return container_of(object, struct process, object);
}

struct object *process_job(struct process *process)
{
    return job_member_object(&process->member);
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
    WRITE_ONCE(process->image, base);
}

virt_addr_t process_image(const struct process *process)
{
    return READ_ONCE(process->image);
}

virt_addr_t process_vdso(const struct process *process)
{
    return process->vdso;
}

const char *process_name(const struct process *process)
{
    return process->name;
}

void process_get_name(struct process *process, char name[PROCESS_NAME_MAX])
{
    unsigned long irq = spin_lock(&process->lock);

    memcpy(name, process->name, PROCESS_NAME_MAX);
    spin_unlock(&process->lock, irq);
}

void process_set_name(struct process *process, const char *name)
{
    unsigned long irq = spin_lock(&process->lock);

    memset(process->name, 0, PROCESS_NAME_MAX);
    strlcpy(process->name, name, PROCESS_NAME_MAX);
    spin_unlock(&process->lock, irq);
}

bool process_may(const struct process *process, uint32_t privilege)
{
    return (READ_ONCE(process->privileges) & privilege) != 0;
}

void process_allow(uint32_t privilege)
{
    __atomic_fetch_or(&process_current()->privileges, privilege, __ATOMIC_RELAXED);
}

bool process_misplaced_call(void)
{
    return !__atomic_exchange_n(&process_current()->misplaced, 1, __ATOMIC_RELAXED);
}

bool process_is_ending(void)
{
    return READ_ONCE(process_current()->end.reason) != PROCESS_RUNS;
}

/* --- Its threads --- */

int process_add_thread(struct user_thread *user, bool first)
{
    struct process *process = user->process;
    unsigned long irq = spin_lock(&process->lock);
    int err = process->end.reason != PROCESS_RUNS ? -ECANCELED
              : process->started == first         ? -EBUSY
                                                  : 0;

    if (err == 0) {
        process->started = true;
        user->state = USER_THREAD_RUNS;
        list_add_tail(&process->threads, &user->node);
        process->thread_count++;
        process_ref(process);
    }
    spin_unlock(&process->lock, irq);
    return err;
}

void process_remove_thread(struct user_thread *user, int64_t result)
{
    struct process *process = user->process;
    unsigned long irq = spin_lock(&process->lock);
    bool last;

    list_remove(&user->node);
    if (user->head) {
        user->cpu_time = thread_cpu_time_charged((struct thread *)user->head);
        process->cpu_time += user->cpu_time;
    }
    user->head = NULL;
    user->state = USER_THREAD_ENDED;
    last = --process->thread_count == 0;
    if (last && process->end.reason == PROCESS_RUNS) {
        process->end = (struct process_end){.reason = PROCESS_EXITED, .result = result};
    }
    spin_unlock(&process->lock, irq);
    object_signal(&user->object, KEEL_THREAD_RUNNING | KEEL_THREAD_SUSPENDED,
                  KEEL_THREAD_TERMINATED);
    if (last) {
        finish(process);
    }
}

size_t process_threads(struct process *process, keel_koid_t *out, size_t room)
{
    unsigned long irq = spin_lock(&process->lock);
    struct user_thread *user;
    size_t count = 0;

    list_for_each_entry (user, &process->threads, node) {
        if (count < room) {
            out[count] = user->object.koid;
        }
        count++;
    }
    spin_unlock(&process->lock, irq);
    return count;
}

struct object *process_find_thread(struct process *process, keel_koid_t koid)
{
    unsigned long irq = spin_lock(&process->lock);
    struct object *found = NULL;
    struct user_thread *user;

    list_for_each_entry (user, &process->threads, node) {
        if (user->object.koid == koid) {
            found = &user->object;
            object_get(found);
            break;
        }
    }
    spin_unlock(&process->lock, irq);
    return found;
}

/* Expects the process's lock: the thread does not end meanwhile. */
static uint64_t time_of(const struct user_thread *user)
{
    return user->head ? thread_cpu_time_charged((const struct thread *)user->head) : user->cpu_time;
}

uint64_t process_cpu_time(struct process *process)
{
    unsigned long irq = spin_lock(&process->lock);
    uint64_t sum = process->cpu_time;
    const struct user_thread *user;

    list_for_each_entry (user, &process->threads, node) {
        sum += time_of(user);
    }
    spin_unlock(&process->lock, irq);
    return sum;
}

void user_thread_get_info(struct user_thread *user, struct user_thread_info *out)
{
    unsigned long irq = spin_lock(&user->process->lock);

    *out = (struct user_thread_info){.state = user->state, .cpu_time = time_of(user)};
    if (user->head) {
        enum thread_state state = thread_state((const struct thread *)user->head);

        out->suspended = user->stop != USER_GOES && process_suspends(user);
        out->cpu = READ_ONCE(user->head->cpu);
        out->blocked = state != THREAD_RUNNING && state != THREAD_READY;
    }
    spin_unlock(&user->process->lock, irq);
}

void process_get_state(struct process *process, struct process_state *out)
{
    const struct object *job = process_job(process);
    unsigned long irq = spin_lock(&process->lock);

    *out = (struct process_state){
        .started = process->started,
        .ended = process->end.reason != PROCESS_RUNS && process->thread_count == 0,
        .end = process->end,
        .job = job ? job->koid : KEEL_KOID_INVALID,
        .threads = process->thread_count,
    };
    spin_unlock(&process->lock, irq);
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
    struct object_wait wait = {0};

    (void)object_wait_block(&wait, deadline_ns, 0);
}
