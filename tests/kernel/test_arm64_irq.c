/* SPDX-License-Identifier: MIT */
/* The machine's GIC, whichever it is: lines that no device uses are raised, and what the core makes of
 * them. */
#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define SPI         0
#define RISING      1
#define HIGH        4
#define SPI_A       200 /* nobody's on this machine */
#define SPI_B       201
#define TRIES       100000000u
#define REPEATS     5000u
#define PATIENCE_MS 5000u /* an emulated CPU may have to wait for a real one */

struct device_under_test {
    struct irq *irq;
    unsigned count;
    unsigned cpu;
    enum irq_result result;
    unsigned again; /* raises itself so often more, from its handler */
};

static char order[8];

static enum irq_result on_irq(void *arg)
{
    struct device_under_test *dut = arg;
    size_t len = strlen(order);

    dut->cpu = cpu_index();
    KTEST_EXPECT(irq_in_handler() && !arch_irq_enabled());
    if (len + 1 < sizeof(order)) {
        order[len] = dut->again > 0 ? 'r' : (char)('a' + (dut->result == IRQ_NONE));
        order[len + 1] = '\0';
    }
    /* Whoever waits for the count, on another CPU, finds the rest done. */
    __atomic_store_n(&dut->count, dut->count + 1, __ATOMIC_RELEASE);
    if (dut->again > 0) {
        dut->again--;
        irq_raise(dut->irq);
    }
    return dut->result;
}

/* Lets interrupts in for a moment. */
static void open_window(void)
{
    unsigned long irq = arch_irq_save();

    arch_irq_enable();
    for (unsigned i = 0; i < 100; i++) {
        arch_cpu_relax();
    }
    arch_irq_restore(irq);
}

/* A line that an earlier test has left raised comes at once, and is forgotten. */
static int request(struct device_under_test *dut, uint32_t line, uint32_t flags)
{
    const struct irq_request request = {.name = "test", .handler = on_irq, .arg = dut};
    struct fdt_irq spec;
    int err;

    *dut = (struct device_under_test){.result = IRQ_HANDLED};
    if (device_interrupt(device_find("serial0"), 0, &spec) != 0) {
        return -ENOENT;
    }
    spec.cells[0] = SPI;
    spec.cells[1] = line;
    spec.cells[2] = flags;
    err = irq_request(&spec, &request, &dut->irq);
    open_window();
    dut->count = 0;
    memset(order, 0, sizeof(order));
    return err;
}

static void wait_for_count(const struct device_under_test *dut, unsigned count)
{
    unsigned long irq = arch_irq_save();

    arch_irq_enable();
    for (unsigned i = 0; i < TRIES && __atomic_load_n(&dut->count, __ATOMIC_ACQUIRE) < count; i++) {
        arch_cpu_relax();
    }
    arch_irq_restore(irq);
}

KTEST(arm64_irq_edge_line_is_raised)
{
    struct device_under_test dut;

    KTEST_REQUIRE(request(&dut, SPI_A, RISING) == 0);
    KTEST_EXPECT(irq_set_affinity(dut.irq, cpumask_of(0)) == 0);
    for (unsigned i = 1; i <= 10; i++) {
        KTEST_EXPECT(irq_raise(dut.irq) == 0);
        wait_for_count(&dut, i);
        KTEST_EXPECT(dut.count == i);
    }
    KTEST_EXPECT(irq_count(dut.irq, 0) >= 10);
    irq_mask(dut.irq);
    irq_raise(dut.irq);
    open_window();
    KTEST_EXPECT(dut.count == 10);
    irq_unmask(dut.irq); /* the edge was kept */
    wait_for_count(&dut, 11);
    KTEST_EXPECT(dut.count == 11);
    irq_release(dut.irq);
}

KTEST(arm64_irq_specifiers_and_triggers_are_checked)
{
    struct device_under_test dut, other;

    KTEST_EXPECT(request(&dut, 5000, RISING) == -EINVAL);
    KTEST_EXPECT(request(&dut, SPI_A, 15) == -EINVAL);
    KTEST_EXPECT(request(&dut, SPI_A, 8) == -ENOTSUP);
    KTEST_REQUIRE(request(&dut, SPI_A, HIGH) == 0);
    KTEST_EXPECT(request(&other, SPI_A, HIGH) == -EBUSY);
    irq_release(dut.irq);
}

