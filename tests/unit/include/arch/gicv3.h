/* SPDX-License-Identifier: MIT */
/* The host tests' CPU interface of a GICv3: what the test plays. */
#ifndef ARCH_GICV3_H
#define ARCH_GICV3_H

#include <keel/types.h>

unsigned gicv3_acknowledge(void);
void gicv3_end(unsigned intid);
void gicv3_raise_sgi(uint64_t affinity, uint32_t list, unsigned sgi);
uint64_t gicv3_own_affinity(void);
bool gicv3_open_interface(unsigned priority_mask);
void gicv3_enable_interface(void);

#endif
