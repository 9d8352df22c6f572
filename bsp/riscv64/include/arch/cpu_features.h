/* SPDX-License-Identifier: MIT */
/* The numbers of riscv64's CPU features, for C and for assembly: extensions by their names in the
 * device tree, and what is asked of the hart itself. */
#ifndef ARCH_CPU_FEATURES_H
#define ARCH_CPU_FEATURES_H

#define CPU_FEATURE_F           0
#define CPU_FEATURE_D           1
#define CPU_FEATURE_C           2
#define CPU_FEATURE_V           3
#define CPU_FEATURE_H           4
#define CPU_FEATURE_SSTC        5 /* a timer of S-mode's own */
#define CPU_FEATURE_SVADU       6 /* the walker can keep accessed and dirty */
#define CPU_FEATURE_SVINVAL     7
#define CPU_FEATURE_SVNAPOT     8
#define CPU_FEATURE_SVPBMT      9 /* memory types in page-table entries */
#define CPU_FEATURE_ZACAS       10
#define CPU_FEATURE_ZAWRS       11
#define CPU_FEATURE_ZBA         12
#define CPU_FEATURE_ZBB         13
#define CPU_FEATURE_ZBS         14
#define CPU_FEATURE_ZICBOM      15 /* cache maintenance, allowed by firmware, block size known */
#define CPU_FEATURE_ZICBOP      16
#define CPU_FEATURE_ZICBOZ      17 /* cbo.zero, allowed by firmware, block size known */
#define CPU_FEATURE_ZIHINTPAUSE 18
#define CPU_FEATURE_ZKR         19 /* entropy source */
#define CPU_FEATURE_SV48        20 /* four-level page tables */
#define CPU_FEATURE_ZICBOZ64    21 /* as ZICBOZ, and a block is 64 bytes */
#define CPU_FEATURE_COUNT       22

#endif
