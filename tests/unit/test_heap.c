/* SPDX-License-Identifier: MIT */
/* The heap against a model: random blocks of every kind, memory given back, every failure swept.
 * test_heap_debug is the same with CONFIG_HEAP_DEBUG, and what only that can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../core/mm/heap_internal.h"
#include "fake_log.h"
#include "fake_pmm.h"

#include <keel/errno.h>
#include <keel/subsystem.h>

#define SLOTS      300u
#define OPERATIONS 60000u
#define DEBUG_HEAP IS_ENABLED(CONFIG_HEAP_DEBUG)

static uint64_t random_state = 1;

static size_t base_pages;
static struct heap_stats base;

static uint64_t draw(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

void symbol_text(char *buf, size_t size, virt_addr_t return_address)
{
    snprintf(buf, size, "place_%lx+0x1", (unsigned long)return_address - 1);
}

static struct {
    uint8_t *block;
    size_t size;
    uint8_t fill;
} slots[SLOTS];

static void fill_slot(unsigned i, uint8_t *block, size_t size)
{
    slots[i].block = block;
    slots[i].size = size;
    slots[i].fill = (uint8_t)draw(256);
    memset(block, slots[i].fill, size);
}

static void check_slot(unsigned i, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        assert_int_equal(slots[i].block[at], slots[i].fill);
    }
}

static size_t random_size(void)
{
    static const size_t most[] = {32, 512, 5000, 20000, 200000};

    return 1 + draw(most[draw(5)]);
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void alloc_slot(unsigned i)
{
    size_t size = random_size();
    size_t align = HEAP_ALIGN;
    uint8_t *block;

    switch (draw(5)) {
    case 0:
        align = (size_t)1 << draw(15);
        block = kmalloc_aligned(size, align);
        break;
    case 1:
        block = kzalloc(size);
        assert_true(block == NULL || all_zero(block, size));
        break;
    case 2:
        block = kcalloc(size / 7 + 1, 7);
        size = (size / 7 + 1) * 7;
        assert_true(block == NULL || all_zero(block, size));
        break;
    case 3:
        block = kmalloc_node(size, (unsigned)draw(2));
        break;
    default:
        block = kmalloc(size);
    }
    if (block != NULL) {
        assert_int_equal((uintptr_t)block % MAX(align, (size_t)HEAP_ALIGN), 0);
        assert_true(kmalloc_usable(block) >= size);
        fill_slot(i, block, size);
    }
}

static void realloc_slot(unsigned i)
{
    size_t size = random_size();
    uint8_t *block = krealloc(slots[i].block, size);

    if (block != NULL) {
        assert_int_equal((uintptr_t)block % HEAP_ALIGN, 0);
        slots[i].block = block;
        check_slot(i, MIN(size, slots[i].size));
        fill_slot(i, block, size);
    }
}

static void free_slot(unsigned i)
{
    check_slot(i, slots[i].size);
    kfree(slots[i].block);
    slots[i].block = NULL;
}

static void free_all_slots(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].block != NULL) {
            free_slot(i);
        }
    }
}

/* Everything back: no block, no page beyond the first chunk, which is one free block again. */
static void assert_all_back(void)
{
    struct heap_stats stats;
    struct heap_list_stats list;

    for (fake_cpu = CONFIG_CPUS_MAX; fake_cpu-- > 0;) {
        heap_trim();
    }
    fake_cpu = 0;
    heap_get_stats(&stats);
    assert_int_equal(stats.blocks_used, base.blocks_used);
    assert_int_equal(stats.bytes_used, base.bytes_used);
    assert_int_equal(stats.bytes_held, base_pages * PAGE_SIZE);
    assert_int_equal(fake_pmm_used(), base_pages);
    assert_true(heap_list_stats(0, &list));
    assert_int_equal(list.blocks_free, 1);
    assert_int_equal(list.largest_free, CONFIG_HEAP_INITIAL_KB * 1024 - 48);
    assert_true(heap_list_stats(1, &list));
    assert_int_equal(list.blocks_free, 0);
    assert_int_equal(list.chunks, 0);
    assert_false(heap_list_stats(2, &list));
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    for (unsigned n = 0; n < OPERATIONS; n++) {
        unsigned i = (unsigned)draw(SLOTS);

        fake_cpu = (unsigned)draw(CONFIG_CPUS_MAX);
        fake_node = (unsigned)draw(2);
        if (slots[i].block == NULL) {
            alloc_slot(i);
        } else if (draw(4) == 0) {
            realloc_slot(i);
        } else {
            free_slot(i);
        }
    }
    free_all_slots();
    assert_all_back();
}

