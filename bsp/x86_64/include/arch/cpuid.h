/* SPDX-License-Identifier: MIT */
/* CPUID, model-specific and control registers (Intel SDM volumes 2 and 3, AMD APM volume 3). */
#ifndef ARCH_CPUID_H
#define ARCH_CPUID_H

#define CR0_PE             (1 << 0)
#define CR0_MP             (1 << 1)
#define CR0_EM             (1 << 2)
#define CR0_TS             (1 << 3)
#define CR0_ET             (1 << 4)
#define CR0_NE             (1 << 5)
#define CR0_WP             (1 << 16)
#define CR0_AM             (1 << 18)
#define CR0_NW             (1 << 29)
#define CR0_CD             (1 << 30)
#define CR0_PG             (1 << 31)

#define CR3_PCID_BITS      12
#define CR3_KEEP           (1ull << 63) /* written with PCIDs on: translations of this one stay */

#define CR4_TSD            (1 << 2)
#define CR4_DE             (1 << 3)
#define CR4_PAE            (1 << 5)
#define CR4_MCE            (1 << 6)
#define CR4_PGE            (1 << 7)
#define CR4_OSFXSR         (1 << 9)
#define CR4_OSXMMEXCPT     (1 << 10)
#define CR4_UMIP           (1 << 11)
#define CR4_PCIDE          (1 << 17)
#define CR4_OSXSAVE        (1 << 18)
#define CR4_SMEP           (1 << 20)
#define CR4_SMAP           (1 << 21)

#define MSR_EFER           0xc0000080
#define EFER_SCE           (1 << 0)
#define EFER_LME           (1 << 8)
#define EFER_LMA           (1 << 10)
#define EFER_NXE           (1 << 11)
#define MSR_PAT            0x277
#define MSR_FS_BASE        0xc0000100
#define MSR_GS_BASE        0xc0000101

#define CPUID_EXT_MAX      0x80000000
#define CPUID_EXT_FEATURES 0x80000001
#define CPUID_EXT_SIZES    0x80000008
#define CPUID_EXT_EDX_LM   (1 << 29)
#define CPUID_EXT_EDX_NX   (1 << 20)
#define CPUID_EXT_EDX_1GIB (1 << 26)

#ifndef __ASSEMBLY__
#include <keel/types.h>

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

/* One leaf; the caller has checked that it exists (cpuid_max()). */
static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "0"(leaf), "2"(subleaf));
    return r;
}

/* The highest leaf of the range that starts at `base` (0, 0x40000000, 0x80000000); 0 when the
 * answer is outside of it, which is how CPUs say that the range is not there. */
static inline uint32_t cpuid_max(uint32_t base)
{
    uint32_t max = cpuid(base, 0).eax;

    return max >= base && max - base < 0x10000 ? max : 0;
}

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

/* Forgets translations tagged `pcid`: that of va, or all but the global ones (Intel SDM volume 2). */
#define INVPCID_ADDRESS 0
#define INVPCID_SPACE   1

static inline void invpcid(uint64_t kind, uint64_t pcid, virt_addr_t va)
{
    const uint64_t descriptor[2] = {pcid, va};

    __asm__ volatile("invpcid (%0), %1" : : "r"(descriptor), "r"(kind) : "memory");
}

#define ARCH_CONTROL_REGISTER(n)                                            \
    static inline uint64_t cr##n##_read(void)                               \
    {                                                                       \
        uint64_t value;                                                     \
        __asm__ volatile("movq %%cr" #n ", %0" : "=r"(value) : : "memory"); \
        return value;                                                       \
    }                                                                       \
    static inline void cr##n##_write(uint64_t value)                        \
    {                                                                       \
        __asm__ volatile("movq %0, %%cr" #n : : "r"(value) : "memory");     \
    }

ARCH_CONTROL_REGISTER(0)
ARCH_CONTROL_REGISTER(2)
ARCH_CONTROL_REGISTER(3)
ARCH_CONTROL_REGISTER(4)
#endif

#endif
