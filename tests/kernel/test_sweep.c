/* SPDX-License-Identifier: MIT */
/*
 * Every allocation that an operation on memory makes fails once, the first, the second and so on, until
 * none is left to fail: the operation says -ENOMEM or does without, what it worked on is as before, and
 * in the end every page and block is back.
 */
#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/aspace.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/kmap.h>
#include <keel/ktest.h>
#include <keel/numa.h>
#include <keel/pagetable.h>
#include <keel/pmm.h>
#include <keel/thread.h>
#include <keel/vmo.h>

#define PAGES      70ul /* more than a node of a page tree holds */
#define SIZE       (PAGES * PAGE_SIZE)
#define LARGE      (512 * PAGE_SIZE)
#define TABLE_BASE (4 * LARGE)
#define NTH_MAX    200u
#define RW         (VM_READ | VM_WRITE)

/* What operations work on: an object with a word in each page, a snapshot that shares them all, a space
 * that maps both, and page tables with a large leaf and small ones. */
struct ground {
    struct vmo *vmo, *child;
    struct aspace *as;
    virt_addr_t base, child_base;
    struct page_table pt;
    /* What an operation made. */
    struct vmo *made;
    struct vm_region *region;
    struct aspace *made_as;
    struct page_table made_pt;
    struct objcache *cache;
    void *block;
    phys_addr_t page;
    virt_addr_t va;
};

struct operation {
    const char *name;
    int (*run)(struct ground *ground);
    void (*undo)(struct ground *ground); /* of what has succeeded, when the ground's end does not */
    bool partial;                        /* what was done before the failure stays */
    bool copes;                          /* may do without what it does not get */
};

/* What must not change: sizes, mappings, every page's word, what the tables say. */
struct picture {
    struct vmo_stats vmo, child;
    uint64_t mapped;
    uint64_t words;
    uint64_t leaves;
};

/* --- The ground --- */

static void no_flush(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    (void)ctx, (void)va, (void)size, (void)level, (void)tables;
}

static void no_publish(void *ctx, virt_addr_t va, uint64_t size, bool tables)
{
    (void)ctx, (void)va, (void)size, (void)tables;
}

static phys_addr_t new_table(void)
{
    return pmm_alloc_page(PMM_ZERO);
}

static uint32_t *no_count(phys_addr_t page)
{
    (void)page;
    return NULL;
}

/* Tables that no CPU walks. */
static const struct pt_ops idle_tables = {
    .alloc = new_table,
    .free = pmm_free_page,
    .virt = arch_phys_to_virt,
    .used = no_count,
    .flush = no_flush,
    .publish = no_publish,
};

static bool open_objects(struct ground *ground)
{
    size_t done;

    if (vmo_create(SIZE, VMO_RESIZABLE, &ground->vmo) != 0) {
        return false;
    }
    for (uint64_t i = 0; i < PAGES; i++) {
        if (vmo_write(ground->vmo, &i, i * PAGE_SIZE, sizeof(i), &done) != 0) {
            return false;
        }
    }
    return vmo_snapshot(ground->vmo, 0, SIZE, &ground->child) == 0;
}

static bool open_tables(struct ground *ground)
{
    return pt_create(&ground->pt, arch_pt_format(), &idle_tables, NULL) == 0 &&
           pt_map_range(&ground->pt, TABLE_BASE, LARGE, LARGE, RW | VM_USER) == 0 &&
           pt_map_range(&ground->pt, TABLE_BASE + LARGE, 7 * PAGE_SIZE, 3 * PAGE_SIZE,
                        RW | VM_USER) == 0;
}

static bool open_ground(struct ground *ground)
{
    *ground = (struct ground){0};
    return open_objects(ground) && aspace_create("sweep", &ground->as) == 0 &&
           region_map(aspace_root(ground->as), 0, ground->vmo, 0, SIZE, RW | ASPACE_MAP_RANGE,
                      &ground->base) == 0 &&
           region_map(aspace_root(ground->as), 0, ground->child, 0, SIZE, RW,
                      &ground->child_base) == 0 &&
           open_tables(ground);
}

