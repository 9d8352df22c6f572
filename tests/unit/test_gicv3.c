/* SPDX-License-Identifier: MIT */
/* The GICv3 against a model of its registers: redistributors in several ranges, of three strides, in any
 * order; waking them; groups, routes, and interrupts from CPU to CPU by affinity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <keel/errno.h>

#include "../../drivers/irqchip/gic.c"
#include "../../drivers/irqchip/gicv3.c"
#include "../../drivers/irqchip/gicv3_redist.c"
#include "fake_gic.h"
#include "fake_io.h"

#define DIST_AT   0x100000ul
#define REDIST_AT 0x10000000ul
#define REDISTS   8

static struct gicv3 gic;

/* Redistributors as they lie in memory. */
struct redist {
    uintptr_t at;
    uint64_t affinity; /* of the CPU */
    uint32_t typer;
    unsigned cpu;
    bool asleep;
};

static struct {
    uint32_t control, typer;
    unsigned busy; /* reads until what was written has taken effect */
    struct redist redist[REDISTS];
    unsigned redists;
    uint64_t route[1020];
    uint64_t affinity[FAKE_CPUS];
    bool closed, deaf;
    bool enabled[FAKE_CPUS];
    unsigned priority_mask;
    unsigned pending[16], pending_count, acknowledged;
    unsigned ended[64], ends;
    char sgis[512];
} m;

/* --- The CPU's interface --- */

unsigned gicv3_acknowledge(void)
{
    return m.acknowledged < m.pending_count ? m.pending[m.acknowledged++] : GIC_NONE;
}

void gicv3_end(unsigned intid)
{
    m.ended[m.ends++ % 64] = intid;
}

void gicv3_raise_sgi(uint64_t affinity, uint32_t list, unsigned sgi)
{
    size_t len = strlen(m.sgis);

    snprintf(m.sgis + len, sizeof(m.sgis) - len, "%llx:%x:%u ",
             (unsigned long long)(affinity & ~0xfull), list, sgi);
}

uint64_t gicv3_own_affinity(void)
{
    return m.affinity[fake_cpu];
}

bool gicv3_open_interface(unsigned priority_mask)
{
    m.priority_mask = priority_mask;
    return !m.closed;
}

void gicv3_enable_interface(void)
{
    m.enabled[fake_cpu] = true;
}

/* --- Registers --- */

static struct redist *redist_at(uintptr_t at)
{
    for (unsigned i = 0; i < m.redists; i++) {
        if (at >= m.redist[i].at && at - m.redist[i].at < 2 * GICR_FRAME) {
            return &m.redist[i];
        }
    }
    fail_msg("there is no redistributor at %#lx", (unsigned long)at);
    return NULL;
}

static uint32_t busy_bit(uint32_t bit)
{
    m.busy -= m.busy > 0;
    return m.busy > 0 ? bit : 0;
}

static uint32_t redist_read(struct redist *redist, uint32_t offset, unsigned width)
{
    if (offset >= GICR_SGI_FRAME) {
        assert_false(redist->asleep);
        return fake_bank_read(&fake_own[redist->cpu], offset - GICR_SGI_FRAME, width);
    }
    switch (offset) {
    case GICR_CTLR:
        return busy_bit(CTLR_RWP_GICR);
    case GICR_TYPER:
        return redist->typer;
    case GICR_TYPER + 4:
        return (uint32_t)((redist->affinity >> 8 & 0xff000000) | (redist->affinity & 0xffffff));
    case GICR_WAKER:
        return redist->asleep ? GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP : 0;
    default:
        fail_msg("redistributor register %#x", offset);
        return 0;
    }
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    uintptr_t at = (uintptr_t)io->base + offset;

    if (at >= REDIST_AT) {
        struct redist *redist = redist_at(at);

        return redist_read(redist, (uint32_t)(at - redist->at), width);
    }
    switch (offset) {
    case GICD_CTLR:
        return m.control | busy_bit(CTLR_RWP_GICD);
    case GICD_TYPER:
        return m.typer;
    default:
        return fake_bank_read(&fake_shared, offset, width);
    }
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    uintptr_t at = (uintptr_t)io->base + offset;

    if (at >= REDIST_AT) {
        struct redist *redist = redist_at(at);

        offset = (uint32_t)(at - redist->at);
        if (offset == GICR_WAKER) {
            redist->asleep &= m.deaf || (value & GICR_WAKER_SLEEP) != 0;
        } else {
            assert_true(offset >= GICR_SGI_FRAME && !redist->asleep);
            fake_bank_write(&fake_own[redist->cpu], offset - GICR_SGI_FRAME, value, width);
        }
    } else if (offset == GICD_CTLR) {
        m.control = value;
    } else {
        assert_true(fake_line(offset) >= 32);
        fake_bank_write(&fake_shared, offset, value, width);
    }
}

