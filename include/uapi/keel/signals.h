/* SPDX-License-Identifier: MIT */
/* Signals: 32 bits on every object that threads and ports wait for. Names and bits are Zircon's. */
#ifndef KEEL_UAPI_SIGNALS_H
#define KEEL_UAPI_SIGNALS_H

#include <keel/base.h>

#define KEEL_SIGNAL_NONE        ((keel_signals_t)0)

/* Bits 0 to 23 are set and cleared by the kernel alone ... */
#define KEEL_OBJECT_SIGNAL_ALL  ((keel_signals_t)0x00ffffff)
#define KEEL_OBJECT_READABLE    ((keel_signals_t)1 << 0)
#define KEEL_OBJECT_WRITABLE    ((keel_signals_t)1 << 1)
#define KEEL_OBJECT_PEER_CLOSED ((keel_signals_t)1 << 2)
#define KEEL_OBJECT_SIGNALED    ((keel_signals_t)1 << 3)
#define KEEL_OBJECT_SIGNAL_4    ((keel_signals_t)1 << 4)
#define KEEL_OBJECT_SIGNAL_5    ((keel_signals_t)1 << 5)
#define KEEL_SIGNAL_HANDLE_CLOSED \
    ((keel_signals_t)1 << 23) /* told to who waits; never on an object */
/* ... but for this one, which keel_object_signal() sets on events and event pairs, */
#define KEEL_EVENT_SIGNALED                KEEL_OBJECT_SIGNALED
#define KEEL_EVENTPAIR_SIGNALED            KEEL_OBJECT_SIGNALED
/* ... and these are the users'. */
#define KEEL_USER_SIGNAL_ALL               ((keel_signals_t)0xff000000)
#define KEEL_USER_SIGNAL_0                 ((keel_signals_t)1 << 24)
#define KEEL_USER_SIGNAL_1                 ((keel_signals_t)1 << 25)
#define KEEL_USER_SIGNAL_2                 ((keel_signals_t)1 << 26)
#define KEEL_USER_SIGNAL_3                 ((keel_signals_t)1 << 27)
#define KEEL_USER_SIGNAL_4                 ((keel_signals_t)1 << 28)
#define KEEL_USER_SIGNAL_5                 ((keel_signals_t)1 << 29)
#define KEEL_USER_SIGNAL_6                 ((keel_signals_t)1 << 30)
#define KEEL_USER_SIGNAL_7                 ((keel_signals_t)1 << 31)

/* By type. */
#define KEEL_CHANNEL_READABLE              KEEL_OBJECT_READABLE
#define KEEL_CHANNEL_WRITABLE              KEEL_OBJECT_WRITABLE
#define KEEL_CHANNEL_PEER_CLOSED           KEEL_OBJECT_PEER_CLOSED
#define KEEL_EVENTPAIR_PEER_CLOSED         KEEL_OBJECT_PEER_CLOSED
#define KEEL_TIMER_SIGNALED                KEEL_OBJECT_SIGNALED
#define KEEL_TASK_TERMINATED               KEEL_OBJECT_SIGNALED
#define KEEL_JOB_TERMINATED                KEEL_OBJECT_SIGNALED
#define KEEL_JOB_NO_JOBS                   KEEL_OBJECT_SIGNAL_4
#define KEEL_JOB_NO_PROCESSES              KEEL_OBJECT_SIGNAL_5
#define KEEL_PROCESS_TERMINATED            KEEL_OBJECT_SIGNALED
#define KEEL_THREAD_TERMINATED             KEEL_OBJECT_SIGNALED
#define KEEL_THREAD_RUNNING                KEEL_OBJECT_SIGNAL_4
#define KEEL_THREAD_SUSPENDED              KEEL_OBJECT_SIGNAL_5
#define KEEL_VMO_ZERO_CHILDREN             KEEL_OBJECT_SIGNALED
#define KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED KEEL_OBJECT_SIGNAL_4
#define KEEL_LOG_READABLE                  KEEL_OBJECT_READABLE
#define KEEL_LOG_WRITABLE                  KEEL_OBJECT_WRITABLE

#define KEEL_WAIT_MANY_MAX_ITEMS           64u

/* An entry of keel_object_wait_many(). */
typedef struct keel_wait_item {
    keel_handle_t handle;
    keel_signals_t waitfor; /* any of these ends the wait */
    keel_signals_t pending; /* out: what there was when it ended */
} keel_wait_item_t;

/* Options of keel_object_wait_async(). */
#define KEEL_WAIT_ASYNC_TIMESTAMP UINT32_C(1)
#define KEEL_WAIT_ASYNC_EDGE      UINT32_C(2) /* only what is not there already */

_Static_assert(sizeof(keel_wait_item_t) == 12, "as user space knows it");

#endif
