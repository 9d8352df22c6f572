/* SPDX-License-Identifier: MIT */
/* Timers and ticks in virtual time: devices that fire when the test has moved the clock there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../core/time/clockevent.c"
#define cpus tick_cpus
#include "../../core/time/tick.c"
#undef cpus
#include "../../core/time/timer.c"

#define CPUS 4

uint64_t fake_counter;
uint64_t fake_counter_step;
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;

static uint64_t now;
static uint64_t seed;

uint64_t clock_ns(void)
{
    return now;
}

static uint64_t draw(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % limit;
}

/* --- The machine: one device with a deadline for each CPU --- */

static struct {
    uint64_t deadline;
    unsigned settings;
    unsigned stops;
    unsigned fired;
} device[CPUS];
static bool device_broken[CPUS];
static uint64_t device_range = UINT64_MAX; /* further deadlines come early */

static int device_start(void)
{
    device[fake_cpu].deadline = TIMER_NEVER;
    return device_broken[fake_cpu] ? -ENODEV : 0;
}

static void device_set(uint64_t deadline_ns)
{
    device[fake_cpu].settings++;
    device[fake_cpu].deadline =
        deadline_ns - MIN(deadline_ns, now) > device_range ? now + device_range : deadline_ns;
}

static void device_stop(void)
{
    device[fake_cpu].stops++;
    device[fake_cpu].deadline = TIMER_NEVER;
}

static struct clockevent plain = {"plain", 100, device_start, device_set, device_stop, NULL};

static int reset(void **state)
{
    (void)state;
    memset(device, 0, sizeof(device));
    memset(device_broken, 0, sizeof(device_broken));
    memset(timer_cpus, 0, sizeof(timer_cpus));
    memset(tick_cpus, 0, sizeof(tick_cpus));
    for (fake_cpu = 0; fake_cpu < CPUS; fake_cpu++) {
        device_start();
    }
    devices = NULL;
    tick_hook = NULL;
    device_range = UINT64_MAX;
    seed = 88172645463325252ull;
    now = 1000;
    fake_cpu = 0;
    return 0;
}

/* Devices, no ticks. */
static int start(void **state)
{
    reset(state);
    clockevent_register(&plain);
    for (fake_cpu = 0; fake_cpu < CPUS; fake_cpu++) {
        assert_int_equal(clockevent_start_cpu(), 0);
    }
    fake_cpu = 0;
    return 0;
}

/* Lets time pass, interrupts in their order. */
static void run_until(uint64_t end)
{
    unsigned before = fake_cpu;

    for (;;) {
        unsigned first = 0;

        for (unsigned cpu = 1; cpu < CPUS; cpu++) {
            first = device[cpu].deadline < device[first].deadline ? cpu : first;
        }
        if (device[first].deadline > end) {
            break;
        }
        now = MAX(now, device[first].deadline);
        fake_cpu = first;
        device[first].fired++;
        clockevent_fired();
    }
    now = end;
    fake_cpu = before;
}

/* --- Timers that check their windows --- */

struct probe {
    struct timer timer;
    uint64_t deadline, latest;
    unsigned fired;
    unsigned cpu;
    uint64_t at;
};

static void on_probe(struct timer *timer)
{
    struct probe *p = container_of(timer, struct probe, timer);

    assert_true(now >= p->deadline && now <= p->latest);
    p->fired++;
    p->at = now;
    p->cpu = fake_cpu;
}

static void set_probe(struct probe *p, uint64_t deadline, uint64_t slack)
{
    p->deadline = deadline;
    p->latest = deadline + slack;
    timer_set(&p->timer, deadline, slack);
}

