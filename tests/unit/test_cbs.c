/* SPDX-License-Identifier: MIT */
/* Promises of CPU time, in virtual time: the rules one by one, and random sets of threads that one CPU runs
 * by them. A unit of CPU time is a nanosecond. */
#include "../../core/sched/cbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define US    UINT64_C(1000)
#define MS    UINT64_C(1000000)
#define TICK  SCHED_TICK_NS
#define NEVER UINT64_MAX

static const struct thread_deadline plain = {2 * MS, 10 * MS, 10 * MS};
static const struct thread_deadline early = {2 * MS, 5 * MS, 10 * MS};

/* --- Parameters and shares --- */

static void test_checks_parameters(void **state)
{
    static const struct {
        struct thread_deadline wanted;
        bool valid;
    } cases[] = {
        {{THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MIN_NS, THREAD_PERIOD_MIN_NS}, true},
        {{THREAD_CAPACITY_MIN_NS, THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MIN_NS}, true},
        {{THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS}, true},
        {{THREAD_CAPACITY_MIN_NS - 1, MS, MS}, false},
        {{THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MIN_NS - 1, THREAD_PERIOD_MIN_NS - 1}, false},
        {{MS, MS, THREAD_PERIOD_MAX_NS + 1}, false},
        {{2 * MS, MS, 3 * MS}, false},
        {{MS, 3 * MS, 2 * MS}, false},
        {{0, 0, 0}, false},
        {{NEVER, NEVER, NEVER}, false},
        {{MS, NEVER, NEVER}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(cbs_is_valid(&cases[i].wanted), cases[i].valid);
    }
}

static void test_shares_are_rounded_up(void **state)
{
    static const struct {
        struct thread_deadline wanted;
        uint32_t share;
    } cases[] = {
        {{5 * MS, 10 * MS, 10 * MS}, CBS_WHOLE / 2},
        {{5 * MS, 10 * MS, 100 * MS}, CBS_WHOLE / 2},
        {{1 * MS, 3 * MS, 3 * MS}, CBS_WHOLE / 3 + 1},
        {{THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS}, CBS_WHOLE},
        {{THREAD_CAPACITY_MIN_NS, THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS}, CBS_LEAST},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(cbs_share(&cases[i].wanted), cases[i].share);
    }
}

static void test_admits_up_to_the_limit(void **state)
{
    uint32_t sum = 0;

    (void)state;
    assert_false(cbs_admit(&sum, 0, CBS_LIMIT + 1));
    assert_false(cbs_admit(&sum, 0, CBS_WHOLE));
    assert_int_equal(sum, 0);
    assert_true(cbs_admit(&sum, 0, CBS_LIMIT - CBS_LEAST));
    assert_true(cbs_admit(&sum, 0, CBS_LEAST));
    for (unsigned i = 0; i < 10000; i++) {
        assert_false(cbs_admit(&sum, 0, CBS_LEAST));
    }
    assert_int_equal(sum, CBS_LIMIT);
    assert_false(cbs_admit(&sum, CBS_LEAST, CBS_LEAST + 1)); /* what it had it keeps */
    assert_int_equal(sum, CBS_LIMIT);
    assert_true(cbs_admit(&sum, CBS_LIMIT - CBS_LEAST, CBS_LEAST));
    assert_int_equal(sum, 2 * CBS_LEAST);
    assert_true(cbs_admit(&sum, CBS_LEAST, 0));
    assert_true(cbs_admit(&sum, CBS_LEAST, 0));
    assert_int_equal(sum, 0);
}

/* --- Budgets --- */

static void test_a_budget_ends_and_is_renewed(void **state)
{
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, TICK, 7, 100 * MS);
    assert_int_equal(cbs_left(&cbs, 7), 2 * MS);
    assert_int_equal(cbs.deadline, 110 * MS);
    assert_int_equal(cbs_left(&cbs, 7 + 2 * MS), 0);
    cbs_renew(&cbs, 7 + 2 * MS, 110 * MS - 1);
    assert_int_equal(cbs_left(&cbs, 7 + 2 * MS), 0);
    cbs_renew(&cbs, 7 + 2 * MS, 110 * MS);
    assert_int_equal(cbs_left(&cbs, 7 + 2 * MS), 2 * MS);
    assert_int_equal(cbs.deadline, 120 * MS);
    assert_int_equal(cbs.renewal, 120 * MS);
}

