/* SPDX-License-Identifier: MIT */
/* The trace's rings: what is on is recorded, the oldest is overwritten, nobody reads half a record, and
 * what comes in between a record's words takes the next place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <keel/percpu.h>
#include <keel/trace.h>

#define CPUS 4
#ifndef MANY
#define MANY 200000u
#endif

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
uint64_t fake_counter, fake_counter_step;

static struct trace_record memory[CPUS][TRACE_RECORDS];

static int set_up(void **state)
{
    memset(memory, 0, sizeof(memory));
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        trace_give_memory(cpu, memory[cpu]);
    }
    trace_clear();
    trace_set_events(0);
    fake_cpu = 0;
    fake_counter_step = 1;
    return 0;
}

static struct trace_record read_at(unsigned cpu, uint64_t number)
{
    struct trace_record record;

    assert_true(trace_read(cpu, number, &record));
    return record;
}

static uint64_t count(unsigned cpu)
{
    struct trace_span span = trace_span(cpu);

    return span.end - span.first;
}

static void test_only_what_is_on(void **state)
{
    trace_point(TRACE_TICK, 1, 2, 3);
    assert_int_equal(count(0), 0);
    trace_set_events(BIT(TRACE_WAKE));
    trace_point(TRACE_TICK, 1, 2, 3);
    assert_int_equal(count(0), 0);
    trace_point(TRACE_WAKE, 1, 2, 3);
    assert_int_equal(count(0), 1);
    assert_int_equal(trace_events(), BIT(TRACE_WAKE));
    trace_set_events(0);
    trace_point(TRACE_WAKE, 1, 2, 3);
    assert_int_equal(count(0), 1);
}

static void test_a_record_says_what_was_given(void **state)
{
    struct trace_span span = trace_span(2);
    struct trace_record record;

    fake_cpu = 2;
    fake_counter = 1000;
    trace_record(TRACE_FAULT, 0xbeef, UINT64_MAX - 1, 7);
    record = read_at(2, span.end);
    assert_int_equal(record.time, 1001);
    assert_int_equal(record.what, 0xbeef0000u | 2u << 8 | TRACE_FAULT);
    assert_true(record.a == UINT64_MAX - 1 && record.b == 7);
    assert_int_equal(count(0), 0);
    assert_int_equal(count(2), 1);
}

static void test_the_oldest_is_overwritten(void **state)
{
    struct trace_span span = trace_span(0);
    struct trace_record record;
    uint64_t start = span.end;

    for (uint64_t i = 0; i < TRACE_RECORDS + 10; i++) {
        trace_record(TRACE_TICK, 0, i, ~i);
    }
    span = trace_span(0);
    assert_int_equal(span.cleared, start);
    assert_int_equal(span.first, start + 10);
    assert_int_equal(span.end, start + TRACE_RECORDS + 10);
    assert_false(trace_read(0, span.first - 1, &record));
    assert_false(trace_read(0, span.end, &record));
    for (uint64_t number = span.first; number < span.end; number++) {
        record = read_at(0, number);
        assert_int_equal(record.a, number - start);
        assert_true(record.b == ~record.a);
    }
}

static void test_clear_forgets(void **state)
{
    struct trace_span span;

    trace_record(TRACE_TICK, 0, 1, 1);
    trace_clear();
    assert_int_equal(count(0), 0);
    trace_record(TRACE_TICK, 0, 2, 2);
    span = trace_span(0);
    assert_int_equal(span.end - span.first, 1);
    assert_int_equal(read_at(0, span.first).a, 2);
}

static void test_without_memory_records_are_counted(void **state)
{
    trace_give_memory(1, NULL);
    fake_cpu = 1;
    assert_false(trace_has_memory(1));
    trace_record(TRACE_TICK, 0, 1, 1);
    trace_record(TRACE_TICK, 0, 1, 1);
    assert_int_equal(trace_missed(), 2);
    assert_int_equal(count(1), 0);
    trace_clear();
    assert_int_equal(trace_missed(), 0);
}

static void test_names(void **state)
{
    struct trace_span span = trace_span(0);
    char name[33] = "";

    trace_record_name(TRACE_IRQ_ENTER, 5, "arch timer");
    memcpy(name, &(uint64_t){read_at(0, span.end).a}, 8);
    memcpy(name + 8, &(uint64_t){read_at(0, span.end).b}, 8);
    assert_string_equal(name, "arch timer");
    assert_int_equal(read_at(0, span.end).what >> 16, 5);

    span = trace_span(0);
    trace_record_thread(77, "a name of thirty-one characters");
    memset(name, 0, sizeof(name));
    assert_int_equal(trace_span(0).end - span.end, 4);
    for (unsigned part = 0; part < 4; part++) {
        struct trace_record record = read_at(0, span.end + part);

        assert_int_equal(record.what >> 16, part);
        assert_int_equal(record.a, 77);
        memcpy(name + 8 * part, &record.b, 8);
    }
    assert_string_equal(name, "a name of thirty-one characters");

    span = trace_span(0);
    trace_record_thread(78, "short");
    assert_int_equal(trace_span(0).end - span.end, 1);
}

static void test_half_a_record_is_none(void **state)
{
    struct trace_span span = trace_span(0);
    struct trace_record record;
    struct trace_record *place = &memory[0][span.end % TRACE_RECORDS];
    uint32_t stamp;

    trace_record(TRACE_TICK, 0, 1, 1);
    stamp = place->stamp;
    assert_int_not_equal(stamp, 0);
    assert_true(trace_read(0, span.end, &record));
    place->stamp = 0; /* as while it is written */
    assert_false(trace_read(0, span.end, &record));
    place->stamp = stamp + 2 * TRACE_RECORDS; /* a later lap's */
    assert_false(trace_read(0, span.end, &record));
}

