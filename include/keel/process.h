/* SPDX-License-Identifier: MIT */
/* Processes: an address space, and threads that run in user mode in it. Both are objects. */
#ifndef KEEL_PROCESS_H
#define KEEL_PROCESS_H

#include <keel/handle.h>
#include <keel/list.h>
#include <keel/percpu.h>
#include <keel/thread.h>
#include <keel/types.h>

struct arch_fpu;
struct aspace;
struct futex_waiter;
struct process;
struct trap_frame;

/* What a process may do that not all may. */
#define PROCESS_MAY_DEBUG         (1u << 0) /* write to the kernel's console */
#define PROCESS_MAY_CALL_ANYWHERE (1u << 1) /* make calls outside of the vDSO */

#define PROCESS_NAME_MAX          32
#define USER_THREAD_NAME_MAX      32
#define PROCESS_FRAMES_MAX        16u /* of a backtrace */

/* Result of a process that did not end by itself. */
#define PROCESS_RESULT_KILLED     (-1024)

enum process_end_reason {
    PROCESS_RUNS,
    PROCESS_EXITED,  /* by itself */
    PROCESS_FAULTED, /* by a trap that nobody handled */
    PROCESS_KILLED,  /* by process_kill() */
};

enum user_thread_state {
    USER_THREAD_NEW,
    USER_THREAD_CLAIMED, /* somebody is about to start it */
    USER_THREAD_RUNS,
    USER_THREAD_ENDED,
};

/* Whose the registers of a thread are. */
enum user_stop {
    USER_GOES,    /* its own */
    USER_IN_CALL, /* it is suspended, and waits in a call or is at its end */
    USER_STOPPED, /* it is suspended, on its way to user mode */
};

/* Where a thread starts, and with what in the registers of the first two arguments. */
struct user_start {
    virt_addr_t pc, sp;
    uint64_t argument[2];
};

/* What a thread in user mode has besides that of the kernel which it is. The process's lock guards `head`,
 * `state` and `node`; the thread itself owns the rest. */
struct user_thread {
    struct object object;
    struct process *process;      /* a reference */
    struct handle_table *handles; /* the process's */
    struct list_node node;        /* while it runs */
    struct thread_head *head;     /* NULL: it has not begun yet, or has ended */
    struct thread *thread;        /* that of the kernel, from its claim on */
    enum user_thread_state state;
    uint64_t cpu_time; /* once it has ended */
    uint32_t suspends; /* tokens of its own; with the next two also under the lock */
    enum user_stop stop;
    struct trap_frame *frame; /* of one that has stopped */
    struct arch_fpu *fpu;     /* of one that does not go */
    struct user_start start;
    struct list futexes;        /* that it owns; with `futex` and `left` as futex.c says */
    struct futex_waiter *futex; /* it waits as this one; NULL: it does not */
    bool left;                  /* it owns none any more */
    char name[USER_THREAD_NAME_MAX];
};

/* How a process came to its end. */
struct process_end {
    enum process_end_reason reason;
    int64_t result; /* what it gave to process_exit, else PROCESS_RESULT_KILLED */
    uint64_t code;  /* of a fault, from here on: struct trap_info */
    virt_addr_t pc;
    virt_addr_t address; /* 0: none */
    char access;
    uint32_t frame_count;
    virt_addr_t frames[PROCESS_FRAMES_MAX]; /* the innermost first, which is `pc` */
};

/* A process with nothing but the vDSO in its address space and no thread, in a job (NULL: in none). One reference,
 * the caller's, and no handle: object_open() makes the first. `name` is copied, cut to PROCESS_NAME_MAX - 1 bytes.
 * Once it had handles and the last of them is closed before a thread was started, it dies. -ECANCELED: the job was
 * killed; -ENOMEM. */
int process_create(struct object *job, const char *name, uint32_t privileges, struct process **out);

void process_ref(struct process *process);
/* May sleep. */
void process_unref(struct process *process);

/* As an object, and back. */
struct object *process_object(struct process *process);
struct process *process_of(struct object *object);

/* The job it is in, as long as the process lives; NULL: none. */
struct object *process_job(struct process *process);

