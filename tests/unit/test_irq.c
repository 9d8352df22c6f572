/* SPDX-License-Identifier: MIT */
/* The interrupt core over a made-up controller: requests, sharing, masks, threads, counters, storms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>

#include "../../core/device/irq_internal.h"
#include "fake_log.h"

#define LINES  40
#define PERCPU 8

struct fdt system_fdt;
_Thread_local unsigned fake_cpu;
uint64_t fake_counter, fake_counter_step;
static uint64_t now_ns;

uint64_t clock_ns(void)
{
    return now_ns;
}

/* --- What the core allocates --- */

static unsigned allocations_left = UINT32_MAX;
static int blocks;

static void *take(size_t size)
{
    if (allocations_left == 0) {
        return NULL;
    }
    allocations_left--;
    blocks++;
    return calloc(1, size);
}

void *kzalloc(size_t size)
{
    return take(size);
}

void *kcalloc(size_t count, size_t size)
{
    return take(count * size);
}

void *kmalloc_aligned(size_t size, size_t align)
{
    void *block = take(1);

    if (block) {
        free(block);
        block = aligned_alloc(align, ALIGN_UP(size, align));
    }
    return block;
}

void kfree(void *block)
{
    blocks -= block != NULL;
    free(block);
}

/* --- The controller --- */

static struct {
    bool unmasked[CPUS_MAX][LINES]; /* lines of all CPUs in [0] */
    enum irq_trigger trigger[CPUS_MAX][LINES];
    cpumask_t route[LINES];
    unsigned eois[LINES];
    unsigned started;
    char order[256]; /* m, u, e as they come */
} gate;

static bool *gate_of(unsigned hw)
{
    return &gate.unmasked[hw < PERCPU ? fake_cpu : 0][hw];
}

static void note(char what)
{
    size_t len = strlen(gate.order);

    if (len + 1 < sizeof(gate.order)) {
        gate.order[len] = what;
        gate.order[len + 1] = '\0';
    }
}

static int fake_translate(struct irq_chip *chip, const uint32_t *cells, unsigned count,
                          unsigned *hw, enum irq_trigger *trigger)
{
    if (count != 2) {
        return -EINVAL;
    }
    *hw = cells[0];
    *trigger = cells[1];
    return 0;
}

static void fake_mask(struct irq_chip *chip, unsigned hw)
{
    note('m');
    *gate_of(hw) = false;
}

static void fake_unmask(struct irq_chip *chip, unsigned hw)
{
    note('u');
    *gate_of(hw) = true;
}

static int fake_set_trigger(struct irq_chip *chip, unsigned hw, enum irq_trigger trigger)
{
    if (trigger == IRQ_EDGE_BOTH) {
        return -ENOTSUP;
    }
    gate.trigger[hw < PERCPU ? fake_cpu : 0][hw] = trigger;
    return 0;
}

static int fake_set_affinity(struct irq_chip *chip, unsigned hw, cpumask_t cpus)
{
    gate.route[hw] = cpus;
    return (int)cpumask_first(cpus);
}

static void fake_eoi(struct irq_chip *chip, unsigned hw)
{
    note('e');
    gate.eois[hw]++;
}

static int fake_start_cpu(struct irq_chip *chip)
{
    gate.started++;
    return fake_cpu == 3 ? -ENXIO : 0;
}

static const struct irq_chip_ops ops = {
    .translate = fake_translate,
    .mask = fake_mask,
    .unmask = fake_unmask,
    .set_trigger = fake_set_trigger,
    .set_affinity = fake_set_affinity,
    .eoi = fake_eoi,
    .start_cpu = fake_start_cpu,
};

static struct irq_chip chip = {
    .name = "fake", .ops = &ops, .node = 100, .lines = LINES, .percpu_lines = PERCPU};

/* --- Devices --- */

struct dev {
    unsigned calls;
    unsigned thread_calls;
    enum irq_result result;
    struct irq *irq;
};

static enum irq_result handler(void *arg)
{
    struct dev *dev = arg;

    dev->calls++;
    assert_true(irq_cpu_data[fake_cpu].depth == 0 || irq_in_handler());
    return dev->result;
}

static void thread(void *arg)
{
    ((struct dev *)arg)->thread_calls++;
}

static int request_on(struct irq_chip *of, struct dev *dev, unsigned hw, unsigned flags,
                      irq_thread_t *second)
{
    struct irq_request request = {.name = "dev",
                                  .handler = handler,
                                  .thread = second,
                                  .arg = dev,
                                  .flags = flags,
                                  .trigger = IRQ_LEVEL_HIGH};

    return irq_request_line(of, hw, &request, &dev->irq);
}

