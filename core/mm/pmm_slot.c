/* SPDX-License-Identifier: MIT */
/* The words that each CPU allocates from, filling them up, and policies. */
#include "pmm_internal.h"

#include <keel/errno.h>

struct pmm_cpu pmm_cpus[CPUS_MAX];

/* No address is 64 frames behind 1: the fast path never takes it for a page's word. */
struct word pmm_no_word = {.base = 1};

static unsigned cpus_seen;

unsigned pmm_cpus_seen(void)
{
    return __atomic_load_n(&cpus_seen, __ATOMIC_RELAXED);
}

static void note_cpu(const struct pmm_cpu *cpu)
{
    unsigned index = (unsigned)(cpu - pmm_cpus);
    unsigned seen = pmm_cpus_seen();

    while (index >= seen && !__atomic_compare_exchange_n(&cpus_seen, &seen, index + 1, true,
                                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

static unsigned next_turn(struct pmm_cpu *cpu)
{
    return __atomic_fetch_add(&cpu->turn, 1, __ATOMIC_RELAXED);
}

/* The next node in turn that has memory. */
static unsigned interleave(struct pmm_cpu *cpu)
{
    unsigned nodes = numa_nodes();

    for (unsigned i = 0; i < nodes; i++) {
        unsigned node = next_turn(cpu) % nodes;

        if (pmm_groups[node][0].count + pmm_groups[node][1].count > 0) {
            return node;
        }
    }
    return numa_node_here();
}

unsigned pmm_request(struct pmm_cpu *cpu, uint32_t flags, struct request *want)
{
    bool named = (flags & PMM_NODE(0)) != 0;
    bool by_node = named || (flags & PMM_LOCAL) != 0;

    *want = (struct request){.node = named ? flags >> PMM_NODE_SHIFT : numa_node_here(),
                             .only = by_node,
                             .low = (flags & PMM_BELOW_4G) != 0};
    if (!by_node && cpu->policy == NUMA_BIND) {
        want->node = cpu->bound;
        want->only = true;
    } else if (!by_node && cpu->policy == NUMA_INTERLEAVE) {
        want->node = interleave(cpu);
        by_node = true;
    }
    if (want->low) {
        return SLOT_LOW;
    }
    return by_node ? SLOT_NODE0 + want->node : SLOT_ANY;
}

void pmm_release_held(struct word *word)
{
    uint64_t bits = __atomic_exchange_n(&word->held, 0, __ATOMIC_SEQ_CST);

    if (bits != 0) {
        struct arena *arena = pmm_arena_of(word->base);

        __atomic_fetch_or(&word->free, bits, __ATOMIC_RELEASE);
        chunk_give(arena, chunk_index(arena, word->base), popcount64(bits));
    }
}

/*
 * Points a slot to another word and leaves the old one. Who saw the old one in the slot and put a page
 * there looks at the slot once more afterwards: so nothing stays behind.
 */
static void set_slot(struct word **slot, struct word *word)
{
    struct word *old = __atomic_exchange_n(slot, word, __ATOMIC_SEQ_CST);

    if (old == &pmm_no_word || old == word) {
        return;
    }
    pmm_release_held(old);
    if (chunk_of_word(old) != chunk_of_word(word)) {
        struct arena *arena = pmm_arena_of(old->base);

        chunk_unreserve(arena, chunk_index(arena, old->base));
    }
}

/* Enters a chunk of one class. */
static struct word *enter(struct arena *arena, enum chunk_class class)
{
    int index = hints_find(arena, class);

    while (index >= 0) {
        if (chunk_enter(arena, (unsigned)index)) {
            struct word *word = chunk_hold(arena, (unsigned)index, 0);

            if (word != NULL) {
                return word;
            }
            chunk_unreserve(arena, (unsigned)index);
        } else {
            hints_update(arena, (unsigned)index);
        }
        index = hints_next(arena, class, (unsigned)index + 1);
    }
    return NULL;
}

/* Arenas of equal rank take turns. Chunks in use first: those of which nothing is used are good for
 * large pages. */
static struct word *enter_any(struct pmm_cpu *cpu, const struct request *want)
{
    unsigned turn = next_turn(cpu);
    unsigned step = 0;
    struct arena *arena;

    while ((arena = pmm_next_arena(want, turn, &step)) != NULL) {
        struct word *word = enter(arena, CHUNK_PARTIAL);

        if (word == NULL) {
            word = enter(arena, CHUNK_WHOLE);
        }
        if (word != NULL) {
            return word;
        }
    }
    return NULL;
}

static struct word *hold_more(struct arena *arena, const struct word *word)
{
    return chunk_hold(arena, chunk_index(arena, word->base),
                      (unsigned)(word->base >> (PAGE_SHIFT + 6)) % CHUNK_WORDS);
}

/* Finds a word for a slot: of its chunk if that is near, of another near one, of its own, of any. */
static bool refill(struct pmm_cpu *cpu, unsigned slot, const struct request *want)
{
    struct word *old = __atomic_load_n(&cpu->slot[slot], __ATOMIC_ACQUIRE);
    struct arena *arena = old == &pmm_no_word ? NULL : pmm_arena_of(old->base);
    bool usable = arena != NULL && arena_suits(arena, want);
    struct request near = *want;
    struct word *word = NULL;

    note_cpu(cpu);
    near.only = true;
    if (usable && arena->node == want->node) {
        word = hold_more(arena, old);
    }
    if (word == NULL) {
        word = enter_any(cpu, &near);
    }
    if (word == NULL && usable && arena->node != want->node) {
        word = hold_more(arena, old);
    }
    if (word == NULL && !want->only) {
        word = enter_any(cpu, want);
    }
    if (word != NULL) {
        set_slot(&cpu->slot[slot], word);
    }
    return word != NULL;
}

/* A frame from a word that others work with, or from its chunk. */
static phys_addr_t steal_from(struct word *word, const struct request *want)
{
    struct arena *arena = word == &pmm_no_word ? NULL : pmm_arena_of(word->base);
    phys_addr_t pa;
    int frame;

    if (arena == NULL || !arena_suits(arena, want)) {
        return 0;
    }
    pa = word_pop(word);
    if (pa != 0) {
        return pa;
    }
    frame = chunk_take_run(arena, chunk_index(arena, word->base), 1, 0);
    return frame < 0 ? 0
                     : chunk_base(arena, chunk_index(arena, word->base)) +
                           ((phys_addr_t)frame << PAGE_SHIFT);
}

/* When nothing is left but in chunks that somebody has reserved. */
static phys_addr_t steal(const struct request *want)
{
    struct word *home = pmm_record_home();
    phys_addr_t pa = home == NULL ? 0 : steal_from(home, want);

    for (unsigned i = 0; pa == 0 && i < pmm_cpus_seen(); i++) {
        for (unsigned slot = 0; pa == 0 && slot < SLOTS; slot++) {
            pa = steal_from(__atomic_load_n(&pmm_cpus[i].slot[slot], __ATOMIC_ACQUIRE), want);
        }
    }
    return pa;
}

phys_addr_t pmm_slot_alloc(struct pmm_cpu *cpu, unsigned slot, const struct request *want)
{
    do {
        struct word *word = __atomic_load_n(&cpu->slot[slot], __ATOMIC_ACQUIRE);

        if (word != &pmm_no_word && arena_suits(pmm_arena_of(word->base), want)) {
            phys_addr_t pa = word_pop(word);

            if (pa != 0) {
                return pa;
            }
        }
    } while (refill(cpu, slot, want));
    return steal(want);
}

void pmm_drain(struct pmm_cpu *cpu)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        set_slot(&cpu->slot[slot], &pmm_no_word);
    }
}

void pmm_leave_cpu(unsigned cpu)
{
    pmm_drain(&pmm_cpus[cpu]);
}

int numa_set_policy(enum numa_policy policy, unsigned node)
{
    struct pmm_cpu *cpu = &pmm_cpus[cpu_index()];

    if (node >= numa_nodes() || policy > NUMA_INTERLEAVE) {
        return -EINVAL;
    }
    cpu->bound = node;
    cpu->policy = policy;
    pmm_drain(cpu);
    return 0;
}
