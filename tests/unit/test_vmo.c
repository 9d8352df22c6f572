/* SPDX-License-Identifier: MIT */
/* Memory objects against a model that keeps a byte for each page: random operations on families of
 * objects, failing allocations, and long chains of clones. */
#include "fake_memory.h"

#include "../../core/vm/vmo_internal.h"

#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/page.h>
#include <keel/vm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OBJECTS    12
#define PAGES_MAX  1100u /* two 2 MiB blocks and a bit */
#define OPERATIONS 30000u
#define CHAIN      100000u

/* The model of one object: what each of its pages reads as, every byte the same. */
struct model {
    struct vmo *vmo;
    struct model *parent; /* of a slice */
    uint64_t offset;      /* of a slice, in pages */
    uint64_t pages;
    uint8_t *bytes; /* NULL for a slice: the parent's count */
    unsigned slices;
    bool resizable;
};

static struct model objects[OBJECTS];

bool memmap_mappable(phys_addr_t from, phys_addr_t *base, uint64_t *size)
{
    *base = from;
    *size = (uint64_t)FAKE_PAGES * PAGE_SIZE - from;
    return from < (uint64_t)FAKE_PAGES * PAGE_SIZE;
}

static int setup(void **state)
{
    (void)state;
    fake_memory_init();
    assert_int_equal(tree_init(), 0);
    memset(objects, 0, sizeof(objects));
    return 0;
}

static uint8_t *model_bytes(struct model *m)
{
    return m->parent ? m->parent->bytes + m->offset : m->bytes;
}

static struct model *any(bool used)
{
    for (int tries = 0; tries < 50; tries++) {
        struct model *m = &objects[rand() % OBJECTS];

        if ((m->vmo != NULL) == used) {
            return m;
        }
    }
    return NULL;
}

static void fresh(struct model *m, struct vmo *vmo, uint64_t pages)
{
    *m = (struct model){.vmo = vmo, .pages = pages, .bytes = calloc(PAGES_MAX, 1)};
}

static void op_create(void)
{
    struct model *m = any(false);
    uint64_t pages = rand() % 3 == 0 ? PAGES_MAX : (uint64_t)(rand() % 70);
    bool resizable = rand() % 2;
    struct vmo *vmo;

    if (m && vmo_create(pages * PAGE_SIZE, resizable ? VMO_RESIZABLE : 0, &vmo) == 0) {
        fresh(m, vmo, pages);
        m->resizable = resizable;
    }
}

static void op_destroy(struct model *m)
{
    if (m->slices == 0) {
        if (m->parent) {
            m->parent->slices--;
        }
        vmo_unref(m->vmo);
        free(m->bytes);
        *m = (struct model){0};
    }
}

/* A random page range; false when the object is empty. */
static bool pick(const struct model *m, uint64_t *first, uint64_t *count)
{
    if (m->pages == 0) {
        return false;
    }
    *first = (uint64_t)rand() % m->pages;
    *count = 1 + (uint64_t)rand() % (rand() % 4 == 0 ? m->pages - *first : 1);
    *count = *count > m->pages - *first ? m->pages - *first : *count;
    return true;
}

static void op_write(struct model *m)
{
    static uint8_t buffer[PAGES_MAX * PAGE_SIZE];
    uint64_t first, count;
    size_t done;

    if (pick(m, &first, &count)) {
        memset(buffer, 1 + rand() % 255, count * PAGE_SIZE);
        (void)vmo_write(m->vmo, buffer, first * PAGE_SIZE, count * PAGE_SIZE, &done);
        assert_int_equal(done % PAGE_SIZE, 0);
        memset(model_bytes(m) + first, buffer[0], done / PAGE_SIZE);
    }
}

