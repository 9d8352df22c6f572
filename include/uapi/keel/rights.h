/* SPDX-License-Identifier: MIT */
/* Rights: what a handle lets its holder do with the object. They only ever shrink. Bits that Zircon has
 * have Zircon's values. */
#ifndef KEEL_UAPI_RIGHTS_H
#define KEEL_UAPI_RIGHTS_H

#include <keel/base.h>

#define KEEL_RIGHT_NONE           ((keel_rights_t)0)
#define KEEL_RIGHT_DUPLICATE      ((keel_rights_t)1 << 0)
#define KEEL_RIGHT_TRANSFER       ((keel_rights_t)1 << 1)
#define KEEL_RIGHT_READ           ((keel_rights_t)1 << 2)
#define KEEL_RIGHT_WRITE          ((keel_rights_t)1 << 3)
#define KEEL_RIGHT_EXECUTE        ((keel_rights_t)1 << 4)
#define KEEL_RIGHT_MAP            ((keel_rights_t)1 << 5)
#define KEEL_RIGHT_GET_PROPERTY   ((keel_rights_t)1 << 6)
#define KEEL_RIGHT_SET_PROPERTY   ((keel_rights_t)1 << 7)
#define KEEL_RIGHT_ENUMERATE      ((keel_rights_t)1 << 8)
#define KEEL_RIGHT_DESTROY        ((keel_rights_t)1 << 9)
#define KEEL_RIGHT_SET_POLICY     ((keel_rights_t)1 << 10)
#define KEEL_RIGHT_GET_POLICY     ((keel_rights_t)1 << 11)
#define KEEL_RIGHT_SIGNAL         ((keel_rights_t)1 << 12)
#define KEEL_RIGHT_SIGNAL_PEER    ((keel_rights_t)1 << 13)
#define KEEL_RIGHT_WAIT           ((keel_rights_t)1 << 14)
#define KEEL_RIGHT_INSPECT        ((keel_rights_t)1 << 15)
#define KEEL_RIGHT_MANAGE_JOB     ((keel_rights_t)1 << 16)
#define KEEL_RIGHT_MANAGE_PROCESS ((keel_rights_t)1 << 17)
#define KEEL_RIGHT_MANAGE_THREAD  ((keel_rights_t)1 << 18)
#define KEEL_RIGHT_APPLY_PROFILE  ((keel_rights_t)1 << 19)
#define KEEL_RIGHT_MANAGE_SOCKET  ((keel_rights_t)1 << 20)
#define KEEL_RIGHT_OP_CHILDREN    ((keel_rights_t)1 << 21)
#define KEEL_RIGHT_RESIZE         ((keel_rights_t)1 << 22)
#define KEEL_RIGHT_ATTACH_VMO     ((keel_rights_t)1 << 23)
#define KEEL_RIGHT_MANAGE_VMO     ((keel_rights_t)1 << 24)
/* Keel's own: stopping a thread is more than writing to it. */
#define KEEL_RIGHT_SUSPEND        ((keel_rights_t)1 << 25)
#define KEEL_RIGHT_RESUME         ((keel_rights_t)1 << 26)

/* In a request: the rights that the handle has. No handle has it. */
#define KEEL_RIGHT_SAME_RIGHTS    ((keel_rights_t)1 << 31)

/* Every right there is. */
#define KEEL_RIGHTS_ALL           (((keel_rights_t)1 << 27) - 1)

#define KEEL_RIGHT_MANAGE \
    (KEEL_RIGHT_MANAGE_JOB | KEEL_RIGHT_MANAGE_PROCESS | KEEL_RIGHT_MANAGE_THREAD)

#define KEEL_RIGHTS_BASIC \
    (KEEL_RIGHT_TRANSFER | KEEL_RIGHT_DUPLICATE | KEEL_RIGHT_WAIT | KEEL_RIGHT_INSPECT)
#define KEEL_RIGHTS_IO       (KEEL_RIGHT_READ | KEEL_RIGHT_WRITE)
#define KEEL_RIGHTS_PROPERTY (KEEL_RIGHT_GET_PROPERTY | KEEL_RIGHT_SET_PROPERTY)
#define KEEL_RIGHTS_POLICY   (KEEL_RIGHT_GET_POLICY | KEEL_RIGHT_SET_POLICY)

