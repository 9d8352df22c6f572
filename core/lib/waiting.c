/* SPDX-License-Identifier: MIT */
/* What CPUs that wait do for others. */
#include <keel/waiting.h>

uint32_t waiting_calls;
void (*waiting_serve)(void);
