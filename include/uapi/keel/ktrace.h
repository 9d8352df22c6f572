/* SPDX-License-Identifier: MIT */
/* The kernel's trace, as keel_ktrace_control() turns it on and keel_ktrace_read() gives it. */
#ifndef KEEL_UAPI_KTRACE_H
#define KEEL_UAPI_KTRACE_H

#include <keel/base.h>

/* Actions. Numbers are Zircon's. */
#define KEEL_KTRACE_ACTION_START  UINT32_C(1)
#define KEEL_KTRACE_ACTION_STOP   UINT32_C(2)
#define KEEL_KTRACE_ACTION_REWIND UINT32_C(3) /* forgets what was recorded */

/* Options of START: what is recorded, or 0 for all. */
#define KEEL_KTRACE_SWITCH        UINT32_C(0x01)
#define KEEL_KTRACE_WAKE          UINT32_C(0x02)
#define KEEL_KTRACE_MIGRATE       UINT32_C(0x04)
#define KEEL_KTRACE_IRQ           UINT32_C(0x08)
#define KEEL_KTRACE_IPI           UINT32_C(0x10)
#define KEEL_KTRACE_FAULT         UINT32_C(0x20)
#define KEEL_KTRACE_TIMER         UINT32_C(0x40)
#define KEEL_KTRACE_TICK          UINT32_C(0x80)
#define KEEL_KTRACE_CALL          UINT32_C(0x100)
#define KEEL_KTRACE_ALL           UINT32_C(0x1ff)

/* Events. */
#define KEEL_TRACE_SWITCH         0 /* arg: state of the thread left; a, b: ids of those left, entered */
#define KEEL_TRACE_WAKE           1 /* arg: CPU; a: id of the thread; b: its level */
#define KEEL_TRACE_MIGRATE        2 /* arg: CPUs, to | from << 8; a: id of the thread */
#define KEEL_TRACE_THREAD_END     3 /* arg: part; a: id of the thread; b: 8 bytes of its name */
#define KEEL_TRACE_IRQ_ENTER      4 /* arg: line; a, b: 16 bytes of a name */
#define KEEL_TRACE_IRQ_EXIT       5 /* arg: line */
#define KEEL_TRACE_IPI_SEND       6 /* arg: which; a: CPUs */
#define KEEL_TRACE_IPI_ENTER      7 /* a: reasons, a bit for each */
#define KEEL_TRACE_IPI_EXIT       8
#define KEEL_TRACE_FAULT          9  /* arg: access and result; a: address; b: program counter */
#define KEEL_TRACE_TIMER_SET      10 /* b: deadline, ns */
#define KEEL_TRACE_TIMER_ENTER    11
#define KEEL_TRACE_TIMER_EXIT     12
#define KEEL_TRACE_TICK           13 /* a: ticks of the CPU so far */
#define KEEL_TRACE_CALL           14 /* arg: number; a, b: 16 bytes of the call's name */

/* Addresses of the kernel's are 0 here. */
typedef struct keel_trace_record {
    keel_time_t time; /* exact to a microsecond */
    uint16_t event;
    uint16_t arg;
    uint32_t cpu;
    uint64_t a, b;
} keel_trace_record_t;

_Static_assert(sizeof(keel_trace_record_t) == 32, "as user space knows it");

#endif
