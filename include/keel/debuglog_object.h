/* SPDX-License-Identifier: MIT */
/* The kernel's log as an object: each reader has one of his own, which knows how far he has read. */
#ifndef KEEL_DEBUGLOG_OBJECT_H
#define KEEL_DEBUGLOG_OBJECT_H

#include <keel/log_record.h>
#include <keel/object.h>

/* options: KEEL_LOG_FLAG_READABLE or 0. -EINVAL; -ENOMEM. Any context. */
int debuglog_create(uint32_t options, struct object **out);

/* Writes a line, of `size` bytes at most KEEL_LOG_WRITE_MAX, under a tag (the process's name). -E2BIG. */
int debuglog_write(const char *tag, const char *text, size_t size);

/* The next record, or the oldest that there still is. -EAGAIN: there is no newer one; -EACCES: it was not
 * created to be read. The caller has seen to it that giving it on cannot fail. */
int debuglog_read(struct object *object, keel_log_record_t *out);

#endif
