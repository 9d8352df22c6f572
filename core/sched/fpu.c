/* SPDX-License-Identifier: MIT */
/* Threads that may use floating point: each has its registers, which no other ever sees. */
#include "thread_internal.h"

#include <keel/errno.h>
#include <keel/fpu.h>
#include <keel/heap.h>

int thread_use_fpu(void)
{
    struct thread_head *self = current_head();
    struct arch_fpu *fpu;
    unsigned long irq;

    if (self->fpu) {
        return 0;
    }
    if (arch_fpu_size() == 0) {
        return -ENOTSUP;
    }
    fpu = kmalloc_aligned(arch_fpu_size(), ARCH_FPU_ALIGN);
    if (!fpu) {
        return -ENOMEM;
    }
    arch_fpu_init(fpu);
    irq = arch_irq_save();
    self->fpu = fpu;
    arch_fpu_switch(NULL, fpu);
    arch_irq_restore(irq);
    return 0;
}

int thread_set_pointer(uint64_t address)
{
    unsigned long irq;
    int err;

    if (!ARCH_SETS_THREAD_POINTER) {
        return -ENOTSUP;
    }
    irq = arch_irq_save();
    err = arch_fpu_set_thread_pointer(current_head()->fpu, address);
    arch_irq_restore(irq);
    return err;
}

struct arch_fpu *thread_park_fpu(void)
{
    struct thread_head *self = current_head();
    struct arch_fpu *fpu = self->fpu;
    unsigned long irq = arch_irq_save();

    if (fpu) {
        arch_fpu_switch(fpu, NULL);
        self->fpu = NULL;
    }
    arch_irq_restore(irq);
    return fpu;
}

void thread_unpark_fpu(struct arch_fpu *fpu)
{
    unsigned long irq = arch_irq_save();

    if (fpu) {
        current_head()->fpu = fpu;
        arch_fpu_switch(NULL, fpu);
    }
    arch_irq_restore(irq);
}

void thread_drop_fpu(void)
{
    struct thread_head *self = current_head();
    struct arch_fpu *fpu = self->fpu;

    arch_fpu_switch(fpu, NULL);
    self->fpu = NULL;
    kfree(fpu);
}
