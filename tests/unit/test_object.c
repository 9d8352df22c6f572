/* SPDX-License-Identifier: MIT */
/* Signals, waits, ports, events and timers: each alone, in all the ways in which they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_heap.h"
#include "fake_object.h"
#include "fake_threads.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/object_wait.h>
#include <keel/paired.h>
#include <keel/port.h>
#include <keel/timer.h>

#define S0 KEEL_USER_SIGNAL_0
#define S1 KEEL_USER_SIGNAL_1

static struct thread self;
static struct handle_table table;

/* --- Timers of a test: they fire when it says so --- */

static struct timer *last_timer;
static uint64_t last_deadline, last_slack;

void timer_init(struct timer *timer, timer_fn_t *fn)
{
    *timer = (struct timer){.fn = fn};
}

void timer_set(struct timer *timer, uint64_t deadline_ns, uint64_t slack_ns)
{
    last_timer = timer;
    last_deadline = deadline_ns;
    last_slack = slack_ns;
    timer->link = &timer->child;
}

bool timer_cancel(struct timer *timer)
{
    bool was_set = timer->link != NULL;

    timer->link = NULL;
    return was_set;
}

bool timer_cancel_sync(struct timer *timer)
{
    return timer_cancel(timer);
}

static void timer_fire(struct timer *timer)
{
    timer->link = NULL;
    timer->fn(timer);
}

/* --- */

static int begin(void **state)
{
    fake_threads_init(&self);
    return handle_table_init(&table);
}

static int end(void **state)
{
    fake_table_end(&table);
    return fake_heap_blocks() == 0 ? 0 : -1;
}

static struct object *new_event(void)
{
    struct object *event;

    assert_int_equal(event_object_create(&event), 0);
    return event;
}

static int wait_one(struct object *object, keel_handle_t handle, keel_signals_t waitfor,
                    uint64_t deadline_ns, keel_signals_t *pending)
{
    struct wait_entry entry = {.object = object, .waitfor = waitfor, .handle = handle};
    int status = object_wait_many(&entry, 1, handle != 0 ? &table : NULL, deadline_ns, 0);

    *pending = entry.pending;
    return status;
}

static void signals_are_as_set(void **state)
{
    struct object *event = new_event();
    keel_signals_t pending;

    assert_int_equal(wait_one(event, 0, S0, 0, &pending), -ETIMEDOUT);
    assert_int_equal(pending, 0);
    assert_int_equal(object_signal_by_user(event, 0, S0 | KEEL_EVENT_SIGNALED), 0);
    assert_int_equal(wait_one(event, 0, S0, 0, &pending), 0);
    assert_int_equal(pending, S0 | KEEL_EVENT_SIGNALED);
    assert_int_equal(object_signal_by_user(event, S0, S1), 0);
    assert_int_equal(wait_one(event, 0, S0, clock_ns() + 1000, &pending), -ETIMEDOUT);
    assert_int_equal(pending, S1 | KEEL_EVENT_SIGNALED);
    assert_int_equal(object_signal_by_user(event, KEEL_OBJECT_READABLE, 0), -EINVAL);
    assert_int_equal(object_signal_by_user(event, 0, KEEL_OBJECT_PEER_CLOSED), -EINVAL);
    assert_int_equal(object_signal_peer_by_user(event, 0, S0), -ENOTTY);
    object_close(event);
}

/* --- A thread that waits --- */

struct wish {
    struct object *objects[KEEL_WAIT_MANY_MAX_ITEMS];
    keel_handle_t handle; /* of the first */
    unsigned count;
    uint64_t deadline;
    int status;
    keel_signals_t pending[KEEL_WAIT_MANY_MAX_ITEMS];
};

static void run_wish(struct thread *thread)
{
    struct wait_entry entries[KEEL_WAIT_MANY_MAX_ITEMS];
    struct wish *wish = thread->arg;

    for (unsigned i = 0; i < wish->count; i++) {
        entries[i] =
            (struct wait_entry){.object = wish->objects[i], .waitfor = S0, .handle = wish->handle};
    }
    wish->status = object_wait_many(entries, wish->count, wish->handle != 0 ? &table : NULL,
                                    wish->deadline, 0);
    for (unsigned i = 0; i < wish->count; i++) {
        wish->pending[i] = entries[i].pending;
    }
}

static void start(struct thread *thread, struct wish *wish)
{
    thread->arg = wish;
    fake_thread_start(thread, 1, run_wish);
    fake_thread_await_block(thread);
}

