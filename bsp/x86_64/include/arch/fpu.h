/* SPDX-License-Identifier: MIT */
/* x87, SSE and AVX registers of threads (Intel SDM volume 1, 10.5 and 13), and their FS base: saved and loaded at each
 * switch between threads that have some, never left for others to find. For all others they are off
 * (CR0.TS). */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <arch/cpuid.h>
#include <keel/types.h>

/* What a thread's registers are aligned to in memory. */
#define ARCH_FPU_ALIGN 64u

/* Sets a CPU up for it; on each as it comes up. */
void fpu_start_cpu(void);

/* User mode cannot set its FS base, which thread-local storage is reached by. */
#define ARCH_SETS_THREAD_POINTER 1

/* State components (Intel SDM volume 1, 13.1). */
#define XCR0_X87                 (1u << 0)
#define XCR0_SSE                 (1u << 1)
#define XCR0_AVX                 (1u << 2)

/* The legacy area, as FXSAVE64 and XSAVE64 store it; what XSAVE keeps besides follows. */
struct arch_fpu {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint64_t st[8][2];
    uint64_t xmm[16][2];
    uint64_t unused[6];
    uint64_t fs_base; /* here and behind it the processor leaves things alone */
    uint8_t unused_too[40];
    uint64_t xstate[]; /* of XSAVE alone: first which components are not as they are at first */
} __aligned(64);
extern uint32_t fpu_components; /* that XSAVE keeps; 0: FXSAVE */

/* Upper halves of YMM registers, where XCR0_AVX is among them. */
uint64_t (*fpu_ymm_upper(struct arch_fpu *fpu))[2];

static inline void fpu_save(struct arch_fpu *fpu)
{
    if (fpu_components != 0) {
        __asm__ volatile("xsave64 (%0)" : : "r"(fpu), "a"(fpu_components), "d"(0) : "memory");
    } else {
        __asm__ volatile("fxsave64 (%0)" : : "r"(fpu) : "memory");
    }
}

/* User mode changes its FS base through the kernel alone; what its own loads of FS do to it is mended here. */
static inline void fpu_load(const struct arch_fpu *fpu)
{
    msr_write(MSR_FS_BASE, fpu->fs_base);
    if (fpu_components != 0) {
        __asm__ volatile("xrstor64 (%0)" : : "r"(fpu), "a"(fpu_components), "d"(0) : "memory");
    } else {
        __asm__ volatile("fxrstor64 (%0)" : : "r"(fpu) : "memory");
    }
}

/* As arch_fpu_switch(), in line; false: that is to be called instead. */
static __always_inline bool arch_fpu_switch_quick(struct arch_fpu *prev, struct arch_fpu *next)
{
    if (unlikely(!prev || !next)) {
        return false;
    }
    fpu_save(prev);
    fpu_load(next);
    return true;
}

#endif
