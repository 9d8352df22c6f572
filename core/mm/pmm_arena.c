/* SPDX-License-Identifier: MIT */
/* Which arenas there are, the one of an address, and the order in which requests use them. */
#include "pmm_internal.h"

#include <keel/page.h>
#include <keel/panic.h>

struct arena pmm_arenas[ARENAS_MAX];
unsigned pmm_arena_count;
uint8_t pmm_arenas_by_node[ARENAS_MAX];
struct arena_group pmm_groups[NUMA_NODES_MAX][2];

/* The last arena that starts at or below an address; else the first. */
static inline struct arena *arena_near(phys_addr_t pa)
{
    struct arena *first = pmm_arenas;
    unsigned count = pmm_arena_count;

    while (count > 1) {
        unsigned half = count / 2;

        if (first[half].base <= pa) {
            first += half;
            count -= half;
        } else {
            count = half;
        }
    }
    return first;
}

struct arena *pmm_arena_of(phys_addr_t pa)
{
    struct arena *arena = arena_near(pa);

    return pa - arena->base < arena->size ? arena : NULL;
}

/* Walks (rank by distance, side of 4 GiB, arena of that group): *step counts groups in its upper half
 * and arenas within a group in its lower one. */
struct arena *pmm_next_arena(const struct request *want, unsigned turn, unsigned *step)
{
    unsigned ranks = want->only ? 1 : numa_nodes();

    for (unsigned group = *step >> 16; group < 2 * ranks; group++, *step = group << 16) {
        unsigned node = group < 2 ? want->node : numa_by_distance(want->node, group / 2);
        const struct arena_group *g = &pmm_groups[node][group % 2];

        while ((*step & 0xffff) < g->count && (group % 2 == 1 || !want->low)) {
            unsigned at = g->count == 1 ? 0 : ((*step & 0xffff) + turn) % g->count;
            struct arena *arena = &pmm_arenas[pmm_arenas_by_node[g->first + at]];

            ++*step;
            if (!want->whole || hints_any(arena, CHUNK_WHOLE)) {
                return arena;
            }
        }
    }
    return NULL;
}

static inline struct page *record_in(const struct arena *arena, phys_addr_t pa)
{
    DEBUG_ASSERT(pa - arena->base < arena->size);
    return arena->records[chunk_index(arena, pa)] + (pa >> PAGE_SHIFT) % CHUNK_FRAMES;
}

static __noinline struct page *search_record(phys_addr_t pa)
{
    return record_in(arena_near(pa), pa);
}

struct page *page_of(phys_addr_t pa)
{
    return likely(pmm_arena_count == 1) ? record_in(pmm_arenas, pa) : search_record(pa);
}
