/* SPDX-License-Identifier: MIT */
/* Instructions that do nothing, of any length (Intel SDM volume 2, NOP, recommended sequences). */
#include <arch/alternative.h>

#define NOP_MAX 9

static const uint8_t nops[NOP_MAX][NOP_MAX] = {
    {0x90},
    {0x66, 0x90},
    {0x0f, 0x1f, 0x00},
    {0x0f, 0x1f, 0x40, 0x00},
    {0x0f, 0x1f, 0x44, 0x00, 0x00},
    {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
    {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
    {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
};

/* Bytewise, since the routine that would copy faster may be what is being patched. */
void arch_fill_nops(void *at, size_t size)
{
    uint8_t *to = at;

    while (size > 0) {
        size_t len = MIN(size, (size_t)NOP_MAX);

        for (size_t i = 0; i < len; i++) {
            WRITE_ONCE(to[i], nops[len - 1][i]);
        }
        to += len;
        size -= len;
    }
}
