/* SPDX-License-Identifier: MIT */
/* What the heap's files share. From the ground up: fault_inject.c, heap_pages.c (pages for all of
 * them), heap_trace.c (debugging), heap.c (the first-fit list), heap_large.c (whole pages),
 * objcache.c, kmalloc.c (chooses between these), heap_command.c. */
#ifndef MM_HEAP_INTERNAL_H
#define MM_HEAP_INTERNAL_H

#include <arch/cpu.h>
#include <arch/layout.h>
#include <keel/heap.h>
#include <keel/list.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>
#include <keel/types.h>

/*
 * The tag, in the 8 bytes in front of every block that kfree() takes but those of whole pages:
 *
 *   63     52 51  48 47  40 39            4   3     2         1         0
 *   +--------+------+------+--------------+-----+-------+-----------+------+
 *   | 0x6be  |  0   | node | bytes / 16   | END |   0   | PREV_USED | USED |    of the list
 *   | 0x6bf  |  0   |  0   | class        |  0  |   0   |     0     |   1  |    of a size class
 *   +--------+------+------+--------------+-----+-------+-----------+------+
 */
#define TAG_USED        (UINT64_C(1) << 0)
#define TAG_PREV_USED   (UINT64_C(1) << 1) /* so is the block in front of this one */
#define TAG_END         (UINT64_C(1) << 3) /* no block: ends a chunk, the size is the chunk's */
#define TAG_SIZE        UINT64_C(0xfffffffff0)
#define TAG_NODE(tag)   ((uint8_t)((tag) >> TAG_NODE_SHIFT))
#define TAG_NODE_SHIFT  40
#define TAG_MAGIC_SHIFT 52
#define TAG_LIST        (UINT64_C(0x6be) << TAG_MAGIC_SHIFT)
#define TAG_SMALL       (UINT64_C(0x6bf) << TAG_MAGIC_SHIFT | TAG_USED)
#define TAG_CLASS_SHIFT 4

static inline bool tag_is_small(uint64_t tag)
{
    return tag >> TAG_MAGIC_SHIFT == TAG_SMALL >> TAG_MAGIC_SHIFT;
}

/* The class of a small block; less than 16 whatever the tag is. */
static inline unsigned tag_class(uint64_t tag)
{
    return (unsigned)tag >> TAG_CLASS_SHIFT & 15;
}

static inline uint64_t *tag_of(const void *block)
{
    return (uint64_t *)block - 1;
}

/* The tag of a block in use. Whoever has the block reads it without a lock; meanwhile only
 * TAG_PREV_USED may change. */
static inline uint64_t tag_read(const void *block)
{
    return __atomic_load_n(tag_of(block), __ATOMIC_RELAXED);
}

/* --- heap_pages.c --- */

/* `count` pages in the direct map, or NULL, at a multiple of 2^align_log2 bytes (at least 12): of
 * that node alone, or for HEAP_ANY_NODE by the CPU's policy. Contents are anything. Any context. */
#define HEAP_ANY_NODE UINT32_MAX
void *heap_pages_alloc(size_t count, unsigned node, unsigned align_log2);
void heap_pages_free(void *first, size_t count);
uint64_t heap_pages_held(void);

/* --- heap.c: blocks between two sizes of the other kinds --- */

void heap_list_init(void);
/* `size` bytes of that node or the next nearest; `align` is at least HEAP_ALIGN, less than a page. */
void *heap_list_alloc(size_t size, size_t align, unsigned node);
void heap_list_free(void *block);
/* Makes the block larger or smaller where it is; false when there is no room. */
bool heap_list_resize(void *block, size_t size);
size_t heap_list_usable(const void *block);
/* Takes `pages` from the page allocator that heap_list_trim() leaves alone. */
bool heap_list_reserve(size_t pages);
size_t heap_list_trim(void);

struct heap_list_stats {
    uint64_t chunks, chunk_bytes;
    uint64_t blocks_used, bytes_used;
    uint64_t allocations;
    uint64_t blocks_free, bytes_free, largest_free;
};
/* Of one node; false past the last. */
bool heap_list_stats(unsigned node, struct heap_list_stats *out);

/* --- heap_large.c: blocks of whole pages, at page boundaries --- */

/* What is known of one. */
struct heap_large {
    size_t size; /* as asked for */
    size_t pages;
    virt_addr_t site; /* who allocated it */
};
void *heap_large_alloc(size_t size, size_t align, unsigned node, virt_addr_t site);
/* Frees the block that starts at `block`, telling what it was; false when there is none. */
bool heap_large_free(void *block, struct heap_large *was);
bool heap_large_find(const void *block, struct heap_large *out);
/* Another size within the same pages; false when they do not hold it. */
bool heap_large_resize(void *block, size_t size, virt_addr_t site);
/* Of all of them; a record of each is a block of the list. */
uint64_t heap_large_bytes(void);

/* --- objcache.c --- */

/* A CPU's free objects, linked through their first words. Touched by that CPU alone, interrupts
 * off; other CPUs may read `state`. */
struct objcache_cpu {
    void *free;
    uint64_t state; /* times 2^16: objects ever allocated; plus how many more may be given */
    uint64_t limit; /* so many free objects are too many */
};

