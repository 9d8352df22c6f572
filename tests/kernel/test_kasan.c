/* SPDX-License-Identifier: MIT */
/* KASAN finds accesses outside of blocks, objects, pages and variables, says what they hit, and finds
 * nothing in code that is right. */
#include <arch/layout.h>
#include <keel/heap.h>
#include <keel/kasan.h>
#include <keel/kmap.h>
#include <keel/ktest.h>
#include <keel/memmap.h>
#include <keel/pmm.h>
#include <keel/string.h>

static volatile uint8_t sink;

static char variable[21];
static const char constant[13] = "constant text";

/* How many reports the access of a byte made; compilers may leave out the check of a write behind
 * that of a read. */
static unsigned reports_of_read(const volatile char *at)
{
    unsigned before = kasan_expect(true);

    sink = (uint8_t)*at;
    return kasan_expect(false) - before;
}

static unsigned reports_of_write(volatile char *at)
{
    unsigned before = kasan_expect(true);
    char was = *at;

    *at = was; /* what is there stays as it is */
    return kasan_expect(false) - before;
}

static bool said(const char *text)
{
    return strstr(kasan_last_report(0), text) != NULL || strstr(kasan_last_report(1), text) != NULL;
}

KTEST(kasan_finds_heap_overruns)
{
    static const size_t sizes[] = {1, 13, 40, 64, 700, 5000};

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        char *block = kmalloc(sizes[i]);

        KTEST_REQUIRE(block != NULL);
        KTEST_EXPECT(reports_of_read(block) == 0);
        KTEST_EXPECT(reports_of_read(block + sizes[i] - 1) == 0);
        KTEST_EXPECT(reports_of_read(block + sizes[i]) == 1);
        KTEST_EXPECT(said("behind the end") && said("allocated by ktest_kasan_finds_heap"));
        KTEST_EXPECT(reports_of_write(block + sizes[i]) >= 1);
        KTEST_EXPECT(reports_of_read(block - 1) == 1);
        KTEST_EXPECT(said("in front of a block"));
        kfree(block);
    }
}

KTEST(kasan_finds_large_overruns)
{
    char *block = kmalloc(70001);

    KTEST_REQUIRE(block != NULL);
    KTEST_EXPECT(reports_of_read(block + 70000) == 0);
    KTEST_EXPECT(reports_of_read(block + 70001) == 1);
    kfree(block);
    KTEST_EXPECT(reports_of_read(block + 5000) == 1);
}

KTEST(kasan_finds_use_after_free)
{
    char *block = kmalloc(100);

    KTEST_REQUIRE(block != NULL);
    kfree(block);
    KTEST_EXPECT(reports_of_read(block + 50) == 1);
    KTEST_EXPECT(said("in freed memory") && said("freed by ktest_kasan_finds_use_after_free"));
}

KTEST(kasan_finds_misuse_of_objects)
{
    struct objcache *cache = objcache_create("kasan", 52, 8);
    char *object = cache != NULL ? objcache_alloc(cache) : NULL;

    KTEST_REQUIRE(object != NULL);
    KTEST_EXPECT(reports_of_read(object + 51) == 0);
    KTEST_EXPECT(reports_of_read(object + 52) == 1);
    objcache_free(cache, object);
    KTEST_EXPECT(reports_of_read(object + 20) == 1);
    KTEST_EXPECT(said("in freed memory"));
    KTEST_EXPECT(objcache_destroy(cache) == 0);
}

KTEST(kasan_finds_use_of_free_pages)
{
    static const char took_and_gave[] = "allocated by ktest_kasan_finds_use_of_free_pages";
    phys_addr_t page = pmm_alloc_page(PMM_ANY);
    char *bytes = arch_phys_to_virt(page);

    KTEST_REQUIRE(page != 0);
    KTEST_EXPECT(reports_of_read(bytes + 4095) == 0);
    pmm_free_page(page);
    KTEST_EXPECT(reports_of_read(bytes + 4095) == 1);
    KTEST_EXPECT(said("in a free page") && said(took_and_gave));
    KTEST_EXPECT(said("freed by ktest_kasan_finds_use_of_free_pages"));
}

/* How many reports the check of an access to what may not be there made. */
static unsigned reports_of_check(virt_addr_t at, size_t size)
{
    unsigned before = kasan_expect(true);

    kasan_check(at, size, true);
    return kasan_expect(false) - before;
}

/* Whether a page in each MiB of a piece of RAM is reported as free, once: what is in use is not reported,
 * and what begins with freed memory or a block's edge is reported as that. */
static bool reports_a_free_page(phys_addr_t base, uint64_t size)
{
    for (uint64_t offset = 0; offset < size; offset += UINT64_C(1) << 20) {
        if (reports_of_check((virt_addr_t)arch_phys_to_virt(base + offset), 8) == 1 &&
            said("in a free page")) {
            return true;
        }
    }
    return false;
}

/* RAM that nobody holds, and that nobody may ever have been given: all RAM is looked at, since much may be
 * in use. */
KTEST(kasan_finds_use_of_memory_never_given)
{
    bool found = false;
    phys_addr_t base;
    uint64_t size;

    for (phys_addr_t from = 0; !found && memmap_free_piece(from, &base, &size);
         from = base + size) {
        found = reports_a_free_page(base, size);
    }
    KTEST_EXPECT(found);
}

