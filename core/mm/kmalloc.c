/* SPDX-License-Identifier: MIT */
/*
 * The kernel heap's front: small blocks come from size classes, each an object cache, larger ones
 * from the first-fit list, the largest are pages.
 *
 * With CONFIG_HEAP_DEBUG every block but those of pages has a head in front and redzones around it:
 *
 *   | tag | links, free | size site start | redzone | what the caller has | redzone ... |
 */
#define LOG_TAG "heap"
#include "heap_internal.h"

#include <keel/bits.h>
#include <keel/errno.h>
#include <keel/kasan.h>
#include <keel/lock_check.h>
#include <keel/log.h>
#include <keel/numa.h>
#include <keel/overflow.h>
#include <keel/panic.h>
#include <keel/string.h>
#include <keel/subsystem.h>

#define LARGE_MIN    (4 * PAGE_SIZE) /* larger blocks are pages */
#define ALIGN_MAX    (UINT64_C(4) << 20)
#define SIZE_MAX_ASK (UINT64_C(1) << 40)
#define CLASSES      11u

/* Bytes from a block to the next, the tag among them. The first class is what free blocks need. */
static const uint16_t class_pitch[CLASSES] = {16, 32, 48, 64, 80, 112, 144, 208, 272, 400, 528};

/* The class of a block that takes n times 16 bytes with its tag. */
static const uint8_t class_of[] = {0, 0, 1, 2, 3, 4, 5, 5, 6, 6,  7,  7,  7,  7,  8,  8,  8,
                                   8, 9, 9, 9, 9, 9, 9, 9, 9, 10, 10, 10, 10, 10, 10, 10, 10};

#define CLASS_INDEX(size) (((size) + sizeof(uint64_t) + HEAP_ALIGN - 1) / HEAP_ALIGN)

_Static_assert(ARRAY_SIZE(class_of) == CLASS_INDEX(HEAP_SMALL_MAX) + 1, "a class for each size");

static struct objcache classes[CLASSES];

/* The classes' free blocks, by CPU; room for 16 of 32 bytes each, so that finding one is shifts. */
static union {
    struct objcache_cpu mine;
    uint64_t words[4];
} small[CPUS_MAX][16] __aligned(64);

enum {
    HAS_CHECKS = IS_ENABLED(CONFIG_HEAP_DEBUG),
    MAY_FAIL = IS_ENABLED(CONFIG_FAULT_INJECT),
};

static bool ready;
static uint64_t failures;

#define TAIL_MIN HEAP_ALIGN
#define LINKS    sizeof(((struct heap_head *)0)->links)

_Static_assert(sizeof(struct heap_head) % HEAP_ALIGN == 0, "blocks behind a head stay aligned");

/* --- Memory from the right place, without checks --- */

/* This CPU's part of a class. Interrupts off. */
static __always_inline struct objcache_cpu *my_small(unsigned class)
{
    struct objcache_cpu *mine = &small[cpu_index()][class].mine;

    /* One address for all that follows: the compiler would work it out anew for each member. */
    __asm__("" : "+r"(mine));
    return mine;
}

static void *failed(void)
{
    __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
    return NULL;
}

/* When this CPU has none. */
static __noinline void *small_refill(unsigned class)
{
    unsigned long irq;
    void *block;

    if (!ready) {
        return failed();
    }
    irq = arch_irq_save();
    block = objcache_refill(&classes[class], my_small(class));
    arch_irq_restore(irq);
    return likely(block != NULL) ? block : failed();
}

static __always_inline void *small_alloc(size_t size)
{
    unsigned class = class_of[CLASS_INDEX(size)];
    unsigned long irq = arch_irq_save();
    void *block = objcache_take(my_small(class));

    arch_irq_restore(irq);
    return likely(block != NULL) ? block : small_refill(class);
}

/* When this CPU has too many. */
static __noinline void small_flush(unsigned class)
{
    unsigned long irq = arch_irq_save();

    objcache_flush(&classes[class], my_small(class));
    arch_irq_restore(irq);
}

static __always_inline void small_free(void *block, uint64_t tag)
{
    unsigned class = tag_class(tag);
    unsigned long irq = arch_irq_save();
    bool full = objcache_give(my_small(class), block);

    arch_irq_restore(irq);
    if (unlikely(full)) {
        small_flush(class);
    }
}

/* A block with a tag; of `node` first, when it is not HEAP_ANY_NODE. */
static void *tagged_alloc(size_t size, size_t align, unsigned node)
{
    void *block;

    if (node == HEAP_ANY_NODE && size <= HEAP_SMALL_MAX && align <= HEAP_ALIGN) {
        return small_alloc(size);
    }
    block = heap_list_alloc(size, align, node == HEAP_ANY_NODE ? numa_node_here() : node);
    return likely(block != NULL) ? block : failed();
}