static void test_one(void **state)
{
    struct probe p = {.fired = 0};

    (void)state;
    timer_init(&p.timer, on_probe);
    assert_false(timer_cancel(&p.timer));
    set_probe(&p, 5000, 0);
    assert_true(timer_is_set(&p.timer));
    run_until(4999);
    assert_int_equal(p.fired, 0);
    run_until(5000);
    assert_int_equal(p.fired, 1);
    assert_false(timer_is_set(&p.timer));
    assert_false(timer_cancel(&p.timer));
    assert_int_equal(device[0].deadline, TIMER_NEVER);
    set_probe(&p, 100, UINT64_MAX / 2); /* in the past */
    run_until(5001);
    assert_int_equal(p.fired, 1);
    assert_true(timer_cancel(&p.timer));
    set_probe(&p, 5000, 100); /* the past, but for its slack */
    run_until(9000);
    assert_int_equal(p.fired, 2);
    assert_int_equal(p.at, 5100);
}

static void test_never(void **state)
{
    struct probe p = {.fired = 0};

    (void)state;
    timer_init(&p.timer, on_probe);
    timer_set(&p.timer, TIMER_NEVER, 0);
    timer_set(&p.timer, TIMER_NEVER - 5, 50);
    assert_int_equal(device[0].settings, 0);
    assert_true(timer_cancel(&p.timer));
}

/* The device is set when the first deadline moves forward, and not when it moves back or goes. */
static void test_device_left_alone(void **state)
{
    struct probe p[3] = {{.fired = 0}};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        timer_init(&p[i].timer, on_probe);
    }
    set_probe(&p[0], 5000, 0);
    assert_int_equal(device[0].settings, 1);
    set_probe(&p[1], 6000, 0);
    set_probe(&p[2], 5000, 0);
    set_probe(&p[0], 7000, 0);
    assert_int_equal(device[0].settings, 1);
    set_probe(&p[1], 4000, 0);
    assert_int_equal(device[0].settings, 2);
    assert_true(timer_cancel(&p[1].timer));
    assert_int_equal(device[0].settings, 2);
    run_until(4999);
    assert_int_equal(device[0].fired, 1); /* the one that was for nothing */
    assert_int_equal(p[1].fired, 0);
    run_until(10000);
    assert_int_equal(p[2].at, 5000);
    assert_int_equal(p[0].at, 7000);
    assert_int_equal(device[0].fired, 3);
    assert_int_equal(device[0].deadline, TIMER_NEVER);
}

/* Overlapping windows share an interrupt, at the last moment that suits the first of them. */
static void test_slack(void **state)
{
    struct probe p[DUE_BATCH] = {{.fired = 0}};

    (void)state;
    for (unsigned i = 0; i < DUE_BATCH; i++) {
        timer_init(&p[i].timer, on_probe);
        set_probe(&p[i], 5000 + i, 200 - i);
    }
    run_until(10000);
    for (unsigned i = 0; i < DUE_BATCH; i++) {
        assert_int_equal(p[i].fired, 1);
        assert_int_equal(p[i].at, 5200);
    }
    assert_int_equal(device[0].fired, 1);
    for (unsigned i = 0; i < DUE_BATCH; i++) {
        set_probe(&p[i], 20000 + i * 10, 100);
    }
    run_until(30000);
    assert_in_range(device[0].fired - 1, DUE_BATCH / 10, DUE_BATCH / 10 + 1);
}

/* However many are due at once, an interrupt runs no more than some, and the next one leaves time for what
 * waits for interrupts to come on. */
static unsigned run_at[2000 / DUE_BATCH + 2], interrupts_so_far;

static void on_crowd(struct timer *timer)
{
    (void)timer;
    run_at[device[0].fired - interrupts_so_far - 1]++;
}

static void test_many_at_once(void **state)
{
    static struct timer crowd[2000];

    (void)state;
    interrupts_so_far = device[0].fired;
    memset(run_at, 0, sizeof(run_at));
    for (unsigned i = 0; i < ARRAY_SIZE(crowd); i++) {
        timer_init(&crowd[i], on_crowd);
        timer_set(&crowd[i], 5000 + i % 7, 0);
    }
    run_until(5006);
    assert_int_equal(run_at[0] + run_at[1], run_at[0]);
    run_until(5006 + 2000 / DUE_BATCH * (DUE_PAUSE_NS + 7));
    for (unsigned i = 0; i < ARRAY_SIZE(run_at) - 1; i++) {
        assert_int_equal(run_at[i], MIN(DUE_BATCH, 2000 - i * DUE_BATCH));
    }
    assert_int_equal(device[0].deadline, TIMER_NEVER);
}

