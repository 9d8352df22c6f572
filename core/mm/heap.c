/* SPDX-License-Identifier: MIT */
/*
 * The first-fit list: blocks of any size, in chunks of pages, for each node its own.
 *
 *   chunk: | struct chunk | 8 bytes | tag payload | tag payload | ... | end tag |
 *   free:  | tag | list node | ... | size |
 *
 * A block is a tag and its payload; its size, a multiple of 16, counts the tag. A free block repeats
 * its size in its last 8 bytes, where the block behind it finds it to coalesce. No two free blocks
 * touch. Free blocks hang in lists by the power of two below their size; a search takes the first
 * that fits, of its own list or of the next one up that has any.
 */
#include "heap_internal.h"

#include <keel/bits.h>
#include <keel/numa.h>
#include <keel/pmm.h>

#define BLOCK_MIN   32u /* tag, list node, size */
#define BIN_SHIFT   5u
#define BINS        24u
#define GROW_PAGES  16u

/* In front of the first tag, so that its payload is aligned, and with the end's tag. */
#define CHUNK_HEAD  (sizeof(struct chunk) + sizeof(uint64_t))
#define CHUNK_EXTRA (CHUNK_HEAD + sizeof(uint64_t))

struct chunk {
    struct list_node node;
    uint64_t bytes;
    uint64_t keep; /* never given back */
};

_Static_assert(CHUNK_EXTRA % HEAP_ALIGN == 0, "the first payload lies at a multiple of 16");

struct block {
    uint64_t tag;
    struct list_node node; /* while it is free */
};

struct heap {
    struct spinlock lock;
    uint32_t bins_used; /* bit n: bins[n] was not empty, last we looked */
    uint32_t node;
    uint32_t empty_chunks; /* not to be kept, and all free */
    struct list bins[BINS];
    struct list chunks;
    uint64_t allocations, blocks_used, bytes_used;
} __aligned(64);

static struct heap heaps[NUMA_NODES_MAX];

static size_t block_size(const struct block *block)
{
    return block->tag & TAG_SIZE;
}

static void *payload_of(struct block *block)
{
    return &block->node;
}

static struct block *block_of(const void *payload)
{
    return container_of(payload, struct block, node);
}

/* Tells a block whether the one in front of it is in use; its owner may be reading its tag. */
static void mark_prev(struct block *block, bool used)
{
    uint64_t tag = used ? block->tag | TAG_PREV_USED : block->tag & ~TAG_PREV_USED;

    __atomic_store_n(&block->tag, tag, __ATOMIC_RELAXED);
}

static struct heap *heap_of(const void *payload)
{
    return &heaps[TAG_NODE(tag_read(payload))];
}

static struct block *block_at(struct block *block, size_t offset)
{
    return (struct block *)((char *)block + offset);
}

static struct block *next_block(struct block *block)
{
    return block_at(block, block_size(block));
}

/* The size that a free block repeats in its last bytes. */
static uint64_t *size_again(struct block *block)
{
    return tag_of(next_block(block));
}

static struct block *first_block(struct chunk *chunk)
{
    return (struct block *)((char *)chunk + CHUNK_HEAD);
}

static unsigned bin_of(size_t size)
{
    return MIN(ilog2(size) - BIN_SHIFT, BINS - 1);
}

/* Memory that becomes free is poisoned; so is what the list itself wrote there, once it is not the
 * list's any longer. */
static void wipe(void *start, size_t size)
{
    if (IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        heap_poison(start, size);
    }
}

/* Writes a free block's tag and size and lists it. The block in front of it is in use. */
static void insert_free(struct heap *heap, struct block *block, size_t size)
{
    unsigned bin = bin_of(size);

    block->tag = TAG_LIST | TAG_PREV_USED | size | (uint64_t)heap->node << TAG_NODE_SHIFT;
    *size_again(block) = size;
    mark_prev(next_block(block), false);
    list_add_head(&heap->bins[bin], &block->node);
    heap->bins_used |= 1u << bin;
}

