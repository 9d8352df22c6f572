/* SPDX-License-Identifier: MIT */
/* Registers of suspended threads, for keel_thread_read_state() and keel_thread_write_state(). Kinds are Zircon's; which
 * registers there are is the processor's matter. */
#ifndef KEEL_UAPI_THREAD_STATE_H
#define KEEL_UAPI_THREAD_STATE_H

#include <keel/base.h>

/* All that programs compute addresses with, and where the thread goes on. Of one that waits in a call there are the
 * program counter (behind the call), the stack and frame pointers, the return address, flags and the thread pointer;
 * the others read as 0. */
#define KEEL_THREAD_STATE_GENERAL_REGS 0u
#define KEEL_THREAD_STATE_FP_REGS      1u /* riscv64, x86_64 (x87) */
#define KEEL_THREAD_STATE_VECTOR_REGS  2u /* arm64 (floating point, too), x86_64 */

/* The most that a kind takes. */
#define KEEL_THREAD_STATE_SIZE_MAX     528u

#if defined(__aarch64__)

typedef struct keel_thread_state_general_regs {
    uint64_t r[30];
    uint64_t lr, sp, pc;
    uint64_t cpsr; /* of what is written, N, Z, C and V count */
    uint64_t tpidr;
} keel_thread_state_general_regs_t;

typedef struct keel_thread_state_vector_regs {
    uint32_t fpcr, fpsr;
    uint64_t reserved;
    struct {
        uint64_t low, high;
    } v[32];
} keel_thread_state_vector_regs_t;

#elif defined(__riscv)

typedef struct keel_thread_state_general_regs {
    uint64_t pc;
    uint64_t ra, sp, gp, tp, t0, t1, t2, s0, s1;
    uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
    uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
} keel_thread_state_general_regs_t;

typedef struct keel_thread_state_fp_regs {
    uint64_t f[32];
    uint64_t fcsr; /* the lower 8 bits */
} keel_thread_state_fp_regs_t;

#elif defined(__x86_64__)

typedef struct keel_thread_state_general_regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip;
    uint64_t rflags;           /* of what is written, CF, PF, AF, ZF, SF, DF and OF count */
    uint64_t fs_base, gs_base; /* the latter is 0 */
} keel_thread_state_general_regs_t;

typedef struct keel_thread_state_fp_regs {
    uint16_t fcw, fsw;
    uint8_t ftw; /* a bit for each register that is not empty */
    uint8_t reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    struct {
        uint64_t low, high;
    } st[8];
} keel_thread_state_fp_regs_t;

typedef struct keel_thread_state_vector_regs {
    struct {
        uint64_t v[4]; /* the lower two are XMM; without AVX the others are 0 */
    } ymm[16];
    uint32_t mxcsr;
    uint32_t reserved;
} keel_thread_state_vector_regs_t;

#endif

#endif