static void tagged_free(void *block)
{
    uint64_t tag = tag_read(block);

    if (tag_is_small(tag)) {
        small_free(block, tag);
    } else {
        heap_list_free(block);
    }
}

static size_t tagged_usable(const void *block)
{
    uint64_t tag = tag_read(block);

    return tag_is_small(tag) ? class_pitch[tag_class(tag)] - sizeof(tag) : heap_list_usable(block);
}

/* Whether the 8 bytes in front of a block can be what we put there. */
static bool is_tagged(const void *block)
{
    uint64_t tag = IS_ALIGNED((virt_addr_t)block, HEAP_ALIGN) ? tag_read(block) : 0;

    return (tag_is_small(tag) && tag_class(tag) < CLASSES) ||
           (tag >> TAG_MAGIC_SHIFT == TAG_LIST >> TAG_MAGIC_SHIFT && (tag & TAG_USED) != 0 &&
            (tag & TAG_END) == 0 && TAG_NODE(tag) < NUMA_NODES_MAX);
}

/* --- The same with checks --- */

static struct heap_head *head_of(const void *block)
{
    return (struct heap_head *)block - 1;
}

static char *start_of(const void *block)
{
    return (char *)block - head_of(block)->offset;
}

/* Bytes behind what the caller has. */
static size_t tail_size(const void *block)
{
    const struct heap_head *head = head_of(block);

    return tagged_usable(start_of(block)) - head->offset - head->size;
}

/* Writes the head and the redzones of a block. */
static void dress(void *block, size_t offset, size_t size, virt_addr_t site)
{
    struct heap_head *head = head_of(block);

    head->size = size;
    head->site = site;
    head->offset = offset;
    head->redzone = HEAP_HEAD_REDZONE;
    memset((char *)block + size, REDZONE, tail_size(block));
    kasan_unpoison(block, size);
    kasan_poison((char *)block + ALIGN_UP(size, 8), tail_size(block) - (ALIGN_UP(size, 8) - size),
                 KASAN_TAIL);
    heap_trace_alloc(site, size);
}

static void *checked_alloc(size_t size, size_t align, unsigned node, virt_addr_t site)
{
    size_t offset = ALIGN_UP(sizeof(struct heap_head), align);
    char *start = tagged_alloc(offset + size + TAIL_MIN, align, node);

    if (start == NULL) {
        return NULL;
    }
    heap_check_poison(start + LINKS, tagged_usable(start) - LINKS, site);
    memset(start + offset, POISON_NEW, size);
    kasan_poison(start, offset, KASAN_HEAD);
    dress(start + offset, offset, size, site);
    return start + offset;
}

/* Panics unless the block is one in use whose redzones are whole. */
static void check_block(const void *block, virt_addr_t now)
{
    const struct heap_head *head = head_of(block);

    if (!IS_ALIGNED((virt_addr_t)block, HEAP_ALIGN)) {
        heap_panic("no block", block, 0, 0, now);
    }
    if (head->redzone != HEAP_HEAD_REDZONE) {
        bool freed = heap_find_other(&head->redzone, sizeof(head->redzone), POISON_FREE) == NULL;

        heap_panic(freed ? "freed twice, or freed memory used" : "written in front of, or no block",
                   block, 0, freed ? 0 : head->site, now);
    }
    if (head->offset > 2 * PAGE_SIZE || !is_tagged(start_of(block)) ||
        head->size > tagged_usable(start_of(block)) - head->offset) {
        heap_panic("head damaged", block, 0, 0, now);
    }
    if (heap_find_other((const char *)block + head->size, tail_size(block), REDZONE) != NULL) {
        heap_panic("written behind its end", block, head->size, head->site, now);
    }
}

static void checked_free(void *block, virt_addr_t now)
{
    char *start;
    size_t usable;

    check_block(block, now);
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_free(block, head_of(block)->size);
    }
    start = start_of(block);
    usable = tagged_usable(start);
    heap_trace_free(block, head_of(block)->size, head_of(block)->site, now);
    kasan_poison(start, usable, KASAN_FREE);
    heap_poison(start, usable);
    tagged_free(start);
}

/* --- Blocks of pages --- */

static bool is_large(const void *block, struct heap_large *out)
{
    return IS_ALIGNED((virt_addr_t)block, PAGE_SIZE) && heap_large_find(block, out);
}

static size_t large_slack(const struct heap_large *large)
{
    return large->pages * PAGE_SIZE - large->size;
}

/* With checks what is left of the last page is redzone. */
static void dress_large(void *block, size_t size, virt_addr_t site)
{
    size_t slack = ALIGN_UP(size, PAGE_SIZE) - size;

    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        memset((char *)block + size, REDZONE, slack);
        heap_trace_alloc(site, size);
        kasan_unpoison(block, size);
        kasan_poison((char *)block + ALIGN_UP(size, 8), slack - (ALIGN_UP(size, 8) - size),
                     KASAN_TAIL);
    }
}

