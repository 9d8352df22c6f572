/* SPDX-License-Identifier: MIT */
/* Makes allocations fail on purpose: the nth from now on, or one in so many by a seed. */
#include <keel/heap.h>
#include <keel/param.h>

#define STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 over the golden ratio: odd, bits well mixed */

static int64_t nth_left; /* allocations until the one that fails; 0: none will */
static int64_t one_in;   /* 0: none at random */
static int64_t seed;
static uint64_t drawn; /* random numbers so far */
static uint64_t injected;

KPARAM(failnth, PARAM_INT, nth_left, 0, INT64_MAX, "make the nth allocation fail (0 none)");
KPARAM(failrate, PARAM_INT, one_in, 0, UINT32_MAX, "make one in so many allocations fail (0 none)");
KPARAM(failseed, PARAM_INT, seed, INT64_MIN, INT64_MAX, "seed of failrate's choice");

void alloc_fail_nth(uint64_t nth)
{
    __atomic_store_n(&nth_left, (int64_t)nth, __ATOMIC_RELAXED);
}

void alloc_fail_random(uint32_t rate, uint64_t new_seed)
{
    __atomic_store_n(&one_in, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&seed, (int64_t)new_seed, __ATOMIC_RELAXED);
    __atomic_store_n(&drawn, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&one_in, (int64_t)rate, __ATOMIC_RELAXED);
}

uint64_t alloc_failures_injected(void)
{
    return __atomic_load_n(&injected, __ATOMIC_RELAXED);
}

/* The number of the draw, hashed (the finalizer of MurmurHash3 by its constants). */
static uint64_t draw(void)
{
    uint64_t n = __atomic_add_fetch(&drawn, 1, __ATOMIC_RELAXED);
    uint64_t x = (uint64_t)__atomic_load_n(&seed, __ATOMIC_RELAXED) + n * STEP;

    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* Counts down; true for the one that reaches 0. Others that come too late count further down. */
static bool nth_is_now(void)
{
    return __atomic_load_n(&nth_left, __ATOMIC_RELAXED) > 0 &&
           __atomic_sub_fetch(&nth_left, 1, __ATOMIC_RELAXED) == 0;
}

bool alloc_fail_now(void)
{
    int64_t rate = __atomic_load_n(&one_in, __ATOMIC_RELAXED);
    bool fail = nth_is_now() || (rate > 0 && draw() % (uint64_t)rate == 0);

    if (fail) {
        __atomic_fetch_add(&injected, 1, __ATOMIC_RELAXED);
    }
    return fail;
}
