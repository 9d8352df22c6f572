/* SPDX-License-Identifier: MIT */
/* The heap on four CPUs at once, under ThreadSanitizer: blocks and objects are handed from one CPU
 * to another and freed there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../core/mm/heap_internal.h"
#include "fake_log.h"
#include "fake_pmm.h"

#include <keel/subsystem.h>
#include <pthread.h>

#define THREADS CONFIG_CPUS_MAX
#define ROUNDS  20000u
#define SHELVES 64u

extern _Thread_local unsigned fake_cpu;

static struct objcache *cache;

/* Where threads leave blocks for others. */
static void *shelves[SHELVES];

struct block {
    size_t size;
    bool object;
    uint8_t fill;
    uint8_t bytes[];
};

static struct block *make(uint64_t dice)
{
    static const size_t most[] = {40, 200, 500, 3000, 30000};
    bool object = dice % 3 == 0;
    size_t size = object ? 100 : sizeof(struct block) + 1 + (dice >> 8) % most[(dice >> 3) % 5];
    struct block *block = object ? objcache_alloc(cache) : kmalloc(size);

    if (block != NULL) {
        block->size = size;
        block->object = object;
        block->fill = (uint8_t)(dice >> 40);
        memset(block->bytes, block->fill, size - sizeof(*block));
    }
    return block;
}

static void end(struct block *block)
{
    for (size_t i = 0; i < block->size - sizeof(*block); i++) {
        if (block->bytes[i] != block->fill) {
            abort();
        }
    }
    if (block->object) {
        objcache_free(cache, block);
    } else {
        kfree(block);
    }
}

static void *work(void *arg)
{
    uint64_t dice = (uintptr_t)arg + 1;

    fake_cpu = (unsigned)(uintptr_t)arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct block *block;

        dice = dice * 6364136223846793005u + 1442695040888963407u;
        block = __atomic_exchange_n(&shelves[(dice >> 33) % SHELVES], make(dice >> 20),
                                    __ATOMIC_ACQ_REL);
        if (block != NULL) {
            end(block);
        }
        if (round % 1000 == 0) {
            struct heap_stats stats;

            heap_get_stats(&stats);
            heap_trim();
        }
    }
    return NULL;
}

static void four_cpus_share_the_heap(void **state)
{
    pthread_t threads[THREADS];
    struct heap_stats before, after;

    (void)state;
    heap_get_stats(&before);
    cache = objcache_create("shared", 100, 8);
    assert_non_null(cache);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < SHELVES; i++) {
        if (shelves[i] != NULL) {
            end(shelves[i]);
        }
    }
    assert_int_equal(objcache_destroy(cache), 0);
    for (fake_cpu = THREADS; fake_cpu-- > 0;) {
        heap_trim();
    }
    heap_get_stats(&after);
    assert_int_equal(after.blocks_used, before.blocks_used);
    assert_int_equal(after.bytes_held, before.bytes_held);
    assert_int_equal(fake_pmm_used() * PAGE_SIZE, before.bytes_held);
}

static int start(void **state)
{
    (void)state;
    fake_pmm_init();
    return __start_subsystems[0].early_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(four_cpus_share_the_heap, fake_log_reset)};

    return cmocka_run_group_tests(tests, start, NULL);
}
