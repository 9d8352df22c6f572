/* SPDX-License-Identifier: MIT */
/* The rules of multi-level feedback, in virtual time: one CPU runs model threads tick by tick. */
#include "../../core/sched/runqueue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNITS   1000u /* of CPU time in 10 ms */
#define THREADS 64u

struct model {
    struct entity entity;
    uint64_t ran;        /* ticks */
    uint64_t last_run;   /* tick */
    uint64_t worst_wait; /* ticks */
};

static struct runqueue queue;
static struct model threads[THREADS];
static struct model *running;
static uint64_t now;

static struct model *model_of(struct entity *e)
{
    return e ? container_of(e, struct model, entity) : NULL;
}

static int setup(void **state)
{
    (void)state;
    sched_set_tick_units(UNITS);
    runqueue_init(&queue);
    memset(threads, 0, sizeof(threads));
    running = NULL;
    now = 0;
    return 0;
}

static void start(unsigned i, enum priority band)
{
    entity_init(&threads[i].entity, band);
    threads[i].last_run = now;
    runqueue_add(&queue, &threads[i].entity);
}

/* The thread whose turn it is runs for a tick, and the tick is dealt with as the scheduler does. */
static void tick(void)
{
    bool over = false, rescued;

    if (!running) {
        running = model_of(runqueue_take(&queue));
    }
    if (running) {
        uint64_t waited = now - running->last_run;

        running->worst_wait = MAX(running->worst_wait, waited);
        running->ran++;
        running->last_run = ++now;
        running->entity.cpu_time += UNITS;
        over = entity_tick(&running->entity);
    } else {
        now++;
    }
    rescued = runqueue_tick(&queue, 1) && running && running->entity.level < LEVEL_RESCUE;
    if (running && (rescued || runqueue_has_from(&queue, running->entity.level + !over))) {
        if (over) {
            runqueue_add(&queue, &running->entity);
        } else {
            runqueue_add_first(&queue, &running->entity);
        }
        running = NULL;
    }
}

static void run(unsigned ticks)
{
    for (unsigned i = 0; i < ticks; i++) {
        tick();
    }
}

/* --- */

static void test_slices_are_those_of_the_bands(void **state)
{
    static const unsigned ticks[] = {1, 5, 10, 20, 50};

    (void)state;
    for (unsigned band = 0; band < PRIORITY_COUNT; band++) {
        assert_int_equal(sched_slice((enum priority)band), ticks[band] * UNITS);
        setup(NULL);
        start(0, (enum priority)band);
        start(1, (enum priority)band);
        run(ticks[band]);
        assert_int_equal(threads[0].ran, ticks[band]);
        run(1);
        assert_int_equal(threads[0].ran, ticks[band]);
        assert_int_equal(threads[1].ran, 1);
    }
}

static void test_levels_are_in_the_order_of_bands(void **state)
{
    unsigned last = 0;

    (void)state;
    for (unsigned band = 0; band < PRIORITY_COUNT; band++) {
        struct entity e;

        entity_init(&e, (enum priority)band);
        assert_true(e.level > last);
        last = e.level;
        e.sunk = CONFIG_SCHED_LEVELS - 1;
        entity_set_level(&e);
        assert_true(band == PRIORITY_REALTIME ? e.level == last
                                              : e.level == last - CONFIG_SCHED_LEVELS + 1);
        assert_true(e.level >= 1);
    }
}

static void test_equals_take_turns(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        start(i, PRIORITY_NORMAL);
    }
    run(4 * 10 * 8);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(threads[i].ran, 80);
        assert_true(threads[i].worst_wait <= 30);
    }
}

static void test_who_uses_his_slice_sinks(void **state)
{
    (void)state;
    start(0, PRIORITY_NORMAL);
    for (unsigned i = 0; i < CONFIG_SCHED_LEVELS + 2; i++) {
        assert_int_equal(threads[0].entity.sunk, MIN(i, (unsigned)CONFIG_SCHED_LEVELS - 1));
        run(10);
    }
    start(1, PRIORITY_NORMAL); /* a fresh one is more urgent */
    run(1 + 10);               /* the one who runs is seen to be less urgent at the next tick */
    assert_int_equal(threads[1].ran, 10);
}

