/* SPDX-License-Identifier: MIT */
/* Who gets an interrupt of a PC, by the vector it comes at. */
#ifndef DRIVERS_IRQCHIP_VECTOR_H
#define DRIVERS_IRQCHIP_VECTOR_H

#include <arch/trap.h>
#include <keel/irq.h>

/* ISA line n has vector 32 + n, whichever controller has it; line 2 is no device's (ISA_CASCADE). The
 * local timer is the timer where there is one, and then line 0, the old timer, takes line 2's. */
#define VECTOR_ISA      TRAP_EXCEPTIONS
#define VECTOR_TIMER    VECTOR_ISA
#define VECTOR_ISA_END  (VECTOR_ISA + ISA_LINES)
#define VECTOR_FREE_END 0xf0u /* lines beyond ISA: from VECTOR_ISA_END to here */
#define VECTOR_IPI      0xf0u
#define VECTOR_ERROR    0xfeu
#define VECTOR_SPURIOUS 0xffu

#define ISA_LINES       16u
#define ISA_CASCADE     2u

typedef void vector_fn_t(struct irq_chip *chip, unsigned hw);

/* Has `handle` called with these arguments for a vector from VECTOR_ISA on; interrupts off there.
 * irq_dispatch() will do for an ordinary line. */
void vector_set(unsigned vector, vector_fn_t *handle, struct irq_chip *chip, unsigned hw);

/* The same for all vectors that nobody has; makes this table the root of interrupts. */
void vector_set_stray(vector_fn_t *handle, struct irq_chip *chip);

/* A vector beyond the ISA lines' that nobody has, for an ordinary line; 0 when none is left. */
unsigned vector_alloc(struct irq_chip *chip, unsigned hw);

#endif
