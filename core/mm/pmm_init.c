/* SPDX-License-Identifier: MIT */
/* Builds the arenas from the memory map, and takes all free RAM over from it. */
#define LOG_TAG "pmm"
#include "pmm_internal.h"

#include <keel/errno.h>
#include <keel/kasan.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/panic.h>
#include <keel/string.h>

#define OWNER    "page allocator"
#define LOW_END  (UINT64_C(1) << 32)
#define SPAN_MAX ((uint64_t)ARENA_CHUNKS_MAX << CHUNK_SHIFT)

static bool ready;

/* Adds [start, end) to the arena before it when both share a chunk, else as an arena of its own. */
static int add_span(phys_addr_t start, phys_addr_t end, unsigned node)
{
    struct arena *last = pmm_arena_count == 0 ? NULL : &pmm_arenas[pmm_arena_count - 1];
    phys_addr_t base = ALIGN_DOWN(start, CHUNK_SIZE);
    uint64_t size;

    if (last != NULL && base < last->base + last->size) {
        base = last->base + last->size;
    }
    end = ALIGN_UP(end, CHUNK_SIZE);
    if (base >= end) {
        return 0;
    }
    size = end - base;
    if (last != NULL && base == last->base + last->size && last->node == node &&
        last->low == (base < LOW_END) && last->size + size <= SPAN_MAX) {
        last->size += size;
        return 0;
    }
    if (pmm_arena_count == ARENAS_MAX) {
        return -ENOSPC;
    }
    pmm_arenas[pmm_arena_count++] =
        (struct arena){.base = base, .size = size, .node = (uint16_t)node, .low = base < LOW_END};
    return 0;
}

/* Cuts a bank where the node changes, at 4 GiB, and where an arena is full. */
static int add_bank(phys_addr_t base, uint64_t size)
{
    phys_addr_t end = base + size;
    int err = 0;

    while (base < end && err == 0) {
        phys_addr_t next = MIN(end, numa_boundary(base));

        if (base < LOW_END) {
            next = MIN(next, LOW_END);
        }
        next = MIN(next, ALIGN_DOWN(base, CHUNK_SIZE) + SPAN_MAX);
        err = add_span(base, next, numa_node_of(base));
        base = next;
    }
    return err;
}

static int add_banks(void)
{
    phys_addr_t base;
    uint64_t size;
    int err = 0;

    for (unsigned i = 0; err == 0 && memmap_ram(i, &base, &size); i++) {
        err = add_bank(base, size);
    }
    return err;
}

static uint64_t round_word(uint64_t bytes)
{
    return ALIGN_UP(bytes, (uint64_t)sizeof(struct chunk));
}

/* Points the arrays of an arena into `at`, or into nothing; the bytes they take. */
static uint64_t lay_out(struct arena *arena, char *at)
{
    uint64_t chunks = arena->chunk_count;
    uint64_t leaf = round_word(DIV_ROUND_UP(chunks, 64) * sizeof(uint64_t));
    uint64_t mid = round_word(DIV_ROUND_UP(chunks, UINT64_C(64) * 64) * sizeof(uint64_t));
    uint64_t state = round_word(chunks * sizeof(arena->state[0]));
    uint64_t records = round_word(chunks * sizeof(void *));

    if (at != NULL) {
        memset(at, 0, 2 * (leaf + mid) + state);
        for (unsigned i = 0; i < 2; i++) {
            arena->hints[i].leaf = (uint64_t *)(at + i * (leaf + mid));
            arena->hints[i].mid = (uint64_t *)(at + i * (leaf + mid) + leaf);
        }
        at += 2 * (leaf + mid);
        arena->state = (uint32_t *)at;
        arena->records = (struct page **)(at + state);
        arena->chunks = (struct chunk *)(at + state + records);
    }
    return 2 * (leaf + mid) + state + records + chunks * sizeof(struct chunk);
}

/* What describes an arena lies in it, or where there is room. */
static int give_metadata(struct arena *arena)
{
    phys_addr_t at;
    uint64_t size;

    arena->chunk_count = (uint32_t)(arena->size >> CHUNK_SHIFT);
    size = lay_out(arena, NULL);
    at = memmap_take(size, PAGE_SIZE, arena->base, arena->base + arena->size, OWNER);
    if (at == 0) {
        at = memmap_take(size, PAGE_SIZE, 0, UINT64_MAX, OWNER);
    }
    if (at == 0) {
        return -ENOMEM;
    }
    kasan_unpoison(arch_phys_to_virt(at), ALIGN_UP(size, (uint64_t)PAGE_SIZE));
    lay_out(arena, arch_phys_to_virt(at));
    return 0;
}