/* Bytes to leave free in front so that the payload is aligned: none, or enough for a block. */
static size_t gap_in_front(struct block *block, size_t align)
{
    virt_addr_t payload = (virt_addr_t)payload_of(block);
    size_t gap = ALIGN_UP(payload, align) - payload;

    while (gap != 0 && gap < BLOCK_MIN) {
        gap += align;
    }
    return gap;
}

/* The first block of a list that holds `size` bytes, tag included, behind its gap. */
static struct block *first_fit(struct list *bin, size_t size, size_t align)
{
    struct block *block;

    list_for_each_entry (block, bin, node) {
        if (block_size(block) >= size &&
            (align <= HEAP_ALIGN || block_size(block) - size >= gap_in_front(block, align))) {
            return block;
        }
    }
    return NULL;
}

static struct block *find_free(struct heap *heap, size_t size, size_t align)
{
    unsigned first = bin_of(size);
    uint32_t candidates = heap->bins_used >> first << first;

    for (; candidates != 0; candidates &= candidates - 1) {
        unsigned bin = bits_lowest(candidates);
        struct block *block = first_fit(&heap->bins[bin], size, align);

        if (block != NULL) {
            return block;
        }
        if (list_is_empty(&heap->bins[bin])) {
            heap->bins_used &= ~(1u << bin);
        }
    }
    return NULL;
}

/* The chunk that this free block fills all of, or NULL. */
static struct chunk *chunk_if_empty(struct block *block)
{
    struct block *end = next_block(block);
    struct chunk *chunk;

    if ((end->tag & TAG_END) == 0) {
        return NULL;
    }
    chunk = (struct chunk *)((char *)end + sizeof(end->tag) - block_size(end));
    return first_block(chunk) == block ? chunk : NULL;
}

static void count_empty(struct heap *heap, struct block *block, int change)
{
    struct chunk *chunk = chunk_if_empty(block);

    if (chunk != NULL && !chunk->keep) {
        heap->empty_chunks += change;
    }
}

/* Gives the end of a block in use, behind its first `size` bytes, to the list if it makes a block;
 * what follows is in use. */
static void split_tail(struct heap *heap, struct block *block, size_t size)
{
    size_t rest = block_size(block) - size;

    if (rest >= BLOCK_MIN) {
        block->tag -= rest;
        insert_free(heap, block_at(block, size), rest);
    }
}

/* Takes `size` bytes out of a free block. */
static void *carve(struct heap *heap, struct block *block, size_t size, size_t align)
{
    size_t gap = align > HEAP_ALIGN ? gap_in_front(block, align) : 0;
    size_t whole = block_size(block);
    uint64_t flags = TAG_PREV_USED;

    count_empty(heap, block, -1);
    list_remove(&block->node);
    wipe(size_again(block), sizeof(uint64_t));
    if (gap != 0) {
        insert_free(heap, block, gap);
        block = next_block(block);
        flags = 0;
    }
    block->tag =
        TAG_LIST | TAG_USED | flags | (whole - gap) | (uint64_t)heap->node << TAG_NODE_SHIFT;
    mark_prev(next_block(block), true);
    split_tail(heap, block, size);
    heap->allocations++;
    heap->blocks_used++;
    heap->bytes_used += block_size(block) - sizeof(block->tag);
    return payload_of(block);
}

/* Enters a chunk of fresh pages; false when there is none (NULL). Takes heap->lock. */
static bool add_chunk(struct heap *heap, struct chunk *chunk, size_t pages, bool keep)
{
    size_t bytes = pages * PAGE_SIZE;
    size_t size = bytes - CHUNK_EXTRA;
    struct block *block;
    unsigned long irq;

    if (chunk == NULL) {
        return false;
    }
    irq = spin_lock(&heap->lock);
    block = first_block(chunk);
    wipe(block, size);
    chunk->bytes = bytes;
    chunk->keep = keep;
    block_at(block, size)->tag = TAG_LIST | TAG_USED | TAG_END | bytes;
    insert_free(heap, block, size);
    count_empty(heap, block, 1);
    list_add_tail(&heap->chunks, &chunk->node);
    spin_unlock(&heap->lock, irq);
    return true;
}