static void op_clone(struct model *m)
{
    struct model *child = any(false);
    bool slice = rand() % 3 == 0;
    uint64_t first, count;
    struct vmo *vmo;
    int err;

    if (!child || !pick(m, &first, &count)) {
        return;
    }
    err = (slice ? vmo_slice : vmo_snapshot)(m->vmo, first * PAGE_SIZE, count * PAGE_SIZE, &vmo);
    if (err == -ENOTSUP && slice) {
        assert_true(m->resizable);
    }
    if (err != 0) {
        return;
    }
    if (slice) {
        struct model *owner = m->parent ? m->parent : m;

        *child = (struct model){
            .vmo = vmo, .parent = owner, .offset = m->offset + first, .pages = count};
        owner->slices++;
    } else {
        fresh(child, vmo, count);
        memcpy(child->bytes, model_bytes(m) + first, count);
    }
}

static void op_range(struct model *m)
{
    uint64_t first, count;
    int err;

    if (!pick(m, &first, &count)) {
        return;
    }
    switch (rand() % 3) {
    case 0:
        (void)vmo_commit(m->vmo, first * PAGE_SIZE, count * PAGE_SIZE);
        return;
    case 1:
        err = vmo_decommit(m->vmo, first * PAGE_SIZE, count * PAGE_SIZE);
        assert_true(m->parent == NULL || err == -ENOTSUP);
        break;
    default:
        err = vmo_zero(m->vmo, first * PAGE_SIZE, count * PAGE_SIZE);
    }
    if (err == 0) {
        memset(model_bytes(m) + first, 0, count);
    }
}

static void op_resize(struct model *m)
{
    uint64_t pages = (uint64_t)rand() % PAGES_MAX;
    int err = vmo_resize(m->vmo, pages * PAGE_SIZE);

    assert_true(m->resizable || err == -ENOTSUP);
    if (err == 0) {
        if (pages < m->pages) {
            memset(m->bytes + pages, 0, m->pages - pages);
        }
        m->pages = pages;
    }
}

static void op_pin(struct model *m)
{
    phys_addr_t pages[PAGES_MAX];
    uint64_t first, count;

    if (!pick(m, &first, &count) ||
        vmo_pin(m->vmo, first * PAGE_SIZE, count * PAGE_SIZE, pages) != 0) {
        return;
    }
    fake_fail_nth(0);
    for (uint64_t i = 0; i < count; i++) {
        assert_true(page_is_pinned(pages[i]));
        assert_int_equal((uint8_t)fake_ram[pages[i] + 7], model_bytes(m)[first + i]);
    }
    if (!m->parent) {
        struct vmo *clone;

        assert_int_equal(vmo_decommit(m->vmo, first * PAGE_SIZE, PAGE_SIZE), -EBUSY);
        assert_int_equal(vmo_snapshot(m->vmo, first * PAGE_SIZE, PAGE_SIZE, &clone), -EBUSY);
    }
    vmo_unpin(m->vmo, first * PAGE_SIZE, count * PAGE_SIZE);
}

static void check(struct model *m)
{
    uint8_t page[PAGE_SIZE];
    size_t done;

    assert_int_equal(vmo_size(m->vmo), m->pages * PAGE_SIZE);
    for (uint64_t i = 0; i < m->pages; i++) {
        assert_int_equal(vmo_read(m->vmo, page, i * PAGE_SIZE, PAGE_SIZE, &done), 0);
        assert_int_equal(page[0], model_bytes(m)[i]);
        assert_int_equal(page[PAGE_SIZE - 1], model_bytes(m)[i]);
    }
    assert_int_equal(vmo_read(m->vmo, page, m->pages * PAGE_SIZE, 1, &done), -EINVAL);
}

static void step(void)
{
    struct model *m = any(true);

    if (!m || rand() % 12 == 0) {
        op_create();
        return;
    }
    switch (rand() % 12) {
    case 0:
        op_destroy(m);
        break;
    case 1:
    case 2:
        op_clone(m);
        break;
    case 3:
    case 4:
        op_range(m);
        break;
    case 5:
        op_resize(m);
        break;
    case 6:
        op_pin(m);
        break;
    case 7:
        check(m);
        break;
    default:
        op_write(m);
    }
}

