/* SPDX-License-Identifier: MIT */
/* trace: has the kernel record what the CPUs do, and shows it. */
#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_US    INT64_C(1000)
#define US_PER_S     INT64_C(1000000)
#define NS_PER_S     INT64_C(1000000000)
#define CPUS_MAX     256u
#define BATCH        64u
#define SHOWN        40u
#define STATUS_USAGE 2
#define NAME_MAX     17u

static const char usage[] =
    "usage: trace on [KIND,...] | off | clear | status\n"
    "       trace show [N]                  the newest N records\n"
    "       trace [-k KIND,...] -t SECONDS  records so long, and shows all\n"
    "kinds: switch wake migrate irq ipi fault timer tick call\n";

static keel_handle_t resource;

static const struct {
    const char *name;
    uint32_t option;
} kinds[] = {
    {"switch", KEEL_KTRACE_SWITCH}, {"wake", KEEL_KTRACE_WAKE}, {"migrate", KEEL_KTRACE_MIGRATE},
    {"irq", KEEL_KTRACE_IRQ},       {"ipi", KEEL_KTRACE_IPI},   {"fault", KEEL_KTRACE_FAULT},
    {"timer", KEEL_KTRACE_TIMER},   {"tick", KEEL_KTRACE_TICK}, {"call", KEEL_KTRACE_CALL},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* All records that there are, in the order of time. */
static struct {
    keel_trace_record_t *records;
    size_t count, room;
} trace;

static uint32_t find_kind(const char *name, size_t length)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, name, length) == 0) {
            return kinds[i].option;
        }
    }
    return 0;
}

/* Of names with commas between them; 0: one of them is none. */
static uint32_t read_kinds(const char *text)
{
    uint32_t options = 0;

    for (;;) {
        size_t length = strcspn(text, ",");
        uint32_t option = find_kind(text, length);

        if (option == 0) {
            return 0;
        }
        options |= option;
        if (text[length] == '\0') {
            return options;
        }
        text += length + 1;
    }
}

static int complain(int err)
{
    if (err != 0) {
        dprintf(2, "trace: %s\n",
                err == -ENOTSUP ? "this kernel has no trace (CONFIG_TRACE)" : strerror(err));
    }
    return err != 0;
}

static int control(uint32_t action, uint32_t options)
{
    return complain(keel_ktrace_control(resource, action, options));
}

static bool have_room(void)
{
    keel_trace_record_t *more;

    if (trace.room - trace.count >= BATCH) {
        return true;
    }
    more = realloc(trace.records, (trace.room * 2 + BATCH) * sizeof(*more));
    if (!more) {
        return false;
    }
    trace.records = more;
    trace.room = trace.room * 2 + BATCH;
    return true;
}

/* How many came, or a negative status. */
static int64_t read_cpu(uint32_t cpu)
{
    uint64_t position = 0;
    int64_t got, all = 0;

    do {
        if (!have_room()) {
            return -ENOMEM;
        }
        got = keel_ktrace_read(resource, cpu, &position, trace.records + trace.count,
                               BATCH * sizeof(*trace.records));
        if (got < 0) {
            return got;
        }
        trace.count += (size_t)got;
        all += got;
    } while (got != 0);
    return all;
}

static int by_time(const void *left, const void *right)
{
    const keel_trace_record_t *a = left, *b = right;

    return a->time < b->time ? -1 : a->time > b->time;
}

/* There is no CPU behind the last one. */
static int read_all(void)
{
    int64_t got = 0;

    for (uint32_t cpu = 0; cpu < CPUS_MAX && got >= 0; cpu++) {
        got = read_cpu(cpu);
        if (got == -EINVAL && cpu != 0) {
            break;
        }
    }
    if (got < 0 && got != -EINVAL) {
        return (int)got;
    }
    qsort(trace.records, trace.count, sizeof(*trace.records), by_time);
    return 0;
}

/* The text in the words of a record. */
static void copy_name(char name[NAME_MAX], const keel_trace_record_t *record)
{
    memcpy(name, &record->a, sizeof(record->a));
    memcpy(name + sizeof(record->a), &record->b, sizeof(record->b));
    name[NAME_MAX - 1] = '\0';
}

