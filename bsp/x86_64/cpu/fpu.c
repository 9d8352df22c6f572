/* SPDX-License-Identifier: MIT */
/* Whose x87, SSE and AVX registers a CPU holds, and whose FS base. */
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/fpu.h>
#include <keel/string.h>

#define CPUID_XSTATE 0x0d

#define XSTATE_AVX   2 /* its leaf of CPUID, and the component */
#define XCR0_WANTED  (XCR0_X87 | XCR0_SSE | XCR0_AVX)

#define FXSAVE_SIZE  512u
#define FCW_DEFAULT  0x37f  /* all exceptions masked, 64-bit mantissa: what FNINIT leaves */
#define MXCSR_RESET  0x1f80 /* all exceptions masked */

_Static_assert(offsetof(struct arch_fpu, fs_base) == 464, "Intel SDM volume 1, 10.5.1 and 13.4.1");
_Static_assert(sizeof(struct arch_fpu) == FXSAVE_SIZE, "Intel SDM volume 1, table 10-2");

uint32_t fpu_components;
static size_t state_size = FXSAVE_SIZE;
static uint32_t ymm_offset;

void fpu_start_cpu(void)
{
    uint64_t cr4 = cr4_read() | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (!cpu_has(CPU_FEATURE_XSAVE) || cpuid_max(0) < CPUID_XSTATE) {
        cr4_write(cr4);
        return;
    }
    cr4_write(cr4 | CR4_OSXSAVE);
    fpu_components = cpuid(CPUID_XSTATE, 0).eax & XCR0_WANTED;
    __asm__ volatile("xsetbv" : : "c"(0), "a"(fpu_components), "d"(0) : "memory");
    state_size = cpuid(CPUID_XSTATE, 0).ebx; /* of what XCR0 has on */
    ymm_offset = cpuid(CPUID_XSTATE, XSTATE_AVX).ebx;
}

uint64_t (*fpu_ymm_upper(struct arch_fpu *fpu))[2]
{
    return (uint64_t(*)[2])((char *)fpu + ymm_offset);
}

size_t arch_fpu_size(void)
{
    return state_size;
}

void arch_fpu_init(struct arch_fpu *fpu)
{
    memset(fpu, 0, state_size);
    fpu->fcw = FCW_DEFAULT;
    fpu->mxcsr = MXCSR_RESET;
}

void arch_fpu_switch(struct arch_fpu *prev, struct arch_fpu *next)
{
    if (prev) {
        fpu_save(prev);
    } else {
        __asm__ volatile("clts" : : : "memory");
    }
    if (next) {
        fpu_load(next);
    } else {
        cr0_write(cr0_read() | CR0_TS);
    }
}

int arch_fpu_set_thread_pointer(struct arch_fpu *fpu, uint64_t address)
{
    if (address >= USER_TOP) {
        return -EINVAL;
    }
    fpu->fs_base = address;
    msr_write(MSR_FS_BASE, address);
    return 0;
}