static void end_all(void)
{
    for (int round = 0; round < 2; round++) { /* slices first */
        for (int i = 0; i < OBJECTS; i++) {
            if (objects[i].vmo && objects[i].slices == 0) {
                check(&objects[i]);
                op_destroy(&objects[i]);
            }
        }
    }
    assert_int_equal(fake_pages_used(), 0);
    assert_int_equal(fake_blocks_used(), 0);
}

static void random_operations_match_the_model(void **state)
{
    const char *seed = getenv("SEED");

    (void)state;
    srand(seed ? (unsigned)atoi(seed) : 1);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        step();
    }
    end_all();
}

static void failed_allocations_lose_nothing(void **state)
{
    (void)state;
    srand(2);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        fake_fail_nth(rand() % 4 == 0 ? 1 + (unsigned)rand() % 40 : 0);
        step();
        fake_fail_nth(0);
    }
    end_all();
}

static void a_chain_of_snapshots_costs_no_depth(void **state)
{
    uint8_t byte = 7, read;
    struct vmo *vmo, *next;
    size_t done;

    (void)state;
    assert_int_equal(vmo_create(64 * PAGE_SIZE, 0, &vmo), 0);
    assert_int_equal(vmo_write(vmo, &byte, 5 * PAGE_SIZE, 1, &done), 0);
    for (unsigned i = 0; i < CHAIN; i++) {
        assert_int_equal(vmo_snapshot(vmo, 0, 64 * PAGE_SIZE, &next), 0);
        byte = (uint8_t)i;
        assert_int_equal(vmo_write(next, &byte, 6 * PAGE_SIZE, 1, &done), 0);
        vmo_unref(vmo);
        vmo = next;
    }
    assert_int_equal(vmo_read(vmo, &read, 5 * PAGE_SIZE, 1, &done), 0);
    assert_int_equal(read, 7);
    assert_true(fake_pages_used() <= 2);
    vmo_unref(vmo);
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
}

static void many_living_snapshots_share_and_end(void **state)
{
    static struct vmo *chain[CHAIN];
    uint8_t byte = 1;
    size_t done;

    (void)state;
    assert_int_equal(vmo_create(PAGE_SIZE * 8, 0, &chain[0]), 0);
    assert_int_equal(vmo_write(chain[0], &byte, 0, 1, &done), 0);
    for (unsigned i = 1; i < CHAIN; i++) {
        assert_int_equal(vmo_snapshot(chain[i - 1], 0, PAGE_SIZE * 8, &chain[i]), 0);
    }
    assert_int_equal(fake_pages_used(), 1);
    assert_true(vmo_is_cow(chain[CHAIN / 2], 0));
    for (unsigned i = 0; i < CHAIN; i++) {
        vmo_unref(chain[i]);
    }
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
}

static void a_snapshot_costs_the_same_at_any_size(void **state)
{
    struct vmo *vmo, *clone;
    size_t before, done;
    uint8_t byte = 1;

    (void)state;
    assert_int_equal(vmo_create(1ull << 40, 0, &vmo), 0);
    for (uint64_t at = 0; at < 1ull << 40; at += 1ull << 36) {
        assert_int_equal(vmo_write(vmo, &byte, at, 1, &done), 0);
    }
    before = fake_blocks_used();
    assert_int_equal(vmo_snapshot(vmo, 0, 1ull << 40, &clone), 0);
    assert_int_equal(fake_blocks_used(), before + 1);
    vmo_unref(vmo);
    assert_int_equal(vmo_read(clone, &byte, 5ull << 36, 1, &done), 0);
    assert_int_equal(byte, 1);
    vmo_unref(clone);
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
}

