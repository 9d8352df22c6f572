/* SPDX-License-Identifier: MIT */
/* The heap: spans of 64 KiB, each either cut into blocks of one size or, alone or with those behind it, one
 * large block. What is known of a block stands apart from it, so that writing past its end cannot make it a
 * different one, and freeing what is no block is noticed. All under one lock. */
#include "heap.h"

#include <keel/errno.h>
#include <stdbool.h>
#include <string.h>

#define PAGE        ((size_t)4096)
#define CLASSES     32u /* 8 up to 128, then 4 for each doubling up to 8192 */
#define LINEAR_MAX  ((size_t)128)
#define WORDS       (LIB_SPAN_SIZE / LIB_HEAP_GRAIN / 64)
#define SIZE_LIMIT  ((size_t)1 << 40)
#define ROUND(n, a) (((n) + (a)-1) / (a) * (a))

/* What a span is. */
enum kind {
    SPAN_FREE,
    SPAN_SMALL,
    SPAN_LARGE,
    SPAN_REST /* of a large block */
};

/* One for each span, in front of the spans: the pages of this table come as they are needed. */
struct span {
    uint32_t kind;
    uint32_t pages;
};

/* At the begin of a span of small blocks. */
struct blocks {
    struct blocks *next, *previous; /* others of the size with room */
    uint32_t class, first, count;   /* `first`: where in the span blocks begin */
    uint32_t used;
    uint32_t hint; /* no word before it has room */
    uint64_t taken[WORDS];
};

static uintptr_t base; /* of span 0; 0: the heap was not used yet */
static size_t spans, first_span;
static size_t lowest_free; /* no span before it is free */
static size_t touched;     /* nor was any from here on ever used */
static struct span *table;
static struct blocks *with_room[CLASSES];

static unsigned class_of(size_t size)
{
    unsigned doubling;

    if (size <= LINEAR_MAX) {
        return size == 0 ? 0 : (unsigned)((size - 1) / LIB_HEAP_GRAIN);
    }
    doubling = 63u - (unsigned)__builtin_clzll(size - 1); /* 7: up to 256 */
    return 8 + (doubling - 7) * 4 + (unsigned)(((size - 1) >> (doubling - 2)) & 3);
}

static size_t size_of(unsigned class)
{
    if (class < 8) {
        return (class + 1) * LIB_HEAP_GRAIN;
    }
    return (size_t)(5 + (class - 8) % 4) << (5 + (class - 8) / 4);
}

static uintptr_t address_of(size_t span)
{
    return base + span * LIB_SPAN_SIZE;
}

/* The first use: addresses, and the table in front of them. */
static int set_up(void)
{
    size_t size, table_size;
    uintptr_t begin;
    int err;

    if (base != 0) {
        return 0;
    }
    err = lib_heap_reserve(&begin, &size);
    if (err != 0) {
        return err;
    }
    spans = size / LIB_SPAN_SIZE;
    table_size = spans * sizeof(struct span);
    err = lib_heap_map(begin, ROUND(table_size, PAGE));
    if (err == 0) {
        base = begin;
        table = (struct span *)begin;
        first_span = ROUND(table_size, LIB_SPAN_SIZE) / LIB_SPAN_SIZE;
        lowest_free = touched = first_span;
    }
    return err;
}

/* `count` free spans side by side, the first at a multiple of `alignment`; 0 if there are none. */
static size_t find_spans(size_t count, size_t alignment)
{
    size_t at = lowest_free, run = 0;

    for (; at < spans && run < count; at++) {
        if (table[at].kind != SPAN_FREE) {
            run = 0;
        } else if (run != 0 || address_of(at) % alignment == 0) {
            run++;
        }
    }
    return run == count ? at - count : 0;
}

/* Pages at spans that nobody has, marked; 0 without memory. */
static size_t take_spans(size_t bytes, size_t alignment, enum kind kind)
{
    size_t count = ROUND(bytes, LIB_SPAN_SIZE) / LIB_SPAN_SIZE;
    size_t span = find_spans(count, alignment);

    if (span == 0 || lib_heap_map(address_of(span), ROUND(bytes, PAGE)) != 0) {
        return 0;
    }
    table[span] = (struct span){.kind = kind, .pages = (uint32_t)(ROUND(bytes, PAGE) / PAGE)};
    for (size_t i = 1; i < count; i++) {
        table[span + i] = (struct span){.kind = SPAN_REST};
    }
    lowest_free = span == lowest_free ? span + count : lowest_free;
    touched = span + count > touched ? span + count : touched;
    return span;
}

static void give_spans(size_t span)
{
    size_t bytes = table[span].pages * PAGE;

    lib_heap_unmap(address_of(span), bytes);
    for (size_t i = 0; i < ROUND(bytes, LIB_SPAN_SIZE) / LIB_SPAN_SIZE; i++) {
        table[span + i] = (struct span){.kind = SPAN_FREE};
    }
    lowest_free = span < lowest_free ? span : lowest_free;
}

static void link_blocks(struct blocks *blocks)
{
    struct blocks **head = &with_room[blocks->class];

    blocks->previous = NULL;
    blocks->next = *head;
    if (*head) {
        (*head)->previous = blocks;
    }
    *head = blocks;
}

static void unlink_blocks(struct blocks *blocks)
{
    if (blocks->next) {
        blocks->next->previous = blocks->previous;
    }
    if (blocks->previous) {
        blocks->previous->next = blocks->next;
    } else {
        with_room[blocks->class] = blocks->next;
    }
}