/* How a process stands; `end` is told once it has ended. */
struct process_state {
    bool started, ended;
    struct process_end end;
    keel_koid_t job; /* KEEL_KOID_INVALID: none */
    unsigned threads;
};
void process_get_state(struct process *process, struct process_state *out);

/* Its name, with the 0 at its end; set: cut to PROCESS_NAME_MAX - 1 bytes. */
void process_get_name(struct process *process, char name[PROCESS_NAME_MAX]);
void process_set_name(struct process *process, const char *name);

/* Koids of its threads that have been started: as many as there is room for; how many there are. */
size_t process_threads(struct process *process, keel_koid_t *out, size_t room);

struct aspace *process_space(struct process *process);
/* Its handles. They are closed when its last thread is gone. */
struct handle_table *process_table(struct process *process);
/* Where its program lies, for reports of faults; 0: unknown. */
void process_set_image(struct process *process, virt_addr_t base);
virt_addr_t process_image(const struct process *process);
/* Where the vDSO begins in its addresses; it never changes. */
virt_addr_t process_vdso(const struct process *process);
const char *process_name(const struct process *process);

/* A thread of it that starts at `pc` in user mode with a stack pointer and one argument; attr NULL: the
 * default. -ENOMEM, -EINVAL (attr), -ECANCELED: the process is ending or has ended. */
int process_start_thread(struct process *process, virt_addr_t pc, virt_addr_t sp, uint64_t argument,
                         const struct thread_attr *attr);

/* --- Threads as objects: made, and started later --- */

/* Starts a thread that was made, the first of its process or another; attr NULL: the default. -EBUSY: it has
 * been started; -ENOMEM, -EINVAL (attr), -ECANCELED: the process is ending or has ended. */
int user_thread_start(struct user_thread *user, const struct user_start *start,
                      const struct thread_attr *attr);

/* A thread that does not run; one handle in the caller's hand. `name` as a process's. -ENOMEM. */
int user_thread_create(struct process *process, const char *name, struct user_thread **out);

static inline struct user_thread *user_thread_of(struct object *object)
{
    return container_of(object, struct user_thread, object);
}

/* Gets all that starting a thread takes; user_thread_prepare() or user_thread_abandon() follows. -EBUSY: it has
 * been started, or somebody is about to; -EINVAL (attr); -ENOMEM. */
int user_thread_claim(struct user_thread *user, const struct thread_attr *attr);

/* Makes it one of the process's that run; then user_thread_run() must follow. `first`: it must be the process's
 * first thread, or (false) must not. -EBUSY: it is not, or is; -ECANCELED: the process is ending or has ended.
 * On errors it is still claimed. */
int user_thread_prepare(struct user_thread *user, const struct user_start *start, bool first);
void user_thread_run(struct user_thread *user);

/* Leaves it as it was before the claim. */
void user_thread_abandon(struct user_thread *user);

/* Its name, as process_get_name(). */
void user_thread_get_name(struct user_thread *user, char name[USER_THREAD_NAME_MAX]);
void user_thread_set_name(struct user_thread *user, const char *name);

/* The thread of that koid that runs, with a reference; NULL: none. */
struct object *process_find_thread(struct process *process, keel_koid_t koid);

/* How a thread stands. */
struct user_thread_info {
    enum user_thread_state state;
    bool suspended;
    bool blocked;      /* in a call */
    uint64_t cpu_time; /* ns, to where it was last charged */
    unsigned cpu;      /* it runs or ran on */
};
void user_thread_get_info(struct user_thread *user, struct user_thread_info *out);

/* CPU time of all threads of a process, also of those that have ended; ns. */
uint64_t process_cpu_time(struct process *process);

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

/* Gives the calling thread's process a privilege, which it has shown that it may have. */
void process_allow(uint32_t privilege);

/* Notes that the calling thread's process made a call outside of the vDSO; true: it is the first. */
bool process_misplaced_call(void);

/* Whether the calling thread's process is to end: calls that take long leave off. */
bool process_is_ending(void);

/* Sleeps until the deadline, or until the calling thread's process ends. */
void process_sleep(uint64_t deadline_ns);

/* Ends the calling thread, and with the last the process; `result` is the process's then. */
__noreturn void process_exit_thread(int64_t result);

/* Ends the calling thread's process. */
__noreturn void process_exit(int64_t result);

#endif