static void zeroing_around_a_pin_costs_what_is_there(void **state)
{
    struct vmo *vmo;
    uint8_t byte = 1;
    size_t done;

    (void)state;
    assert_int_equal(vmo_create(1ull << 45, 0, &vmo), 0);
    assert_int_equal(vmo_write(vmo, &byte, 7, 1, &done), 0);
    assert_int_equal(vmo_write(vmo, &byte, (1ull << 44) + 5, 1, &done), 0);
    assert_int_equal(vmo_pin(vmo, 1ull << 44, 1, NULL), 0);
    assert_int_equal(vmo_zero(vmo, 3, (1ull << 45) - 6), 0);
    assert_int_equal(fake_pages_used(), 2); /* zeros were written into both */
    assert_int_equal(vmo_read(vmo, &byte, (1ull << 44) + 5, 1, &done), 0);
    assert_int_equal(byte, 0);
    assert_int_equal(vmo_read(vmo, &byte, 7, 1, &done), 0);
    assert_int_equal(byte, 0);
    vmo_unpin(vmo, 1ull << 44, 1);
    vmo_unref(vmo);
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
}

static unsigned forgotten;
static uint64_t forgotten_offset, forgotten_size;

static void note_forget(struct vm_mapping *mapping, uint64_t offset, uint64_t size)
{
    (void)mapping;
    forgotten++;
    forgotten_offset = offset;
    forgotten_size = size;
}

static void mappings_forget_what_changes(void **state)
{
    struct vm_sharer sharers[2] = {{0}};
    struct vm_mapping a = {.sharer = &sharers[0], .size = 4 * PAGE_SIZE, .forget = note_forget};
    struct vm_mapping b = {.sharer = &sharers[1], .size = 2 * PAGE_SIZE, .forget = note_forget};
    struct vmo *vmo, *clone;
    struct vmo_page page;
    uint8_t byte = 1;
    size_t done;

    (void)state;
    b.vmo_offset = 2 * PAGE_SIZE;
    assert_int_equal(vmo_create(4 * PAGE_SIZE, 0, &vmo), 0);
    vmo_add_mapping(vmo, &a);
    assert_false(vmo_is_shared(vmo));
    vmo_add_mapping(vmo, &b);
    assert_int_equal(vmo_share_count(vmo), 2);
    assert_int_equal(vmo_write(vmo, &byte, 0, 1, &done), 0);
    assert_int_equal(forgotten, 1); /* b does not hold page 0 */
    assert_int_equal(vmo_get_page(vmo, 0, true, &page), 0);
    assert_int_equal(forgotten, 1); /* the page is there and our own: nothing changes */
    assert_true(page.writable);
    assert_int_equal(vmo_snapshot(vmo, 0, 4 * PAGE_SIZE, &clone), 0);
    assert_int_equal(forgotten, 3);
    assert_int_equal(forgotten_size, 4 * PAGE_SIZE);
    assert_int_equal(vmo_get_page(vmo, 0, false, &page), 0);
    assert_false(page.writable);
    assert_int_equal(vmo_set_cache_policy(vmo, VMO_UNCACHED), -EBUSY);
    vmo_remove_mapping(vmo, &a);
    vmo_remove_mapping(vmo, &b);
    assert_int_equal(vmo_share_count(vmo), 0);
    vmo_unref(vmo);
    vmo_unref(clone);
}

#define MAPPINGS 300

static struct vm_mapping many[MAPPINGS];
static bool is_in[MAPPINGS], heard[MAPPINGS];

static void note_heard(struct vm_mapping *mapping, uint64_t offset, uint64_t size)
{
    assert_true(offset < mapping->vmo_offset + mapping->size &&
                mapping->vmo_offset < offset + size);
    assert_false(heard[mapping - many]);
    heard[mapping - many] = true;
}

/* Puts a mapping in or takes it out, or gives its rear part to one that is out. */
static void change_mapping(struct vmo *vmo, struct vm_sharer *sharers)
{
    unsigned i = (unsigned)rand() % MAPPINGS, rest = (unsigned)rand() % MAPPINGS;

    if (!is_in[i]) {
        many[i] =
            (struct vm_mapping){.vmo = vmo,
                                .vmo_offset = (unsigned)rand() % 1000 * PAGE_SIZE,
                                .size = (1 + (unsigned)rand() % (rand() % 9 ? 3 : 900)) * PAGE_SIZE,
                                .sharer = &sharers[i % 7],
                                .forget = note_heard};
        vmo_add_mapping(vmo, &many[i]);
        is_in[i] = true;
    } else if (!is_in[rest] && many[i].size > PAGE_SIZE) {
        many[rest] = many[i];
        vmo_cut_mapping(&many[i], &many[rest], PAGE_SIZE);
        is_in[rest] = true;
    } else {
        vmo_remove_mapping(vmo, &many[i]);
        is_in[i] = false;
    }
}

