/* SPDX-License-Identifier: MIT */
/* The trace on the machine: records of this CPU and the others, in order; the oldest make room; and what the
 * scheduler, interrupts and timers have to say. */
#include <arch/cpu.h>
#include <keel/aspace.h>
#include <keel/clock.h>
#include <keel/command.h>
#include <keel/fault.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/trace.h>
#include <keel/uaccess.h>
#include <keel/vmo.h>

#define MARK   0xbeefu
#define WAIT   (20 * NS_PER_MS)
#define ENOUGH (5 * NS_PER_SEC)

/* The command gives every CPU its memory. */
static void start(void)
{
    char line[] = "trace on";

    KTEST_EXPECT(command_run(line) == 0);
    trace_set_events(0);
    trace_clear();
}

static bool is(const struct trace_record *record, enum trace_event event)
{
    return (record->what & 0xff) == (unsigned)event;
}

/* How many records of a CPU are of that event with that `a` (and b, if not 0); the last goes to *out. */
static unsigned find(unsigned cpu, enum trace_event event, uint64_t a, uint64_t b,
                     struct trace_record *out)
{
    struct trace_span span = trace_span(cpu);
    struct trace_record record;
    unsigned found = 0;

    for (uint64_t number = span.first; number < span.end; number++) {
        if (trace_read(cpu, number, &record) && is(&record, event) && record.a == a &&
            (b == 0 || record.b == b)) {
            *out = record;
            found++;
        }
    }
    return found;
}

/* Of all CPUs. */
static unsigned find_any(enum trace_event event, uint64_t a, uint64_t b, struct trace_record *out)
{
    unsigned found = 0;

    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        found += find(cpu, event, a, b, out);
    }
    return found;
}

/* How often a CPU has recorded that a thread moved from one CPU to another. */
static unsigned find_move(unsigned cpu, uint64_t id, unsigned from, unsigned to)
{
    struct trace_span span = trace_span(cpu);
    struct trace_record record;
    unsigned found = 0;

    for (uint64_t number = span.first; number < span.end; number++) {
        found += trace_read(cpu, number, &record) && is(&record, TRACE_MIGRATE) && record.a == id &&
                 record.what >> 16 == (to | from << 8);
    }
    return found;
}

/* Records of an event on all CPUs. */
static unsigned count_of(enum trace_event event)
{
    struct trace_record record;
    unsigned found = 0;

    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        struct trace_span span = trace_span(cpu);

        for (uint64_t number = span.first; number < span.end; number++) {
            found += trace_read(cpu, number, &record) && is(&record, event);
        }
    }
    return found;
}

KTEST(trace_keeps_order)
{
    struct trace_record record, last = {0};
    struct trace_span span;
    unsigned long irq;

    start();
    irq = arch_irq_save();
    for (uint64_t i = 0; i < 10; i++) {
        trace_record(TRACE_FAULT, MARK, i, ~i);
    }
    span = trace_span(cpu_index());
    KTEST_EXPECT(span.end - span.first == 10);
    for (uint64_t i = 0; i < 10; i++) {
        KTEST_REQUIRE(trace_read(cpu_index(), span.first + i, &record));
        KTEST_EXPECT(record.a == i && record.b == ~i);
        KTEST_EXPECT(record.what == (TRACE_FAULT | cpu_index() << 8 | MARK << 16));
        KTEST_EXPECT(record.time >= last.time);
        last = record;
    }
    arch_irq_restore(irq);
}

KTEST(trace_overwrites_the_oldest)
{
    struct trace_record record;
    struct trace_span span;
    unsigned long irq;

    start();
    irq = arch_irq_save();
    for (uint64_t i = 0; i < TRACE_RECORDS + 7; i++) {
        trace_record(TRACE_FAULT, MARK, i, 0);
    }
    span = trace_span(cpu_index());
    KTEST_EXPECT(span.end - span.first == TRACE_RECORDS);
    KTEST_EXPECT(span.first - span.cleared == 7);
    KTEST_EXPECT(!trace_read(cpu_index(), span.first - 1, &record));
    for (uint64_t number = span.first; number < span.end; number++) {
        KTEST_REQUIRE(trace_read(cpu_index(), number, &record));
        KTEST_REQUIRE(record.a == number - span.cleared);
    }
    arch_irq_restore(irq);
    trace_clear();
}

