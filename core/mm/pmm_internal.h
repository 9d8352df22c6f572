/* SPDX-License-Identifier: MIT */
/*
 * What the files of the page allocator share. Frames are kept in words of 64, chunks of 8 words (2 MiB)
 * and arenas of chunks; see docs/pages.md.
 *
 * The rule everything rests on: a chunk's `taken` counts promises. Who wants frames first raises it,
 * then takes as many bits from the chunk's words; who frees first sets the bits, then lowers it. So
 * there are never fewer bits than promises, and every step is one atomic operation that no other
 * CPU, interrupt or thread has to wait for.
 */
#ifndef MM_PMM_INTERNAL_H
#define MM_PMM_INTERNAL_H

#include "pmm_bits.h"

#include <arch/bitops.h>
#include <keel/numa.h>
#include <keel/percpu.h>
#include <keel/pmm.h>

/* 64 frames. A frame is in at most one of the masks, and in none while it is handed out. */
struct word {
    uint64_t held;    /* free, and promised to the CPUs whose slot points here */
    phys_addr_t base; /* of its first frame */
    uint64_t free;    /* free for everybody */
    uint64_t foreign; /* not ours: reserved, or no RAM */
};

/* Aligned to its size: the chunk of a word is found by its address. */
struct chunk {
    struct word words[CHUNK_WORDS];
};
_Static_assert(sizeof(struct chunk) == 256, "chunk_of_word() masks the address");

/*
 * One bit a chunk that may be worth a look, and two levels of bits above for words that are not 0. A
 * bit may be stale, never missing for long: whoever moves a chunk to another class sets it right.
 */
struct hints {
    uint64_t top;
    uint64_t *mid;
    uint64_t *leaf;
};

/* Frames that hold the records of a chunk's. */
#define RECORD_FRAMES    2u

/* What one map of hints can describe: 512 GiB. */
#define ARENA_CHUNKS_MAX (64u * 64 * 64)
#define ARENAS_MAX       192u

/* Chunks in a row, all of one node and on one side of 4 GiB. */
struct arena {
    phys_addr_t base; /* of chunk 0, a multiple of CHUNK_SIZE */
    uint64_t size;    /* bytes, a multiple of CHUNK_SIZE */
    uint32_t chunk_count;
    uint16_t node;
    bool low; /* below 4 GiB */
    uint32_t *state;
    struct chunk *chunks;
    struct page **records; /* of the frames of each touched chunk */
    struct hints hints[2]; /* of CHUNK_WHOLE and CHUNK_PARTIAL */
    uint64_t frames;       /* that are not foreign */
};

/* By rising address, and the same in the order of node, then high before low. */
extern struct arena pmm_arenas[ARENAS_MAX];
extern unsigned pmm_arena_count;

/* The arenas of a node on one side of 4 GiB: `count` from pmm_arenas_by_node[first] on. */
struct arena_group {
    uint16_t first;
    uint16_t count;
};
extern uint8_t pmm_arenas_by_node[ARENAS_MAX];
extern struct arena_group pmm_groups[NUMA_NODES_MAX][2]; /* [node][low] */

/* What somebody wants, its policy applied. */
struct request {
    unsigned node; /* where to start */
    bool only;     /* and nowhere else */
    bool low;      /* below 4 GiB */
    bool whole;    /* arenas without unused chunks are of no use */
};

/* --- pmm_arena.c --- */

/* The arena of an address, or NULL. */
struct arena *pmm_arena_of(phys_addr_t pa);

/* The arenas that a request may use, best first: starts with *step 0; NULL at the end. `turn` rotates
 * those of equal rank. */
struct arena *pmm_next_arena(const struct request *want, unsigned turn, unsigned *step);

/* Whether frames of that arena are what a request wants at all. */
static inline bool arena_suits(const struct arena *arena, const struct request *want)
{
    return (arena->low || !want->low) && (arena->node == want->node || !want->only);
}

static inline unsigned chunk_index(const struct arena *arena, phys_addr_t pa)
{
    return (unsigned)((pa - arena->base) >> CHUNK_SHIFT);
}

static inline phys_addr_t chunk_base(const struct arena *arena, unsigned index)
{
    return arena->base + ((phys_addr_t)index << CHUNK_SHIFT);
}

static inline struct chunk *chunk_of_word(struct word *word)
{
    return (struct chunk *)((uintptr_t)word & ~(uintptr_t)(sizeof(struct chunk) - 1));
}

/* --- pmm_hints.c --- */

/* Sets the hints of a chunk to what its state says now. */
void hints_update(struct arena *arena, unsigned index);

/* Whether a search for chunks of the class can find any. */
static inline bool hints_any(const struct arena *arena, enum chunk_class class)
{
    return __atomic_load_n(&arena->hints[class].top, __ATOMIC_SEQ_CST) != 0;
}

