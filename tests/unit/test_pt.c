/* SPDX-License-Identifier: MIT */
/* Page tables of every format under random operations: a plain array says what must be mapped, a walker
 * written from the manuals reads it back, and a TLB that forgets only what it is told to looks for
 * translations that outlive their end. */
#include "../../bsp/arm64/vm/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bsp/riscv64/vm/format.h"
#include "../../bsp/x86_64/include/arch/pte.h"
#include "../../bsp/x86_64/vm/format.h"
#include "pt_walkers.h"

#include <keel/errno.h>

#define KIB         1024ull
#define MIB         (1024 * KIB)
#define GIB         (1024 * MIB)
#define PAGE        4096ull
#define WINDOW      (2 * GIB) /* what the model covers */
#define PAGES       (WINDOW / PAGE)
#define ARENA_BASE  0x80000000ull
#define ARENA_PAGES 2048u
#define MEMORY_BASE (64 * GIB) /* what is mapped: far from the tables */
#define CACHED_MAX  128u

/* --- The machine: memory for tables --- */

struct arena_page {
    bool taken;
    uint32_t used;
};

static uint64_t (*arena)[512];
static struct arena_page pages[ARENA_PAGES];
static unsigned taken, next_page;
static int fail_after = -1; /* allocations until one fails; -1: none does */

char *fake_ram;
struct pte_limits pte_limits = {.nx = 1ull << 63, .max_leaf = 2};

uint64_t arch_pte_pbmt_mask(void);
uint64_t arch_pte_pbmt_mask(void)
{
    return hw_has_svpbmt ? 3 : 0;
}

static struct arena_page *page_record(phys_addr_t pa)
{
    uint64_t index = (pa - ARENA_BASE) / PAGE;

    assert_true(pa >= ARENA_BASE && index < ARENA_PAGES && pa % PAGE == 0);
    assert_true(pages[index].taken);
    return &pages[index];
}

static phys_addr_t arena_alloc(void)
{
    if (fail_after == 0 || taken == ARENA_PAGES) {
        return 0;
    }
    fail_after -= fail_after > 0;
    while (pages[next_page].taken) {
        next_page = (next_page + 1) % ARENA_PAGES;
    }
    pages[next_page] = (struct arena_page){.taken = true};
    memset(arena[next_page], 0, PAGE);
    taken++;
    return ARENA_BASE + next_page * PAGE;
}

static void *arena_virt(phys_addr_t pa)
{
    return (char *)arena + (intptr_t)(pa - ARENA_BASE);
}

static uint64_t *arena_read(uint64_t pa)
{
    page_record(pa & ~(PAGE - 1));
    return arena_virt(pa);
}

static uint32_t *arena_used(phys_addr_t pa)
{
    return &page_record(pa)->used;
}

/* --- The case: a format, and which of its addresses --- */

struct test_case {
    const struct pt_format *format;
    hw_walk_fn *walk;
    bool high; /* the upper half */
    bool top;  /* the window ends where the addresses do */
    bool svpbmt;
};

static const struct test_case *now;
static struct page_table pt;
static virt_addr_t window;

static enum hw_result walk(virt_addr_t va, struct hw_leaf *leaf)
{
    enum hw_result result = now->walk(pt.root, va, arena_read, leaf);

    assert_int_not_equal(result, HW_MALFORMED);
    return result;
}

/* --- Caches of the CPU --- */

/* A translation, or the lack of one, that the CPU may remember. */
struct cached {
    bool valid;
    enum hw_result result;
    virt_addr_t va; /* where it was looked up */
    struct hw_leaf leaf;
};

static struct cached cache[CACHED_MAX];
static unsigned flushes;

static void look_up(virt_addr_t va)
{
    struct cached *c = &cache[(unsigned)random() % CACHED_MAX];

    *c = (struct cached){.valid = true, .va = va & ~(PAGE - 1)};
    c->result = walk(c->va, &c->leaf);
}

static bool same_leaf(const struct cached *c, const struct hw_leaf *leaf)
{
    uint64_t at = c->va % c->leaf.size, now_at = c->va % leaf->size;

    return c->leaf.pa + at == leaf->pa + now_at && c->leaf.read == leaf->read &&
           c->leaf.write == leaf->write && c->leaf.exec == leaf->exec &&
           c->leaf.user == leaf->user && c->leaf.global == leaf->global &&
           c->leaf.memory == leaf->memory;
}

/* Break before make: no valid entry of another size or address under a remembered one. */
static void check_break_before_make(void)
{
    for (unsigned i = 0; i < CACHED_MAX && now->format->break_before_make; i++) {
        struct cached *c = &cache[i];
        struct hw_leaf leaf;

        if (c->valid && c->result == HW_LEAF && walk(c->va, &leaf) == HW_LEAF) {
            assert_int_equal(leaf.size, c->leaf.size);
            assert_int_equal(leaf.pa, c->leaf.pa);
        }
    }
}

/* Whether one of the addresses va, va + stride, ... lies in [start, start + length). */
static bool hits(virt_addr_t va, uint64_t size, uint64_t stride, virt_addr_t start, uint64_t length)
{
    virt_addr_t first = va & ~(stride - 1), last = va + size - 1;
    virt_addr_t end = start + length - 1;

    if (end < first || start > last) {
        return false;
    }
    return first >= start || first + (end - first) / stride * stride >= start;
}

/* The tables of a remembered walk: entries that lead to one are tagged with what it covers. */
static void forget_tables(struct cached *c, virt_addr_t va, uint64_t size)
{
    for (unsigned k = 1; k < c->leaf.depth; k++) {
        uint64_t covers = PAGE << (9 * (now->format->levels - k));

        if (hits(va, size, PAGE, c->va & ~(covers - 1), covers)) {
            c->leaf.tables[k] = 0;
            c->valid &= c->result != HW_FAULT; /* an absent entry read from that table */
        }
    }
}

