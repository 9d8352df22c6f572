/* SPDX-License-Identifier: MIT */
/* Registers of threads in U-mode, for others. */
#include "fpu.h"

#include <arch/feature.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <keel/errno.h>
#include <keel/string.h>
#include <keel/user_state.h>

#define FCSR_BITS UINT64_C(0xff)

_Static_assert(sizeof(keel_thread_state_general_regs_t) == (1 + TRAP_REGS) * sizeof(uint64_t),
               "pc, then x1 to x31");
_Static_assert(offsetof(keel_thread_state_general_regs_t, t6) == TRAP_REGS * sizeof(uint64_t) &&
                   offsetof(keel_thread_state_general_regs_t, s0) == TRAP_FP * sizeof(uint64_t),
               "in order of their numbers");

size_t arch_state_size(uint32_t kind)
{
    return kind == KEEL_THREAD_STATE_GENERAL_REGS ? sizeof(keel_thread_state_general_regs_t)
           : kind == KEEL_THREAD_STATE_FP_REGS && cpu_has(CPU_FEATURE_D)
               ? sizeof(keel_thread_state_fp_regs_t)
               : 0;
}

static int read_fp(const struct arch_fpu *fpu, keel_thread_state_fp_regs_t *out)
{
    if (!fpu) {
        return -ENOTSUP;
    }
    memcpy(out->f, fpu->f, sizeof(out->f));
    out->fcsr = fpu->fcsr;
    return 0;
}

int arch_state_read(uint32_t kind, const struct trap_frame *frame, const struct arch_fpu *fpu,
                    void *out)
{
    keel_thread_state_general_regs_t *general = out;

    if (kind == KEEL_THREAD_STATE_GENERAL_REGS) {
        general->pc = frame->pc;
        memcpy(&general->ra, frame->regs, sizeof(frame->regs));
        return 0;
    }
    return kind == KEEL_THREAD_STATE_FP_REGS ? read_fp(fpu, out) : -ENOTSUP;
}

/* What the entry of a system call has saved. */
int arch_state_read_in_call(uint32_t kind, const struct thread_head *head,
                            const struct arch_fpu *fpu, void *out)
{
    static const uint8_t kept[] = {TRAP_RA, TRAP_SP, TRAP_TP, TRAP_FP};
    const struct trap_frame *saved = (const struct trap_frame *)head->stack_high - 1;
    struct trap_frame known = {.pc = saved->pc};

    for (unsigned i = 0; i < ARRAY_SIZE(kept); i++) {
        known.regs[kept[i] - 1] = saved->regs[kept[i] - 1];
    }
    return arch_state_read(kind, &known, fpu, out);
}

static int write_general(struct trap_frame *frame, const keel_thread_state_general_regs_t *in)
{
    if (in->pc >= USER_TOP || in->pc % 2 != 0) {
        return -EINVAL;
    }
    frame->pc = in->pc;
    memcpy(frame->regs, &in->ra, sizeof(frame->regs));
    return 0;
}

static int write_fp(struct arch_fpu *fpu, const keel_thread_state_fp_regs_t *in)
{
    if (!fpu) {
        return -ENOTSUP;
    }
    if ((in->fcsr & ~FCSR_BITS) != 0) {
        return -EINVAL;
    }
    memcpy(fpu->f, in->f, sizeof(in->f));
    fpu->fcsr = in->fcsr;
    return 0;
}

int arch_state_write(uint32_t kind, struct trap_frame *frame, struct arch_fpu *fpu, const void *in)
{
    return kind == KEEL_THREAD_STATE_GENERAL_REGS ? write_general(frame, in)
           : kind == KEEL_THREAD_STATE_FP_REGS    ? write_fp(fpu, in)
                                                  : -ENOTSUP;
}
