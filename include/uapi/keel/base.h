/* SPDX-License-Identifier: MIT */
/* The types of every call: handles, rights, signals, identities, times. */
#ifndef KEEL_UAPI_BASE_H
#define KEEL_UAPI_BASE_H

#include <stdint.h>

/* Names an object within one process, and what may be done with it. 0 is never valid. */
typedef uint32_t keel_handle_t;
#define KEEL_HANDLE_INVALID ((keel_handle_t)0)

/* 0, or a code of <keel/errno.h> negated. */
typedef int32_t keel_status_t;

/* Tells objects apart; 64 bit, never used twice while the machine runs. 0 is no object's. */
typedef uint64_t keel_koid_t;
#define KEEL_KOID_INVALID ((keel_koid_t)0)

typedef uint32_t keel_rights_t;   /* <keel/rights.h> */
typedef uint32_t keel_signals_t;  /* <keel/signals.h> */
typedef uint32_t keel_obj_type_t; /* <keel/objects.h> */

typedef int64_t keel_time_t;     /* ns of the monotonic clock */
typedef int64_t keel_duration_t; /* ns */

#define KEEL_TIME_INFINITE      INT64_MAX
#define KEEL_TIME_INFINITE_PAST INT64_MIN

_Static_assert(sizeof(keel_handle_t) == 4 && sizeof(keel_status_t) == 4, "registers' halves");
_Static_assert(sizeof(keel_koid_t) == 8 && sizeof(keel_time_t) == 8, "registers");

#endif