void mmio_write64(volatile void *addr, uint64_t value)
{
    uintptr_t offset = (uintptr_t)addr - DIST_AT;

    assert_in_range(offset, GICD_IROUTER + 32 * 8, GICD_IROUTER + 1019 * 8);
    assert_true(m.control & GICD_CTLR_ARE);
    m.route[(offset - GICD_IROUTER) / 8] = value;
}

uint32_t mmio_read32(const volatile void *addr)
{
    fail_msg("read of %p", (const void *)addr);
    return 0;
}

void mmio_write32(volatile void *addr, uint32_t value)
{
    fail_msg("write of %#x to %p", value, (void *)addr);
}

static uint64_t affinity_of(unsigned cpu)
{
    return (uint64_t)(cpu / 4) << 32 | (cpu / 2 % 2) << 8 | cpu % 2;
}

/* A range of redistributors of these CPUs, frames each. */
static void add_region(unsigned first_cpu, unsigned cpus, unsigned frames, uint32_t flags)
{
    struct io_region *region = &gic.redist[gic.regions];
    uintptr_t at = REDIST_AT + gic.regions * 0x1000000ul;

    *region = (struct io_region){
        .base = (void *)at, .size = (uint64_t)cpus * frames * GICR_FRAME, .phys = at};
    for (unsigned i = 0; i < cpus; i++) {
        m.redist[m.redists++] = (struct redist){
            .at = at + (uintptr_t)i * frames * GICR_FRAME,
            .affinity = m.affinity[first_cpu + i],
            .typer = flags | (i == cpus - 1 ? GICR_TYPER_LAST : 0),
            .cpu = first_cpu + i,
            .asleep = true,
        };
    }
    gic.regions++;
}

static int setup(void **state)
{
    fake_gic_reset();
    memset(&m, 0, sizeof(m));
    memset(&gic, 0, sizeof(gic));
    m.typer = 8;
    m.control = CTLR_RWP_GICR | GICD_CTLR_ENABLE;
    m.busy = 3;
    gic.dist.base = (void *)DIST_AT;
    for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
        m.affinity[cpu] = affinity_of(cpu);
    }
    return 0;
}

static void test_start_undoes_firmware(void **state)
{
    add_region(0, 8, 2, 0);
    assert_int_equal(gicv3_start(&gic), 0);
    assert_int_equal(gic.chip.lines, 288);
    assert_int_equal(m.control, GICD_CTLR_ARE | GICD_CTLR_ENABLE);
    assert_int_equal(m.priority_mask, 0xf0);
    assert_true(m.enabled[0]);
    for (unsigned hw = 0; hw < 288; hw++) {
        const struct fake_bank *bank = hw < 32 ? &fake_own[0] : &fake_shared;

        assert_false(fake_enabled(0, hw));
        assert_int_equal(bank->group[hw / 32], UINT32_MAX);
        assert_int_equal(bank->modifier[hw / 32], 0);
        assert_int_equal(bank->pending[hw / 32], 0);
        assert_int_equal(bank->active[hw / 32], 0);
        assert_int_equal(bank->priority[hw], GIC_PRIORITY);
        assert_int_equal(m.route[hw], 0);
    }
    assert_false(m.redist[0].asleep);
    assert_true(m.redist[1].asleep);
}

/* Every CPU finds its own, wherever it lies and however far they are apart. */
static void check_all_cpus(void)
{
    assert_int_equal(gicv3_start(&gic), 0);
    for (fake_cpu = 1; fake_cpu < FAKE_CPUS; fake_cpu++) {
        assert_int_equal(gic.chip.ops->start_cpu(&gic.chip), 0);
        gic.chip.ops->unmask(&gic.chip, 27);
        assert_int_equal(fake_own[fake_cpu].enabled[0], 1 << 27);
        assert_false(m.redist[fake_cpu].asleep);
    }
    fake_cpu = 0;
}

static void test_gicv3_frames(void **state)
{
    add_region(0, 8, 2, 0);
    check_all_cpus();
}

static void test_gicv4_frames(void **state)
{
    add_region(0, 8, 4, GICR_TYPER_VLPIS);
    check_all_cpus();
}

static void test_stride_of_the_tree(void **state)
{
    gic.stride = 6ull * GICR_FRAME;
    add_region(0, 8, 6, 0);
    check_all_cpus();
}