/* A deadline past the range of the hardware is reached in steps. */
static void test_short_range(void **state)
{
    struct probe p = {.fired = 0};

    (void)state;
    device_range = 1000;
    timer_init(&p.timer, on_probe);
    set_probe(&p, 12345, 0);
    run_until(20000);
    assert_int_equal(p.fired, 1);
    assert_int_equal(device[0].fired, 12);
}

/* Children of a node: what has to be melded when it goes. */
static unsigned children(const struct timer *t)
{
    unsigned n = 0;

    for (const struct timer *c = t->child; c; c = c->next) {
        n++;
    }
    return n;
}

/* The order, links and count of a heap. */
static unsigned check_heap(struct timer *const *link, uint64_t least)
{
    unsigned n = 0;

    for (; *link; link = &(*link)->next) {
        assert_ptr_equal((*link)->link, link);
        assert_true((*link)->latest >= least);
        n += 1 + check_heap(&(*link)->child, (*link)->latest);
    }
    return n;
}

static void check_cpu(unsigned cpu)
{
    assert_int_equal(check_heap(&timer_cpus[cpu].heap.root, 0),
                     timer_heap_count(&timer_cpus[cpu].heap));
}

#define MANY 2000

/* Against the model that each timer keeps: set, cancelled, moved to another CPU, run, at random. */
static void test_random(void **state)
{
    static struct probe p[MANY];
    static bool set[MANY];
    static unsigned expect[MANY];

    (void)state;
    memset(p, 0, sizeof(p));
    for (unsigned i = 0; i < MANY; i++) {
        timer_init(&p[i].timer, on_probe);
    }
    for (unsigned step = 0; step < 200000; step++) {
        unsigned i = (unsigned)draw(MANY);

        fake_cpu = (unsigned)draw(CPUS);
        switch (draw(8)) {
        case 0:
            run_until(now + draw(300));
            break;
        case 1:
        case 2:
            set[i] = set[i] && p[i].fired == expect[i];
            assert_int_equal(timer_cancel(&p[i].timer), set[i]);
            set[i] = false;
            expect[i] = p[i].fired;
            break;
        default:
            expect[i] = p[i].fired;
            set[i] = true;
            set_probe(&p[i], now + draw(1u << draw(18)), draw(1u << draw(12)));
        }
        if (step % 1000 == 0) {
            for (unsigned cpu = 0; cpu < CPUS; cpu++) {
                check_cpu(cpu);
            }
        }
    }
    run_until(now + (1 << 20));
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(p[i].fired, expect[i] + set[i]);
        assert_false(timer_is_set(&p[i].timer));
    }
}

/* Of 10,000 timers none has so many below it that taking it out keeps interrupts off for long. */
static void check_bounded(uint64_t (*deadline)(unsigned))
{
    static struct probe p[10000];
    unsigned most = 0;

    memset(p, 0, sizeof(p));
    for (unsigned i = 0; i < ARRAY_SIZE(p); i++) {
        timer_init(&p[i].timer, on_probe);
        set_probe(&p[i], now + 1000 + deadline(i), 0);
        most = MAX(most, children(timer_cpus[0].heap.root));
    }
    check_cpu(0);
    while (timer_cpus[0].heap.root) {
        most = MAX(most, children(timer_cpus[0].heap.root));
        if (draw(3) == 0) {
            unsigned i = (unsigned)draw(ARRAY_SIZE(p));

            most = MAX(most, children(&p[i].timer));
            timer_cancel(&p[i].timer);
        } else {
            timer_cancel(timer_cpus[0].heap.root);
        }
    }
    assert_true(most <= 4 * TIMER_HEAP_BATCH);
}

