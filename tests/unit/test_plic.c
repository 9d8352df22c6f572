/* SPDX-License-Identifier: MIT */
/* The PLIC over a model of its registers (RISC-V PLIC Specification 1.0.0): contexts as trees tell them,
 * masks, routes, priorities, and the end of what was masked or moved while it was handled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/boot_info.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/smp.h>

#include "../../drivers/irqchip/plic.c"
#include "../../drivers/irqchip/plic_dt.c"
#include "fake_io.h"
#include "fdt_tree.h"

#define CONTEXTS 16
#define SOURCES  53

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
struct fdt system_fdt;

/* --- The hardware --- */

static struct {
    uint32_t priority[SOURCES + 1];
    uint32_t priority_mask;
    bool raised[SOURCES + 1];  /* the device's line, by level */
    bool claimed[SOURCES + 1]; /* until its end: the gateway lets nothing through */
    uint32_t enable[CONTEXTS][2];
    uint32_t threshold[CONTEXTS];
    unsigned touched; /* contexts, a bit each */
} hw;

static bool is_enabled(unsigned context, unsigned source)
{
    return (hw.enable[context][source / 32] >> source % 32 & 1) != 0;
}

static uint32_t claim(unsigned context)
{
    uint32_t best = 0;

    for (unsigned source = 1; source <= SOURCES; source++) {
        if (hw.raised[source] && !hw.claimed[source] && is_enabled(context, source) &&
            hw.priority[source] > hw.threshold[context] &&
            hw.priority[source] > (best != 0 ? hw.priority[best] : 0)) {
            best = source;
        }
    }
    if (best != 0) {
        hw.claimed[best] = true;
    }
    return best;
}

static uint32_t *plain_register(uint32_t offset)
{
    if (offset < 4 * (SOURCES + 1)) {
        return &hw.priority[offset / 4];
    }
    if (offset >= 0x2000 && offset < 0x2000 + 0x80 * CONTEXTS && offset % 0x80 < 8) {
        hw.touched |= 1u << (offset - 0x2000) / 0x80;
        return &hw.enable[(offset - 0x2000) / 0x80][offset % 0x80 / 4];
    }
    if (offset >= 0x200000 && offset < 0x200000 + 0x1000 * CONTEXTS && offset % 0x1000 == 0) {
        hw.touched |= 1u << (offset - 0x200000) / 0x1000;
        return &hw.threshold[(offset - 0x200000) / 0x1000];
    }
    fail_msg("access to %#x", offset);
    return NULL;
}

static bool is_claim(uint32_t offset)
{
    return offset >= 0x200000 && offset % 0x1000 == 4;
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned width)
{
    assert_int_equal(width, 4);
    return is_claim(offset) ? claim((offset - 0x200000) / 0x1000) : *plain_register(offset);
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value, unsigned width)
{
    assert_int_equal(width, 4);
    if (is_claim(offset)) {
        /* An end is heard from a context where the source is enabled. */
        if (value <= SOURCES && is_enabled((offset - 0x200000) / 0x1000, value)) {
            hw.claimed[value] = false;
        }
    } else if (offset < 4 * (SOURCES + 1)) {
        hw.priority[offset / 4] = value & hw.priority_mask;
    } else {
        *plain_register(offset) = value;
    }
}

/* --- The kernel around it --- */

static unsigned dispatched[SOURCES + 1], spurious, order[8], handled;
static void (*in_handler)(unsigned source);
static void (*external_handler)(void);
static struct irq_chip *registered;
static int cpu_of_hart[8];

void irq_dispatch(struct irq_chip *chip, unsigned source)
{
    dispatched[source]++;
    order[handled++ % 8] = source;
    if (in_handler) {
        in_handler(source);
    }
    hw.raised[source] = false; /* the handler has served the device */
    chip->ops->eoi(chip, source);
}

void irq_spurious(struct irq_chip *chip)
{
    spurious++;
}

int irq_chip_register(struct irq_chip *chip)
{
    registered = chip;
    return 0;
}

void riscv_intc_set_external(void (*handler)(void))
{
    external_handler = handler;
}

int cpu_by_hw_id(uint64_t hart)
{
    return hart < 8 ? cpu_of_hart[hart] : -ENOENT;
}

int device_registers(struct device *dev, unsigned index, struct io_region *out)
{
    *out = (struct io_region){.size = 0x4000000};
    return 0;
}

void *kzalloc(size_t size)
{
    return calloc(1, size);
}

