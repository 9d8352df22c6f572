/* SPDX-License-Identifier: MIT */
/* Which of the generic timers is taken, by what line, and what its registers get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/timer/arm_timer.c"
#include "fdt_tree.h"

struct fdt system_fdt;
_Thread_local unsigned fake_cpu;
uint64_t fake_counter, fake_counter_step;
struct fake_timer fake_timers[CPUS_MAX][2];
uint64_t fake_timer_offset;

static struct clockevent *registered;
static struct irq_request requested;
static uint32_t line; /* the PPI */
static unsigned fired, unmasked;
static int request_status;
static uint64_t hz;

uint64_t clock_hz(void)
{
    return hz;
}

uint64_t clock_counter_at(uint64_t ns)
{
    return ns == UINT64_MAX ? UINT64_MAX : ns / 16; /* too far is the furthest there is */
}

void clockevent_register(struct clockevent *device)
{
    registered = device;
}

void clockevent_fired(void)
{
    fired++;
}

int device_interrupt(struct device *dev, unsigned index, struct fdt_irq *out)
{
    return fdt_interrupt(&system_fdt, dev->node, index, out);
}

int irq_request(const struct fdt_irq *spec, const struct irq_request *request, struct irq **out)
{
    line = spec->cells[1];
    requested = *request;
    *out = (struct irq *)&requested;
    return request_status;
}

void irq_unmask(struct irq *irq)
{
    assert_ptr_equal(irq, &requested);
    unmasked++;
}

/* A tree whose timer has these PPIs, and names where they are not empty. */
static int probe(const uint32_t *ppis, unsigned count, const char *names, unsigned names_size)
{
    uint32_t cells[15];
    struct device dev;

    tree_begin(1, 1);
    CELLS("interrupt-parent", 1);
    NODE("gic");
    CELLS("phandle", 1);
    CELLS("#interrupt-cells", 3);
    FLAG("interrupt-controller");
    END();
    NODE("timer");
    for (unsigned i = 0; i < count; i++) {
        cells[i * 3] = 1;
        cells[i * 3 + 1] = ppis[i];
        cells[i * 3 + 2] = 4;
    }
    fdt_build_cells(&tree, "interrupts", cells, count * 3);
    if (names_size > 0) {
        fdt_build_prop(&tree, "interrupt-names", names, names_size);
    }
    END();
    assert_int_equal(tree_end(), 0);
    system_fdt = fdt;
    dev = (struct device){.node = fdt_find(&system_fdt, "/timer")};
    return driver_arm_timer.probe(&dev);
}

static int setup(void **state)
{
    memset(&timer, 0, sizeof(timer));
    memset(fake_timers, 0xff, sizeof(fake_timers));
    registered = NULL;
    request_status = 0;
    fired = unmasked = 0;
    fake_cpu = 0;
    hz = 62500000;
    line = 0;
    return 0;
}

/* A deadline would always be now. */
static void test_no_rate(void **state)
{
    const uint32_t ppis[] = {13, 14, 11, 10};

    hz = 0;
    assert_int_equal(probe(ppis, 4, NULL, 0), -ENODEV);
    assert_null(registered);
    assert_int_equal(line, 0);
}

static void test_third_line_is_the_virtual(void **state)
{
    const uint32_t ppis[] = {13, 14, 11, 10};

    assert_int_equal(probe(ppis, 4, NULL, 0), 0);
    assert_int_equal(line, 11);
    assert_false(timer.physical);
    assert_non_null(registered);
    assert_true(requested.flags & IRQ_MASKED);
    for (fake_cpu = 0; fake_cpu < 3; fake_cpu++) {
        assert_int_equal(registered->start_cpu(), 0);
        assert_int_equal(fake_timers[fake_cpu][0].control, 0);
        assert_int_equal(unmasked, fake_cpu + 1);
    }
    fake_cpu = 1;
    fake_timer_offset = 1000;
    registered->set_deadline(160);
    assert_int_equal(fake_timers[1][0].value, 10);
    assert_int_equal(fake_timers[1][0].control, GENERIC_TIMER_ENABLE);
    assert_int_equal(fake_timers[2][0].control, 0);
    registered->stop();
    assert_int_equal(fake_timers[1][0].control, 0);
}

