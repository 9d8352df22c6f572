/* SPDX-License-Identifier: MIT */
/* Resources, the kernel's log, and turning the machine off. */
#include "../objects.h"
#include "fixtures.h"

#include <keel/log_record.h>
#include <string.h>

static int make(keel_handle_t parent, uint32_t options, uint64_t base, uint64_t size,
                keel_handle_t *out)
{
    struct keel_rsrc_name name = {"test"};

    return keel_resource_create(parent, options, base, size, &name, out);
}

static keel_handle_t new_resource(uint32_t options, uint64_t base, uint64_t size)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(make(root_resource(), options, base, size, &handle), 0);
    return handle;
}

UTEST(resource_of_every_kind)
{
    static const uint32_t kinds[] = {KEEL_RSRC_KIND_MMIO, KEEL_RSRC_KIND_IRQ, KEEL_RSRC_KIND_IOPORT,
                                     KEEL_RSRC_KIND_SMC, KEEL_RSRC_KIND_SYSTEM};

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        EXPECT_EQ(keel_handle_close(new_resource(kinds[i], 1, 1)), 0);
    }
}

UTEST(resource_kinds_that_cannot_be_made)
{
    keel_handle_t handle;

    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_ROOT, 0, 1, &handle), -EINVAL);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_COUNT, 0, 1, &handle), -EINVAL);
    EXPECT_EQ(make(root_resource(), 0x20000, 0, 1, &handle), -EINVAL);
    EXPECT_EQ(make(root_resource(), UINT32_MAX, 0, 1, &handle), -EINVAL);
}

UTEST(resource_has_a_size)
{
    keel_handle_t handle;

    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_MMIO, 0x1000, 0, &handle), -EINVAL);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_MMIO, UINT64_MAX, 2, &handle), -EINVAL);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_MMIO, 2, UINT64_MAX, &handle), -EINVAL);
}

UTEST(resource_child_is_part_of_its_parent)
{
    keel_handle_t parent = new_resource(KEEL_RSRC_KIND_MMIO, 0x10000, 0x1000), child;

    EXPECT_EQ(make(parent, KEEL_RSRC_KIND_MMIO, 0x10800, 0x800, &child), 0);
    EXPECT_EQ(keel_handle_close(child), 0);
    EXPECT_EQ(make(parent, KEEL_RSRC_KIND_MMIO, 0x10801, 0x800, &child), -ERANGE);
    EXPECT_EQ(make(parent, KEEL_RSRC_KIND_MMIO, 0xffff, 1, &child), -ERANGE);
    EXPECT_EQ(make(parent, KEEL_RSRC_KIND_IRQ, 0x10000, 1, &child), -ENOTTY);
    EXPECT_EQ(keel_handle_close(parent), 0);
}

UTEST(resource_exclusive_is_nobody_elses)
{
    uint32_t exclusive = KEEL_RSRC_KIND_MMIO | KEEL_RSRC_FLAG_EXCLUSIVE;
    keel_handle_t first = new_resource(exclusive, 0x20000, 0x1000), second;

    EXPECT_EQ(make(root_resource(), exclusive, 0x20800, 0x1000, &second), -EBUSY);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_MMIO, 0x20fff, 1, &second), -EBUSY);
    EXPECT_EQ(make(root_resource(), exclusive, 0x21000, 0x1000, &second), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(keel_handle_close(first), 0);
    EXPECT_EQ(make(root_resource(), exclusive, 0x20800, 0x1000, &second), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
}

UTEST(resource_exclusive_comes_first_or_not_at_all)
{
    keel_handle_t shared = new_resource(KEEL_RSRC_KIND_IRQ, 900, 10), second;

    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_IRQ | KEEL_RSRC_FLAG_EXCLUSIVE, 905, 1, &second),
              -EBUSY);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_IRQ, 905, 1, &second), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(keel_handle_close(shared), 0);
}

UTEST(resource_child_needs_the_right_to_write)
{
    keel_handle_t bare = with_rights(root_resource(), KEEL_RIGHT_DUPLICATE), child;

    EXPECT_EQ(make(bare, KEEL_RSRC_KIND_IRQ, 1, 1, &child), -EACCES);
    EXPECT_EQ(keel_handle_close(bare), 0);
}

/* --- Power --- */

UTEST(power_needs_its_resource)
{
    keel_handle_t mmio = new_resource(KEEL_RSRC_KIND_MMIO, 0x1000, 0x1000);
    keel_handle_t info = new_resource(KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_INFO_BASE, 1);

    EXPECT_EQ(keel_system_powerctl(mmio, KEEL_SYSTEM_POWERCTL_SHUTDOWN, 0), -ENOTTY);
    EXPECT_EQ(keel_system_powerctl(info, KEEL_SYSTEM_POWERCTL_SHUTDOWN, 0), -ERANGE);
    EXPECT_EQ(keel_system_powerctl(KEEL_HANDLE_INVALID, KEEL_SYSTEM_POWERCTL_SHUTDOWN, 0), -EBADF);
    EXPECT_EQ(keel_handle_close(mmio), 0);
    EXPECT_EQ(keel_handle_close(info), 0);
}

