/* SPDX-License-Identifier: MIT */
/* Reasons for interrupts from CPU to CPU, calls, and the end of the other CPUs: what raises the hardware,
 * what is counted, who runs what, with one thread that plays all CPUs in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/cpu.h>
#include <keel/heap.h>
#include <keel/waiting.h>

#include "fake_log.h"

static __noreturn void halt_here(void);
#define arch_halt() halt_here()

#include "../../core/smp/call.c"
#include "../../core/smp/ipi.c"
#include "../../core/smp/stop.c"
#include "../../core/smp/urgent.c"

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
cpumask_t cpu_online_mask;
uint32_t waiting_calls;
void (*waiting_serve)(void);

static cpumask_t rung; /* CPUs whose hardware was raised */
static cpumask_t deaf; /* that have interrupts off for good */
static unsigned rings, reschedules, stops, timer_interrupts;
static void (*in_ring)(void); /* what happens meanwhile, once */
static jmp_buf halted;
static uint64_t now;

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

uint64_t clock_hz(void)
{
    return 1000;
}

uint64_t clock_ns(void)
{
    return now += 10000000;
}

void clockevent_soon(void)
{
    timer_interrupts++;
}

void backtrace_print(virt_addr_t pc, virt_addr_t fp)
{
}

void panic_printf(const char *fmt, ...)
{
}

void panic_set_cpu_ops(const struct panic_cpu_ops *ops)
{
}

static __noreturn void halt_here(void)
{
    longjmp(halted, 1);
}

/* Raises the hardware. */
static void ring(cpumask_t cpus)
{
    void (*fn)(void) = in_ring;

    rung |= cpus;
    rings++;
    in_ring = NULL;
    if (fn) {
        fn();
    }
}

/* Plays a CPU until it has done that, or halts. */
static void play(unsigned cpu, void (*fn)(void))
{
    unsigned self = fake_cpu;
    jmp_buf before;

    memcpy(before, halted, sizeof(before));
    fake_cpu = cpu;
    if (setjmp(halted) == 0) {
        fn();
    }
    fake_cpu = self;
    memcpy(halted, before, sizeof(halted));
}

static void serve_all(void)
{
    cpumask_t now_rung;

    while ((now_rung = rung & ~deaf) != 0) {
        unsigned cpu = cpumask_first(now_rung);

        rung &= ~cpumask_of(cpu);
        play(cpu, ipi_handle);
    }
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
    rung = deaf = stopped = 0;
    wanted = false;
    stop_sender = NULL;
    in_ring = NULL;
    fake_cpu = rings = reschedules = stops = timer_interrupts = 0;
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
}

/* A CPU that nothing else can interrupt is by its timer, each time that it asks for it. */
static void without_a_sender_the_timer_interrupts(void **state)
{
    ipi_set_sender(NULL);
    assert_false(ipi_possible());
    ipi_send(0x2, IPI_RESCHEDULE);
    assert_int_equal(timer_interrupts, 0);
    for (unsigned i = 1; i < 4; i++) {
        ipi_send(0x1, IPI_RESCHEDULE);
        assert_int_equal(timer_interrupts, i);
    }
    ipi_set_sender(ring);
    ipi_send(0x3, IPI_RESCHEDULE); /* nothing is left over that would keep it back */
    assert_int_equal(rung, 0x3);
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

/* All that can be interrupted stop; who does it then has to do with itself alone, even if one goes on. */
static void who_stops_the_others_waits_for_nobody(void **state)
{
    cpumask_t ran = 0;

    stop_init();
    deaf = 0x8;
    in_ring = serve_all;
    assert_int_equal(smp_stop_others(), 0x8);
    assert_int_equal(stop_done(), 0x6);
    smp_call(CPUMASK_ALL, note, &ran, true);
    assert_int_equal(ran, 0x1);
    ran = 0;
    smp_call_urgent(CPUMASK_ALL, note, &ran);
    assert_int_equal(ran, 0x1);
    assert_int_equal(waiting_calls, 0);
    assert_ptr_equal(waiting_serve, serve);
}

/* Stops all that can be interrupted, and ends as a panic does. */
static void end_it_all(void)
{
    deaf |= cpumask_of(fake_cpu);
    in_ring = serve_all;
    smp_stop_others();
    halt_here();
}

static void cpu_3_ends_it_all(void)
{
    play(3, end_it_all);
}

static void stop_if_wanted(void)
{
    smp_stop_if_wanted(0, 0);
}

/* What cannot be masked reaches all but CPU 0. */
static void stop_for_good(cpumask_t cpus)
{
    unsigned cpu;

    cpumask_for_each(cpu, cpus & ~cpumask_of(0))
    {
        play(cpu, stop_if_wanted);
    }
}

/* One waits with interrupts off for CPUs that are stopped before they have done what they were asked. */
static void calls_of_cpus_that_stop_come_to_an_end(void **state)
{
    cpumask_t ran = 0;

    stop_init();
    smp_set_stop_sender(stop_for_good);
    deaf = 0x5;
    in_ring = cpu_3_ends_it_all;
    smp_call(0xe, note, &ran, true);
    assert_int_equal(stop_done(), 0x6);
    assert_int_equal(ran, 0x2);
}

static void urgent_calls_of_cpus_that_stop_come_to_an_end(void **state)
{
    cpumask_t ran = 0;

    stop_init();
    deaf = 0x1;
    in_ring = cpu_3_ends_it_all;
    smp_call_urgent(0x8, note, &ran);
    assert_int_equal(ran, 0);
    smp_call_urgent(0xe, note, &ran);
    assert_int_equal(ran, 0);
}

/* Who finds the slot taken waits no longer than there is somebody to free it. */
static void a_slot_of_a_cpu_that_stops_is_not_waited_for(void **state)
{
    cpumask_t ran = 0;

    stop_init();
    smp_set_stop_sender(stop_for_good);
    smp_call(0x4, note, &ran, false);
    deaf = 0x5;
    in_ring = cpu_3_ends_it_all;
    smp_call(0x6, note, &ran, true);
    assert_int_equal(stop_done(), 0x6);
}

/* Who asks has to wait for an earlier call, and the CPU goes off meanwhile. */
static void a_cpu_that_went_off_is_not_asked(void **state)
{
    cpumask_t left = 0x6, ran = 0;
    struct call_slot call = {.fn = note, .arg = &ran, .left = &left, .taken = 1};

    cpu_online_mask = 0xb;
    ask(0x6, &call);
    assert_int_equal(left, 0x2);
    assert_int_equal(rung, 0x2);
    serve_all();
    assert_int_equal(left, 0);
    assert_int_equal(ran, 0x2);
    assert_false(slot_is_taken(slot_of(0, 2, 0)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_interrupt_serves_many_reasons),
        TEST(a_stop_is_raised_again),
        TEST(nobody_is_nobody),
        TEST(without_a_sender_the_timer_interrupts),
        TEST(calls_go_to_those_online),
        TEST(a_cpu_that_went_off_is_not_asked),
        TEST(calls_of_two_cpus_are_both_run),
        TEST(a_call_may_call),
        TEST(what_a_call_calls_may_not),
        TEST(who_stops_the_others_waits_for_nobody),
        TEST(calls_of_cpus_that_stop_come_to_an_end),
        TEST(urgent_calls_of_cpus_that_stop_come_to_an_end),
        TEST(a_slot_of_a_cpu_that_stops_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