static void waits_for_one_of_many(void **state)
{
    struct wish wish = {.count = KEEL_WAIT_MANY_MAX_ITEMS, .deadline = TIMER_NEVER};
    struct thread thread;

    for (unsigned i = 0; i < wish.count; i++) {
        wish.objects[i] = new_event();
    }
    start(&thread, &wish);
    object_signal(wish.objects[5], 0, S1); /* not that one */
    object_signal(wish.objects[41], 0, S0);
    fake_thread_join(&thread);
    assert_int_equal(wish.status, 0);
    for (unsigned i = 0; i < wish.count; i++) {
        assert_int_equal(wish.pending[i], i == 41 ? S0 : i == 5 ? S1 : 0);
        assert_true(list_is_empty(&wish.objects[i]->observers));
    }
    wish.deadline = clock_ns() + 2 * NS_PER_MS;
    object_signal(wish.objects[41], S0, 0);
    run_wish(&(struct thread){.arg = &wish});
    assert_int_equal(wish.status, -ETIMEDOUT);
    for (unsigned i = 0; i < wish.count; i++) {
        object_close(wish.objects[i]);
    }
}

/* A signal that comes and goes while its waiter has not run yet is seen. */
static void a_pulse_is_seen(void **state)
{
    struct wish wish = {.objects = {new_event()}, .count = 1, .deadline = TIMER_NEVER};
    struct thread thread;

    start(&thread, &wish);
    object_signal(wish.objects[0], 0, S0);
    object_signal(wish.objects[0], S0, 0);
    fake_thread_join(&thread);
    assert_int_equal(wish.status, 0);
    assert_int_equal(wish.pending[0], S0);
    object_close(wish.objects[0]);
}

static void closing_a_handle_ends_its_waits(void **state)
{
    struct wish through = {.count = 1, .deadline = TIMER_NEVER}, beside = through;
    struct object *event = new_event();
    struct thread threads[2];
    keel_handle_t second;
    keel_signals_t pending;

    object_get(event); /* as the call that waits has */
    through.objects[0] = beside.objects[0] = event;
    through.handle = fake_install(&table, event);
    assert_int_equal(handle_duplicate(&table, through.handle, KEEL_RIGHT_SAME_RIGHTS, &second), 0);
    beside.handle = second;
    start(&threads[0], &through);
    start(&threads[1], &beside);
    assert_int_equal(handle_close(&table, through.handle), 0);
    fake_thread_join(&threads[0]);
    assert_int_equal(through.status, -ECANCELED);
    assert_int_equal(through.pending[0], KEEL_SIGNAL_HANDLE_CLOSED);
    object_signal(event, 0, S0);
    fake_thread_join(&threads[1]);
    assert_int_equal(beside.status, 0);
    /* It was closed between look-up and wait. */
    assert_int_equal(wait_one(event, through.handle, S1, TIMER_NEVER, &pending), -ECANCELED);
    assert_int_equal(pending, KEEL_SIGNAL_HANDLE_CLOSED | S0);
    assert_int_equal(wait_one(event, through.handle, S0, TIMER_NEVER, &pending), 0);
    object_put(event);
}

static void the_end_of_a_process_ends_waits(void **state)
{
    struct wish wish = {.objects = {new_event()}, .count = 1, .deadline = TIMER_NEVER};
    struct thread thread;

    start(&thread, &wish);
    thread_cancel_waits(&thread);
    fake_thread_join(&thread);
    assert_int_equal(wish.status, -ECANCELED);
    self.cancelled = true;
    run_wish(&(struct thread){.arg = &wish});
    assert_int_equal(wish.status, -ECANCELED);
    self.cancelled = false;
    object_close(wish.objects[0]);
}

/* --- Event pairs --- */

static void ends_of_a_pair_see_each_other(void **state)
{
    struct object *one, *other;
    keel_signals_t pending;

    assert_int_equal(eventpair_create(&one, &other), 0);
    assert_int_not_equal(one->koid, other->koid);
    assert_int_equal(object_peer_koid(one), other->koid);
    assert_int_equal(object_signal_peer_by_user(one, 0, S0 | KEEL_EVENTPAIR_SIGNALED), 0);
    assert_int_equal(object_signals(one), 0);
    assert_int_equal(wait_one(other, 0, S0, 0, &pending), 0);
    object_close(one);
    assert_int_equal(object_signals(other), S0 | KEEL_EVENTPAIR_SIGNALED | KEEL_OBJECT_PEER_CLOSED);
    assert_int_equal(object_signal_peer_by_user(other, 0, S0), -EPIPE);
    object_close(other);
}