static void test_capacities_are_in_units_of_cpu_time(void **state)
{
    static const struct thread_deadline longest = {THREAD_PERIOD_MAX_NS, THREAD_PERIOD_MAX_NS,
                                                   THREAD_PERIOD_MAX_NS};
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, 1000, 0, 0); /* a unit is 10 us */
    assert_int_equal(cbs_left(&cbs, 0), 200);
    cbs_start(&cbs, &longest, 100 * MS, 0, 0); /* 10 GHz: products still fit */
    assert_int_equal(cbs_left(&cbs, 0), UINT64_C(10000000000));
    cbs_change(&cbs, &longest, 100 * MS, 0, 1);
    assert_int_equal(cbs_left(&cbs, 0), UINT64_C(9999999990));
}

static void test_too_much_counts_against_the_next(void **state)
{
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, TICK, 0, 0);
    cbs_renew(&cbs, 2 * MS + 300 * US, 10 * MS);
    assert_int_equal(cbs_left(&cbs, 2 * MS + 300 * US), 1700 * US);
    /* A whole period's, and no more: somebody else stopped the machine. */
    cbs_renew(&cbs, 900 * MS, 20 * MS);
    assert_int_equal(cbs_left(&cbs, 900 * MS), 0);
    cbs_renew(&cbs, 900 * MS, 30 * MS);
    assert_int_equal(cbs_left(&cbs, 900 * MS), 2 * MS);
}

static void test_a_late_renewal_starts_anew(void **state)
{
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, TICK, 0, 0);
    cbs_renew(&cbs, 2 * MS, 19 * MS);
    assert_int_equal(cbs.deadline, 20 * MS);
    cbs_renew(&cbs, 4 * MS, 35 * MS);
    assert_int_equal(cbs.deadline, 45 * MS);
    assert_int_equal(cbs_left(&cbs, 4 * MS), 2 * MS);
}

/* --- The wake rule --- */

static void test_waking_within_the_share_changes_nothing(void **state)
{
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, TICK, 0, 0);
    cbs_wake(&cbs, 1 * MS, 5 * MS); /* 1 ms left, and a fifth of 5 ms */
    assert_int_equal(cbs.deadline, 10 * MS);
    assert_int_equal(cbs_left(&cbs, 1 * MS), 1 * MS);
    cbs_wake(&cbs, 2 * MS, 6 * MS);
    assert_int_equal(cbs_left(&cbs, 2 * MS), 0);
    assert_int_equal(cbs.renewal, 10 * MS);
}

static void test_waking_with_too_much_begins_a_period(void **state)
{
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, TICK, 0, 0);
    cbs_wake(&cbs, 1 * MS, 5 * MS + 10);
    assert_int_equal(cbs.deadline, 15 * MS + 10);
    assert_int_equal(cbs_left(&cbs, 1 * MS), 2 * MS);
    cbs_wake(&cbs, 2 * MS, 40 * MS); /* all of the period is over */
    assert_int_equal(cbs.deadline, 50 * MS);
    assert_int_equal(cbs_left(&cbs, 2 * MS), 2 * MS);
}

static void test_an_early_deadline_cuts_the_budget(void **state)
{
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &early, TICK, 0, 0);
    cbs_wake(&cbs, 500 * US, 3 * MS); /* 2 ms until the deadline, of which 2/5 */
    assert_int_equal(cbs_left(&cbs, 500 * US), 800 * US);
    assert_int_equal(cbs.deadline, 5 * MS);
    cbs_wake(&cbs, 500 * US, 6 * MS); /* past it: nothing before the next period */
    assert_int_equal(cbs_left(&cbs, 500 * US), 0);
    cbs_wake(&cbs, 500 * US, 10 * MS);
    assert_int_equal(cbs_left(&cbs, 500 * US), 2 * MS);
    cbs_wake(&cbs, 500 * US, 16 * MS); /* nothing of it was used */
    assert_int_equal(cbs.deadline, 21 * MS);
    assert_int_equal(cbs_left(&cbs, 500 * US), 2 * MS);
}

