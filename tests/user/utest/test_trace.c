/* SPDX-License-Identifier: MIT */
/* The kernel's trace as programs get it. */
#include "../objects.h"
#include "fixtures.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/syscalls.h>
#include <string.h>

#define RECORDS 32u

/* Another power than to debug. */
static keel_handle_t other_power(void)
{
    static const keel_rsrc_name_t name = {"other"};
    keel_handle_t resource = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_SYSTEM,
                                   KEEL_RSRC_SYSTEM_INFO_BASE, 1, &name, &resource),
              0);
    return resource;
}

UTEST(trace_needs_the_power_to_debug)
{
    keel_handle_t other = other_power();
    uint64_t position = 0;

    EXPECT_EQ(keel_ktrace_control(other, KEEL_KTRACE_ACTION_STOP, 0), -ERANGE);
    EXPECT_EQ(keel_ktrace_read(other, 0, &position, NULL, 0), -ERANGE);
    EXPECT_EQ(keel_ktrace_control(KEEL_HANDLE_INVALID, KEEL_KTRACE_ACTION_STOP, 0), -EBADF);
    keel_handle_close(other);
}

UTEST(trace_takes_known_actions_alone)
{
    EXPECT_EQ(keel_ktrace_control(root_resource(), 0, 0), -EINVAL);
    EXPECT_EQ(keel_ktrace_control(root_resource(), 4, 0), -EINVAL);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_START, KEEL_KTRACE_ALL + 1),
              -EINVAL);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_STOP, KEEL_KTRACE_CALL),
              -EINVAL);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_STOP, 0), 0);
}

/* Whether a call of that name is among the records of all CPUs; none has an address of the kernel's. */
static bool has_call(const char *name)
{
    keel_trace_record_t records[RECORDS];
    bool found = false;
    int64_t got = 0;

    for (uint32_t cpu = 0; cpu < keel_system_get_num_cpus(); cpu++) {
        uint64_t position = 0;

        while ((got = keel_ktrace_read(root_resource(), cpu, &position, records, sizeof(records))) >
               0) {
            for (int64_t i = 0; i < got; i++) {
                EXPECT_EQ(records[i].cpu, cpu);
                EXPECT_EQ(records[i].event, KEEL_TRACE_CALL);
                found |= memcmp(&records[i].a, name, strlen(name)) == 0;
            }
        }
        EXPECT_EQ(got, 0);
    }
    return found;
}

UTEST(trace_has_the_calls_by_name)
{
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_STOP, 0), 0);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_REWIND, 0), 0);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_START, KEEL_KTRACE_CALL), 0);
    EXPECT_EQ(keel_syscall_test_0(), 0);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_STOP, 0), 0);
    EXPECT(has_call("syscall_test_0"));
    EXPECT(!has_call("vmar_destroy"));
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_REWIND, 0), 0);
    EXPECT(!has_call("syscall_test_0"));
}

/* The read itself was recorded. */
UTEST(trace_needs_memory_that_can_be_written)
{
    static const keel_trace_record_t constant;
    keel_trace_record_t record;
    uint64_t position = 0;
    int64_t got = 0;

    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_START, KEEL_KTRACE_CALL), 0);
    for (uint32_t cpu = 0; cpu < keel_system_get_num_cpus() && got == 0; cpu++) {
        position = 0;
        got =
            keel_ktrace_read(root_resource(), cpu, &position, (void *)&constant, sizeof(constant));
    }
    EXPECT_EQ(got, -EFAULT);
    EXPECT_EQ(position, 0);
    EXPECT_EQ(keel_ktrace_read(root_resource(), 0, NULL, &record, sizeof(record)), -EFAULT);
    EXPECT_EQ(keel_ktrace_read(root_resource(), 0, (uint64_t *)(uintptr_t)&constant, &record,
                               sizeof(record)),
              -EFAULT);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_STOP, 0), 0);
    EXPECT_EQ(keel_ktrace_control(root_resource(), KEEL_KTRACE_ACTION_REWIND, 0), 0);
}

UTEST(trace_reads_whole_records_of_cpus_that_there_are)
{
    keel_trace_record_t record;
    uint64_t position = 0;

    EXPECT_EQ(keel_ktrace_read(root_resource(), UINT32_MAX, &position, &record, sizeof(record)),
              -EINVAL);
    EXPECT_EQ(keel_ktrace_read(root_resource(), 0, &position, &record, sizeof(record) - 1), 0);
    position = UINT64_MAX;
    EXPECT_EQ(keel_ktrace_read(root_resource(), 0, &position, &record, sizeof(record)), 0);
    EXPECT_EQ(position, UINT64_MAX);
}
