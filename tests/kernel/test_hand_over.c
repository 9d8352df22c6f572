/* SPDX-License-Identifier: MIT */
/* Calls that go straight from CPU time to CPU time: past the queue, on the caller's CPU, with its slice and its
 * priority, and back. Where an emulator stands still a tick comes in between: then it is tried again. */
#include "../../core/sched/registry.h"
#include "spinner.h"

#include <arch/cpu.h>
#include <keel/channel_object.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define MS     NS_PER_MS
#define NEVER  TIMER_NEVER
#define ROUNDS 20u
#define TRIES  8u

/* What the server answers: words of the reply behind the txid. */
enum {
    WORD_CPU,
    WORD_SEEN,
    WORDS
};

static struct {
    struct channel *near, *far;
    struct thread *server;
    uint64_t *watched; /* read by the server while it serves; NULL: nothing */
    bool lingers;      /* the server goes on only when that has changed */
} stage;

static unsigned last_cpu(void)
{
    cpumask_t online = cpu_online();
    unsigned cpu, last = 0;

    cpumask_for_each(cpu, online)
    {
        last = cpu;
    }
    return last;
}

static uint64_t seen(void)
{
    return stage.watched ? __atomic_load_n(stage.watched, __ATOMIC_RELAXED) : 0;
}

static void linger(void)
{
    uint64_t before = seen(), last = clock_ns() + 60 * NS_PER_SEC;

    while (stage.lingers && seen() == before && clock_ns() < last) {
        arch_cpu_relax();
    }
}

static int serve(void *arg)
{
    struct ipc_buffer buffer;
    int status;

    (void)arg;
    buffer.message = NULL;
    buffer.size = 0;
    do {
        buffer.room = (struct channel_room){MESSAGE_SMALL_BYTES, 0};
        status = channel_reply_wait_buffer(stage.far, &buffer, NEVER, 0);
        buffer.size = (1 + WORDS) * sizeof(uint64_t);
        linger();
        buffer.words[1 + WORD_CPU] = cpu_index();
        buffer.words[1 + WORD_SEEN] = seen();
    } while (status == 0);
    return status;
}

/* One call; false: it failed. */
static bool call(uint64_t words[WORDS])
{
    struct ipc_buffer buffer;

    buffer.message = NULL;
    buffer.size = sizeof(keel_txid_t);
    buffer.room = (struct channel_room){MESSAGE_SMALL_BYTES, 0};
    if (channel_call_buffer(stage.near, &buffer, NEVER, 0) != 0 || buffer.message) {
        return false;
    }
    for (unsigned i = 0; i < WORDS; i++) {
        words[i] = buffer.words[1 + i];
    }
    return true;
}

/* A channel, and a server that waits. */
static bool begin(const struct thread_attr *attr)
{
    struct object *near, *far;

    if (channel_create(&near, &far) != 0) {
        return false;
    }
    stage.near = channel_of(near);
    stage.far = channel_of(far);
    stage.watched = NULL;
    stage.lingers = false;
    if (thread_run(&stage.server, "server", serve, NULL, attr) != 0) {
        return false;
    }
    while (thread_state(stage.server) != THREAD_BLOCKED) {
        thread_yield();
    }
    return true;
}

static void end(void)
{
    int status = 0;

    object_close(&stage.near->paired.object);
    KTEST_EXPECT(thread_join(stage.server, &status, NEVER) == 0 && status == -EPIPE);
    object_close(&stage.far->paired.object);
}

/* Runs one on the last CPU, which is another than this where there are several, until it ends. */
static int run_there(enum priority priority, thread_entry_t *entry, void *arg)
{
    struct thread_attr attr = {priority, cpumask_of(last_cpu())};
    struct thread *thread;
    int result = -1;

    KTEST_EXPECT(thread_run(&thread, "client", entry, arg, &attr) == 0);
    KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0);
    return result;
}

static struct thread_attr there(enum priority priority)
{
    return (struct thread_attr){priority, cpumask_of(last_cpu())};
}

