/* SPDX-License-Identifier: MIT */
/* The three plain inputs and outputs: channels whose messages are text, and the debug log where there are none.
 * Calls wait. */
#include "../start/bootstrap.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/log_record.h>
#include <keel/runtime.h>
#include <keel/sync.h>
#include <keel/syscalls.h>
#include <stdbool.h>
#include <string.h>

#define FDS         3u
#define DEBUG_WRITE 1024u /* bytes of one keel_debug_write() */

/* What an output leads to. */
enum where {
    UNKNOWN,
    CHANNEL,
    DEBUGLOG,
    CONSOLE
};

static struct {
    enum where where;
    keel_handle_t handle;
} outputs[FDS];

static keel_mutex_t lock; /* of `outputs`, while they are not known */

/* Everything that is in the caller's way is taken out of it by who reads. */
static int write_message(keel_handle_t channel, const char *text, size_t size)
{
    keel_signals_t observed;
    int err;

    while ((err = keel_channel_write(channel, 0, text, size, NULL, 0)) == -EAGAIN) {
        err = keel_object_wait_one(channel, KEEL_CHANNEL_WRITABLE | KEEL_CHANNEL_PEER_CLOSED,
                                   KEEL_TIME_INFINITE, &observed);
        if (err != 0) {
            break;
        }
    }
    return err;
}

/* A record a line, without its end. */
static int write_record(keel_handle_t log, const char *text, size_t size)
{
    return keel_debuglog_write(log, 0, text, size - (text[size - 1] == '\n'));
}

/* The end of the next record's text. */
static size_t record_size(const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);

    size = end ? (size_t)(end - text) + 1 : size;
    return size < KEEL_LOG_WRITE_MAX ? size : KEEL_LOG_WRITE_MAX;
}

/* The handles stay the caller's to ask for: output has duplicates where that may be. */
static void find_output(unsigned fd)
{
    keel_handle_t channel = lib_startup_peek(KEEL_STARTUP_KIND(KEEL_STARTUP_TYPE_FD, fd));
    keel_handle_t log = lib_startup_peek(KEEL_STARTUP_DEBUGLOG);

    if (channel != KEEL_HANDLE_INVALID) {
        outputs[fd].handle = channel;
        outputs[fd].where = CHANNEL;
    } else if (log != KEEL_HANDLE_INVALID &&
               keel_handle_duplicate(log, KEEL_RIGHT_SAME_RIGHTS, &outputs[fd].handle) == 0) {
        outputs[fd].where = DEBUGLOG;
    } else {
        outputs[fd].where = CONSOLE;
    }
}
/* As much as goes in one piece; its size, or a negative status. */
static int64_t write_piece(unsigned fd, const char *text, size_t size)
{
    int err;

    switch (outputs[fd].where) {
    case CHANNEL:
        size = size < KEEL_FD_MESSAGE_MAX ? size : KEEL_FD_MESSAGE_MAX;
        err = write_message(outputs[fd].handle, text, size);
        break;
    case DEBUGLOG:
        size = record_size(text, size);
        err = write_record(outputs[fd].handle, text, size);
        break;
    default:
        size = size < DEBUG_WRITE ? size : DEBUG_WRITE;
        err = keel_debug_write(text, size);
        break;
    }
    return err != 0 ? err : (int64_t)size;
}

int keel_fd_write(unsigned fd, const void *bytes, size_t size)
{
    const char *text = bytes;

    if (fd == 0 || fd >= FDS) {
        return -EBADF;
    }
    keel_mutex_lock(&lock);
    if (outputs[fd].where == UNKNOWN) {
        find_output(fd);
    }
    keel_mutex_unlock(&lock);
    while (size != 0) {
        int64_t written = write_piece(fd, text, size);

        if (written < 0) {
            return (int)written;
        }
        text += written;
        size -= (size_t)written;
    }
    return 0;
}
