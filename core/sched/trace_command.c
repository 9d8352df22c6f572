/* SPDX-License-Identifier: MIT */
/* The command `trace` and the parameter of that name: what is recorded, and where to. */
#define LOG_TAG "trace"
#include "trace_command.h"

#include "trace_dump.h"
#include "trace_work.h"

#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/parse.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/trace.h>

#define SHOWN 20

static char wanted[64] = "off";

KPARAM(
    trace, PARAM_STRING, wanted, 0, 0,
    "what is recorded from the scheduler's start on: on, off, or kinds of events (docs/tracing.md)");

static const struct {
    const char *name;
    uint32_t events;
} kinds[] = {
    {"switch", BIT(TRACE_SWITCH) | BIT(TRACE_THREAD_END)},
    {"wake", BIT(TRACE_WAKE)},
    {"migrate", BIT(TRACE_MIGRATE)},
    {"irq", BIT(TRACE_IRQ_ENTER) | BIT(TRACE_IRQ_EXIT)},
    {"ipi", BIT(TRACE_IPI_SEND) | BIT(TRACE_IPI_ENTER) | BIT(TRACE_IPI_EXIT)},
    {"fault", BIT(TRACE_FAULT)},
    {"timer", BIT(TRACE_TIMER_SET) | BIT(TRACE_TIMER_ENTER) | BIT(TRACE_TIMER_EXIT)},
    {"tick", BIT(TRACE_TICK)},
    {"call", BIT(TRACE_CALL)},
};

/* The events of kinds with commas between them; false: one of them is none, or empty. Cuts the text up. */
static bool parse_kinds(char *text, uint32_t *events)
{
    const char *word;

    *events = 0;
    while ((word = str_next_field(&text, ",")) != NULL) {
        unsigned i = 0;

        while (i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, word) != 0) {
            i++;
        }
        if (i == ARRAY_SIZE(kinds)) {
            return false;
        }
        *events |= kinds[i].events;
    }
    return true;
}

/* The parameter's value: all, nothing, or kinds. The parameter's name alone means all. */
static bool parse_wanted(char *text, uint32_t *events)
{
    *events = strcmp(text, "off") == 0 ? 0 : TRACE_ALL;
    return *text == '\0' || strcmp(text, "on") == 0 || *events == 0 || parse_kinds(text, events);
}

/* Every CPU that runs or may yet come has a ring from the first time on. */
static int take_memory(void)
{
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        enum cpu_state state = cpu_info(cpu)->state;

        if (!trace_has_memory(cpu) && state != CPU_REFUSED && state != CPU_FAILED) {
            struct trace_record *records = kcalloc(TRACE_RECORDS, sizeof(*records));

            if (!records) {
                return -ENOMEM;
            }
            trace_give_memory(cpu, records);
        }
    }
    return 0;
}

int trace_start(uint32_t events)
{
    static uint32_t busy;
    int err = 0;

    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0) {
        return -EBUSY;
    }
    if (events != 0) {
        err = take_memory();
    }
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    if (err == 0) {
        trace_set_events(events);
    }
    return err;
}

void trace_boot(void)
{
    uint32_t events;

    trace_dump_init();
    if (!parse_wanted(wanted, &events)) {
        log_warn(
            "trace= wants on, off, or some of switch,wake,migrate,irq,ipi,fault,timer,tick,call");
    } else if (trace_start(events) != 0) {
        log_warn("no memory for %llu records of each CPU: nothing is recorded",
                 (unsigned long long)TRACE_RECORDS);
    }
}

static void print_state(void)
{
    uint32_t events = trace_events();

    console_printf("recorded:");
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        if ((events & kinds[i].events) != 0) {
            console_printf(" %s", kinds[i].name);
        }
    }
    console_printf("%s\n", events == 0 ? " nothing" : "");
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        struct trace_span span = trace_span(cpu);

        if (trace_has_memory(cpu)) {
            console_printf("cpu%-2u %10llu records, %llu overwritten\n", cpu,
                           (unsigned long long)(span.end - span.first),
                           (unsigned long long)(span.first - span.cleared));
        }
    }
    if (trace_missed() != 0) {
        console_printf("%llu lost of CPUs without memory for them\n",
                       (unsigned long long)trace_missed());
    }
}

static int turn_on(char *names)
{
    uint32_t events = TRACE_ALL;

    if (names && !parse_kinds(names, &events)) {
        console_printf("kinds are switch,wake,migrate,irq,ipi,fault,timer,tick,call\n");
        return -EINVAL;
    }
    return trace_start(events);
}

static int show(const char *text)
{
    uint32_t count = SHOWN;

    if (text && kstrtou32(text, 10, &count) < 0) {
        return -EINVAL;
    }
    return trace_show(count);
}

static void dump(void)
{
    uint32_t events = trace_events();

    trace_set_events(0);
    trace_dump();
    trace_set_events(events);
}

static int cmd_trace(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    char *more = argc == 3 ? argv[2] : NULL;

    if (argc > 3) {
        return -EINVAL;
    }
    if (strcmp(what, "on") == 0) {
        return turn_on(more);
    }
    if (strcmp(what, "show") == 0) {
        return show(more);
    }
    if (more) {
        return -EINVAL;
    }
    if (argc == 1) {
        print_state();
    } else if (strcmp(what, "off") == 0) {
        trace_set_events(0);
    } else if (strcmp(what, "clear") == 0) {
        trace_clear();
    } else if (strcmp(what, "dump") == 0) {
        dump();
    } else {
        return strcmp(what, "work") == 0 ? trace_work() : -EINVAL;
    }
    return 0;
}

COMMAND(trace, "[on [KINDS] | off | clear | show [N] | dump | work]",
        "record what the CPUs do: switches, wakes, interrupts, faults, timers", cmd_trace);
