/* SPDX-License-Identifier: MIT */
/* The GICv2 against a model of its registers: what firmware left is undone, each CPU finds its interface,
 * lines are masked, triggered and routed, interrupts end with what was acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <keel/errno.h>

#include "../../drivers/irqchip/gic.c"
#include "../../drivers/irqchip/gicv2.c"
#include "fake_gic.h"
#include "fake_io.h"

#define DIST_AT ((void *)0x100000)
#define CPU_AT  ((void *)0x200000)

static struct gicv2 gic;

static struct {
    uint32_t dist_control, typer, sgi;
    uint8_t interface[FAKE_CPUS]; /* what each CPU's own targets read as */
    uint32_t control[FAKE_CPUS], mask[FAKE_CPUS], active[FAKE_CPUS];
    uint32_t pending[16]; /* what is acknowledged, in order */
    unsigned pending_count, acknowledged;
    uint32_t ended[64];
    unsigned ends;
} m;

static uint32_t dist_read(uint32_t offset, unsigned width)
{
    if (offset == GICD_CTLR) {
        return m.dist_control;
    }
    if (offset == GICD_TYPER) {
        return m.typer;
    }
    if (fake_in(offset, GICD_ITARGETSR, 32)) {
        return m.interface[fake_cpu] * 0x01010101u;
    }
    return fake_bank_read(fake_line(offset) < 32 ? &fake_own[fake_cpu] : &fake_shared, offset,
                          width);
}

static void dist_write(uint32_t offset, uint32_t value, unsigned width)
{
    if (offset == GICD_CTLR) {
        m.dist_control = value;
    } else if (offset == GICD_SGIR) {
        m.sgi = value;
    } else {
        fake_bank_write(fake_line(offset) < 32 ? &fake_own[fake_cpu] : &fake_shared, offset, value,
                        width);
    }
}

static uint32_t cpu_read(uint32_t offset)
{
    if (offset == GICC_IAR) {
        return m.acknowledged < m.pending_count ? m.pending[m.acknowledged++] : GIC_NONE;
    }
    return offset == GICC_CTLR ? m.control[fake_cpu] : 0;
}

static void cpu_write(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case GICC_CTLR:
        m.control[fake_cpu] = value;
        break;
    case GICC_PMR:
        m.mask[fake_cpu] = value;
        break;
    case GICC_EOIR:
        m.ended[m.ends++ % 64] = value;
        break;
    case GICC_APR0:
        m.active[fake_cpu] = value;
        break;
    default:
        break;
    }
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    return io->base == DIST_AT ? dist_read(offset, width) : cpu_read(offset);
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    if (io->base == DIST_AT) {
        dist_write(offset, value, width);
    } else {
        cpu_write(offset, value);
    }
}

uint32_t mmio_read32(const volatile void *addr)
{
    return cpu_read((uint32_t)((uintptr_t)addr - (uintptr_t)CPU_AT));
}

void mmio_write32(volatile void *addr, uint32_t value)
{
    if ((uintptr_t)addr >= (uintptr_t)CPU_AT) {
        cpu_write((uint32_t)((uintptr_t)addr - (uintptr_t)CPU_AT), value);
    } else {
        dist_write((uint32_t)((uintptr_t)addr - (uintptr_t)DIST_AT), value, 4);
    }
}

/* Interfaces 3, 0, 1 and so on: not in the order of the CPUs. */
static int setup(void **state)
{
    fake_gic_reset();
    memset(&m, 0, sizeof(m));
    m.typer = 8; /* 288 lines */
    for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
        m.interface[cpu] = (uint8_t)(1 << (cpu + 3) % FAKE_CPUS);
        m.active[cpu] = 5;
        m.control[cpu] = 0x3ff;
    }
    memset(&gic, 0, sizeof(gic));
    gic.dist.base = DIST_AT;
    gic.cpu.base = CPU_AT;
    return 0;
}