/* Sets the first `count` bits of a map of zeros. */
static void fill(uint64_t *map, unsigned count)
{
    memset(map, 0xff, count / 64 * sizeof(uint64_t));
    if (count % 64 != 0) {
        map[count / 64] = run_mask(0, count % 64);
    }
}

static void hint_all_whole(struct arena *arena)
{
    struct hints *whole = &arena->hints[CHUNK_WHOLE];
    unsigned leaves = DIV_ROUND_UP(arena->chunk_count, 64u);

    fill(whole->leaf, arena->chunk_count);
    fill(whole->mid, leaves);
    whole->top = run_mask(0, DIV_ROUND_UP(leaves, 64u));
}

/* Takes frames out of a chunk for ever; before anybody allocates. */
static void exclude_frames(struct arena *arena, unsigned index, unsigned frame, unsigned count)
{
    uint32_t *state = &arena->state[index];

    arena->frames -= count;
    if (count == CHUNK_FRAMES) {
        *state = CHUNK_FRAMES;
        hints_update(arena, index);
        return;
    }
    if ((*state & STATE_EDGE) == 0) {
        chunk_words_init(arena, index);
        *state = STATE_EDGE;
    }
    *state += count;
    while (count > 0) {
        struct word *word = &arena->chunks[index].words[frame / WORD_FRAMES];
        unsigned n = run_in_word(frame, count);

        word->foreign |= run_mask(frame % WORD_FRAMES, n);
        word->free = ~word->foreign;
        frame += n;
        count -= n;
    }
    hints_update(arena, index);
}

static void exclude(struct arena *arena, phys_addr_t from, phys_addr_t to)
{
    while (from < to) {
        unsigned frame = (unsigned)(from >> PAGE_SHIFT) % CHUNK_FRAMES;
        uint64_t count = MIN((to - from) >> PAGE_SHIFT, (uint64_t)(CHUNK_FRAMES - frame));

        exclude_frames(arena, chunk_index(arena, from), frame, (unsigned)count);
        from += count << PAGE_SHIFT;
    }
}

/* Excludes what is between the free pieces of the memory map; page 0 too, for 0 means no page. */
static void exclude_holes(struct arena *arena)
{
    phys_addr_t end = arena->base + arena->size;
    phys_addr_t at = arena->base;
    phys_addr_t base;
    uint64_t size;

    while (at < end) {
        if (!memmap_free_piece(MAX(at, PAGE_SIZE), &base, &size) || base >= end) {
            exclude(arena, at, end);
            return;
        }
        exclude(arena, at, base);
        at = base + size;
    }
}

static void start_arena(struct arena *arena)
{
    hint_all_whole(arena);
    arena->frames = (uint64_t)arena->chunk_count * CHUNK_FRAMES;
    exclude_holes(arena);
}

/* Groups the arenas by node, high before low. */
static void sort_by_node(void)
{
    uint16_t at = 0;

    for (unsigned node = 0; node < numa_nodes(); node++) {
        for (unsigned low = 0; low < 2; low++) {
            struct arena_group *group = &pmm_groups[node][low];

            group->first = at;
            for (unsigned i = 0; i < pmm_arena_count; i++) {
                if (pmm_arenas[i].node == node && pmm_arenas[i].low == low) {
                    pmm_arenas_by_node[at++] = (uint8_t)i;
                }
            }
            group->count = (uint16_t)(at - group->first);
        }
    }
}

static void clear_slots(void)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            pmm_cpus[cpu].slot[slot] = &pmm_no_word;
        }
    }
}

int pmm_init(void)
{
    int err = add_banks();

    for (unsigned i = 0; err == 0 && i < pmm_arena_count; i++) {
        err = give_metadata(&pmm_arenas[i]);
    }
    if (err != 0) {
        return err;
    }
    for (unsigned i = 0; i < pmm_arena_count; i++) {
        start_arena(&pmm_arenas[i]);
    }
    memmap_close();
    sort_by_node();
    clear_slots();
    ready = true;
    return 0;
}

bool pmm_is_ready(void)
{
    return ready;
}
