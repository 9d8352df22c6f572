/* SPDX-License-Identifier: MIT */
/* What a thread is, and what a CPU knows of its threads: for the files of core/sched. */
#ifndef SCHED_THREAD_INTERNAL_H
#define SCHED_THREAD_INTERNAL_H

#include "registry.h"
#include "runqueue.h"

#include <arch/cpu.h>
#include <keel/context.h>
#include <keel/cpumask.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/wait.h>

/* What is to be done with a thread once its CPU has left it. */
enum thread_after {
    AFTER_NOTHING,
    AFTER_MOVE, /* it must not run here any more: to another CPU */
    AFTER_FREE, /* it has ended, and nobody waits for it */
};

/* A state besides those of enum thread_state, for others THREAD_BLOCKED: in a wait that thread_cancel_waits()
 * ends. */
#define THREAD_IN_CALL   (THREAD_THROTTLED + 1)

/* States in which a thread waits for something, bits by state. */
#define SCHED_WAITING    (BIT(THREAD_BLOCKED) | BIT(THREAD_SLEEPING) | BIT(THREAD_IN_CALL))

/* What makes a thread special. */
#define SPECIAL_PROMISED 1u /* CPU time: `promise` is valid */
#define SPECIAL_LENT     2u /* it inherits LEVEL_DEADLINE, up to the CPU time `lent_end` */

/* Who waits for a thread's end. */
enum thread_fate {
    FATE_OPEN,     /* nobody yet */
    FATE_JOINED,   /* `joiner` waits */
    FATE_DETACHED, /* nobody ever will */
    FATE_ENDED,    /* it has its result */
};

/*
 * State, entity, suspensions, affinity and `after` are guarded by the lock of `sched`, the CPU it runs or
 * ran on: sched_lock_thread(). `sched` changes with the locks of both CPUs held. That lock is held
 * while the CPU goes from one thread to the next, so who has it sees no thread half way.
 */
struct thread {
    struct thread_head head;
    struct arch_context context; /* while it does not run */
    struct sched_cpu *sched;
    struct entity entity;
    uint8_t state; /* enum thread_state */
    bool timed_out;
    uint8_t inherited; /* level, of a special thread; the others' is entity.boost */
    union {
        struct {
            uint32_t suspends; /* and one more for a thread in state Created */
            union {
                struct {
                    uint16_t special;
                    uint16_t after; /* enum thread_after */
                };
                uint32_t when_left; /* both: its CPU has something to do when it has left it */
            };
        };
        uint64_t unusual; /* all of them, 0 for most threads: hot paths test them at once */
    };
    cpumask_t affinity;

    thread_entry_t *entry;
    void *arg;
    int result;
    uint32_t fate; /* enum thread_fate; atomic */
    struct thread *joiner;
    struct timer timer;     /* of its sleep, or of its wait's deadline */
    uint64_t wait_deadline; /* of a wait in a call that was not woken; else TIMER_NEVER */
    struct lock_state locks;
    uint64_t id;
    struct promise *promise;
    uint64_t lent_end;
    struct registered all; /* guarded by the registry's lock */
    char name[THREAD_NAME_MAX];
};
_Static_assert(offsetof(struct thread, head) == 0, "a thread begins with its head");

/* A CPU's part of the scheduler. */
struct sched_cpu {
    struct spinlock lock;
    uint32_t cpu;
    bool resched;   /* somebody is more urgent than the one who runs; also read without the lock */
    bool over;      /* his slice is: others of his level come first; only with `resched` */
    bool leave;     /* its idle thread is to turn it off */
    uint8_t level;  /* of `current`, for those who have not the lock and so must not look at it */
    cpumask_t mask; /* itself, in affinities; 0: threads leave it */
    struct thread *current;
    uint64_t since; /* value of arch_cputime_counter() up to which `current` was charged */
    struct thread *idle;
    uint64_t tick_ns; /* since when the next tick of 10 ms is counted; 0: anew */
    uint64_t switches;
    uint64_t preemptions; /* of them: not by the thread's own will */
    uint64_t pulls;       /* threads taken from other CPUs */
    struct runqueue queue;
    struct timer
        budgets;       /* comes when the next budget (deadline.c) ends or is renewed, or before */
    uint64_t armed;    /* for when; TIMER_NEVER: not */
    struct list spent; /* promises whose budget is used up, by their renewal */
    uint32_t promised; /* sum of shares; atomic */
} __aligned(64);

extern struct sched_cpu sched_cpus[CPUS_MAX];

/* The CPUs that run threads, and of them those that wait for something to do. Atomic. */
extern cpumask_t sched_running, sched_idle;

/* What others are told. */
static inline enum thread_state sched_state_shown(unsigned state)
{
    return state == THREAD_IN_CALL ? THREAD_BLOCKED : (enum thread_state)state;
}

static inline struct thread *current_thread(void)
{
    return (struct thread *)current_head();
}

/* This CPU's; interrupts off. */
static inline struct sched_cpu *sched_here(void)
{
    return current_thread()->sched;
}

/*
 * The scheduler's locks are taken with interrupts off and handed from thread to thread across a switch:
 * no thread owns them, and no checker sees them. Where two are needed, the lower CPU's comes first, or
 * the second is only tried.
 */
static inline void sched_lock(struct sched_cpu *sched)
{
    uint32_t ticket = arch_fetch_add(&sched->lock.drawn, 1);

    if (unlikely(__atomic_load_n(&sched->lock.served, __ATOMIC_ACQUIRE) != ticket)) {
        spin_wait_turn(&sched->lock, ticket);
    }
}