static uint64_t ascending(unsigned i)
{
    return i;
}

static uint64_t descending(unsigned i)
{
    return 10000 - i;
}

static uint64_t random_deadline(unsigned i)
{
    return draw(1000000);
}

static uint64_t from_both_ends(unsigned i)
{
    return i % 2 != 0 ? i : 20000 - i;
}

static void test_bounded(void **state)
{
    (void)state;
    check_bounded(ascending);
    check_bounded(descending);
    check_bounded(random_deadline);
    check_bounded(from_both_ends);
}

/* --- What callbacks may do --- */

static struct probe other;

static void on_periodic(struct timer *timer)
{
    struct probe *p = container_of(timer, struct probe, timer);

    p->fired++;
    assert_false(timer_cancel(timer));
    assert_false(timer_cancel_sync(timer)); /* does not wait for itself */
    timer_set(timer, now + 100, 0);
}

static void on_cancel_other(struct timer *timer)
{
    timer_cancel(&other.timer);
    free(container_of(timer, struct probe, timer));
}

static void test_callbacks(void **state)
{
    struct probe *freed = calloc(1, sizeof(*freed));
    struct probe p = {.fired = 0};

    (void)state;
    timer_init(&p.timer, on_periodic);
    timer_set(&p.timer, 2000, 0);
    run_until(2999);
    assert_int_equal(p.fired, 10);
    timer_cancel(&p.timer);
    timer_init(&freed->timer, on_cancel_other);
    memset(&other, 0, sizeof(other));
    timer_init(&other.timer, on_probe);
    timer_set(&freed->timer, 5000, 0);
    set_probe(&other, 5000, 10);
    run_until(6000);
    assert_int_equal(other.fired, 0);
}

/* Set from the past again and again: each time an interrupt of its own, others get their turn. */
static void on_past(struct timer *timer)
{
    struct probe *p = container_of(timer, struct probe, timer);

    if (++p->fired < 50) {
        timer_set(timer, now - 1, 0);
    }
}

static void test_past_again(void **state)
{
    struct probe p = {.fired = 0};

    (void)state;
    timer_init(&p.timer, on_past);
    timer_set(&p.timer, 2000, 0);
    run_until(2000);
    assert_int_equal(p.fired, 50);
}

static void test_move(void **state)
{
    struct probe p[10] = {{.fired = 0}};

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        timer_init(&p[i].timer, on_probe);
        fake_cpu = 1;
        set_probe(&p[i], 5000 + i, 0);
    }
    fake_cpu = 2;
    set_probe(&p[0], 4000, 0);
    assert_int_equal(timer_heap_count(&timer_cpus[1].heap), 9);
    timer_migrate(2); /* to itself: nothing happens */
    fake_cpu = 3;
    timer_migrate(1);
    assert_int_equal(timer_heap_count(&timer_cpus[1].heap), 0);
    check_cpu(3);
    run_until(10000);
    assert_int_equal(p[0].cpu, 2);
    for (unsigned i = 1; i < 10; i++) {
        assert_int_equal(p[i].fired, 1);
        assert_int_equal(p[i].cpu, 3);
    }
}

/* --- Event devices --- */

static unsigned better_stops;

static void better_stop(void)
{
    better_stops++;
}

static struct clockevent better = {"better", 200, device_start, device_set, better_stop, NULL};
static struct clockevent worse = {"worse", 50, device_start, device_set, better_stop, NULL};