void kfree(void *block)
{
    free(block);
}

/* --- Trees --- */

static unsigned lookups; /* phandles that the reader had to find */

int __real_fdt_by_phandle(const struct fdt *of, uint32_t phandle);
int __wrap_fdt_by_phandle(const struct fdt *of, uint32_t phandle);

int __wrap_fdt_by_phandle(const struct fdt *of, uint32_t phandle)
{
    lookups++;
    return __real_fdt_by_phandle(of, phandle);
}

static void harts(unsigned count)
{
    NODE("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    for (uint32_t hart = 0; hart < count; hart++) {
        NODE("cpu");
        CELLS("reg", hart);
        NODE("interrupt-controller");
        CELLS("#interrupt-cells", 1);
        CELLS("phandle", hart + 1);
        END();
        END();
    }
    END();
}

static int probe_tree(void)
{
    struct device dev = {0};

    assert_int_equal(tree_end(), 0);
    system_fdt = fdt;
    dev.node = fdt_find(&system_fdt, "/plic");
    assert_true(dev.node > 0);
    return probe(&dev);
}

/* Each hart has M-mode and S-mode, as QEMU's virt machine does. */
static void virt_machine(unsigned count)
{
    static uint32_t cells[32];

    tree_begin(1, 1);
    harts(count);
    for (unsigned hart = 0; hart < count; hart++) {
        memcpy(&cells[4 * hart], (uint32_t[]){hart + 1, 11, hart + 1, 9}, 16);
    }
    NODE("plic");
    fdt_build_cells(&tree, "interrupts-extended", cells, 4 * count);
    CELLS("riscv,ndev", SOURCES);
    END();
    assert_int_equal(probe_tree(), 0);
}

static int setup(void **state)
{
    memset(&hw, 0, sizeof(hw));
    memset(dispatched, 0, sizeof(dispatched));
    hw.priority_mask = 7;
    for (unsigned source = 0; source <= SOURCES; source++) {
        hw.priority[source] = 3; /* as an earlier stage left them */
    }
    for (unsigned context = 0; context < CONTEXTS; context++) {
        hw.enable[context][0] = hw.enable[context][1] = UINT32_MAX;
        hw.threshold[context] = 7;
    }
    for (unsigned hart = 0; hart < 8; hart++) {
        cpu_of_hart[hart] = (int)hart;
    }
    spurious = handled = fake_cpu = 0;
    in_handler = NULL;
    the_plic = NULL;
    return 0;
}

static int teardown(void **state)
{
    free(the_plic);
    return 0;
}

static void raise(unsigned source)
{
    hw.raised[source] = true;
}

static void take(unsigned cpu)
{
    fake_cpu = cpu;
    external_handler();
}

static const struct irq_chip_ops *chip_ops(void)
{
    return registered->ops;
}

/* Opens a source on a CPU. */
static void open_line(unsigned source, unsigned cpu)
{
    assert_int_equal(chip_ops()->set_affinity(registered, source, cpumask_of(cpu)), cpu);
    chip_ops()->unmask(registered, source);
}

static void start(unsigned cpu)
{
    fake_cpu = cpu;
    assert_int_equal(plic_start_cpu(registered), 0);
}

/* --- Tests --- */

static void contexts_of_virt(void **state)
{
    virt_machine(4);
    for (int cpu = 0; cpu < 4; cpu++) {
        assert_int_equal(the_plic->contexts[cpu], 2 * cpu + 1);
    }
    assert_int_equal(registered->lines, SOURCES + 1);
    assert_int_equal(hw.touched, 2); /* nothing of M-mode's, nor of harts that may not be there */
}

/* Hart 0 has M-mode alone and is none of ours; indices are not harts (VisionFive 2, boot hart 3). */
static void contexts_with_a_hart_that_is_left_out(void **state)
{
    cpu_of_hart[0] = -ENOENT;
    cpu_of_hart[1] = 1;
    cpu_of_hart[2] = 2;
    cpu_of_hart[3] = 0;
    cpu_of_hart[4] = 3;
    tree_begin(1, 1);
    harts(5);
    NODE("plic");
    CELLS("interrupts-extended", 1, 11, 2, 11, 2, 9, 3, 11, 3, 9, 4, 11, 4, 9, 5, 11, 5, 9);
    CELLS("riscv,ndev", SOURCES);
    END();
    assert_int_equal(probe_tree(), 0);
    assert_int_equal(the_plic->contexts[0], 6);
    assert_int_equal(the_plic->contexts[1], 2);
    assert_int_equal(the_plic->contexts[2], 4);
    assert_int_equal(the_plic->contexts[3], 8);
}

