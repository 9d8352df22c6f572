/* SPDX-License-Identifier: MIT */
/* What keel_port_wait() gives. */
#ifndef KEEL_UAPI_PACKET_H
#define KEEL_UAPI_PACKET_H

#include <keel/base.h>

#define KEEL_PKT_TYPE_USER       UINT32_C(0)
#define KEEL_PKT_TYPE_SIGNAL_ONE UINT32_C(1)
#define KEEL_PKT_TYPE_INTERRUPT  UINT32_C(6)

typedef struct keel_packet_user {
    uint64_t u64[4];
} keel_packet_user_t;

typedef struct keel_packet_signal {
    keel_signals_t trigger;  /* what was waited for */
    keel_signals_t observed; /* what there was when that came */
    uint64_t count;          /* 1 */
    keel_time_t timestamp;   /* when it came, with KEEL_WAIT_ASYNC_TIMESTAMP; else 0 */
    uint64_t reserved;
} keel_packet_signal_t;

typedef struct keel_packet_interrupt {
    keel_time_t timestamp;
    uint64_t reserved[3];
} keel_packet_interrupt_t;

typedef struct keel_port_packet {
    uint64_t key; /* as given to keel_object_wait_async() or keel_port_queue() */
    uint32_t type;
    keel_status_t status;
    union {
        keel_packet_user_t user;
        keel_packet_signal_t signal;
        keel_packet_interrupt_t interrupt;
    };
} keel_port_packet_t;

_Static_assert(sizeof(keel_port_packet_t) == 48, "as user space knows it");

#endif