static void *large_alloc(size_t size, size_t align, unsigned node, virt_addr_t site)
{
    void *block =
        heap_large_alloc(size, align, node == HEAP_ANY_NODE ? numa_node_here() : node, site);

    if (block == NULL) {
        return failed();
    }
    dress_large(block, size, site);
    return block;
}

static void check_large(void *block, const struct heap_large *large, virt_addr_t now)
{
    if (heap_find_other((char *)block + large->size, large_slack(large), REDZONE) != NULL) {
        heap_panic("written behind its end", block, large->size, large->site, now);
    }
}

/* Frees a block of pages; false when it is none. */
static bool large_free(void *block, virt_addr_t now)
{
    struct heap_large large;

    if (!is_large(block, &large)) {
        return false;
    }
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        check_large(block, &large, now);
        heap_trace_free(block, large.size, large.site, now);
        heap_poison(block, large.pages * PAGE_SIZE);
    }
    return heap_large_free(block, &large);
}

/* --- The interface --- */

/* Everything but the shortest way. */
static __noinline void *allocate(size_t size, size_t align, unsigned node, virt_addr_t site)
{
    void *block;

    if (size == 0 || !is_power_of_2(align) || align > ALIGN_MAX) {
        return NULL;
    }
    align = MAX(align, (size_t)HEAP_ALIGN);
    if (size > SIZE_MAX_ASK || !ready || alloc_should_fail()) {
        return failed();
    }
    if (size > LARGE_MIN || align >= PAGE_SIZE) {
        block = large_alloc(size, align, node, site);
    } else if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        block = checked_alloc(size, align, node, site);
    } else {
        block = tagged_alloc(size, align, node);
    }
    return block;
}

/* Small blocks without checks take the shortest way. */
static __always_inline void *quick_alloc(size_t size, virt_addr_t site)
{
    if (!HAS_CHECKS && !MAY_FAIL && likely(size - 1 < HEAP_SMALL_MAX)) {
        return small_alloc(size);
    }
    return allocate(size, HEAP_ALIGN, HEAP_ANY_NODE, site);
}

#define CALLER ((virt_addr_t)__builtin_return_address(0))

void *kmalloc(size_t size)
{
    return quick_alloc(size, CALLER);
}

void *kzalloc(size_t size)
{
    void *block = quick_alloc(size, CALLER);

    return block != NULL ? memset(block, 0, size) : NULL;
}

void *kcalloc(size_t count, size_t size)
{
    size_t bytes;
    void *block;

    if (mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    block = quick_alloc(bytes, CALLER);
    return block != NULL ? memset(block, 0, bytes) : NULL;
}

void *kmalloc_aligned(size_t size, size_t align)
{
    return allocate(size, align, HEAP_ANY_NODE, CALLER);
}

void *kmalloc_node(size_t size, unsigned node)
{
    if (node >= numa_nodes()) {
        return NULL;
    }
    return allocate(size, HEAP_ALIGN, node == numa_node_here() ? HEAP_ANY_NODE : node, CALLER);
}

/* What is no block: NULL, or a mistake. */
static void refuse(const void *block, virt_addr_t now)
{
    if (block != NULL && IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        heap_panic("freed twice, or no block", block, 0, 0, now);
    }
    if (block != NULL) {
        log_error("%p, given back at %p, is no block of the heap", block, (void *)now);
    }
}

static __noinline void free_block(void *block, virt_addr_t now)
{
    if (block == NULL || large_free(block, now)) {
        return;
    }
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        checked_free(block, now);
    } else if (is_tagged(block)) {
        tagged_free(block);
    } else {
        refuse(block, now);
    }
}

/* A block at a page boundary has no tag, and perhaps no memory in front of it. */
static __always_inline bool has_tag(const void *block)
{
    return !IS_ALIGNED((virt_addr_t)block, PAGE_SIZE) && IS_ALIGNED((virt_addr_t)block, HEAP_ALIGN);
}

void kfree(void *block)
{
    if (!IS_ENABLED(CONFIG_HEAP_DEBUG) && likely(has_tag(block))) {
        uint64_t tag = tag_read(block);

        if (likely(tag_is_small(tag))) {
            small_free(block, tag);
            return;
        }
    }
    free_block(block, CALLER);
}

size_t kmalloc_usable(const void *block)
{
    struct heap_large large;

    if (is_large(block, &large)) {
        return IS_ENABLED(CONFIG_HEAP_DEBUG) ? large.size : large.pages * PAGE_SIZE;
    }
    return IS_ENABLED(CONFIG_HEAP_DEBUG) ? head_of(block)->size : tagged_usable(block);
}

/* --- Other sizes --- */

