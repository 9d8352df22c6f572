/* SPDX-License-Identifier: MIT */
/* Address spaces and faults against a model that keeps a record a page: random maps, unmaps, protects,
 * accesses, writes through the objects, clones, and failing allocations. */
#include "fake_memory.h"
#include "fake_vm.h"

#include "../../core/vm/aspace_internal.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/page.h>
#include <keel/pmm.h>
#include <keel/prng.h>
#include <keel/smp.h>
#include <keel/vm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGES   640u /* of the window that the random test plays in */
#define OBJECTS 5
#define ROUNDS  40000u
#define WINDOW  0x40000000ull

/* --- The model --- */

struct model_page {
    int object; /* -1: not mapped */
    unsigned index;
    uint32_t flags;
};

static struct aspace *as;
static struct model_page window[PAGES];
static struct vmo *objects[OBJECTS];
static uint8_t bytes[OBJECTS][PAGES];

static int setup(void **state)
{
    (void)state;
    fake_vm_init();
    assert_int_equal(aspace_create("test", &as), 0);
    aspace_switch(as);
    memset(bytes, 0, sizeof(bytes));
    for (unsigned i = 0; i < PAGES; i++) {
        window[i].object = -1;
    }
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(vmo_create(PAGES * PAGE_SIZE, 0, &objects[i]), 0);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_fail_nth(0);
    aspace_switch(NULL);
    aspace_destroy(as);
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(vmo_share_count(objects[i]), 0);
        vmo_unref(objects[i]);
    }
    assert_int_equal(fake_pages_used(), 0);
    assert_int_equal(fake_blocks_used(), 0);
    return 0;
}

static void pick(unsigned *first, unsigned *count)
{
    *first = (unsigned)rand() % PAGES;
    *count = 1 + (unsigned)rand() % (rand() % 3 == 0 ? PAGES - *first : 8);
    *count = *count > PAGES - *first ? PAGES - *first : *count;
}

static uint32_t some_rights(void)
{
    return rand() % 2 ? VM_READ : VM_READ | VM_WRITE;
}

static void op_map(void)
{
    struct vm_region *root = aspace_root(as);
    unsigned first, count, index;
    int object = rand() % OBJECTS;
    uint32_t flags = some_rights();
    bool overwrite = rand() % 2;
    virt_addr_t base;
    bool taken = false;
    int err;

    pick(&first, &count);
    index = (unsigned)rand() % (PAGES - count + 1);
    for (unsigned i = first; i < first + count; i++) {
        taken |= window[i].object >= 0;
    }
    err = region_map(root, WINDOW + first * PAGE_SIZE, objects[object], index * PAGE_SIZE,
                     count * PAGE_SIZE,
                     flags | ASPACE_SPECIFIC | (overwrite ? ASPACE_OVERWRITE : 0), &base);
    if (!fake_failed()) {
        assert_int_equal(err, taken && !overwrite ? -EEXIST : 0);
    }
    for (unsigned i = 0; err == 0 && i < count; i++) {
        window[first + i] = (struct model_page){object, index + i, flags};
    }
}

static virt_addr_t window_base(void)
{
    return as->root->area.base + WINDOW;
}

static void op_unmap(void)
{
    unsigned first, count;
    int err;

    pick(&first, &count);
    err = region_unmap(aspace_root(as), window_base() + first * PAGE_SIZE, count * PAGE_SIZE);
    assert_true(err == 0 || fake_failed());
    for (unsigned i = first; err == 0 && i < first + count; i++) {
        window[i].object = -1;
    }
}

static void op_protect(void)
{
    uint32_t flags = some_rights();
    unsigned first, count;
    bool hole = false;
    int err;

    pick(&first, &count);
    for (unsigned i = first; i < first + count; i++) {
        hole |= window[i].object < 0;
    }
    err = region_protect(aspace_root(as), window_base() + first * PAGE_SIZE, count * PAGE_SIZE,
                         flags);
    if (!fake_failed()) {
        assert_int_equal(err, hole ? -ENOENT : 0);
    }
    for (unsigned i = first; err == 0 && i < first + count; i++) {
        window[i].flags = flags;
    }
}

static void op_access(void)
{
    unsigned i = (unsigned)rand() % PAGES;
    const struct model_page *page = &window[i];
    bool write = rand() % 2;
    char *at = fake_touch(window_base() + i * PAGE_SIZE + 9, write);

    if (page->object < 0 || (write && (page->flags & VM_WRITE) == 0)) {
        assert_null(at);
    } else if (at) {
        assert_int_equal((uint8_t)*at, bytes[page->object][page->index]);
        if (write) {
            memset(at - 9, rand() % 256, PAGE_SIZE);
            bytes[page->object][page->index] = (uint8_t)*at;
        }
    } else {
        assert_true(fake_failed());
    }
}