static void show_words(const char *what, const keel_trace_record_t *record)
{
    printf("%s %u %#llx %#llx\n", what, record->arg, (unsigned long long)record->a,
           (unsigned long long)record->b);
}

static void show(const keel_trace_record_t *record)
{
    static const char *const events[] = {
        "switch",  "wake",  "migrate",   "thread-end", "irq",       "irq-end", "ipi-send", "ipi",
        "ipi-end", "fault", "timer-set", "timer",      "timer-end", "tick",    "call",
    };
    int64_t us = record->time / NS_PER_US;
    char name[NAME_MAX];

    printf("%5lld.%06lld cpu%-2u ", (long long)(us / US_PER_S), (long long)(us % US_PER_S),
           record->cpu);
    copy_name(name, record);
    switch (record->event) {
    case KEEL_TRACE_SWITCH:
        printf("switch from thread %llu to %llu\n", (unsigned long long)record->a,
               (unsigned long long)record->b);
        return;
    case KEEL_TRACE_WAKE:
        printf("wake thread %llu on cpu%u\n", (unsigned long long)record->a, record->arg);
        return;
    case KEEL_TRACE_CALL:
        printf("call %s\n", name);
        return;
    case KEEL_TRACE_IRQ_ENTER:
        printf("irq %u %s\n", record->arg, name);
        return;
    default:
        show_words(record->event < sizeof(events) / sizeof(events[0]) ? events[record->event] : "?",
                   record);
    }
}

static int show_newest(size_t most)
{
    int err = read_all();

    for (size_t i = trace.count > most ? trace.count - most : 0; err == 0 && i < trace.count; i++) {
        show(&trace.records[i]);
    }
    return complain(err);
}

static int show_status(void)
{
    int err = read_all();

    if (err == 0) {
        printf("%zu records\n", trace.count);
    }
    return complain(err);
}

static int record_for(uint32_t options, unsigned long seconds)
{
    if (control(KEEL_KTRACE_ACTION_REWIND, 0) != 0 ||
        control(KEEL_KTRACE_ACTION_START, options) != 0) {
        return 1;
    }
    (void)keel_nanosleep(keel_clock_get_monotonic() + (int64_t)seconds * NS_PER_S);
    return control(KEEL_KTRACE_ACTION_STOP, 0) != 0 || show_newest(SIZE_MAX) != 0;
}

/* A number of at least 1; 0: it is none. */
static unsigned long read_number(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    return *end != '\0' || number > INT_MAX ? 0 : number;
}

static int run_word(const char *word, const char *more)
{
    uint32_t options = more ? read_kinds(more) : 0;

    if (strcmp(word, "on") == 0 && (!more || options != 0)) {
        return control(KEEL_KTRACE_ACTION_START, options);
    }
    if (strcmp(word, "show") == 0 && (!more || read_number(more) != 0)) {
        return show_newest(more ? read_number(more) : SHOWN);
    }
    if (more) {
        return STATUS_USAGE;
    }
    if (strcmp(word, "off") == 0) {
        return control(KEEL_KTRACE_ACTION_STOP, 0);
    }
    if (strcmp(word, "clear") == 0) {
        return control(KEEL_KTRACE_ACTION_REWIND, 0);
    }
    return strcmp(word, "status") == 0 ? show_status() : STATUS_USAGE;
}

static int run(int argc, char **argv)
{
    uint32_t options = 0;

    if (argc == 5 && strcmp(argv[1], "-k") == 0) {
        options = read_kinds(argv[2]);
        if (options == 0) {
            return STATUS_USAGE;
        }
        argc -= 2;
        argv += 2;
    }
    if (argc == 3 && strcmp(argv[1], "-t") == 0) {
        unsigned long seconds = read_number(argv[2]);

        return seconds != 0 ? record_for(options, seconds) : STATUS_USAGE;
    }
    return options == 0 && (argc == 2 || argc == 3) ? run_word(argv[1], argv[2]) : STATUS_USAGE;
}

int main(int argc, char **argv)
{
    int status;

    resource = keel_startup_resource(KEEL_RSRC_SYSTEM_DEBUG_BASE);
    status = run(argc, argv);
    if (status == STATUS_USAGE) {
        dprintf(2, "%s", usage);
    }
    return status;
}
