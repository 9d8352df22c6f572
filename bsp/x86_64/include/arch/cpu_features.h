/* SPDX-License-Identifier: MIT */
/* The numbers of x86_64's CPU features, for C and for assembly. cpu/feature.c tells where each is
 * found. */
#ifndef ARCH_CPU_FEATURES_H
#define ARCH_CPU_FEATURES_H

#define CPU_FEATURE_NX            0  /* no-execute pages */
#define CPU_FEATURE_PDPE1GB       1  /* 1 GiB pages */
#define CPU_FEATURE_PGE           2  /* global pages */
#define CPU_FEATURE_PCID          3  /* address-space tags in the TLB */
#define CPU_FEATURE_INVPCID       4  /* their invalidation */
#define CPU_FEATURE_SMEP          5  /* the kernel cannot execute user pages */
#define CPU_FEATURE_SMAP          6  /* the kernel cannot touch user pages by accident */
#define CPU_FEATURE_UMIP          7  /* user code cannot read descriptor-table addresses */
#define CPU_FEATURE_MCE           8  /* machine-check exception */
#define CPU_FEATURE_CLFLUSH       9  /* cache-line flush */
#define CPU_FEATURE_CLFLUSHOPT    10 /* the same, weakly ordered */
#define CPU_FEATURE_CLWB          11 /* write a line back and keep it */
#define CPU_FEATURE_ERMS          12 /* fast rep movsb and rep stosb */
#define CPU_FEATURE_FSRM          13 /* rep movsb fast for short lengths too */
#define CPU_FEATURE_RDRAND        14 /* random numbers */
#define CPU_FEATURE_RDSEED        15 /* entropy */
#define CPU_FEATURE_RDTSCP        16 /* time stamp with CPU number */
#define CPU_FEATURE_INVARIANT_TSC 17 /* the time stamp keeps its rate in all power states */
#define CPU_FEATURE_TSC_DEADLINE  18 /* one-shot timer on the time stamp */
#define CPU_FEATURE_APIC          19 /* local APIC */
#define CPU_FEATURE_X2APIC        20 /* its MSR interface */
#define CPU_FEATURE_FSGSBASE      21 /* user access to segment bases */
#define CPU_FEATURE_XSAVE         22 /* extended state save */
#define CPU_FEATURE_HYPERVISOR    23 /* runs under one */
#define CPU_FEATURE_COUNT         24

#endif