/* Changes an object behind its mappings' back: they must see it. */
static void op_object(void)
{
    static uint8_t buffer[PAGE_SIZE];
    int object = rand() % OBJECTS;
    unsigned first, count;
    size_t done;
    struct vmo *clone;

    pick(&first, &count);
    switch (rand() % 3) {
    case 0:
        memset(buffer, rand() % 256, sizeof(buffer));
        (void)vmo_write(objects[object], buffer, first * PAGE_SIZE, PAGE_SIZE, &done);
        if (done == PAGE_SIZE) {
            bytes[object][first] = buffer[0];
        }
        break;
    case 1:
        if (vmo_decommit(objects[object], first * PAGE_SIZE, count * PAGE_SIZE) == 0) {
            memset(&bytes[object][first], 0, count);
        }
        break;
    default: /* its pages are shared for a while, then it has them for itself again */
        if (vmo_snapshot(objects[object], first * PAGE_SIZE, count * PAGE_SIZE, &clone) == 0) {
            op_access();
            vmo_unref(clone);
        }
    }
}

static void step(void)
{
    switch (rand() % 8) {
    case 0:
        op_map();
        break;
    case 1:
        op_unmap();
        break;
    case 2:
        op_protect();
        break;
    case 3:
        op_object();
        break;
    default:
        op_access();
    }
}

static void random_operations_match_the_model(void **state)
{
    const char *seed = getenv("SEED");

    (void)state;
    srand(seed ? (unsigned)atoi(seed) : 1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        step();
    }
}

static void failed_allocations_lose_nothing(void **state)
{
    (void)state;
    srand(3);
    for (unsigned i = 0; i < ROUNDS; i++) {
        fake_fail_nth(rand() % 3 == 0 ? 1 + (unsigned)rand() % 8 : 0);
        step();
        fake_fail_nth(0);
    }
}

static void regions_nest_and_end_without_recursion(void **state)
{
    struct vm_region *region = aspace_root(as), *child;
    uint64_t size = 1ull << 40;
    virt_addr_t base;

    (void)state;
    for (unsigned depth = 0; depth < 10000; depth++) {
        assert_int_equal(
            region_create(region, 0, size, ASPACE_SPECIFIC | ASPACE_CAN_READ, &child, &base), 0);
        if (depth > 0) {
            region_unref(region);
        }
        region = child;
    }
    assert_int_equal(
        region_map(region, 0, objects[0], 0, PAGE_SIZE, VM_READ | ASPACE_SPECIFIC, &base), 0);
    assert_int_equal(
        region_map(region, 0x1000, objects[0], 0, PAGE_SIZE, VM_WRITE | ASPACE_SPECIFIC, &base),
        -EACCES);
    assert_non_null(fake_touch(base, false));
    assert_int_equal(region_unmap(aspace_root(as), base, PAGE_SIZE), -EINVAL);
    assert_int_equal(region_unmap(aspace_root(as), as->root->area.base, size), 0);
    assert_null(fake_touch(base, false));
    assert_int_equal(region_map(region, 0, objects[0], 0, PAGE_SIZE, VM_READ, &base), -EINVAL);
    region_unref(region);
}

static void placement_is_random_and_never_overlaps(void **state)
{
    struct vm_region *region;
    virt_addr_t base, last = 0;
    unsigned rising = 0;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(
            region_map(aspace_root(as), 0, objects[0], 0, PAGE_SIZE * 3, VM_READ, &base), 0);
        rising += base > last;
        last = base;
    }
    assert_in_range(rising, 60, 140);
    /* A small region fills up to the last page, then says so. */
    assert_int_equal(
        region_create(aspace_root(as), 0, 64 * PAGE_SIZE, ASPACE_CAN_READ, &region, &base), 0);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(region_map(region, 0, objects[1], 0, PAGE_SIZE, VM_READ, &base), 0);
    }
    assert_int_equal(region_map(region, 0, objects[1], 0, PAGE_SIZE, VM_READ, &base), -ENOMEM);
    region_unref(region);
}

