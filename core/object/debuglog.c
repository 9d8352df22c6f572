/* SPDX-License-Identifier: MIT */
/* Readers of the kernel's log. */
#include <keel/debuglog_object.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/log.h>
#include <keel/printf.h>
#include <keel/string.h>

struct debuglog {
    struct object object;
    bool readable;
    uint64_t position; /* in the log; guarded by the object's lock */
};

_Static_assert(LOG_TEXT_MAX + LOG_TAG_MAX + 2 < KEEL_LOG_RECORD_DATA_MAX, "every record fits");
_Static_assert(LOG_FATAL == KEEL_LOG_SEVERITY_FATAL, "levels are severities");

static void debuglog_destroy(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    kfree(container_of(object, struct debuglog, object));
}

static const struct object_ops debuglog_ops = {
    .type = KEEL_OBJ_TYPE_DEBUGLOG,
    .rights = KEEL_DEFAULT_DEBUGLOG_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "debuglog",
    .destroy = debuglog_destroy,
};

int debuglog_create(uint32_t options, struct object **out)
{
    struct debuglog *log;

    if ((options & ~KEEL_LOG_FLAG_READABLE) != 0) {
        return -EINVAL;
    }
    log = kzalloc(sizeof(*log));
    if (!log) {
        return -ENOMEM;
    }
    object_init(&log->object, &debuglog_ops);
    log->readable = options != 0;
    *out = &log->object;
    return 0;
}

int debuglog_write(const char *tag, const char *text, size_t size)
{
    if (size > KEEL_LOG_WRITE_MAX) {
        return -E2BIG;
    }
    log_write(LOG_INFO, tag, "%.*s", (int)size, text);
    return 0;
}

/* Takes the next record off the log. */
static bool next(struct debuglog *log, struct log_record *record, uint64_t *position)
{
    unsigned long irq = spin_lock(log->object.lock);
    bool found = log_next(&log->position, record);

    *position = log->position;
    spin_unlock(log->object.lock, irq);
    return found;
}

int debuglog_read(struct object *object, keel_log_record_t *out)
{
    struct debuglog *log = container_of(object, struct debuglog, object);
    struct log_record record;

    if (!log->readable) {
        return -EACCES;
    }
    *out = (keel_log_record_t){0};
    if (!next(log, &record, &out->sequence)) {
        return -EAGAIN;
    }
    out->timestamp = (keel_time_t)record.ns;
    out->severity = (uint8_t)record.level;
    out->datalen = (uint16_t)kscnprintf(out->data, sizeof(out->data), "%s: %.*s", record.tag,
                                        (int)record.len, record.text);
    return 0;
}