/* --- Past the queue --- */

/* How often the server, and the client after it, were before one who had been ready all the time. */
static int call_past_the_queue(void *arg)
{
    static struct spinner spinner;
    struct thread_attr attr = there(PRIORITY_NORMAL);
    int good = 0;

    (void)arg;
    stage.watched = &spinner.turns;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t words[WORDS];

        spinner = (struct spinner){0};
        if (thread_run(&spinner.thread, "ready", spin_until_stopped, &spinner, &attr) != 0 ||
            !call(words)) {
            return -1;
        }
        good += words[WORD_SEEN] == 0 && seen() == 0;
        __atomic_store_n(&spinner.stop, true, __ATOMIC_RELEASE);
        if (thread_join(spinner.thread, NULL, NEVER) != 0) {
            return -1;
        }
    }
    return good;
}

KTEST(hand_over_goes_past_the_queue)
{
    struct thread_attr attr = there(PRIORITY_NORMAL);

    KTEST_REQUIRE(begin(&attr));
    KTEST_EXPECT(run_there(PRIORITY_NORMAL, call_past_the_queue, NULL) >= (int)ROUNDS / 2);
    end();
}

/* --- Priority --- */

/* How often a server less urgent than somebody who runs all the time was before him. */
static int call_the_low(void *arg)
{
    int good = 0;

    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t words[WORDS], before;

        do {
            (void)thread_sleep(MS); /* he runs */
            before = seen();
        } while (before == 0);
        if (!call(words)) {
            return -1;
        }
        good += words[WORD_SEEN] == before && seen() == before;
    }
    return good;
}

/* What an urgent one who calls the low server finds, while somebody in between runs all the time. */
static int beside_a_hog(int (*urgent)(void *))
{
    struct thread_attr low = there(PRIORITY_LOW), normal = there(PRIORITY_NORMAL);
    struct spinner spinner = {0};
    int found = -1;

    if (!begin(&low)) {
        return -1;
    }
    stage.watched = &spinner.turns;
    if (thread_run(&spinner.thread, "hog", spin_until_stopped, &spinner, &normal) == 0) {
        found = run_there(PRIORITY_HIGH, urgent, NULL);
        __atomic_store_n(&spinner.stop, true, __ATOMIC_RELEASE);
        KTEST_EXPECT(thread_join(spinner.thread, NULL, NEVER) == 0);
    }
    end();
    return found;
}

KTEST(hand_over_lends_priority)
{
    KTEST_EXPECT(beside_a_hog(call_the_low) >= (int)ROUNDS / 2);
}

static unsigned level_of_server(void)
{
    struct thread_info info = {.level = 0};
    struct thread_walk walk;
    bool found = false;

    thread_walk_begin(&walk);
    while (!found && thread_walk_next(&walk, &info, 1) == 1) {
        found = info.id == thread_id(stage.server);
    }
    thread_walk_end(&walk);
    return info.level;
}

/* The server of one who is urgent runs for longer than a slice: what was lent ends with it, and he who is more
 * urgent than the server runs. Afterwards the server has its own priority, too. */
static int call_for_long(void *arg)
{
    uint64_t words[WORDS];
    int good = 0;

    (void)arg;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t before = seen();

        stage.lingers = true;
        if (!call(words)) {
            return -1;
        }
        good += words[WORD_SEEN] != before;
        stage.lingers = false;
        if (!call(words)) {
            return -1;
        }
        good += level_of_server() <= (PRIORITY_LOW + 1) * CONFIG_SCHED_LEVELS;
    }
    return good;
}

KTEST(hand_over_takes_back_what_it_lent)
{
    KTEST_EXPECT(beside_a_hog(call_for_long) == 4);
}

/* --- Slices --- */

struct ping_pong {
    struct thread *client;
    bool stop;
};

