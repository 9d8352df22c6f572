/* SPDX-License-Identifier: MIT */
/* An event loop on a port: one thread waits for many things, and a function of the program's is called for each.
 * Structures are the caller's and stay where they are while the loop knows of them. All but keel_loop_post() and
 * keel_loop_quit() are for the thread that runs the loop, or before it runs; what is called may call them. */
#ifndef KEEL_LOOP_H
#define KEEL_LOOP_H

#include <keel/base.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct keel_loop keel_loop_t;
typedef struct keel_watch keel_watch_t;
typedef struct keel_alarm keel_alarm_t;
typedef struct keel_job keel_job_t;

/* Something to happen when an object has one of some signals. Once: to be told again, watch again. */
struct keel_watch {
    keel_handle_t handle;
    keel_signals_t signals;
    void (*ready)(keel_watch_t *watch, keel_signals_t observed);
    keel_loop_t *loop; /* set by keel_loop_watch() */
};

/* Something to happen at a time, once. */
struct keel_alarm {
    keel_time_t deadline; /* of the monotonic clock */
    void (*fire)(keel_alarm_t *alarm);
    keel_alarm_t *next; /* the loop's; later ones follow */
    bool set;           /* the loop's */
};

/* Something to happen in the loop's thread, at the wish of any. */
struct keel_job {
    void (*run)(keel_job_t *job);
};

struct keel_loop {
    keel_handle_t port;
    keel_alarm_t *alarms; /* the next one first */
    uint32_t quit;
};

/* 0 or a negative status. */
int keel_loop_create(keel_loop_t *loop);
/* Forgets all that it knew of. */
void keel_loop_destroy(keel_loop_t *loop);

/* handle, signals and ready are set. 0 or what keel_object_wait_async() says. */
int keel_loop_watch(keel_loop_t *loop, keel_watch_t *watch);
/* It will not be told any more, even of what has happened. */
void keel_loop_unwatch(keel_watch_t *watch);

/* deadline and fire are set; the alarm is not. */
void keel_loop_set(keel_loop_t *loop, keel_alarm_t *alarm);
/* Nothing happens where it is not set. */
void keel_loop_clear(keel_loop_t *loop, keel_alarm_t *alarm);

/* Any thread. 0 or a negative status. The job may be posted again when it runs. */
int keel_loop_post(keel_loop_t *loop, keel_job_t *job);

/* Calls what there is to call until keel_loop_quit(): 0; or a negative status. */
int keel_loop_run(keel_loop_t *loop);
/* The same, but only what there is until the deadline; -ETIMEDOUT then. */
int keel_loop_run_until(keel_loop_t *loop, keel_time_t deadline);
/* Any thread. */
void keel_loop_quit(keel_loop_t *loop);

#endif