static int request(struct dev *dev, unsigned hw, unsigned flags)
{
    return request_on(&chip, dev, hw, flags, NULL);
}

/* An interrupt of a line on the calling CPU, when it is not masked. */
static bool fire(unsigned hw)
{
    if (!*gate_of(hw)) {
        return false;
    }
    irq_dispatch(&chip, hw);
    return true;
}

static int setup(void **state)
{
    memset(&gate, 0, sizeof(gate));
    fake_cpu = 0;
    now_ns += 1000000000;
    return fake_log_reset(state);
}

static void test_request_unmasks_and_release_masks(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};

    assert_int_equal(request(&dev, 10, 0), 0);
    assert_true(gate.unmasked[0][10]);
    assert_int_equal(gate.trigger[0][10], IRQ_LEVEL_HIGH);
    assert_int_equal(gate.route[10], 1);
    assert_true(fire(10));
    assert_int_equal(dev.calls, 1);
    assert_int_equal(gate.eois[10], 1);
    assert_int_equal(irq_count(dev.irq, 0), 1);
    irq_release(dev.irq);
    assert_false(gate.unmasked[0][10]);
}

static void test_bad_requests(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};
    struct irq_request none = {.name = "none"};
    struct fdt_irq spec = {.controller = 100, .count = 2, .cells = {11, IRQ_EDGE_RISING}};
    struct irq *irq;

    assert_int_equal(request(&dev, LINES, 0), -EINVAL);
    assert_int_equal(irq_request_line(&chip, 1, &none, &irq), -EINVAL);
    assert_int_equal(request(&dev, 12, IRQ_SHARED | IRQ_MASKED), -EINVAL);
    chip.none_is_0 = true;
    assert_int_equal(request(&dev, 0, 0), -EINVAL);
    chip.none_is_0 = false;
    assert_int_equal(request_on(&chip, &dev, 2, 0, thread), -EINVAL);
    none.handler = handler;
    none.arg = &dev;
    none.trigger = IRQ_EDGE_BOTH;
    assert_int_equal(irq_request_line(&chip, 11, &none, &irq), -ENOTSUP);
    none.trigger = IRQ_TRIGGER_DEFAULT;
    spec.controller = 101;
    assert_int_equal(irq_request(&spec, &none, &irq), -ENXIO);
    spec.controller = 100;
    spec.count = 3;
    assert_int_equal(irq_request(&spec, &none, &irq), -EINVAL);
    spec.count = 2;
    spec.cells[0] = LINES;
    assert_int_equal(irq_request(&spec, &none, &irq), -EINVAL);
    spec.cells[0] = 11;
    assert_int_equal(irq_request(&spec, &none, &irq), 0);
    assert_int_equal(gate.trigger[0][11], IRQ_EDGE_RISING);
    assert_int_equal(request(&dev, 11, 0), -EBUSY);
    assert_int_equal(request(&dev, 11, IRQ_SHARED), -EBUSY);
    irq_release(irq);
}

static void test_out_of_memory_leaves_nothing(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};
    int before = blocks;

    for (unsigned left = 0; left < 2; left++) {
        allocations_left = left;
        assert_int_equal(request(&dev, 13, 0), -ENOMEM);
        assert_int_equal(blocks, before);
    }
    allocations_left = UINT32_MAX;
    assert_int_equal(request(&dev, 13, 0), 0);
    irq_release(dev.irq);
}

static void test_shared_line(void **state)
{
    struct dev a = {.result = IRQ_NONE}, b = {.result = IRQ_HANDLED}, c = {.result = IRQ_NONE};

    assert_int_equal(request(&a, 14, IRQ_SHARED), 0);
    assert_int_equal(request(&b, 14, IRQ_SHARED), 0);
    assert_int_equal(request(&c, 14, 0), -EBUSY);
    assert_int_equal(request(&c, 14, IRQ_SHARED), 0);
    fire(14);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 1);
    assert_int_equal(c.calls, 1);
    irq_release(b.irq);
    assert_true(fire(14));
    assert_int_equal(b.calls, 1);
    assert_int_equal(c.calls, 2);
    irq_release(a.irq);
    irq_release(c.irq);
    assert_false(fire(14));
}

