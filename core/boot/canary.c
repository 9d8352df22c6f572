/* SPDX-License-Identifier: MIT */
/* The stack protector's canary, mixed from all entropy there is. */
#define LOG_TAG "canary"
#include "boot.h"

#include <arch/cpu.h>
#include <keel/driver.h>
#include <keel/hash.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/prng.h>
#include <keel/stack_guard.h>

#define CPU_WORDS 4 /* random numbers taken from the CPU */

static bool has_entropy;

static uint64_t mix(uint64_t pool, const void *data, size_t len)
{
    has_entropy = true;
    return fnv1a_64_more(pool, data, len);
}

static uint64_t mix_cpu(uint64_t pool)
{
    uint64_t word;

    for (unsigned int i = 0; i < CPU_WORDS && arch_entropy(&word); i++) {
        pool = mix(pool, &word, sizeof(word));
    }
    return pool;
}

static uint64_t mix_tree(uint64_t pool, const struct fdt *tree)
{
    uint64_t seed;
    uint32_t len;
    const uint8_t *bytes = fdt_rng_seed(tree, &len);

    if (fdt_kaslr_seed(tree, &seed) == 0 && seed != 0) {
        pool = mix(pool, &seed, sizeof(seed));
    }
    return bytes && len > 0 ? mix(pool, bytes, len) : pool;
}

/* Spreads what little may differ over all bits: multiplies by an odd number (2^64 over the golden
 * ratio) and folds the high half, which has mixed well, onto the low one; twice. */
static uint64_t spread(uint64_t x)
{
    for (unsigned int round = 0; round < 2; round++) {
        x *= UINT64_C(0x9e3779b97f4a7c15);
        x ^= x >> 32;
    }
    return x;
}

static void smashed(void)
{
    panic("stack smashed: the canary in the caller's frame was overwritten");
}

__no_stack_protector void canary_init(void)
{
    uint64_t pool = mix_cpu(FNV1A_64_BASIS);
    uint64_t now = arch_counter();

    if (tree_usable()) {
        pool = mix_tree(pool, &system_fdt);
    }
    pool = fnv1a_64_more(pool, &now, sizeof(now));
    prng_seed(spread(pool ^ now));
    /* The lowest byte is zero: it ends what string functions would copy over it. */
    stack_guard_set(spread(pool) & ~(uintptr_t)UINT8_MAX, smashed);
}

void canary_report(void)
{
    if (!has_entropy) {
        log_warn("no random numbers from CPU or firmware: the stack canary may be guessed");
    }
}
