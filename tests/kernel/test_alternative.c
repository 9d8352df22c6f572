/* SPDX-License-Identifier: MIT */
/* Instruction alternatives: what this machine has is patched in, the rest is as compiled. */
#include <arch/alternative.h>
#include <arch/feature.h>
#include <keel/alternative.h>
#include <keel/ktest.h>
#include <keel/string.h>

extern const struct alternative __start_altinstructions[], __stop_altinstructions[];

/* Longer than the original, so that padding is tested on every port, for features at both ends. */
static __noinline void padded(void)
{
    __asm__ volatile(ALTERNATIVE("nop", "nop\n nop\n nop", 0));
    __asm__ volatile(ALTERNATIVE("nop\n nop\n nop", "nop", 1));
}

static const uint8_t *original_of(const struct alternative *alt)
{
    return (const uint8_t *)&alt->original + alt->original;
}

static const uint8_t *replacement_of(const struct alternative *alt)
{
    return (const uint8_t *)&alt->replacement + alt->replacement;
}

KTEST(alternatives_are_well_formed)
{
    const struct alternative *alt;

    KTEST_EXPECT(alternatives_total() >= 2);
    for (alt = __start_altinstructions; alt < __stop_altinstructions; alt++) {
        KTEST_EXPECT(alt->feature < CPU_FEATURE_COUNT);
        KTEST_EXPECT(alt->original_size != 0);
        KTEST_EXPECT(alt->original_size >= alt->replacement_size);
    }
}

KTEST(alternatives_are_patched_where_the_cpu_has_the_feature)
{
    const struct alternative *alt;
    unsigned expected = 0;
    uint8_t nops[256];

    padded();
    for (alt = __start_altinstructions; alt < __stop_altinstructions; alt++) {
        size_t rest = alt->original_size - alt->replacement_size;

        if (!cpu_has(alt->feature)) {
            continue;
        }
        expected++;
        arch_fill_nops(nops, rest);
        KTEST_EXPECT(memcmp(original_of(alt), replacement_of(alt), alt->replacement_size) == 0);
        KTEST_EXPECT(memcmp(original_of(alt) + alt->replacement_size, nops, rest) == 0);
    }
    KTEST_EXPECT(alternatives_patched() == expected);
}

KTEST(features_have_names)
{
    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        const char *name = arch_feature_name(i);

        KTEST_REQUIRE(name != NULL && name[0] != '\0');
        for (unsigned j = 0; j < i; j++) {
            KTEST_EXPECT(strcmp(name, arch_feature_name(j)) != 0);
        }
    }
    KTEST_EXPECT(!cpu_has(CPU_FEATURE_COUNT));
}