/* A chunk that a hint names, -1 when there is none. */
int hints_find(struct arena *arena, enum chunk_class class);

/* The first hinted chunk from `index` on, without repairing anything; -1 at the end. */
int hints_next(const struct arena *arena, enum chunk_class class, unsigned index);

/* --- pmm_chunk.c: claims and frames of one chunk, which must be touched --- */

/* Promises: up to `count` (chunk_claim: how many), or all or nothing; and taken back. */
unsigned chunk_claim(struct arena *arena, unsigned index, unsigned count);
bool chunk_claim_all(struct arena *arena, unsigned index, unsigned count);
void chunk_give(struct arena *arena, unsigned index, unsigned count);

/* Marks a chunk as somebody's workplace; false when it is, or has nothing free. */
bool chunk_reserve(struct arena *arena, unsigned index);
void chunk_unreserve(struct arena *arena, unsigned index);

/* Promises the free frames of one word to those who look at it: the word, or NULL when the chunk is
 * exhausted. Starts at word `first`. */
struct word *chunk_hold(struct arena *arena, unsigned index, unsigned first);

/* Takes a run of `count` frames whose number in the chunk is a multiple of 2^order: its first frame,
 * or -1. */
int chunk_take_run(struct arena *arena, unsigned index, unsigned count, unsigned order);

/* Puts frames back that are free already for nobody but the caller. */
void chunk_put_run(struct arena *arena, unsigned index, unsigned frame, unsigned count);

/* The lowest frame held in a word, or 0. */
static inline phys_addr_t word_pop(struct word *word)
{
    uint64_t held = arch_take_lowest_bit(&word->held);

    return held == 0 ? 0 : word->base + ((phys_addr_t)bits_lowest(held) << PAGE_SHIFT);
}

/* --- pmm_touch.c --- */

/* Makes words and records of a chunk valid and reserves it, if nobody has touched it. False: somebody
 * has, or there is no memory for its records. */
bool chunk_touch(struct arena *arena, unsigned index);

/* Reserves a chunk, touched or not. */
bool chunk_enter(struct arena *arena, unsigned index);

/* Takes all frames of a chunk, which must be free. */
bool chunk_take_whole(struct arena *arena, unsigned index);

/* Fills the words of a chunk: all frames free. Nobody else knows it. */
void chunk_words_init(struct arena *arena, unsigned index);

/* The chunk that records come from, or NULL. */
struct word *pmm_record_home(void);

/* --- pmm_slot.c: what each CPU works on --- */

/* A CPU's places to allocate from. */
enum {
    SLOT_ANY, /* by the CPU's policy; the fast path looks here alone */
    SLOT_LOW,
    SLOT_NODE0, /* node by node */
    SLOTS = SLOT_NODE0 + NUMA_NODES_MAX,
};

struct pmm_cpu {
    struct word *slot[SLOTS]; /* NULL until pmm_init(), never afterwards */
    enum numa_policy policy;
    unsigned bound;            /* node of NUMA_BIND */
    uint32_t turn;             /* counts searches for a chunk and interleaved pages */
    int64_t account[PMM_USES]; /* frames, by pmm_account() */
} __aligned(256);
_Static_assert(sizeof(struct pmm_cpu) == 256, "an index is shifted, not multiplied");

extern struct pmm_cpu pmm_cpus[CPUS_MAX];

/* The word of a CPU that has none. */
extern struct word pmm_no_word;

/* What the CPU's policy makes of flags, and the slot for it. */
unsigned pmm_request(struct pmm_cpu *cpu, uint32_t flags, struct request *want);

/* A frame through a slot, wherever it takes it from; 0 when there is none that suits. */
phys_addr_t pmm_slot_alloc(struct pmm_cpu *cpu, unsigned slot, const struct request *want);

/* Gives the frames held in a word back to everybody. */
void pmm_release_held(struct word *word);

/* One more than the highest CPU that has allocated beyond the fast path. */
unsigned pmm_cpus_seen(void);

/* Gives up all that this CPU holds. */
void pmm_drain(struct pmm_cpu *cpu);

/* --- pmm_free.c --- */

/* Frees a run of frames, whoever's; those that are not out are counted as bad. */
void pmm_free_run(phys_addr_t pa, size_t count);

/* Counts pages that were freed without being in use, and how many there have been. */
void pmm_bad_free(phys_addr_t pa, size_t count);
uint64_t pmm_bad_frees(void);

/* --- pmm_debug.c: who had a page (debug builds) --- */

void pmm_note_alloc(phys_addr_t pa, size_t count, virt_addr_t who);
void pmm_note_free(phys_addr_t pa, size_t count, virt_addr_t who);

/* Who had the page at `pa`, or "" when it is not the page allocator's. */
void pmm_page_history(phys_addr_t pa, char *text, size_t size);

#endif
