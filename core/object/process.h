/* SPDX-License-Identifier: MIT */
/* Processes, for the files of core/object. */
#ifndef CORE_OBJECT_PROCESS_H
#define CORE_OBJECT_PROCESS_H

#include <keel/event.h>
#include <keel/job_object.h>
#include <keel/process.h>
#include <keel/rbtree.h>

/* Where threads of a process wait, as futex.c says. */
struct futex_space {
    struct spinlock lock;
    struct rb_tree futexes; /* by address */
};

struct process {
    struct object object;
    uint32_t privileges;
    struct aspace *space;
    virt_addr_t image;
    virt_addr_t vdso;
    uint32_t misplaced; /* it has made a call outside of the vDSO */
    struct handle_table handles;
    struct job_member member;
    struct futex_space futexes;
    struct spinlock lock; /* of what follows; inside no other, outside those of threads */
    struct list threads;  /* that run */
    unsigned thread_count;
    uint32_t suspends; /* tokens of its own */
    bool started;      /* there was one */
    uint64_t cpu_time; /* of those that have ended */
    struct process_end end;
    struct sync_event ended; /* the last thread is gone */
    char name[PROCESS_NAME_MAX];
};

/* Whether a thread is suspended, by itself or with its process. Expects the process's lock. */
static inline bool process_suspends(const struct user_thread *user)
{
    return (user->suspends | user->process->suspends) != 0;
}

/* The calling thread, on its way to user mode with that frame: stops until it may be to do something else, where it is
 * suspended, else goes on. */
void user_thread_stop_or_go(struct user_thread *user, struct trap_frame *frame);

/* Ends the calling thread's process in that way, if it has not ended otherwise before. */
__noreturn void process_end_by(const struct process_end *end);

/* Enters a thread that is to begin, which then has a reference to the process. As user_thread_prepare(). */
int process_add_thread(struct user_thread *user, bool first);

/* Takes a thread out that ends with a result; its space is not in use. With the last one the process ends. */
void process_remove_thread(struct user_thread *user, int64_t result);

/* Makes all threads end before they see user mode again, unless that was done before. */
void process_end_all(struct process *process, const struct process_end *end);

#endif