static void test_without_the_virtual(void **state)
{
    const uint32_t ppis[] = {13, 14};

    fake_timer_offset = 1000;
    assert_int_equal(probe(ppis, 2, NULL, 0), 0);
    assert_int_equal(line, 14);
    assert_true(timer.physical);
    registered->set_deadline(160);
    assert_int_equal(fake_timers[0][1].value, 1010);
    assert_int_equal(fake_timers[0][0].control, UINT32_MAX);
}

/* Neither side of the counter's range is passed: what is too far does not come at once, nor what is past
 * never. */
static void test_values_do_not_wrap(void **state)
{
    static const struct {
        uint64_t offset, deadline_ns, value;
    } cases[] = {
        {0, 160, 10},
        {0, UINT64_MAX, UINT64_MAX},
        {1, UINT64_MAX, UINT64_MAX},
        {1000, UINT64_MAX, UINT64_MAX},
        {INT64_MAX, UINT64_MAX, UINT64_MAX},
        {INT64_MAX, 160, (uint64_t)INT64_MAX + 10},
        {(uint64_t)-10, 160, 0},
        {(uint64_t)-11, 160, 0},
        {(uint64_t)-4, 160, 6},
        {(uint64_t)-4, 0, 0},
        {(uint64_t)-4, UINT64_MAX, UINT64_MAX - 4},
        {(uint64_t)INT64_MIN, 160, 0},
    };
    const uint32_t ppis[] = {13, 14};

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        setup(NULL);
        fake_timer_offset = cases[i].offset;
        assert_int_equal(probe(ppis, 2, NULL, 0), 0);
        registered->set_deadline(cases[i].deadline_ns);
        assert_int_equal(fake_timers[0][1].value, cases[i].value);
        assert_int_equal(fake_timers[0][1].control, GENERIC_TIMER_ENABLE);
    }
}

static void test_names_decide(void **state)
{
    static const char both[] = "virt\0phys", phys[] = "hyp-phys\0sec-phys\0phys";
    const uint32_t ppis[] = {11, 14}, other[] = {10, 13, 14};

    assert_int_equal(probe(ppis, 2, both, sizeof(both)), 0);
    assert_int_equal(line, 11);
    setup(NULL);
    assert_int_equal(probe(other, 3, phys, sizeof(phys)), 0);
    assert_int_equal(line, 14);
    assert_true(timer.physical);
}

static void test_what_can_fail(void **state)
{
    static const char names[] = "hyp-phys";
    const uint32_t one[] = {13}, all[] = {13, 14, 11, 10};

    assert_int_equal(probe(one, 1, NULL, 0), -ENOENT);
    assert_int_equal(probe(one, 1, names, sizeof(names)), -ENOENT);
    assert_null(registered);
    setup(NULL);
    request_status = -ENXIO;
    assert_int_equal(probe(all, 4, NULL, 0), -ENXIO);
    assert_null(registered);
    setup(NULL);
    assert_int_equal(probe(all, 4, NULL, 0), 0);
    assert_int_equal(probe(all, 4, NULL, 0), -EBUSY);
}

static void test_interrupt(void **state)
{
    const uint32_t ppis[] = {13, 14, 11, 10};

    assert_int_equal(probe(ppis, 4, NULL, 0), 0);
    fake_timers[0][0].control = GENERIC_TIMER_ENABLE;
    assert_int_equal(requested.handler(NULL), IRQ_NONE);
    assert_int_equal(fired, 0);
    fake_timers[0][0].control |= GENERIC_TIMER_EXPIRED;
    assert_int_equal(requested.handler(NULL), IRQ_HANDLED);
    assert_int_equal(fired, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_rate, setup),
        cmocka_unit_test_setup(test_third_line_is_the_virtual, setup),
        cmocka_unit_test_setup(test_without_the_virtual, setup),
        cmocka_unit_test_setup(test_values_do_not_wrap, setup),
        cmocka_unit_test_setup(test_names_decide, setup),
        cmocka_unit_test_setup(test_what_can_fail, setup),
        cmocka_unit_test_setup(test_interrupt, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
