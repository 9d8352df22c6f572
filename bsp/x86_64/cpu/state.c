/* SPDX-License-Identifier: MIT */
/* Registers of threads in ring 3, for others. */
#include <arch/fpu.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <keel/errno.h>
#include <keel/string.h>
#include <keel/user_state.h>

#define RFLAGS_OWN         UINT64_C(0xcd5) /* CF, PF, AF, ZF, SF, DF, OF */
#define MXCSR_MASK_DEFAULT 0xffbfu         /* Intel SDM volume 1, 11.6.6 */

/* From the top of the stack down, as the entry of a system call pushes them. */
enum {
    CALL_RSP = 1,
    CALL_RFLAGS,
    CALL_RIP,
    CALL_RBP
};

size_t arch_state_size(uint32_t kind)
{
    return kind == KEEL_THREAD_STATE_GENERAL_REGS  ? sizeof(keel_thread_state_general_regs_t)
           : kind == KEEL_THREAD_STATE_FP_REGS     ? sizeof(keel_thread_state_fp_regs_t)
           : kind == KEEL_THREAD_STATE_VECTOR_REGS ? sizeof(keel_thread_state_vector_regs_t)
                                                   : 0;
}

static void read_general(const struct trap_frame *frame, const struct arch_fpu *fpu,
                         keel_thread_state_general_regs_t *out)
{
    *out = (keel_thread_state_general_regs_t){
        .rax = frame->rax,
        .rbx = frame->rbx,
        .rcx = frame->rcx,
        .rdx = frame->rdx,
        .rsi = frame->rsi,
        .rdi = frame->rdi,
        .rbp = frame->rbp,
        .rsp = frame->rsp,
        .r8 = frame->r8,
        .r9 = frame->r9,
        .r10 = frame->r10,
        .r11 = frame->r11,
        .r12 = frame->r12,
        .r13 = frame->r13,
        .r14 = frame->r14,
        .r15 = frame->r15,
        .rip = frame->rip,
        .rflags = frame->rflags,
        .fs_base = fpu ? fpu->fs_base : 0,
    };
}

static void read_fp(const struct arch_fpu *fpu, keel_thread_state_fp_regs_t *out)
{
    *out = (keel_thread_state_fp_regs_t){.fcw = fpu->fcw,
                                         .fsw = fpu->fsw,
                                         .ftw = fpu->ftw,
                                         .fop = fpu->fop,
                                         .fip = fpu->fip,
                                         .fdp = fpu->fdp};
    memcpy(out->st, fpu->st, sizeof(out->st));
}

static bool has_avx(void)
{
    return (fpu_components & XCR0_AVX) != 0;
}

static void read_vector(const struct arch_fpu *fpu, keel_thread_state_vector_regs_t *out)
{
    uint64_t(*upper)[2] = fpu_ymm_upper((struct arch_fpu *)fpu);

    memset(out, 0, sizeof(*out));
    out->mxcsr = fpu->mxcsr;
    for (unsigned i = 0; i < ARRAY_SIZE(out->ymm); i++) {
        memcpy(&out->ymm[i].v[0], fpu->xmm[i], sizeof(fpu->xmm[i]));
        if (has_avx()) {
            memcpy(&out->ymm[i].v[2], upper[i], sizeof(upper[i]));
        }
    }
}

int arch_state_read(uint32_t kind, const struct trap_frame *frame, const struct arch_fpu *fpu,
                    void *out)
{
    if (kind == KEEL_THREAD_STATE_GENERAL_REGS) {
        read_general(frame, fpu, out);
    } else if (kind == KEEL_THREAD_STATE_FP_REGS && fpu) {
        read_fp(fpu, out);
    } else if (kind == KEEL_THREAD_STATE_VECTOR_REGS && fpu) {
        read_vector(fpu, out);
    } else {
        return -ENOTSUP;
    }
    return 0;
}

