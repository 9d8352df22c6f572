/* SPDX-License-Identifier: MIT */
/* The trace: what each CPU did last, in a ring of its own that keeps the newest records. Trace points that
 * are off cost a load, a test and a branch. `make trace` shows it as a picture (docs/tracing.md). */
#ifndef KEEL_TRACE_H
#define KEEL_TRACE_H

#include <keel/bits.h>
#include <keel/compiler.h>
#include <keel/types.h>

/* What is recorded; `arg`, `a` and `b` are the record's. scripts/trace knows the numbers, too. */
enum trace_event {
    TRACE_SWITCH, /* arg: enum thread_state of the one left; a, b: ids of the threads left, entered */
    TRACE_WAKE,   /* arg: CPU; a: id of the thread that became ready there; b: its level */
    TRACE_MIGRATE,     /* arg: CPUs, to | from << 8; a: id of the thread */
    TRACE_THREAD_END,  /* arg: part; a: id of the thread; b: 8 bytes of its name */
    TRACE_IRQ_ENTER,   /* arg: line; a, b: 16 bytes of the name of who has it */
    TRACE_IRQ_EXIT,    /* arg: line */
    TRACE_IPI_SEND,    /* arg: enum ipi; a: CPUs */
    TRACE_IPI_ENTER,   /* a: the reasons, bit n for enum ipi n */
    TRACE_IPI_EXIT,    /* nothing */
    TRACE_FAULT,       /* arg: FAULT_x | enum fault_result << 8; a: address; b: program counter */
    TRACE_TIMER_SET,   /* a: the timer's address; b: its deadline, ns */
    TRACE_TIMER_ENTER, /* a: the timer's address; b: that of its function */
    TRACE_TIMER_EXIT,  /* a: the timer's address */
    TRACE_TICK,        /* a: ticks of the CPU so far */
    TRACE_CALL,        /* arg: number; a, b: 16 bytes of the call's name */
    TRACE_EVENTS,
};

#define TRACE_ALL (BIT(TRACE_EVENTS) - 1)

/* One record, as it also leaves the machine. */
struct trace_record {
    uint64_t time;  /* arch_counter() */
    uint32_t stamp; /* its place in the order of the CPU's records, and 0 while it is written */
    uint32_t what;  /* event | CPU << 8 | arg << 16 */
    uint64_t a;
    uint64_t b;
};
_Static_assert(sizeof(struct trace_record) == 32, "read by scripts/trace");

#define TRACE_RECORDS (UINT64_C(1) << CONFIG_TRACE_SHIFT) /* that each CPU keeps */

/* Read at every trace point: bit n is enum trace_event n. */
struct trace_control {
    uint32_t events;
} __aligned(64);
extern struct trace_control trace_control; /* core/lib/trace.c's */

static __always_inline bool trace_is_on(enum trace_event event)
{
    return IS_ENABLED(CONFIG_TRACE) &&
           unlikely((__atomic_load_n(&trace_control.events, __ATOMIC_RELAXED) & BIT(event)) != 0);
}

/* Writes a record. Any context, in interrupts that cannot be masked and in a panic, too. */
void trace_record(enum trace_event event, unsigned arg, uint64_t a, uint64_t b);

/* The same, with the first 16 bytes of a name as a and b. */
void trace_record_name(enum trace_event event, unsigned arg, const char *name);

/* Writes down how a thread was called that nobody can ask any more. */
void trace_record_thread(uint64_t id, const char *name);

/* A trace point. */
static __always_inline void trace_point(enum trace_event event, unsigned arg, uint64_t a,
                                        uint64_t b)
{
    if (trace_is_on(event)) {
        trace_record(event, arg, a, b);
    }
}

/* --- For those who turn it on and read it --- */

/* Which events are recorded from now on, TRACE_ALL or 0 among others. Other CPUs may be writing a last
 * record when it returns. */
void trace_set_events(uint32_t events);
uint32_t trace_events(void);

/* The same, with memory for the CPUs that have none. -ENOMEM; -EBUSY: somebody else is about it. Threads, and
 * the boot CPU before there are any. core/sched's, as the next. */
int trace_start(uint32_t events);

/* The time of a record in nanoseconds, exact to a microsecond. */
uint64_t trace_ns(uint64_t time);

/* Gives a CPU memory for TRACE_RECORDS records, all zero, for ever. Once for each CPU; before, what it
 * has to record is lost, and counted. */
void trace_give_memory(unsigned cpu, struct trace_record *records);
bool trace_has_memory(unsigned cpu);

/* The records of a CPU that can be read have numbers from `first` to `end` - 1; those between `cleared`
 * and `first` were overwritten. */
struct trace_span {
    uint64_t cleared;
    uint64_t first;
    uint64_t end;
};
struct trace_span trace_span(unsigned cpu);

/* Reads one; false where it was overwritten meanwhile, or is being written. Any CPU. */
bool trace_read(unsigned cpu, uint64_t number, struct trace_record *out);

/* Forgets what was recorded so far. */
void trace_clear(void);

/* Records lost since the last trace_clear(), for want of memory. */
uint64_t trace_missed(void);

#endif
