/* SPDX-License-Identifier: MIT */
/* SyncEvent (T8): something that happens, and threads that wait for it. */
#ifndef KEEL_EVENT_H
#define KEEL_EVENT_H

#include <keel/timer.h>
#include <keel/wait.h>

/* All zero is an event of EVENT_MANUAL that has not been signalled. */
struct sync_event {
    struct wait_queue queue;
    bool signalled;
    bool automatic;
};

enum event_reset {
    EVENT_MANUAL, /* stays signalled until event_reset(): all get through */
    EVENT_AUTO,   /* each signal lets one thread through, once; a second before that is lost */
};

/* Once, or when nobody waits or will. Who has waited, and returned 0, may free the event if nobody else
 * waits, signals or will: the event_signal() that let it through no longer touches the event. Who has only
 * seen event_is_signalled() may not. */
void event_init(struct sync_event *event, enum event_reset reset, bool signalled);

/* Lets the threads through that wait (EVENT_AUTO: the most urgent of them) or come later. Any context. */
void event_signal(struct sync_event *event);

/* Takes the signal back; nobody who waits is affected. Any context. */
void event_reset(struct sync_event *event);

/* Waits until the event is signalled. Threads only, interrupts on, no spinlock held. */
void event_wait(struct sync_event *event);

/* The same, at most until deadline_ns, or with `slack_ns` somewhat later: 0 or -ETIMEDOUT. A deadline in
 * the past only asks. */
__must_check int event_wait_until(struct sync_event *event, uint64_t deadline_ns,
                                  uint64_t slack_ns);

/* Whether it is signalled now. */
static inline bool event_is_signalled(const struct sync_event *event)
{
    return __atomic_load_n(&event->signalled, __ATOMIC_ACQUIRE);
}

#endif