static void no_memory_is_survived(void **state)
{
    struct heap_stats stats;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        fake_pmm_limit(base_pages + draw(600));
        for (unsigned n = 0; n < 2000; n++) {
            unsigned i = (unsigned)draw(SLOTS);

            if (slots[i].block == NULL) {
                alloc_slot(i);
            } else if (draw(3) == 0) {
                realloc_slot(i);
            } else if (draw(3) == 0) {
                free_slot(i);
            }
        }
        free_all_slots();
    }
    heap_get_stats(&stats);
    assert_true(stats.failures > base.failures);
    assert_all_back();
}

static void odd_requests_are_refused(void **state)
{
    (void)state;
    assert_null(kmalloc(0));
    assert_null(kzalloc(0));
    assert_null(kmalloc(SIZE_MAX));
    assert_null(kmalloc((size_t)1 << 60));
    assert_null(kcalloc(SIZE_MAX / 4, 5));
    assert_null(kcalloc(5, 0));
    assert_null(kmalloc_aligned(10, 3));
    assert_null(kmalloc_aligned(10, 0));
    assert_null(kmalloc_aligned(10, 8u << 20));
    assert_null(kmalloc_node(10, 2));
    assert_null(krealloc(NULL, 0));
    kfree(NULL);
    assert_all_back();
}

static void the_largest_alignment_works(void **state)
{
    void *block = kmalloc_aligned(100, 4u << 20);

    (void)state;
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % (4u << 20), 0);
    kfree(block);
    assert_all_back();
}

static void nodes_are_asked_first(void **state)
{
    static const size_t sizes[] = {40, 3000, 50000};

    (void)state;
    fake_node = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        for (unsigned node = 0; node < 2; node++) {
            char *block = kmalloc_node(sizes[i], node);

            assert_non_null(block);
            assert_int_equal((block - fake_ram) / PAGE_SIZE >= FAKE_PMM_PAGES / 2, node);
            kfree(block);
        }
    }
    assert_all_back();
}

static void a_block_grows_where_it_is(void **state)
{
    char *first = kmalloc(1000);
    char *block;

    (void)state;
    assert_non_null(first);
    memset(first, 7, 1000);
    block = krealloc(first, 4000);
    assert_ptr_equal(block, first);
    block = krealloc(block, 700);
    assert_ptr_equal(block, first);
    assert_int_equal(block[699], 7);
    assert_null(krealloc(block, 0));
    assert_all_back();
}

static void growth_is_given_back(void **state)
{
    static void *blocks[400];
    struct heap_stats stats;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        blocks[i] = kmalloc(3000);
        assert_non_null(blocks[i]);
    }
    assert_true(fake_pmm_used() * PAGE_SIZE >= 400 * 3000);
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        kfree(blocks[i]);
    }
    /* One chunk more than at first may stay, without anybody asking. */
    heap_get_stats(&stats);
    assert_true(fake_pmm_used() <= base_pages + 16);
    assert_int_equal(stats.bytes_held, fake_pmm_used() * PAGE_SIZE);
    assert_all_back();
}

