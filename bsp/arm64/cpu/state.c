/* SPDX-License-Identifier: MIT */
/* Registers of threads at EL0, for others. */
#include "fpu.h"

#include <arch/layout.h>
#include <arch/trap.h>
#include <keel/errno.h>
#include <keel/string.h>
#include <keel/user_state.h>

#define PSTATE_NZCV  (UINT64_C(0xf) << 28)
#define PSTATE_BTYPE (UINT64_C(3) << 10)
#define FPCR_MODES   UINT32_C(0x07c80000) /* AHP, DN, FZ, RMode, FZ16 */
#define FPSR_FLAGS   UINT32_C(0xf800009f) /* NZCV, QC, the cumulative exceptions */

size_t arch_state_size(uint32_t kind)
{
    return kind == KEEL_THREAD_STATE_GENERAL_REGS  ? sizeof(keel_thread_state_general_regs_t)
           : kind == KEEL_THREAD_STATE_VECTOR_REGS ? sizeof(keel_thread_state_vector_regs_t)
                                                   : 0;
}

static void read_general(const struct trap_frame *frame, const struct arch_fpu *fpu,
                         keel_thread_state_general_regs_t *out)
{
    memcpy(out->r, frame->x, sizeof(out->r));
    out->lr = frame->x[30];
    out->sp = frame->sp;
    out->pc = frame->pc;
    out->cpsr = frame->pstate;
    out->tpidr = fpu ? fpu->tpidr : 0;
}

static int read_vector(const struct arch_fpu *fpu, keel_thread_state_vector_regs_t *out)
{
    if (!fpu) {
        return -ENOTSUP;
    }
    out->fpcr = (uint32_t)fpu->fpcr;
    out->fpsr = (uint32_t)fpu->fpsr;
    out->reserved = 0;
    memcpy(out->v, fpu->v, sizeof(out->v));
    return 0;
}

int arch_state_read(uint32_t kind, const struct trap_frame *frame, const struct arch_fpu *fpu,
                    void *out)
{
    if (kind == KEEL_THREAD_STATE_GENERAL_REGS) {
        read_general(frame, fpu, out);
        return 0;
    }
    return kind == KEEL_THREAD_STATE_VECTOR_REGS ? read_vector(fpu, out) : -ENOTSUP;
}

/* What the entry of a system call has saved. */
int arch_state_read_in_call(uint32_t kind, const struct thread_head *head,
                            const struct arch_fpu *fpu, void *out)
{
    const struct trap_frame *saved = (const struct trap_frame *)head->stack_high - 1;
    struct trap_frame known = {.sp = saved->sp, .pc = saved->pc, .pstate = saved->pstate};

    known.x[29] = saved->x[29];
    known.x[30] = saved->x[30];
    return arch_state_read(kind, &known, fpu, out);
}

static int write_general(struct trap_frame *frame, struct arch_fpu *fpu,
                         const keel_thread_state_general_regs_t *in)
{
    if (in->pc >= USER_TOP) {
        return -EINVAL;
    }
    memcpy(frame->x, in->r, sizeof(in->r));
    frame->x[30] = in->lr;
    frame->sp = in->sp;
    frame->pc = in->pc;
    frame->pstate = (frame->pstate & ~(PSTATE_NZCV | PSTATE_BTYPE)) | (in->cpsr & PSTATE_NZCV);
    if (fpu) {
        fpu->tpidr = in->tpidr;
    }
    return 0;
}

static int write_vector(struct arch_fpu *fpu, const keel_thread_state_vector_regs_t *in)
{
    if (!fpu) {
        return -ENOTSUP;
    }
    if ((in->fpcr & ~FPCR_MODES) != 0 || (in->fpsr & ~FPSR_FLAGS) != 0) {
        return -EINVAL;
    }
    fpu->fpcr = in->fpcr;
    fpu->fpsr = in->fpsr;
    memcpy(fpu->v, in->v, sizeof(in->v));
    return 0;
}

int arch_state_write(uint32_t kind, struct trap_frame *frame, struct arch_fpu *fpu, const void *in)
{
    return kind == KEEL_THREAD_STATE_GENERAL_REGS  ? write_general(frame, fpu, in)
           : kind == KEEL_THREAD_STATE_VECTOR_REGS ? write_vector(fpu, in)
                                                   : -ENOTSUP;
}