static void test_several_regions(void **state)
{
    add_region(0, 1, 2, 0);
    add_region(1, 4, 2, 0);
    add_region(5, 3, 4, GICR_TYPER_VLPIS);
    check_all_cpus();
}

/* Ranges that end before a redistributor says that it is the last, or in the middle of one. */
static void test_short_region(void **state)
{
    add_region(0, 4, 2, 0);
    m.redist[3].typer = 0;
    add_region(4, 2, 2, 0);
    gic.redist[1].size -= GICR_FRAME;
    assert_int_equal(gicv3_start(&gic), 0);
    fake_cpu = 4;
    assert_int_equal(gicv3_start_cpu(&gic), 0);
    fake_cpu = 5;
    assert_int_equal(gicv3_start_cpu(&gic), -ENXIO);
    fake_cpu = 6;
    assert_int_equal(gicv3_start_cpu(&gic), -ENXIO);
    assert_false(m.enabled[6]);
}

static void test_what_can_fail(void **state)
{
    add_region(0, 2, 2, 0);
    m.closed = true;
    assert_int_equal(gicv3_start(&gic), -ENODEV);
    m.closed = false;
    m.deaf = true;
    assert_int_equal(gicv3_start(&gic), -ETIMEDOUT);
    m.deaf = false;
    m.busy = UINT32_MAX;
    assert_int_equal(gicv3_start(&gic), -ETIMEDOUT);
    m.busy = 0;
    assert_int_equal(gicv3_start(&gic), 0);
}

static void test_lines_and_routes(void **state)
{
    const struct irq_chip_ops *op;

    add_region(0, 8, 2, 0);
    check_all_cpus();
    op = gic.chip.ops;
    op->unmask(&gic.chip, 100);
    assert_true(fake_enabled(0, 100));
    op->mask(&gic.chip, 100);
    assert_false(fake_enabled(0, 100));
    op->unmask(&gic.chip, 30);
    assert_true(fake_enabled(0, 30));
    assert_false(fake_enabled(5, 30));
    op->mask(&gic.chip, 30);
    assert_false(fake_enabled(0, 30));
    assert_int_equal(op->set_affinity(&gic.chip, 100, cpumask_of(6) | cpumask_of(7)), 6);
    assert_int_equal(m.route[100], affinity_of(6));
    assert_int_equal(op->set_trigger(&gic.chip, 100, IRQ_EDGE_RISING), 0);
    assert_int_equal(fake_shared.config[6], 2 << 8);
    fake_cpu = 3;
    op->raise(&gic.chip, 27);
    assert_int_equal(fake_own[3].pending[0], 1 << 27);
    assert_int_equal(op->set_priority(&gic.chip, 27, 7), 0);
    assert_int_equal(fake_own[3].priority[27], 7);
}

static void test_sgis_by_cluster(void **state)
{
    m.affinity[7] = 0x13; /* the range above 16 in the lowest field */
    add_region(0, 8, 2, 0);
    check_all_cpus();
    gicv3_send(&gic, cpumask_of(1));
    assert_string_equal(m.sgis, "0:2:0 ");
    m.sgis[0] = '\0';
    gicv3_send(&gic, 0xff);
    assert_string_equal(m.sgis, "0:3:0 100:3:0 100000000:3:0 100000100:1:0 10:8:0 ");
}

static void test_handling(void **state)
{
    const unsigned pending[] = {0, 27, 100};

    add_region(0, 8, 2, 0);
    assert_int_equal(gicv3_start(&gic), 0);
    memcpy(m.pending, pending, sizeof(pending));
    m.pending_count = 3;
    gicv3_handle(&gic);
    assert_int_equal(fake_dispatched.count, 3);
    assert_memory_equal(m.ended, pending, sizeof(pending));
    assert_int_equal(fake_dispatched.spurious, 0);
    gicv3_handle(&gic);
    assert_int_equal(fake_dispatched.spurious, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start_undoes_firmware, setup),
        cmocka_unit_test_setup(test_gicv3_frames, setup),
        cmocka_unit_test_setup(test_gicv4_frames, setup),
        cmocka_unit_test_setup(test_stride_of_the_tree, setup),
        cmocka_unit_test_setup(test_several_regions, setup),
        cmocka_unit_test_setup(test_short_region, setup),
        cmocka_unit_test_setup(test_what_can_fail, setup),
        cmocka_unit_test_setup(test_lines_and_routes, setup),
        cmocka_unit_test_setup(test_sgis_by_cluster, setup),
        cmocka_unit_test_setup(test_handling, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
