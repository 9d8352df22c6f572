/* SPDX-License-Identifier: MIT */
/* Whose floating-point and SIMD registers a CPU holds. */
#include "fpu.h"

#include <arch/sysreg.h>
#include <keel/fpu.h>
#include <keel/percpu.h>
#include <keel/string.h>

#define PFR0_FP_SHIFT 16
#define PFR0_FP_NONE  0xf

size_t arch_fpu_size(void)
{
    bool none = (read_sysreg(ID_AA64PFR0_EL1) >> PFR0_FP_SHIFT & 0xf) == PFR0_FP_NONE;

    return none ? 0 : sizeof(struct arch_fpu);
}

void arch_fpu_init(struct arch_fpu *fpu)
{
    memset(fpu, 0, sizeof(*fpu));
}

void arch_fpu_switch(struct arch_fpu *prev, struct arch_fpu *next)
{
    /* The first use loads the rest of `next`. */
    if (prev) {
        prev->tpidr = read_sysreg(TPIDR_EL0);
    }
    write_sysreg(TPIDR_EL0, next ? next->tpidr : 0);
    if (prev && (read_sysreg(CPACR_EL1) & CPACR_FPEN) != 0) {
        fpu_save(prev);
        write_sysreg(CPACR_EL1, 0);
        isb();
    }
}

bool arch_fpu_first_use(void)
{
    const struct arch_fpu *fpu = current_head()->fpu;

    if (!fpu || (read_sysreg(CPACR_EL1) & CPACR_FPEN) != 0) {
        return false;
    }
    write_sysreg(CPACR_EL1, CPACR_FPEN);
    isb();
    fpu_load(fpu);
    return true;
}