UTEST(power_commands_are_known)
{
    EXPECT_EQ(keel_system_powerctl(root_resource(), 0, 0), -EINVAL);
    EXPECT_EQ(keel_system_powerctl(root_resource(), UINT32_MAX, 0), -EINVAL);
    EXPECT_EQ(keel_system_powerctl(root_resource(), KEEL_SYSTEM_POWERCTL_SHUTDOWN, 256), -EINVAL);
    EXPECT_EQ(keel_system_powerctl(root_resource(), KEEL_SYSTEM_POWERCTL_SHUTDOWN, -1), -EINVAL);
}

/* --- The log --- */

UTEST(log_gives_what_was_written)
{
    static const char text[] = "utest: a line for the log";
    keel_log_record_t record = {0};
    keel_handle_t log;
    bool found = false;

    REQUIRE(keel_debuglog_create(root_resource(), KEEL_LOG_FLAG_READABLE, &log) == 0);
    EXPECT_EQ(keel_debuglog_write(log, 0, text, sizeof(text) - 1), 0);
    while (!found && keel_debuglog_read(log, 0, &record, sizeof(record)) == 0) {
        for (size_t i = 0; i + sizeof(text) - 1 <= record.datalen; i++) {
            found |= memcmp(&record.data[i], text, sizeof(text) - 1) == 0;
        }
    }
    EXPECT(found);
    EXPECT_EQ(keel_handle_close(log), 0);
}

UTEST(log_is_read_by_who_may)
{
    keel_log_record_t record;
    keel_handle_t log;

    REQUIRE(keel_debuglog_create(root_resource(), 0, &log) == 0);
    EXPECT_EQ(keel_debuglog_read(log, 0, &record, sizeof(record)), -EACCES);
    EXPECT_EQ(keel_handle_close(log), 0);
}

UTEST(log_lines_are_bounded)
{
    static char text[257];
    keel_handle_t log;

    REQUIRE(keel_debuglog_create(root_resource(), 0, &log) == 0);
    EXPECT_EQ(keel_debuglog_write(log, 0, text, sizeof(text)), -EINVAL);
    EXPECT_EQ(keel_debuglog_write(log, 1, text, 1), -EINVAL);
    EXPECT_EQ(keel_debuglog_write(log, 0, NO_POINTER, 1), -EFAULT);
    EXPECT_EQ(keel_handle_close(log), 0);
}

UTEST(log_needs_its_resource)
{
    keel_handle_t info = new_resource(KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_INFO_BASE, 1), log;

    EXPECT_EQ(keel_debuglog_create(info, 0, &log), -ERANGE);
    EXPECT_EQ(keel_debuglog_create(root_resource(), 1u << 20, &log), -EINVAL);
    EXPECT_EQ(keel_handle_close(info), 0);
}

/* --- Children of children --- */

UTEST(resource_exclusive_is_divided_by_its_owner)
{
    uint32_t exclusive = KEEL_RSRC_KIND_MMIO | KEEL_RSRC_FLAG_EXCLUSIVE;
    keel_handle_t parent = new_resource(exclusive, 0x40000, 0x1000), one, two, three;

    EXPECT_EQ(make(parent, exclusive, 0x40000, 0x800, &one), 0);
    EXPECT_EQ(make(parent, exclusive, 0x407ff, 2, &two), -EBUSY);
    EXPECT_EQ(make(parent, exclusive, 0x40800, 0x800, &two), 0);
    EXPECT_EQ(make(one, KEEL_RSRC_KIND_MMIO, 0x40000, 1, &three), 0);
    EXPECT_EQ(make(one, KEEL_RSRC_KIND_MMIO, 0x40800, 1, &three), -ERANGE);
    EXPECT_EQ(keel_handle_close(three), 0);
    EXPECT_EQ(keel_handle_close(two), 0);
    EXPECT_EQ(keel_handle_close(one), 0);
    EXPECT_EQ(keel_handle_close(parent), 0);
}

/* What was made of it holds the place when its owner is gone. */
UTEST(resource_child_outlives_its_parents_handle)
{
    uint32_t exclusive = KEEL_RSRC_KIND_IRQ | KEEL_RSRC_FLAG_EXCLUSIVE;
    keel_handle_t parent = new_resource(exclusive, 700, 10), child, other;

    EXPECT_EQ(make(parent, KEEL_RSRC_KIND_IRQ, 703, 1, &child), 0);
    EXPECT_EQ(keel_handle_close(parent), 0);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_IRQ, 703, 1, &other), -EBUSY);
    EXPECT_EQ(keel_handle_close(child), 0);
    EXPECT_EQ(make(root_resource(), exclusive, 703, 1, &other), 0);
    EXPECT_EQ(keel_handle_close(other), 0);
}

