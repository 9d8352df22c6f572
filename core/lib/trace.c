/* SPDX-License-Identifier: MIT */
/* The rings of the trace: written by their CPUs without locks, read by anybody at any time. */
#include <arch/cpu.h>
#include <keel/percpu.h>
#include <keel/trace.h>

#define NAME_PARTS 4 /* of 8 bytes */

struct trace_control trace_control;

static struct {
    uint64_t written; /* records so far, also the one that is being written */
    uint64_t cleared; /* of them, those that were forgotten */
    struct trace_record *records;
} __aligned(64) rings[CPUS_MAX];

static uint64_t missed;

#define LOAD(member)         __atomic_load_n(&(member), __ATOMIC_RELAXED)
#define STORE(member, value) __atomic_store_n(&(member), (value), __ATOMIC_RELAXED)

/* Of a whole record; never 0. */
static uint32_t stamp_of(uint64_t number)
{
    return (uint32_t)number << 1 | 1;
}

/*
 * An interrupt that cannot be masked may come in anywhere, and write records of its own: it takes the
 * next places; unless those are as many as the ring has, nothing is lost. Readers see by the stamp, before
 * and after, whether they have got a record in one piece.
 */
static void write(struct trace_record *records, uint64_t number, uint32_t what, uint64_t a,
                  uint64_t b)
{
    struct trace_record *record = &records[number % TRACE_RECORDS];

    STORE(record->stamp, 0);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    STORE(record->time, arch_counter());
    STORE(record->what, what);
    STORE(record->a, a);
    STORE(record->b, b);
    __atomic_store_n(&record->stamp, stamp_of(number), __ATOMIC_RELEASE);
}

void trace_record(enum trace_event event, unsigned arg, uint64_t a, uint64_t b)
{
    unsigned long irq = arch_irq_save();
    unsigned cpu = cpu_index();
    struct trace_record *records = __atomic_load_n(&rings[cpu].records, __ATOMIC_ACQUIRE);

    if (records) {
        write(records, __atomic_fetch_add(&rings[cpu].written, 1, __ATOMIC_RELAXED),
              event | cpu << 8 | arg << 16, a, b);
    } else {
        __atomic_fetch_add(&missed, 1, __ATOMIC_RELAXED);
    }
    arch_irq_restore(irq);
}

/* Up to 8 bytes of a text, the first one lowest; moves it on. */
static uint64_t take_bytes(const char **text)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < 8 && **text != 0; i++) {
        bytes |= (uint64_t)(uint8_t) * (*text)++ << 8 * i;
    }
    return bytes;
}

void trace_record_name(enum trace_event event, unsigned arg, const char *name)
{
    uint64_t a = take_bytes(&name);

    trace_record(event, arg, a, take_bytes(&name));
}

void trace_record_thread(uint64_t id, const char *name)
{
    for (unsigned part = 0; part < NAME_PARTS && *name != 0; part++) {
        trace_record(TRACE_THREAD_END, part, id, take_bytes(&name));
    }
}

void trace_set_events(uint32_t events)
{
    STORE(trace_control.events, events);
}

uint32_t trace_events(void)
{
    return LOAD(trace_control.events);
}

void trace_give_memory(unsigned cpu, struct trace_record *records)
{
    __atomic_store_n(&rings[cpu].records, records, __ATOMIC_RELEASE);
}

bool trace_has_memory(unsigned cpu)
{
    return LOAD(rings[cpu].records) != NULL;
}

struct trace_span trace_span(unsigned cpu)
{
    struct trace_span span;

    span.cleared = __atomic_load_n(&rings[cpu].cleared, __ATOMIC_ACQUIRE);
    span.end = LOAD(rings[cpu].written); /* not less than that */
    span.first = span.end - span.cleared > TRACE_RECORDS ? span.end - TRACE_RECORDS : span.cleared;
    return span;
}

bool trace_read(unsigned cpu, uint64_t number, struct trace_record *out)
{
    const struct trace_record *records = __atomic_load_n(&rings[cpu].records, __ATOMIC_ACQUIRE);
    const struct trace_record *record = &records[number % TRACE_RECORDS];

    if (!records || __atomic_load_n(&record->stamp, __ATOMIC_ACQUIRE) != stamp_of(number)) {
        return false;
    }
    *out = (struct trace_record){.time = LOAD(record->time),
                                 .stamp = stamp_of(number),
                                 .what = LOAD(record->what),
                                 .a = LOAD(record->a),
                                 .b = LOAD(record->b)};
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return LOAD(record->stamp) == stamp_of(number);
}

void trace_clear(void)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        __atomic_store_n(&rings[cpu].cleared, LOAD(rings[cpu].written), __ATOMIC_RELEASE);
    }
    STORE(missed, 0);
}

uint64_t trace_missed(void)
{
    return LOAD(missed);
}