KTEST(trace_is_silent_when_off)
{
    struct trace_record record;

    start();
    trace_point(TRACE_FAULT, MARK, 1, 1);
    thread_yield();
    thread_sleep(WAIT);
    KTEST_EXPECT(find_any(TRACE_FAULT, 1, 1, &record) == 0);
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        KTEST_EXPECT(trace_span(cpu).end == trace_span(cpu).cleared);
    }
}

static void mark(void *arg)
{
    trace_record(TRACE_FAULT, MARK, (uintptr_t)arg, cpu_index() + 1);
}

static int visit_all(void *arg)
{
    unsigned cpu;

    cpumask_for_each(cpu, cpu_online())
    {
        if (thread_set_affinity(thread_current(), cpumask_of(cpu)) != 0 || cpu_index() != cpu) {
            return -1;
        }
    }
    return 0;
}

/* From whichever CPU it began on to the first, and on to each of the others. */
KTEST(trace_shows_who_moves)
{
    cpumask_t cpus = cpu_online();
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpumask_first(cpus))};
    struct trace_record record;
    struct thread *thread;
    int result = -1;
    uint64_t id;

    start();
    trace_set_events(BIT(TRACE_MIGRATE));
    KTEST_REQUIRE(thread_create(&thread, "moves", visit_all, NULL, &attr) == 0);
    id = thread_id(thread);
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(thread_join(thread, &result, TIMER_NEVER) == 0 && result == 0);
    trace_set_events(0);
    KTEST_EXPECT(find_any(TRACE_MIGRATE, id, 0, &record) + 1 >= cpumask_count(cpus));
    for (unsigned cpu = 0, last = CPUS_MAX; cpu < cpu_count(); cpu++) {
        unsigned found = 0;

        if (!cpumask_has(cpus, cpu)) {
            continue;
        }
        for (unsigned at = 0; at < cpu_count() && last != CPUS_MAX; at++) {
            found += find_move(at, id, last, cpu);
        }
        KTEST_EXPECT(last == CPUS_MAX || found == 1);
        last = cpu;
    }
    trace_clear();
}

KTEST(trace_has_a_ring_for_each_cpu)
{
    static const char here;
    struct trace_record record;
    unsigned cpu;

    start();
    trace_set_events(TRACE_ALL);
    smp_call(cpu_online(), mark, (void *)(uintptr_t)&here, true);
    trace_set_events(0);
    cpumask_for_each(cpu, cpu_online())
    {
        KTEST_EXPECT(find(cpu, TRACE_FAULT, (uintptr_t)&here, cpu + 1, &record) == 1);
        KTEST_EXPECT((record.what >> 8 & 0xff) == cpu);
    }
    if (cpumask_count(cpu_online()) > 1) {
        KTEST_EXPECT(count_of(TRACE_IPI_SEND) > 0 && count_of(TRACE_IPI_ENTER) > 0);
        KTEST_EXPECT(count_of(TRACE_IPI_ENTER) >= count_of(TRACE_IPI_EXIT));
    }
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

KTEST(trace_sees_a_thread)
{
    struct trace_record entered = {0}, woken = {0}, left = {0}, ended = {0};
    struct thread *thread;
    uint64_t id;

    start();
    trace_set_events(TRACE_ALL);
    KTEST_REQUIRE(thread_create(&thread, "seen", do_nothing, NULL, NULL) == 0);
    id = thread_id(thread);
    KTEST_REQUIRE(thread_resume(thread) == 0);
    KTEST_REQUIRE(thread_join(thread, NULL, TIMER_NEVER) == 0);
    trace_set_events(0);
    KTEST_EXPECT(find_any(TRACE_WAKE, id, 0, &woken) == 1);
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        struct trace_span span = trace_span(cpu);
        struct trace_record record;

        for (uint64_t number = span.first; number < span.end; number++) {
            if (trace_read(cpu, number, &record) && is(&record, TRACE_SWITCH)) {
                entered = record.b == id ? record : entered;
                left = record.a == id ? record : left;
            }
        }
    }
    KTEST_EXPECT(entered.b == id && left.a == id);
    KTEST_EXPECT(left.time >= entered.time && left.what >> 16 == THREAD_TERMINATED);
    KTEST_EXPECT(find_any(TRACE_THREAD_END, id, 0, &ended) == 1);
    KTEST_EXPECT(memcmp(&ended.b, "seen\0\0\0", 8) == 0);
}

