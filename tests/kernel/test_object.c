/* SPDX-License-Identifier: MIT */
/* Objects on the machine: signals between threads and CPUs, timers, ports, and all of it at random. */
#include <keel/clock.h>
#include <keel/debuglog_object.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/handle.h>
#include <keel/ktest.h>
#include <keel/object_wait.h>
#include <keel/param.h>
#include <keel/port.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define S0          KEEL_USER_SIGNAL_0
#define S1          KEEL_USER_SIGNAL_1
#define NEVER       TIMER_NEVER
#define THREADS_MAX 8u
#define SHARED      8u

static int64_t rounds = 60;

KPARAM(objectrounds, PARAM_INT, rounds, 1, 100000000, "rounds of each thread in tests of objects");

static unsigned failures;

static void must(bool holds)
{
    __atomic_add_fetch(&failures, !holds, __ATOMIC_RELAXED);
}

static int wait_one(struct object *object, keel_signals_t waitfor, uint64_t deadline_ns,
                    keel_signals_t *pending)
{
    struct wait_entry entry = {.object = object, .waitfor = waitfor};
    int err = object_wait_many(&entry, 1, NULL, deadline_ns, 0);

    *pending = entry.pending;
    return err;
}

/* --- Two threads that signal each other --- */

struct partner {
    struct object *mine, *other;
};

static int play(void *arg)
{
    struct partner *partner = arg;
    keel_signals_t pending;

    for (int64_t i = 0; i < rounds; i++) {
        must(wait_one(partner->mine, S0, NEVER, &pending) == 0);
        object_signal(partner->mine, S0, 0);
        object_signal(partner->other, 0, S0);
    }
    return 0;
}

KTEST(object_signals_reach_threads)
{
    uint64_t before = object_count();
    struct object *a, *b;
    struct partner partners[2];
    struct thread *threads[2];

    failures = 0;
    KTEST_REQUIRE(event_object_create(&a) == 0 && event_object_create(&b) == 0);
    partners[0] = (struct partner){a, b};
    partners[1] = (struct partner){b, a};
    for (unsigned i = 0; i < 2; i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "partner", play, &partners[i], NULL) == 0);
    }
    object_signal(a, 0, S0);
    for (unsigned i = 0; i < 2; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
    KTEST_EXPECT(failures == 0);
    KTEST_EXPECT(object_signals(a) == S0);
    object_close(a);
    object_close(b);
    KTEST_EXPECT(object_count() == before);
}

KTEST(object_waits_time_out)
{
    uint64_t start = clock_ns();
    struct object *event;
    keel_signals_t pending;

    KTEST_REQUIRE(event_object_create(&event) == 0);
    KTEST_EXPECT(wait_one(event, S0, 0, &pending) == -ETIMEDOUT);
    KTEST_EXPECT(wait_one(event, S0, start + NS_PER_MS, &pending) == -ETIMEDOUT);
    KTEST_EXPECT(clock_ns() >= start + NS_PER_MS);
    object_close(event);
}

KTEST(object_timers_signal_and_queue)
{
    uint64_t start = clock_ns(), before = object_count();
    keel_port_packet_t packet = {0};
    struct object *timer, *port;
    keel_signals_t pending;

    KTEST_REQUIRE(timer_object_create(KEEL_TIMER_SLACK_LATE, &timer) == 0 &&
                  port_create(&port) == 0);
    timer_object_set(timer, start + NS_PER_MS, 0);
    KTEST_EXPECT(wait_one(timer, KEEL_TIMER_SIGNALED, NEVER, &pending) == 0);
    KTEST_EXPECT(clock_ns() >= start + NS_PER_MS);
    timer_object_set(timer, clock_ns() + 1000 * NS_PER_SEC, 0); /* however long this takes */
    KTEST_EXPECT(object_signals(timer) == 0);
    timer_object_set(timer, clock_ns() + NS_PER_MS, 0);
    KTEST_EXPECT(port_wait_async(port_of(port), timer, 7, KEEL_TIMER_SIGNALED,
                                 KEEL_WAIT_ASYNC_TIMESTAMP, NULL, 0) == 0);
    KTEST_EXPECT(port_wait(port_of(port), NEVER, 0, &packet) == 0);
    KTEST_EXPECT(packet.key == 7 && packet.signal.timestamp > (keel_time_t)start);
    timer_object_set(timer, clock_ns() + 1000 * NS_PER_SEC, 0);
    object_close(timer); /* set, and observed */
    object_close(port);
    KTEST_EXPECT(object_count() == before);
}