/* Both wait while interrupts are off; the more urgent is served first. */
KTEST(arm64_irq_priorities_decide)
{
    struct device_under_test a, b;
    unsigned long irq;

    KTEST_REQUIRE(request(&a, SPI_A, RISING) == 0 && request(&b, SPI_B, RISING) == 0);
    b.result = IRQ_NONE; /* so that it shows as b */
    for (unsigned first = 0; first < 2; first++) {
        KTEST_EXPECT(irq_set_priority(a.irq, first == 0 ? 0x40 : 0xff) == 0);
        KTEST_EXPECT(irq_set_priority(b.irq, first == 0 ? 0xff : 0x40) == 0);
        memset(order, 0, sizeof(order));
        irq = arch_irq_save();
        irq_raise(a.irq);
        irq_raise(b.irq);
        arch_irq_restore(irq);
        wait_for_count(&a, first + 1);
        wait_for_count(&b, first + 1);
        KTEST_EXPECT(strcmp(order, first == 0 ? "ab" : "ba") == 0);
    }
    KTEST_EXPECT(irq_set_priority(a.irq, 0xa0) == 0 && irq_set_priority(b.irq, 0xa0) == 0);
    irq_release(a.irq);
    irq_release(b.irq);
}

KTEST(arm64_irq_goes_to_each_cpu)
{
    struct device_under_test dut;
    unsigned done = 0, cpu;

    KTEST_REQUIRE(request(&dut, SPI_A, RISING) == 0);
    KTEST_EXPECT(irq_set_affinity(dut.irq, ~irq_cpus()) == -EINVAL);
    cpumask_for_each(cpu, cpu_online() & irq_cpus())
    {
        KTEST_EXPECT(irq_set_affinity(dut.irq, cpumask_of(cpu)) == (int)cpu);
        irq_raise(dut.irq);
        wait_for_count(&dut, ++done);
        KTEST_EXPECT(dut.count == done && dut.cpu == cpu);
    }
    irq_release(dut.irq);
}

/* Raises a line that then comes again and again, and waits until it has come so often; how many storms the
 * core has seen meanwhile. */
static uint64_t count_storms(const struct device_under_test *dut, unsigned count)
{
    struct irq_stats before, after;

    irq_get_stats(&before);
    irq_raise(dut->irq);
    open_window();
    wait_for_count(dut, count);
    open_window();
    irq_get_stats(&after);
    return after.storms - before.storms;
}

/* Raised again and again although nobody finds anything: masked after a while, and the CPU goes on. */
KTEST(arm64_irq_storm_of_nothing_is_masked)
{
    struct device_under_test dut;

    KTEST_REQUIRE(request(&dut, SPI_A, RISING) == 0);
    dut.result = IRQ_NONE;
    dut.again = REPEATS;
    KTEST_EXPECT(count_storms(&dut, 1000) == 1);
    KTEST_EXPECT(dut.count == 1000 && dut.again > 0);
    irq_release(dut.irq);
}

/* A line that is always handled and never lets go. */
KTEST(arm64_irq_storm_without_pause_is_masked)
{
    struct device_under_test dut;

    KTEST_REQUIRE(request(&dut, SPI_A, RISING) == 0);
    dut.again = UINT32_MAX;
    KTEST_EXPECT(count_storms(&dut, 10 * 1024) == 1);
    KTEST_EXPECT(dut.count <= 12 * 1024);
    irq_release(dut.irq);
    /* What it left pending is gone with the next request. */
    KTEST_REQUIRE(request(&dut, SPI_B, RISING) == 0);
    irq_raise(dut.irq);
    wait_for_count(&dut, 1);
    KTEST_EXPECT(dut.count == 1);
    irq_release(dut.irq);
}

/* --- Second halves --- */

struct served {
    struct irq *irq;
    unsigned first, entered, second;
    unsigned sleeps; /* the second half raises the line and waits so many ms for its first, once */
    bool was_masked; /* when the second half ran, a new interrupt did not come in
                    */
    bool stay;       /* the second half stays in there while this is set */
};

