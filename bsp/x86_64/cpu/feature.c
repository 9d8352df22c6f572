/* SPDX-License-Identifier: MIT */
/* Finds the CPU's features once (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E) and
 * switches on those that protect the kernel. */
#include <arch/feature.h>

static const struct {
    const char *name;
    uint8_t word;
    uint8_t bit;
} features[CPU_FEATURE_COUNT] = {
    [CPU_FEATURE_NX] = {"nx", CPUID_EXT1_EDX, 20},
    [CPU_FEATURE_PDPE1GB] = {"pdpe1gb", CPUID_EXT1_EDX, 26},
    [CPU_FEATURE_PGE] = {"pge", CPUID_1_EDX, 13},
    [CPU_FEATURE_PCID] = {"pcid", CPUID_1_ECX, 17},
    [CPU_FEATURE_INVPCID] = {"invpcid", CPUID_7_EBX, 10},
    [CPU_FEATURE_SMEP] = {"smep", CPUID_7_EBX, 7},
    [CPU_FEATURE_SMAP] = {"smap", CPUID_7_EBX, 20},
    [CPU_FEATURE_UMIP] = {"umip", CPUID_7_ECX, 2},
    [CPU_FEATURE_MCE] = {"mce", CPUID_1_EDX, 7},
    [CPU_FEATURE_CLFLUSH] = {"clflush", CPUID_1_EDX, 19},
    [CPU_FEATURE_CLFLUSHOPT] = {"clflushopt", CPUID_7_EBX, 23},
    [CPU_FEATURE_CLWB] = {"clwb", CPUID_7_EBX, 24},
    [CPU_FEATURE_ERMS] = {"erms", CPUID_7_EBX, 9},
    [CPU_FEATURE_FSRM] = {"fsrm", CPUID_7_EDX, 4},
    [CPU_FEATURE_RDRAND] = {"rdrand", CPUID_1_ECX, 30},
    [CPU_FEATURE_RDSEED] = {"rdseed", CPUID_7_EBX, 18},
    [CPU_FEATURE_RDTSCP] = {"rdtscp", CPUID_EXT1_EDX, 27},
    [CPU_FEATURE_INVARIANT_TSC] = {"invariant-tsc", CPUID_EXT7_EDX, 8},
    [CPU_FEATURE_TSC_DEADLINE] = {"tsc-deadline", CPUID_1_ECX, 24},
    [CPU_FEATURE_APIC] = {"apic", CPUID_1_EDX, 9},
    [CPU_FEATURE_X2APIC] = {"x2apic", CPUID_1_ECX, 21},
    [CPU_FEATURE_FSGSBASE] = {"fsgsbase", CPUID_7_EBX, 0},
    [CPU_FEATURE_XSAVE] = {"xsave", CPUID_1_ECX, 26},
    [CPU_FEATURE_HYPERVISOR] = {"hypervisor", CPUID_1_ECX, 31},
};

static uint64_t features_found;

uint64_t features_decode(const uint32_t words[CPUID_WORDS])
{
    uint64_t found = 0;

    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        if ((words[features[i].word] >> features[i].bit & 1) != 0) {
            found |= 1ull << i;
        }
    }
    return found;
}

const char *arch_feature_name(unsigned feature)
{
    return feature < CPU_FEATURE_COUNT ? features[feature].name : NULL;
}

bool cpu_has(unsigned feature)
{
    return feature < CPU_FEATURE_COUNT && (features_found >> feature & 1) != 0;
}

void features_set(uint64_t found)
{
    features_found = found;
}

void cpu_decode_version(uint32_t version, struct cpu_identity *out)
{
    uint32_t family = version >> 8 & 0xf, model = version >> 4 & 0xf;

    out->id = version;
    out->stepping = version & 0xf;
    out->model = family == 6 || family == 15 ? model | (version >> 12 & 0xf0) : model;
    out->family = family == 15 ? family + (version >> 20 & 0xff) : family;
}
