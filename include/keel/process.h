/* SPDX-License-Identifier: MIT */
/* Processes: an address space, and threads that run in user mode in it. */
#ifndef KEEL_PROCESS_H
#define KEEL_PROCESS_H

#include <keel/handle.h>
#include <keel/list.h>
#include <keel/percpu.h>
#include <keel/thread.h>
#include <keel/types.h>

struct aspace;
struct process;

/* What a process may do that not all may. */
#define PROCESS_MAY_DEBUG     (1u << 0) /* write to the kernel's console */

#define PROCESS_NAME_MAX      32

/* Result of a process that did not end by itself. */
#define PROCESS_RESULT_KILLED (-1024)

enum process_end_reason {
    PROCESS_RUNS,
    PROCESS_EXITED,  /* by itself */
    PROCESS_FAULTED, /* by a trap that nobody handled */
    PROCESS_KILLED,  /* by process_kill() */
};

/* What a thread in user mode has besides that of the kernel which it is. The process's lock guards `head`,
 * `wait` and `node`; the thread itself owns the rest. */
struct user_thread {
    struct process *process;
    struct handle_table *handles; /* the process's */
    struct list_node node;
    struct thread_head *head; /* NULL: it has not begun yet */
    virt_addr_t pc, sp;       /* where it starts, and with what */
    uint64_t argument;
};

/* How a process came to its end. */
struct process_end {
    enum process_end_reason reason;
    int64_t result; /* what it gave to process_exit, else PROCESS_RESULT_KILLED */
    uint64_t code;  /* of a fault, from here on: struct trap_info */
    virt_addr_t pc;
    virt_addr_t address; /* 0: none */
    char access;
};

/* A process with an empty address space and no thread. One reference, the caller's. `name` is copied, cut
 * to PROCESS_NAME_MAX - 1 bytes. -ENOMEM. */
int process_create(const char *name, uint32_t privileges, struct process **out);

void process_ref(struct process *process);
/* With the last reference the address space goes. May sleep. */
void process_unref(struct process *process);

struct aspace *process_space(struct process *process);
/* Its handles. They are closed when its last thread is gone. */
struct handle_table *process_table(struct process *process);
/* Where its program lies, for reports of faults; 0: unknown. */
void process_set_image(struct process *process, virt_addr_t base);
const char *process_name(const struct process *process);

/* A thread of it that starts at `pc` in user mode with a stack pointer and one argument; attr NULL: the
 * default. It holds a reference of the process until it ends. -ENOMEM, -EINVAL (attr), -ECANCELED: the
 * process is ending or has ended. */
int process_start_thread(struct process *process, virt_addr_t pc, virt_addr_t sp, uint64_t argument,
                         const struct thread_attr *attr);

/* Ends all threads of a process, if it has not ended by itself before; returns at once. Threads only,
 * interrupts on. */
void process_kill(struct process *process);

/* Waits until the last thread is gone. 0; -ETIMEDOUT at deadline_ns, -EAGAIN: it has no thread yet. */
int process_wait(struct process *process, struct process_end *end, uint64_t deadline_ns);

/* --- For system calls: the calling thread and its process --- */

/* The calling thread's; NULL for a thread of the kernel. */
static inline struct process *process_current(void)
{
    const struct user_thread *user = current_head()->user;

    return user ? user->process : NULL;
}

/* The handles of the calling thread's process; only in threads that have one. */
static inline struct handle_table *process_handles(void)
{
    return current_head()->user->handles;
}

/* Whether it was given the privilege PROCESS_MAY_. */
bool process_may(const struct process *process, uint32_t privilege);

/* Whether the calling thread's process is to end: calls that take long leave off. */
bool process_is_ending(void);

/* Sleeps until the deadline, or until the calling thread's process ends. */
void process_sleep(uint64_t deadline_ns);

/* Ends the calling thread, and with the last the process; `result` is the process's then. */
__noreturn void process_exit_thread(int64_t result);

/* Ends the calling thread's process. */
__noreturn void process_exit(int64_t result);

#endif
