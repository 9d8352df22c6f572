/* SPDX-License-Identifier: MIT */
/* Threads of the kernel (T1, T2, T5): creation, end, sleep, priority, affinity. */
#ifndef KEEL_THREAD_H
#define KEEL_THREAD_H

#include <keel/cpumask.h>
#include <keel/errno.h>
#include <keel/types.h>

struct arch_fpu;
struct thread;

/* Bands of priority; within a band a thread moves over levels by what it does (sched.h). */
enum priority {
    PRIORITY_IDLE,
    PRIORITY_LOW,
    PRIORITY_NORMAL,
    PRIORITY_HIGH,
    PRIORITY_REALTIME, /* exempt from sinking and rising */
    PRIORITY_COUNT,
};

enum thread_state {
    THREAD_CREATED,
    THREAD_READY,
    THREAD_RUNNING,
    THREAD_BLOCKED,
    THREAD_SLEEPING,
    THREAD_SUSPENDED,
    THREAD_TERMINATED,
    THREAD_THROTTLED, /* it has used its budget up: until its next period (thread_set_deadline()) */
};

#define THREAD_NAME_MAX 32

struct thread_attr {
    enum priority priority; /* PRIORITY_NORMAL in THREAD_ATTR_DEFAULT */
    cpumask_t affinity;     /* where it may run; at least one CPU that is online */
};
#define THREAD_ATTR_DEFAULT ((struct thread_attr){PRIORITY_NORMAL, CPUMASK_ALL})

typedef int thread_entry_t(void *arg);

/*
 * Makes a thread in state Created; thread_resume() lets it run. `name` is copied, cut to
 * THREAD_NAME_MAX - 1 bytes. attr NULL: the default. Its result is what entry returns or thread_exit()
 * is given. The caller owns one reference: thread_join() or thread_detach() gives it up.
 * -ENOMEM, -EINVAL (priority, no online CPU in the affinity). Interrupts on or off.
 */
int thread_create(struct thread **out, const char *name, thread_entry_t *entry, void *arg,
                  const struct thread_attr *attr);

/* thread_create() and thread_resume() in one. */
int thread_run(struct thread **out, const char *name, thread_entry_t *entry, void *arg,
               const struct thread_attr *attr);

/* Waits until it has ended, frees it, and gives its result where `result` is not NULL. 0; -ETIMEDOUT at
 * deadline_ns (TIMER_NEVER: none): the thread still is the caller's; -EDEADLK for oneself. Once. */
int thread_join(struct thread *thread, int *result, uint64_t deadline_ns);

/* Gives the reference up: the thread frees itself when it ends. */
void thread_detach(struct thread *thread);

/* Ends the calling thread. */
__noreturn void thread_exit(int result);

/* The calling thread. In an interrupt, the one interrupted. */
struct thread *thread_current(void);

const char *thread_name(const struct thread *thread);
enum thread_state thread_state(const struct thread *thread);
uint64_t thread_id(const struct thread *thread); /* 64 bit, never used twice */

/* Nanoseconds of CPU time it has had, up to the call. That asks the CPU on which it runs: no spinlock held, as
 * for smp_call(). */
uint64_t thread_cpu_time(const struct thread *thread);

/* Sleeps until clock_ns() is at least that, in [deadline, deadline + slack]. 0. */
int thread_sleep_until(uint64_t deadline_ns, uint64_t slack_ns);
int thread_sleep(uint64_t ns);

/* Lets others of its level run first. */
void thread_yield(void);

/* Suspends nest. A thread that runs stops at its next return from an interrupt or scheduling point;
 * one that waits stops when the wait ends. -EINVAL for oneself's resume without suspend, or a thread
 * that has ended. thread_resume() also starts one that was created. */
int thread_suspend(struct thread *thread);
int thread_resume(struct thread *thread);

/* Ends a promise of thread_set_deadline(). -EINVAL: no such priority. */
int thread_set_priority(struct thread *thread, enum priority priority);
/* Moves it at once when it runs elsewhere. -EINVAL: no online CPU in the set; -EBUSY: the CPU that promised
 * it time is not in the set. */
int thread_set_affinity(struct thread *thread, cpumask_t affinity);

/* CPU time that a thread is promised: capacity_ns of each period_ns, by deadline_ns after the period's
 * start. At least THREAD_CAPACITY_MIN_NS <= capacity_ns <= deadline_ns <= period_ns, and the period
 * from THREAD_PERIOD_MIN_NS to THREAD_PERIOD_MAX_NS. */
struct thread_deadline {
    uint64_t capacity_ns;
    uint64_t deadline_ns;
    uint64_t period_ns;
};
#define THREAD_CAPACITY_MIN_NS UINT64_C(20000)
#define THREAD_PERIOD_MIN_NS   UINT64_C(100000)
#define THREAD_PERIOD_MAX_NS   UINT64_C(1000000000)

/*
 * Promises a thread CPU time, on the CPU of its affinity that has promised least: it stays there, and runs
 * before all without a promise, Realtime too, until its budget is used up; then it is Throttled until
 * its next period. docs/scheduling.md tells what holds. A thread that has a promise gets another one of
 * the same CPU, from its next period on. `wanted` is only read; NULL: none any more, back to its
 * priority and affinity. Its end and thread_set_priority() end it, too.
 * -EINVAL (parameters, a thread that has ended), -ENOSPC (its CPUs have promised too much), -ENOMEM,
 * -ENOTSUP (CONFIG_SCHED_DEADLINE is off). Threads only, no lock held.
 */
#ifdef CONFIG_SCHED_DEADLINE
int thread_set_deadline(struct thread *thread, const struct thread_deadline *wanted);
#else
static inline int thread_set_deadline(struct thread *thread, const struct thread_deadline *wanted)
{
    (void)thread;
    (void)wanted;
    return -ENOTSUP;
}
#endif

/* Lets the calling thread use floating point and SIMD from here on, its registers all zero at first: for
 * user threads; kernel code uses none. -ENOTSUP: this CPU has none; -ENOMEM. Once is enough. */
int thread_use_fpu(void);

/* Sets the register by which the calling thread's user mode finds its thread-local storage, which has used
 * thread_use_fpu(). -EINVAL: no address of user space; -ENOTSUP: user mode sets it itself. */
int thread_set_pointer(uint64_t address);

/* Takes the floating-point registers of the calling thread away, for others to look at, until it has them back; NULL:
 * it has none. It does not go to user mode meanwhile, nor end. */
struct arch_fpu *thread_park_fpu(void);
void thread_unpark_fpu(struct arch_fpu *fpu);

/* CPU time that a thread was charged with so far, up to a tick less than it has had; ns. It exists until this
 * returns; spinlocks may be held. */
uint64_t thread_cpu_time_charged(const struct thread *thread);

/* What a CPU's idle thread was charged with, ns, and how often the CPU went from thread to thread. */
void sched_cpu_times(unsigned cpu, uint64_t *idle_ns, uint64_t *switches);

/* Nests; no switch away from this thread in between (interrupts still come). */
void preempt_disable(void);
void preempt_enable(void);

#endif