/* An entry may be empty (phandle 0) or name an interrupt that firmware took away (-1): both count. */
static void entries_without_use_count(void **state)
{
    tree_begin(1, 1);
    harts(2);
    NODE("plic");
    CELLS("interrupts-extended", 0, 1, 0xffffffff, 1, 9, 0, 2, 9);
    CELLS("riscv,ndev", SOURCES);
    END();
    assert_int_equal(probe_tree(), 0);
    assert_int_equal(the_plic->contexts[0], 2);
    assert_int_equal(the_plic->contexts[1], 4);
}

/* As long as it can be, and longer: each entry is looked at once, and those that are too many never. */
static void long_lists_are_read_once(void **state)
{
    static uint32_t cells[2 * (PLIC_CONTEXTS_MAX + 1000)];

    for (size_t i = 0; i < ARRAY_SIZE(cells); i += 2) {
        memcpy(&cells[i], (uint32_t[]){1, 11}, 8);
    }
    memcpy(&cells[0], (uint32_t[]){1, 9}, 8);
    memcpy(&cells[2 * (PLIC_CONTEXTS_MAX - 1)], (uint32_t[]){2, 9}, 8);
    memcpy(&cells[2 * PLIC_CONTEXTS_MAX], (uint32_t[]){3, 9}, 8);
    tree_begin(1, 1);
    harts(3);
    NODE("plic");
    fdt_build_cells(&tree, "interrupts-extended", cells, ARRAY_SIZE(cells));
    CELLS("riscv,ndev", SOURCES);
    END();
    lookups = 0;
    assert_int_equal(probe_tree(), 0);
    assert_int_equal(the_plic->contexts[0], 0);
    assert_int_equal(the_plic->contexts[1], PLIC_CONTEXTS_MAX - 1);
    assert_int_equal(the_plic->contexts[2], -ENOENT);
    assert_in_range(lookups, PLIC_CONTEXTS_MAX, PLIC_CONTEXTS_MAX + 10);
}

/* What stands before the place where a list is broken counts. */
static void a_list_ends_where_it_is_broken(void **state)
{
    tree_begin(1, 1);
    harts(2);
    NODE("plic");
    CELLS("interrupts-extended", 1, 9, 77, 9, 2, 9);
    CELLS("riscv,ndev", SOURCES);
    END();
    assert_int_equal(probe_tree(), 0);
    assert_int_equal(the_plic->contexts[0], 0);
    assert_int_equal(the_plic->contexts[1], -ENOENT);
}

static void broken_trees_are_refused(void **state)
{
    tree_begin(1, 1);
    harts(1);
    NODE("plic");
    CELLS("interrupts-extended", 1, 11);
    CELLS("riscv,ndev", SOURCES);
    END();
    assert_int_equal(probe_tree(), -ENXIO); /* the boot CPU has none */
    assert_null(the_plic);
    tree_begin(1, 1);
    harts(1);
    NODE("plic");
    CELLS("interrupts-extended", 1, 9);
    END();
    assert_int_equal(probe_tree(), -ENOENT); /* how many there are is not said */
    tree_begin(1, 1);
    harts(1);
    NODE("plic");
    CELLS("interrupts-extended", 1, 9);
    CELLS("riscv,ndev", 1024);
    END();
    assert_int_equal(probe_tree(), -EINVAL);
    assert_null(the_plic);
}

static void nothing_is_left_of_the_stage_before(void **state)
{
    virt_machine(2);
    for (unsigned source = 1; source <= SOURCES; source++) {
        assert_int_equal(hw.priority[source], 0);
        assert_false(is_enabled(1, source));
    }
    assert_int_equal(hw.threshold[1], 0);
    assert_int_equal(hw.threshold[3], 7); /* that CPU opens it */
    start(1);
    assert_int_equal(hw.threshold[3], 0);
    for (unsigned source = 1; source <= SOURCES; source++) {
        assert_false(is_enabled(3, source));
    }
    raise(5);
    take(0);
    assert_int_equal(handled, 0);
    assert_int_equal(spurious, 1);
}

