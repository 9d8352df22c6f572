/* SPDX-License-Identifier: MIT */
/* The threads that are ready on a CPU, and the rules of multi-level feedback (T5). Nothing here locks,
 * switches or asks for the time: who calls holds the lock of the CPU the queue belongs to. */
#ifndef SCHED_RUNQUEUE_H
#define SCHED_RUNQUEUE_H

#include <keel/bits.h>
#include <keel/list.h>
#include <keel/thread.h>

/*
 * Levels, the more urgent the higher: those of the bands Idle to High, then the one for starved threads,
 * then Realtime, then those with a promise of CPU time. 0 is the idle thread's, which is never queued.
 */
#define LEVEL_RESCUE   (PRIORITY_REALTIME * CONFIG_SCHED_LEVELS + 1)
#define LEVEL_REALTIME (LEVEL_RESCUE + 1)
#define LEVEL_DEADLINE (LEVEL_REALTIME + 1)
#define LEVELS         (LEVEL_DEADLINE + 1)
_Static_assert(LEVELS <= 64, "a bitmap of levels is one word");

/* A tick of 10 ms, in which slices are told. */
#define SCHED_TICK_NS      UINT64_C(10000000)

#define CANCELLED_FOR_GOOD 1u
#define CANCELLED_TO_LOOK  2u /* thread_note() */

/* How a thread competes. Guarded by the lock of its CPU's queue. */
struct entity {
    struct list_node node;
    uint64_t cpu_time;    /* that it has had, in units, up to when it was last charged */
    uint64_t slice_end;   /* the CPU time at which its slice is over */
    uint64_t ready_since; /* in ticks of the queue; at LEVEL_DEADLINE its deadline */
    uint8_t level;        /* by all that follows; where it is queued, or would be */
    uint8_t band;         /* its own priority */
    uint8_t sunk;         /* levels, from the top of its band */
    uint8_t boost;        /* level that it inherited; 0: none */
    union {
        struct {
            bool rescued; /* runs because it starved */
            bool queued;
            uint8_t lent;      /* by who called it, a part of `boost`; 0: nothing */
            uint8_t cancelled; /* why the waits of its calls end at once: CANCELLED_ */
        };
        uint32_t odd; /* all of them */
    };
};

struct runqueue {
    uint64_t bitmap;      /* of levels that are not empty: bit 63 - n is level n */
    uint32_t count;       /* other CPUs read it without the lock */
    uint64_t ticks;       /* of 10 ms, while the CPU was not idle */
    uint64_t next_rescue; /* tick from which on the next may be rescued */
    uint64_t rescues;     /* done */
    struct list levels[LEVELS];
};

/* Tells what 10 ms are in units of CPU time; before the first thread. */
void sched_set_tick_units(uint64_t units);

/* A thread's slice in the same units, by its priority. */
uint64_t sched_slice(enum priority band);

void runqueue_init(struct runqueue *queue);

/* At the top of its band, with a whole slice. */
void entity_init(struct entity *e, enum priority band);

/* Works its level out anew. Not while it is queued. */
void entity_set_level(struct entity *e);

/* Its level, but for that of one who runs because he starved: that is his for a tick, and nobody inherits it. */
unsigned entity_urgency(const struct entity *e);

/* Gives it a whole slice. */
void entity_refill(struct entity *e);

/* It was running at a tick, and has been charged: has it used its slice up, to the nearest tick? Then it sinks and gets a new
 * one, and it is the others' turn. Not while it is queued. */
bool entity_tick(struct entity *e);

/* It waited for something, and goes on: rises when it did so with more than half of its slice left, and
 * has a whole slice then. Not while it is queued. */
void entity_wake(struct entity *e);

/* Whether somebody waits at `level` or above. */
static inline bool runqueue_has_from(const struct runqueue *queue, unsigned level)
{
    return queue->bitmap << level != 0;
}

/* Puts it where it is its turn last (first) of its level. */
static inline void runqueue_add(struct runqueue *queue, struct entity *e)
{
    list_add_tail(&queue->levels[e->level], &e->node);
    e->ready_since = queue->ticks;
    e->queued = true;
    queue->bitmap |= BIT(63 - e->level);
    WRITE_ONCE(queue->count, queue->count + 1);
}
void runqueue_add_first(struct runqueue *queue, struct entity *e);

static inline void runqueue_remove(struct runqueue *queue, struct entity *e)
{
    list_remove(&e->node);
    e->queued = false;
    WRITE_ONCE(queue->count, queue->count - 1);
    if (list_is_empty(&queue->levels[e->level])) {
        queue->bitmap &= ~BIT(63 - e->level);
    }
}

/* Whose turn it is, taken out; NULL: nobody's. */
static inline struct entity *runqueue_take(struct runqueue *queue)
{
    struct entity *e;

    if (queue->bitmap == 0) {
        return NULL;
    }
    e = list_first_entry(&queue->levels[63 - bits_lowest(queue->bitmap)], struct entity, node);
    runqueue_remove(queue, e);
    return e;
}

/* The same as adding `e` and taking the next, where runqueue_has_from(queue, e->level). */
static inline struct entity *runqueue_exchange(struct runqueue *queue, struct entity *e)
{
    struct list *level = &queue->levels[e->level];
    struct entity *first;

    if (unlikely(queue->bitmap << e->level << 1 != 0)) {
        runqueue_add(queue, e);
        return runqueue_take(queue);
    }
    first = list_first_entry(level, struct entity, node);
    list_remove(&first->node);
    first->queued = false;
    list_add_tail(level, &e->node);
    e->ready_since = queue->ticks;
    e->queued = true;
    return first;
}

/* Puts it among the ready of its level behind those whose ready_since is not later. At LEVEL_DEADLINE
 * that is the deadline: the earliest comes first, equals in order of arrival. */
void runqueue_add_sorted(struct runqueue *queue, struct entity *e, uint64_t since);

/* The level, which follows from what has changed, and the place there of one that is queued: it goes on waiting. */
void runqueue_relevel(struct runqueue *queue, struct entity *e);

/* Has one that is queued have waited for so many ticks. */
void runqueue_set_wait(struct runqueue *queue, struct entity *e, uint64_t ticks);

/* Moves it from one queue to another, with the time it has waited. */
void runqueue_move(struct runqueue *from, struct runqueue *to, struct entity *e);

/* `ticks` times 10 ms have passed: when it is time, puts the one who has waited longest beyond the limit where it is
 * its turn before all but Realtime. True: it did. */
bool runqueue_tick(struct runqueue *queue, uint64_t ticks);

#endif
