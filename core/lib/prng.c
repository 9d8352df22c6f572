/* SPDX-License-Identifier: MIT */
/* The kernel's random numbers for placement: xoshiro256**, its state stirred by splitmix64. */
#include <keel/bits.h>
#include <keel/prng.h>
#include <keel/spinlock.h>

static struct spinlock lock;
static uint64_t state[4] = {1, 2, 3, 4};

/* splitmix64: one step, a well-mixed output (Steele, Lea, Flood 2014). */
static uint64_t stir(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

void prng_seed(uint64_t seed)
{
    unsigned long irq = spin_lock(&lock);

    for (size_t i = 0; i < ARRAY_SIZE(state); i++) {
        state[i] ^= stir(&seed);
    }
    state[0] |= state[1] | state[2] | state[3] ? 0 : 1; /* all zero would stay so */
    spin_unlock(&lock, irq);
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static __always_inline uint64_t draw(void)
{
    unsigned long irq = spin_lock(&lock);
    uint64_t result = rotate(state[1] * 5, 7) * 9;
    uint64_t t = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 45);
    spin_unlock(&lock, irq);
    return result;
}

uint64_t prng_next(void)
{
    return draw();
}

/* The upper half of a random number times the limit, drawn anew for the few products that would make
 * some results likelier (Lemire 2019). */
uint64_t prng_below(uint64_t limit)
{
    unsigned __int128 product = (unsigned __int128)draw() * limit;

    if (unlikely((uint64_t)product < limit)) {
        uint64_t cut = (0 - limit) % limit; /* 2^64 mod limit */

        while ((uint64_t)product < cut) {
            product = (unsigned __int128)prng_next() * limit;
        }
    }
    return (uint64_t)(product >> 64);
}
