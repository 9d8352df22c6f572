/* SPDX-License-Identifier: MIT */
/* System registers: access by name, and the values the kernel gives them (Arm ARM,
 * DDI 0487, D19). */
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

/* Registers that the assemblers of our age do not know by name at -march=armv8-a. */
#define SYSREG_RNDR         S3_3_C2_C4_0
#define SYSREG_CNTVCTSS_EL0 S3_3_C14_C0_6
#define SYSREG_SCTLR_EL12   S3_5_C1_C0_0
#define SYSREG_HCRX_EL2     S3_4_C1_C2_2
#define SYSREG_HFGRTR_EL2   S3_4_C1_C1_4
#define SYSREG_HFGWTR_EL2   S3_4_C1_C1_5
#define SYSREG_HFGITR_EL2   S3_4_C1_C1_6
#define SYSREG_HDFGRTR_EL2  S3_4_C3_C1_4
#define SYSREG_HDFGWTR_EL2  S3_4_C3_C1_5
#define SYSREG_HAFGRTR_EL2  S3_4_C3_C1_6
#define SYSREG_ZCR_EL2      S3_4_C1_C2_0
#define SYSREG_ICC_SRE_EL2  S3_4_C12_C9_5
#define SYSREG_ICH_HCR_EL2  S3_4_C12_C11_0
#define SYSREG_AMUSERENR    S3_3_C13_C2_3
#define SYSREG_AA64MMFR2    S3_0_C0_C7_2
#define SYSREG_AA64ISAR2    S3_0_C0_C6_2

/* SCTLR_EL1: bits that are 1 where a feature is absent, so that old CPUs see their RES1. */
#define SCTLR_EOS           (1 << 11)
#define SCTLR_TSCXT         (1 << 20)
#define SCTLR_EIS           (1 << 22)
#define SCTLR_SPAN          (1 << 23) /* taking an exception leaves PSTATE.PAN alone */
#define SCTLR_NTLSMD        (1 << 28)
#define SCTLR_LSMAOE        (1 << 29)
#define SCTLR_SYNC          (SCTLR_EOS | SCTLR_TSCXT | SCTLR_EIS)
#define SCTLR_RES1          (SCTLR_SYNC | SCTLR_SPAN | SCTLR_NTLSMD | SCTLR_LSMAOE)

#define SCTLR_M             (1 << 0)
#define SCTLR_C             (1 << 2)
#define SCTLR_SA            (1 << 3)
#define SCTLR_SA0           (1 << 4)
#define SCTLR_I             (1 << 12)
#define SCTLR_DZE           (1 << 14)
#define SCTLR_UCT           (1 << 15)
#define SCTLR_NTWI          (1 << 16)
#define SCTLR_NTWE          (1 << 18)
#define SCTLR_WXN           (1 << 19)
#define SCTLR_UCI           (1 << 26)

/* MMU and caches off, little-endian. */
#define SCTLR_EL1_OFF       SCTLR_RES1
/* Running: caches, stack alignment checked; user space may clean caches, zero blocks and wait. */
#define SCTLR_EL1_ON                                                                           \
    (SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_I | SCTLR_DZE | SCTLR_UCT | \
     SCTLR_NTWI | SCTLR_NTWE | SCTLR_UCI)
/* EL2: RES1 bits of the layout without E2H. */
#define SCTLR_EL2_OFF   0x30c50830

/* TCR_EL1: 48-bit halves, 4 KiB granules, walks through inner shareable write-back memory. */
#define TCR_T0SZ(n)     ((n) << 0)
#define TCR_WALK0       ((1 << 8) | (1 << 10) | (3 << 12))
#define TCR_T1SZ(n)     ((n) << 16)
#define TCR_WALK1       ((1 << 24) | (1 << 26) | (3 << 28))
#define TCR_TG1_4K      (2 << 30)
#define TCR_VALUE       (TCR_T0SZ(16) | TCR_WALK0 | TCR_T1SZ(16) | TCR_WALK1 | TCR_TG1_4K)
#define TCR_IPS_SHIFT   32
#define TCR_AS_SHIFT    36
#define TCR_AS          (1ull << TCR_AS_SHIFT)
#define TCR_E0PD1_SHIFT 56

/* MAIR_EL1: attribute index = VM_ memory type >> 8. The two kinds of uncached normal memory are the
 * same here; they have an index each, so that a page-table entry tells what was asked for. 0 write-back,
 * 1 device nGnRE, 2 and 3 normal non-cacheable, 4 write-through. */
#define MAIR_VALUE      0xbb444404ff

/* TTBR0_EL1: the root's address and the number that tags its translations. */
#define TTBR_ASID_SHIFT 48

/* MPIDR_EL1: who the CPU is among the others, affinity levels 3 and 2 to 0. */
#define MPIDR_AFFINITY  0xff00ffffff

/* SPSR and PSTATE. */
#define PSR_EL1H        0x5
#define PSR_DAIF        (0xf << 6)
#define PSR_A           (1 << 8)
#define PSR_I           (1 << 7)
#define PSR_F           (1 << 6)
#define PSR_PAN         (1 << 22)
#define PSR_MODE_MASK   0xf

/* msr PAN, #0 and #1, for assemblers that do not know it. */
#define INSN_PAN_CLEAR  ".inst 0xd500409f"
#define INSN_PAN_SET    ".inst 0xd500419f"

#ifndef __ASSEMBLER__

#include <keel/types.h>

#define SYSREG_STR_(x) #x
#define SYSREG_STR(x)  SYSREG_STR_(x)

#define read_sysreg(reg)                                              \
    ({                                                                \
        uint64_t sysreg_;                                             \
        __asm__ volatile("mrs %0, " SYSREG_STR(reg) : "=r"(sysreg_)); \
        sysreg_;                                                      \
    })

#define write_sysreg(reg, value) \
    __asm__ volatile("msr " SYSREG_STR(reg) ", %x0" : : "rZ"((uint64_t)(value)) : "memory")

#define isb() __asm__ volatile("isb" : : : "memory")

#endif
#endif