static int call_for_ever(void *arg)
{
    struct ping_pong *ping = arg;
    uint64_t words[WORDS];
    int calls = 0;

    while (!__atomic_load_n(&ping->stop, __ATOMIC_ACQUIRE)) {
        if (!call(words)) {
            return -1;
        }
        calls++;
    }
    return calls;
}

/* Whether two that call each other and one that counts share a CPU, as far as this goes. */
static bool share(const struct ping_pong *ping, struct spinner *spinner)
{
    uint64_t one = thread_cpu_time(spinner->thread);
    uint64_t two = thread_cpu_time(ping->client) + thread_cpu_time(stage.server);
    uint64_t end = clock_ns() + 60 * NS_PER_SEC, mine = 0, theirs = 0;

    while (mine + theirs < 400 * MS && clock_ns() < end) {
        (void)thread_sleep(20 * MS);
        mine = thread_cpu_time(spinner->thread) - one;
        theirs = thread_cpu_time(ping->client) + thread_cpu_time(stage.server) - two;
    }
    return mine > (mine + theirs) / 8 && theirs > (mine + theirs) / 8;
}

KTEST(hand_over_shares_a_slice)
{
    struct thread_attr attr = there(PRIORITY_NORMAL);
    struct spinner spinner = {0};
    struct ping_pong ping = {0};
    bool good = false;
    int calls = 0;

    KTEST_REQUIRE(begin(&attr));
    KTEST_REQUIRE(thread_run(&ping.client, "client", call_for_ever, &ping, &attr) == 0);
    KTEST_REQUIRE(thread_run(&spinner.thread, "hog", spin_until_stopped, &spinner, &attr) == 0);
    for (unsigned i = 0; i < TRIES && !good; i++) {
        good = share(&ping, &spinner);
    }
    KTEST_EXPECT(good);
    __atomic_store_n(&spinner.stop, true, __ATOMIC_RELEASE);
    __atomic_store_n(&ping.stop, true, __ATOMIC_RELEASE);
    KTEST_EXPECT(thread_join(spinner.thread, NULL, NEVER) == 0);
    KTEST_EXPECT(thread_join(ping.client, &calls, NEVER) == 0 && calls > 0);
    end();
}

/* --- CPUs --- */

/* How often the server answered on the caller's CPU. */
static int call_here(void *arg)
{
    int good = 0;

    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t words[WORDS];

        if (!call(words)) {
            return -1;
        }
        good += words[WORD_CPU] == cpu_index();
    }
    return good;
}

KTEST(hand_over_fetches_the_server)
{
    struct thread_attr anywhere = THREAD_ATTR_DEFAULT, here = {PRIORITY_NORMAL, cpumask_of(0)};

    KTEST_REQUIRE(begin(&anywhere));
    KTEST_EXPECT(run_there(PRIORITY_NORMAL, call_here, NULL) >= (int)ROUNDS / 2);
    end();
    KTEST_REQUIRE(begin(&here)); /* it must not leave: they wait for each other all the same */
    KTEST_EXPECT(run_there(PRIORITY_NORMAL, call_here, NULL) ==
                 (last_cpu() != 0 ? 0 : (int)ROUNDS));
    end();
}

/* --- Deadlines --- */

KTEST(hand_over_leaves_promises_alone)
{
    static const struct thread_deadline tenth = {10 * MS, 100 * MS, 100 * MS};
    struct thread_attr attr = there(PRIORITY_NORMAL);
    int err;

    KTEST_REQUIRE(begin(&attr));
    err = thread_set_deadline(stage.server, &tenth);
    KTEST_EXPECT(err == 0 || err == -ENOTSUP);
    KTEST_EXPECT(run_there(PRIORITY_NORMAL, call_here, NULL) == (int)ROUNDS);
    if (err == 0) {
        KTEST_EXPECT(thread_set_deadline(stage.server, NULL) == 0);
    }
    KTEST_EXPECT(run_there(PRIORITY_REALTIME, call_here, NULL) == (int)ROUNDS);
    end();
}
