/* SPDX-License-Identifier: MIT */
/* Tells the time without entering the kernel, where its page says how. */
#include "counter.h"

#include <keel/syscalls.h>
#include <keel/vdso.h>
#include <stdbool.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* The linker's, and the call itself. */
extern const struct keel_vdso_clock vdso_clock HIDDEN;
int64_t vdso_clock_get_monotonic(void) HIDDEN;

#define LOAD(member, order) __atomic_load_n(&(member), order)

/* False where the page says that the kernel must be asked, or changed meanwhile. */
static inline bool tell(int64_t *out)
{
    const struct keel_vdso_clock *clock = &vdso_clock;
    uint64_t base, base_ns, ns_per_tick;
    __extension__ unsigned __int128 passed;
    uint32_t sequence;

    __asm__("" : "+r"(clock)); /* one address in one register */
    sequence = LOAD(clock->sequence, __ATOMIC_ACQUIRE);
    base = LOAD(clock->base, __ATOMIC_RELAXED);
    base_ns = LOAD(clock->base_ns, __ATOMIC_RELAXED);
    ns_per_tick = LOAD(clock->ns_per_tick, __ATOMIC_RELAXED);
    if (sequence % 2 == 0) {
        return false;
    }
    passed = (unsigned __int128)(counter() - base) * ns_per_tick;
    *out = (int64_t)(base_ns + (uint64_t)(passed >> 32));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return LOAD(clock->sequence, __ATOMIC_RELAXED) == sequence;
}

__attribute__((visibility("default"))) int64_t keel_clock_get_monotonic(void)
{
    int64_t now;

    return tell(&now) ? now : vdso_clock_get_monotonic();
}