static void test_realtime_does_not_sink(void **state)
{
    (void)state;
    start(0, PRIORITY_REALTIME);
    run(500);
    assert_int_equal(threads[0].entity.sunk, 0);
    assert_int_equal(threads[0].entity.level, LEVEL_REALTIME);
}

static void test_who_blocks_early_rises(void **state)
{
    struct entity e;

    (void)state;
    entity_init(&e, PRIORITY_NORMAL);
    e.sunk = 2;
    entity_set_level(&e);
    e.cpu_time += 4 * UNITS; /* of 10 */
    entity_wake(&e);
    assert_int_equal(e.sunk, 1);
    assert_int_equal(e.slice_end - e.cpu_time, 10 * UNITS);
    e.cpu_time += 6 * UNITS; /* more than half: stays where it is, with what is left */
    entity_wake(&e);
    assert_int_equal(e.sunk, 1);
    assert_int_equal(e.slice_end - e.cpu_time, 4 * UNITS);
    e.cpu_time += 4 * UNITS; /* all, before any tick saw it: no way around sinking */
    entity_wake(&e);
    assert_int_equal(e.sunk, 2);
    assert_int_equal(e.slice_end - e.cpu_time, 10 * UNITS);
}

static void test_never_above_its_band(void **state)
{
    struct entity e;

    (void)state;
    entity_init(&e, PRIORITY_LOW);
    for (unsigned i = 0; i < 10; i++) {
        entity_wake(&e);
    }
    assert_int_equal(e.level, (PRIORITY_LOW + 1) * CONFIG_SCHED_LEVELS);
}

static void test_inheritance_raises_and_ends(void **state)
{
    struct entity e;
    unsigned own;

    (void)state;
    entity_init(&e, PRIORITY_LOW);
    own = e.level;
    e.boost = LEVEL_REALTIME;
    entity_set_level(&e);
    assert_int_equal(e.level, LEVEL_REALTIME);
    e.cpu_time += 100 * UNITS;
    assert_true(entity_tick(&e)); /* sinks below, but what it inherited stands */
    assert_int_equal(e.level, LEVEL_REALTIME);
    e.boost = 0;
    entity_set_level(&e);
    assert_int_equal(e.level, own - 1);
}

/* The bound of docs/scheduling.md: with n others ready, nobody waits longer than the limit and n times
 * the distance of rescues, whatever more urgent threads do. */
static void check_bound(unsigned urgent, unsigned starved, enum priority band)
{
    uint64_t bound = CONFIG_SCHED_STARVATION_TICKS +
                     (uint64_t)(starved + urgent) * CONFIG_SCHED_RESCUE_TICKS + 1;

    setup(NULL);
    for (unsigned i = 0; i < urgent; i++) {
        start(i, PRIORITY_HIGH);
    }
    for (unsigned i = urgent; i < urgent + starved; i++) {
        start(i, band);
    }
    run(20000);
    for (unsigned i = 0; i < urgent + starved; i++) {
        assert_true(threads[i].ran > 0);
        assert_true(MAX(threads[i].worst_wait, now - threads[i].last_run) <= bound);
    }
}

static void test_nobody_starves(void **state)
{
    (void)state;
    check_bound(1, 1, PRIORITY_IDLE);
    check_bound(1, 40, PRIORITY_IDLE);
    check_bound(3, 40, PRIORITY_LOW);
    check_bound(1, 60, PRIORITY_NORMAL);
}

