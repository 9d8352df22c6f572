/* SPDX-License-Identifier: MIT */
/* Calls over channels while ends are closed, deadlines pass, waits are cancelled, threads are stopped and sent
 * from CPU to CPU, and others read from the same end: nothing is lost, and everybody comes back. */
#include <arch/cpu.h>
#include <keel/call_wait.h>
#include <keel/channel_object.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/param.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/wait.h>

#define NEVER       TIMER_NEVER
#define CLIENTS     3u
#define SERVERS_MAX 3u
#define LARGE_MAX   3000u
#define PATIENCE_NS (120 * NS_PER_SEC)

static int64_t rounds = 50;

KPARAM(channelrounds, PARAM_INT, rounds, 1, 100000000, "rounds in tests of racing calls");

/* What the threads of a test share. */
static struct {
    struct channel *near, *far; /* clients', servers' */
    uint64_t calls;             /* of each client */
    uint64_t patience_ns;       /* of each call, at most; 0: for ever */
    unsigned sent, answered, late, failures;
} stage;

struct worker {
    struct thread *thread;
    uint64_t seed;
    int status; /* of the call that ended it */
};
static struct worker clients[CLIENTS], servers[SERVERS_MAX];

static void count(unsigned *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void must(bool holds)
{
    __atomic_add_fetch(&stage.failures, !holds, __ATOMIC_RELAXED);
}

static uint64_t draw(struct worker *worker, uint64_t limit)
{
    worker->seed = worker->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (worker->seed >> 33) % limit;
}

static unsigned char *data_of(struct ipc_buffer *buffer)
{
    return buffer->message ? message_data(buffer->message) : buffer->bytes;
}

static uint32_t size_of(const struct ipc_buffer *buffer)
{
    return buffer->message ? buffer->message->size : buffer->size;
}

static void drop(struct ipc_buffer *buffer)
{
    if (buffer->message) {
        message_free(buffer->message);
        buffer->message = NULL;
    }
}

/* Room for a txid, `value` and bytes that depend on it. False: no memory. */
static bool fill(struct ipc_buffer *buffer, uint32_t size, uint32_t value)
{
    unsigned char *data;

    buffer->message = NULL;
    buffer->size = size;
    if (size > MESSAGE_SMALL_BYTES && message_create(size, 0, &buffer->message) != 0) {
        return false;
    }
    data = data_of(buffer);
    memcpy(data + 4, &value, sizeof(value));
    for (uint32_t i = 8; i < size; i++) {
        data[i] = (unsigned char)(value + i);
    }
    return true;
}

/* What it says; it is as fill() made it. */
static uint32_t value_in(struct ipc_buffer *buffer)
{
    unsigned char *data = data_of(buffer);
    uint32_t value;

    memcpy(&value, data + 4, sizeof(value));
    for (uint32_t i = 8; i < size_of(buffer); i++) {
        if (data[i] != (unsigned char)(value + i)) {
            must(false);
            break;
        }
    }
    return value;
}

/* --- Servers and clients --- */

/* Answers n with n + 1 and as many bytes, until something else happens. */
static int serve(void *arg)
{
    struct worker *self = arg;
    struct ipc_buffer buffer;

    buffer.message = NULL;
    buffer.size = 0;
    for (;;) {
        keel_txid_t txid;
        uint32_t size, value;

        buffer.room = (struct channel_room){draw(self, 4) == 0 ? LARGE_MAX : 4096, 0};
        self->status = channel_reply_wait_buffer(stage.far, &buffer, NEVER, 0);
        if (self->status != 0) {
            break;
        }
        memcpy(&txid, data_of(&buffer), sizeof(txid));
        size = size_of(&buffer);
        value = value_in(&buffer) + 1;
        drop(&buffer);
        if (draw(self, 8) == 0) {
            thread_yield();
        }
        if (!fill(&buffer, size, value)) {
            must(false);
            return -1;
        }
        memcpy(data_of(&buffer), &txid, sizeof(txid));
    }
    drop(&buffer);
    return 0;
}

/* Replies that nobody waited for any more, and what else is in the queue. */
static void take_late(void)
{
    struct channel_room room = {LARGE_MAX, 0};
    struct message *message;

    while (channel_read(stage.near, &room, false, &message) == 0) {
        count(&stage.late);
        message_free(message);
        room = (struct channel_room){LARGE_MAX, 0};
    }
}

static int call_once(struct worker *self)
{
    uint32_t size = draw(self, 4) == 0 ? 65 + (uint32_t)draw(self, LARGE_MAX - 65)
                                       : 8 + (uint32_t)draw(self, 57);
    uint32_t value = (uint32_t)draw(self, UINT32_MAX);
    uint64_t deadline = stage.patience_ns != 0 ? clock_ns() + draw(self, stage.patience_ns) : NEVER;
    struct ipc_buffer buffer;
    int status;

    if (!fill(&buffer, size, value)) {
        must(false);
        return -ENOMEM;
    }
    buffer.room = (struct channel_room){LARGE_MAX, 0};
    status = channel_call_buffer(stage.near, &buffer, deadline, 0);
    if (buffer.sent) {
        count(&stage.sent);
        must(status == 0 || !buffer.message);
    }
    if (status == 0) {
        count(&stage.answered);
        must(size_of(&buffer) == size && value_in(&buffer) == value + 1);
    }
    drop(&buffer);
    return status;
}

static int call_often(void *arg)
{
    struct worker *self = arg;

    for (uint64_t i = 0; i < stage.calls; i++) {
        self->status = call_once(self);
        if (self->status == -ETIMEDOUT || self->status == -EAGAIN) {
            self->status = 0;
            take_late();
        }
        if (self->status != 0) {
            break;
        }
    }
    return 0;
}

/* --- The stage --- */

/* A channel, to which there are references apart from the handles. */
static bool set_up(uint64_t calls, uint64_t patience_ns, struct object **near, struct object **far)
{
    stage.calls = calls;
    stage.patience_ns = patience_ns;
    stage.sent = stage.answered = stage.late = stage.failures = 0;
    if (channel_create(near, far) != 0) {
        return false;
    }
    object_get(*near);
    object_get(*far);
    stage.near = channel_of(*near);
    stage.far = channel_of(*far);
    return true;
}

static void let_go(struct object *near, struct object *far)
{
    object_put(near);
    object_put(far);
}

static void start(struct worker *workers, unsigned n, const char *name, thread_entry_t *entry,
                  const struct thread_attr *attr)
{
    static uint64_t seed = 1;

    for (unsigned i = 0; i < n; i++) {
        workers[i].seed = seed++;
        must(thread_run(&workers[i].thread, name, entry, &workers[i], attr) == 0);
    }
}

static void join(struct worker *workers, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        must(thread_join(workers[i].thread, NULL, NEVER) == 0);
    }
}