static void test_a_change_brings_no_budget(void **state)
{
    static const struct thread_deadline more = {8 * MS, 10 * MS, 10 * MS};
    static const struct thread_deadline quick = {2 * MS, 4 * MS, 4 * MS};
    struct cbs cbs;

    (void)state;
    cbs_start(&cbs, &plain, TICK, 0, 0);
    cbs_change(&cbs, &more, TICK, 1500 * US, 2 * MS);
    assert_int_equal(cbs_left(&cbs, 1500 * US), 500 * US);
    cbs_change(&cbs, &quick, TICK, 2 * MS, 3 * MS);
    assert_int_equal(cbs_left(&cbs, 2 * MS), 0);
    cbs_renew(&cbs, 2 * MS, 9 * MS); /* still the old period */
    assert_int_equal(cbs_left(&cbs, 2 * MS), 0);
    cbs_renew(&cbs, 2 * MS, 10 * MS);
    assert_int_equal(cbs_left(&cbs, 2 * MS), 2 * MS);
    assert_int_equal(cbs.renewal, 14 * MS);
    cbs_change(&cbs, &plain, TICK, 2 * MS, 13 * MS); /* a smaller share of what is left */
    assert_int_equal(cbs_left(&cbs, 2 * MS), 200 * US);
}

/* --- Order --- */

static void test_the_earliest_comes_first(void **state)
{
    static const uint64_t deadlines[] = {50, 20, 90, 20, 0, 50, 10};
    static const unsigned expected[] = {4, 6, 1, 3, 0, 5, 2};
    struct entity entities[ARRAY_SIZE(deadlines)];
    struct runqueue queue;

    (void)state;
    runqueue_init(&queue);
    for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++) {
        entity_init(&entities[i], PRIORITY_IDLE);
        entities[i].boost = LEVEL_DEADLINE;
        entity_set_level(&entities[i]);
        runqueue_add_sorted(&queue, &entities[i], deadlines[i]);
    }
    assert_true(runqueue_has_from(&queue, LEVEL_REALTIME + 1));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_ptr_equal(runqueue_take(&queue), &entities[expected[i]]);
    }
    assert_null(runqueue_take(&queue));
    assert_int_equal(queue.count, 0);
}

/* --- Whole sets of threads --- */

#define THREADS_MAX 8u

struct model {
    struct entity entity;
    struct cbs cbs;
    struct thread_deadline wanted;
    bool greedy;       /* its job never ends */
    bool spent;        /* waits for its next period */
    uint64_t release;  /* of the present job, or the next one */
    uint64_t job_left; /* CPU time; 0: it waits for its next job */
};

static struct runqueue queue;
static struct model models[THREADS_MAX];
static unsigned count;
static uint64_t now;

static uint64_t draw(uint64_t least, uint64_t most)
{
    static uint64_t random = 1;

    random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return least + (random >> 20) % (most - least + 1);
}

/* As many threads with random parameters as one CPU can promise time to. */
static void make_set(void)
{
    uint32_t sum = 0;

    runqueue_init(&queue);
    now = 0;
    count = 0;
    while (count < THREADS_MAX) {
        struct model *m = &models[count];
        uint64_t period = draw(THREAD_PERIOD_MIN_NS, 50 * MS);
        uint64_t deadline = draw(0, 1) ? period : draw(period / 2, period);
        uint64_t capacity = draw(deadline / 50, deadline / 2);

        *m = (struct model){.wanted = {MAX(capacity, THREAD_CAPACITY_MIN_NS), deadline, period}};
        if (!cbs_is_valid(&m->wanted) || !cbs_admit(&sum, 0, cbs_share(&m->wanted))) {
            return;
        }
        m->greedy = count == 0;
        m->release = draw(0, period);
        entity_init(&m->entity, PRIORITY_IDLE);
        m->entity.boost = LEVEL_DEADLINE;
        entity_set_level(&m->entity);
        cbs_start(&m->cbs, &m->wanted, TICK, 0, 0);
        count++;
    }
}

