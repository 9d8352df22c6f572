/* SPDX-License-Identifier: MIT */
/* Interrupts of a PC: the old timer's line, by whichever controller it comes in. */
#include "../../drivers/irqchip/ioapic.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/gdt.h>
#include <arch/io.h>
#include <arch/trap.h>
#include <keel/clockevent.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/event.h>
#include <keel/irq.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/tick.h>

#define PIT_CHANNEL0 0x40
#define PIT_COMMAND  0x43
#define PIT_MODE2    0x34 /* channel 0, both bytes, rate generator */
#define PIT_STOP     0x30 /* one shot, which waits for a count */
#define PIT_DIVISOR  1193 /* about 1000 a second */
#define PIT_WAIT_MAX 400000000u
#define PIT_SILENCE  1000000u
#define TIMES        3u
#define PCI_LINE     22u

static struct {
    volatile uint32_t count;
    unsigned vector;
    bool interrupts_on, in_handler;
} seen;

static enum irq_result count_one(void *arg)
{
    seen.vector = arch_irq_vector();
    seen.interrupts_on |= arch_irq_enabled();
    seen.in_handler = irq_in_handler();
    seen.count++;
    return IRQ_HANDLED;
}

static void set_pit(uint8_t mode, unsigned divisor)
{
    port_write8(PIT_COMMAND, mode);
    if (divisor != 0) {
        port_write8(PIT_CHANNEL0, (uint8_t)divisor);
        port_write8(PIT_CHANNEL0, (uint8_t)(divisor >> 8));
    }
}

/* Waits until the handler has run `times` times, with interrupts on; whether it has. */
static bool wait_for_count(uint32_t times, uint32_t rounds)
{
    unsigned long irq = arch_irq_save();

    arch_irq_enable();
    for (uint32_t i = 0; seen.count < times && i < rounds; i++) {
        arch_cpu_relax();
    }
    arch_irq_restore(irq);
    return seen.count >= times;
}

/* Without local APICs the kernel's own timer comes in by this line. */
static bool timer_has_line(void)
{
    const char *name = clockevent_of(0)->name;

    return strcmp(name, "HPET") == 0 || strcmp(name, "PIT") == 0;
}

KTEST(x86_isa_line_interrupts)
{
    static const struct irq_request request = {.name = "test", .handler = count_one};
    int node = fdt_next_compatible(&system_fdt, -1, "intel,i8254");
    struct fdt_irq spec;
    struct irq *irq;
    uint32_t before;

    seen.count = 0;
    KTEST_EXPECT(fdt_interrupt(&system_fdt, node, 0, &spec) == 0);
    if (timer_has_line()) {
        KTEST_EXPECT(irq_request(&spec, &request, &irq) == -EBUSY);
        return;
    }
    KTEST_EXPECT(irq_request(&spec, &request, &irq) == 0);
    set_pit(PIT_MODE2, PIT_DIVISOR);
    KTEST_EXPECT(wait_for_count(TIMES, PIT_WAIT_MAX));
    KTEST_EXPECT(seen.in_handler && !seen.interrupts_on && !irq_in_handler());
    KTEST_EXPECT(seen.vector == 32 || seen.vector == 34);
    irq_mask(irq);
    before = seen.count;
    KTEST_EXPECT(irq_count(irq, 0) == before);
    KTEST_EXPECT(!wait_for_count(before + 1, PIT_SILENCE));
    irq_unmask(irq);
    KTEST_EXPECT(wait_for_count(before + TIMES, PIT_WAIT_MAX));
    set_pit(PIT_STOP, 0);
    irq_release(irq);
}

#if IS_ENABLED(CONFIG_IRQCHIP_IOAPIC)
/* Nobody translates a specifier then, and the pin of a PCI line has no vector before. */
KTEST(x86_lines_asked_for_by_number_have_a_vector)
{
    static const struct irq_request request = {
        .name = "test", .handler = count_one, .trigger = IRQ_EDGE_RISING, .flags = IRQ_MASKED};
    struct irq_chip *chip;
    struct irq *irq;
    unsigned pin;

    if (irq_find_line(PCI_LINE, &chip, &pin) != 0 || strcmp(chip->name, "ioapic") != 0) {
        return;
    }
    KTEST_REQUIRE(irq_request_line(chip, pin, &request, &irq) == 0);
    KTEST_EXPECT(ioapic_vector(chip->priv, pin) != 0);
    irq_release(irq);
}
#endif

/* --- The keyboard's line, by the controller's own means --- */

#define KBC_DATA        0x60
#define KBC_COMMAND     0x64
#define KBC_INPUT_FULL  2u
#define KBC_OUTPUT_FULL 1u
#define KBC_AS_KEY      0xd2 /* the next byte comes back as if the keyboard had sent it */
#define KEY_RELEASED    0xaa

static bool wait_for_kbc(uint8_t flag)
{
    for (unsigned i = 0; (port_read8(KBC_COMMAND) & flag) != 0 && i < PIT_WAIT_MAX / 100; i++) {
        arch_cpu_relax();
    }
    return (port_read8(KBC_COMMAND) & flag) == 0;
}

