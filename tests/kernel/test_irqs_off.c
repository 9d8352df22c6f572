/* SPDX-License-Identifier: MIT */
/* The longest time that interrupts are off is found, with who turned them off. */
#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/irqs_off.h>
#include <keel/ktest.h>
#include <keel/parse.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>
#include <keel/string.h>
#include <keel/symbols.h>

#define LONG_US 20000u

static struct spinlock lock;

static __noinline void hold_lock(uint32_t us)
{
    unsigned long irq = spin_lock(&lock);

    clock_delay_us(us);
    spin_unlock(&lock, irq);
}

static bool is_in_hold_lock(virt_addr_t pc)
{
    char text[80];

    return !IS_ENABLED(CONFIG_SYMTAB) ||
           (symbol_format(text, sizeof(text), pc) > 0 && str_has_prefix(text, "hold_lock+"));
}

KTEST(irqs_off_finds_the_longest)
{
    struct irqs_off longest;
    uint64_t start;

    if (!IS_ENABLED(CONFIG_IRQS_OFF)) {
        return;
    }
    KTEST_REQUIRE(arch_irq_enabled());
    irqs_off_reset();
    hold_lock(10);
    start = arch_counter();
    hold_lock(LONG_US);
    start = arch_counter() - start;
    hold_lock(10);
    irqs_off_longest(&longest);
    /* As long as the call took, or longer: the host may have kept another CPU waiting. */
    KTEST_EXPECT(longest.ticks > start / 2);
    if (longest.ticks <= start) {
        KTEST_EXPECT(is_in_hold_lock(longest.from) && is_in_hold_lock(longest.to));
    }
}

/* Nested, only the outer pair counts; waiting with interrupts on does not. */
KTEST(irqs_off_counts_from_the_outer)
{
    struct irqs_off longest;
    unsigned long outer;
    uint64_t ticks;

    if (!IS_ENABLED(CONFIG_IRQS_OFF)) {
        return;
    }
    outer = arch_irq_save();
    irqs_off_reset();
    ticks = arch_counter();
    hold_lock(100);
    hold_lock(100);
    irqs_off_longest(&longest);
    KTEST_EXPECT(longest.cpu != cpu_index() || longest.ticks == 0);
    ticks = arch_counter() - ticks;
    arch_irq_restore(outer);
    irqs_off_longest(&longest);
    KTEST_EXPECT(longest.ticks >= ticks);
}
