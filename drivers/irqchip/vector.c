/* SPDX-License-Identifier: MIT */
/* The table from vectors to controllers and their lines. */
#include "vector.h"

struct vector {
    vector_fn_t *handle;
    struct irq_chip *chip;
    unsigned hw;
};

static struct vector vectors[TRAP_VECTORS - VECTOR_ISA];
static struct vector stray;

static void handle_vector(void)
{
    const struct vector *vector = &vectors[arch_irq_vector() - VECTOR_ISA];

    vector = vector->handle != NULL ? vector : &stray;
    vector->handle(vector->chip, vector->hw);
}

void vector_set_stray(vector_fn_t *handle, struct irq_chip *chip)
{
    stray = (struct vector){.handle = handle, .chip = chip};
    irq_set_root(handle_vector);
}

void vector_set(unsigned vector, vector_fn_t *handle, struct irq_chip *chip, unsigned hw)
{
    vectors[vector - VECTOR_ISA] = (struct vector){.handle = handle, .chip = chip, .hw = hw};
}

unsigned vector_alloc(struct irq_chip *chip, unsigned hw)
{
    for (unsigned vector = VECTOR_ISA_END; vector < VECTOR_FREE_END; vector++) {
        if (vectors[vector - VECTOR_ISA].handle == NULL) {
            vector_set(vector, irq_dispatch, chip, hw);
            return vector;
        }
    }
    return 0;
}