/* Every request that was sent is answered, in time or late. Whether that is so in the end. */
static bool all_come_back(void)
{
    uint64_t end = clock_ns() + PATIENCE_NS;

    while (stage.answered + stage.late != stage.sent && clock_ns() < end) {
        take_late();
        thread_yield();
    }
    return stage.answered + stage.late == stage.sent;
}

static void loiter(struct worker *self, uint64_t most)
{
    for (uint64_t i = draw(self, most); i > 0; i--) {
        if (i % 64 == 0) {
            thread_yield();
        }
        arch_cpu_relax();
    }
}

/* --- Tests --- */

static void calls_with(unsigned n_servers, const struct thread_attr *attr)
{
    struct object *near, *far;

    KTEST_REQUIRE(set_up((uint64_t)rounds * 5, 0, &near, &far));
    start(servers, n_servers, "server", serve, attr);
    start(clients, CLIENTS, "client", call_often, attr);
    join(clients, CLIENTS);
    KTEST_EXPECT(stage.answered == stage.sent && stage.sent == CLIENTS * stage.calls);
    object_close(near);
    join(servers, n_servers);
    for (unsigned i = 0; i < n_servers; i++) {
        KTEST_EXPECT(servers[i].status == -EPIPE);
    }
    KTEST_EXPECT(stage.failures == 0);
    object_close(far);
    let_go(near, far);
}

KTEST(channel_buffers_of_all_sizes)
{
    struct thread_attr here = {PRIORITY_NORMAL, cpumask_of(0)};

    calls_with(1, &here);
    calls_with(1, NULL);
}

KTEST(channel_readers_compete)
{
    calls_with(SERVERS_MAX, NULL);
}