KTEST(trace_sees_a_fault)
{
    struct trace_record fault = {0};
    struct aspace *space;
    struct vmo *vmo;
    virt_addr_t at = 0;
    uint64_t value = 1;

    start();
    KTEST_REQUIRE(aspace_create("traced", &space) == 0);
    KTEST_REQUIRE(vmo_create(PAGE_SIZE, 0, &vmo) == 0);
    KTEST_REQUIRE(region_map(aspace_root(space), 0, vmo, 0, PAGE_SIZE, VM_READ | VM_WRITE, &at) ==
                  0);
    aspace_switch(space);
    trace_set_events(TRACE_ALL);
    KTEST_EXPECT(user_copy_in(&value, user_pointer(at), sizeof(value)) == 0);
    trace_set_events(0);
    KTEST_EXPECT(value == 0);
    KTEST_EXPECT(find_any(TRACE_FAULT, at, 0, &fault) == 1);
    KTEST_EXPECT((fault.what >> 16 & 0xff & FAULT_READ) != 0);
    KTEST_EXPECT(fault.what >> 24 == FAULT_HANDLED && fault.b != 0);
    aspace_switch(NULL);
    aspace_destroy(space);
    vmo_unref(vmo);
}

static void fire(struct timer *timer)
{
    (void)timer;
}

KTEST(trace_sees_a_timer)
{
    struct trace_record set = {0}, begun = {0}, done = {0};
    static struct timer timer;
    uint64_t deadline, give_up;

    start();
    trace_set_events(TRACE_ALL);
    timer_init(&timer, fire);
    deadline = clock_ns() + WAIT;
    give_up = deadline + ENOUGH;
    timer_set(&timer, deadline, 0);
    while (timer_is_set(&timer) && clock_ns() < give_up) {
        arch_cpu_relax();
    }
    thread_sleep(NS_PER_MS);
    trace_set_events(0);
    KTEST_EXPECT(find_any(TRACE_TIMER_SET, (uintptr_t)&timer, deadline, &set) == 1);
    KTEST_EXPECT(find_any(TRACE_TIMER_ENTER, (uintptr_t)&timer, (uintptr_t)fire, &begun) == 1);
    KTEST_EXPECT(find_any(TRACE_TIMER_EXIT, (uintptr_t)&timer, 0, &done) == 1);
    KTEST_EXPECT(set.time <= begun.time && begun.time <= done.time);
    KTEST_EXPECT(count_of(TRACE_IRQ_ENTER) > 0);
}

KTEST(trace_knows_its_kinds)
{
    char wrong[] = "trace on switch,nothing", some[] = "trace on switch,tick", off[] = "trace off";

    start();
    KTEST_EXPECT(command_run(wrong) < 0);
    KTEST_EXPECT(trace_events() == 0);
    KTEST_EXPECT(command_run(some) == 0);
    KTEST_EXPECT(trace_events() == (BIT(TRACE_SWITCH) | BIT(TRACE_THREAD_END) | BIT(TRACE_TICK)));
    KTEST_EXPECT(command_run(off) == 0);
    KTEST_EXPECT(trace_events() == 0);
}