static void close_ground(struct ground *ground)
{
    aspace_destroy(ground->as);
    vmo_unref(ground->child);
    vmo_unref(ground->vmo);
    pt_destroy(&ground->pt);
}

static uint64_t words_of(struct vmo *vmo)
{
    uint64_t sum = 0, word;
    size_t done;

    for (uint64_t at = 0; at < vmo_size(vmo); at += PAGE_SIZE) {
        word = 0;
        KTEST_EXPECT(vmo_read(vmo, &word, at, sizeof(word), &done) == 0);
        sum = sum * 31 + word;
    }
    return sum;
}

/* A number that depends on every leaf in the tables. */
static uint64_t leaves_of(const struct page_table *pt)
{
    struct pt_entry entry;
    uint64_t sum = 0;

    for (virt_addr_t va = TABLE_BASE; va < TABLE_BASE + 3 * LARGE; va += PAGE_SIZE) {
        sum *= 31;
        if (pt_query_entry(pt, va, &entry) == 0) {
            sum += entry.pa + entry.flags;
        }
    }
    return sum;
}

static void take_picture(const struct ground *ground, struct picture *out)
{
    vmo_get_stats(ground->vmo, &out->vmo);
    vmo_get_stats(ground->child, &out->child);
    out->mapped = aspace_mapped(ground->as);
    out->words = words_of(ground->vmo) * 17 + words_of(ground->child);
    out->leaves = leaves_of(&ground->pt);
}

static bool same_object(const struct vmo_stats *a, const struct vmo_stats *b)
{
    return a->size == b->size && a->committed == b->committed && a->pinned == b->pinned &&
           a->mappings == b->mappings && a->children == b->children;
}

static bool same_picture(const struct picture *a, const struct picture *b)
{
    return same_object(&a->vmo, &b->vmo) && same_object(&a->child, &b->child) &&
           a->mapped == b->mapped && a->words == b->words && a->leaves == b->leaves;
}

/* --- Operations on memory objects --- */

static int do_create(struct ground *ground)
{
    return vmo_create(SIZE, 0, &ground->made);
}

static int do_create_contiguous(struct ground *ground)
{
    return vmo_create_contiguous(SIZE, PAGE_SHIFT + 2, &ground->made);
}

static int do_create_physical(struct ground *ground)
{
    return vmo_create_physical(image_phys, SIZE, VMO_CACHED, &ground->made);
}

static int do_snapshot(struct ground *ground)
{
    return vmo_snapshot(ground->child, PAGE_SIZE, 5 * PAGE_SIZE, &ground->made);
}

static int do_slice(struct ground *ground)
{
    return vmo_slice(ground->child, PAGE_SIZE, 5 * PAGE_SIZE, &ground->made);
}

static void drop_made(struct ground *ground)
{
    vmo_unref(ground->made);
}

static int do_grow(struct ground *ground)
{
    return vmo_resize(ground->vmo, 100 * SIZE);
}

static int do_shrink(struct ground *ground)
{
    return vmo_resize(ground->vmo, 3 * PAGE_SIZE);
}

static int do_write(struct ground *ground)
{
    static const uint64_t words[3 * PAGE_SIZE / sizeof(uint64_t)];
    size_t done;

    return vmo_write(ground->child, words, 63 * PAGE_SIZE + 8, sizeof(words), &done);
}

static int do_commit(struct ground *ground)
{
    return vmo_commit(ground->child, 60 * PAGE_SIZE, 8 * PAGE_SIZE);
}

static int do_decommit(struct ground *ground)
{
    return vmo_decommit(ground->child, 60 * PAGE_SIZE, 8 * PAGE_SIZE);
}

static int do_zero(struct ground *ground)
{
    return vmo_zero(ground->child, 5 * PAGE_SIZE, 16);
}

static int do_pin(struct ground *ground)
{
    return vmo_pin(ground->child, 62 * PAGE_SIZE, 4 * PAGE_SIZE, NULL);
}