static void test_start_undoes_firmware(void **state)
{
    assert_int_equal(gicv2_start(&gic), 0);
    assert_int_equal(gic.chip.lines, 288);
    assert_int_equal(gic.chip.percpu_lines, 32);
    for (unsigned hw = 0; hw < 288; hw++) {
        const struct fake_bank *bank = hw < 32 ? &fake_own[0] : &fake_shared;

        assert_false(fake_enabled(0, hw));
        assert_int_equal(bank->pending[hw / 32], 0);
        assert_int_equal(bank->active[hw / 32], 0);
        assert_int_equal(bank->priority[hw], GIC_PRIORITY);
        if (hw >= 32) {
            assert_int_equal(bank->config[hw / 16], 0);
            assert_int_equal(bank->target[hw], 1 << 3);
        }
    }
    assert_int_equal(m.dist_control, 1);
    /* What firmware decided about bypassing stays, all else of the interface does not. */
    assert_int_equal(m.control[0], 0x1e1);
    assert_int_equal(m.mask[0], 0xf0);
    assert_int_equal(m.active[0], 0);
    assert_true(fake_enabled(1, 5));
}

static void test_most_and_fewest_lines(void **state)
{
    m.typer = 0x1f;
    assert_int_equal(gicv2_start(&gic), 0);
    assert_int_equal(gic.chip.lines, 1020);
    m.typer = 0;
    assert_int_equal(gicv2_start(&gic), 0);
    assert_int_equal(gic.chip.lines, 32);
}

static void test_cpus_find_their_interface(void **state)
{
    assert_int_equal(gicv2_start(&gic), 0);
    fake_cpu = 2;
    assert_int_equal(gic.chip.ops->start_cpu(&gic.chip), 0);
    assert_false(fake_enabled(2, 5));
    assert_int_equal(m.mask[2], 0xf0);
    gicv2_send(&gic, cpumask_of(0) | cpumask_of(2));
    assert_int_equal(m.sgi, (1 << 3 | 1 << 5) << 16);
    fake_cpu = 6;
    m.interface[6] = 0;
    assert_int_equal(gic.chip.ops->start_cpu(&gic.chip), -ENXIO);
}

/* With one interface there is nothing to be read, and nothing to choose. */
static void test_single_cpu(void **state)
{
    m.interface[0] = 0;
    assert_int_equal(gicv2_start(&gic), 0);
    assert_int_equal(gic.target[0], 1);
}

static void test_lines(void **state)
{
    const struct irq_chip_ops *op;

    assert_int_equal(gicv2_start(&gic), 0);
    op = gic.chip.ops;
    for (unsigned hw = 0; hw < 288; hw += 41) {
        op->unmask(&gic.chip, hw);
        assert_true(fake_enabled(0, hw));
        assert_int_equal(op->set_priority(&gic.chip, hw, 0x20), 0);
        assert_int_equal((hw < 32 ? &fake_own[0] : &fake_shared)->priority[hw], 0x20);
        op->set_priority(&gic.chip, hw, 255);
        assert_in_range((hw < 32 ? &fake_own[0] : &fake_shared)->priority[hw], 0, 0xef);
        op->mask(&gic.chip, hw);
        assert_false(fake_enabled(0, hw));
    }
    fake_cpu = 1;
    gicv2_start_cpu(&gic);
    fake_cpu = 0;
    assert_int_equal(op->set_affinity(&gic.chip, 100, cpumask_of(1) | cpumask_of(3)), 1);
    assert_int_equal(fake_shared.target[100], 1 << 4);
    op->raise(&gic.chip, 100);
    assert_int_equal(fake_shared.pending[3], 1 << 4);
}

