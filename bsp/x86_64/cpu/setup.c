/* SPDX-License-Identifier: MIT */
/* Sets CPUs up: reads CPUID once, writes the control registers. */
#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/fpu.h>
#include <arch/layout.h>
#include <arch/user.h>
#include <keel/string.h>

#define PHYS_BITS_DEFAULT 36 /* of a CPU that does not say */

#define CPUID_TOPOLOGY    0x0b
#define CPUID_BRAND       0x80000002
#define BRAND_LEAVES      3

static void read_words(uint32_t words[CPUID_WORDS])
{
    struct cpuid_result leaf = cpuid(1, 0);
    uint32_t ext_max = cpuid_max(CPUID_EXT_MAX);

    words[CPUID_1_ECX] = leaf.ecx;
    words[CPUID_1_EDX] = leaf.edx;
    if (cpuid_max(0) >= 7) {
        leaf = cpuid(7, 0);
        words[CPUID_7_EBX] = leaf.ebx;
        words[CPUID_7_ECX] = leaf.ecx;
        words[CPUID_7_EDX] = leaf.edx;
    }
    if (ext_max >= CPUID_EXT_FEATURES) {
        words[CPUID_EXT1_EDX] = cpuid(CPUID_EXT_FEATURES, 0).edx;
    }
    if (ext_max >= 0x80000007) {
        words[CPUID_EXT7_EDX] = cpuid(0x80000007, 0).edx;
    }
}

/* No x87, MMX, SSE or AVX in the kernel: CR0.TS makes their instructions trap, but for threads that have
 * asked for them. CR0.EM would leave AVX out. */
void arch_features_start_cpu(void)
{
    uint64_t cr4 = CR4_PAE | CR4_DE;

    cr4 |= cpu_has(CPU_FEATURE_MCE) ? CR4_MCE : 0;
    cr4 |= cpu_has(CPU_FEATURE_SMEP) ? CR4_SMEP : 0;
    cr4 |= cpu_has(CPU_FEATURE_SMAP) ? CR4_SMAP : 0;
    cr4 |= cpu_has(CPU_FEATURE_UMIP) ? CR4_UMIP : 0;
    cr4_write(cr4);
    cr0_write((CR0_PE | CR0_MP | CR0_TS | CR0_ET | CR0_NE | CR0_WP) | 1ull << 31);
    fpu_start_cpu();
    syscall_start_cpu();
}

static uint64_t read_features(void)
{
    uint32_t words[CPUID_WORDS] = {0};

    read_words(words);
    return features_decode(words);
}

bool arch_features_suffice(void)
{
    uint64_t own = read_features();

    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        if (cpu_has(i) && (own >> i & 1) == 0) {
            return false;
        }
    }
    return true;
}

void arch_features_init(const struct fdt *fdt)
{
    features_set(read_features());
    arch_features_start_cpu();
}

unsigned arch_phys_bits(void)
{
    static unsigned bits;

    if (bits == 0) {
        bits = cpuid_max(CPUID_EXT_MAX) >= CPUID_EXT_SIZES ? cpuid(CPUID_EXT_SIZES, 0).eax & 0xff
                                                           : PHYS_BITS_DEFAULT;
    }
    return bits;
}

/* 48 letters in registers; some CPUs put blanks in front. */
static void copy_brand(char *out, size_t size)
{
    struct cpuid_result text[BRAND_LEAVES + 1] = {{0}}; /* the last one ends the text */
    const char *start = (const char *)text;

    for (uint32_t i = 0; i < BRAND_LEAVES; i++) {
        text[i] = cpuid(CPUID_BRAND + i, 0);
    }
    strlcpy(out, start + strspn(start, " "), size);
}

/* All 32 bits of it where the topology leaf exists, else the 8 of leaf 1. */
static uint32_t apic_id(uint32_t initial)
{
    struct cpuid_result topology = {0};

    if (cpuid_max(0) >= CPUID_TOPOLOGY) {
        topology = cpuid(CPUID_TOPOLOGY, 0);
    }
    return topology.ebx != 0 ? topology.edx : initial;
}

void arch_identify_cpu(struct cpu_identity *out)
{
    struct cpuid_result vendor = cpuid(0, 0), version = cpuid(1, 0);

    memset(out, 0, sizeof(*out));
    memcpy(out->vendor, &vendor.ebx, 4);
    memcpy(out->vendor + 4, &vendor.edx, 4);
    memcpy(out->vendor + 8, &vendor.ecx, 4);
    if (cpuid_max(CPUID_EXT_MAX) >= CPUID_BRAND + BRAND_LEAVES - 1) {
        copy_brand(out->name, sizeof(out->name));
    }
    cpu_decode_version(version.eax, out);
    out->hw_id = apic_id(version.ebx >> 24);
}
