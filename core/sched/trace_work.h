/* SPDX-License-Identifier: MIT */
/* Something to see in a trace. */
#ifndef SCHED_TRACE_WORK_H
#define SCHED_TRACE_WORK_H

/* A thread on each CPU wakes that of the next one, round and round, and sleeps now and then. Returns when
 * all have ended. 0 or -ENOMEM. */
int trace_work(void);

#endif
