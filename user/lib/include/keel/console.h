/* SPDX-License-Identifier: MIT */
/* The console service: what is asked of it over a channel, and functions that do so. */
#ifndef KEEL_CONSOLE_H
#define KEEL_CONSOLE_H

#include <keel/call_types.h>

/* A request is a keel_channel_call() of this; the reply is a keel_console_reply, with the handle that was asked
 * for. What is no such request gets -EINVAL, or no answer if it has less than four bytes or brings handles. */
typedef struct keel_console_request {
    keel_txid_t txid;
    uint32_t what;  /* KEEL_CONSOLE_OPEN_INPUT and so on */
    uint32_t flags; /* 0, or those of the request */
} keel_console_request_t;

typedef struct keel_console_reply {
    keel_txid_t txid;
    keel_status_t status; /* -EINVAL; -ENOSPC: the service has too many channels; -ENOMEM */
} keel_console_reply_t;

/* A channel that lines come from, as messages with their '\n'; it is closed at the end of input (^D). Of all inputs
 * the newest gets what is typed, until its reader closes it, and each line only when the reader has asked:
 * by setting KEEL_CONSOLE_WANTED at its peer, which keel_fd_read() does. */
#define KEEL_CONSOLE_OPEN_INPUT  UINT32_C(1)
/* Text to the screen, as messages of up to KEEL_FD_MESSAGE_MAX bytes, each of which is shown in one piece. */
#define KEEL_CONSOLE_OPEN_OUTPUT UINT32_C(2)
/* Answered when all that was written to outputs before is shown. */
#define KEEL_CONSOLE_SYNC        UINT32_C(3)
/* Another channel for requests. */
#define KEEL_CONSOLE_CONNECT     UINT32_C(4)

/* With KEEL_CONSOLE_OPEN_INPUT: ^C gives the reader an empty line, for he does not end by it. */
#define KEEL_CONSOLE_STAYS       UINT32_C(1)

#define KEEL_CONSOLE_WANTED      KEEL_USER_SIGNAL_1
/* Set on the newest channel for requests when ^C is typed. */
#define KEEL_CONSOLE_INTERRUPT   KEEL_USER_SIGNAL_0

/* Makes a request; the handle goes to *out (NULL: there is none). 0, the reply's status, or what
 * keel_channel_call() gives. Any thread. */
int keel_console_request(keel_handle_t console, uint32_t what, uint32_t flags, keel_handle_t *out);

#endif
