/* SPDX-License-Identifier: MIT */
/* Reasons for interrupts from CPU to CPU, and calls: what raises the hardware, what is counted, who runs
 * what, with one thread that plays all CPUs in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/heap.h>
#include <keel/waiting.h>

#include "fake_log.h"

#include "../../core/smp/call.c"
#include "../../core/smp/ipi.c"
#include "../../core/smp/urgent.c"

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
cpumask_t cpu_online_mask;
uint32_t waiting_calls;
void (*waiting_serve)(void);

static cpumask_t rung, stopped_cpus; /* CPUs whose hardware was raised, that have stopped */
static unsigned rings, reschedules, stops;

_Thread_local bool fake_irqs_off = true;

void *kmalloc_aligned(size_t size, size_t align)
{
    void *block = aligned_alloc(align, ALIGN_UP(size, align));

    memset(block, 0xa5, size);
    return block;
}

void kfree(void *block)
{
    free(block);
}

cpumask_t stop_done(void)
{
    return stopped_cpus;
}

/* Raises the hardware: whoever waits is served at once, as other CPUs would. */
static void ring(cpumask_t cpus)
{
    rung |= cpus;
    rings++;
}

static void serve_all(void)
{
    unsigned self = fake_cpu;

    while (rung != 0) {
        fake_cpu = cpumask_first(rung);
        rung &= ~cpumask_of(fake_cpu);
        ipi_handle();
    }
    fake_cpu = self;
}

static void count_reschedule(void)
{
    reschedules++;
}

static void count_stop(void)
{
    stops++;
}

static int setup(void **state)
{
    memset(ipis, 0, sizeof(ipis));
    memset(calls, 0, sizeof(calls));
    ipi_set_sender(ring);
    ipi_set_handler(IPI_RESCHEDULE, count_reschedule);
    ipi_set_handler(IPI_STOP, count_stop);
    assert_int_equal(call_init(CPUS_MAX), 0);
    urgent_init();
    cpu_online_mask = 0xf;
    rung = stopped_cpus = 0;
    fake_cpu = rings = reschedules = stops = 0;
    return fake_log_reset(state);
}

static int teardown(void **state)
{
    free(slots);
    return 0;
}

static void one_interrupt_serves_many_reasons(void **state)
{
    ipi_send(0x6, IPI_RESCHEDULE);
    assert_int_equal(rung, 0x6);
    ipi_send(0x2, IPI_RESCHEDULE);
    ipi_send(0x2, IPI_CALL);
    assert_int_equal(rings, 1);
    serve_all();
    assert_int_equal(reschedules, 2);
    assert_int_equal(ipi_taken(1, IPI_RESCHEDULE), 1);
    assert_int_equal(ipi_taken(1, IPI_CALL), 1);
    assert_int_equal(ipi_taken(2, IPI_CALL), 0);
    ipi_send(0x2, IPI_RESCHEDULE);
    assert_int_equal(rings, 2); /* what was taken is raised anew */
}

static void a_stop_is_raised_again(void **state)
{
    ipi_send(0x2, IPI_RESCHEDULE);
    ipi_send(0x2, IPI_STOP);
    ipi_send(0x2, IPI_STOP);
    assert_int_equal(rings, 3);
    serve_all();
    assert_int_equal(stops, 1);
}

static void nobody_is_nobody(void **state)
{
    ipi_send(0, IPI_RESCHEDULE);
    assert_int_equal(rings, 0);
    ipi_handle();
    assert_int_equal(reschedules, 0);
    ipi_set_sender(NULL);
    assert_false(ipi_possible());
    ipi_send(0x2, IPI_RESCHEDULE); /* is kept for when the CPU looks */
    fake_cpu = 1;
    ipi_handle();
    assert_int_equal(reschedules, 1);
}

static void note(void *arg)
{
    *(cpumask_t *)arg |= cpumask_of(fake_cpu);
}

static void calls_go_to_those_online(void **state)
{
    cpumask_t ran = 0;

    cpu_online_mask = 0xb;
    smp_call(CPUMASK_ALL, note, &ran, false);
    assert_int_equal(ran, 0x1); /* the own one at once */
    assert_int_equal(rings, 1);
    assert_int_equal(rung, 0xa);
    serve_all();
    assert_int_equal(ran, 0xb);
    smp_call(0x4, note, &ran, false);
    assert_int_equal(rung, 0);
    assert_int_equal(ran, 0xb);
}

/* One from another CPU waits in a slot of its own. */
static void calls_of_two_cpus_are_both_run(void **state)
{
    cpumask_t first = 0, second = 0;

    smp_call(0x8, note, &first, false);
    fake_cpu = 1;
    smp_call(0x8, note, &second, false);
    assert_int_equal(rings, 1);
    serve_all();
    assert_int_equal(first, 0x8);
    assert_int_equal(second, 0x8);
}

static void call_once_more(void *arg)
{
    smp_call(cpumask_of((fake_cpu + 1) % 4), note, arg, false);
}

static void a_call_may_call(void **state)
{
    cpumask_t ran = 0;

    smp_call(0x6, call_once_more, &ran, false);
    serve_all();
    assert_int_equal(ran, 0xc);
    call_once_more(&ran); /* not from within a call any more */
    serve_all();
    assert_int_equal(ran, 0xe);
}

static void call_twice_more(void *arg)
{
    smp_call(0x2, call_once_more, arg, false);
}

static void what_a_call_calls_may_not(void **state)
{
    cpumask_t ran = 0;

    smp_call(0x4, call_twice_more, &ran, false);
    ASSERT_PANICS(serve_all());
    assert_non_null(strstr(fake_text, "from within a call from within a call"));
}

/* Those that have stopped do not keep anybody waiting. */
static void urgent_calls_skip_the_stopped(void **state)
{
    cpumask_t ran = 0;

    stopped_cpus = 0xe;
    smp_call_urgent(CPUMASK_ALL, note, &ran);
    assert_int_equal(ran, 0x1);
    assert_int_equal(waiting_calls, 0);
    assert_ptr_equal(waiting_serve, serve);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_interrupt_serves_many_reasons),
        TEST(a_stop_is_raised_again),
        TEST(nobody_is_nobody),
        TEST(calls_go_to_those_online),
        TEST(calls_of_two_cpus_are_both_run),
        TEST(a_call_may_call),
        TEST(what_a_call_calls_may_not),
        TEST(urgent_calls_skip_the_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