KTEST(x86_keys_are_taken_by_interrupt)
{
    unsigned long irq = arch_irq_save();

    KTEST_EXPECT(wait_for_kbc(KBC_INPUT_FULL));
    port_write8(KBC_COMMAND, KBC_AS_KEY);
    KTEST_EXPECT(wait_for_kbc(KBC_INPUT_FULL));
    port_write8(KBC_DATA, KEY_RELEASED);
    KTEST_EXPECT((port_read8(KBC_COMMAND) & KBC_OUTPUT_FULL) != 0); /* interrupts are off */
    arch_irq_enable();
    KTEST_EXPECT(wait_for_kbc(KBC_OUTPUT_FULL));
    arch_irq_restore(irq);
}

/* --- Interrupts for no line --- */

static uint64_t count_spurious(void)
{
    struct irq_stats stats;

    irq_get_stats(&stats);
    return stats.spurious;
}

/* A vector that nobody has, the local APIC's own for spurious ones, and the first 8259's, raised by an
 * instruction: no controller has anything in service. */
KTEST(x86_spurious_interrupts_are_counted)
{
    uint64_t before = count_spurious();

    __asm__ volatile("int $200" : : : "memory");
    KTEST_EXPECT(count_spurious() == before + 1);
    __asm__ volatile("int $255" : : : "memory");
    KTEST_EXPECT(count_spurious() == before + 2);
    if (timer_has_line()) {
        __asm__ volatile("int $39" : : : "memory");
        KTEST_EXPECT(count_spurious() == before + 3);
    }
}

/* --- Every CPU is set up like the first --- */

struct cpu_setting {
    uint64_t cr0, cr4, efer, pat;
    uint16_t tr, cs;
    uint64_t idt_base;
    virt_addr_t gs;
};

static struct cpu_setting settings[CPUS_MAX];

static void read_setting(void *arg)
{
    struct cpu_setting *setting = &settings[cpu_index()];
    struct {
        uint16_t limit;
        uint64_t base;
    } __packed idtr;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    *setting = (struct cpu_setting){.cr0 = cr0_read(),
                                    .cr4 = cr4_read(),
                                    .efer = msr_read(MSR_EFER),
                                    .pat = msr_read(MSR_PAT),
                                    .idt_base = idtr.base,
                                    .gs = msr_read(MSR_GS_BASE)};
    __asm__ volatile("str %0" : "=r"(setting->tr));
    __asm__ volatile("movw %%cs, %0" : "=r"(setting->cs));
}

KTEST(x86_cpus_are_set_up_alike)
{
    const struct cpu_setting *first = &settings[0];

    smp_call(cpu_online(), read_setting, NULL, true);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        const struct cpu_setting *setting = &settings[cpu];

        if (!cpumask_has(cpu_online(), cpu)) {
            continue;
        }
        KTEST_EXPECT(setting->cr0 == first->cr0 && setting->cr4 == first->cr4);
        KTEST_EXPECT((setting->efer | EFER_SCE) == (first->efer | EFER_SCE));
        KTEST_EXPECT(setting->pat == first->pat && setting->idt_base == first->idt_base);
        KTEST_EXPECT(setting->cs == GDT_KERNEL_CODE && setting->tr == GDT_TSS + cpu * GDT_TSS_SIZE);
        KTEST_EXPECT(cpu == 0 || setting->gs != settings[cpu - 1].gs);
    }
}

/* --- Who is woken with interrupts off runs when they come on --- */

#define WAKES 50u

static struct sync_event wake;
static volatile unsigned woken;

static int count_wakes(void *arg)
{
    for (unsigned i = 0; i < WAKES; i++) {
        event_wait(&wake);
        woken++;
    }
    return 0;
}

static uint64_t ticks_here(void)
{
    struct tick_stats stats;

    tick_get_stats(cpu_index(), &stats);
    return stats.ticks;
}

static void wait_for_tick(void)
{
    uint64_t before = ticks_here();

    for (unsigned i = 0; ticks_here() == before && i < PIT_WAIT_MAX; i++) {
        arch_cpu_relax();
    }
}

/* Whether the thread ran before the next tick. */
static bool wake_once(unsigned times)
{
    unsigned long irq;
    uint64_t before;

    wait_for_tick();
    irq = arch_irq_save();
    before = ticks_here();
    event_signal(&wake);
    KTEST_EXPECT(woken == times - 1);
    arch_irq_restore(irq);
    for (unsigned i = 0; woken < times && i < PIT_WAIT_MAX; i++) {
        arch_cpu_relax();
    }
    KTEST_EXPECT(woken == times);
    return ticks_here() == before;
}

/* Without an interrupt of its own it would be by the next tick; a host that pauses may make it so now and
 * then. */
KTEST(x86_who_is_woken_does_not_wait_for_a_tick)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    struct thread *thread;
    unsigned prompt = 0;

    woken = 0;
    event_init(&wake, EVENT_AUTO, false);
    KTEST_REQUIRE(thread_run(&thread, "woken", count_wakes, NULL, &attr) == 0);
    for (unsigned i = 1; i <= WAKES; i++) {
        prompt += wake_once(i);
    }
    KTEST_EXPECT(prompt > WAKES / 10);
    KTEST_EXPECT(thread_join(thread, NULL, TIMER_NEVER) == 0);
}
