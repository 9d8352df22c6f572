/* SPDX-License-Identifier: MIT */
/* What the library's inner loops cost for a page. */
#include <keel/bench.h>
#include <keel/hash.h>
#include <keel/string.h>

#define PAGE 4096

static unsigned char from[PAGE] __aligned(PAGE);
static unsigned char to[PAGE] __aligned(PAGE);
static uint64_t result; /* keeps the hash from being dropped */

BENCH(memcpy_4096, "memcpy.4096", NULL)
{
    memcpy(to, from, PAGE);
}

BENCH(memset_4096, "memset.4096", NULL)
{
    memset(to, 0, PAGE);
}

BENCH(fnv1a_4096, "fnv1a.4096", NULL)
{
    WRITE_ONCE(result, fnv1a_64(from, PAGE));
}
