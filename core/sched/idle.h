/* SPDX-License-Identifier: MIT */
/* The idle threads. */
#ifndef SCHED_IDLE_H
#define SCHED_IDLE_H

#include <keel/compiler.h>

/* What an idle thread runs. */
__noreturn int idle_loop(void *arg);

#endif
