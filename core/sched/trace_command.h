/* SPDX-License-Identifier: MIT */
/* The trace at boot. */
#ifndef SCHED_TRACE_COMMAND_H
#define SCHED_TRACE_COMMAND_H

/* Starts recording what the parameter `trace` wants. On the boot CPU, when the heap and the CPUs are
 * known, before interrupts come on. */
void trace_boot(void);

#endif
