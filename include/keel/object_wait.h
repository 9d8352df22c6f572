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

/* Ends a wait with a status, unless it is over. Any context, locks of objects may be held;
 * cleanup_run() follows. */
void object_wait_end(struct object_wait *wait, int status, struct cleanup *cleanup);

/* Waits until somebody ends it; the status he gave. -ETIMEDOUT at deadline_ns of clock_ns() (TIMER_NEVER:
 * none); -ECANCELED: the process ends, thread_cancel_waits(). Whatever it was entered into it must be taken out
 * of. Threads; no lock held. */
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