/* --- Interrupted by what cannot be masked --- */

static volatile sig_atomic_t interruptions, halves;

/* Looks at the place that may be being written, by its old number and by its new one, and writes. */
static void on_signal(int number)
{
    uint64_t end = trace_span(0).end;
    struct trace_record record;

    for (uint64_t at = end - TRACE_RECORDS - 1; at < end; at += TRACE_RECORDS) {
        halves += trace_read(0, at, &record) && record.b != ~record.a;
    }
    trace_record(TRACE_FAULT, 1, (uint64_t)interruptions, ~(uint64_t)interruptions);
    interruptions++;
}

static void test_interrupted_records_stay_whole(void **state)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval soon = {.it_value = {.tv_usec = 100}}, never = {.it_value = {.tv_usec = 0}};
    uint64_t start, own = 0, torn = 0;
    sig_atomic_t armed = -1;
    struct trace_record record;

    for (uint64_t i = 0; i < 2 * TRACE_RECORDS; i++) {
        trace_record(TRACE_TICK, 0, i, ~i);
    }
    start = trace_span(0).end;
    interruptions = halves = 0;
    sigaction(SIGALRM, &action, NULL);
    for (; own < 20 * (uint64_t)MANY && interruptions < 500; own++) {
        if (armed !=
            interruptions) { /* one at a time: a whole lap within a record would be too many */
            armed = interruptions;
            setitimer(ITIMER_REAL, &soon, NULL);
        }
        trace_record(TRACE_TICK, 0, own, ~own);
        if (own % 16 == 0) {
            struct trace_span span = trace_span(0);

            torn += trace_read(0, span.end - 1, &record) && record.b != ~record.a;
        }
    }
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(torn, 0);
    assert_int_equal(halves, 0);
    assert_true(interruptions > 0);
    assert_int_equal(trace_span(0).end - start, own + (uint64_t)interruptions);
    for (uint64_t number = trace_span(0).first; number < trace_span(0).end; number++) {
        record = read_at(0, number);
        assert_true(record.b == ~record.a);
    }
}