static void test_devices(void **state)
{
    struct probe p = {.fired = 0};

    (void)state;
    timer_init(&p.timer, on_probe);
    set_probe(&p, 5000, 0); /* before there is anything */
    assert_int_equal(timers_start_cpu(), -ENODEV);
    assert_null(clockevent_of(0));
    clockevent_register(&worse);
    assert_ptr_equal(clockevent_of(0), &worse);
    assert_int_equal(device[0].deadline, 5000);
    clockevent_register(&plain);
    assert_ptr_equal(clockevent_of(0), &plain);
    assert_int_equal(better_stops, 1);
    assert_int_equal(device[0].deadline, 5000);
    device_broken[1] = true;
    clockevent_register(&better);
    assert_ptr_equal(clockevent_of(0), &better);
    fake_cpu = 1;
    assert_int_equal(timers_start_cpu(), -ENODEV);
    device_broken[1] = false;
    assert_int_equal(timers_start_cpu(), 0);
    assert_ptr_equal(clockevent_of(1), &better);
    fake_cpu = 0;
    run_until(6000);
    assert_int_equal(p.fired, 1);
}

/* An interrupt that was asked for at once is not put off by a timer that is set before it comes. */
static void test_soon(void **state)
{
    struct probe p = {.fired = 0};

    (void)state;
    timer_init(&p.timer, on_probe);
    clockevent_soon();
    set_probe(&p, now + 5000, 0);
    run_until(now);
    assert_int_equal(device[0].fired, 1);
    assert_int_equal(p.fired, 0);
    run_until(now + 6000);
    assert_int_equal(device[0].fired, 2);
    assert_int_equal(p.fired, 1);
    fake_cpu = 1;
    clockevent_soon();
    run_until(now);
    assert_int_equal(device[1].fired, 1);
    assert_int_equal(device[0].fired, 2);
}

/* --- Ticks --- */

static unsigned hook_calls;

static void on_hook(uint64_t at)
{
    assert_true(at == now);
    hook_calls++;
}

static void test_ticks(void **state)
{
    struct tick_stats stats;
    struct timer_stats timers;
    unsigned settings;

    (void)state;
    clockevent_register(&plain);
    tick_set_hook(on_hook);
    tick_idle_exit(); /* before there are ticks */
    assert_int_equal(timers_start_cpu(), 0);
    run_until(now + 100 * TICK_NS);
    tick_get_stats(0, &stats);
    assert_int_equal(stats.ticks, 100);
    assert_int_equal(stats.skipped, 0);
    assert_int_equal(hook_calls, 100);
    tick_idle_enter();
    run_until(now + TICK_NS * 50 + TICK_NS / 2);
    assert_int_equal(device[0].fired, 101); /* one more, and then none */
    tick_get_stats(0, &stats);
    assert_true(stats.stopped);
    timer_get_stats(0, &timers);
    assert_int_equal(timers.set, 0);
    tick_idle_exit();
    tick_get_stats(0, &stats);
    assert_int_equal(stats.skipped, 49);
    assert_false(stats.stopped);
    run_until(now + TICK_NS / 2);
    assert_int_equal(device[0].fired, 102); /* in step with those before */
    tick_get_stats(0, &stats);
    assert_int_equal(stats.ticks, 102);
    settings = device[0].settings;
    for (unsigned i = 0; i < 20; i++) { /* short naps cost nothing */
        tick_idle_enter();
        now += TICK_NS / 50;
        tick_idle_exit();
    }
    assert_int_equal(device[0].settings, settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one, start),
        cmocka_unit_test_setup(test_never, start),
        cmocka_unit_test_setup(test_device_left_alone, start),
        cmocka_unit_test_setup(test_slack, start),
        cmocka_unit_test_setup(test_many_at_once, start),
        cmocka_unit_test_setup(test_short_range, start),
        cmocka_unit_test_setup(test_random, start),
        cmocka_unit_test_setup(test_bounded, start),
        cmocka_unit_test_setup(test_callbacks, start),
        cmocka_unit_test_setup(test_past_again, start),
        cmocka_unit_test_setup(test_move, start),
        cmocka_unit_test_setup(test_devices, reset),
        cmocka_unit_test_setup(test_soon, start),
        cmocka_unit_test_setup(test_ticks, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