/* Most of the time still is for those who are more urgent. */
static void test_rescues_leave_time(void **state)
{
    (void)state;
    start(0, PRIORITY_HIGH);
    for (unsigned i = 1; i < THREADS; i++) {
        start(i, PRIORITY_IDLE);
    }
    run(10000);
    assert_true(threads[0].ran >= 10000 - 10000 / CONFIG_SCHED_RESCUE_TICKS - 1);
}

static void test_realtime_is_not_interrupted_by_rescues(void **state)
{
    (void)state;
    start(0, PRIORITY_REALTIME);
    start(1, PRIORITY_IDLE);
    run(5000);
    assert_int_equal(threads[0].ran, 5000);
    assert_int_equal(threads[1].ran, 0);
}

/* One who is preempted again and again goes first in his level; those behind are not forgotten. */
static void test_behind_the_preempted(void **state)
{
    (void)state;
    start(0, PRIORITY_LOW);
    start(1, PRIORITY_LOW);
    for (unsigned i = 0; i < 3000; i++) {
        if (running == &threads[0] || running == &threads[1]) {
            runqueue_add_first(&queue, &running->entity);
            running = NULL;
        }
        if (i % 3 == 0) { /* an urgent one comes for two ticks */
            entity_init(&threads[2].entity, PRIORITY_HIGH);
            if (!running) {
                running = &threads[2];
            }
        } else if (i % 3 == 2 && running == &threads[2]) {
            running = NULL;
        }
        tick();
    }
    assert_true(threads[0].worst_wait <=
                CONFIG_SCHED_STARVATION_TICKS + 3 * CONFIG_SCHED_RESCUE_TICKS);
    assert_true(threads[1].worst_wait <=
                CONFIG_SCHED_STARVATION_TICKS + 3 * CONFIG_SCHED_RESCUE_TICKS);
}

static void test_moving_keeps_the_wait(void **state)
{
    struct runqueue other;

    (void)state;
    runqueue_init(&other);
    start(0, PRIORITY_REALTIME);
    start(1, PRIORITY_IDLE);
    run(90);
    other.ticks = 1000000;
    runqueue_move(&queue, &other, &threads[1].entity);
    assert_int_equal(other.ticks - threads[1].entity.ready_since, 90);
    assert_int_equal(other.count, 1);
    assert_int_equal(queue.count, 0);
}

/* Whatever changes the level of one who waits, it goes on waiting, in front of who came later. */
static void test_relevel_keeps_the_wait(void **state)
{
    (void)state;
    start(0, PRIORITY_HIGH);
    start(1, PRIORITY_LOW);
    for (unsigned i = 0; i < CONFIG_SCHED_STARVATION_TICKS; i++) {
        threads[1].entity.boost = i % 2 != 0 ? threads[0].entity.level - 1 : 0;
        run(1);
        if (threads[1].entity.queued) {
            runqueue_relevel(&queue, &threads[1].entity);
            assert_int_equal(queue.ticks - threads[1].entity.ready_since, i + 1);
        }
    }
    run(2 * CONFIG_SCHED_RESCUE_TICKS);
    assert_true(threads[1].ran > 0);
    threads[1].entity.boost = 0;
    runqueue_relevel(&queue, &threads[1].entity);
    start(2, PRIORITY_LOW);
    start(3, PRIORITY_NORMAL);
    run(5);
    threads[2].entity.band = PRIORITY_NORMAL;
    runqueue_relevel(&queue, &threads[2].entity);
    start(4, PRIORITY_NORMAL);
    runqueue_set_wait(&queue, &threads[4].entity, 1000);
    assert_ptr_equal(list_first(&queue.levels[threads[4].entity.level]), &threads[4].entity.node);
    assert_ptr_equal(threads[4].entity.node.next, &threads[3].entity.node);
    assert_ptr_equal(threads[3].entity.node.next, &threads[2].entity.node);
}