static void cpu_flush(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    assert_ptr_equal(ctx, &pt);
    assert_true(level < 4);
    check_break_before_make();
    flushes++;
    for (unsigned i = 0; i < CACHED_MAX; i++) {
        struct cached *c = &cache[i];

        if (c->valid && c->result == HW_LEAF &&
            hits(va, size, PAGE << (9 * level), c->va & ~(c->leaf.size - 1), c->leaf.size)) {
            c->valid = false;
        }
        if (tables) {
            forget_tables(c, va, size);
        }
    }
}

/* New tables hang under entries that cover more than the range. */
static void cpu_publish(void *ctx, virt_addr_t va, uint64_t size, bool tables)
{
    assert_ptr_equal(ctx, &pt);
    for (unsigned i = 0; i < CACHED_MAX; i++) {
        struct cached *c = &cache[i];
        struct hw_leaf leaf;

        if (c->valid && c->result == HW_FAULT &&
            (tables ||
             (c->va - va < size && walk(c->va, &leaf) == HW_LEAF && leaf.size == c->leaf.size))) {
            c->valid = false;
        }
    }
}

/* A page may go when no walk that the CPU remembers went through it. */
static void arena_free(phys_addr_t pa)
{
    page_record(pa)->taken = false;
    for (unsigned i = 0; i < CACHED_MAX; i++) {
        for (unsigned k = 0; cache[i].valid && k < cache[i].leaf.depth; k++) {
            assert_int_not_equal(cache[i].leaf.tables[k], pa);
        }
    }
    memset(arena_virt(pa), 0xa5, PAGE);
    taken--;
}

/* What is remembered after an operation is still true. */
static void check_caches(void)
{
    check_break_before_make();
    for (unsigned i = 0; i < CACHED_MAX; i++) {
        struct cached *c = &cache[i];
        struct hw_leaf leaf;

        if (c->valid) {
            assert_int_equal(walk(c->va, &leaf), c->result);
            assert_true(c->result == HW_FAULT || same_leaf(c, &leaf));
        }
    }
}

/* With CONFIG_PT_RECURSIVE: tables in use are reached between enter and leave, by their way from the
 * root, and the page that the walker names is the one that is there. */
static unsigned entered;

static uint64_t access_enter(const struct page_table *table)
{
    assert_ptr_equal(table, &pt);
    entered++;
    return 1000 + entered;
}

static void access_leave(uint64_t before)
{
    assert_int_equal(before, 1000 + entered);
    entered--;
}

static pte_t *access_reach(const struct page_table *table, virt_addr_t va, unsigned level,
                           phys_addr_t page)
{
    phys_addr_t way = table->root;

    assert_true(entered > 0);
    for (unsigned l = table->format->levels - 1; l > level; l--) {
        uint64_t entry = ((uint64_t *)arena_virt(way))[va >> (12 + 9 * l) & 511];

        way = (entry & table->format->address_mask) << table->format->address_shift;
    }
    assert_int_equal(way, page);
    return arena_virt(page);
}

static const struct pt_access access = {
    .reach = access_reach, .enter = access_enter, .leave = access_leave};

static const struct pt_ops ops = {
    .alloc = arena_alloc,
    .free = arena_free,
    .virt = arena_virt,
    .access = IS_ENABLED(CONFIG_PT_RECURSIVE) ? &access : NULL,
    .used = arena_used,
    .flush = cpu_flush,
    .publish = cpu_publish,
};

/* --- The model --- */

struct model_page {
    uint64_t pa; /* 0: not mapped */
    uint32_t flags;
    bool accessed, dirty;
};

static struct model_page *model;

/* What a format makes of flags: what it has no bits for, and how they come back. */
static uint32_t as_read_back(uint32_t flags)
{
    bool riscv = now->format->levels == 3 || strcmp(now->format->name, "sv48") == 0;

    if (riscv) {
        flags |= (flags & VM_WRITE) ? VM_READ : 0;
        if ((flags & VM_MEM_MASK) == VM_WRITE_THROUGH) {
            flags = (flags & ~VM_MEM_MASK) | VM_UNCACHED;
        }
        return flags;
    }
    return flags | VM_READ;
}

static enum hw_memory memory_of(uint32_t flags)
{
    static const enum hw_memory arm64[] = {HW_WRITE_BACK, HW_DEVICE, HW_NON_CACHEABLE,
                                           HW_NON_CACHEABLE, HW_WRITE_THROUGH};
    static const enum hw_memory x86[] = {HW_WRITE_BACK, HW_DEVICE, HW_NON_CACHEABLE,
                                         HW_WRITE_COMBINING, HW_WRITE_THROUGH};
    static const enum hw_memory ept[] = {HW_WRITE_BACK, HW_DEVICE, HW_DEVICE, HW_WRITE_COMBINING,
                                         HW_WRITE_THROUGH};
    static const enum hw_memory riscv[] = {HW_WRITE_BACK, HW_DEVICE, HW_NON_CACHEABLE,
                                           HW_NON_CACHEABLE, HW_NON_CACHEABLE};
    unsigned type = (flags & VM_MEM_MASK) >> 8;

    if (now->walk == hw_walk_arm64) {
        return arm64[type];
    }
    if (now->walk == hw_walk_x86_64) {
        return x86[type];
    }
    if (now->walk == hw_walk_ept) {
        return ept[type];
    }
    return hw_has_svpbmt ? riscv[type] : HW_BY_PHYSICAL_ATTRIBUTES;
}