static void test_triggers(void **state)
{
    const struct irq_chip_ops *op;

    assert_int_equal(gicv2_start(&gic), 0);
    op = gic.chip.ops;
    assert_int_equal(op->set_trigger(&gic.chip, 50, IRQ_EDGE_RISING), 0);
    assert_int_equal(fake_shared.config[3], 2 << 4);
    assert_int_equal(op->set_trigger(&gic.chip, 49, IRQ_EDGE_RISING), 0);
    assert_int_equal(fake_shared.config[3], 2 << 4 | 2 << 2);
    assert_int_equal(op->set_trigger(&gic.chip, 50, IRQ_LEVEL_HIGH), 0);
    assert_int_equal(fake_shared.config[3], 2 << 2);
    assert_int_equal(op->set_trigger(&gic.chip, 50, IRQ_LEVEL_LOW), -ENOTSUP);
    assert_int_equal(op->set_trigger(&gic.chip, 50, IRQ_EDGE_FALLING), -ENOTSUP);
    assert_int_equal(op->set_trigger(&gic.chip, 50, IRQ_EDGE_BOTH), -ENOTSUP);
    /* A CPU's own: how they are wired is no fault; low is what the wire does. */
    fake_fixed_config = UINT32_MAX;
    fake_own[0].config[1] = 0;
    assert_int_equal(op->set_trigger(&gic.chip, 27, IRQ_LEVEL_LOW), 0);
    assert_int_equal(op->set_trigger(&gic.chip, 27, IRQ_EDGE_RISING), 0);
    assert_int_equal(fake_own[0].config[1], 0);
    assert_int_equal(op->set_trigger(&gic.chip, 3, IRQ_EDGE_RISING), 0);
}

static void test_specifiers(void **state)
{
    const uint32_t spi[] = {0, 1, 4}, ppi[] = {1, 11, 0xf08}, last[] = {0, 255, 1};
    const uint32_t bad[][3] = {{0, 256, 4}, {1, 16, 4}, {2, 0, 4}, {0, 1, 3}, {0, 1, 15}};
    enum irq_trigger trigger;
    unsigned hw;

    assert_int_equal(gicv2_start(&gic), 0);
    assert_int_equal(gic_translate(&gic.chip, spi, 3, &hw, &trigger), 0);
    assert_true(hw == 33 && trigger == IRQ_LEVEL_HIGH);
    assert_int_equal(gic_translate(&gic.chip, ppi, 3, &hw, &trigger), 0);
    assert_true(hw == 27 && trigger == IRQ_LEVEL_LOW);
    assert_int_equal(gic_translate(&gic.chip, last, 3, &hw, &trigger), 0);
    assert_true(hw == 287 && trigger == IRQ_EDGE_RISING);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(gic_translate(&gic.chip, bad[i], 3, &hw, &trigger), -EINVAL);
    }
    assert_int_equal(gic_translate(&gic.chip, spi, 2, &hw, &trigger), -EINVAL);
}

static void test_handling(void **state)
{
    const uint32_t pending[] = {2 << 10 | 0, 100, 27, 287};

    assert_int_equal(gicv2_start(&gic), 0);
    memcpy(m.pending, pending, sizeof(pending));
    m.pending_count = 4;
    gicv2_handle(&gic);
    assert_int_equal(fake_dispatched.count, 4);
    assert_int_equal(fake_dispatched.lines[0], 0);
    assert_int_equal(fake_dispatched.lines[3], 287);
    assert_int_equal(m.ends, 4);
    assert_memory_equal(m.ended, pending, sizeof(pending));
    assert_int_equal(fake_dispatched.spurious, 0);
    gicv2_handle(&gic);
    assert_int_equal(fake_dispatched.spurious, 1);
    assert_int_equal(m.ends, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start_undoes_firmware, setup),
        cmocka_unit_test_setup(test_most_and_fewest_lines, setup),
        cmocka_unit_test_setup(test_cpus_find_their_interface, setup),
        cmocka_unit_test_setup(test_single_cpu, setup),
        cmocka_unit_test_setup(test_lines, setup),
        cmocka_unit_test_setup(test_triggers, setup),
        cmocka_unit_test_setup(test_specifiers, setup),
        cmocka_unit_test_setup(test_handling, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