#if IS_ENABLED(CONFIG_KASAN_STACK)
KTEST(kasan_finds_overruns_on_the_stack)
{
    char first[21] = "first", second[13] = "second";
    const volatile char *volatile at = first;

    KTEST_EXPECT(reports_of_read(at) == 0 && reports_of_read(at + 20) == 0);
    KTEST_EXPECT(reports_of_read(at + 21) == 1);
    KTEST_EXPECT(said("behind a variable on the stack") && said("variable first of 21 bytes"));
    KTEST_EXPECT(said("on the stack of ktest_kasan_finds_overruns_on_the_stack"));
    at = second;
    KTEST_EXPECT(reports_of_read(at + 12) == 0);
    KTEST_EXPECT(reports_of_read(at + 13) == 1);
    KTEST_EXPECT(said("variable second of 13 bytes"));
    KTEST_EXPECT(reports_of_read(at - 1) == 1);
    KTEST_EXPECT(said("on the stack"));
}

KTEST(kasan_finds_use_of_variables_out_of_scope)
{
    const volatile char *volatile at = NULL;

    for (volatile int i = 0; i < 1; i++) {
        char inner[33] = "inner";

        at = inner;
        KTEST_EXPECT(reports_of_read(at + 32) == 0);
    }
    KTEST_EXPECT(reports_of_read(at + 32) == 1);
    KTEST_EXPECT(said("whose block has ended") && said("variable inner of 33 bytes"));
}

/* A frame that was left is as if it had not been. */
static __noinline unsigned deep(unsigned depth)
{
    char bytes[40] = "";
    char *volatile at = bytes;

    at[depth] = 1;
    return depth == 0 ? 0 : deep(depth - 1) + (unsigned)at[depth];
}

KTEST(kasan_leaves_no_marks_on_the_stack)
{
    unsigned before = kasan_expect(true);
    char plain[600];

    KTEST_EXPECT(deep(10) == 10);
    memset(plain, 0, sizeof(plain));
    KTEST_EXPECT(kasan_expect(false) == before);
}
#endif

KTEST(kasan_watches_the_mapping_area)
{
    phys_addr_t pages[3];
    virt_addr_t va = kmap_alloc(3);
    virt_addr_t end = va + 3 * PAGE_SIZE;

    KTEST_REQUIRE(va != 0 && pmm_alloc_pages(pages, 3, PMM_ZERO) == 3);
    KTEST_EXPECT(kmap_map_pages(va, pages, 3, VM_KERNEL_RW) == 0);
    KTEST_EXPECT(reports_of_read((char *)va) == 0 && reports_of_read((char *)end - 1) == 0);
    KTEST_EXPECT(reports_of_check(va, 3 * PAGE_SIZE) == 0);
    KTEST_EXPECT(reports_of_check(end, 1) == 1);
    KTEST_EXPECT(said("outside of a part of the mapping area") && said("of 12288 bytes"));
    KTEST_EXPECT(said("allocated by ktest_kasan_watches_the_mapping_area"));
    KTEST_EXPECT(reports_of_check(end - 4, 8) == 1 && reports_of_check(va - 1, 1) == 1);
    kmap_free(va);
    KTEST_EXPECT(reports_of_check(va + 5000, 4) == 1);
    KTEST_EXPECT(said("was given back") && said("freed by ktest_kasan_watches_the_mapping_area"));
    pmm_free_pages(pages, 3);
}

/* What compilers make of variables on a stack in the mapping area writes its shadow there. */
KTEST(kasan_shadow_of_the_mapping_area_is_one)
{
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);
    virt_addr_t va = kmap_alloc(1);
    volatile uint8_t *shadow = (volatile uint8_t *)kasan_shadow_address(va + 800);

    KTEST_REQUIRE(va != 0 && page != 0);
    KTEST_EXPECT(kmap_map(va, page, 1, VM_KERNEL_RW) == 0);
    KTEST_EXPECT(*shadow == KASAN_OK && reports_of_check(va + 800, 1) == 0);
    *shadow = KASAN_STACK_BEHIND;
    KTEST_EXPECT(reports_of_check(va + 800, 1) == 1);
    *shadow = KASAN_OK;
    kmap_free(va);
    KTEST_EXPECT(*shadow == KASAN_AREA);
    pmm_free_page(page);
}

KTEST(kasan_finds_overruns_of_variables)
{
    const char *volatile read_only = constant;
    char *volatile writable = variable;

    KTEST_EXPECT(reports_of_write(writable + 20) == 0);
    KTEST_EXPECT(reports_of_write(writable + 21) >= 1);
    KTEST_EXPECT(said("variable variable of 21 bytes"));
    KTEST_EXPECT(reports_of_read(read_only + 12) == 0);
    KTEST_EXPECT(reports_of_read(read_only + 13) == 1);
    KTEST_EXPECT(said("variable constant of 13 bytes"));
}

KTEST(kasan_checks_memory_routines)
{
    char *block = kmalloc(64);
    unsigned before;

    KTEST_REQUIRE(block != NULL);
    before = kasan_expect(true);
    memset(block, 0, 64);
    memcpy(block + 32, block, 32);
    memmove(block + 1, block, 63);
    KTEST_EXPECT(kasan_expect(true) == before);
    memcpy(variable, block + 60, 5);
    KTEST_EXPECT(kasan_expect(true) == before + 1);
    memmove(variable, block - 1, 1);
    KTEST_EXPECT(kasan_expect(false) == before + 2);
    kfree(block);
}
