/* SPDX-License-Identifier: MIT */
/* What the trace has recorded, in words for people and in lines with a checksum for scripts/trace. */
#include "trace_dump.h"

#include "registry.h"
#include "thread_internal.h"

#include <keel/clock.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/printf.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/symbols.h>
#include <keel/trace.h>

#define FORMAT    1
#define BATCH     3u /* records a line: a multiple of 3 bytes, which base64 takes at a time */
#define LINE_MAX  160
#define FUNCTIONS 32u /* of timers, that are told by name */
#define THREADS   4u

static uint64_t first_counter, first_ns;

void trace_dump_init(void)
{
    first_counter = arch_counter();
    first_ns = clock_ns();
}

/* --- For scripts/trace --- */

struct dump {
    uint32_t crc;
    unsigned lines;
    unsigned functions;
    uint64_t function[FUNCTIONS];
};

/* CRC-32 as in Ethernet (IEEE 802.3), half a byte at a time. */
static uint32_t crc_more(uint32_t crc, const char *text, size_t len)
{
    static const uint32_t table[16] = {
        0,          0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint8_t)text[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

/* A line, in one piece, so that lines of the log come between, but not into it. */
static void put(struct dump *dump, const char *fmt, ...) __printf(2, 3);
static void put(struct dump *dump, const char *fmt, ...)
{
    char line[LINE_MAX] = "~ ";
    va_list args;
    size_t len;

    va_start(args, fmt);
    kvsnprintf(line + 2, sizeof(line) - 3, fmt, args);
    va_end(args);
    len = strlen(line);
    line[len++] = '\n';
    dump->crc = crc_more(dump->crc, line + 2, len - 2);
    dump->lines++;
    console_write(line, len);
}

/* The text of bytes in base64 (RFC 4648), with a NUL. */
static void encode(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;

        group |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < size ? bytes[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = i + 1 < size ? digits[group >> 6 & 63] : '=';
        *out++ = i + 2 < size ? digits[group & 63] : '=';
    }
    *out = 0;
}

static void note_function(struct dump *dump, const struct trace_record *record)
{
    if ((record->what & 0xff) != TRACE_TIMER_ENTER || dump->functions == FUNCTIONS) {
        return;
    }
    for (unsigned i = 0; i < dump->functions; i++) {
        if (dump->function[i] == record->b) {
            return;
        }
    }
    dump->function[dump->functions++] = record->b;
}

static void put_records(struct dump *dump, const struct trace_record *records, unsigned count)
{
    char text[LINE_MAX];

    if (count != 0) {
        encode(text, (const uint8_t *)records, count * sizeof(*records));
        put(dump, "=%s", text);
    }
}

static void put_cpu(struct dump *dump, unsigned cpu)
{
    struct trace_span span = trace_span(cpu);
    struct trace_record batch[BATCH];
    unsigned count = 0;

    put(dump, "cpu %u %llu %llu", cpu, (unsigned long long)(span.end - span.cleared),
        (unsigned long long)READ_ONCE(sched_cpus[cpu].current)->id);
    for (uint64_t number = span.first; number < span.end; number++) {
        if (trace_read(cpu, number, &batch[count])) {
            note_function(dump, &batch[count]);
            count++;
        }
        if (count == BATCH) {
            put_records(dump, batch, count);
            count = 0;
        }
    }
    put_records(dump, batch, count);
}

static void put_threads(struct dump *dump)
{
    struct thread_info threads[THREADS];
    struct thread_walk walk;
    size_t got;

    thread_walk_begin(&walk);
    while ((got = thread_walk_next(&walk, threads, THREADS)) != 0) {
        for (size_t i = 0; i < got; i++) {
            put(dump, "thread %llu %s", (unsigned long long)threads[i].id, threads[i].name);
        }
    }
    thread_walk_end(&walk);
}

static void put_functions(struct dump *dump)
{
    char name[LINE_MAX / 2];

    for (unsigned i = 0; i < dump->functions; i++) {
        if (symbol_format(name, sizeof(name), dump->function[i]) >= 0) {
            put(dump, "function %#llx %s", (unsigned long long)dump->function[i], name);
        }
    }
}

void trace_dump(void)
{
    struct dump dump = {.crc = UINT32_MAX};

    put(&dump, "keel-trace %u", FORMAT);
    put(&dump, "counter %llu %llu %llu %llu", (unsigned long long)first_counter,
        (unsigned long long)first_ns, (unsigned long long)arch_counter(),
        (unsigned long long)clock_ns());
    put(&dump, "missed %llu", (unsigned long long)trace_missed());
    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        if (trace_has_memory(cpu) && READ_ONCE(sched_cpus[cpu].current)) {
            put_cpu(&dump, cpu);
        }
    }
    put_threads(&dump);
    put_functions(&dump);
    put(&dump, "end %u %08x", dump.lines, ~dump.crc);
}

/* --- For people --- */

static const char *const event_names[TRACE_EVENTS] = {
    [TRACE_SWITCH] = "switch",
    [TRACE_WAKE] = "wake",
    [TRACE_MIGRATE] = "migrate",
    [TRACE_THREAD_END] = "thread_end",
    [TRACE_IRQ_ENTER] = "irq_enter",
    [TRACE_IRQ_EXIT] = "irq_exit",
    [TRACE_IPI_SEND] = "ipi_send",
    [TRACE_IPI_ENTER] = "ipi_enter",
    [TRACE_IPI_EXIT] = "ipi_exit",
    [TRACE_FAULT] = "fault",
    [TRACE_TIMER_SET] = "timer_set",
    [TRACE_TIMER_ENTER] = "timer_enter",
    [TRACE_TIMER_EXIT] = "timer_exit",
    [TRACE_TICK] = "tick",
    [TRACE_CALL] = "call",
};

/* Where the reader stands in a CPU's records. */
struct cursor {
    uint64_t at;
    struct trace_span span;
};

/* Of the counter, since first_counter. Both clocks' progress is cut to 32 bits, which is exact enough. */
static uint64_t ticks_to_us(uint64_t ticks)
{
    uint64_t us = (clock_ns() - first_ns) / NS_PER_US;
    uint64_t passed = arch_counter() - first_counter;
    unsigned cut = 0, cut_us = 0;

    for (; passed >> cut > UINT32_MAX; cut++) {
    }
    for (; us >> cut_us > UINT32_MAX; cut_us++) {
    }
    return passed == 0 ? 0 : (ticks >> cut) * (us >> cut_us) / (passed >> cut) << cut_us;
}

uint64_t trace_ns(uint64_t time)
{
    return first_ns + ticks_to_us(time - first_counter) * NS_PER_US;
}

static void print_record(unsigned cpu, const struct trace_record *record)
{
    unsigned event = record->what & 0xff;
    uint64_t us = trace_ns(record->time) / NS_PER_US;

    console_printf("%5llu.%06llu cpu%-2u %-11s %5u %#llx %#llx\n", (unsigned long long)us / 1000000,
                   (unsigned long long)us % 1000000, cpu,
                   event < TRACE_EVENTS ? event_names[event] : "?", record->what >> 16,
                   (unsigned long long)record->a, (unsigned long long)record->b);
}

/* The CPU whose next record is the earliest (or, going back, whose last one is the latest); CPUS_MAX when
 * there is none left. */
static unsigned choose(const struct cursor *cursors, bool back, struct trace_record *record)
{
    unsigned found = CPUS_MAX;

    for (unsigned cpu = 0; cpu < cpu_count(); cpu++) {
        const struct cursor *cursor = &cursors[cpu];
        struct trace_record here;

        if (back ? cursor->at > cursor->span.first : cursor->at < cursor->span.end) {
            if (!trace_read(cpu, cursor->at - back, &here)) {
                here.time = back ? UINT64_MAX : 0; /* gone meanwhile: pass it by */
                here.stamp = 0;
            }
            if (found == CPUS_MAX || (here.time < record->time) != back) {
                found = cpu;
                *record = here;
            }
        }
    }
    return found;
}

int trace_show(unsigned count)
{
    struct cursor *cursors = kcalloc(cpu_count(), sizeof(*cursors));
    struct trace_record record = {0};
    unsigned cpu;

    if (!cursors) {
        return -ENOMEM;
    }
    for (cpu = 0; cpu < cpu_count(); cpu++) {
        cursors[cpu].span = trace_span(cpu);
        cursors[cpu].at = cursors[cpu].span.end;
    }
    for (; count > 0 && (cpu = choose(cursors, true, &record)) != CPUS_MAX; count--) {
        cursors[cpu].at--;
    }
    while ((cpu = choose(cursors, false, &record)) != CPUS_MAX) {
        cursors[cpu].at++;
        if (record.stamp != 0) {
            print_record(cpu, &record);
        }
    }
    kfree(cursors);
    return 0;
}
