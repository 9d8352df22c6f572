/* SPDX-License-Identifier: MIT */
/* Resources: what of the machine a process may lay hands on. Numbers are Zircon's. */
#ifndef KEEL_UAPI_RESOURCE_H
#define KEEL_UAPI_RESOURCE_H

#include <keel/base.h>

typedef uint32_t keel_rsrc_kind_t;

#define KEEL_RSRC_KIND_MMIO         ((keel_rsrc_kind_t)0) /* physical addresses */
#define KEEL_RSRC_KIND_IRQ          ((keel_rsrc_kind_t)1) /* interrupts */
#define KEEL_RSRC_KIND_IOPORT       ((keel_rsrc_kind_t)2)
#define KEEL_RSRC_KIND_ROOT         ((keel_rsrc_kind_t)3) /* everything */
#define KEEL_RSRC_KIND_SMC          ((keel_rsrc_kind_t)4) /* calls to firmware */
#define KEEL_RSRC_KIND_SYSTEM       ((keel_rsrc_kind_t)5) /* one of KEEL_RSRC_SYSTEM_* */
#define KEEL_RSRC_KIND_COUNT        ((keel_rsrc_kind_t)6)

/* With the kind, in the options of keel_resource_create(): nobody else has or gets any part of it. */
#define KEEL_RSRC_FLAG_EXCLUSIVE    UINT32_C(0x10000)

/* Bases in KEEL_RSRC_KIND_SYSTEM, each of size 1. */
#define KEEL_RSRC_SYSTEM_VMEX_BASE  UINT64_C(1) /* memory objects that can be executed */
#define KEEL_RSRC_SYSTEM_DEBUG_BASE UINT64_C(2)
#define KEEL_RSRC_SYSTEM_INFO_BASE  UINT64_C(3)
#define KEEL_RSRC_SYSTEM_CPU_BASE   UINT64_C(4)
#define KEEL_RSRC_SYSTEM_POWER_BASE UINT64_C(5)

#define KEEL_RSRC_NAME_MAX          32u /* with the 0 at its end */

typedef struct keel_rsrc_name {
    char name[KEEL_RSRC_NAME_MAX];
} keel_rsrc_name_t;

/* Commands of keel_system_powerctl(). */
#define KEEL_SYSTEM_POWERCTL_REBOOT   UINT32_C(5)
#define KEEL_SYSTEM_POWERCTL_SHUTDOWN UINT32_C(8)

#endif