static void fragments_do_not_stop_small_blocks(void **state)
{
    static void *runs[FAKE_PMM_PAGES];
    unsigned count = 0;
    void *block;

    (void)state;
    /* Every second page of all is free: no two in a row. */
    while (count < FAKE_PMM_PAGES && (runs[count] = heap_pages_alloc(1, HEAP_ANY_NODE, 12))) {
        count++;
    }
    for (unsigned i = 0; i < count; i += 2) {
        heap_pages_free(runs[i], 1);
    }
    for (unsigned i = 0; i < 200; i++) {
        slots[i].block = kmalloc(400);
        assert_non_null(slots[i].block);
    }
    block = kmalloc(3500);
    assert_non_null(block);
    kfree(block);
    for (unsigned i = 0; i < 200; i++) {
        kfree(slots[i].block);
        slots[i].block = NULL;
    }
    for (unsigned i = 1; i < count; i += 2) {
        heap_pages_free(runs[i], 1);
    }
    assert_all_back();
}

/* --- Object caches --- */

static void caches_hand_out_aligned_objects(void **state)
{
    static const size_t kinds[][2] = {{8, 8},     {24, 8},      {64, 64},    {100, 4}, {700, 16},
                                      {1500, 64}, {4096, 4096}, {9000, 512}, {1, 1}};
    static uint8_t *objects[500];

    (void)state;
    for (unsigned kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        size_t size = kinds[kind][0];
        struct objcache *cache = objcache_create("test", size, kinds[kind][1]);

        assert_non_null(cache);
        for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
            fake_cpu = i % CONFIG_CPUS_MAX;
            objects[i] = objcache_alloc(cache);
            assert_non_null(objects[i]);
            assert_int_equal((uintptr_t)objects[i] % kinds[kind][1], 0);
            memset(objects[i], (int)i, size);
        }
        assert_int_equal(objcache_used(cache), ARRAY_SIZE(objects));
        assert_int_equal(objcache_destroy(cache), -EBUSY);
        for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
            assert_int_equal(objects[i][0], (uint8_t)i);
            assert_int_equal(objects[i][size - 1], (uint8_t)i);
            fake_cpu = i % 3 % CONFIG_CPUS_MAX;
            objcache_free(cache, objects[i]);
        }
        assert_int_equal(objcache_used(cache), 0);
        assert_int_equal(objcache_allocations(cache), ARRAY_SIZE(objects));
        assert_int_equal(objcache_destroy(cache), 0);
    }
    assert_all_back();
}

static void odd_caches_are_refused(void **state)
{
    (void)state;
    assert_null(objcache_create("none", 0, 8));
    assert_null(objcache_create("huge", 1u << 20, 8));
    assert_null(objcache_create("odd", 8, 24));
    assert_null(objcache_create("wide", 8, 8192));
    assert_all_back();
}

/* --- Failures --- */

/* Something of everything; whatever fails, all of it is given back. */
static void scenario(void)
{
    struct objcache *cache = objcache_create("scenario", 200, 8);
    void *object = cache != NULL ? objcache_alloc(cache) : NULL;
    void *small = kmalloc(50);
    void *middle = kmalloc(6000);
    void *large = kmalloc(100000);
    void *aligned = kmalloc_aligned(300, 1024);
    void *other = kmalloc_node(2000, 1);
    void *moved = krealloc(small, 700);
    void *grown = krealloc(large, 200000);

    kfree(moved != NULL ? moved : small);
    kfree(middle);
    kfree(grown != NULL ? grown : large);
    kfree(aligned);
    kfree(other);
    if (object != NULL) {
        objcache_free(cache, object);
    }
    if (cache != NULL) {
        assert_int_equal(objcache_destroy(cache), 0);
    }
}

static void page_failures_leak_nothing(void **state)
{
    (void)state;
    fake_node = 0;
    for (size_t pages = 0; pages < 160; pages++) {
        fake_pmm_limit(base_pages + pages);
        scenario();
        assert_all_back();
    }
}