static void undo_pin(struct ground *ground)
{
    vmo_unpin(ground->child, 62 * PAGE_SIZE, 4 * PAGE_SIZE);
}

static int do_get_page(struct ground *ground)
{
    struct vmo_page page;

    return vmo_get_page(ground->child, 65 * PAGE_SIZE, true, &page);
}

/* --- Operations on address spaces --- */

static int do_aspace(struct ground *ground)
{
    return aspace_create("made", &ground->made_as);
}

static void drop_aspace(struct ground *ground)
{
    aspace_destroy(ground->made_as);
}

static int do_region(struct ground *ground)
{
    virt_addr_t base;

    return region_create(aspace_root(ground->as), 0, 16 * LARGE, ASPACE_CAN_READ, &ground->region,
                         &base);
}

static void drop_region(struct ground *ground)
{
    region_unref(ground->region);
}

static int do_map(struct ground *ground)
{
    virt_addr_t base;

    return region_map(aspace_root(ground->as), 0, ground->vmo, PAGE_SIZE, 9 * PAGE_SIZE, VM_READ,
                      &base);
}

static int do_unmap_middle(struct ground *ground)
{
    return region_unmap(aspace_root(ground->as), ground->base + 5 * PAGE_SIZE, 3 * PAGE_SIZE);
}

static int do_protect_middle(struct ground *ground)
{
    return region_protect(aspace_root(ground->as), ground->base + 5 * PAGE_SIZE, 3 * PAGE_SIZE,
                          VM_READ);
}

static int do_fault(struct ground *ground)
{
    struct fault_info info = {.address = ground->child_base + 65 * PAGE_SIZE, .flags = FAULT_WRITE};
    enum fault_result result;

    aspace_switch(ground->as);
    result = vm_fault(&info);
    aspace_switch(NULL);
    return result == FAULT_HANDLED ? 0 : -ENOMEM;
}

/* --- Operations on page tables and the mapping area --- */

static int do_pt_create(struct ground *ground)
{
    return pt_create(&ground->made_pt, arch_pt_format(), &idle_tables, NULL);
}

static void drop_pt(struct ground *ground)
{
    pt_destroy(&ground->made_pt);
}

static int do_pt_map(struct ground *ground)
{
    return pt_map_range(&ground->pt, TABLE_BASE + 2 * LARGE - 2 * PAGE_SIZE, 99 * PAGE_SIZE,
                        4 * PAGE_SIZE, RW | VM_USER);
}

static int do_pt_split(struct ground *ground)
{
    return pt_split_large_page(&ground->pt, TABLE_BASE);
}

static int do_pt_unmap(struct ground *ground)
{
    return pt_unmap_range(&ground->pt, TABLE_BASE + PAGE_SIZE, 2 * PAGE_SIZE);
}

static int do_pt_protect(struct ground *ground)
{
    return pt_protect_range(&ground->pt, TABLE_BASE + PAGE_SIZE, 2 * PAGE_SIZE, VM_READ | VM_USER);
}

static int do_kmap(struct ground *ground)
{
    int err;

    ground->va = kmap_alloc(3);
    if (ground->va == 0) {
        return -ENOMEM;
    }
    err = kmap_map(ground->va, image_phys, 3, VM_KERNEL_RO);
    if (err == 0) {
        err = kmap_protect(ground->va, 1, VM_KERNEL_RO);
    }
    if (err != 0) {
        kmap_free(ground->va);
    }
    return err;
}

static void drop_kmap(struct ground *ground)
{
    kmap_free(ground->va);
}

/* --- Operations on the heap and the nodes --- */

static int do_kmalloc_small(struct ground *ground)
{
    ground->block = kmalloc(100);
    return ground->block != NULL ? 0 : -ENOMEM;
}

static int do_kmalloc_grows(struct ground *ground)
{
    ground->block = kmalloc(CONFIG_HEAP_INITIAL_KB * 1024ul + 1);
    return ground->block != NULL ? 0 : -ENOMEM;
}

