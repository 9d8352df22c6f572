/* SPDX-License-Identifier: MIT */
/* Whose floating-point registers a hart holds (Privileged Architecture, sstatus.FS). */
#include "fpu.h"

#include <arch/csr.h>
#include <arch/feature.h>
#include <keel/fpu.h>
#include <keel/percpu.h>
#include <keel/string.h>

size_t arch_fpu_size(void)
{
    return cpu_has(CPU_FEATURE_D) ? sizeof(struct arch_fpu) : 0;
}

void arch_fpu_init(struct arch_fpu *fpu)
{
    memset(fpu, 0, sizeof(*fpu));
}

void arch_fpu_switch(struct arch_fpu *prev, struct arch_fpu *next)
{
    (void)next; /* its first use loads it */
    if (prev) {
        if ((csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
            fpu_save(prev);
        }
        csr_clear(sstatus, SSTATUS_FS);
    }
}

bool arch_fpu_first_use(void)
{
    const struct arch_fpu *fpu = current_head()->fpu;

    if (!fpu || (csr_read(sstatus) & SSTATUS_FS) != 0) {
        return false;
    }
    csr_set(sstatus, SSTATUS_FS_CLEAN);
    fpu_load(fpu);
    csr_clear(sstatus, SSTATUS_FS);
    csr_set(sstatus, SSTATUS_FS_CLEAN);
    return true;
}
