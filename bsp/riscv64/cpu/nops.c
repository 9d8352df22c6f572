/* SPDX-License-Identifier: MIT */
/* Instructions that do nothing, for code that is patched shorter than it was. */
#include <arch/alternative.h>
#include <keel/string.h>

void arch_fill_nops(void *at, size_t size)
{
    static const uint32_t nop = ARCH_NOP;
    static const uint16_t compressed_nop = 0x0001; /* c.nop */
    uint8_t *out = at;

    for (; size >= sizeof(nop); size -= sizeof(nop), out += sizeof(nop)) {
        memcpy(out, &nop, sizeof(nop));
    }
    if (size == sizeof(compressed_nop)) {
        memcpy(out, &compressed_nop, sizeof(compressed_nop));
    }
}