/* The same in any order of CPUs, if nobody has the lock or waits for it. */
static inline bool sched_trylock(struct sched_cpu *sched)
{
    uint32_t served = __atomic_load_n(&sched->lock.served, __ATOMIC_ACQUIRE);

    return __atomic_compare_exchange_n(&sched->lock.drawn, &served, served + 1, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void sched_unlock(struct sched_cpu *sched)
{
    __atomic_store_n(&sched->lock.served, sched->lock.served + 1, __ATOMIC_RELEASE);
}

/* After what a CPU runs has changed, or its level. The CPU is locked. */
static inline void sched_publish_level(struct sched_cpu *sched)
{
    WRITE_ONCE(sched->level, sched->current->entity.level);
}

/* Charges the current thread of this CPU, which is locked, up to now. */
static inline void sched_charge(struct sched_cpu *sched, struct thread *thread)
{
    uint64_t now = arch_cputime_counter();

    thread->entity.cpu_time += now - sched->since;
    sched->since = now;
}

/* Locks the CPU that a thread belongs to. Interrupts off. */
static inline struct sched_cpu *sched_lock_thread(const struct thread *thread)
{
    for (;;) {
        struct sched_cpu *sched = __atomic_load_n(&thread->sched, __ATOMIC_RELAXED);

        sched_lock(sched);
        if (likely(__atomic_load_n(&thread->sched, __ATOMIC_RELAXED) == sched)) {
            return sched;
        }
        sched_unlock(sched);
    }
}

/* Whether a thread may run on a CPU, which is locked. */
static inline bool sched_admits(const struct sched_cpu *sched, const struct thread *thread)
{
    return (thread->affinity & sched->mask) != 0;
}

/* --- stock.c: memory for threads --- */

/* A thread with a mapped stack, all else to be filled in; NULL: no memory. */
struct thread *thread_stock_take(void);
/* Gives it back, for the next one. Nobody runs on its stack. */
void thread_stock_give(struct thread *thread);
/* Gives all up that is kept for a CPU that is off. */
void thread_stock_drain(unsigned cpu);

/* --- registry.c: all threads there are --- */

/* Enters a thread and gives it its number. */
void thread_register(struct thread *thread);
void thread_unregister(struct thread *thread);
/* Whether a thread that has not ended may run on that CPU and on none of `others`. */
bool thread_any_bound(unsigned cpu, cpumask_t others);

/* --- cputime.c --- */

void cputime_init(void);
uint64_t cputime_to_ns(uint64_t units);

/* --- place.c: which CPU --- */

/* Where a thread that is neither running nor queued should go on; its CPU is locked. */
struct sched_cpu *sched_choose(const struct thread *thread);

/* Makes a thread that is neither running nor queued another CPU's: `from`, its CPU, is locked, and then
 * `to` is instead. False: that took waiting without a lock, neither is locked, and all may have
 * changed. */
bool sched_transfer(struct sched_cpu *from, struct sched_cpu *to, struct thread *thread);

/* Takes a ready thread from a CPU that has several, for this one, unless somebody is at that CPU's queue; none
 * is locked. True: it did. */
bool sched_pull(struct sched_cpu *to);

/* Has a CPU look at its queue soon; it is locked, or nobody can be queued there. */
void sched_kick(struct sched_cpu *sched);

/* --- evacuate.c: CPUs that threads leave --- */

/* From now on threads may go on on the CPU. Any CPU, interrupts off or on; it is not locked. */
void sched_admit(unsigned cpu);

/* As struct smp_threads has them. */
int sched_evacuate(unsigned cpu);
void sched_leave_cpu(unsigned cpu);

/* --- switch.c: from thread to thread --- */

/* Leaves the current thread, which has been queued or whose state says why it is not, for the one whose
 * turn it is. Called with this CPU locked, interrupts off; returns when the thread is back, with no
 * lock, maybe on another CPU. */
void sched_leave(struct sched_cpu *sched);

/* The first thing on a new thread: the end of the switch that left `prev` for it. */
void sched_arrive(struct thread *prev);

/* The current thread remains ready, but it is the others' turn, or it was stopped or sent away. `last`:
 * behind those of its level. Interrupts off, no lock. */
void sched_give_way(bool last);

/* Makes a thread ready, whose state is one of those in `states` (bits by state). False: it was not.
 * Interrupts off. */
bool sched_make_ready(struct thread *thread, unsigned states);

/* What decides on the level of a thread has changed: gives it the right one, and its place in the queue.
 * `sched`, its CPU, is locked. */
void sched_relevel(struct sched_cpu *sched, struct thread *thread);

/* Charges what this CPU runs with its CPU time up to now, for smp_call(). Interrupts off. */
void sched_charge_current(void *unused);

/* At a tick of this CPU. In the interrupt. */
void sched_tick(uint64_t now_ns);

/* On the way out of an interrupt. */
void sched_interrupt_exit(bool preemptible);

/* After something that may have woken a thread: if one is more urgent, runs it now or as soon as that
 * is allowed. Any context. */
void sched_resched(void);

/* --- wait.c --- */

extern const struct wait_ops sched_wait_ops;
void thread_timer_init(struct thread *thread);

/* --- fpu.c --- */

/* Takes the state away from the calling thread, which ends. Interrupts off. */
void thread_drop_fpu(void);

/* --- thread.c --- */

/* Fills a thread in, but for its state, entry and context. */
void thread_set_up(struct thread *thread, const char *name, const struct thread_attr *attr);

#endif
