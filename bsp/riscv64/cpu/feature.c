/* SPDX-License-Identifier: MIT */
/* The table of CPU features: the tree's word, and the proof where firmware has a say. */
#include "isa.h"
#include "nofault.h"

#include <arch/cache.h>
#include <arch/feature.h>
#include <arch/layout.h>

#define CBO_SIZE_MAX 4096 /* bytes; larger blocks are left unused */

static uint64_t cpu_features;

uint64_t cache_cbom_size;
uint64_t cache_cboz_size;

bool cpu_has(unsigned feature)
{
    return (cpu_features >> feature & 1) != 0;
}

const char *arch_feature_name(unsigned feature)
{
    return isa_feature_name(feature);
}

static void drop_feature(unsigned feature)
{
    cpu_features &= ~(1ull << feature);
}

static void add_feature(unsigned feature)
{
    cpu_features |= 1ull << feature;
}

/* The block size the tree gives, or 0 where it is no power of two that we could use. */
static uint64_t block_size(uint64_t size)
{
    return size <= CBO_SIZE_MAX && (size & (size - 1)) == 0 ? size : 0;
}

/* Machine mode has to allow S-mode the cache-block instructions (menvcfg.CBZE, CBCFE): try. */
static void prove_cache_blocks(const struct isa *isa)
{
    static uint8_t block[CBO_SIZE_MAX] __aligned(CBO_SIZE_MAX);

    if (cpu_has(CPU_FEATURE_ZICBOZ)) {
        cache_cboz_size = block_size(isa->cboz_size);
    }
    if (cache_cboz_size == 0 || nofault_cbo_zero(block) != 0) {
        drop_feature(CPU_FEATURE_ZICBOZ);
        cache_cboz_size = 0;
    }
    if (cache_cboz_size == 64) {
        add_feature(CPU_FEATURE_ZICBOZ64);
    }
    if (cpu_has(CPU_FEATURE_ZICBOM)) {
        cache_cbom_size = block_size(isa->cbom_size);
    }
    if (cache_cbom_size == 0 || nofault_cbo_flush(block) != 0 || nofault_cbo_inval(block) != 0) {
        drop_feature(CPU_FEATURE_ZICBOM);
        cache_cbom_size = 0;
    }
}

/* Machine mode has to open the timer to S-mode (menvcfg.STCE). */
static void prove_timer(void)
{
    if (cpu_has(CPU_FEATURE_SSTC) && nofault_write_stimecmp(UINT64_MAX) != 0) {
        drop_feature(CPU_FEATURE_SSTC);
    }
}

void arch_features_init(const struct fdt *fdt)
{
    struct isa isa;

    if (fdt != NULL) {
        isa_read(fdt, &isa);
        cpu_features = isa.set;
        prove_cache_blocks(&isa);
        prove_timer();
    }
    if (arch_layout.levels == 4) {
        add_feature(CPU_FEATURE_SV48);
    }
}