/* --- Ports --- */

static struct port *new_port(void)
{
    struct object *object;

    assert_int_equal(port_create(&object), 0);
    return port_of(object);
}

static void packets_come_in_order(void **state)
{
    struct port *port = new_port();
    keel_port_packet_t packet = {.type = 77, .user.u64 = {1, 2, 3, 4}};

    assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    for (unsigned i = 0; i < PORT_USER_PACKETS_MAX; i++) {
        packet = (keel_port_packet_t){.key = i, .type = 77, .status = -5, .user.u64 = {i}};
        assert_int_equal(port_queue(port, &packet), 0);
    }
    assert_int_equal(port_queue(port, &packet), -EAGAIN);
    for (unsigned i = 0; i < PORT_USER_PACKETS_MAX / 2; i++) {
        assert_int_equal(port_wait(port, TIMER_NEVER, 0, &packet), 0);
        assert_int_equal(packet.key, i);
        assert_int_equal(packet.type, KEEL_PKT_TYPE_USER);
        assert_int_equal(packet.status, -5);
        assert_int_equal(packet.user.u64[0], i);
    }
    assert_int_equal(port_queue(port, &packet), 0);
    fake_heap_fail_nth(1);
    assert_int_equal(port_queue(port, &packet), -ENOMEM);
    object_close(&port->object); /* and what is in it goes */
}

struct receiver {
    struct port *port;
    keel_port_packet_t packet;
    uint64_t deadline;
    int status;
};

static void run_receiver(struct thread *thread)
{
    struct receiver *receiver = thread->arg;

    receiver->status = port_wait(receiver->port, receiver->deadline, 0, &receiver->packet);
}

static void packets_go_straight_to_who_waits(void **state)
{
    struct receiver receiver = {.port = new_port(), .deadline = TIMER_NEVER};
    struct thread thread = {.arg = &receiver};

    fake_thread_start(&thread, 1, run_receiver);
    fake_thread_await_block(&thread);
    assert_int_equal(port_queue(receiver.port, &(keel_port_packet_t){.key = 5}), 0);
    fake_thread_join(&thread);
    assert_int_equal(receiver.status, 0);
    assert_int_equal(receiver.packet.key, 5);
    object_close(&receiver.port->object);
}

static void closing_a_port_ends_what_waits(void **state)
{
    struct receiver receiver = {.port = new_port(), .deadline = TIMER_NEVER};
    struct object *event = new_event();
    struct thread thread = {.arg = &receiver};

    object_get(&receiver.port->object);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(port_wait_async(receiver.port, event, i, S0, 0, NULL, 0), 0);
    }
    fake_thread_start(&thread, 1, run_receiver);
    fake_thread_await_block(&thread);
    object_close(&receiver.port->object);
    fake_thread_join(&thread);
    assert_int_equal(receiver.status, -ECANCELED);
    assert_true(list_is_empty(&event->observers));
    assert_int_equal(port_wait_async(receiver.port, event, 0, S0, 0, NULL, 0), -ECANCELED);
    assert_int_equal(port_wait(receiver.port, TIMER_NEVER, 0, &receiver.packet), -ECANCELED);
    object_put(&receiver.port->object);
    object_close(event);
}

static void async_waits_fire_once(void **state)
{
    struct object *event = new_event();
    struct port *port = new_port();
    keel_port_packet_t packet;

    assert_int_equal(port_wait_async(port, event, 1, S0 | S1, 0, NULL, 0), 0);
    assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    object_signal(event, 0, S0 | KEEL_EVENT_SIGNALED);
    object_signal(event, S0, 0);
    object_signal(event, 0, S0);
    assert_int_equal(port_wait(port, 0, 0, &packet), 0);
    assert_int_equal(packet.key, 1);
    assert_int_equal(packet.type, KEEL_PKT_TYPE_SIGNAL_ONE);
    assert_int_equal(packet.signal.trigger, S0 | S1);
    assert_int_equal(packet.signal.observed, S0 | KEEL_EVENT_SIGNALED);
    assert_int_equal(packet.signal.count, 1);
    assert_int_equal(packet.signal.timestamp, 0);
    assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    /* Level: it is there. Edge: it has to come. */
    assert_int_equal(port_wait_async(port, event, 2, S0, KEEL_WAIT_ASYNC_TIMESTAMP, NULL, 0), 0);
    assert_int_equal(port_wait_async(port, event, 3, S0, KEEL_WAIT_ASYNC_EDGE, NULL, 0), 0);
    assert_int_equal(port_wait(port, 0, 0, &packet), 0);
    assert_int_equal(packet.key, 2);
    assert_true(packet.signal.timestamp > 0);
    assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    object_signal(event, S0, 0);
    object_signal(event, 0, S0);
    assert_int_equal(port_wait(port, 0, 0, &packet), 0);
    assert_int_equal(packet.key, 3);
    assert_int_equal(port_wait_async(port, event, 0, 0, 0, NULL, 0), -EINVAL);
    assert_int_equal(port_wait_async(port, event, 0, S0, 4, NULL, 0), -EINVAL);
    fake_heap_fail_nth(1);
    assert_int_equal(port_wait_async(port, event, 0, S0, 0, NULL, 0), -ENOMEM);
    object_close(event);
    object_close(&port->object);
}