static bool has_budget(const struct model *m)
{
    return cbs_left(&m->cbs, m->entity.cpu_time) > 0;
}

/* As the scheduler does. */
static void enter(struct model *m)
{
    if (!has_budget(m)) {
        cbs_renew(&m->cbs, m->entity.cpu_time, now);
    }
    m->spent = !has_budget(m);
    if (!m->spent) {
        runqueue_add_sorted(&queue, &m->entity, m->cbs.deadline);
    }
}

/* What happens to a thread at this time without its doing; when the next such thing will. */
static uint64_t happen(struct model *m)
{
    if (m->job_left == 0 && m->release <= now) {
        m->job_left = m->greedy ? NEVER / 2 : draw(1, m->wanted.capacity_ns);
        cbs_wake(&m->cbs, m->entity.cpu_time, now);
        enter(m);
    } else if (m->spent && m->cbs.renewal <= now) {
        enter(m);
    }
    if (m->job_left == 0) {
        return m->release;
    }
    return m->spent ? m->cbs.renewal : NEVER;
}

/* It has run until now. */
static void set_aside(struct model *m)
{
    if (m->job_left != 0) {
        enter(m);
        return;
    }
    assert_true(now <= m->release + m->wanted.deadline_ns);
    m->release += m->wanted.period_ns + (draw(0, 3) == 0 ? draw(0, 20 * MS) : 0);
}

static void run(uint64_t end)
{
    while (now < end) {
        uint64_t next = end;
        struct entity *first;

        for (unsigned i = 0; i < count; i++) {
            next = MIN(next, happen(&models[i]));
        }
        first = runqueue_take(&queue);
        if (first) {
            struct model *m = container_of(first, struct model, entity);
            uint64_t budget = (uint64_t)cbs_left(&m->cbs, first->cpu_time);
            uint64_t ran = MIN(MIN(next - now, m->job_left), budget);

            first->cpu_time += ran;
            m->job_left -= ran;
            now += ran;
            set_aside(m);
        } else {
            now = next;
        }
    }
}

/* Whoever keeps within his budget meets all his deadlines, whatever the others want; who wants more gets
 * his budget in every period, and no more. */
static void test_promises_are_kept(void **state)
{
    (void)state;
    for (unsigned set = 0; set < 300; set++) {
        const struct model *greedy = &models[0];
        uint64_t periods, end = 2000 * MS;

        do {
            make_set();
        } while (count < 2);
        run(end);
        periods = (end - greedy->release) / greedy->wanted.period_ns;
        assert_true(greedy->entity.cpu_time >= (periods - 1) * greedy->wanted.capacity_ns);
        assert_true(greedy->entity.cpu_time <= (periods + 1) * greedy->wanted.capacity_ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checks_parameters),
        cmocka_unit_test(test_shares_are_rounded_up),
        cmocka_unit_test(test_admits_up_to_the_limit),
        cmocka_unit_test(test_a_budget_ends_and_is_renewed),
        cmocka_unit_test(test_capacities_are_in_units_of_cpu_time),
        cmocka_unit_test(test_too_much_counts_against_the_next),
        cmocka_unit_test(test_a_late_renewal_starts_anew),
        cmocka_unit_test(test_waking_within_the_share_changes_nothing),
        cmocka_unit_test(test_waking_with_too_much_begins_a_period),
        cmocka_unit_test(test_an_early_deadline_cuts_the_budget),
        cmocka_unit_test(test_a_change_brings_no_budget),
        cmocka_unit_test(test_the_earliest_comes_first),
        cmocka_unit_test(test_promises_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