/* What the first handle to an object of each type has. */
#define KEEL_DEFAULT_CHANNEL_RIGHTS                                                     \
    ((KEEL_RIGHTS_BASIC & ~KEEL_RIGHT_DUPLICATE) | KEEL_RIGHTS_IO | KEEL_RIGHT_SIGNAL | \
     KEEL_RIGHT_SIGNAL_PEER)
#define KEEL_DEFAULT_EVENT_RIGHTS     (KEEL_RIGHTS_BASIC | KEEL_RIGHT_SIGNAL)
#define KEEL_DEFAULT_EVENTPAIR_RIGHTS (KEEL_DEFAULT_EVENT_RIGHTS | KEEL_RIGHT_SIGNAL_PEER)
#define KEEL_DEFAULT_PORT_RIGHTS      ((KEEL_RIGHTS_BASIC & ~KEEL_RIGHT_WAIT) | KEEL_RIGHTS_IO)
#define KEEL_DEFAULT_TIMER_RIGHTS     (KEEL_RIGHTS_BASIC | KEEL_RIGHT_WRITE | KEEL_RIGHT_SIGNAL)
#define KEEL_DEFAULT_INTERRUPT_RIGHTS (KEEL_RIGHTS_BASIC | KEEL_RIGHTS_IO | KEEL_RIGHT_SIGNAL)
#define KEEL_DEFAULT_RESOURCE_RIGHTS \
    (KEEL_RIGHT_TRANSFER | KEEL_RIGHT_DUPLICATE | KEEL_RIGHT_INSPECT | KEEL_RIGHT_WRITE)
#define KEEL_DEFAULT_DEBUGLOG_RIGHTS (KEEL_RIGHTS_BASIC | KEEL_RIGHT_WRITE | KEEL_RIGHT_SIGNAL)
#define KEEL_DEFAULT_VMO_RIGHTS                                                   \
    (KEEL_RIGHTS_BASIC | KEEL_RIGHTS_IO | KEEL_RIGHTS_PROPERTY | KEEL_RIGHT_MAP | \
     KEEL_RIGHT_SIGNAL | KEEL_RIGHT_RESIZE)
#define KEEL_DEFAULT_VMAR_RIGHTS (KEEL_RIGHTS_BASIC & ~KEEL_RIGHT_WAIT)
#define KEEL_DEFAULT_JOB_RIGHTS                                                       \
    (KEEL_RIGHTS_BASIC | KEEL_RIGHTS_IO | KEEL_RIGHTS_PROPERTY | KEEL_RIGHTS_POLICY | \
     KEEL_RIGHT_ENUMERATE | KEEL_RIGHT_DESTROY | KEEL_RIGHT_SIGNAL | KEEL_RIGHT_MANAGE)
#define KEEL_DEFAULT_PROCESS_RIGHTS                                                              \
    (KEEL_RIGHTS_BASIC | KEEL_RIGHTS_IO | KEEL_RIGHTS_PROPERTY | KEEL_RIGHTS_POLICY |            \
     KEEL_RIGHT_ENUMERATE | KEEL_RIGHT_DESTROY | KEEL_RIGHT_SIGNAL | KEEL_RIGHT_MANAGE_PROCESS | \
     KEEL_RIGHT_MANAGE_THREAD)
#define KEEL_DEFAULT_THREAD_RIGHTS                                                    \
    (KEEL_RIGHTS_BASIC | KEEL_RIGHTS_IO | KEEL_RIGHTS_PROPERTY | KEEL_RIGHT_DESTROY | \
     KEEL_RIGHT_SIGNAL | KEEL_RIGHT_MANAGE_THREAD | KEEL_RIGHT_SUSPEND | KEEL_RIGHT_RESUME)
#define KEEL_DEFAULT_SUSPEND_TOKEN_RIGHTS (KEEL_RIGHT_TRANSFER | KEEL_RIGHT_INSPECT)

#endif