/* The leaf over a page is what the model says of the page. */
static void check_page(uint64_t page, const struct hw_leaf *leaf)
{
    const struct model_page *m = &model[page];
    uint32_t flags = as_read_back(m->flags);

    assert_int_not_equal(m->pa, 0);
    assert_int_equal(leaf->pa + (window + page * PAGE) % leaf->size, m->pa);
    assert_int_equal(leaf->read, (flags & VM_READ) != 0);
    assert_int_equal(leaf->write, (flags & VM_WRITE) != 0);
    assert_int_equal(leaf->exec, (flags & VM_EXEC) != 0);
    assert_int_equal(leaf->memory, memory_of(flags));
    if (now->walk != hw_walk_ept) {
        assert_int_equal(leaf->user, (flags & VM_USER) != 0);
        assert_int_equal(leaf->global, (flags & VM_GLOBAL) != 0);
    }
    assert_true(leaf->accessed >= m->accessed && leaf->dirty >= m->dirty);
}

/* The same through the interface. */
static void check_query(uint64_t page)
{
    virt_addr_t va = window + page * PAGE;
    struct pt_entry entry;
    struct hw_leaf leaf;
    phys_addr_t pa;

    if (model[page].pa == 0) {
        assert_int_equal(pt_query_entry(&pt, va + 5, &entry), -ENOENT);
        assert_int_equal(pt_translate(&pt, va, &pa), -ENOENT);
        return;
    }
    assert_int_equal(walk(va, &leaf), HW_LEAF);
    assert_int_equal(pt_query_entry(&pt, va + 5, &entry), 0);
    assert_int_equal(pt_translate(&pt, va + 7, &pa), 0);
    assert_int_equal(pa, model[page].pa + 7);
    assert_int_equal(entry.pa, model[page].pa + 5);
    assert_int_equal(entry.flags, as_read_back(model[page].flags));
    assert_int_equal(entry.size, leaf.size);
    assert_int_equal(PAGE << (9 * entry.level), leaf.size);
    assert_int_equal(entry.accessed, leaf.accessed);
    assert_int_equal(entry.dirty, leaf.dirty);
}

static void check_range(uint64_t first, uint64_t count)
{
    for (uint64_t page = first; page < first + count;) {
        struct hw_leaf leaf;
        virt_addr_t va = window + page * PAGE;
        enum hw_result result = walk(va, &leaf);
        uint64_t end = page + (leaf.size - va % leaf.size) / PAGE;

        check_query(page);
        for (end = end < first + count ? end : first + count; page < end; page++) {
            if (result == HW_LEAF) {
                check_page(page, &leaf);
            } else {
                assert_int_equal(model[page].pa, 0);
            }
        }
    }
}

/* Entries that are not 0, level by level: none but the root is empty, all are counted. */
static unsigned check_tables(phys_addr_t page, unsigned level)
{
    const uint64_t *table = arena_virt(page);
    unsigned used = 0, tables = 1;

    for (unsigned i = 0; i < 512; i++) {
        used += table[i] != 0;
        if (table[i] != 0 && level > 0) {
            phys_addr_t below = (table[i] & now->format->address_mask)
                                << now->format->address_shift;

            if (below >= ARENA_BASE && below < ARENA_BASE + ARENA_PAGES * PAGE) {
                tables += check_tables(below, level - 1);
            }
        }
    }
    assert_int_equal(used, page_record(page)->used);
    assert_true(used > 0 || page == pt.root);
    return tables;
}

/* One empty table may be kept, as clean as a new one, while there are others than the root. */
static unsigned check_spare(unsigned tables)
{
    const uint64_t *table = arena_virt(pt.spare);

    if (pt.spare == 0) {
        return 0;
    }
    for (unsigned i = 0; i < 512; i++) {
        assert_int_equal(table[i], 0);
    }
    assert_int_equal(page_record(pt.spare)->used, 0);
    assert_true(tables > 1);
    return 1;
}

static void check_all(void)
{
    unsigned tables = check_tables(pt.root, now->format->levels - 1);

    check_range(0, PAGES);
    assert_int_equal(tables + check_spare(tables), taken);
    assert_int_equal(pt.table_pages, taken);
}

static bool model_has(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        if (model[i].pa != 0) {
            return true;
        }
    }
    return false;
}

static void model_map(uint64_t first, uint64_t count, phys_addr_t pa, uint32_t flags)
{
    for (uint64_t i = 0; i < count; i++) {
        model[first + i] = (struct model_page){.pa = pa + i * PAGE, .flags = flags};
    }
}

static void model_protect(uint64_t first, uint64_t count, uint32_t flags)
{
    for (uint64_t i = first; i < first + count; i++) {
        model[i].flags = flags;
    }
}

/* --- Random operations --- */

struct request {
    uint64_t first, count; /* pages */
    phys_addr_t pa;
    uint32_t flags;
};

static uint64_t below(uint64_t n)
{
    return ((uint64_t)random() << 31 ^ (uint64_t)random()) % n;
}

static uint32_t any_flags(void)
{
    static const uint32_t rights[] = {VM_READ, VM_READ | VM_WRITE, VM_READ | VM_EXEC, VM_EXEC,
                                      VM_WRITE};
    uint32_t flags = rights[below(100) < 80 ? below(3) : below(5)];

    flags |= now->high ? VM_GLOBAL : VM_USER;
    if (now->walk == hw_walk_ept) {
        flags &= ~VM_USER;
    }
    return below(100) < 80 ? flags : flags | (uint32_t)below(5) << 8;
}

/* Somewhere, or where much happens: 16 MiB at either end of the window and around its middle. */
static uint64_t any_place(uint64_t unit)
{
    static const uint64_t busy[] = {0, PAGES / 2 - 2048, PAGES - 4096};

    return unit > 512 || below(3) == 0 ? below(PAGES / unit) * unit
                                       : busy[below(3)] + below(4096 / unit) * unit;
}