/* Either end, at any moment. */
KTEST(channel_closes_under_calls)
{
    struct worker self = {.seed = 4711};
    uint64_t objects = object_count();
    for (int64_t i = 0; i < rounds; i++) {
        struct object *near, *far;
        bool near_first = draw(&self, 2) == 0;

        KTEST_REQUIRE(set_up(UINT64_MAX, 0, &near, &far));
        start(servers, 2, "server", serve, NULL);
        start(clients, 2, "client", call_often, NULL);
        loiter(&self, 2000);
        object_close(near_first ? near : far);
        join(clients, 2);
        join(servers, 2);
        for (unsigned n = 0; n < 2; n++) {
            KTEST_EXPECT(clients[n].status == (near_first ? -ECANCELED : -EPIPE));
            KTEST_EXPECT(servers[n].status == (near_first ? -EPIPE : -ECANCELED));
        }
        object_close(near_first ? far : near);
        let_go(near, far);
        KTEST_EXPECT(stage.failures == 0);
    }
    KTEST_EXPECT(object_count() == objects);
}

KTEST(channel_deadlines_pass_under_calls)
{
    struct object *near, *far;

    KTEST_REQUIRE(set_up((uint64_t)rounds * 4, 100000, &near, &far));
    start(servers, 2, "server", serve, NULL);
    start(clients, CLIENTS, "client", call_often, NULL);
    join(clients, CLIENTS);
    KTEST_EXPECT(all_come_back());
    KTEST_EXPECT(stage.sent > 0 && stage.failures == 0);
    object_close(near);
    join(servers, 2);
    object_close(far);
    let_go(near, far);
}

/* Clients of a process that ends leave, what they asked is answered all the same. */
KTEST(channel_calls_are_cancelled)
{
    struct worker self = {.seed = 815};
    struct object *near, *far;

    KTEST_REQUIRE(set_up(UINT64_MAX, 0, &near, &far));
    start(servers, 1, "server", serve, NULL);
    for (int64_t i = 0; i < rounds; i++) {
        start(clients, 2, "client", call_often, NULL);
        loiter(&self, 1000);
        for (unsigned n = 0; n < 2; n++) {
            thread_cancel_waits(clients[n].thread);
        }
        wait_resched();
        join(clients, 2);
        KTEST_EXPECT(clients[0].status == -ECANCELED && clients[1].status == -ECANCELED);
    }
    KTEST_EXPECT(all_come_back());
    thread_cancel_waits(servers[0].thread);
    wait_resched();
    join(servers, 1);
    KTEST_EXPECT(servers[0].status == -ECANCELED && stage.failures == 0);
    object_close(near);
    object_close(far);
    let_go(near, far);
}

/* Threads are stopped, sent elsewhere, and change in priority, wherever in a call they are. */
KTEST(channel_callers_are_pushed_around)
{
    static const struct thread_deadline small = {NS_PER_MS, 10 * NS_PER_MS, 20 * NS_PER_MS};
    struct worker self = {.seed = 42};
    cpumask_t online = cpu_online();
    struct object *near, *far;

    KTEST_REQUIRE(set_up((uint64_t)rounds * 5, 0, &near, &far));
    start(servers, 1, "server", serve, NULL);
    start(clients, CLIENTS, "client", call_often, NULL);
    for (int64_t i = 0; i < rounds * 2; i++) {
        struct thread *victim =
            draw(&self, 2) == 0 ? servers[0].thread : clients[draw(&self, CLIENTS)].thread;
        cpumask_t allowed = online & draw(&self, 16);

        switch (draw(&self, 5)) {
        case 0:
            if (thread_suspend(victim) == 0) {
                loiter(&self, 300);
                KTEST_EXPECT(thread_resume(victim) == 0 ||
                             thread_state(victim) == THREAD_TERMINATED);
            }
            break;
        case 1:
            (void)thread_set_affinity(victim, allowed != 0 ? allowed : online);
            break;
        case 2:
            (void)thread_set_deadline(victim, &small); /* or not, where there is no room */
            break;
        case 3:
            (void)thread_set_deadline(victim, NULL);
            break;
        default:
            (void)thread_set_priority(victim, (enum priority)(PRIORITY_LOW + draw(&self, 4)));
            break;
        }
        loiter(&self, 300);
    }
    join(clients, CLIENTS);
    KTEST_EXPECT(stage.answered == stage.sent && stage.sent == CLIENTS * stage.calls);
    object_close(near);
    join(servers, 1);
    KTEST_EXPECT(stage.failures == 0);
    object_close(far);
    let_go(near, far);
}
