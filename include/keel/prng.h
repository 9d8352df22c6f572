/* SPDX-License-Identifier: MIT */
/* Numbers nobody outside should guess, for placing things: seeded from all entropy at boot. Not for
 * keys. */
#ifndef KEEL_PRNG_H
#define KEEL_PRNG_H

#include <keel/types.h>

/* Mixes a seed in; any number of times. */
void prng_seed(uint64_t seed);

/* 64 random bits (xoshiro256**, Blackman and Vigna 2018). Any CPU, any context. */
uint64_t prng_next(void);

/* A number below `limit`, all equally likely; 0 for limit 0. */
uint64_t prng_below(uint64_t limit);

#endif
