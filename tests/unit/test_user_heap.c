/* SPDX-License-Identifier: MIT */
/* User space's heap against a model: blocks lie apart, are aligned, keep what is in them, and all pages come
 * back; misuse is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <pthread.h>

#include "../../user/lib/heap/heap.h"

#define RESERVED ((size_t)1 << 30)
#define PAGE     ((size_t)4096)
#define BLOCKS   600
#define STEPS    60000
#define THREADS  4

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t begin;
static size_t mapped, mapped_most;
static bool refuse;
static jmp_buf misuse;
static const void *misused;

int lib_heap_reserve(uintptr_t *at, size_t *size)
{
    char *all = mmap(NULL, RESERVED + LIB_SPAN_SIZE, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert_ptr_not_equal(all, MAP_FAILED);
    begin = ((uintptr_t)all + LIB_SPAN_SIZE - 1) / LIB_SPAN_SIZE * LIB_SPAN_SIZE;
    *at = begin;
    *size = RESERVED;
    return 0;
}

static void remap(uintptr_t at, size_t size, int protection)
{
    assert_true(at >= begin && size <= RESERVED && at - begin <= RESERVED - size);
    assert_int_equal(at % PAGE, 0);
    assert_int_equal(size % PAGE, 0);
    assert_ptr_not_equal(mmap((void *)at, size, protection,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0),
                         MAP_FAILED);
}

int lib_heap_map(uintptr_t at, size_t size)
{
    if (refuse) {
        return -12;
    }
    remap(at, size, PROT_READ | PROT_WRITE);
    mapped += size;
    mapped_most = mapped > mapped_most ? mapped : mapped_most;
    return 0;
}

void lib_heap_unmap(uintptr_t at, size_t size)
{
    remap(at, size, PROT_NONE);
    mapped -= size;
}

void lib_heap_lock(void)
{
    pthread_mutex_lock(&lock);
}

void lib_heap_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void lib_heap_misused(const char *what, const void *memory)
{
    (void)what;
    misused = memory;
    longjmp(misuse, 1);
}

static void *allocate(size_t size)
{
    return lib_heap_allocate(size, LIB_HEAP_GRAIN);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Mostly small, now and then of several spans. */
static size_t random_size(uint32_t *seed)
{
    uint32_t kind = next(seed) % 20;

    return next(seed) % (kind == 0 ? 400000 : kind < 5 ? 9000 : 200);
}

struct block {
    uint8_t *memory;
    size_t size;
    uint8_t pattern;
};

static bool intact(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        if (block->memory[i] != block->pattern) {
            return false;
        }
    }
    return true;
}

static bool step(struct block *block, uint32_t *seed)
{
    size_t size = random_size(seed), alignment = LIB_HEAP_GRAIN << next(seed) % 4;

    if (!block->memory) {
        alignment = next(seed) % 50 == 0 ? LIB_HEAP_GRAIN << next(seed) % 16 : alignment;
        block->memory = lib_heap_allocate(size, alignment);
        if (!block->memory || (uintptr_t)block->memory % alignment != 0) {
            return false;
        }
    } else if (next(seed) % 3 == 0) {
        uint8_t *moved = lib_heap_resize(block->memory, size);

        block->size = size < block->size ? size : block->size;
        block->memory = moved;
        if (!moved || !intact(block)) {
            return false;
        }
    } else {
        bool good = intact(block);

        lib_heap_free(block->memory);
        block->memory = NULL;
        return good;
    }
    block->size = size;
    block->pattern = (uint8_t)next(seed);
    memset(block->memory, block->pattern, size);
    return lib_heap_size_of(block->memory) >= size;
}

static bool run(uint32_t seed, unsigned steps)
{
    struct block *blocks = calloc(BLOCKS, sizeof(*blocks));
    bool good = true;

    for (unsigned i = 0; good && i < steps; i++) {
        good = step(&blocks[next(&seed) % BLOCKS], &seed);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        good = good && (!blocks[i].memory || intact(&blocks[i]));
        lib_heap_free(blocks[i].memory);
    }
    free(blocks);
    return good;
}

/* What stays when all was freed: the table, and an empty span for each size at most. */
static void expect_empty(void)
{
    assert_true(mapped <= RESERVED / LIB_SPAN_SIZE * 8 + 32 * LIB_SPAN_SIZE);
}

static void test_random(void **state)
{
    for (uint32_t seed = 1; seed <= 3; seed++) {
        assert_true(run(seed, STEPS));
        expect_empty();
    }
    assert_true(mapped_most < (size_t)160 << 20);
}

static void *run_thread(void *seed)
{
    return (void *)(uintptr_t)run((uint32_t)(uintptr_t)seed, STEPS / THREADS);
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_thread, (void *)(i + 77)), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_non_null(good);
    }
    expect_empty();
}

/* Every size up to beyond the small ones: room for it, little more, and not under another block. */
static void test_sizes(void **state)
{
    for (size_t size = 0; size <= 20000; size++) {
        uint8_t *memory = allocate(size), *other = allocate(size);
        size_t usable = lib_heap_size_of(memory);

        assert_true(usable >= size);
        assert_true(usable <= (size < 128 ? size + 16 : size + size / 4 + PAGE * (size > 8192)));
        assert_true(memory + usable <= other || other + usable <= memory);
        assert_int_equal((uintptr_t)memory % LIB_HEAP_GRAIN, 0);
        lib_heap_free(memory);
        lib_heap_free(other);
    }
    expect_empty();
}

static void expect_misuse(void *memory)
{
    misused = NULL;
    if (setjmp(misuse) == 0) {
        lib_heap_free(memory);
        fail_msg("free of %p was taken for good", memory);
    }
    assert_ptr_equal(misused, memory);
}

static void test_misuse(void **state)
{
    char *small = allocate(100), *keep = allocate(100), *large = allocate(100000);
    int local;

    expect_misuse(small + 16);
    expect_misuse(small + 1);
    expect_misuse(large + PAGE);
    expect_misuse(large + LIB_SPAN_SIZE);
    expect_misuse(&local);
    expect_misuse((void *)8);
    expect_misuse((void *)begin);
    expect_misuse((char *)keep - ((uintptr_t)keep % LIB_SPAN_SIZE));
    lib_heap_free(small);
    expect_misuse(small);
    lib_heap_free(large);
    expect_misuse(large);
    lib_heap_free(keep);
    expect_misuse(keep);
}

static void test_no_memory(void **state)
{
    char *old;

    assert_null(allocate(SIZE_MAX));
    assert_null(allocate((size_t)PTRDIFF_MAX));
    assert_null(allocate(RESERVED));
    assert_null(lib_heap_allocate(16, (size_t)1 << 50));
    old = allocate(5000);
    memset(old, 7, 5000);
    refuse = true;
    assert_null(allocate(100000));
    assert_null(lib_heap_resize(old, 100000));
    refuse = false;
    assert_int_equal(old[4999], 7);
    lib_heap_free(old);
    lib_heap_free(NULL);
    expect_empty();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),    cmocka_unit_test(test_threads),
        cmocka_unit_test(test_sizes),     cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