/* One who is rescued runs before all others, but is no more urgent to those who inherit from it. */
static void test_rescue_is_not_inherited(void **state)
{
    struct entity e;

    (void)state;
    entity_init(&e, PRIORITY_LOW);
    e.rescued = true;
    entity_set_level(&e);
    assert_int_equal(e.level, LEVEL_RESCUE);
    assert_int_equal(entity_urgency(&e), (PRIORITY_LOW + 1) * CONFIG_SCHED_LEVELS);
    e.boost = LEVEL_REALTIME;
    entity_set_level(&e);
    assert_int_equal(e.level, LEVEL_REALTIME);
    assert_int_equal(entity_urgency(&e), LEVEL_REALTIME);
}

/* --- Against a plain model: one list, searched --- */

static void test_against_a_list(void **state)
{
    unsigned listed[THREADS], count = 0;
    uint64_t seed = 12345;

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        entity_init(&threads[i].entity, (enum priority)(i % PRIORITY_COUNT));
    }
    for (unsigned step = 0; step < 200000; step++) {
        unsigned i, what;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        i = (unsigned)(seed >> 33) % THREADS;
        what = (unsigned)(seed >> 50) % 4;
        if (what == 0 && count > 0) {
            unsigned best = 0;

            for (unsigned n = 1; n < count; n++) {
                if (threads[listed[n]].entity.level > threads[listed[best]].entity.level) {
                    best = n;
                }
            }
            assert_ptr_equal(runqueue_take(&queue), &threads[listed[best]].entity);
            memmove(&listed[best], &listed[best + 1], (count - best - 1) * sizeof(listed[0]));
            count--;
        } else if (threads[i].entity.queued) {
            unsigned at = 0;

            while (listed[at] != i) {
                at++;
            }
            runqueue_remove(&queue, &threads[i].entity);
            memmove(&listed[at], &listed[at + 1], (count - at - 1) * sizeof(listed[0]));
            count--;
        } else {
            threads[i].entity.sunk = (uint8_t)((seed >> 40) % CONFIG_SCHED_LEVELS);
            entity_set_level(&threads[i].entity);
            if (what == 1 && runqueue_has_from(&queue, threads[i].entity.level)) {
                struct entity *first = runqueue_exchange(&queue, &threads[i].entity);
                unsigned at = 0;

                for (unsigned n = 1; n < count; n++) {
                    if (threads[listed[n]].entity.level > threads[listed[at]].entity.level) {
                        at = n;
                    }
                }
                assert_ptr_equal(first, &threads[listed[at]].entity);
                memmove(&listed[at], &listed[at + 1], (count - at - 1) * sizeof(listed[0]));
                listed[count - 1] = i;
            } else {
                runqueue_add(&queue, &threads[i].entity);
                listed[count++] = i;
            }
        }
        assert_int_equal(queue.count, count);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_slices_are_those_of_the_bands, setup),
        cmocka_unit_test_setup(test_levels_are_in_the_order_of_bands, setup),
        cmocka_unit_test_setup(test_equals_take_turns, setup),
        cmocka_unit_test_setup(test_who_uses_his_slice_sinks, setup),
        cmocka_unit_test_setup(test_realtime_does_not_sink, setup),
        cmocka_unit_test_setup(test_who_blocks_early_rises, setup),
        cmocka_unit_test_setup(test_never_above_its_band, setup),
        cmocka_unit_test_setup(test_inheritance_raises_and_ends, setup),
        cmocka_unit_test_setup(test_nobody_starves, setup),
        cmocka_unit_test_setup(test_rescues_leave_time, setup),
        cmocka_unit_test_setup(test_relevel_keeps_the_wait, setup),
        cmocka_unit_test_setup(test_rescue_is_not_inherited, setup),
        cmocka_unit_test_setup(test_realtime_is_not_interrupted_by_rescues, setup),
        cmocka_unit_test_setup(test_behind_the_preempted, setup),
        cmocka_unit_test_setup(test_moving_keeps_the_wait, setup),
        cmocka_unit_test_setup(test_against_a_list, setup),
    };

    return cmocka_run_group_tests_name("runqueue", tests, NULL, NULL);
}
