/* SPDX-License-Identifier: MIT */
/* What keel_debuglog_read() gives. */
#ifndef KEEL_UAPI_LOG_RECORD_H
#define KEEL_UAPI_LOG_RECORD_H

#include <keel/base.h>

/* Option of keel_debuglog_create(): it can be read, from the oldest record on. */
#define KEEL_LOG_FLAG_READABLE    UINT32_C(0x40000000)

#define KEEL_LOG_RECORD_DATA_MAX  280u /* "tag: text" */
#define KEEL_LOG_WRITE_MAX        256u /* bytes of one keel_debuglog_write() */

#define KEEL_LOG_SEVERITY_DEBUG   0
#define KEEL_LOG_SEVERITY_INFO    1
#define KEEL_LOG_SEVERITY_WARNING 2
#define KEEL_LOG_SEVERITY_ERROR   3
#define KEEL_LOG_SEVERITY_FATAL   4

typedef struct keel_log_record {
    uint64_t sequence; /* grows from record to record */
    keel_time_t timestamp;
    uint16_t datalen;
    uint8_t severity;
    uint8_t reserved[5];
    char data[KEEL_LOG_RECORD_DATA_MAX]; /* no 0 at its end */
} keel_log_record_t;

_Static_assert(sizeof(keel_log_record_t) == 304, "as user space knows it");

#endif