static void test_masks_nest(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};

    assert_int_equal(request(&dev, 15, IRQ_MASKED), 0);
    assert_false(fire(15));
    irq_unmask(dev.irq);
    assert_true(fire(15));
    irq_mask(dev.irq);
    irq_mask(dev.irq);
    irq_unmask(dev.irq);
    assert_false(fire(15));
    irq_unmask(dev.irq);
    assert_true(fire(15));
    irq_unmask(dev.irq); /* one too many is ignored */
    irq_mask(dev.irq);
    assert_false(fire(15));
    irq_release(dev.irq);
}

static void test_percpu_line_is_each_cpus_own(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};

    assert_int_equal(request(&dev, 3, 0), 0);
    assert_int_equal(irq_set_affinity(dev.irq, 1), -ENOTSUP);
    assert_true(fire(3));
    fake_cpu = 1;
    assert_false(fire(3));
    irq_unmask(dev.irq);
    assert_int_equal(gate.trigger[1][3], IRQ_LEVEL_HIGH);
    assert_true(fire(3));
    assert_true(fire(3));
    fake_cpu = 0;
    irq_mask(dev.irq);
    assert_false(fire(3));
    fake_cpu = 1;
    assert_true(fire(3));
    assert_int_equal(irq_count(dev.irq, 0), 1);
    assert_int_equal(irq_count(dev.irq, 1), 3);
    irq_release(dev.irq);
}

static void test_affinity_wants_cpus_that_are_up(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};

    assert_int_equal(request(&dev, 16, 0), 0);
    assert_int_equal(irq_set_affinity(dev.irq, cpumask_of(2)), -EINVAL);
    fake_cpu = 2;
    assert_int_equal(irq_cpu_start(), 0);
    assert_int_equal(gate.started, 1);
    assert_int_equal(irq_set_affinity(dev.irq, cpumask_of(2) | cpumask_of(7)), 2);
    assert_int_equal(gate.route[16], cpumask_of(2));
    fire(16);
    assert_int_equal(irq_count(dev.irq, 2), 1);
    fake_cpu = 3;
    assert_int_equal(irq_cpu_start(), -ENXIO);
    assert_int_equal(irq_set_affinity(dev.irq, cpumask_of(3)), -EINVAL);
    irq_release(dev.irq);
}

/* Its lines go to others; its own are as before it came. */
static void test_a_cpu_leaves(void **state)
{
    struct dev moves = {.result = IRQ_HANDLED}, stays = {.result = IRQ_HANDLED},
               own = {.result = IRQ_HANDLED};

    fake_cpu = 2;
    assert_int_equal(irq_cpu_start(), 0);
    assert_int_equal(request(&moves, 16, 0), 0);
    assert_int_equal(request(&stays, 17, 0), 0);
    assert_int_equal(request(&own, 3, 0), 0);
    assert_int_equal(irq_set_affinity(moves.irq, cpumask_of(2)), 2);
    gate.route[17] = 0;
    irq_cpu_leave();
    assert_int_equal(gate.route[16], irq_cpus());
    assert_int_equal(gate.route[17], 0);
    assert_false(cpumask_has(irq_cpus(), 2));
    assert_int_equal(irq_set_affinity(moves.irq, cpumask_of(2)), -EINVAL);
    assert_true(fire(3));
    irq_mask(own.irq);
    irq_cpu_stop();
    assert_false(gate.unmasked[2][3]);
    assert_true(gate.unmasked[0][16]);
    assert_int_equal(irq_cpu_start(), 0);
    irq_unmask(own.irq);
    assert_true(fire(3));
    assert_int_equal(irq_count(own.irq, 2), 2);
    assert_int_equal(irq_set_affinity(moves.irq, cpumask_of(2)), 2);
    irq_release(moves.irq);
    irq_release(stays.irq);
    irq_release(own.irq);
}

static void test_nobody_asked(void **state)
{
    struct irq_stats before, after;
    struct dev dev = {.result = IRQ_HANDLED};

    irq_get_stats(&before);
    gate.unmasked[0][20] = true;
    assert_true(fire(20));
    assert_int_equal(gate.eois[20], 1);
    assert_false(fire(20));
    assert_non_null(strstr(fake_text, "line 20"));
    irq_spurious(&chip);
    irq_get_stats(&after);
    assert_int_equal(after.strays, before.strays + 1);
    assert_int_equal(after.spurious, before.spurious + 1);
    assert_int_equal(request(&dev, 20, 0), 0);
    assert_true(fire(20));
    assert_int_equal(dev.calls, 1);
    irq_release(dev.irq);
}

