/* SPDX-License-Identifier: MIT */
/* The interrupt controllers at boot, and the command that shows every line with what it has done. */
#define LOG_TAG "irq"
#include "irq_internal.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/irqs_off.h>
#include <keel/log.h>
#include <keel/printf.h>
#include <keel/subsystem.h>
#include <keel/symbols.h>

#define SYMBOL_MAX 80
#define LINE_MAX   240

static void print_names(const struct irq_line *line)
{
    for (const struct irq *irq = line->requests; irq; irq = irq->next) {
        console_printf("%s%s%s", irq == line->requests ? " " : ", ", irq->req.name,
                       irq->req.thread ? " (thread)" : "");
    }
    console_printf("%s%s\n", line->requests ? "" : " (released)", line->storm ? ", storm" : "");
}

static void print_line(struct irq_line *line)
{
    uint32_t depth = line->percpu ? irq_line_cpu(line, 0)->depth : line->depth;
    unsigned cpu;

    console_printf("%-8s %4u  %-12s ", line->chip->name, line->hw, irq_trigger_name(line->trigger));
    if (line->cpu < 0) {
        console_printf("%-6s", line->percpu ? "each" : "fixed");
    } else {
        console_printf("cpu%-3d", line->cpu);
    }
    console_printf(" %-6s", depth > 0 ? "masked" : "on");
    cpumask_for_each(cpu, irq_cpus())
    {
        console_printf(" %10llu", (unsigned long long)READ_ONCE(irq_line_cpu(line, cpu)->count));
    }
    print_names(line);
}

static void print_header(void)
{
    unsigned cpu;

    console_printf("%-8s %4s  %-12s %-6s %-6s", "from", "line", "trigger", "to", "state");
    cpumask_for_each(cpu, irq_cpus())
    {
        console_printf("       cpu%-2u", cpu);
    }
    console_printf("\n");
}

static void print_totals(void)
{
    struct irq_stats stats;

    irq_get_stats(&stats);
    console_printf("%llu taken, %llu spurious, %llu of lines nobody has, %u storms\n",
                   (unsigned long long)stats.taken, (unsigned long long)stats.spurious,
                   (unsigned long long)stats.strays, stats.storms);
}

/* When time and the CPU's counter were what, to tell ticks in nanoseconds. */
static uint64_t first_ns, first_ticks;

static uint64_t ticks_to_us(uint64_t ticks)
{
    uint64_t us = (clock_ns() - first_ns) / 1000;
    uint64_t passed = arch_counter() - first_ticks;

    return passed == 0 ? 0 : ticks * us / passed;
}

/* What the longest stretch was, into `text`; false where that is not measured. */
static bool longest_off(char *text, size_t size)
{
    struct irqs_off longest;
    char from[SYMBOL_MAX], to[SYMBOL_MAX];

    if (!IS_ENABLED(CONFIG_IRQS_OFF)) {
        return false;
    }
    irqs_off_longest(&longest);
    if (symbol_format(from, sizeof(from), longest.from) < 0 ||
        symbol_format(to, sizeof(to), longest.to) < 0) {
        ksnprintf(from, sizeof(from), "%#lx", longest.from);
        ksnprintf(to, sizeof(to), "%#lx", longest.to);
    }
    ksnprintf(text, size, "off for %llu us at the longest, on CPU %u from %s to %s",
              (unsigned long long)ticks_to_us(longest.ticks), longest.cpu, from, to);
    return true;
}

void irq_report(void)
{
    struct irq_stats stats;
    char text[LINE_MAX];

    irq_get_stats(&stats);
    log_info("%llu taken, %llu spurious, of %u lines; %u lines stopped for a storm",
             (unsigned long long)stats.taken, (unsigned long long)stats.spurious, stats.lines,
             stats.storms);
    if (longest_off(text, sizeof(text))) {
        log_info("%s", text);
    }
}

static int cmd_irqs(int argc, char **argv)
{
    char text[LINE_MAX];

    print_header();
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        for (unsigned hw = 0; hw < chip->lines; hw++) {
            if (chip->line[hw]) {
                print_line(chip->line[hw]);
            }
        }
    }
    print_totals();
    if (longest_off(text, sizeof(text))) {
        console_printf("%s\n", text);
    }
    return 0;
}

COMMAND(irqs, "", "list interrupt lines: controller, trigger, CPU, counts, and who has them",
        cmd_irqs);

static int irq_init(void)
{
    first_ns = clock_ns();
    first_ticks = arch_counter();
    drivers_probe(DRIVER_IRQCHIP);
    if (!irq_chips) {
        log_warn("no driver for an interrupt controller of this machine: there are no interrupts");
    }
    drivers_start_interrupts();
    return 0;
}

SUBSYSTEM(irq, .name = "interrupt controller", .early_init = irq_init,
          .privilege = PRIVILEGE_KERNEL, .deps = {"heap", "CPUs"});
