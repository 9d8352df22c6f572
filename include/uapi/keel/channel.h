/* SPDX-License-Identifier: MIT */
/* Channels: what a message may hold and a queue takes. */
#ifndef KEEL_UAPI_CHANNEL_H
#define KEEL_UAPI_CHANNEL_H

#include <keel/base.h>

#define KEEL_CHANNEL_MAX_MSG_BYTES    65536u
#define KEEL_CHANNEL_MAX_MSG_HANDLES  64u

/* An endpoint's queue is full, and its peer not writable, with so many messages or bytes in it. */
#define KEEL_CHANNEL_QUEUE_MESSAGES   1024u
#define KEEL_CHANNEL_QUEUE_BYTES      (512u << 10)

/* Option of keel_channel_read(): a message that does not fit is thrown away. */
#define KEEL_CHANNEL_READ_MAY_DISCARD UINT32_C(1)

/* The first bytes of a message that is a call or a reply; keel_channel_call() fills it in. */
typedef uint32_t keel_txid_t;

/* Where keel_channel_read() puts a message. */
typedef struct keel_channel_buffer {
    void *bytes;
    keel_handle_t *handles;
    uint32_t num_bytes;   /* in: room; out: what the message has, also where it does not fit */
    uint32_t num_handles; /* likewise */
} keel_channel_buffer_t;

/* Two messages: one that is sent, and room for one that comes back. Where a call fails after it has sent
 * the first, wr_num_bytes and wr_num_handles have become 0: to try again sends nothing twice. */
typedef struct keel_channel_call_args {
    const void *wr_bytes;
    const keel_handle_t *wr_handles;
    void *rd_bytes;
    keel_handle_t *rd_handles;
    uint32_t wr_num_bytes;
    uint32_t wr_num_handles; /* keel_channel_reply_wait(): both 0 where there is no reply */
    uint32_t rd_num_bytes;   /* as in struct keel_channel_buffer */
    uint32_t rd_num_handles;
} keel_channel_call_args_t;

_Static_assert(sizeof(keel_channel_buffer_t) == 24, "as user space knows it");
_Static_assert(sizeof(keel_channel_call_args_t) == 48, "as user space knows it");

#endif