static void test_storm_of_nothing(void **state)
{
    struct dev dev = {.result = IRQ_NONE};
    unsigned count = 0;

    assert_int_equal(request(&dev, 21, 0), 0);
    for (unsigned i = 0; i < 900; i++) {
        assert_true(fire(21));
    }
    dev.result = IRQ_HANDLED;
    fire(21);
    dev.result = IRQ_NONE;
    for (unsigned i = 0; i < 900; i++) {
        assert_true(fire(21));
    }
    assert_null(strstr(fake_text, "storm"));
    while (count < 2000 && fire(21)) {
        count++;
    }
    assert_int_equal(count, 100);
    assert_non_null(strstr(fake_text, "fake line 21 (dev): storm"));
    irq_unmask(dev.irq); /* its driver may unmask as it likes: only a new request ends it */
    irq_release(dev.irq);
    assert_int_equal(request(&dev, 21, 0), 0);
    assert_true(fire(21));
    irq_release(dev.irq);
}

/* A line that keeps coming although its handler is content; so many ns apart, so many in one entry. */
static unsigned fire_often(struct dev *dev, unsigned hw, uint64_t apart, unsigned per_entry)
{
    unsigned count = 0;

    assert_int_equal(request(dev, hw, 0), 0);
    while (count < 100000 && fire(hw)) {
        now_ns += apart;
        irq_cpu_data[0].entries += count++ % per_entry == 0;
    }
    irq_release(dev->irq);
    return count;
}

static void test_storm_of_rate(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};

    /* 2 us is the limit, for about a tenth of a second. */
    assert_int_equal(fire_often(&dev, 22, 2100, 1), 100000);
    assert_null(strstr(fake_text, "storm"));
    assert_in_range(fire_often(&dev, 23, 1900, 1), 10 * 1024, 12 * 1024);
    assert_non_null(strstr(fake_text, "fake line 23 (dev): storm"));
    /* Never lets the CPU go on, at whatever pace. */
    assert_int_equal(fire_often(&dev, 24, 10000, 10), 100000);
    assert_in_range(fire_often(&dev, 25, 10000, 100), 10 * 1024, 12 * 1024);
    /* The timer may come as often as it likes. */
    assert_int_equal(fire_often(&dev, 4, 100, 1), 100000);
}

/* --- Second halves --- */

static struct {
    void (*run)(void *arg);
    void *arg;
    unsigned wakes;
    unsigned stops;
    int err;
    void (*at_stop)(void); /* what else still happens while a request is released */
} worker;

static int fake_start(const char *name, void (*run)(void *arg), void *arg, void **out)
{
    worker.run = run;
    worker.arg = arg;
    *out = &worker;
    return worker.err;
}

static void fake_wake(void *thread_of)
{
    assert_ptr_equal(thread_of, &worker);
    note('w');
    worker.wakes++;
}

static void fake_stop(void *thread_of)
{
    worker.stops++;
    if (worker.at_stop) {
        worker.at_stop();
    }
}

static const struct irq_thread_ops thread_ops = {fake_start, fake_wake, fake_stop};

/* Requested and interrupted before there are threads: served as soon as there are. */
static void test_thread_later(void **state)
{
    struct dev dev = {.result = IRQ_WAKE_THREAD};

    assert_int_equal(request_on(&chip, &dev, 30, 0, thread), 0);
    assert_true(fire(30));
    assert_false(fire(30));
    assert_int_equal(worker.wakes, 0);
    irq_set_thread_ops(&thread_ops);
    assert_int_equal(worker.wakes, 1);
    worker.run(worker.arg);
    assert_int_equal(dev.thread_calls, 1);
    assert_true(gate.unmasked[0][30]);
    irq_release(dev.irq);
    assert_int_equal(worker.stops, 1);
}

/* A level line is masked, before the end is told, until its thread has run; an edge line is not. */
static void test_thread_and_mask(void **state)
{
    struct dev dev = {.result = IRQ_WAKE_THREAD};
    struct irq_request edge = {
        .name = "edge", .thread = thread, .arg = &dev, .trigger = IRQ_EDGE_RISING};

    assert_int_equal(request_on(&chip, &dev, 31, 0, thread), 0);
    gate.order[0] = '\0';
    assert_true(fire(31));
    assert_string_equal(gate.order, "mwe");
    assert_false(fire(31));
    irq_mask(dev.irq);
    worker.run(worker.arg);
    assert_false(fire(31));
    irq_unmask(dev.irq);
    assert_true(fire(31));
    worker.run(worker.arg);
    worker.run(worker.arg); /* once more than asked for does no harm */
    assert_true(fire(31));
    irq_release(dev.irq);

    worker.wakes = 0;
    assert_int_equal(irq_request_line(&chip, 32, &edge, &dev.irq), 0);
    assert_true(fire(32) && fire(32));
    assert_int_equal(worker.wakes, 2);
    irq_release(dev.irq);
}