static void write_and_execute_are_refused_together(void **state)
{
    struct vm_region *root = aspace_root(as);
    virt_addr_t base;

    (void)state;
    assert_int_equal(
        region_map(root, 0, objects[0], 0, PAGE_SIZE, VM_READ | VM_WRITE | VM_EXEC, &base),
        -EACCES);
    assert_int_equal(region_map(root, 0, objects[0], 0, PAGE_SIZE, VM_READ | VM_EXEC, &base), 0);
    assert_int_equal(region_protect(root, base, PAGE_SIZE, VM_WRITE | VM_EXEC), -EACCES);
    assert_int_equal(region_map(root, 0, objects[0], PAGES * PAGE_SIZE, PAGE_SIZE, VM_READ, &base),
                     -EINVAL);
    assert_int_equal(region_map(root, 0, objects[0], 1, PAGE_SIZE, VM_READ, &base), -EINVAL);
    assert_int_equal(region_map(root, 0, objects[0], 0, 0, VM_READ, &base), -EINVAL);
    assert_int_equal(region_map(root, UINT64_MAX - 4095, objects[0], 0, PAGE_SIZE,
                                VM_READ | ASPACE_SPECIFIC, &base),
                     -EINVAL);
}

static void what_can_be_written_can_be_read(void **state)
{
    struct vm_region *root = aspace_root(as), *region;
    virt_addr_t base;

    (void)state;
    assert_int_equal(region_map(root, 0, objects[0], 0, PAGE_SIZE, VM_WRITE, &base), 0);
    assert_non_null(
        fake_touch(base, false)); /* the page of zeros, which nothing but reading is left of */
    assert_int_equal(region_protect(root, base, PAGE_SIZE, 0), 0);
    assert_null(fake_touch(base, false));
    assert_int_equal(region_protect(root, base, PAGE_SIZE, VM_WRITE), 0);
    assert_non_null(fake_touch(base, false));
    assert_int_equal(region_create(root, 0, PAGE_SIZE, ASPACE_CAN_WRITE, &region, &base), 0);
    assert_int_equal(region_map(region, 0, objects[0], 0, PAGE_SIZE, VM_WRITE, &base), -EACCES);
    region_unref(region);
    assert_int_equal(region_map(root, 0, objects[0], 0, PAGE_SIZE, VM_READ | VM_USER, &base),
                     -EINVAL);
    assert_int_equal(region_map(root, 0, objects[0], 0, PAGE_SIZE, VM_READ | 1u << 31, &base),
                     -EINVAL);
}

static void memory_types_are_those_of_the_object(void **state)
{
    static const uint32_t types[] = {VM_CACHED, VM_UNCACHED, VM_DEVICE, VM_WRITE_COMBINE,
                                     VM_WRITE_THROUGH};
    struct vm_region *root = aspace_root(as);
    virt_addr_t base;

    (void)state;
    for (unsigned policy = 0; policy < ARRAY_SIZE(types); policy++) {
        assert_int_equal(vmo_set_cache_policy(objects[0], (enum vmo_cache)policy), 0);
        assert_int_equal(region_map(root, 0, objects[0], 0, PAGE_SIZE, VM_READ, &base), 0);
        assert_int_equal(region_find_mapping(as->root, base)->flags & VM_MEM_MASK, types[policy]);
        assert_int_equal(region_unmap(root, base, PAGE_SIZE), 0);
    }
}

static void large_pages_are_mapped_as_such(void **state)
{
    struct pt_entry entry;
    struct vmo *large, *clone;
    virt_addr_t base;

    (void)state;
    assert_int_equal(vmo_create(4ul << 20, 0, &large), 0);
    assert_int_equal(vmo_commit(large, 0, 4ul << 20), 0);
    assert_int_equal(region_map(aspace_root(as), 0, large, 0, 4ul << 20, VM_READ | VM_WRITE, &base),
                     0);
    assert_non_null(fake_touch(base + 12345, true));
    assert_int_equal(pt_query_entry(&as->pt, base, &entry), 0);
    assert_int_equal(entry.size, 2ul << 20);
    assert_int_equal(vmo_snapshot(large, 0, PAGE_SIZE, &clone), 0);
    assert_non_null(fake_touch(base, true));
    assert_int_equal(pt_query_entry(&as->pt, base, &entry), 0);
    assert_int_equal(entry.size, PAGE_SIZE);
    vmo_unref(clone);
    vmo_unref(large);
}

static void numbers_of_spaces_come_back_by_generation(void **state)
{
    struct aspace *spaces[300];

    (void)state;
    fake_full_flushes = 0;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(aspace_create("many", &spaces[i]), 0);
        aspace_switch(spaces[i]);
        assert_in_range(fake_user_asid, 1, 255);
    }
    assert_in_range(fake_full_flushes, 1, 2);
    aspace_switch(spaces[298]);
    assert_in_range(fake_full_flushes, 1, 2);
    aspace_switch(as);
    for (unsigned i = 0; i < 300; i++) {
        aspace_destroy(spaces[i]);
    }
}