/* Takes pages for at least `size` bytes of blocks; more when there are more in a row. */
static bool grow(struct heap *heap, size_t size)
{
    size_t need = DIV_ROUND_UP(size + CHUNK_EXTRA, PAGE_SIZE);
    size_t pages = MAX(need, (size_t)GROW_PAGES);
    struct chunk *chunk = heap_pages_alloc(pages, heap->node, PAGE_SHIFT);

    if (chunk == NULL) {
        pages = need;
        chunk = heap_pages_alloc(pages, heap->node, PAGE_SHIFT);
    }
    return add_chunk(heap, chunk, pages, false);
}

static void *alloc_from(struct heap *heap, size_t size, size_t align)
{
    unsigned long irq = spin_lock(&heap->lock);
    struct block *block = find_free(heap, size, align);
    void *payload = block != NULL ? carve(heap, block, size, align) : NULL;

    spin_unlock(&heap->lock, irq);
    return payload;
}

/* Bytes of a block for a payload. */
static size_t size_for(size_t size)
{
    return MAX(ALIGN_UP(size + sizeof(uint64_t), HEAP_ALIGN), (size_t)BLOCK_MIN);
}

void *heap_list_alloc(size_t size, size_t align, unsigned node)
{
    size_t spare = align > HEAP_ALIGN ? align + BLOCK_MIN : 0;

    size = size_for(size);
    for (unsigned rank = 0; rank < numa_nodes(); rank++) {
        struct heap *heap = &heaps[numa_by_distance(node, rank)];
        void *payload;

        /* Another CPU may take what this one brought. */
        do {
            payload = alloc_from(heap, size, align);
        } while (payload == NULL && grow(heap, size + spare));
        if (payload != NULL) {
            return payload;
        }
    }
    return NULL;
}

/* Joins the block, not listed, with its free neighbours and lists the sum. */
static struct block *coalesce(struct heap *heap, struct block *block)
{
    struct block *next = next_block(block);
    size_t size = block_size(block);

    if ((next->tag & TAG_USED) == 0) {
        size += block_size(next);
        list_remove(&next->node);
        wipe(next, sizeof(*next));
    }
    if ((block->tag & TAG_PREV_USED) == 0) {
        uint64_t before = *tag_of(block);
        struct block *prev = (struct block *)((char *)block - before);

        size += before;
        list_remove(&prev->node);
        wipe(tag_of(block), sizeof(uint64_t) + sizeof(*block));
        block = prev;
    }
    insert_free(heap, block, size);
    return block;
}

/* Takes the chunk that the free block fills out, unless it is to stay. */
static struct chunk *take_chunk(struct block *block)
{
    struct chunk *chunk = chunk_if_empty(block);

    if (chunk == NULL || chunk->keep) {
        return NULL;
    }
    list_remove(&block->node);
    list_remove(&chunk->node);
    return chunk;
}

/* One empty chunk is left for the next to come; a second goes back. */
static void give_back_second(struct heap *heap, struct block *block, unsigned long irq)
{
    struct chunk *chunk = heap->empty_chunks > 0 ? take_chunk(block) : NULL;

    if (chunk == NULL) {
        count_empty(heap, block, 1);
    }
    spin_unlock(&heap->lock, irq);
    if (chunk != NULL) {
        heap_pages_free(chunk, chunk->bytes / PAGE_SIZE);
    }
}

size_t heap_list_usable(const void *payload)
{
    return (tag_read(payload) & TAG_SIZE) - sizeof(uint64_t);
}

void heap_list_free(void *payload)
{
    struct block *block = block_of(payload);
    struct heap *heap = heap_of(payload);
    unsigned long irq = spin_lock(&heap->lock);

    wipe(payload, heap_list_usable(payload));
    heap->blocks_used--;
    heap->bytes_used -= block_size(block) - sizeof(block->tag);
    give_back_second(heap, coalesce(heap, block), irq);
}