static void a_line_comes_to_its_cpu(void **state)
{
    virt_machine(4);
    start(2);
    open_line(SOURCES, 0);
    open_line(33, 2);
    raise(SOURCES);
    raise(33);
    take(2);
    assert_int_equal(dispatched[33], 1);
    assert_int_equal(dispatched[SOURCES], 0);
    take(0);
    assert_int_equal(dispatched[SOURCES], 1);
    raise(33);
    take(2);
    assert_int_equal(dispatched[33], 2);
    assert_int_equal(spurious, 0);
}

static void mask_it(unsigned source)
{
    chip_ops()->mask(registered, source);
}

/* As a line is that a thread serves: its end must be heard though it is masked. */
static void what_is_masked_while_handled_comes_again(void **state)
{
    virt_machine(1);
    open_line(10, 0);
    in_handler = mask_it;
    raise(10);
    take(0);
    raise(10);
    take(0);
    assert_int_equal(dispatched[10], 1);
    chip_ops()->unmask(registered, 10);
    take(0);
    assert_int_equal(dispatched[10], 2);
}

static void move_it(unsigned source)
{
    assert_int_equal(chip_ops()->set_affinity(registered, source, cpumask_of(1)), 1);
}

static void what_is_moved_while_handled_comes_again(void **state)
{
    virt_machine(2);
    start(1);
    fake_cpu = 0;
    open_line(10, 0);
    in_handler = move_it;
    raise(10);
    take(0);
    assert_false(hw.claimed[10]);
    assert_false(is_enabled(1, 10));
    assert_true(is_enabled(3, 10));
    in_handler = NULL;
    raise(10);
    take(1);
    assert_int_equal(dispatched[10], 2);
}

static void the_urgent_come_first(void **state)
{
    virt_machine(1);
    open_line(3, 0);
    open_line(4, 0);
    open_line(5, 0);
    assert_int_equal(chip_ops()->set_priority(registered, 5, 0), 0);
    assert_int_equal(chip_ops()->set_priority(registered, 3, 255), 0);
    assert_int_equal(hw.priority[5], 7);
    assert_int_equal(hw.priority[3], 1);
    assert_in_range(hw.priority[4], 2, 6);
    raise(3);
    raise(4);
    raise(5);
    take(0);
    assert_int_equal(order[0], 5);
    assert_int_equal(order[1], 4);
    assert_int_equal(order[2], 3);
    mask_it(4);
    assert_int_equal(chip_ops()->set_priority(registered, 4, 10), 0);
    assert_int_equal(hw.priority[4], 0); /* still masked */
}

static void one_priority_is_enough(void **state)
{
    hw.priority_mask = 1;
    virt_machine(1);
    open_line(3, 0);
    assert_int_equal(hw.priority[3], 1);
    chip_ops()->set_priority(registered, 3, 255);
    assert_int_equal(hw.priority[3], 1);
}

static void specifiers_are_checked(void **state)
{
    enum irq_trigger trigger;
    unsigned line;

    virt_machine(1);
    assert_int_equal(chip_ops()->translate(registered, (uint32_t[]){SOURCES}, 1, &line, &trigger),
                     0);
    assert_int_equal(line, SOURCES);
    assert_int_equal(chip_ops()->translate(registered, (uint32_t[]){0}, 1, &line, &trigger),
                     -EINVAL);
    assert_int_equal(
        chip_ops()->translate(registered, (uint32_t[]){SOURCES + 1}, 1, &line, &trigger), -EINVAL);
    assert_int_equal(chip_ops()->translate(registered, (uint32_t[]){1, 4}, 2, &line, &trigger),
                     -EINVAL);
}

static void cpus_out_of_reach_are_refused(void **state)
{
    virt_machine(2);
    assert_int_equal(chip_ops()->set_affinity(registered, 3, 0xc), -ENOTSUP);
    assert_int_equal(chip_ops()->set_affinity(registered, 3, 0xe), 1);
    fake_cpu = 3;
    assert_int_equal(plic_start_cpu(registered), -ENXIO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(contexts_of_virt),
        TEST(contexts_with_a_hart_that_is_left_out),
        TEST(entries_without_use_count),
        TEST(long_lists_are_read_once),
        TEST(a_list_ends_where_it_is_broken),
        TEST(broken_trees_are_refused),
        TEST(nothing_is_left_of_the_stage_before),
        TEST(a_line_comes_to_its_cpu),
        TEST(what_is_masked_while_handled_comes_again),
        TEST(what_is_moved_while_handled_comes_again),
        TEST(the_urgent_come_first),
        TEST(one_priority_is_enough),
        TEST(specifiers_are_checked),
        TEST(cpus_out_of_reach_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