static enum irq_result first_half(void *arg)
{
    struct served *served = arg;

    WRITE_ONCE(served->first, served->first + 1);
    return IRQ_WAKE_THREAD;
}

static void second_half(void *arg)
{
    struct served *served = arg;
    unsigned before = READ_ONCE(served->first);

    KTEST_EXPECT(!irq_in_handler() && arch_irq_enabled());
    WRITE_ONCE(served->entered, served->entered + 1);
    if (served->sleeps) {
        irq_raise(served->irq);
        for (unsigned i = 0; i < served->sleeps && READ_ONCE(served->first) == before; i++) {
            thread_sleep(NS_PER_MS);
        }
        served->was_masked = READ_ONCE(served->first) == before;
        served->sleeps = 0;
    }
    while (READ_ONCE(served->stay)) {
        thread_sleep(NS_PER_MS);
    }
    WRITE_ONCE(served->second, served->second + 1);
}

static int request_thread(struct served *served, uint32_t flags, irq_handler_t *handler)
{
    const struct irq_request request = {
        .name = "test", .handler = handler, .thread = second_half, .arg = served};
    struct fdt_irq spec;

    *served = (struct served){.first = 0};
    if (device_interrupt(device_find("serial0"), 0, &spec) != 0) {
        return -ENOENT;
    }
    spec.cells[0] = SPI;
    spec.cells[1] = SPI_A;
    spec.cells[2] = flags;
    return irq_request(&spec, &request, &served->irq);
}

static void wait_for_second(const struct served *served, unsigned count)
{
    for (unsigned i = 0; i < PATIENCE_MS && READ_ONCE(served->second) < count; i++) {
        thread_sleep(NS_PER_MS);
    }
}

/* A level line is masked until its thread has run, and what came meanwhile
 * comes then. */
KTEST(arm64_irq_second_half_of_a_level_line)
{
    struct served served;

    KTEST_REQUIRE(request_thread(&served, HIGH, first_half) == 0);
    served.sleeps = 2;
    irq_raise(served.irq);
    wait_for_second(&served, 2);
    KTEST_EXPECT(served.was_masked);
    KTEST_EXPECT(served.first == 2 && served.second == 2);
    irq_release(served.irq);
}

/* An edge line may come again while its thread runs, which then runs once more.
 */
KTEST(arm64_irq_second_half_of_an_edge_line)
{
    struct served served;

    KTEST_REQUIRE(request_thread(&served, RISING, first_half) == 0);
    served.sleeps = PATIENCE_MS;
    irq_raise(served.irq);
    wait_for_second(&served, 2);
    KTEST_EXPECT(!served.was_masked);
    KTEST_EXPECT(served.first == 2 && served.second == 2);
    irq_release(served.irq);
}

KTEST(arm64_irq_second_half_without_a_first)
{
    struct served served;

    KTEST_REQUIRE(request_thread(&served, HIGH, NULL) == 0);
    for (unsigned i = 1; i <= 20; i++) {
        irq_raise(served.irq);
        wait_for_second(&served, i);
        KTEST_EXPECT(served.second == i);
    }
    irq_release(served.irq);
}

static int let_go(void *arg)
{
    struct served *served = arg;

    thread_sleep(5 * NS_PER_MS);
    WRITE_ONCE(served->stay, false);
    return 0;
}

/* A release waits for the second half that is running. */
KTEST(arm64_irq_release_waits_for_the_second_half)
{
    struct served served;
    struct thread *other;

    KTEST_REQUIRE(request_thread(&served, HIGH, first_half) == 0);
    served.stay = true;
    irq_raise(served.irq);
    for (unsigned i = 0; i < 5000 && READ_ONCE(served.entered) == 0; i++) {
        thread_sleep(NS_PER_MS);
    }
    KTEST_REQUIRE(thread_run(&other, "let go", let_go, &served, NULL) == 0);
    irq_release(served.irq);
    KTEST_EXPECT(served.first == 1 && served.second == 1 && !served.stay);
    KTEST_EXPECT(thread_join(other, NULL, TIMER_NEVER) == 0);
}
