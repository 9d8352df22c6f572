/* SPDX-License-Identifier: MIT */
/* Between the command `trace` and what it prints. */
#ifndef SCHED_TRACE_DUMP_H
#define SCHED_TRACE_DUMP_H

#include <keel/types.h>

/* Remembers what time it is, for turning ticks of the counter into nanoseconds. Once, at boot. */
void trace_dump_init(void);

/* Prints all that was recorded, and what names belong to it, for scripts/trace: docs/tracing.md describes
 * the lines. Nothing should be recorded meanwhile. */
void trace_dump(void);

/* Prints the newest `count` records of all CPUs in words, the oldest first. 0 or -ENOMEM. */
int trace_show(unsigned count);

#endif
