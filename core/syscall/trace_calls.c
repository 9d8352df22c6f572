/* SPDX-License-Identifier: MIT */
/* The calls of the kernel's trace, and its records of calls. On the calling thread. */
#include <generated/syscall_handlers.h>
#include <keel/resource_object.h>
#include <keel/smp.h>
#include <keel/syscall.h>
#include <keel/syscall_numbers.h>
#include <keel/trace.h>

_Static_assert(TRACE_CALL == KEEL_TRACE_CALL && TRACE_EVENTS == KEEL_TRACE_CALL + 1,
               "as user space knows them");

#define FIRST_KERNEL_BIT 63 /* of addresses */

/* By the bits of KEEL_KTRACE_. */
static const uint32_t kinds[] = {
    BIT(TRACE_SWITCH) | BIT(TRACE_THREAD_END),
    BIT(TRACE_WAKE),
    BIT(TRACE_MIGRATE),
    BIT(TRACE_IRQ_ENTER) | BIT(TRACE_IRQ_EXIT),
    BIT(TRACE_IPI_SEND) | BIT(TRACE_IPI_ENTER) | BIT(TRACE_IPI_EXIT),
    BIT(TRACE_FAULT),
    BIT(TRACE_TIMER_SET) | BIT(TRACE_TIMER_ENTER) | BIT(TRACE_TIMER_EXIT),
    BIT(TRACE_TICK),
    BIT(TRACE_CALL),
};

void syscall_trace(uint32_t number)
{
    if (IS_ENABLED(CONFIG_TRACE)) {
        trace_record_name(TRACE_CALL, number, syscall_names[number]);
    }
}

static uint32_t events_of(uint32_t options)
{
    uint32_t events = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        events |= (options & BIT(i)) != 0 ? kinds[i] : 0;
    }
    return options == 0 ? TRACE_ALL : events;
}

static int check(const struct object *resource)
{
    int err = resource_check(resource, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_DEBUG_BASE, 1);

    return err == 0 && !IS_ENABLED(CONFIG_TRACE) ? -ENOTSUP : err;
}

int64_t sys_ktrace_control(struct object *resource, uint32_t action, uint32_t options)
{
    int err = check(resource);

    if (err != 0 || !IS_ENABLED(CONFIG_TRACE)) {
        return err;
    }
    if (action == KEEL_KTRACE_ACTION_START) {
        return trace_start(events_of(options));
    }
    if (options != 0) {
        return -EINVAL;
    }
    if (action == KEEL_KTRACE_ACTION_STOP) {
        trace_set_events(0);
    } else {
        trace_clear();
    }
    return 0;
}

static bool has_address(unsigned event)
{
    return event == TRACE_TIMER_SET || event == TRACE_TIMER_ENTER || event == TRACE_TIMER_EXIT;
}

/* A user's address, or 0. */
static uint64_t own_address(uint64_t address)
{
    return address >> FIRST_KERNEL_BIT == 0 ? address : 0;
}

/* What a program may see of a record. */
static keel_trace_record_t record_for_users(const struct trace_record *record)
{
    keel_trace_record_t out = {
        .time = (keel_time_t)trace_ns(record->time),
        .event = (uint16_t)(record->what & 0xff),
        .arg = (uint16_t)(record->what >> 16),
        .cpu = record->what >> 8 & 0xff,
        .a = record->a,
        .b = record->b,
    };

    if (has_address(out.event)) {
        out.a = 0;
        out.b = out.event == TRACE_TIMER_SET ? out.b : 0;
    } else if (out.event == TRACE_FAULT) {
        out.a = own_address(out.a);
        out.b = own_address(out.b);
    }
    return out;
}

/* As many as fit; how many, or -EFAULT. */
static int64_t copy_records(unsigned cpu, uint64_t *at, char __user *buffer, size_t room)
{
    struct trace_span span = trace_span(cpu);
    int64_t count = 0;

    *at = MAX(*at, span.first);
    for (; *at < span.end && room >= sizeof(keel_trace_record_t); (*at)++) {
        struct trace_record record;

        if (trace_read(cpu, *at, &record)) {
            keel_trace_record_t out = record_for_users(&record);

            if (user_copy_out(buffer, &out, sizeof(out)) != 0) {
                return -EFAULT;
            }
            buffer += sizeof(out);
            room -= sizeof(out);
            count++;
        }
    }
    return count;
}

int64_t sys_ktrace_read(struct object *resource, uint32_t cpu, uint64_t __user *position,
                        void __user *buffer, size_t buffer_size)
{
    uint64_t at;
    int64_t count;
    int err = check(resource);

    if (err != 0 || !IS_ENABLED(CONFIG_TRACE)) {
        return err;
    }
    if (cpu >= cpu_count()) {
        return -EINVAL;
    }
    if (user_copy_in(&at, position, sizeof(at)) != 0) {
        return -EFAULT;
    }
    count = copy_records(cpu, &at, buffer, buffer_size);
    return count >= 0 && user_copy_out(position, &at, sizeof(at)) != 0 ? -EFAULT : count;
}
