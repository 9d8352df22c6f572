/* SPDX-License-Identifier: MIT */
/* The heap on the machine: contents, alignment, nodes, memory given back, failures on purpose. */
#include <arch/layout.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/numa.h>
#include <keel/pmm.h>
#include <keel/string.h>

#define BLOCKS 64u
#define ROUNDS 4000u

struct slot {
    uint8_t *block;
    size_t size;
    uint8_t fill;
};

static struct slot slots[BLOCKS];

static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (random_state >> 33) % below;
}

static bool is_filled(const uint8_t *block, size_t size, uint8_t fill)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != fill) {
            return false;
        }
    }
    return true;
}

static void *random_block(size_t size)
{
    size_t align = (size_t)1 << draw(14);
    void *block;

    switch (draw(3)) {
    case 0:
        block = kmalloc_aligned(size, align);
        KTEST_EXPECT(IS_ALIGNED((virt_addr_t)block, align));
        return block;
    case 1:
        return kmalloc_node(size, (unsigned)draw(numa_nodes()));
    default:
        return kmalloc(size);
    }
}

/* A block more, one of another size, or one less, whose contents are checked. */
static void step(struct slot *slot)
{
    static const size_t most[] = {64, 512, 4096, 70000};
    size_t size = 1 + draw(most[draw(4)]);
    uint8_t *block = slot->block;

    KTEST_EXPECT(block == NULL || is_filled(block, slot->size, slot->fill));
    if (block != NULL && draw(3) != 0) {
        kfree(block);
        slot->block = NULL;
        return;
    }
    block = block != NULL ? krealloc(block, size) : random_block(size);
    if (block != NULL) {
        KTEST_EXPECT(slot->block == NULL || is_filled(block, MIN(size, slot->size), slot->fill));
        *slot = (struct slot){.block = block, .size = size, .fill = (uint8_t)draw(256)};
        memset(block, slot->fill, size);
    }
}

static void end_slots(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        kfree(slots[i].block);
        slots[i].block = NULL;
    }
}

static bool is_as_before(const struct heap_stats *before)
{
    struct heap_stats now;

    heap_trim();
    heap_get_stats(&now);
    return now.blocks_used == before->blocks_used && now.bytes_used == before->bytes_used &&
           now.bytes_held == before->bytes_held;
}

KTEST(heap_keeps_contents)
{
    struct heap_stats before;

    random_state = 3;
    heap_trim();
    heap_get_stats(&before);
    for (unsigned round = 0; round < ROUNDS; round++) {
        step(&slots[draw(BLOCKS)]);
    }
    end_slots();
    KTEST_EXPECT(is_as_before(&before));
}

KTEST(heap_zeroes_and_counts)
{
    uint8_t *zeros = kzalloc(3000);
    uint8_t *array = kcalloc(30, 7);
    struct heap_stats stats;

    heap_get_stats(&stats);
    KTEST_EXPECT(zeros != NULL && is_filled(zeros, 3000, 0));
    KTEST_EXPECT(array != NULL && is_filled(array, 210, 0));
    KTEST_EXPECT(stats.blocks_used >= 2 && stats.bytes_used >= 3210);
    KTEST_EXPECT(stats.bytes_held >= CONFIG_HEAP_INITIAL_KB * 1024ul);
    kfree(zeros);
    kfree(array);
    KTEST_EXPECT(kmalloc(0) == NULL);
    KTEST_EXPECT(kmalloc(SIZE_MAX) == NULL);
    KTEST_EXPECT(kcalloc(SIZE_MAX / 2, 3) == NULL);
    KTEST_EXPECT(kmalloc_aligned(8, 24) == NULL);
    KTEST_EXPECT(kmalloc_node(8, numa_nodes()) == NULL);
}

KTEST(heap_uses_the_node)
{
    static const size_t sizes[] = {100, 5000, 100000};

    for (unsigned node = 0; node < numa_nodes(); node++) {
        for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
            void *block = kmalloc_node(sizes[i], node);

            KTEST_REQUIRE(block != NULL);
            KTEST_EXPECT(numa_node_of(arch_virt_to_phys(block)) == node);
            kfree(block);
        }
    }
}

KTEST(heap_pages_are_accounted)
{
    struct pmm_stats before, during;
    void *block;

    pmm_get_stats(&before);
    block = kmalloc(1u << 20);
    KTEST_REQUIRE(block != NULL);
    pmm_get_stats(&during);
    KTEST_EXPECT(during.used[PMM_USE_HEAP] >= before.used[PMM_USE_HEAP] + 256);
    KTEST_EXPECT(during.free <= before.free - 256);
    kfree(block);
    heap_trim();
    pmm_get_stats(&during);
    KTEST_EXPECT(during.used[PMM_USE_HEAP] <= before.used[PMM_USE_HEAP]);
}

KTEST(heap_caches_objects)
{
    struct objcache *cache = objcache_create("test", 120, 64);
    void *objects[100];

    KTEST_REQUIRE(cache != NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        objects[i] = objcache_alloc(cache);
        KTEST_REQUIRE(objects[i] != NULL);
        KTEST_EXPECT(IS_ALIGNED((virt_addr_t)objects[i], 64));
        memset(objects[i], (int)i, 120);
    }
    KTEST_EXPECT(objcache_destroy(cache) < 0);
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        KTEST_EXPECT(is_filled(objects[i], 120, (uint8_t)i));
        objcache_free(cache, objects[i]);
    }
    KTEST_EXPECT(objcache_destroy(cache) == 0);
}

#if IS_ENABLED(CONFIG_FAULT_INJECT)
/* A bit of everything; whatever fails, all is given back. */
static void scenario(void)
{
    struct objcache *cache = objcache_create("scenario", 300, 8);
    void *object = cache != NULL ? objcache_alloc(cache) : NULL;
    void *small = kmalloc(60);
    void *middle = kmalloc(7000);
    void *large = kmalloc(90000);
    void *moved = krealloc(small, 900);

    kfree(moved != NULL ? moved : small);
    kfree(middle);
    kfree(large);
    if (object != NULL) {
        objcache_free(cache, object);
    }
    KTEST_EXPECT(cache == NULL || objcache_destroy(cache) == 0);
}

KTEST(heap_survives_every_failure)
{
    uint64_t injected;
    struct heap_stats before;
    uint64_t nth = 0;

    heap_trim();
    heap_get_stats(&before);
    do {
        injected = alloc_failures_injected();
        alloc_fail_nth(++nth);
        scenario();
        alloc_fail_nth(0);
        KTEST_EXPECT(is_as_before(&before));
    } while (alloc_failures_injected() != injected && nth < 1000);
    KTEST_EXPECT(nth > 8 && nth < 1000);
}

KTEST(heap_survives_random_failures)
{
    struct heap_stats before;
    uint64_t injected = alloc_failures_injected();

    random_state = 5;
    heap_trim();
    heap_get_stats(&before);
    alloc_fail_random(4, 5);
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        step(&slots[draw(BLOCKS)]);
    }
    alloc_fail_random(0, 0);
    end_slots();
    KTEST_EXPECT(alloc_failures_injected() > injected + 50);
    KTEST_EXPECT(is_as_before(&before));
}
#endif