static bool resize_large(void *block, const struct heap_large *large, size_t size, virt_addr_t now)
{
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        check_large(block, large, now);
    }
    if (size <= LARGE_MIN || !heap_large_resize(block, size, now)) {
        return false;
    }
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        heap_trace_free(block, large->size, large->site, now);
        dress_large(block, size, now);
    }
    return true;
}

/* Whether memory of `have` bytes is good for `size`: enough, and not more than twice that. */
static bool suits(size_t have, size_t size)
{
    return size <= have && (size > have / 2 || have <= 64);
}

static bool resize_tagged(void *memory, size_t size)
{
    if (tag_is_small(tag_read(memory)) || size > LARGE_MIN) {
        return suits(tagged_usable(memory), size);
    }
    return size > HEAP_SMALL_MAX && heap_list_resize(memory, size);
}

static bool resize_checked(void *block, size_t size, virt_addr_t now)
{
    struct heap_head was = *head_of(block);

    check_block(block, now);
    if (size > LARGE_MIN || !resize_tagged(start_of(block), was.offset + size + TAIL_MIN)) {
        return false;
    }
    heap_trace_free(block, was.size, was.site, now);
    if (size > was.size) {
        memset((char *)block + was.size, POISON_NEW, size - was.size);
    }
    dress(block, was.offset, size, now);
    return true;
}

/* Changes a block's size where it is, if that can be done. */
static bool resize(void *block, size_t size, virt_addr_t now)
{
    struct heap_large large;

    if (is_large(block, &large)) {
        return resize_large(block, &large, size, now);
    }
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        return resize_checked(block, size, now);
    }
    return resize_tagged(block, size);
}

void *krealloc(void *block, size_t size)
{
    virt_addr_t now = CALLER;
    void *moved;

    if (block == NULL) {
        return allocate(size, HEAP_ALIGN, HEAP_ANY_NODE, now);
    }
    if (size == 0) {
        free_block(block, now);
        return NULL;
    }
    if (size <= SIZE_MAX_ASK && resize(block, size, now)) {
        return block;
    }
    moved = allocate(size, HEAP_ALIGN, HEAP_ANY_NODE, now);
    if (moved != NULL) {
        memcpy(moved, block, MIN(size, kmalloc_usable(block)));
        free_block(block, now);
    }
    return moved;
}

/* --- All of it --- */

size_t heap_trim(void)
{
    size_t pages = objcache_trim_all(OBJCACHE_HERE);

    return pages + heap_list_trim();
}

void heap_leave_cpu(unsigned cpu)
{
    (void)objcache_trim_all(cpu);
}

bool heap_class_stats(unsigned index, struct heap_class_stats *out)
{
    if (index >= CLASSES) {
        return false;
    }
    *out = (struct heap_class_stats){
        .cache = &classes[index],
        .usable = classes[index].size,
        .used = objcache_used(&classes[index]),
    };
    return true;
}

static void add_cache(const struct objcache *cache, void *arg)
{
    struct heap_stats *stats = arg;
    uint64_t used = objcache_used(cache);

    stats->blocks_used += used;
    stats->bytes_used += used * cache->size;
    stats->allocations += objcache_allocations(cache);
}

void heap_get_stats(struct heap_stats *out)
{
    struct heap_list_stats list;

    /* The list counts a block of pages by its record there. */
    *out = (struct heap_stats){.bytes_used = heap_large_bytes()};
    for (unsigned node = 0; heap_list_stats(node, &list); node++) {
        out->blocks_used += list.blocks_used;
        out->bytes_used += list.bytes_used;
        out->allocations += list.allocations;
    }
    objcache_for_each(add_cache, out);
    out->bytes_held = heap_pages_held() * PAGE_SIZE;
    out->failures = __atomic_load_n(&failures, __ATOMIC_RELAXED);
}

static int heap_init(void)
{
    static const char *const names[CLASSES] = {
        "kmalloc-8",   "kmalloc-24",  "kmalloc-40",  "kmalloc-56",  "kmalloc-72", "kmalloc-104",
        "kmalloc-136", "kmalloc-200", "kmalloc-264", "kmalloc-392", "kmalloc-520"};

    heap_list_init();
    for (unsigned i = 0; i < CLASSES; i++) {
        objcache_init_tagged(&classes[i], names[i], class_pitch[i],
                             TAG_SMALL | (uint64_t)i << TAG_CLASS_SHIFT, &small[0][i].mine,
                             sizeof(small[0]));
    }
    if (!heap_list_reserve(DIV_ROUND_UP(CONFIG_HEAP_INITIAL_KB * 1024ul, PAGE_SIZE))) {
        return -ENOMEM;
    }
    ready = true;
    return 0;
}

SUBSYSTEM(heap, .name = "heap", .early_init = heap_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"page allocator"});
