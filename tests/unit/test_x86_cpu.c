/* SPDX-License-Identifier: MIT */
/* What CPUID says, with CPUs that no emulator has: features, versions, rates of the time stamp. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../bsp/x86_64/cpu/tsc.h"

#include <arch/feature.h>

static void decodes_features(void **state)
{
    uint32_t words[CPUID_WORDS] = {0};

    assert_int_equal(features_decode(words), 0);
    words[CPUID_EXT1_EDX] = 1u << 20;
    words[CPUID_7_EBX] = 1u << 7 | 1u << 20;
    words[CPUID_EXT7_EDX] = 1u << 8;
    words[CPUID_1_ECX] = 1u << 17 | 1u << 24;
    assert_int_equal(features_decode(words),
                     1ull << CPU_FEATURE_NX | 1ull << CPU_FEATURE_SMEP | 1ull << CPU_FEATURE_SMAP |
                         1ull << CPU_FEATURE_INVARIANT_TSC | 1ull << CPU_FEATURE_PCID |
                         1ull << CPU_FEATURE_TSC_DEADLINE);
}

static void finds_what_is_set(void **state)
{
    features_set(1ull << CPU_FEATURE_UMIP);
    assert_true(cpu_has(CPU_FEATURE_UMIP));
    assert_false(cpu_has(CPU_FEATURE_NX));
}

static void names_every_feature(void **state)
{
    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        assert_non_null(arch_feature_name(i));
    }
    assert_null(arch_feature_name(CPU_FEATURE_COUNT));
}

static void decodes_versions(void **state)
{
    struct cpu_identity id = {.vendor = ""};

    cpu_decode_version(0x000506e3, &id); /* Skylake */
    assert_int_equal(id.family, 6);
    assert_int_equal(id.model, 0x5e);
    assert_int_equal(id.stepping, 3);
    cpu_decode_version(0x00800f12, &id); /* Zen */
    assert_int_equal(id.family, 0x17);
    assert_int_equal(id.model, 1);
    assert_int_equal(id.stepping, 2);
    cpu_decode_version(0x00000543, &id); /* Pentium: no extended model */
    assert_int_equal(id.family, 5);
    assert_int_equal(id.model, 4);
}

static void takes_rates_from_leaves(void **state)
{
    struct tsc_leaves none = {0};
    struct tsc_leaves crystal = {.denominator = 2, .numerator = 168, .crystal_hz = 38400000};
    struct tsc_leaves base = {.denominator = 2, .numerator = 216, .base_mhz = 2600};
    struct tsc_leaves guest = {.hypervisor_khz = 2899998, .denominator = 1, .numerator = 1};

    assert_int_equal(tsc_hz_from_leaves(&none), 0);
    assert_int_equal(tsc_hz_from_leaves(&crystal), 3225600000);
    assert_int_equal(tsc_hz_from_leaves(&base), 2600000000);
    assert_int_equal(tsc_hz_from_leaves(&guest), 2899998000);
}

static void takes_the_apic_timers_rate_from_leaves(void **state)
{
    struct tsc_leaves none = {.base_mhz = 2600, .denominator = 2, .numerator = 216};
    struct tsc_leaves crystal = {.denominator = 2, .numerator = 168, .crystal_hz = 38400000};
    struct tsc_leaves guest = {.hypervisor_khz = 2899998, .hypervisor_bus_khz = 1000000};

    assert_int_equal(apic_timer_hz_from_leaves(&none), 0);
    assert_int_equal(apic_timer_hz_from_leaves(&crystal), 38400000);
    assert_int_equal(apic_timer_hz_from_leaves(&guest), 1000000000);
}

static void takes_rates_from_ticks(void **state)
{
    assert_int_equal(tsc_hz_from_ticks(200000, 20000, 10000000), 1000000000);
    assert_int_equal(tsc_hz_from_ticks(1000000, 2864, 69841279), 4999364505);
    assert_int_equal(tsc_hz_from_ticks(5000000000, 100000000, 10000000), 5000000000);
    assert_int_equal(tsc_hz_from_ticks(1000, 0, 10000000), 0);
    assert_int_equal(tsc_hz_from_ticks(1000, 100, 0), 0);
    assert_int_equal(tsc_hz_from_ticks(UINT64_MAX, 100, 10000000), 0);
    assert_int_equal(tsc_hz_from_ticks(1000, UINT64_MAX, 10000000), 0);
}

/* One that was undisturbed has little doubt; one where a pause fell into either end has much. */
static void counts_spans(void **state)
{
    struct counter_span good = {{1000, 1010}, {401010, 401030}};
    struct counter_span late = {{1000, 1010}, {1010, 90000000}};
    struct counter_span slow = {{1000, 390000}, {401000, 401010}};

    assert_int_equal(counter_span_least(&good), 400000);
    assert_int_equal(counter_span_most(&good), 400030);
    assert_true(counter_span_is_sure(&good, 13333));
    assert_false(counter_span_is_sure(&good, 13334));
    assert_int_equal(counter_span_least(&late), 0);
    assert_false(counter_span_is_sure(&late, 1));
    assert_int_equal(counter_span_least(&slow), 11000);
    assert_false(counter_span_is_sure(&slow, 1));
}

static void narrows_down_what_agrees(void **state)
{
    struct counter_span first = {{1000, 1000}, {101000, 102000}};
    struct counter_span second = {{1000, 1000}, {101500, 102500}};
    struct counter_span other = {{1000, 1000}, {150000, 151000}};
    struct tsc_estimate estimate = {0};

    assert_false(tsc_estimate_add(&estimate, &first, 999));
    assert_int_equal(estimate.least, 100000 - 100);
    assert_int_equal(estimate.most, 101000);
    assert_true(tsc_estimate_add(&estimate, &second, 999));
    assert_int_equal(estimate.least, 100500 - 100);
    assert_int_equal(estimate.most, 101000);
    assert_false(tsc_estimate_add(&estimate, &other, 999));
    assert_int_equal(estimate.least, 149000 - 149);
    assert_false(tsc_estimate_add(&estimate, &first, 999));
    assert_true(tsc_estimate_add(&estimate, &first, 999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_features),
        cmocka_unit_test(finds_what_is_set),
        cmocka_unit_test(names_every_feature),
        cmocka_unit_test(decodes_versions),
        cmocka_unit_test(takes_rates_from_leaves),
        cmocka_unit_test(takes_rates_from_ticks),
        cmocka_unit_test(counts_spans),
        cmocka_unit_test(narrows_down_what_agrees),
        cmocka_unit_test(takes_the_apic_timers_rate_from_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
