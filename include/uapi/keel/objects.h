/* SPDX-License-Identifier: MIT */
/* Types of objects. Numbers that Zircon has are Zircon's; none is ever used anew. */
#ifndef KEEL_UAPI_OBJECTS_H
#define KEEL_UAPI_OBJECTS_H

#include <keel/base.h>

#define KEEL_OBJ_TYPE_NONE          ((keel_obj_type_t)0)
#define KEEL_OBJ_TYPE_PROCESS       ((keel_obj_type_t)1)
#define KEEL_OBJ_TYPE_THREAD        ((keel_obj_type_t)2)
#define KEEL_OBJ_TYPE_VMO           ((keel_obj_type_t)3)
#define KEEL_OBJ_TYPE_CHANNEL       ((keel_obj_type_t)4)
#define KEEL_OBJ_TYPE_EVENT         ((keel_obj_type_t)5)
#define KEEL_OBJ_TYPE_PORT          ((keel_obj_type_t)6)
#define KEEL_OBJ_TYPE_INTERRUPT     ((keel_obj_type_t)9)
#define KEEL_OBJ_TYPE_DEBUGLOG      ((keel_obj_type_t)12)
#define KEEL_OBJ_TYPE_SOCKET        ((keel_obj_type_t)14)
#define KEEL_OBJ_TYPE_RESOURCE      ((keel_obj_type_t)15)
#define KEEL_OBJ_TYPE_EVENTPAIR     ((keel_obj_type_t)16)
#define KEEL_OBJ_TYPE_JOB           ((keel_obj_type_t)17)
#define KEEL_OBJ_TYPE_VMAR          ((keel_obj_type_t)18)
#define KEEL_OBJ_TYPE_FIFO          ((keel_obj_type_t)19)
#define KEEL_OBJ_TYPE_TIMER         ((keel_obj_type_t)22)
#define KEEL_OBJ_TYPE_SUSPEND_TOKEN ((keel_obj_type_t)27)
#define KEEL_OBJ_TYPE_PAGER         ((keel_obj_type_t)28)
#define KEEL_OBJ_TYPE_EXCEPTION     ((keel_obj_type_t)29)

/* All are below; what is not listed here is not given out yet. */
#define KEEL_OBJ_TYPE_LIMIT         ((keel_obj_type_t)32)

/* Clocks of keel_timer_create(). */
#define KEEL_CLOCK_MONOTONIC        UINT32_C(0) /* that of keel_clock_get_monotonic() */

/* Options of keel_timer_create(): where within the slack of a deadline it may fire. */
#define KEEL_TIMER_SLACK_CENTER     UINT32_C(0) /* [deadline - slack, deadline + slack] */
#define KEEL_TIMER_SLACK_EARLY      UINT32_C(1) /* [deadline - slack, deadline] */
#define KEEL_TIMER_SLACK_LATE       UINT32_C(2) /* [deadline, deadline + slack] */

#endif
