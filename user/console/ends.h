/* SPDX-License-Identifier: MIT */
/* The channels that the console service has the other end of. */
#ifndef CONSOLE_ENDS_H
#define CONSOLE_ENDS_H

#include <keel/call_types.h>
#include <stdbool.h>

enum end_kind {
    END_FREE,
    END_CLIENT, /* requests come from here */
    END_INPUT,  /* lines go there */
    END_OUTPUT, /* text comes from here */
};

struct end {
    enum end_kind kind;
    keel_handle_t channel;
    uint64_t key; /* in packets; never used twice */
    bool stays;   /* of an input: KEEL_CONSOLE_STAYS */
    bool wants;   /* of an input: its reader waits for a line */
};

/* Begins; what happens at ends comes as packets to this port. */
void ends_init(keel_handle_t port);

/* Takes a channel's end, which is closed when that fails: -ENOSPC, or of keel_object_wait_async(). */
int ends_add(enum end_kind kind, keel_handle_t channel, struct end **out);
void ends_remove(struct end *end);

/* Asks for the next packet of an end. */
int ends_watch(const struct end *end);

/* NULL: there is none (any more). */
struct end *ends_find(uint64_t key);

/* The one of a kind that was added last; NULL: there is none. */
struct end *ends_newest(enum end_kind kind);

/* All of a kind, one after the other: NULL begins, and ends. */
struct end *ends_next(enum end_kind kind, struct end *after);

#endif