/* Takes the free block behind one in use into it. Its own marks stay: a caller fills all it gets. */
static void absorb_next(struct block *block)
{
    struct block *next = next_block(block);

    list_remove(&next->node);
    block->tag += block_size(next);
    mark_prev(next_block(block), true);
}

/* Hands what a block has beyond `size` to the list. */
static void shrink(struct heap *heap, struct block *block, size_t size)
{
    size_t rest = block_size(block) - size;
    struct block *tail = block_at(block, size);

    if (rest >= BLOCK_MIN) {
        block->tag -= rest;
        wipe(tail, rest);
        tail->tag = TAG_LIST | TAG_USED | TAG_PREV_USED | rest;
        coalesce(heap, tail);
    }
}

bool heap_list_resize(void *payload, size_t size)
{
    struct block *block = block_of(payload);
    struct heap *heap = heap_of(payload);
    unsigned long irq = spin_lock(&heap->lock);
    size_t old = block_size(block);
    size_t wanted = size_for(size);
    struct block *next = next_block(block);
    bool fits;

    if (old < wanted && (next->tag & TAG_USED) == 0 && old + block_size(next) >= wanted) {
        absorb_next(block);
    }
    if (block_size(block) > wanted) {
        shrink(heap, block, wanted);
    }
    fits = block_size(block) >= wanted;
    heap->bytes_used += block_size(block) - old;
    spin_unlock(&heap->lock, irq);
    return fits;
}

/* Takes one empty chunk that need not be kept out of the list. */
static struct chunk *take_empty(struct heap *heap)
{
    unsigned long irq = spin_lock(&heap->lock);
    struct chunk *found = NULL;
    struct chunk *chunk;

    list_for_each_entry (chunk, &heap->chunks, node) {
        struct block *block = first_block(chunk);

        if ((block->tag & TAG_USED) == 0 && take_chunk(block) != NULL) {
            heap->empty_chunks--;
            found = chunk;
            break;
        }
    }
    spin_unlock(&heap->lock, irq);
    return found;
}

size_t heap_list_trim(void)
{
    size_t pages = 0;

    for (unsigned node = 0; node < numa_nodes(); node++) {
        struct chunk *chunk;

        while ((chunk = take_empty(&heaps[node])) != NULL) {
            pages += chunk->bytes / PAGE_SIZE;
            heap_pages_free(chunk, chunk->bytes / PAGE_SIZE);
        }
    }
    return pages;
}

bool heap_list_reserve(size_t pages)
{
    struct heap *heap = &heaps[numa_node_here()];

    return add_chunk(heap, heap_pages_alloc(pages, HEAP_ANY_NODE, PAGE_SHIFT), pages, true);
}

void heap_list_init(void)
{
    for (unsigned node = 0; node < NUMA_NODES_MAX; node++) {
        heaps[node].node = node;
        list_init(&heaps[node].chunks);
        for (unsigned bin = 0; bin < BINS; bin++) {
            list_init(&heaps[node].bins[bin]);
        }
    }
}

static void add_free_stats(struct heap *heap, struct heap_list_stats *out)
{
    for (unsigned bin = 0; bin < BINS; bin++) {
        struct block *block;

        list_for_each_entry (block, &heap->bins[bin], node) {
            out->blocks_free++;
            out->bytes_free += block_size(block);
            out->largest_free = MAX(out->largest_free, (uint64_t)block_size(block));
        }
    }
}

bool heap_list_stats(unsigned node, struct heap_list_stats *out)
{
    struct heap *heap = &heaps[node];
    struct chunk *chunk;
    unsigned long irq;

    if (node >= numa_nodes()) {
        return false;
    }
    irq = spin_lock(&heap->lock);
    *out = (struct heap_list_stats){.blocks_used = heap->blocks_used,
                                    .bytes_used = heap->bytes_used,
                                    .allocations = heap->allocations};
    list_for_each_entry (chunk, &heap->chunks, node) {
        out->chunks++;
        out->chunk_bytes += chunk->bytes;
    }
    add_free_stats(heap, out);
    spin_unlock(&heap->lock, irq);
    return true;
}
