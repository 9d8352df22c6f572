/* SPDX-License-Identifier: MIT */
/* How costs grow with the handles and threads of the program, and with other processes. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/syscalls.h>
#include <keel/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CROWD_MAX  1000u
#define STACK_SIZE 4096u

/* What there is a crowd of; each is enlarged step by step, and gone at the end. */
struct crowd {
    const char *axis;
    int (*add)(struct run *run, unsigned at);
    void (*drop)(unsigned at);
    unsigned steps[4]; /* rising; 0: no more */
};

/* --- Handles --- */

static keel_handle_t handles[CROWD_MAX];

static int add_handle(struct run *run, unsigned at)
{
    int err = keel_event_create(0, &handles[at]);

    return err == 0 ? 0 : run_failed(run, err, "no event");
}

static void drop_handle(unsigned at)
{
    (void)keel_handle_close(handles[at]);
}

/* --- Threads, each at an event --- */

static keel_thread_t *threads[CROWD_MAX];
static keel_handle_t gate;

static int wait_at_gate(void *unused)
{
    keel_signals_t observed;

    (void)unused;
    return keel_object_wait_one(gate, KEEL_EVENT_SIGNALED, KEEL_TIME_INFINITE, &observed);
}

static int add_thread(struct run *run, unsigned at)
{
    int err = at == 0 ? keel_event_create(0, &gate) : 0;

    if (err == 0) {
        err = keel_thread_run(&threads[at], "bench/crowd", wait_at_gate, NULL, STACK_SIZE);
    }
    return err == 0 ? 0 : run_failed(run, err, "no thread");
}

static void drop_thread(unsigned at)
{
    (void)keel_object_signal(gate, 0, KEEL_EVENT_SIGNALED);
    (void)keel_thread_join(threads[at], NULL);
    if (at == 0) {
        (void)keel_handle_close(gate);
    }
}

/* --- Processes --- */

static struct peer peers[CROWD_MAX];

static int add_process(struct run *run, unsigned at)
{
    return peer_start(run, &peers[at], "nothing", 0, NULL);
}

static void drop_process(unsigned at)
{
    peer_end(&peers[at]);
}

static const struct crowd crowds[] = {
    {"handles of the process", add_handle, drop_handle, {10, 100, CROWD_MAX, 0}},
    {"threads that wait", add_thread, drop_thread, {10, 100, CROWD_MAX, 0}},
    {"other processes", add_process, drop_process, {10, 100, 0}},
};

static unsigned show_row(const struct row *row, const struct crowd *crowd, unsigned size)
{
    uint64_t hundredths;
    const char *why;
    int err = measure(row, 1, &hundredths, &why);

    if (err == -ENOTSUP) {
        return 0;
    }
    if (err != 0) {
        printf("bench: %s with %u %s: %s (%s)\n", row->name, size, crowd->axis, why, strerror(err));
        return 1;
    }
    printf("curve: %s %llu.%02llu %s at %u %s\n", row->name, (unsigned long long)hundredths / 100,
           (unsigned long long)hundredths % 100, measure_unit(), size, crowd->axis);
    return 0;
}

/* The irq row tells nothing of the kernel's tables, and waits for seconds of the device's. */
static unsigned show_rows(const struct crowd *crowd, unsigned size)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < row_count; i++) {
        if (rows[i].run != run_irq && rows[i].run != run_boot) {
            failed += show_row(&rows[i], crowd, size);
        }
    }
    return failed;
}

static unsigned measure_crowd(const struct crowd *crowd)
{
    struct run run = {.why = NULL};
    unsigned failed = 0, count = 0;

    for (unsigned step = 0; failed == 0 && crowd->steps[step] != 0; step++) {
        while (count < crowd->steps[step]) {
            int err = crowd->add(&run, count);

            if (err != 0) {
                printf("bench: not %u %s: %s (%s)\n", crowd->steps[step], crowd->axis, run.why,
                       strerror(err));
                failed = 1;
                break;
            }
            count++;
        }
        failed += failed == 0 ? show_rows(crowd, count) : 0;
    }
    while (count != 0) {
        crowd->drop(--count);
    }
    return failed;
}

unsigned measure_curves(void)
{
    unsigned failed = 0;

    for (size_t i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
        failed += measure_crowd(&crowds[i]);
    }
    return failed;
}