static void async_waits_end_with_handle_and_object(void **state)
{
    struct object *event = new_event(), *second = new_event();
    keel_handle_t handle = fake_install(&table, event);
    struct port *port = new_port();
    keel_port_packet_t packet;

    object_get(event);
    assert_int_equal(port_wait_async(port, event, 1, S0, 0, &table, handle), 0);
    assert_int_equal(port_wait_async(port, event, 2, S0, 0, NULL, 0), 0);
    assert_int_equal(port->wait_count, 2);
    assert_int_equal(handle_close(&table, handle), 0);
    assert_int_equal(port->wait_count, 1);
    assert_int_equal(port_wait_async(port, event, 1, S0, 0, &table, handle), 0); /* too late */
    assert_int_equal(port->wait_count, 1);
    object_signal(event, 0, S0);
    object_put(event);
    assert_int_equal(port_wait(port, 0, 0, &packet), 0);
    assert_int_equal(packet.key, 2);
    assert_int_equal(port->wait_count, 0);
    assert_int_equal(port_wait_async(port, second, 3, S0, 0, NULL, 0), 0);
    object_close(second); /* destroyed */
    assert_int_equal(port->wait_count, 0);
    assert_int_equal(refcount_read(&port->object.refs), 1);
    object_close(&port->object);
}

static void async_waits_can_be_cancelled(void **state)
{
    struct object *event = new_event();
    struct port *port = new_port(), *other = new_port();
    keel_port_packet_t packet;

    object_signal(event, 0, S1);
    assert_int_equal(port_wait_async(port, event, 1, S0, 0, NULL, 0), 0);
    assert_int_equal(port_wait_async(port, event, 1, S1, 0, NULL, 0), 0); /* in the queue */
    assert_int_equal(port_wait_async(port, event, 2, S1, 0, NULL, 0), 0);
    assert_int_equal(port_wait_async(other, event, 1, S1, 0, NULL, 0), 0);
    assert_int_equal(port_cancel(port, event, 1, NULL, 0), 0);
    assert_int_equal(port_cancel(port, event, 1, NULL, 0), -ENOENT);
    assert_int_equal(port->wait_count, 1);
    assert_int_equal(port_wait(port, 0, 0, &packet), 0);
    assert_int_equal(packet.key, 2);
    assert_int_equal(port_wait(other, 0, 0, &packet), 0);
    object_signal(event, 0, S0);
    assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    object_close(event);
    object_close(&port->object);
    object_close(&other->object);
}

static void a_port_takes_so_many_waits(void **state)
{
    struct object *event = new_event();
    struct port *port = new_port();

    for (unsigned i = 0; i < PORT_WAITS_MAX; i++) {
        assert_int_equal(port_wait_async(port, event, i, S0, 0, NULL, 0), 0);
    }
    assert_int_equal(port_wait_async(port, event, 0, S0, 0, NULL, 0), -ENOSPC);
    object_signal(event, 0, S0); /* packets count as well */
    assert_int_equal(port_wait_async(port, event, 0, S0, 0, NULL, 0), -ENOSPC);
    object_close(&port->object);
    object_close(event);
}

