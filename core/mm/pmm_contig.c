/* SPDX-License-Identifier: MIT */
/* Frames in a row: within a chunk where they fit, else whole chunks. */
#include "pmm_internal.h"

#include <keel/heap.h>
#include <keel/string.h>

#define CALLER        ((virt_addr_t)__builtin_return_address(0))
#define CHUNK_ORDER   9u /* log2 of CHUNK_FRAMES */
#define PARTIAL_TRIES 8u /* chunks in use that are searched before an unused one is broken up */

/* A run: `count` frames at a multiple of 2^order frames. */
struct run {
    size_t count;
    unsigned order;
};

static phys_addr_t frame_address(const struct arena *arena, unsigned index, unsigned frame)
{
    return chunk_base(arena, index) + ((phys_addr_t)frame << PAGE_SHIFT);
}

static phys_addr_t run_in_chunk(struct arena *arena, unsigned index, const struct run *run)
{
    int frame = chunk_take_run(arena, index, (unsigned)run->count, run->order);

    return frame < 0 ? 0 : frame_address(arena, index, (unsigned)frame);
}

/* In one of at most `tries` chunks in use. */
static phys_addr_t run_in_partial(struct arena *arena, const struct run *run, unsigned tries)
{
    int index = hints_find(arena, CHUNK_PARTIAL);

    for (; index >= 0 && tries > 0; tries--) {
        phys_addr_t pa = run_in_chunk(arena, (unsigned)index, run);

        if (pa != 0) {
            return pa;
        }
        index = hints_next(arena, CHUNK_PARTIAL, (unsigned)index + 1);
    }
    return 0;
}

/* At the start of an unused chunk; what is left over of it is free again. */
static phys_addr_t run_in_whole(struct arena *arena, const struct run *run)
{
    int index = hints_find(arena, CHUNK_WHOLE);

    while (index >= 0) {
        if (chunk_take_whole(arena, (unsigned)index)) {
            if (run->count < CHUNK_FRAMES) {
                chunk_put_run(arena, (unsigned)index, (unsigned)run->count,
                              CHUNK_FRAMES - (unsigned)run->count);
            }
            return chunk_base(arena, (unsigned)index);
        }
        hints_update(arena, (unsigned)index);
        index = hints_next(arena, CHUNK_WHOLE, (unsigned)index + 1);
    }
    return 0;
}

/* Takes `chunks` unused chunks from `index` on; how many it got, and gives them back if not all. */
static unsigned take_chunks(struct arena *arena, unsigned index, unsigned chunks)
{
    unsigned got = 0;

    while (got < chunks && chunk_take_whole(arena, index + got)) {
        got++;
    }
    for (unsigned i = 0; got < chunks && i < got; i++) {
        chunk_put_run(arena, index + i, 0, CHUNK_FRAMES);
    }
    return got;
}

/* Unused chunks in a row, as many as it takes. */
static phys_addr_t run_of_chunks(struct arena *arena, const struct run *run)
{
    unsigned order = run->order > CHUNK_ORDER ? run->order - CHUNK_ORDER : 0;
    unsigned chunks = (unsigned)DIV_ROUND_UP(run->count, CHUNK_FRAMES);
    size_t rest = (size_t)chunks * CHUNK_FRAMES - run->count;
    int next = hints_next(arena, CHUNK_WHOLE, 0);

    while (next >= 0) {
        uint64_t at = align_chunk((uint64_t)next, arena->base >> CHUNK_SHIFT, order);
        unsigned got;

        if (at >= arena->chunk_count || chunks > arena->chunk_count - at) {
            return 0;
        }
        got = take_chunks(arena, (unsigned)at, chunks);
        if (got == chunks) {
            if (rest > 0) {
                chunk_put_run(arena, (unsigned)at + chunks - 1, CHUNK_FRAMES - (unsigned)rest,
                              (unsigned)rest);
            }
            return chunk_base(arena, (unsigned)at);
        }
        next = hints_next(arena, CHUNK_WHOLE, (unsigned)at + got + 1);
    }
    return 0;
}

static phys_addr_t run_in_arena(struct arena *arena, const struct run *run, unsigned tries)
{
    phys_addr_t pa = 0;

    if (run->count > CHUNK_FRAMES || run->order > CHUNK_ORDER) {
        return run->count > arena->frames ? 0 : run_of_chunks(arena, run);
    }
    if (run->count < CHUNK_FRAMES) {
        pa = run_in_partial(arena, run, tries);
    }
    return pa == 0 ? run_in_whole(arena, run) : pa;
}

static phys_addr_t run_anywhere(const struct request *want, const struct run *run, unsigned tries)
{
    struct arena *arena;
    unsigned step = 0;
    phys_addr_t pa = 0;

    while (pa == 0 && (arena = pmm_next_arena(want, 0, &step)) != NULL) {
        pa = run_in_arena(arena, run, tries);
    }
    return pa;
}

/* In the chunk that this CPU works on. */
static phys_addr_t run_near(const struct word *word, const struct request *want,
                            const struct run *run)
{
    struct arena *arena = word == &pmm_no_word ? NULL : pmm_arena_of(word->base);

    if (arena == NULL || arena->node != want->node || (want->low && !arena->low) ||
        run->count >= CHUNK_FRAMES || run->order >= CHUNK_ORDER) {
        return 0;
    }
    return run_in_chunk(arena, chunk_index(arena, word->base), run);
}

/* What this CPU holds may be what lacks for a run: the last try goes without. */
static phys_addr_t alloc_run(const struct run *run, uint32_t flags)
{
    struct pmm_cpu *cpu = &pmm_cpus[cpu_index()];
    struct request want;
    unsigned slot = pmm_request(cpu, flags, &want);
    phys_addr_t pa;

    want.whole = run->count >= CHUNK_FRAMES;
    pa = run_near(__atomic_load_n(&cpu->slot[slot], __ATOMIC_ACQUIRE), &want, run);

    if (pa == 0) {
        pa = run_anywhere(&want, run, PARTIAL_TRIES);
    }
    if (pa == 0) {
        pmm_drain(cpu);
        pa = run_anywhere(&want, run, UINT32_MAX);
    }
    return pa;
}

phys_addr_t pmm_alloc_contiguous(size_t count, uint32_t flags, unsigned align_log2)
{
    struct run run = {.count = count,
                      .order = align_log2 > PAGE_SHIFT ? align_log2 - PAGE_SHIFT : 0};
    phys_addr_t pa;

    if (count == 0 || align_log2 >= 64 ||
        (IS_ENABLED(CONFIG_FAULT_INJECT) && alloc_should_fail())) {
        return 0;
    }
    pa = alloc_run(&run, flags);
    if (pa != 0 && (flags & PMM_ZERO) != 0) {
        memset(arch_phys_to_virt(pa), 0, count << PAGE_SHIFT);
    }
    if (IS_ENABLED(CONFIG_DEBUG) && pa != 0) {
        pmm_note_alloc(pa, count, CALLER);
    }
    return pa;
}

void pmm_free_contiguous(phys_addr_t first, size_t count)
{
    if (IS_ENABLED(CONFIG_DEBUG)) {
        pmm_note_free(first, count, CALLER);
    }
    pmm_free_run(first, count);
}