static int do_krealloc(struct ground *ground)
{
    void *small = kmalloc(40);

    ground->block = small != NULL ? krealloc(small, 9000) : NULL;
    if (ground->block == NULL) {
        kfree(small);
    }
    return ground->block != NULL ? 0 : -ENOMEM;
}

static int do_kmalloc_node(struct ground *ground)
{
    ground->block = kmalloc_node(6000, numa_nodes() - 1);
    return ground->block != NULL ? 0 : -ENOMEM;
}

static void drop_block(struct ground *ground)
{
    kfree(ground->block);
}

static int do_objcache(struct ground *ground)
{
    ground->cache = objcache_create("sweep", 300, 8);
    ground->block = ground->cache != NULL ? objcache_alloc(ground->cache) : NULL;
    if (ground->block == NULL && ground->cache != NULL) {
        KTEST_EXPECT(objcache_destroy(ground->cache) == 0);
    }
    return ground->block != NULL ? 0 : -ENOMEM;
}

static void drop_objcache(struct ground *ground)
{
    objcache_free(ground->cache, ground->block);
    KTEST_EXPECT(objcache_destroy(ground->cache) == 0);
}

static int do_interleaved_page(struct ground *ground)
{
    preempt_disable(); /* a policy is that of a CPU */
    (void)numa_set_policy(NUMA_INTERLEAVE, 0);
    ground->page = pmm_alloc_page(PMM_ZERO);
    (void)numa_set_policy(NUMA_LOCAL, 0);
    preempt_enable();
    return ground->page != 0 ? 0 : -ENOMEM;
}

static int do_bound_page(struct ground *ground)
{
    ground->page = pmm_alloc_page(PMM_NODE(numa_nodes() - 1));
    return ground->page != 0 ? 0 : -ENOMEM;
}

static void drop_page(struct ground *ground)
{
    pmm_free_page(ground->page);
}

static const struct operation operations[] = {
    {.name = "vmo_create", .run = do_create, .undo = drop_made},
    {.name = "vmo_create_contiguous", .run = do_create_contiguous, .undo = drop_made},
    {.name = "vmo_create_physical", .run = do_create_physical, .undo = drop_made},
    {.name = "vmo_snapshot", .run = do_snapshot, .undo = drop_made},
    {.name = "vmo_slice", .run = do_slice, .undo = drop_made},
    {.name = "vmo_resize, larger", .run = do_grow, .copes = true},
    {.name = "vmo_resize, smaller", .run = do_shrink},
    {.name = "vmo_write", .run = do_write, .partial = true},
    {.name = "vmo_commit", .run = do_commit, .partial = true},
    {.name = "vmo_decommit", .run = do_decommit},
    {.name = "vmo_zero", .run = do_zero},
    {.name = "vmo_pin", .run = do_pin, .undo = undo_pin, .partial = true},
    {.name = "vmo_get_page", .run = do_get_page},
    {.name = "aspace_create", .run = do_aspace, .undo = drop_aspace},
    {.name = "region_create", .run = do_region, .undo = drop_region},
    {.name = "region_map", .run = do_map},
    {.name = "region_unmap", .run = do_unmap_middle},
    {.name = "region_protect", .run = do_protect_middle},
    {.name = "vm_fault", .run = do_fault},
    {.name = "pt_create", .run = do_pt_create, .undo = drop_pt},
    {.name = "pt_map_range", .run = do_pt_map},
    {.name = "pt_split_large_page", .run = do_pt_split},
    {.name = "pt_unmap_range", .run = do_pt_unmap},
    {.name = "pt_protect_range", .run = do_pt_protect},
    {.name = "kmap", .run = do_kmap, .undo = drop_kmap, .copes = true},
    {.name = "kmalloc, small", .run = do_kmalloc_small, .undo = drop_block},
    {.name = "kmalloc, growing", .run = do_kmalloc_grows, .undo = drop_block},
    {.name = "krealloc", .run = do_krealloc, .undo = drop_block},
    {.name = "kmalloc_node", .run = do_kmalloc_node, .undo = drop_block},
    {.name = "objcache", .run = do_objcache, .undo = drop_objcache},
    {.name = "page, interleaved", .run = do_interleaved_page, .undo = drop_page},
    {.name = "page of a node", .run = do_bound_page, .undo = drop_page},
};