/* A packet that its owner keeps, as interrupts do. */
static void own_packets_are_queued_once(void **state)
{
    struct port_packet own = {.data = {.key = 9, .type = KEEL_PKT_TYPE_INTERRUPT}};
    struct port *port = new_port();
    struct cleanup cleanup = {0};
    keel_port_packet_t packet;

    for (unsigned i = 0; i < 3; i++) {
        port_queue_own(port, &own, &cleanup);
        port_queue_own(port, &own, &cleanup);
        assert_int_equal(port_wait(port, 0, 0, &packet), 0);
        assert_int_equal(packet.key, 9);
        assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    }
    port_queue_own(port, &own, &cleanup);
    assert_true(port_take_back(port, &own));
    assert_false(port_take_back(port, &own));
    assert_int_equal(port_wait(port, 0, 0, &packet), -ETIMEDOUT);
    port_queue_own(port, &own, &cleanup);
    object_close(&port->object);
}

/* --- Timers --- */

static void timers_fire_within_their_slack(void **state)
{
    uint64_t far = clock_ns() + 1000 * NS_PER_SEC;
    struct object *timer;
    const struct {
        uint32_t mode;
        uint64_t earliest, width;
    } modes[] = {{KEEL_TIMER_SLACK_CENTER, far - 5, 10},
                 {KEEL_TIMER_SLACK_EARLY, far - 5, 5},
                 {KEEL_TIMER_SLACK_LATE, far, 5}};

    assert_int_equal(timer_object_create(3, &timer), -EINVAL);
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        assert_int_equal(timer_object_create(modes[i].mode, &timer), 0);
        timer_object_set(timer, far, 5);
        assert_int_equal(last_deadline, modes[i].earliest);
        assert_int_equal(last_slack, modes[i].width);
        timer_fire(last_timer); /* its interrupt was for an earlier setting */
        assert_int_equal(object_signals(timer), 0);
        timer_object_set(timer, 1, 0); /* long past */
        assert_int_equal(object_signals(timer), KEEL_TIMER_SIGNALED);
        timer_object_set(timer, TIMER_NEVER, UINT64_MAX);
        assert_int_equal(object_signals(timer), 0);
        assert_int_equal(last_deadline, TIMER_NEVER);
        object_close(timer);
    }
}

static void timers_signal_once_and_not_when_cancelled(void **state)
{
    struct port *port = new_port();
    keel_port_packet_t packet;
    struct object *timer;

    assert_int_equal(timer_object_create(KEEL_TIMER_SLACK_LATE, &timer), 0);
    assert_int_equal(port_wait_async(port, timer, 1, KEEL_TIMER_SIGNALED, 0, NULL, 0), 0);
    timer_object_set(timer, clock_ns() + 100 * NS_PER_US, 0);
    while (clock_ns() < last_deadline) {
    }
    timer_fire(last_timer);
    assert_int_equal(port_wait(port, 0, 0, &packet), 0);
    assert_int_equal(packet.signal.observed, KEEL_TIMER_SIGNALED);
    timer_object_set(timer, clock_ns() + 100 * NS_PER_US, 0);
    assert_int_equal(object_signals(timer), 0);
    timer_object_cancel(timer);
    while (clock_ns() < last_deadline) {
    }
    timer_fire(last_timer); /* the interrupt was on its way */
    assert_int_equal(object_signals(timer), 0);
    object_close(timer);
    object_close(&port->object);
}

static void creation_survives_failing_allocations(void **state)
{
    struct object *one, *other;

    fake_heap_fail_nth(1);
    assert_int_equal(event_object_create(&one), -ENOMEM);
    fake_heap_fail_nth(1);
    assert_int_equal(eventpair_create(&one, &other), -ENOMEM);
    fake_heap_fail_nth(1);
    assert_int_equal(port_create(&one), -ENOMEM);
    fake_heap_fail_nth(1);
    assert_int_equal(timer_object_create(0, &one), -ENOMEM);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(signals_are_as_set),
        CASE(waits_for_one_of_many),
        CASE(a_pulse_is_seen),
        CASE(closing_a_handle_ends_its_waits),
        CASE(the_end_of_a_process_ends_waits),
        CASE(ends_of_a_pair_see_each_other),
        CASE(packets_come_in_order),
        CASE(packets_go_straight_to_who_waits),
        CASE(closing_a_port_ends_what_waits),
        CASE(async_waits_fire_once),
        CASE(async_waits_end_with_handle_and_object),
        CASE(async_waits_can_be_cancelled),
        CASE(a_port_takes_so_many_waits),
        CASE(own_packets_are_queued_once),
        CASE(timers_fire_within_their_slack),
        CASE(timers_signal_once_and_not_when_cancelled),
        CASE(creation_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
