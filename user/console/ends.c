/* SPDX-License-Identifier: MIT */
/* A table of channels' ends. One thread. */
#include "ends.h"

#include <keel/console.h>
#include <keel/errno.h>
#include <keel/syscalls.h>
#include <stddef.h>

#define ENDS_MAX 96u

static struct end ends[ENDS_MAX];
static keel_handle_t port;
static uint64_t last_key;

void ends_init(keel_handle_t of_packets)
{
    port = of_packets;
}

int ends_watch(const struct end *end)
{
    keel_signals_t signals = end->kind == END_INPUT ? KEEL_CONSOLE_WANTED : KEEL_CHANNEL_READABLE;

    return keel_object_wait_async(end->channel, port, end->key, signals | KEEL_CHANNEL_PEER_CLOSED,
                                  0);
}

struct end *ends_next(enum end_kind kind, struct end *after)
{
    for (struct end *end = after ? after + 1 : ends; end < ends + ENDS_MAX; end++) {
        if (end->kind == kind) {
            return end;
        }
    }
    return NULL;
}

int ends_add(enum end_kind kind, keel_handle_t channel, struct end **out)
{
    struct end *end = ends_next(END_FREE, NULL);
    int err = -ENOSPC;

    if (end) {
        *end = (struct end){.kind = kind, .channel = channel, .key = ++last_key};
        err = ends_watch(end);
    }
    if (err != 0) {
        keel_handle_close(channel);
        if (end) {
            end->kind = END_FREE;
        }
        return err;
    }
    *out = end;
    return 0;
}

void ends_remove(struct end *end)
{
    keel_handle_close(end->channel);
    end->kind = END_FREE;
}

struct end *ends_find(uint64_t key)
{
    for (struct end *end = ends; end < ends + ENDS_MAX; end++) {
        if (end->kind != END_FREE && end->key == key) {
            return end;
        }
    }
    return NULL;
}

struct end *ends_newest(enum end_kind kind)
{
    struct end *newest = NULL;

    for (struct end *end = NULL; (end = ends_next(kind, end)) != NULL;) {
        if (!newest || end->key > newest->key) {
            newest = end;
        }
    }
    return newest;
}