static struct request any_request(void)
{
    static const uint64_t units[] = {1, 512, 262144};
    uint64_t pick = below(100), unit = units[pick < 55 ? 0 : pick < 92 ? 1 : 2];
    uint64_t most = unit == 1 ? 1ull << below(11) : unit == 512 ? 1ull << below(6) : 2;
    struct request r = {.first = any_place(unit), .flags = any_flags()};

    r.count = (1 + below(most)) * unit;
    if (below(4) == 0) { /* ragged ends */
        r.first += below(unit);
        r.count += below(600);
    }
    r.first = r.first < PAGES ? r.first : PAGES - 1;
    r.count = r.count < PAGES - r.first ? r.count : PAGES - r.first;
    r.pa = MEMORY_BASE + r.first * PAGE;
    pick = below(100);
    r.pa += pick < 80 ? 0 : pick < 90 ? below(64) * 2 * MIB : below(100000) * PAGE;
    return r;
}

/* What an operation is given, done to the tables. */
typedef int operation_fn(const struct request *r);

static int do_map(const struct request *r)
{
    virt_addr_t va = window + r->first * PAGE;

    return r->count == 1 && (r->first & 1)
               ? pt_map_page(&pt, va, r->pa, r->flags)
               : pt_map_range(&pt, va, r->pa, r->count * PAGE, r->flags);
}

static int do_unmap(const struct request *r)
{
    virt_addr_t va = window + r->first * PAGE;

    return r->count == 1 && (r->first & 1) ? pt_unmap_page(&pt, va)
                                           : pt_unmap_range(&pt, va, r->count * PAGE);
}

static int do_protect(const struct request *r)
{
    return pt_protect_range(&pt, window + r->first * PAGE, r->count * PAGE, r->flags);
}

static int do_split(const struct request *r)
{
    return pt_split_large_page(&pt, window + r->first * PAGE);
}

static void fill_caches(const struct request *r)
{
    for (unsigned i = 0; i < 4; i++) {
        look_up(window + (r->first + below(r->count)) * PAGE);
        look_up(window + below(PAGES) * PAGE);
    }
    look_up(window + r->first * PAGE);
    look_up(window + (r->first + r->count - 1) * PAGE);
}

/* Some of the check around what an operation touched; all of it is too slow for every one. */
static void check_around(const struct request *r)
{
    uint64_t from = r->first > 700 ? r->first - 700 : 0;
    uint64_t end = r->first + r->count;
    uint64_t to = end + 700 < PAGES ? end + 700 : PAGES;

    check_range(from, r->first + 700 < PAGES ? r->first + 700 - from : PAGES - from);
    check_range(end - 1, to - end + 1);
    check_caches();
}

/* Tables that entries lead to, and the root. */
static unsigned tables_in_use(void)
{
    return taken - (pt.spare != 0);
}

/* Lets every allocation of an operation fail in turn; nothing changes until it has all it needs. */
static int with_failures(operation_fn *operation, const struct request *r)
{
    for (int n = 0;; n++) {
        unsigned before = tables_in_use();
        int err;

        fill_caches(r);
        fail_after = n;
        err = operation(r);
        fail_after = -1;
        if (err != -ENOMEM) {
            return err;
        }
        assert_int_equal(tables_in_use(), before);
        check_around(r);
        n += n > 6 ? (int)below(40) : 0;
    }
}

/* The CPU uses memory: accessed and dirty flags appear in the entries where it sets them. */
static void touch_memory(void)
{
    for (unsigned i = 0; i < 8 && now->format->keep_mask != 0; i++) {
        uint64_t page = below(PAGES);
        bool x86 = now->walk == hw_walk_x86_64;
        struct hw_leaf leaf;

        if (walk(window + page * PAGE, &leaf) == HW_LEAF) {
            *leaf.entry |= x86 ? 1ull << 5 : 1ull << 8;
            model[page].accessed = true;
            if (leaf.write) {
                *leaf.entry |= x86 ? 1ull << 6 : 1ull << 9;
                model[page].dirty = true;
            }
        }
    }
}

static void random_operation(void)
{
    struct request r = any_request();
    uint64_t pick = below(100);

    if (pick < 45) {
        int want = model_has(r.first, r.count) ? -EEXIST : 0;

        assert_int_equal(with_failures(do_map, &r), want);
        if (want == 0) {
            model_map(r.first, r.count, r.pa, r.flags);
        }
    } else if (pick < 70) {
        assert_int_equal(with_failures(do_unmap, &r), 0);
        memset(&model[r.first], 0, r.count * sizeof(*model));
    } else if (pick < 92) {
        assert_int_equal(with_failures(do_protect, &r), 0);
        model_protect(r.first, r.count, r.flags);
    } else {
        r.count = 1;
        assert_int_equal(with_failures(do_split, &r), model[r.first].pa ? 0 : -ENOENT);
    }
    check_around(&r);
    touch_memory();
}

/* --- Set-up --- */

static void begin(const struct test_case *c)
{
    unsigned bits = c->format->va_bits;
    virt_addr_t half = 1ull << (c->format->sign_extended ? bits - 1 : bits);

    now = c;
    hw_has_svpbmt = c->svpbmt;
    memset(cache, 0, sizeof(cache));
    memset(pages, 0, sizeof(pages));
    taken = next_page = 0;
    fail_after = -1;
    memset(model, 0, PAGES * sizeof(*model));
    assert_int_equal(pt_create(&pt, c->format, &ops, &pt), 0);
    assert_int_equal(pt.last, half - 1);
    if (c->high) {
        pt_adopt(&pt, c->format, &ops, &pt, pt.root, -half, UINT64_MAX);
        pt.table_pages = 1;
    }
    window = c->top ? pt.last - WINDOW + 1 : pt.first;
}