#if IS_ENABLED(CONFIG_FAULT_INJECT)
static void every_failure_in_turn_leaks_nothing(void **state)
{
    uint64_t before = alloc_failures_injected();
    uint64_t nth = 1;

    (void)state;
    for (;; nth++) {
        uint64_t so_far = alloc_failures_injected();

        alloc_fail_nth(nth);
        scenario();
        alloc_fail_nth(0);
        assert_all_back();
        if (alloc_failures_injected() == so_far) {
            break;
        }
    }
    assert_true(nth > 10);
    assert_int_equal(alloc_failures_injected() - before, nth - 1);
}

static unsigned failures_of(uint32_t rate, uint64_t seed, uint64_t *pattern)
{
    unsigned failures = 0;

    alloc_fail_random(rate, seed);
    for (unsigned i = 0; i < 1000; i++) {
        bool fails = alloc_should_fail();

        failures += fails;
        *pattern = *pattern * 31 + fails;
    }
    alloc_fail_random(0, 0);
    return failures;
}

static void random_failures_follow_the_seed(void **state)
{
    uint64_t first = 0, again = 0, other = 0;

    (void)state;
    assert_in_range(failures_of(10, 42, &first), 60, 140);
    failures_of(10, 42, &again);
    failures_of(10, 43, &other);
    assert_true(first == again);
    assert_true(first != other);
    assert_int_equal(failures_of(1, 7, &other), 1000);
    assert_false(alloc_should_fail());
}

static void random_failures_leak_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        alloc_fail_random(5, seed);
        for (unsigned n = 0; n < 500; n++) {
            unsigned i = (unsigned)draw(SLOTS);

            if (slots[i].block == NULL) {
                alloc_slot(i);
            } else if (draw(2) == 0) {
                realloc_slot(i);
            } else {
                free_slot(i);
            }
        }
        alloc_fail_random(0, 0);
        free_all_slots();
        assert_all_back();
    }
}
#endif

/* --- Mistakes --- */

#if IS_ENABLED(CONFIG_HEAP_DEBUG)
static void assert_said(const char *text)
{
    if (strstr(fake_text, text) == NULL) {
        fail_msg("not said: \"%s\" in \"%s\"", text, fake_text);
    }
}

/* Sizes that come from a class, the list, and as pages. */
static const size_t kinds[] = {40, 3000, 60000};

static void blocks_freed_twice_are_found(void **state)
{
    for (volatile unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        void *block = kmalloc(kinds[i]);

        fake_log_reset(state);
        kfree(block);
        ASSERT_PANICS(kfree(block));
        assert_said("freed twice");
        assert_said("allocated by place_");
        assert_said("freed by place_");
    }
}

static void writes_behind_the_end_are_found(void **state)
{
    for (volatile unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        char *block = kmalloc(kinds[i]);

        fake_log_reset(state);
        block[kinds[i]] ^= 1;
        ASSERT_PANICS(kfree(block));
        assert_said("written behind its end");
        assert_said("allocated by place_");
        block[kinds[i]] ^= 1;
        kfree(block);
    }
    assert_all_back();
}

static void writes_in_front_are_found(void **state)
{
    for (volatile unsigned i = 0; i < 2; i++) {
        char *block = kmalloc(kinds[i]);

        fake_log_reset(state);
        block[-1] ^= 1;
        ASSERT_PANICS(kfree(block));
        assert_said("written in front");
        block[-1] ^= 1;
        kfree(block);
    }
    assert_all_back();
}

/* A write into a free block comes to light when the memory is handed out again. */
static void writes_after_free_are_found(void **state)
{
    for (volatile unsigned i = 0; i < 2; i++) {
        char *block = kmalloc(kinds[i]);

        fake_log_reset(state);
        kfree(block);
        block[kinds[i] / 2] ^= 1;
        ASSERT_PANICS(kfree(kmalloc(kinds[i])));
        assert_said("written to after it was freed");
        assert_said("allocated by place_");
        assert_said("freed by place_");
        block[kinds[i] / 2] ^= 1;
    }
}

