/* SPDX-License-Identifier: MIT */
/* Waiting within a call (O7): for signals of one object or many, and what other waits are made of. */
#ifndef KEEL_OBJECT_WAIT_H
#define KEEL_OBJECT_WAIT_H

#include <keel/object_signal.h>
#include <keel/wait.h>

/* A thread's wait, on its stack. Many may try to end it, one does. All zero at first. */
struct object_wait {
    struct spinlock lock;   /* guards the rest */
    struct thread *blocked; /* the thread, once it has nothing else to do */
    bool over;
    int status; /* when it is over */
};

/* What the layer of user threads fills in, so that a process that is to end leaves its waits: enter()
 * keeps the wait until leave(), or says -ECANCELED; between the two object_wait_end() may be called for
 * it, under a lock that leave() takes. In the thread that waits. */
struct object_wait_hooks {
    int (*enter)(struct object_wait *wait);
    void (*leave)(struct object_wait *wait);
};
extern const struct object_wait_hooks *object_wait_hooks;

/* Ends a wait with a status, unless it is over. Any context, locks of objects may be held;
 * cleanup_run() follows. */
void object_wait_end(struct object_wait *wait, int status, struct cleanup *cleanup);

/* Waits until somebody ends it; the status he gave. -ETIMEDOUT at deadline_ns of clock_ns() (TIMER_NEVER:
 * none); -ECANCELED: the process ends. When it returns nobody touches the wait by way of hooks; whatever
 * else it was entered into it must be taken out of. Threads; no lock held. */
int object_wait_block(struct object_wait *wait, uint64_t deadline_ns, uint64_t slack_ns);

/* One of the objects that are waited for. */
struct wait_entry {
    struct object *object;    /* in; the caller has a reference */
    keel_signals_t waitfor;   /* in: any of them ends the wait */
    keel_handle_t handle;     /* in: by which it is reached */
    keel_signals_t pending;   /* out: all there are, and those that ended the wait */
    struct observer observer; /* the rest is object_wait_many()'s */
    struct object_wait *wait;
};

/*
 * Waits until some object has some signal that is waited for in its entry, and tells the signals of all.
 * table: that of the handles; NULL: there are none. 0; -ETIMEDOUT; -ECANCELED: a handle was closed
 * (KEEL_SIGNAL_HANDLE_CLOSED is pending there), or the process ends. Threads; no lock held.
 */
int object_wait_many(struct wait_entry *entries, unsigned count, struct handle_table *table,
                     uint64_t deadline_ns, uint64_t slack_ns);

#endif
