/* SPDX-License-Identifier: MIT */
/* Channels: what a message may hold and a queue takes. */
#ifndef KEEL_UAPI_CHANNEL_H
#define KEEL_UAPI_CHANNEL_H

#include <keel/base.h>

#define KEEL_CHANNEL_MAX_MSG_BYTES    65536u
#define KEEL_CHANNEL_MAX_MSG_HANDLES  64u

/* An endpoint's queue is full, and its peer not writable, with so many messages or bytes in it. */
#define KEEL_CHANNEL_QUEUE_MESSAGES   1024u
#define KEEL_CHANNEL_QUEUE_BYTES      (512u * 1024u)

/* Option of keel_channel_read(): a message that does not fit is thrown away. */
#define KEEL_CHANNEL_READ_MAY_DISCARD UINT32_C(1)

/* The first bytes of a message that is a call or a reply; keel_channel_call() fills it in. */
typedef uint32_t keel_txid_t;

#endif