static void mistakes_with_objects_are_found(void **state)
{
    struct objcache *cache = objcache_create("mistakes", 60, 8);
    char *object = objcache_alloc(cache);

    fake_log_reset(state);
    object[60] ^= 1;
    ASSERT_PANICS(objcache_free(cache, object));
    assert_said("written behind its end");
    object[60] ^= 1;
    objcache_free(cache, object);
    ASSERT_PANICS(objcache_free(cache, object));
    assert_said("object freed twice");
    assert_said("freed by place_");
    object[30] ^= 1;
    fake_log_reset(state);
    ASSERT_PANICS(assert_null(objcache_alloc(cache)));
    assert_said("written to after it was freed");
}

static __attribute__((noinline)) void *leak(size_t size)
{
    void *block = kmalloc(size);

    barrier();
    return block;
}

static void leaks_are_listed_by_place(void **state)
{
    void *a = leak(1000);
    void *b = leak(2000);

    fake_log_reset(state);
    heap_print_leaks();
    assert_said("      3000        2  place_");
    kfree(a);
    kfree(b);
    fake_log_reset(state);
    heap_print_leaks();
    assert_null(strstr(fake_text, "      3000        2  place_"));
    assert_all_back();
}
#else
static void wild_pointers_are_refused(void **state)
{
    static char area[8192] __aligned(4096);
    uint64_t used;
    struct heap_stats stats;

    fake_log_reset(state);
    heap_get_stats(&stats);
    used = stats.blocks_used;
    kfree(area + 4096);
    kfree(area + 64);
    kfree(area + 65);
    assert_int_equal(fake_warnings, 3);
    heap_get_stats(&stats);
    assert_int_equal(stats.blocks_used, used);
}
#endif

/* Each test starts on a heap that was started once; those that end in panics come last. */
static int restore(void **state)
{
    fake_pmm_limit(FAKE_PMM_PAGES);
    fake_cpu = 0;
    fake_node = 0;
    return fake_log_reset(state);
}

static int start(void **state)
{
    (void)state;
    fake_pmm_init();
    assert_null(kmalloc(10));
    assert_int_equal(__start_subsystems[0].early_init(), 0);
    base_pages = CONFIG_HEAP_INITIAL_KB * 1024 / PAGE_SIZE;
    assert_int_equal(fake_pmm_used(), base_pages);
    heap_get_stats(&base);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(random_operations_match_the_model, restore),
        cmocka_unit_test_setup(no_memory_is_survived, restore),
        cmocka_unit_test_setup(odd_requests_are_refused, restore),
        cmocka_unit_test_setup(the_largest_alignment_works, restore),
        cmocka_unit_test_setup(nodes_are_asked_first, restore),
        cmocka_unit_test_setup(a_block_grows_where_it_is, restore),
        cmocka_unit_test_setup(growth_is_given_back, restore),
        cmocka_unit_test_setup(fragments_do_not_stop_small_blocks, restore),
        cmocka_unit_test_setup(caches_hand_out_aligned_objects, restore),
        cmocka_unit_test_setup(odd_caches_are_refused, restore),
        cmocka_unit_test_setup(page_failures_leak_nothing, restore),
#if IS_ENABLED(CONFIG_FAULT_INJECT)
        cmocka_unit_test_setup(every_failure_in_turn_leaks_nothing, restore),
        cmocka_unit_test_setup(random_failures_follow_the_seed, restore),
        cmocka_unit_test_setup(random_failures_leak_nothing, restore),
#endif
#if IS_ENABLED(CONFIG_HEAP_DEBUG)
        cmocka_unit_test_setup(writes_behind_the_end_are_found, restore),
        cmocka_unit_test_setup(writes_in_front_are_found, restore),
        cmocka_unit_test_setup(leaks_are_listed_by_place, restore),
        cmocka_unit_test_setup(blocks_freed_twice_are_found, restore),
        cmocka_unit_test_setup(writes_after_free_are_found, restore),
        cmocka_unit_test_setup(mistakes_with_objects_are_found, restore),
#else
        cmocka_unit_test_setup(wild_pointers_are_refused, restore),
#endif
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
