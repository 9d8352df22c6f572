/* SPDX-License-Identifier: MIT */
/* What the program was given at its start, and handing it out. */
#include "bootstrap.h"

#include "startup.h"

#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/signals.h>
#include <keel/syscalls.h>
#include <string.h>

static keel_handle_t handles[KEEL_CHANNEL_MAX_MSG_HANDLES];
static uint32_t taken[KEEL_CHANNEL_MAX_MSG_HANDLES];
static char *texts[LIB_STARTUP_TEXTS_MAX + 3];
static struct lib_startup startup;

char **environ = texts;

/* Nothing is known of the handles that came, but one of them may be a debug log. */
static void complain(const char *why, size_t handle_count)
{
    static const char what[] = "the message that a program was started with is no good: ";
    char text[160];

    strlcpy(text, what, sizeof(text));
    strlcat(text, why, sizeof(text));
    for (size_t i = 0; i < handle_count; i++) {
        if (keel_debuglog_write(handles[i], 0, text, strlen(text)) == 0) {
            break;
        }
    }
    strlcat(text, "\n", sizeof(text));
    (void)keel_debug_write(text, strlen(text));
    keel_process_exit(KEEL_EXIT_NOT_STARTED);
}

static uint32_t message[KEEL_CHANNEL_MAX_MSG_BYTES / sizeof(uint32_t)];

static int read_message(keel_handle_t channel, keel_channel_buffer_t *buffer)
{
    keel_signals_t observed;
    int err;

    while ((err = keel_channel_read(channel, 0, buffer)) == -EAGAIN) {
        err = keel_object_wait_one(channel, KEEL_CHANNEL_READABLE | KEEL_CHANNEL_PEER_CLOSED,
                                   KEEL_TIME_INFINITE, &observed);
        if (err != 0) {
            break;
        }
    }
    (void)keel_handle_close(channel);
    return err;
}

void lib_bootstrap(keel_handle_t channel, struct lib_arguments *out)
{
    keel_channel_buffer_t buffer = {
        .bytes = message,
        .handles = handles,
        .num_bytes = sizeof(message),
        .num_handles = KEEL_CHANNEL_MAX_MSG_HANDLES,
    };
    const char *why;

    *out = (struct lib_arguments){.argv = texts};
    if (channel == KEEL_HANDLE_INVALID) {
        return;
    }
    if (read_message(channel, &buffer) != 0) {
        buffer.num_handles = 0;
        why = "it cannot be read";
    } else {
        why = lib_startup_read(message, buffer.num_bytes, buffer.num_handles, &startup);
    }
    if (why) {
        complain(why, buffer.num_handles);
    }
    lib_startup_texts(&startup, texts);
    environ = texts + startup.argc + 1;
    out->argc = (int)startup.argc;
}
/* Where the handle is; KEEL_CHANNEL_MAX_MSG_HANDLES: nowhere. */
static size_t find(uint32_t kind)
{
    for (size_t i = 0; i < startup.handle_count; i++) {
        if (startup.kinds[i] == kind) {
            return i;
        }
    }
    return KEEL_CHANNEL_MAX_MSG_HANDLES;
}

keel_handle_t lib_startup_peek(uint32_t kind)
{
    size_t at = find(kind);

    return at < startup.handle_count ? handles[at] : KEEL_HANDLE_INVALID;
}

keel_handle_t keel_startup_handle(uint32_t kind)
{
    size_t at = find(kind);

    if (at >= startup.handle_count || __atomic_exchange_n(&taken[at], 1, __ATOMIC_RELAXED) != 0) {
        return KEEL_HANDLE_INVALID;
    }
    return handles[at];
}

keel_handle_t keel_startup_resource(uint64_t base)
{
    keel_handle_t resource = keel_startup_handle(KEEL_STARTUP_RESOURCE(base));

    return resource != KEEL_HANDLE_INVALID ? resource
                                           : keel_startup_handle(KEEL_STARTUP_RESOURCE_ROOT);
}

keel_handle_t keel_startup_service(const char *name)
{
    char **names = texts + startup.argc + startup.envc + 2;

    for (uint32_t i = 0; i < startup.namec; i++) {
        if (strcmp(names[i], name) == 0) {
            return keel_startup_handle(KEEL_STARTUP_SERVICE(i));
        }
    }
    return KEEL_HANDLE_INVALID;
}
