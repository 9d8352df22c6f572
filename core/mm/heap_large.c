/* SPDX-License-Identifier: MIT */
/* Blocks of whole pages, straight from the page allocator: what is known of each lies in a tree by
 * address, since a block at a page boundary has no tag of its own. */
#include "heap_internal.h"

#include <keel/bits.h>
#include <keel/kasan.h>
#include <keel/numa.h>
#include <keel/rbtree.h>

struct large {
    struct rb_node node;
    virt_addr_t start;
    struct heap_large info;
};

static struct spinlock lock;
static struct rb_tree tree = {NULL};
static uint64_t bytes; /* changed under the lock */

static bool starts_before(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, struct large, node)->start < rb_entry(b, struct large, node)->start;
}

static int compare_start(const void *key, const struct rb_node *node)
{
    virt_addr_t start = (virt_addr_t)key;
    virt_addr_t there = rb_entry(node, struct large, node)->start;

    return start < there ? -1 : start > there;
}

/* With the lock held. */
static struct large *find(const void *block)
{
    struct rb_node *node = rb_find(&tree, block, compare_start);

    return node != NULL ? rb_entry(node, struct large, node) : NULL;
}

/* From that node, then by distance. */
static void *pages_near(size_t pages, unsigned node, unsigned align_log2)
{
    void *first = NULL;

    for (unsigned rank = 0; first == NULL && rank < numa_nodes(); rank++) {
        first = heap_pages_alloc(pages, numa_by_distance(node, rank), align_log2);
    }
    return first;
}

void *heap_large_alloc(size_t size, size_t align, unsigned node, virt_addr_t site)
{
    struct large *large = heap_list_alloc(sizeof(*large), HEAP_ALIGN, node);
    size_t pages = DIV_ROUND_UP(size, PAGE_SIZE);
    unsigned long irq;
    void *first;

    if (large == NULL) {
        return NULL;
    }
    first = pages_near(pages, node, MAX(ilog2(align), (unsigned)PAGE_SHIFT));
    if (first == NULL) {
        heap_list_free(large);
        return NULL;
    }
    kasan_unpoison(large, sizeof(*large));
    large->start = (virt_addr_t)first;
    large->info = (struct heap_large){.size = size, .pages = pages, .site = site};
    irq = spin_lock(&lock);
    rb_insert(&tree, &large->node, starts_before);
    COUNT_ADD(bytes, pages * PAGE_SIZE);
    spin_unlock(&lock, irq);
    return first;
}

bool heap_large_free(void *block, struct heap_large *was)
{
    unsigned long irq = spin_lock(&lock);
    struct large *large = find(block);

    if (large != NULL) {
        rb_erase(&tree, &large->node);
        *was = large->info;
        COUNT_ADD(bytes, -(was->pages * PAGE_SIZE));
    }
    spin_unlock(&lock, irq);
    if (large == NULL) {
        return false;
    }
    kasan_poison(large, sizeof(*large), KASAN_UNUSED);
    heap_list_free(large);
    heap_pages_free(block, was->pages);
    return true;
}

bool heap_large_find(const void *block, struct heap_large *out)
{
    unsigned long irq = spin_lock(&lock);
    struct large *large = find(block);

    if (large != NULL) {
        *out = large->info;
    }
    spin_unlock(&lock, irq);
    return large != NULL;
}

bool heap_large_resize(void *block, size_t size, virt_addr_t site)
{
    unsigned long irq = spin_lock(&lock);
    struct large *large = find(block);
    bool fits = large != NULL && DIV_ROUND_UP(size, PAGE_SIZE) == large->info.pages;

    if (fits) {
        large->info.size = size;
        large->info.site = site;
    }
    spin_unlock(&lock, irq);
    return fits;
}

uint64_t heap_large_bytes(void)
{
    return __atomic_load_n(&bytes, __ATOMIC_RELAXED);
}
