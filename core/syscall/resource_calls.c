/* SPDX-License-Identifier: MIT */
/* The calls of resources, and of the log, which needs one. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/debuglog_object.h>
#include <keel/resource_object.h>
#include <keel/string.h>
#include <keel/syscall.h>

int64_t sys_resource_create(struct object *parent, uint32_t options, uint64_t base, uint64_t size,
                            const struct keel_rsrc_name *name, uint32_t __user *out)
{
    struct resource_range range = {.kind = options & ~KEEL_RSRC_FLAG_EXCLUSIVE,
                                   .base = base,
                                   .size = size,
                                   .exclusive = (options & KEEL_RSRC_FLAG_EXCLUSIVE) != 0};
    struct object *child;
    int err;

    memcpy(range.name, name->name, sizeof(range.name));
    err = resource_create(parent, &range, &child);
    return err != 0 ? err : syscall_give(child, out);
}

int64_t sys_debuglog_create(struct object *resource, uint32_t options, uint32_t __user *out)
{
    keel_rights_t rights =
        KEEL_DEFAULT_DEBUGLOG_RIGHTS | (options & KEEL_LOG_FLAG_READABLE ? KEEL_RIGHT_READ : 0);
    struct object *log;
    int err = resource_check(resource, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_DEBUG_BASE, 1);

    if (err == 0) {
        err = debuglog_create(options, &log);
    }
    return err != 0 ? err : syscall_give_rights(log, rights, out);
}

/* Who reads the console is to see what was written, and be told nothing else by it. */
static size_t make_plain(char *text, size_t size)
{
    while (size > 0 && text[size - 1] == '\n') {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = text[i] == '\t' ? ' ' : '?';
        }
    }
    return size;
}

int64_t sys_debuglog_write(struct object *handle, uint32_t options, const void __user *buffer,
                           size_t buffer_size)
{
    char text[KEEL_LOG_WRITE_MAX];

    (void)handle, (void)options;
    if (user_copy_in(text, buffer, buffer_size) != 0) {
        return -EFAULT;
    }
    return debuglog_write(process_name(process_current()), text, make_plain(text, buffer_size));
}

/* Memory that cannot be written is found out before a record is taken, by writing to it. */
int64_t sys_debuglog_read(struct object *handle, uint32_t options, void __user *buffer,
                          size_t buffer_size)
{
    keel_log_record_t record = {0};
    int err;

    (void)options, (void)buffer_size;
    if (user_copy_out(buffer, &record, sizeof(record)) != 0) {
        return -EFAULT;
    }
    err = debuglog_read(handle, &record);
    if (err == 0 && user_copy_out(buffer, &record, sizeof(record)) != 0) {
        return -EFAULT;
    }
    return err;
}
