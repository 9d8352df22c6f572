/* SPDX-License-Identifier: MIT */
/* What a CPU that waits in a loop, maybe with interrupts off, does for others meanwhile. For
 * arch_cpu_relax() of ports whose CPUs must tell each other of dropped translations. */
#ifndef KEEL_WAITING_H
#define KEEL_WAITING_H

#include <keel/types.h>

/* Calls of smp_call_urgent() on their way, to any CPU; and what serves those to this CPU, set before
 * there are any. */
extern uint32_t waiting_calls;
extern void (*waiting_serve)(void);

#endif