/* Blocks of a power of two lie at multiples of it. */
static struct blocks *make_blocks(unsigned class)
{
    size_t span = take_spans(LIB_SPAN_SIZE, 1, SPAN_SMALL), size = size_of(class);
    size_t alignment = size & -size;
    struct blocks *blocks;

    if (span == 0) {
        return NULL;
    }
    blocks = (struct blocks *)address_of(span);
    blocks->class = class;
    blocks->first = (uint32_t)ROUND(sizeof(*blocks), alignment);
    blocks->count = (uint32_t)((LIB_SPAN_SIZE - blocks->first) / size);
    link_blocks(blocks);
    return blocks;
}

/* There is room. */
static void *take_block(struct blocks *blocks)
{
    unsigned word = blocks->hint, bit;

    while (blocks->taken[word] == UINT64_MAX) {
        word++;
    }
    bit = (unsigned)__builtin_ctzll(~blocks->taken[word]);
    blocks->taken[word] |= UINT64_C(1) << bit;
    blocks->hint = word;
    if (++blocks->used == blocks->count) {
        unlink_blocks(blocks);
    }
    return (char *)blocks + blocks->first + ((size_t)word * 64 + bit) * size_of(blocks->class);
}

/* One empty span of a size stays, so that who allocates and frees in turn asks for no pages. */
static void free_block(struct blocks *blocks, size_t index)
{
    blocks->taken[index / 64] &= ~(UINT64_C(1) << index % 64);
    if (index / 64 < blocks->hint) {
        blocks->hint = (uint32_t)(index / 64);
    }
    if (blocks->used-- == blocks->count) {
        link_blocks(blocks);
    }
    if (blocks->used == 0 && (blocks->next || blocks->previous)) {
        unlink_blocks(blocks);
        give_spans(((uintptr_t)blocks - base) / LIB_SPAN_SIZE);
    }
}

/* A block as free() finds it. */
struct found {
    size_t span, index, size;
    struct blocks *blocks; /* NULL: a large block */
};

static bool find_small(size_t in_span, struct found *out)
{
    struct blocks *blocks = (struct blocks *)address_of(out->span);

    out->blocks = blocks;
    out->size = size_of(blocks->class);
    out->index = (in_span - blocks->first) / out->size;
    return in_span >= blocks->first && (in_span - blocks->first) % out->size == 0 &&
           out->index < blocks->count &&
           (blocks->taken[out->index / 64] >> out->index % 64 & 1) != 0;
}

/* False: it is no block, or not any more. */
static bool find_block(void *memory, struct found *out)
{
    size_t offset = (uintptr_t)memory - base;

    *out = (struct found){.span = offset / LIB_SPAN_SIZE};
    if (base == 0 || out->span < first_span || out->span >= touched) {
        return false;
    }
    out->size = table[out->span].pages * PAGE;
    return table[out->span].kind == SPAN_SMALL   ? find_small(offset % LIB_SPAN_SIZE, out)
           : table[out->span].kind == SPAN_LARGE ? offset % LIB_SPAN_SIZE == 0
                                                 : false;
}

/* Alignment beyond the usual comes with blocks of a power of two. */
static void *take_small(size_t size, size_t alignment)
{
    size_t least = size > alignment ? size : alignment;
    unsigned class = class_of(
        alignment <= LIB_HEAP_GRAIN ? size : (size_t)1 << (64 - __builtin_clzll(least - 1)));
    struct blocks *blocks = with_room[class] ? with_room[class] : make_blocks(class);

    return blocks ? take_block(blocks) : NULL;
}

static void *take_large(size_t size, size_t alignment)
{
    size_t span = take_spans(size == 0 ? 1 : size, alignment, SPAN_LARGE);

    return span != 0 ? (void *)address_of(span) : NULL;
}

void *lib_heap_allocate(size_t size, size_t alignment)
{
    void *memory = NULL;

    if (size > SIZE_LIMIT || alignment > SIZE_LIMIT) {
        return NULL;
    }
    lib_heap_lock();
    if (set_up() == 0) {
        memory = size <= LIB_HEAP_SMALL_MAX && alignment <= LIB_HEAP_SMALL_MAX
                     ? take_small(size, alignment)
                     : take_large(size, alignment);
    }
    lib_heap_unlock();
    return memory;
}

/* The block of that address, or the end of the program. The lock is held. */
static struct found must_find(void *memory, const char *what)
{
    struct found found;

    if (!find_block(memory, &found)) {
        lib_heap_unlock();
        lib_heap_misused(what, memory);
    }
    return found;
}

void lib_heap_free(void *memory)
{
    struct found found;

    if (!memory) {
        return;
    }
    lib_heap_lock();
    found = must_find(memory, "free");
    if (found.blocks) {
        free_block(found.blocks, found.index);
    } else {
        give_spans(found.span);
    }
    lib_heap_unlock();
}

size_t lib_heap_size_of(void *memory)
{
    size_t size;

    if (!memory) {
        return 0;
    }
    lib_heap_lock();
    size = must_find(memory, "malloc_usable_size").size;
    lib_heap_unlock();
    return size;
}

void *lib_heap_resize(void *memory, size_t size)
{
    size_t had = lib_heap_size_of(memory);
    void *moved;

    if (memory && size <= had && (size >= had / 2 || had == LIB_HEAP_GRAIN)) {
        return memory;
    }
    moved = lib_heap_allocate(size, LIB_HEAP_GRAIN);
    if (moved && memory) {
        memcpy(moved, memory, size < had ? size : had);
        lib_heap_free(memory);
    }
    return moved;
}