/* Records of others may come between. */
KTEST(object_debuglog_reads_what_is_written)
{
    static keel_log_record_t record;
    uint64_t sequence = 0;
    struct object *log;
    bool found = false;

    KTEST_REQUIRE(debuglog_create(0, &log) == 0);
    KTEST_EXPECT(debuglog_read(log, &record) == -EACCES);
    object_close(log);
    KTEST_EXPECT(debuglog_create(1, &log) == -EINVAL);
    KTEST_REQUIRE(debuglog_create(KEEL_LOG_FLAG_READABLE, &log) == 0);
    KTEST_EXPECT(debuglog_write("tester", "a line\nof two!", 13) == 0);
    while (debuglog_read(log, &record) == 0) {
        KTEST_EXPECT(record.sequence > sequence);
        sequence = record.sequence;
        found = record.datalen == 21 && memcmp(record.data, "tester: a line of two", 21) == 0;
    }
    KTEST_EXPECT(found);
    KTEST_EXPECT(debuglog_write("tester", NULL, KEEL_LOG_WRITE_MAX + 1) == -E2BIG);
    object_close(log);
}

/* --- At random: threads share handles, wait, signal, close --- */

static struct handle_table table;
static keel_handle_t shared[SHARED];
static struct object *the_port;

struct worker {
    struct thread *thread;
    uint64_t random;
};

static uint64_t draw(struct worker *w, uint64_t limit)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (w->random >> 11) % limit;
}

static void show(struct worker *w, keel_handle_t handle)
{
    keel_handle_t old = __atomic_exchange_n(&shared[draw(w, SHARED)], handle, __ATOMIC_RELAXED);

    must(old == 0 || handle_close(&table, old) == 0);
}

static void show_new(struct worker *w)
{
    struct object *object;
    keel_handle_t handle;
    int err = draw(w, 2) == 0 ? event_object_create(&object)
                              : timer_object_create(KEEL_TIMER_SLACK_CENTER, &object);

    if (err != 0 || handle_reserve(&table, &handle, 1) != 0) {
        must(false);
        return;
    }
    handle_install(&table, handle, (struct loose_handle){object, object->ops->rights});
    show(w, handle);
}

static void use(struct worker *w, struct object *object, keel_handle_t handle)
{
    struct wait_entry entry = {.object = object, .waitfor = S0, .handle = handle};
    uint64_t soon = clock_ns() + draw(w, 100 * NS_PER_US);
    int err = 0;

    switch (draw(w, 6)) {
    case 0:
        object_signal(object, S0, S1);
        break;
    case 1:
        err = object_wait_many(&entry, 1, &table, soon, 0);
        break;
    case 2:
        err = port_wait_async(port_of(the_port), object, draw(w, 4), S0, 0, &table, handle);
        break;
    case 3:
        (void)port_cancel(port_of(the_port), object, draw(w, 4), &table, handle);
        break;
    case 4:
        if (object_type(object) == KEEL_OBJ_TYPE_TIMER) {
            timer_object_set(object, soon, draw(w, NS_PER_US));
        }
        break;
    default:
        object_signal(object, S1, S0);
    }
    must(err == 0 || err == -ETIMEDOUT || err == -ECANCELED);
}

static int mix(void *arg)
{
    struct worker *w = arg;
    keel_port_packet_t packet;

    for (int64_t i = 0; i < rounds; i++) {
        keel_handle_t handle = __atomic_load_n(&shared[draw(w, SHARED)], __ATOMIC_RELAXED);
        struct object *object;

        if (draw(w, 4) == 0) {
            show_new(w);
        } else if (draw(w, 4) == 0) {
            (void)port_wait(port_of(the_port), clock_ns() + draw(w, 50 * NS_PER_US), 0, &packet);
        } else if (handle_get(&table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_WAIT, &object) == 0) {
            use(w, object, handle);
            object_put(object);
        }
    }
    return 0;
}

KTEST(object_stress)
{
    unsigned count = MIN(2 * cpumask_count(cpu_online()), THREADS_MAX);
    struct worker workers[THREADS_MAX];
    uint64_t before = object_count();

    failures = 0;
    KTEST_REQUIRE(handle_table_init(&table) == 0 && port_create(&the_port) == 0);
    for (unsigned i = 0; i < SHARED; i++) {
        shared[i] = 0;
    }
    for (unsigned i = 0; i < count; i++) {
        workers[i].random = 0x9e3779b97f4a7c15u * (i + 1);
        KTEST_REQUIRE(thread_run(&workers[i].thread, "objects", mix, &workers[i], NULL) == 0);
    }
    for (unsigned i = 0; i < count; i++) {
        KTEST_EXPECT(thread_join(workers[i].thread, NULL, NEVER) == 0);
    }
    KTEST_EXPECT(failures == 0);
    while (handle_table_close(&table, 8)) {
    }
    handle_table_destroy(&table);
    object_close(the_port);
    KTEST_EXPECT(object_count() == before);
}
