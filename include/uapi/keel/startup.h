/* SPDX-License-Identifier: MIT */
/* The message that a program finds in its bootstrap channel: what it was given, and its arguments. */
#ifndef KEEL_UAPI_STARTUP_H
#define KEEL_UAPI_STARTUP_H

#include <keel/base.h>
#include <keel/channel.h>

/* The program's first thread starts with the channel's handle in the first argument's register. The channel
 * holds one message: this header, then uint32_t kinds[handle_count], one for each of the message's handles
 * in their order, then strings_size bytes of text: argc arguments, envc settings "NAME=value", namec names
 * of services, each with its 0. Nothing lies between these and nothing follows them. */
typedef struct keel_startup {
    uint32_t magic;   /* KEEL_STARTUP_MAGIC */
    uint32_t version; /* KEEL_STARTUP_VERSION */
    uint32_t handle_count;
    uint32_t argc;
    uint32_t envc;
    uint32_t namec;
    uint32_t strings_size; /* bytes */
    uint32_t reserved;     /* 0 */
} keel_startup_t;

#define KEEL_STARTUP_MAGIC           UINT32_C(0x4c45454b) /* "KEEL" */
#define KEEL_STARTUP_VERSION         UINT32_C(1)

/* What a handle is for: a type, and which of that type. No two in a message are equal. */
#define KEEL_STARTUP_KIND(type, arg) ((uint32_t)(type) | (uint32_t)(arg) << 16)
#define KEEL_STARTUP_TYPE(kind)      ((uint32_t)(kind)&0xffffu)
#define KEEL_STARTUP_ARG(kind)       ((uint32_t)(kind) >> 16)

#define KEEL_STARTUP_TYPE_FD         0x10u /* arg: 0 input, 1 output, 2 complaints; a channel */
#define KEEL_STARTUP_TYPE_SERVICE    0x11u /* arg: the number of its name; a channel to it */
#define KEEL_STARTUP_TYPE_USER       0xf0u /* as parent and child have agreed */

#define KEEL_STARTUP_PROCESS_SELF    KEEL_STARTUP_KIND(0x01, 0)
#define KEEL_STARTUP_THREAD_SELF     KEEL_STARTUP_KIND(0x02, 0) /* the first thread */
#define KEEL_STARTUP_ROOT_VMAR       KEEL_STARTUP_KIND(0x03, 0) /* all of its addresses */
#define KEEL_STARTUP_JOB_DEFAULT     KEEL_STARTUP_KIND(0x04, 0) /* where it makes processes */
#define KEEL_STARTUP_RESOURCE_ROOT   KEEL_STARTUP_KIND(0x05, 0)
#define KEEL_STARTUP_RESOURCE(base) \
    KEEL_STARTUP_KIND(0x05, base) /* that of a KEEL_RSRC_SYSTEM_*_BASE */
#define KEEL_STARTUP_BOOTFS_VMO      KEEL_STARTUP_KIND(0x06, 0) /* the boot file system, newc */
#define KEEL_STARTUP_DEBUGLOG        KEEL_STARTUP_KIND(0x07, 0)
#define KEEL_STARTUP_DEVICE_TREE_VMO KEEL_STARTUP_KIND(0x08, 0) /* where there is a tree */
#define KEEL_STARTUP_IMAGE_VMAR      KEEL_STARTUP_KIND(0x09, 0) /* the program's own addresses */
#define KEEL_STARTUP_STDIN           KEEL_STARTUP_KIND(KEEL_STARTUP_TYPE_FD, 0)
#define KEEL_STARTUP_STDOUT          KEEL_STARTUP_KIND(KEEL_STARTUP_TYPE_FD, 1)
#define KEEL_STARTUP_STDERR          KEEL_STARTUP_KIND(KEEL_STARTUP_TYPE_FD, 2)
#define KEEL_STARTUP_SERVICE(name)   KEEL_STARTUP_KIND(KEEL_STARTUP_TYPE_SERVICE, name)
#define KEEL_STARTUP_USER(number)    KEEL_STARTUP_KIND(KEEL_STARTUP_TYPE_USER, number)

/* Where the pieces lie, in bytes from the message's begin. */
#define KEEL_STARTUP_KINDS_OFFSET    ((uint32_t)sizeof(keel_startup_t))
#define KEEL_STARTUP_STRINGS_OFFSET(handle_count) \
    (KEEL_STARTUP_KINDS_OFFSET + (uint32_t)(handle_count) * (uint32_t)sizeof(uint32_t))

_Static_assert(sizeof(keel_startup_t) == 32, "as user space knows it");
_Static_assert(KEEL_STARTUP_STRINGS_OFFSET(KEEL_CHANNEL_MAX_MSG_HANDLES) <
                   KEEL_CHANNEL_MAX_MSG_BYTES,
               "all handles leave room for text");

#endif