static void end(void)
{
    pt_destroy(&pt);
    assert_int_equal(taken, 0);
    assert_int_equal(pt.root, 0);
    assert_int_equal(pt.table_pages, 0);
}

static const struct test_case cases[] = {
    {&pt_format_arm64, hw_walk_arm64, false, false, false},
    {&pt_format_arm64, hw_walk_arm64, false, true, false},
    {&pt_format_arm64, hw_walk_arm64, true, true, false},
    {&pt_format_sv39, hw_walk_sv39, false, false, false},
    {&pt_format_sv39, hw_walk_sv39, false, true, true},
    {&pt_format_sv39, hw_walk_sv39, true, true, true},
    {&pt_format_sv48, hw_walk_sv48, false, true, true},
    {&pt_format_sv48, hw_walk_sv48, true, true, false},
    {&pt_format_x86_64, hw_walk_x86_64, false, true, false},
    {&pt_format_x86_64, hw_walk_x86_64, true, true, false},
    {&pt_format_x86_64_2m, hw_walk_x86_64, false, false, false},
    {&pt_format_ept, hw_walk_ept, false, false, false},
    {&pt_format_ept, hw_walk_ept, false, true, false},
};

#define FOR_EACH_CASE(c) for (const struct test_case *c = cases; c < cases + ARRAY_SIZE(cases); c++)

static void random_sequences_agree_with_the_model(void **state)
{
    const char *text = getenv("KEEL_TEST_SEED");
    unsigned seed = text ? (unsigned)strtoul(text, NULL, 0) : 1;
    unsigned count = getenv("LONG") ? 20000 : 1200;

    (void)state;
    FOR_EACH_CASE(c)
    {
        srandom(seed);
        begin(c);
        for (unsigned i = 0; i < count; i++) {
            random_operation();
            if (i % 64 == 0) {
                check_all();
            }
        }
        check_all();
        end();
    }
}

/* --- Single cases --- */

#define USER_RW (VM_READ | VM_WRITE | VM_USER)
#define USER_RO (VM_READ | VM_USER)

static unsigned level_at(virt_addr_t va)
{
    struct pt_entry entry;

    return pt_query_entry(&pt, va, &entry) == 0 ? entry.level : 99;
}

static void bad_requests_change_nothing(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        virt_addr_t va;

        begin(c);
        va = pt.last - 16 * MIB + 1;
        assert_int_equal(pt_map_page(&pt, va, MEMORY_BASE, USER_RO), 0);
        assert_int_equal(taken, c->format->levels);
        assert_int_equal(pt_map_page(&pt, va, MEMORY_BASE, USER_RO), -EEXIST);
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, 2 * MIB, USER_RO), -EEXIST);
        assert_int_equal(pt_map_range(&pt, va - PAGE, MEMORY_BASE, 9 * MIB, USER_RO), -EEXIST);
        va += 2 * MIB;
        assert_int_equal(pt_map_page(&pt, va + 1, MEMORY_BASE, USER_RO), -EINVAL);
        assert_int_equal(pt_map_page(&pt, va, MEMORY_BASE + 8, USER_RO), -EINVAL);
        assert_int_equal(pt_map_page(&pt, va, MEMORY_BASE, VM_USER), -EINVAL);
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, 0, USER_RO), -EINVAL);
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, 100, USER_RO), -EINVAL);
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, 64 * MIB, USER_RO), -EINVAL);
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, -PAGE, USER_RO), -EINVAL);
        assert_int_equal(pt_map_page(&pt, pt.last + 1, MEMORY_BASE, USER_RO), -EINVAL);
        assert_int_equal(pt_map_page(&pt, pt.first - PAGE, MEMORY_BASE, USER_RO), -EINVAL);
        assert_int_equal(pt_map_page(&pt, va, pt.pa_last + 1, USER_RO), -EINVAL);
        assert_int_equal(pt_map_range(&pt, va, pt.pa_last - PAGE + 1, 2 * PAGE, USER_RO), -EINVAL);
        assert_int_equal(pt_map_page(&pt, va, -PAGE, USER_RO), -EINVAL);
        assert_int_equal(pt_unmap_range(&pt, va + 1, PAGE), -EINVAL);
        assert_int_equal(pt_unmap_range(&pt, va, 64 * MIB), -EINVAL);
        assert_int_equal(pt_unmap_page(&pt, pt.last + 1), -EINVAL);
        assert_int_equal(pt_protect_range(&pt, va, 0, USER_RO), -EINVAL);
        assert_int_equal(pt_protect_range(&pt, va, PAGE, 0), -EINVAL);
        assert_int_equal(pt_split_large_page(&pt, va), -ENOENT);
        assert_int_equal(pt_split_large_page(&pt, pt.last + 1), -ENOENT);
        assert_int_equal(taken, c->format->levels);
        assert_int_equal(pt_map_page(&pt, va, pt.pa_last - PAGE + 1, USER_RO), 0);
        assert_int_equal(level_at(va), 0);
        end();
    }
}

static void leaves_are_as_large_as_alignment_allows(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        unsigned most = c->format->max_leaf;

        begin(c);
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, GIB, USER_RW), 0);
        assert_int_equal(level_at(window + 12345), most);
        assert_int_equal(level_at(window + GIB - 1), most);
        assert_int_equal(pt_map_range(&pt, window + GIB, MEMORY_BASE + 2 * MIB, 4 * MIB, USER_RW),
                         0);
        assert_int_equal(level_at(window + GIB), 1);
        assert_int_equal(
            pt_map_range(&pt, window + GIB + 8 * MIB, MEMORY_BASE + PAGE, 4 * MIB, USER_RW), 0);
        assert_int_equal(level_at(window + GIB + 8 * MIB), 0);
        end();
    }
}