/* One of two that share goes while its second half is due: the other keeps the line. */
static void test_release_while_masked(void **state)
{
    struct dev a = {.result = IRQ_WAKE_THREAD}, b = {.result = IRQ_HANDLED};

    assert_int_equal(request_on(&chip, &a, 33, IRQ_SHARED, thread), 0);
    assert_int_equal(request(&b, 33, IRQ_SHARED), 0);
    assert_true(fire(33));
    assert_false(fire(33));
    irq_release(a.irq);
    assert_true(fire(33));
    assert_int_equal(b.calls, 2);
    irq_release(b.irq);
}

static void end_second_half(void)
{
    worker.run(worker.arg);
}

static void end_first_half(void)
{
    irq_wake_thread(worker.arg);
}

/* Halves that end while their request is released: the line stays masked, and the next who wants it
 * gets it. */
static void test_halves_end_in_release(void **state)
{
    static void (*const ends[])(void) = {NULL, end_second_half, end_first_half};

    for (unsigned i = 0; i < 2 * ARRAY_SIZE(ends); i++) {
        struct dev dev = {.result = IRQ_WAKE_THREAD};

        assert_int_equal(request_on(&chip, &dev, 36, 0, thread), 0);
        assert_true(fire(36));
        worker.at_stop = ends[i / 2];
        if (i % 2 != 0) {
            worker.run(worker.arg);
        }
        irq_release(dev.irq);
        worker.at_stop = NULL;
        assert_false(gate.unmasked[0][36]);
    }
}

static void test_no_thread_no_request(void **state)
{
    struct dev dev = {.result = IRQ_WAKE_THREAD};

    worker.err = -ENOMEM;
    assert_int_equal(request_on(&chip, &dev, 34, 0, thread), -ENOMEM);
    assert_false(gate.unmasked[0][34]);
    worker.err = 0;
}

/* --- In and out --- */

static unsigned exits;

static void root(void)
{
    assert_true(irq_in_handler());
    fire(35);
}

static void leave(bool preemptible)
{
    assert_true(preemptible);
    assert_false(irq_in_handler());
    exits++;
}

static void test_entry(void **state)
{
    struct dev dev = {.result = IRQ_HANDLED};
    struct irq_stats before, after;

    ASSERT_PANICS(irq_handle(true));
    irq_cpu_data[0].depth = 0;
    irq_set_root(root);
    assert_int_equal(request(&dev, 35, 0), 0);
    irq_get_stats(&before);
    irq_handle(true);
    irq_set_exit_hook(leave);
    irq_handle(true);
    irq_get_stats(&after);
    assert_int_equal(exits, 1);
    assert_int_equal(dev.calls, 2);
    assert_int_equal(after.taken, before.taken + 2);
    assert_int_equal(after.handled, before.handled + 2);
    assert_false(irq_in_handler());
    irq_release(dev.irq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_request_unmasks_and_release_masks, setup),
        cmocka_unit_test_setup(test_bad_requests, setup),
        cmocka_unit_test_setup(test_out_of_memory_leaves_nothing, setup),
        cmocka_unit_test_setup(test_shared_line, setup),
        cmocka_unit_test_setup(test_masks_nest, setup),
        cmocka_unit_test_setup(test_percpu_line_is_each_cpus_own, setup),
        cmocka_unit_test_setup(test_affinity_wants_cpus_that_are_up, setup),
        cmocka_unit_test_setup(test_a_cpu_leaves, setup),
        cmocka_unit_test_setup(test_nobody_asked, setup),
        cmocka_unit_test_setup(test_storm_of_nothing, setup),
        cmocka_unit_test_setup(test_storm_of_rate, setup),
        cmocka_unit_test_setup(test_thread_later, setup),
        cmocka_unit_test_setup(test_thread_and_mask, setup),
        cmocka_unit_test_setup(test_release_while_masked, setup),
        cmocka_unit_test_setup(test_halves_end_in_release, setup),
        cmocka_unit_test_setup(test_no_thread_no_request, setup),
        cmocka_unit_test_setup(test_entry, setup),
    };

    assert_int_equal(irq_chip_register(&chip), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