UTEST(resource_kinds_do_not_collide)
{
    uint32_t mmio = KEEL_RSRC_KIND_MMIO | KEEL_RSRC_FLAG_EXCLUSIVE;
    uint32_t irq = KEEL_RSRC_KIND_IRQ | KEEL_RSRC_FLAG_EXCLUSIVE;
    keel_handle_t one = new_resource(mmio, 800, 10), two = new_resource(irq, 800, 10);

    EXPECT_EQ(keel_handle_close(one), 0);
    EXPECT_EQ(keel_handle_close(two), 0);
}

UTEST(resource_has_a_name_to_read)
{
    keel_handle_t handle;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_IRQ, 1, 1, NO_POINTER, &handle),
              -EFAULT);
    EXPECT_EQ(make(root_resource(), KEEL_RSRC_KIND_IRQ, 1, 1, NO_POINTER), -EFAULT);
    EXPECT_EQ(make(BAD_HANDLE, KEEL_RSRC_KIND_IRQ, 1, 1, &handle), -EBADF);
    EXPECT_EQ(make(root_job(), KEEL_RSRC_KIND_IRQ, 1, 1, &handle), -ENOTTY);
}

UTEST(power_reboot_needs_its_resource_too)
{
    keel_handle_t info = new_resource(KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_INFO_BASE, 1);

    EXPECT_EQ(keel_system_powerctl(info, KEEL_SYSTEM_POWERCTL_REBOOT, 0), -ERANGE);
    EXPECT_EQ(keel_system_powerctl(root_job(), KEEL_SYSTEM_POWERCTL_REBOOT, 0), -ENOTTY);
    EXPECT_EQ(keel_handle_close(info), 0);
}

UTEST(log_records_are_in_order)
{
    keel_log_record_t record = {0};
    uint64_t last = 0;
    keel_time_t when = 0;
    unsigned count = 0;
    keel_handle_t log;

    REQUIRE(keel_debuglog_create(root_resource(), KEEL_LOG_FLAG_READABLE, &log) == 0);
    while (count < 20 && keel_debuglog_read(log, 0, &record, sizeof(record)) == 0) {
        EXPECT(count == 0 || record.sequence > last);
        EXPECT(record.timestamp >= when || record.timestamp >= 0);
        EXPECT(record.datalen <= KEEL_LOG_RECORD_DATA_MAX);
        EXPECT(record.severity <= KEEL_LOG_SEVERITY_FATAL);
        last = record.sequence;
        when = record.timestamp;
        count++;
    }
    EXPECT(count > 0);
    EXPECT_EQ(keel_handle_close(log), 0);
}

UTEST(log_ends_where_it_ends)
{
    keel_log_record_t record = {0};
    keel_handle_t log;
    unsigned count = 0;
    int err;

    REQUIRE(keel_debuglog_create(root_resource(), KEEL_LOG_FLAG_READABLE, &log) == 0);
    do {
        err = keel_debuglog_read(log, 0, &record, sizeof(record));
    } while (err == 0 && count++ < 1000000);
    EXPECT_EQ(err, -EAGAIN);
    EXPECT_EQ(keel_debuglog_write(log, 0, "utest: once more", 16), 0);
    EXPECT_EQ(keel_debuglog_read(log, 0, &record, sizeof(record)), 0);
    EXPECT_EQ(keel_handle_close(log), 0);
}

UTEST(log_read_wants_room)
{
    keel_log_record_t record;
    keel_handle_t log;

    REQUIRE(keel_debuglog_create(root_resource(), KEEL_LOG_FLAG_READABLE, &log) == 0);
    EXPECT_EQ(keel_debuglog_read(log, 0, &record, sizeof(record) - 1), -EINVAL);
    EXPECT_EQ(keel_debuglog_read(log, 1, &record, sizeof(record)), -EINVAL);
    EXPECT_EQ(keel_debuglog_read(log, 0, NO_POINTER, sizeof(record)), -EFAULT);
    EXPECT_EQ(keel_handle_close(log), 0);
}

UTEST(log_kinds_of_resources)
{
    keel_handle_t mmio = new_resource(KEEL_RSRC_KIND_MMIO, 0, 16), log, debug;

    EXPECT_EQ(keel_debuglog_create(mmio, 0, &log), -ENOTTY);
    debug = new_resource(KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_DEBUG_BASE, 1);
    EXPECT_EQ(keel_debuglog_create(debug, 0, &log), 0);
    EXPECT_EQ(keel_handle_close(log), 0);
    EXPECT_EQ(keel_debuglog_create(debug, 0, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_close(debug), 0);
    EXPECT_EQ(keel_handle_close(mmio), 0);
}
