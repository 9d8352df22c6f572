/* SPDX-License-Identifier: MIT */
/* Options of keel_interrupt_create() and keel_interrupt_bind(). Numbers are Zircon's. */
#ifndef KEEL_UAPI_INTERRUPT_H
#define KEEL_UAPI_INTERRUPT_H

#include <keel/base.h>

/* When a line interrupts; one of these. */
#define KEEL_INTERRUPT_MODE_DEFAULT    UINT32_C(0x0) /* as it is set up; masked until acknowledged */
#define KEEL_INTERRUPT_MODE_EDGE_LOW   UINT32_C(0x2)
#define KEEL_INTERRUPT_MODE_EDGE_HIGH  UINT32_C(0x4)
#define KEEL_INTERRUPT_MODE_LEVEL_LOW  UINT32_C(0x6)
#define KEEL_INTERRUPT_MODE_LEVEL_HIGH UINT32_C(0x8)
#define KEEL_INTERRUPT_MODE_EDGE_BOTH  UINT32_C(0xa)

/* No line at all: keel_interrupt_trigger() triggers it. */
#define KEEL_INTERRUPT_VIRTUAL         UINT32_C(0x10)

#define KEEL_INTERRUPT_BIND            UINT32_C(0)
#define KEEL_INTERRUPT_UNBIND          UINT32_C(1)

#endif
