/* SPDX-License-Identifier: MIT */
/* The random operations of vm_model.c in the kernel, whose own accesses are those of a program. */
#include "vm_model.h"

#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/param.h>
#include <keel/pmm.h>
#include <keel/uaccess.h>

#define OPERATIONS_MAX 1000000000
#define RECORD_FRAMES  2u /* of 2 MiB */

static int64_t seed = 1, operations = VM_MODEL_OPERATIONS;

KPARAM(vmseed, PARAM_INT, seed, 0, INT64_MAX,
       "seed of the test of random operations on memory objects");
KPARAM(vmops, PARAM_INT, operations, 0, OPERATIONS_MAX, "how many of these operations");

static int access_user(virt_addr_t va, void *buf, size_t len, bool write)
{
    return write ? user_copy_out(user_pointer(va), buf, len)
                 : user_copy_in(buf, user_pointer(va), len);
}

/* Free frames, and those with the records of memory that was used for the first time. */
static uint64_t free_frames(void)
{
    struct pmm_arena_stats arena;
    struct pmm_stats stats;
    uint64_t frames;

    heap_trim();
    pmm_get_stats(&stats);
    frames = stats.free;
    for (unsigned i = 0; pmm_arena_stats(i, &arena); i++) {
        frames += RECORD_FRAMES * (uint64_t)arena.touched;
    }
    return frames;
}

static void run(uint64_t with, int64_t count, struct vm_model_result *result)
{
    static const struct vm_model_host host = {.access = access_user};

    vm_model_run(&host, with, (uint64_t)count, result);
    console_printf("vm model: seed %llu, %llu operations\n", (unsigned long long)with,
                   (unsigned long long)result->done);
    if (result->complaint) {
        ktest_fail(result->complaint, "tests/kernel/vm_model.c", (int)result->line);
    }
}

KTEST(vm_random_operations_match_the_model)
{
    struct vm_model_result result;
    uint64_t before;

    run((uint64_t)seed, operations, &result);
    for (size_t i = 0; i < ARRAY_SIZE(result.by_kind); i++) {
        KTEST_EXPECT(result.by_kind[i] > 0 || operations < VM_MODEL_OPERATIONS);
    }
    before = free_frames(); /* caches are as large as the test makes them */
    run((uint64_t)seed + 1, MIN(operations, VM_MODEL_OPERATIONS), &result);
    KTEST_EXPECT(free_frames() == before);
}
