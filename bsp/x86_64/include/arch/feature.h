/* SPDX-License-Identifier: MIT */
/* The CPU's features: found once, kept in one table, asked by number. */
#ifndef ARCH_FEATURE_H
#define ARCH_FEATURE_H

#include <arch/cpu_features.h>
#include <keel/boot_info.h>
#include <keel/fdt.h>
#include <keel/types.h>

/* The CPUID registers that hold features; leaves a CPU lacks read as 0. */
enum cpuid_word {
    CPUID_1_ECX,
    CPUID_1_EDX,
    CPUID_7_EBX,
    CPUID_7_ECX,
    CPUID_7_EDX,
    CPUID_EXT1_EDX,
    CPUID_EXT7_EDX,
    CPUID_WORDS,
};

/* The features that these registers announce, as a bit set (bit n: CPU_FEATURE_x of value n).
 * Pure. */
uint64_t features_decode(const uint32_t words[CPUID_WORDS]);

/* Makes this the table that cpu_has() reads. Once, at boot. */
void features_set(uint64_t found);

/* A word for each feature, as "smap"; NULL past the last. */
const char *arch_feature_name(unsigned feature);

/* Family, model and stepping out of CPUID leaf 1's EAX (Intel SDM volume 2, figure 3-6). Pure. */
void cpu_decode_version(uint32_t version, struct cpu_identity *out);

/* Whether the boot CPU has it. */
bool cpu_has(unsigned feature);

/* Fills the table and switches on what protects the kernel (SMEP, SMAP, UMIP, machine checks). The
 * tree is not needed here; CPUID tells. */
void arch_features_init(const struct fdt *fdt);

/* Whether the calling CPU has all that the boot CPU has, which code is chosen by. */
bool arch_features_suffice(void);

/* Switches the same on at another CPU. */
void arch_features_start_cpu(void);

#endif