#define STATE_GIVE  UINT64_C(1)     /* subtracted: one object less may be given */
#define STATE_TAKE  UINT64_C(1)     /* added: one more */
#define STATE_ALLOC UINT64_C(65536) /* added: one was allocated */
#define STATE_ROOM  UINT64_C(65535)

static inline uint32_t objcache_count(const struct objcache_cpu *mine)
{
    uint64_t state = __atomic_load_n(&mine->state, __ATOMIC_RELAXED);

    return (uint32_t)(mine->limit - (state & STATE_ROOM));
}

struct objcache {
    const char *name;
    struct list_node node; /* among all caches */
    uint32_t size;         /* of an object, as asked for */
    uint32_t pitch;        /* from one to the next */
    uint32_t first;        /* offset of the first in its slab */
    uint32_t capacity;     /* objects of a slab */
    uint32_t slab_pages;   /* a power of two; a slab is aligned to its size */
    uint32_t batch;        /* moved between a CPU and the slabs at once */
    uint64_t tag;          /* written in front of each object; 0: nothing is */
    struct objcache_cpu *cpus;
    size_t stride; /* bytes from one CPU's to the next's */
    struct spinlock lock;
    struct list partial; /* slabs with objects free; full ones are on no list */
    struct list empty;
    uint32_t empty_count;
    uint64_t slabs;
    uint64_t taken; /* objects out of the slabs, the CPUs' free ones among them */
};

/* A cache in memory of the caller's: every `tag`ged object lies 8 bytes behind its tag, at a multiple
 * of HEAP_ALIGN, and has no checks of its own. */
void objcache_init_tagged(struct objcache *cache, const char *name, size_t pitch, uint64_t tag,
                          struct objcache_cpu *cpus, size_t stride);

/* The ways through the slabs, when a CPU has no free object, or too many. Interrupts off. */
void *objcache_refill(struct objcache *cache, struct objcache_cpu *mine);
void objcache_flush(struct objcache *cache, struct objcache_cpu *mine);

/* Gives the free objects of a CPU that is off, or of the calling one, and the empty slabs of all caches
 * back; pages given. */
#define OBJCACHE_HERE CPUS_MAX
size_t objcache_trim_all(unsigned cpu);

/* Objects in use, from counts that other CPUs change meanwhile. */
uint64_t objcache_used(const struct objcache *cache);
uint64_t objcache_allocations(const struct objcache *cache);
void objcache_for_each(void (*visit)(const struct objcache *cache, void *arg), void *arg);

/* Counts that other CPUs read, without order, are written whole. */
#define COUNT_ADD(counter, n) __atomic_store_n(&(counter), (counter) + (n), __ATOMIC_RELAXED)

/* An object from the CPU's own, or NULL when it has none. Interrupts off. */
static __always_inline void *objcache_take(struct objcache_cpu *mine)
{
    void **object = mine->free;

    if (likely(object != NULL)) {
        mine->free = *object;
        COUNT_ADD(mine->state, STATE_ALLOC + STATE_TAKE);
    }
    return object;
}

/* Puts an object to the CPU's own; true when there are too many of them now. */
static __always_inline bool objcache_give(struct objcache_cpu *mine, void *object)
{
    uint64_t state = mine->state - STATE_GIVE;

    *(void **)object = mine->free;
    mine->free = object;
    __atomic_store_n(&mine->state, state, __ATOMIC_RELAXED);
    return (state & STATE_ROOM) == 0;
}

/* --- heap_trace.c: debugging (CONFIG_HEAP_DEBUG) --- */

#define POISON_FREE 0x6bu /* memory that nobody has */
#define POISON_NEW  0x5au /* memory that somebody has and has not written */
#define REDZONE     0xbbu

/* In front of a block with CONFIG_HEAP_DEBUG. */
struct heap_head {
    uint64_t links[2]; /* left to the free lists */
    size_t size;       /* as asked for */
    virt_addr_t site;
    size_t offset; /* from the start of the memory to the block */
    uint64_t redzone;
};

#define HEAP_HEAD_REDZONE UINT64_C(0xbbbbbbbb6b65656c)

void heap_poison(void *start, size_t size);
/* The first byte that is not `fill`, or NULL. */
const uint8_t *heap_find_other(const void *start, size_t size, uint8_t fill);

/* Counts a block for the place that allocated it, and out again; the latter also remembers for a
 * while who freed what. */
void heap_trace_alloc(virt_addr_t site, size_t size);
void heap_trace_free(const void *block, size_t size, virt_addr_t site, virt_addr_t freed_by);

/* Panics with `what`, the block, who allocated it (0: not known) and who freed it, as far as this is
 * remembered. */
__noreturn void heap_panic(const char *what, const void *block, size_t size, virt_addr_t site,
                           virt_addr_t now);

/* Panics when memory that was handed back is not as heap_poison() left it. */
void heap_check_poison(const void *start, size_t size, virt_addr_t now);

struct heap_freed {
    virt_addr_t start;
    size_t size;
    virt_addr_t allocated_by, freed_by;
};
/* The last block freed that held this address; false when there is none or it is forgotten. */
bool heap_trace_find(virt_addr_t address, struct heap_freed *out);

/* --- kmalloc.c --- */

struct heap_class_stats {
    const struct objcache *cache;
    size_t usable;
    uint64_t used;
};
/* The nth size class; false past the last. */
bool heap_class_stats(unsigned index, struct heap_class_stats *out);

#endif