static void full_uniform_tables_become_large_leaves(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        unsigned before;

        begin(c);
        before = taken;
        for (unsigned i = 0; i < 512; i++) { /* in an order of its own */
            uint64_t at = i * 77 % 512 * PAGE;

            assert_int_equal(level_at(window), i > 0 && i < 512 ? 0 : 99);
            assert_int_equal(pt_map_page(&pt, window + at, MEMORY_BASE + at, USER_RW), 0);
        }
        assert_int_equal(level_at(window), 1);
        assert_int_equal(taken, before + c->format->levels - 2);
        for (uint64_t at = 2 * MIB; at < GIB; at += 2 * MIB) {
            assert_int_equal(pt_map_range(&pt, window + at, MEMORY_BASE + at, 2 * MIB, USER_RW), 0);
        }
        assert_int_equal(level_at(window), c->format->max_leaf);
        check_caches();
        end();
    }
}

static void tables_at_both_ends_of_a_range_become_large_leaves(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        begin(c);
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, MIB, USER_RW), 0);
        assert_int_equal(pt_map_range(&pt, window + 5 * MIB, MEMORY_BASE + 5 * MIB, MIB, USER_RW),
                         0);
        assert_int_equal(pt_map_range(&pt, window + MIB, MEMORY_BASE + MIB, 4 * MIB, USER_RW), 0);
        for (uint64_t at = 0; at < 6 * MIB; at += PAGE) {
            assert_int_equal(level_at(window + at), 1);
        }
        assert_int_equal(taken, c->format->levels - 1);
        end();
    }
}

static void tables_that_differ_stay_tables(void **state)
{
    virt_addr_t va;

    (void)state;
    FOR_EACH_CASE(c)
    {
        begin(c);
        va = window;
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE + PAGE, 2 * MIB, USER_RW), 0);
        assert_int_equal(level_at(va), 0); /* not aligned in memory */
        va += 2 * MIB;
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, 2 * MIB - PAGE, USER_RW), 0);
        assert_int_equal(
            pt_map_page(&pt, va + 2 * MIB - PAGE, MEMORY_BASE + 2 * MIB - PAGE, USER_RO), 0);
        assert_int_equal(level_at(va), 0); /* other rights */
        assert_int_equal(pt_protect_range(&pt, va + 2 * MIB - PAGE, PAGE, USER_RW), 0);
        assert_int_equal(level_at(va), 1);
        va += 2 * MIB;
        assert_int_equal(pt_map_range(&pt, va, MEMORY_BASE, 2 * MIB - PAGE, USER_RW), 0);
        assert_int_equal(pt_map_page(&pt, va + 2 * MIB - PAGE, MEMORY_BASE, USER_RW), 0);
        assert_int_equal(level_at(va), 0); /* other memory */
        end();
    }
}

static void large_leaves_split_on_demand(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        unsigned most = c->format->max_leaf, before;

        begin(c);
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, GIB, USER_RW), 0);
        before = taken;
        for (unsigned level = most; level > 0; level--) {
            fail_after = 0;
            assert_int_equal(pt_split_large_page(&pt, window + 5 * PAGE), -ENOMEM);
            fail_after = -1;
            assert_int_equal(level_at(window + 5 * PAGE), level);
            assert_int_equal(pt_split_large_page(&pt, window + 5 * PAGE), 0);
            assert_int_equal(level_at(window + 5 * PAGE), level - 1);
            assert_int_equal(level_at(window + GIB - 1), 1);
        }
        assert_int_equal(pt_split_large_page(&pt, window), 0);
        assert_int_equal(taken, before + most);
        end();
    }
}

static void a_hole_in_a_large_leaf_takes_a_table_a_level(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        virt_addr_t hole;
        unsigned before;
        phys_addr_t pa;

        begin(c);
        hole = window + 3 * MIB;
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, GIB, USER_RW), 0);
        before = taken;
        assert_int_equal(pt_unmap_range(&pt, hole, 5 * PAGE), 0);
        assert_int_equal(taken, before + c->format->max_leaf);
        assert_int_equal(pt_translate(&pt, hole, &pa), -ENOENT);
        assert_int_equal(pt_translate(&pt, hole - 1, &pa), 0);
        assert_int_equal(pa, MEMORY_BASE + 3 * MIB - 1);
        assert_int_equal(pt_translate(&pt, hole + 5 * PAGE, &pa), 0);
        assert_int_equal(pa, MEMORY_BASE + 3 * MIB + 5 * PAGE);
        assert_int_equal(pt_map_range(&pt, hole, MEMORY_BASE + 3 * MIB, 5 * PAGE, USER_RW), 0);
        assert_int_equal(level_at(hole), c->format->max_leaf);
        assert_int_equal(taken, before);
        assert_int_equal(pt_unmap_range(&pt, window, GIB), 0);
        assert_int_equal(taken, 1);
        end();
    }
}

/* What the flush hook saw at an address, in order; frees come in between as letters. */
static virt_addr_t watched;
static char events[64];

static void note(char event)
{
    size_t used = strlen(events);

    if (used + 1 < sizeof(events)) {
        events[used] = event;
        events[used + 1] = '\0';
    }
}

static void watching_flush(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    struct hw_leaf leaf;

    cpu_flush(ctx, va, size, level, tables);
    note(walk(watched, &leaf) == HW_FAULT ? 'a' : leaf.size == PAGE ? 's' : 'L');
    note(tables ? 'T' : '-');
}

static void watching_free(phys_addr_t page)
{
    note('f');
    arena_free(page);
}

static const char *events_since(void)
{
    static char text[sizeof(events)];

    strcpy(text, events);
    events[0] = '\0';
    return text;
}

/* arm64 goes through absent (a); the others have the new size (s, L) when the flush comes. Tables (T) are
 * freed behind it. */
