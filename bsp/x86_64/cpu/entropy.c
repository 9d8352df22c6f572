/* SPDX-License-Identifier: MIT */
/* Random bits from the CPU (Intel SDM volume 1, 7.3.17). */
#include <arch/cpu.h>
#include <arch/feature.h>

#define ENTROPY_TRIES 10

#define ENTROPY_INSTRUCTION(name)                                \
    static bool name##_once(uint64_t *out)                       \
    {                                                            \
        bool ok;                                                 \
        __asm__ volatile(#name " %0" : "=r"(*out), "=@ccc"(ok)); \
        return ok;                                               \
    }

ENTROPY_INSTRUCTION(rdseed)
ENTROPY_INSTRUCTION(rdrand)

bool arch_entropy(uint64_t *out)
{
    for (unsigned i = 0; i < ENTROPY_TRIES; i++) {
        if ((cpu_has(CPU_FEATURE_RDSEED) && rdseed_once(out)) ||
            (cpu_has(CPU_FEATURE_RDRAND) && rdrand_once(out))) {
            return true;
        }
    }
    return false;
}