/* The switch drops by itself what is not global. */
static void without_numbers_a_switch_flushes_nothing_more(void **state)
{
    struct aspace *other;

    (void)state;
    fake_asid_bits = 0; /* as if it had always been so */
    memset(asid_cpus, 0, sizeof(asid_cpus));
    fake_full_flushes = 0;
    assert_int_equal(aspace_create("other", &other), 0);
    aspace_switch(other);
    assert_int_equal(fake_user_root, other->pt.root);
    aspace_switch(as);
    assert_int_equal(fake_user_asid, 0);
    assert_int_equal(fake_full_flushes, 0);
    fake_asid_bits = 8;
    aspace_destroy(other);
}

/* Mapping and unmapping beside other pages asks for no page of tables; one is kept at most, and none
 * beside a root alone. */
static void an_empty_table_is_kept_for_the_next_mapping(void **state)
{
    const uint64_t step = PAGE_SIZE * PT_ENTRIES;
    struct vm_region *region;
    virt_addr_t base;
    size_t used;

    (void)state;
    assert_int_equal(vmo_commit(objects[0], 0, PAGE_SIZE), 0);
    assert_int_equal(
        region_create(as->root, 0, 8 * step, ASPACE_CAN_READ | ASPACE_CAN_WRITE, &region, &base),
        0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(region_map(region, i * step, objects[0], 0, PAGE_SIZE,
                                    VM_READ | ASPACE_SPECIFIC | ASPACE_MAP_RANGE, &base),
                         0);
    }
    used = fake_pages_used();
    assert_int_equal(region_unmap(region, base, PAGE_SIZE), 0);
    assert_int_equal(fake_pages_used(), used);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(region_map(region, (4 + i) * step, objects[0], 0, PAGE_SIZE,
                                    VM_READ | ASPACE_SPECIFIC | ASPACE_MAP_RANGE, &base),
                         0);
        assert_int_equal(fake_pages_used(), used);
        assert_non_null(fake_touch(base, false));
        assert_int_equal(region_unmap(region, base, PAGE_SIZE), 0);
        assert_int_equal(fake_pages_used(), used);
    }
    assert_int_equal(region_destroy(region), 0);
    region_unref(region);
    assert_int_equal(as->pt.table_pages, 1);
    assert_int_equal(as->pt.spare, 0);
}

/* Nothing above it changes a fixed region, or takes it away, but the end of the space. */
static void fixed_regions_stay(void **state)
{
    struct vm_region *root = aspace_root(as), *region;
    virt_addr_t base, va;
    uint64_t whole;

    (void)state;
    assert_int_equal(
        region_create(root, 0, 2 * PAGE_SIZE, ASPACE_FIXED | ASPACE_CAN_READ, &region, &base), 0);
    assert_int_equal(
        region_map(region, 0, objects[0], 0, PAGE_SIZE, VM_READ | ASPACE_SPECIFIC, &va), 0);
    assert_non_null(fake_touch(va, false));
    region_bounds(root, &va, &whole);
    assert_int_equal(region_unmap(root, base, PAGE_SIZE), -EACCES);
    assert_int_equal(region_unmap(root, base + PAGE_SIZE, PAGE_SIZE), -EACCES);
    assert_int_equal(region_unmap(root, base - PAGE_SIZE, 4 * PAGE_SIZE), -EACCES);
    assert_int_equal(region_unmap(root, va, whole), -EACCES);
    assert_int_equal(region_protect(root, base, PAGE_SIZE, 0), -EACCES);
    assert_int_equal(region_map(root, base - va, objects[0], 0, PAGE_SIZE,
                                VM_READ | ASPACE_SPECIFIC | ASPACE_OVERWRITE, &va),
                     -EACCES);
    assert_int_equal(region_destroy(root), -EACCES);
    assert_int_equal(region_destroy(region), -EACCES);
    assert_non_null(fake_touch(base, false));
    region_unref(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fixed_regions_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(random_operations_match_the_model, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_allocations_lose_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(regions_nest_and_end_without_recursion, setup, teardown),
        cmocka_unit_test_setup_teardown(placement_is_random_and_never_overlaps, setup, teardown),
        cmocka_unit_test_setup_teardown(write_and_execute_are_refused_together, setup, teardown),
        cmocka_unit_test_setup_teardown(what_can_be_written_can_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_types_are_those_of_the_object, setup, teardown),
        cmocka_unit_test_setup_teardown(large_pages_are_mapped_as_such, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_of_spaces_come_back_by_generation, setup, teardown),
        cmocka_unit_test_setup_teardown(without_numbers_a_switch_flushes_nothing_more, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_empty_table_is_kept_for_the_next_mapping, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