static void changes_of_size_are_flushed_in_order(void **state)
{
    struct pt_ops watching = ops;

    (void)state;
    watching.flush = watching_flush;
    watching.free = watching_free;
    FOR_EACH_CASE(c)
    {
        bool absent = c->format->break_before_make;

        begin(c);
        pt.ops = &watching;
        watched = window + 7 * PAGE;
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, 2 * MIB, USER_RW), 0);
        events_since();
        assert_int_equal(pt_split_large_page(&pt, window), 0);
        assert_string_equal(events_since(), absent ? "a-" : "s-");
        assert_int_equal(pt_protect_range(&pt, window, PAGE, USER_RO), 0);
        assert_string_equal(events_since(), "s-");
        assert_int_equal(pt_protect_range(&pt, window, PAGE, USER_RW), 0);
        assert_string_equal(events_since(), absent ? "aTfL-" : "LTfL-");
        assert_int_equal(pt_unmap_range(&pt, window, 2 * MIB), 0);
        assert_string_equal(events_since(), c->format->levels == 3 ? "aTf" : "aTff");
        assert_int_equal(pt_map_page(&pt, watched, MEMORY_BASE, USER_RW), 0);
        assert_int_equal(pt_unmap_page(&pt, watched), 0);
        assert_string_equal(events_since(), c->format->levels == 3 ? "aTff" : "aTfff");
        pt.ops = &ops;
        end();
    }
}

static uint32_t *no_count(phys_addr_t page)
{
    (void)page;
    return NULL;
}

/* The kernel's own: tables stay when they are empty, and are filled again with what fits them. */
static void tables_without_a_count_are_kept(void **state)
{
    struct pt_ops kept = ops;

    (void)state;
    kept.used = no_count;
    FOR_EACH_CASE(c)
    {
        unsigned before;

        begin(c);
        pt.ops = &kept;
        assert_int_equal(pt_map_page(&pt, window + 5 * PAGE, MEMORY_BASE, USER_RW), 0);
        before = taken;
        assert_int_equal(pt_unmap_page(&pt, window + 5 * PAGE), 0);
        assert_int_equal(taken, before);
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, 4 * MIB, USER_RW), 0);
        assert_int_equal(level_at(window), 0);
        assert_int_equal(level_at(window + 2 * MIB), 1);
        assert_int_equal(taken, before);
        assert_int_equal(pt_protect_range(&pt, window, 2 * MIB, USER_RO), 0);
        assert_int_equal(level_at(window), 0);
        assert_int_equal(pt_unmap_range(&pt, window, 4 * MIB), 0);
        assert_int_equal(taken, before);
        end();
    }
}

/* A user root ends where the kernel's entries begin: those are somebody else's. */
static void shared_entries_of_a_root_are_left_alone(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        phys_addr_t shared;
        uint64_t *root;

        if (!c->format->sign_extended || c->high) {
            continue;
        }
        begin(c);
        shared = arena_alloc();
        root = arena_virt(pt.root);
        for (unsigned i = 256; i < 512; i++) {
            root[i] = c->format->table(shared);
        }
        assert_int_equal(pt_map_range(&pt, window, MEMORY_BASE, 3 * PAGE, USER_RW), 0);
        assert_int_equal(pt_map_page(&pt, 0xffff800000000000, MEMORY_BASE, USER_RW), -EINVAL);
        pt_destroy(&pt);
        assert_int_equal(taken, 1);
        arena_free(shared);
    }
}

static char dumped[4096];

static void collect_line(void *arg, const char *text)
{
    assert_ptr_equal(arg, dumped);
    strcat(dumped, text);
    strcat(dumped, "\n");
}

static void dumps_show_tables_and_leaves(void **state)
{
    static const struct test_case low = {&pt_format_ept, hw_walk_ept, false, false, false};

    (void)state;
    begin(&low);
    assert_int_equal(pt_map_page(&pt, 0x3000, MEMORY_BASE, VM_READ | VM_EXEC), 0);
    assert_int_equal(
        pt_map_range(&pt, 2 * MIB, MEMORY_BASE, 2 * MIB, VM_READ | VM_WRITE | VM_DEVICE), 0);
    assert_int_equal(pt_map_page(&pt, GIB, MEMORY_BASE, VM_READ), 0);
    dumped[0] = '\0';
    pt_dump(&pt, 0, 4 * MIB, collect_line, dumped);
    assert_string_equal(dumped, "000 0000000000000000 -> 000080003000 table\n"
                                "  000 0000000000000000 -> 000080002000 table\n"
                                "    000 0000000000000000 -> 000080001000 table\n"
                                "      003 0000000000003000 -> 001000000000 r-x\n"
                                "    001 0000000000200000 -> 001000000000 rw- device\n");
    dumped[0] = '\0';
    pt_dump(&pt, GIB, UINT64_MAX, collect_line, dumped);
    assert_string_equal(dumped, "000 0000000000000000 -> 000080003000 table\n"
                                "  001 0000000040000000 -> 000080005000 table\n"
                                "    000 0000000040000000 -> 000080004000 table\n"
                                "      000 0000000040000000 -> 001000000000 r--\n");
    dumped[0] = '\0';
    pt_dump(&pt, 0, 0, collect_line, dumped);
    pt_dump(&pt, pt.last, PAGE, collect_line, dumped);
    assert_string_equal(dumped, "");
    end();
}

