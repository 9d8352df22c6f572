/* SPDX-License-Identifier: MIT */
/* Events, event pairs and timers as objects (O2): signals that users set, or the time does. */
#ifndef KEEL_EVENT_OBJECT_H
#define KEEL_EVENT_OBJECT_H

#include <keel/object_signal.h>

/* An object that is nothing but its signals. -ENOMEM. Any context. */
int event_object_create(struct object **out);

/* Two that signal each other, and see each other close. -ENOMEM. Any context. */
int eventpair_create(struct object **one, struct object **other);

/* A timer; `options` is where in the slack it may fire (KEEL_TIMER_SLACK_*). -EINVAL; -ENOMEM. */
int timer_object_create(uint32_t options, struct object **out);

/* Sets it anew: KEEL_TIMER_SIGNALED is cleared, and comes at deadline_ns of clock_ns(), within the slack.
 * No lock held. */
void timer_object_set(struct object *object, uint64_t deadline_ns, uint64_t slack_ns);

/* Unsets it. KEEL_TIMER_SIGNALED stays as it is. */
void timer_object_cancel(struct object *object);

#endif
