/* SPDX-License-Identifier: MIT */
/* The numbers of arm64's CPU features, for C and for assembly. cpu/feature.c tells where each is
 * found. */
#ifndef ARCH_CPU_FEATURES_H
#define ARCH_CPU_FEATURES_H

#define CPU_FEATURE_LSE      0 /* atomic read-modify-write instructions */
#define CPU_FEATURE_PAN      1 /* the kernel cannot touch user pages by accident */
#define CPU_FEATURE_E0PD     2 /* user accesses to the high half fail in constant time */
#define CPU_FEATURE_RNG      3 /* RNDR */
#define CPU_FEATURE_DCZVA64  4 /* DC ZVA is allowed and zeroes 64 bytes */
#define CPU_FEATURE_ECV      5 /* self-synchronised counter reads */
#define CPU_FEATURE_CRC32    6
#define CPU_FEATURE_AES      7
#define CPU_FEATURE_SHA2     8
#define CPU_FEATURE_DCPOP    9  /* clean to the point of persistence */
#define CPU_FEATURE_IDC      10 /* instruction fetch needs no data clean */
#define CPU_FEATURE_DIC      11 /* ... and no instruction invalidate */
#define CPU_FEATURE_VHE      12
#define CPU_FEATURE_RAS      13
#define CPU_FEATURE_GICV3    14 /* interrupt controller by system registers */
#define CPU_FEATURE_PMUV3    15
#define CPU_FEATURE_ASID16   16
#define CPU_FEATURE_HAFDBS   17 /* the walker keeps access flag and dirty state */
#define CPU_FEATURE_TLBRANGE 18 /* TLBI by range */
#define CPU_FEATURE_BTI      19
#define CPU_FEATURE_PAUTH    20
#define CPU_FEATURE_MTE      21
#define CPU_FEATURE_SSBS     22
#define CPU_FEATURE_SB       23
#define CPU_FEATURE_DIT      24
#define CPU_FEATURE_SVE      25
#define CPU_FEATURE_SME      26
#define CPU_FEATURE_MOPS     27 /* memory copy and set instructions */
#define CPU_FEATURE_COUNT    28

#endif