static void leaves_come_in_order(void **state)
{
    (void)state;
    FOR_EACH_CASE(c)
    {
        virt_addr_t va;
        struct pt_entry entry;

        begin(c);
        va = pt.first;
        assert_int_equal(pt_next_leaf(&pt, &va, &entry), -ENOENT);
        assert_int_equal(pt_map_page(&pt, window + 3 * PAGE, MEMORY_BASE, USER_RO), 0);
        assert_int_equal(pt_map_range(&pt, window + 4 * MIB, MEMORY_BASE, 2 * MIB, USER_RW), 0);
        assert_int_equal(pt_map_page(&pt, pt.last - PAGE + 1, MEMORY_BASE + PAGE, USER_RO), 0);
        assert_int_equal(pt_next_leaf(&pt, &va, &entry), 0);
        assert_int_equal(va, window + 3 * PAGE);
        assert_int_equal(entry.size, PAGE);
        va += entry.size;
        assert_int_equal(pt_next_leaf(&pt, &va, &entry), 0);
        assert_int_equal(va, window + 4 * MIB);
        assert_int_equal(entry.pa, MEMORY_BASE);
        va += 5 * PAGE;
        assert_int_equal(pt_next_leaf(&pt, &va, &entry), 0);
        assert_int_equal(va, window + 4 * MIB);
        va += entry.size;
        assert_int_equal(pt_next_leaf(&pt, &va, &entry), 0);
        assert_int_equal(va, pt.last - PAGE + 1);
        va += entry.size;
        assert_int_equal(pt_next_leaf(&pt, &va, &entry), -ENOENT);
        end();
    }
}

static void flags_have_words(void **state)
{
    static const struct {
        uint32_t flags;
        const char *text;
    } cases_of_text[] = {
        {0, "---"},
        {VM_READ | VM_WRITE | VM_USER, "rw- user"},
        {VM_KERNEL_RX, "r-x global"},
        {VM_KERNEL_IO, "rw- global device"},
        {VM_READ | VM_UNCACHED, "r-- uncached"},
        {VM_READ | VM_WRITE_COMBINE, "r-- write-combining"},
        {VM_READ | VM_WRITE_THROUGH, "r-- write-through"},
        {VM_READ | VM_MEM_MASK, "r-- unknown memory"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases_of_text); i++) {
        vm_flags_text(cases_of_text[i].flags, text, sizeof(text));
        assert_string_equal(text, cases_of_text[i].text);
    }
}

/* Entries as the manuals print them, bit by bit. */
static void entries_have_the_bits_of_the_manuals(void **state)
{
    const phys_addr_t pa = 0x12345000;

    (void)state;
    assert_int_equal(pt_format_ept.leaf(pa, 0, VM_READ), 0x12345031);
    assert_int_equal(pt_format_ept.leaf(pa, 0, VM_READ | VM_WRITE), 0x12345033);
    assert_int_equal(pt_format_ept.leaf(pa, 0, VM_READ | VM_EXEC), 0x12345035);
    assert_int_equal(pt_format_ept.leaf(pa, 0, VM_READ | VM_DEVICE), 0x12345001);
    assert_int_equal(pt_format_ept.leaf(GIB, 2, VM_READ | VM_WRITE_COMBINE), 0x40000089);
    assert_int_equal(pt_format_ept.table(pa), 0x12345007);
    assert_int_equal(pt_format_x86_64.leaf(pa, 0, USER_RO), 0x8000000012345005);
    assert_int_equal(pt_format_x86_64.leaf(pa, 0, USER_RW | VM_EXEC), 0x12345007);
    assert_int_equal(pt_format_x86_64.leaf(pa, 0, VM_KERNEL_RW), 0x8000000012345163);
    assert_int_equal(pt_format_x86_64.leaf(pa, 0, USER_RO | VM_WRITE_THROUGH), 0x800000001234508d);
    assert_int_equal(pt_format_x86_64.leaf(GIB, 2, USER_RO | VM_WRITE_THROUGH), 0x800000004000108d);
    assert_int_equal(pt_format_x86_64.table(pa), 0x12345027);
    assert_int_equal(pt_format_arm64.leaf(pa, 0, USER_RO), 0x0060000012345fc3);
    assert_int_equal(pt_format_arm64.leaf(pa, 0, USER_RO | VM_EXEC), 0x0020000012345fc3);
    assert_int_equal(pt_format_arm64.leaf(2 * MIB, 1, VM_KERNEL_RX), 0x0040000000200781);
    assert_int_equal(pt_format_arm64.leaf(pa, 0, VM_KERNEL_IO), 0x0060000012345707);
    assert_int_equal(pt_format_arm64.table(pa), 0x12345003);
    assert_int_equal(pt_format_sv48.leaf(pa, 0, USER_RW), 0x12345000 / 4 + 0xd7);
    assert_int_equal(pt_format_sv39.table(pa), 0x12345000 / 4 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dumps_show_tables_and_leaves),
        cmocka_unit_test(random_sequences_agree_with_the_model),
        cmocka_unit_test(bad_requests_change_nothing),
        cmocka_unit_test(leaves_are_as_large_as_alignment_allows),
        cmocka_unit_test(full_uniform_tables_become_large_leaves),
        cmocka_unit_test(tables_at_both_ends_of_a_range_become_large_leaves),
        cmocka_unit_test(tables_that_differ_stay_tables),
        cmocka_unit_test(large_leaves_split_on_demand),
        cmocka_unit_test(a_hole_in_a_large_leaf_takes_a_table_a_level),
        cmocka_unit_test(changes_of_size_are_flushed_in_order),
        cmocka_unit_test(tables_without_a_count_are_kept),
        cmocka_unit_test(shared_entries_of_a_root_are_left_alone),
        cmocka_unit_test(leaves_come_in_order),
        cmocka_unit_test(flags_have_words),
        cmocka_unit_test(entries_have_the_bits_of_the_manuals),
    };

    arena = aligned_alloc(PAGE, ARENA_PAGES * PAGE);
    model = calloc(PAGES, sizeof(*model));
    if (!arena || !model) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