static void those_over_a_range_forget_it_and_no_others(void **state)
{
    struct vm_sharer sharers[7] = {{0}};
    struct vmo *vmo;

    (void)state;
    srand(4);
    memset(is_in, 0, sizeof(is_in));
    assert_int_equal(vmo_create(2000 * PAGE_SIZE, 0, &vmo), 0);
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t first = (unsigned)rand() % 1100 * PAGE_SIZE;
        uint64_t size = (1 + (unsigned)rand() % 5) * PAGE_SIZE;
        const struct vm_mapping *self = &many[rand() % MAPPINGS];

        change_mapping(vmo, sharers);
        memset(heard, 0, sizeof(heard));
        vmo_forget(vmo, first, size, self);
        for (unsigned i = 0; i < MAPPINGS; i++) {
            bool over = is_in[i] && &many[i] != self && many[i].vmo_offset < first + size &&
                        first < many[i].vmo_offset + many[i].size;

            assert_int_equal(heard[i], over);
        }
    }
    assert_in_range(vmo_share_count(vmo), 1, 7);
    for (unsigned i = 0; i < MAPPINGS; i++) {
        if (is_in[i]) {
            vmo_remove_mapping(vmo, &many[i]);
        }
    }
    assert_int_equal(vmo_share_count(vmo), 0);
    vmo_unref(vmo);
}

static void contiguous_pages_lie_in_a_row_and_stay(void **state)
{
    phys_addr_t pages[16];
    struct vmo *vmo, *clone;

    (void)state;
    assert_int_equal(vmo_create_contiguous(16 * PAGE_SIZE, 16, &vmo), 0);
    assert_int_equal(vmo_pin(vmo, 0, 16 * PAGE_SIZE, pages), 0);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(pages[i], pages[0] + i * PAGE_SIZE);
    }
    assert_int_equal(pages[0] % (1u << 16), 0);
    vmo_unpin(vmo, 0, 16 * PAGE_SIZE);
    assert_int_equal(vmo_decommit(vmo, 0, PAGE_SIZE), -ENOTSUP);
    assert_int_equal(vmo_snapshot(vmo, 0, PAGE_SIZE, &clone), -EINVAL);
    assert_int_equal(vmo_zero(vmo, 5, 3 * PAGE_SIZE), 0);
    vmo_unref(vmo);
    assert_int_equal(vmo_create(0, VMO_CONTIGUOUS, &vmo), -EINVAL);
    assert_int_equal(vmo_create(1, VMO_CONTIGUOUS | VMO_RESIZABLE, &vmo), -EINVAL);
    assert_int_equal(vmo_create(1, 1u << 30, &vmo), -EINVAL);
    assert_int_equal(vmo_create(1ull << 60, 0, &vmo), -EINVAL);
    assert_int_equal(fake_pages_used() + fake_blocks_used(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(random_operations_match_the_model, setup),
        cmocka_unit_test_setup(failed_allocations_lose_nothing, setup),
        cmocka_unit_test_setup(a_chain_of_snapshots_costs_no_depth, setup),
        cmocka_unit_test_setup(many_living_snapshots_share_and_end, setup),
        cmocka_unit_test_setup(a_snapshot_costs_the_same_at_any_size, setup),
        cmocka_unit_test_setup(zeroing_around_a_pin_costs_what_is_there, setup),
        cmocka_unit_test_setup(mappings_forget_what_changes, setup),
        cmocka_unit_test_setup(those_over_a_range_forget_it_and_no_others, setup),
        cmocka_unit_test_setup(contiguous_pages_lie_in_a_row_and_stay, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