/* --- The sweep --- */

struct held {
    uint64_t frames; /* in use, but for records and shadow, which stay */
    uint64_t blocks, bytes;
};

static struct held what_is_held(void)
{
    struct pmm_arena_stats arena;
    struct heap_stats heap;
    struct pmm_stats stats;
    uint64_t records = 0;

    heap_trim();
    heap_get_stats(&heap);
    pmm_get_stats(&stats);
    for (unsigned i = 0; pmm_arena_stats(i, &arena); i++) {
        records += 2ull * arena.touched;
    }
    return (struct held){.frames = stats.total - stats.free - records - stats.used[PMM_USE_KASAN],
                         .blocks = heap.blocks_used,
                         .bytes = heap.bytes_used};
}

/* What went wrong is told with the operation and the number of the allocation. */
static void expect(bool good, const struct operation *operation, unsigned nth, const char *what)
{
    if (!good) {
        console_printf("%s, allocation %u fails: %s\n", operation->name, nth, what);
    }
    KTEST_EXPECT(good);
}

/* Runs it once, the nth allocation failing; whether there were so many. */
static bool try_one(const struct operation *operation, unsigned nth, unsigned *errors)
{
    uint64_t injected = alloc_failures_injected();
    struct picture before, after;
    struct ground ground;
    bool failed;
    int err;

    if (!open_ground(&ground)) {
        expect(false, operation, nth, "no memory for what it works on");
        return false;
    }
    take_picture(&ground, &before);
    alloc_fail_nth(nth);
    err = operation->run(&ground);
    alloc_fail_nth(0);
    failed = alloc_failures_injected() != injected;
    take_picture(&ground, &after);
    expect(err == 0 || (failed && err == -ENOMEM), operation, nth, "another error");
    expect(err == 0 || operation->partial || same_picture(&before, &after), operation, nth,
           "something has changed");
    *errors += err != 0;
    if (err == 0 && operation->undo != NULL) {
        operation->undo(&ground);
    }
    close_ground(&ground);
    return failed;
}

static void sweep(const struct operation *operation)
{
    unsigned nth = 0, errors = 0;
    struct held before, after;
    bool failed = true;

    (void)try_one(operation, 0, &errors); /* tables of the kernel and caches come and stay */
    before = what_is_held();
    while (failed && nth < NTH_MAX) {
        failed = try_one(operation, ++nth, &errors);
        after = what_is_held();
        expect(after.frames == before.frames, operation, nth, "pages are not back");
        expect(after.blocks == before.blocks && after.bytes == before.bytes, operation, nth,
               "blocks are not back");
    }
    expect(nth < NTH_MAX, operation, nth, "there is no end");
    expect(errors > 0 || operation->copes, operation, nth, "it never said so");
}

KTEST(mm_survives_every_failure)
{
    for (unsigned i = 0; i < ARRAY_SIZE(operations); i++) {
        sweep(&operations[i]);
    }
}

/* One in seven fails, by seeds that the log names when something goes wrong. */
KTEST(mm_survives_random_failures)
{
    struct held before = what_is_held(), after;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (unsigned i = 0; i < ARRAY_SIZE(operations); i++) {
            struct ground ground;
            int err;

            KTEST_REQUIRE(open_ground(&ground));
            alloc_fail_random(7, seed * 100 + i);
            err = operations[i].run(&ground);
            alloc_fail_random(0, 0);
            expect(err == 0 || err == -ENOMEM, &operations[i], (unsigned)seed, "another error");
            if (err == 0 && operations[i].undo != NULL) {
                operations[i].undo(&ground);
            }
            close_ground(&ground);
        }
    }
    after = what_is_held();
    KTEST_EXPECT(after.frames == before.frames && after.blocks == before.blocks);
}