int arch_state_read_in_call(uint32_t kind, const struct thread_head *head,
                            const struct arch_fpu *fpu, void *out)
{
    const uint64_t *top = (const uint64_t *)head->stack_high;
    struct trap_frame known = {.rsp = top[-CALL_RSP],
                               .rflags = top[-CALL_RFLAGS],
                               .rip = top[-CALL_RIP],
                               .rbp = top[-CALL_RBP]};

    return arch_state_read(kind, &known, fpu, out);
}

static int write_general(struct trap_frame *frame, struct arch_fpu *fpu,
                         const keel_thread_state_general_regs_t *in)
{
    if (in->rip >= USER_TOP || in->fs_base >= USER_TOP || in->gs_base != 0) {
        return -EINVAL;
    }
    frame->rax = in->rax;
    frame->rbx = in->rbx;
    frame->rcx = in->rcx;
    frame->rdx = in->rdx;
    frame->rsi = in->rsi;
    frame->rdi = in->rdi;
    frame->rbp = in->rbp;
    frame->rsp = in->rsp;
    frame->r8 = in->r8;
    frame->r9 = in->r9;
    frame->r10 = in->r10;
    frame->r11 = in->r11;
    frame->r12 = in->r12;
    frame->r13 = in->r13;
    frame->r14 = in->r14;
    frame->r15 = in->r15;
    frame->rip = in->rip;
    frame->rflags = (frame->rflags & ~RFLAGS_OWN) | (in->rflags & RFLAGS_OWN);
    if (fpu) {
        fpu->fs_base = in->fs_base;
    }
    return 0;
}

/* They are not as they are at first any more. */
static void mark(struct arch_fpu *fpu, uint32_t components)
{
    if (fpu_components != 0) {
        fpu->xstate[0] |= components & fpu_components;
    }
}

static int write_fp(struct arch_fpu *fpu, const keel_thread_state_fp_regs_t *in)
{
    if (in->fip >= USER_TOP || in->fdp >= USER_TOP) {
        return -EINVAL;
    }
    fpu->fcw = in->fcw;
    fpu->fsw = in->fsw;
    fpu->ftw = in->ftw;
    fpu->fop = in->fop;
    fpu->fip = in->fip;
    fpu->fdp = in->fdp;
    for (unsigned i = 0; i < ARRAY_SIZE(in->st); i++) {
        fpu->st[i][0] = in->st[i].low;
        fpu->st[i][1] = in->st[i].high & 0xffff; /* 80 bits */
    }
    mark(fpu, XCR0_X87);
    return 0;
}

static int write_vector(struct arch_fpu *fpu, const keel_thread_state_vector_regs_t *in)
{
    uint32_t allowed = fpu->mxcsr_mask != 0 ? fpu->mxcsr_mask : MXCSR_MASK_DEFAULT;
    uint64_t(*upper)[2] = fpu_ymm_upper(fpu);

    if ((in->mxcsr & ~allowed) != 0) {
        return -EINVAL;
    }
    fpu->mxcsr = in->mxcsr;
    for (unsigned i = 0; i < ARRAY_SIZE(in->ymm); i++) {
        memcpy(fpu->xmm[i], &in->ymm[i].v[0], sizeof(fpu->xmm[i]));
        if (has_avx()) {
            memcpy(upper[i], &in->ymm[i].v[2], sizeof(upper[i]));
        }
    }
    mark(fpu, XCR0_SSE | XCR0_AVX);
    return 0;
}

int arch_state_write(uint32_t kind, struct trap_frame *frame, struct arch_fpu *fpu, const void *in)
{
    if (kind == KEEL_THREAD_STATE_GENERAL_REGS) {
        return write_general(frame, fpu, in);
    }
    if (!fpu) {
        return -ENOTSUP;
    }
    return kind == KEEL_THREAD_STATE_FP_REGS       ? write_fp(fpu, in)
           : kind == KEEL_THREAD_STATE_VECTOR_REGS ? write_vector(fpu, in)
                                                   : -ENOTSUP;
}
