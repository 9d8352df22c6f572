/* SPDX-License-Identifier: MIT */
/* The event loop. The keys of its packets are addresses of watches and jobs; alarms are its own. */
#include <keel/errno.h>
#include <keel/loop.h>
#include <keel/packet.h>
#include <keel/syscalls.h>
#include <stdint.h>

int keel_loop_create(keel_loop_t *loop)
{
    *loop = (keel_loop_t){.alarms = NULL};
    return keel_port_create(0, &loop->port);
}

void keel_loop_destroy(keel_loop_t *loop)
{
    while (loop->alarms) {
        keel_loop_clear(loop, loop->alarms);
    }
    (void)keel_handle_close(loop->port);
}

int keel_loop_watch(keel_loop_t *loop, keel_watch_t *watch)
{
    watch->loop = loop;
    return keel_object_wait_async(watch->handle, loop->port, (uintptr_t)watch, watch->signals, 0);
}

void keel_loop_unwatch(keel_watch_t *watch)
{
    (void)keel_port_cancel(watch->loop->port, watch->handle, (uintptr_t)watch);
}

void keel_loop_set(keel_loop_t *loop, keel_alarm_t *alarm)
{
    keel_alarm_t **link = &loop->alarms;

    while (*link && (*link)->deadline <= alarm->deadline) {
        link = &(*link)->next;
    }
    alarm->next = *link;
    alarm->set = true;
    *link = alarm;
}

void keel_loop_clear(keel_loop_t *loop, keel_alarm_t *alarm)
{
    keel_alarm_t **link = &loop->alarms;

    while (alarm->set && *link) {
        if (*link == alarm) {
            *link = alarm->next;
            alarm->set = false;
            return;
        }
        link = &(*link)->next;
    }
}

/* Without a job: nothing to do but to look whether to go on. */
static int post(keel_loop_t *loop, keel_job_t *job)
{
    const keel_port_packet_t packet = {.key = (uintptr_t)job, .type = KEEL_PKT_TYPE_USER};

    return keel_port_queue(loop->port, &packet);
}

int keel_loop_post(keel_loop_t *loop, keel_job_t *job)
{
    return post(loop, job);
}

void keel_loop_quit(keel_loop_t *loop)
{
    __atomic_store_n(&loop->quit, 1, __ATOMIC_RELEASE);
    (void)post(loop, NULL);
}

static void dispatch(const keel_port_packet_t *packet)
{
    void *whose = (void *)(uintptr_t)packet->key;

    if (packet->type == KEEL_PKT_TYPE_SIGNAL_ONE) {
        keel_watch_t *watch = whose;

        watch->ready(watch, packet->signal.observed);
    } else if (packet->type == KEEL_PKT_TYPE_USER && whose) {
        keel_job_t *job = whose;

        job->run(job);
    }
}

/* Calls the next alarm if it is due. */
static bool fire(keel_loop_t *loop)
{
    keel_alarm_t *alarm = loop->alarms;

    if (!alarm || alarm->deadline > keel_clock_get_monotonic()) {
        return false;
    }
    keel_loop_clear(loop, alarm);
    alarm->fire(alarm);
    return true;
}

static keel_time_t next_deadline(const keel_loop_t *loop, keel_time_t deadline)
{
    return loop->alarms && loop->alarms->deadline < deadline ? loop->alarms->deadline : deadline;
}

int keel_loop_run_until(keel_loop_t *loop, keel_time_t deadline)
{
    keel_port_packet_t packet;
    int err;

    while (__atomic_exchange_n(&loop->quit, 0, __ATOMIC_ACQUIRE) == 0) {
        if (fire(loop)) {
            continue;
        }
        err = keel_port_wait(loop->port, next_deadline(loop, deadline), &packet);
        if (err == 0) {
            dispatch(&packet);
        } else if (err != -ETIMEDOUT || next_deadline(loop, deadline) == deadline) {
            return err;
        }
    }
    return 0;
}

int keel_loop_run(keel_loop_t *loop)
{
    return keel_loop_run_until(loop, KEEL_TIME_INFINITE);
}
