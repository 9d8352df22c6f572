/* SPDX-License-Identifier: MIT */
/* Copies the replacements of instruction alternatives over their originals. */
#include <keel/alternative.h>

#include <arch/alternative.h>
#include <arch/feature.h>
#include <keel/cache.h>

extern const struct alternative __start_altinstructions[], __stop_altinstructions[];

static unsigned patched;

/* Bytewise on purpose: the routine that would copy faster may be what is being patched. */
static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        WRITE_ONCE(to[i], READ_ONCE(from[i]));
    }
}

static void apply(const struct alternative *alt)
{
    uint8_t *original = (uint8_t *)&alt->original + alt->original;
    const uint8_t *replacement = (const uint8_t *)&alt->replacement + alt->replacement;

    copy(original, replacement, alt->replacement_size);
    arch_fill_nops(original + alt->replacement_size, alt->original_size - alt->replacement_size);
    cache_sync_code(original, alt->original_size);
    patched++;
}

void alternatives_apply(void)
{
    const struct alternative *alt;

    for (alt = __start_altinstructions; alt < __stop_altinstructions; alt++) {
        if (cpu_has(alt->feature) && alt->original_size >= alt->replacement_size) {
            apply(alt);
        }
    }
}

unsigned alternatives_total(void)
{
    return __stop_altinstructions - __start_altinstructions;
}

unsigned alternatives_patched(void)
{
    return patched;
}