static void write_a_lap(int number)
{
    uint64_t lap = (uint64_t)++interruptions;

    for (uint64_t i = 0; i < TRACE_RECORDS; i++) {
        trace_record(TRACE_TICK, 0, lap, ~lap);
    }
}

static void test_an_interrupted_reader_gets_no_mixture(void **state)
{
    struct sigaction action = {.sa_handler = write_a_lap};
    struct itimerval soon = {.it_value = {.tv_usec = 100}}, never = {.it_value = {.tv_usec = 0}};
    struct trace_record record;
    uint64_t mixed = 0;
    sig_atomic_t armed = -1;

    interruptions = 0;
    write_a_lap(0);
    sigaction(SIGALRM, &action, NULL);
    for (uint64_t i = 0; i < 200 * (uint64_t)MANY && interruptions < 500; i++) {
        if (armed != interruptions) {
            armed = interruptions;
            setitimer(ITIMER_REAL, &soon, NULL);
        }
        mixed += trace_read(0, trace_span(0).first, &record) && record.b != ~record.a;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(interruptions > 0);
    assert_int_equal(mixed, 0);
}

/* --- Several CPUs, and a reader --- */

static bool enough; /* was read while writers wrote */
static uint64_t written[CPUS];

static void *writer(void *arg)
{
    uint64_t i = 0;

    fake_cpu = (unsigned)(uintptr_t)arg;
    for (; i < MANY || !__atomic_load_n(&enough, __ATOMIC_RELAXED); i++) {
        trace_record(TRACE_TICK, 0, i, ~i * (fake_cpu + 1));
    }
    written[fake_cpu] = i;
    return NULL;
}

/* Reads the oldest records of a CPU, those that are about to be overwritten; how many it got. */
static uint64_t read_ring(unsigned cpu, uint64_t start, uint64_t most)
{
    struct trace_span span = trace_span(cpu);
    struct trace_record record;
    uint64_t got = 0;

    for (uint64_t number = span.first; number < MIN(span.end, span.first + most); number++) {
        if (trace_read(cpu, number, &record)) {
            assert_int_equal(record.a, number - start);
            assert_true(record.b == ~record.a * (cpu + 1));
            assert_int_equal(record.what, TRACE_TICK | cpu << 8);
            got++;
        }
    }
    return got;
}

static void test_four_writers_and_a_reader(void **state)
{
    pthread_t threads[CPUS];
    uint64_t start[CPUS], got = 0;

    enough = false;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        start[cpu] = trace_span(cpu).end;
        pthread_create(&threads[cpu], NULL, writer, (void *)(uintptr_t)cpu);
    }
    while (got < MANY) {
        for (unsigned cpu = 0; cpu < CPUS; cpu++) {
            got += read_ring(cpu, start[cpu], 4);
        }
    }
    __atomic_store_n(&enough, true, __ATOMIC_RELAXED);
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        pthread_join(threads[cpu], NULL);
        assert_int_equal(trace_span(cpu).end - start[cpu], written[cpu]);
        assert_int_equal(read_ring(cpu, start[cpu], UINT32_MAX), TRACE_RECORDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_only_what_is_on, set_up),
        cmocka_unit_test_setup(test_a_record_says_what_was_given, set_up),
        cmocka_unit_test_setup(test_the_oldest_is_overwritten, set_up),
        cmocka_unit_test_setup(test_clear_forgets, set_up),
        cmocka_unit_test_setup(test_without_memory_records_are_counted, set_up),
        cmocka_unit_test_setup(test_names, set_up),
        cmocka_unit_test_setup(test_half_a_record_is_none, set_up),
        cmocka_unit_test_setup(test_interrupted_records_stay_whole, set_up),
        cmocka_unit_test_setup(test_an_interrupted_reader_gets_no_mixture, set_up),
        cmocka_unit_test_setup(test_four_writers_and_a_reader, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
