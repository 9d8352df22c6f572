/* SPDX-License-Identifier: MIT */
/* Machines to try the page allocator on: banks, nodes and reservations over a sparse array, and a check
 * that everything the allocator keeps agrees with itself. Its files are one with the test, so that
 * every test starts with all of them as they are at boot. */
#ifndef TESTS_UNIT_PMM_MACHINE_H
#define TESTS_UNIT_PMM_MACHINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "fake_log.h"

#undef LOG_TAG

#include "../../core/mm/memmap.c"
#include "../../core/mm/numa.c"
#include "../../core/mm/pmm_arena.c"
#include "../../core/mm/pmm_hints.c"

#include "../../core/mm/pmm_chunk.c"

#include "../../core/mm/pmm_touch.c"

#include "../../core/mm/pmm_slot.c"

#undef LOG_TAG
#include "../../core/mm/pmm_free.c"

#include "../../core/mm/pmm.c"

#include "../../core/mm/pmm_contig.c"
#include "../../core/mm/pmm_stats.c"

#undef CALLER
#undef PARTIAL_TRIES
#undef LOG_TAG
#include "../../core/mm/page.c"
#include "../../core/mm/pmm_debug.c"
#include "../../core/mm/pmm_init.c"

#define MIB       (1ull << 20)
#define GIB       (1ull << 30)

/* Physical addresses below this exist, as far as the host is concerned. */
#define HOST_SPAN (80 * GIB)

char *fake_ram;
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
char _image_start[1];

void symbol_text(char *buf, size_t size, virt_addr_t return_address)
{
    snprintf(buf, size, "%#lx", (unsigned long)return_address);
}

static uint64_t machine_frames; /* free at the start */

/* An empty machine: nothing is left of the one before. */
static void machine_reset(void)
{
    if (fake_ram != NULL) {
        munmap(fake_ram, HOST_SPAN);
    }
    fake_ram = mmap(NULL, HOST_SPAN, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(fake_ram != MAP_FAILED);
    ram_count = reservation_count = range_count = 0;
    closed = ready = false;
    node_count = 1;
    numa_clear_distances();
    memset(cpu_nodes, 0, sizeof(cpu_nodes));
    memset(pmm_arenas, 0, sizeof(pmm_arenas));
    memset(pmm_groups, 0, sizeof(pmm_groups));
    memset(pmm_cpus, 0, sizeof(pmm_cpus));
    pmm_arena_count = cpus_seen = 0;
    home = NULL;
    bad_frees = 0;
    fake_cpu = 0;
    fake_text[0] = '\0';
    fake_warnings = 0;
}

static void machine_bank(phys_addr_t base, uint64_t size)
{
    assert_int_equal(memmap_add_ram(base, size), 0);
}

static inline void machine_node(phys_addr_t base, uint64_t size, unsigned node)
{
    machine_bank(base, size);
    assert_int_equal(numa_add_memory(base, size, node), 0);
}

static uint64_t machine_free(void)
{
    struct pmm_stats stats;

    pmm_get_stats(&stats);
    return stats.free;
}

/* Frames that hold records: two for each touched chunk. */
static inline uint64_t machine_record_frames(void)
{
    struct pmm_arena_stats stats;
    uint64_t sum = 0;

    for (unsigned i = 0; pmm_arena_stats(i, &stats); i++) {
        sum += stats.touched * RECORD_FRAMES;
    }
    return sum;
}

static void machine_start(void)
{
    numa_settle();
    assert_int_equal(pmm_init(), 0);
    machine_frames = machine_free();
}

static void check_chunk(const struct arena *arena, unsigned index)
{
    uint32_t state = arena->state[index];
    unsigned bits = 0;

    for (unsigned i = 0; i < CHUNK_WORDS && (state & STATE_TOUCHED) != 0; i++) {
        const struct word *word = &arena->chunks[index].words[i];

        assert_int_equal(word->free & word->held, 0);
        assert_int_equal((word->free | word->held) & word->foreign, 0);
        assert_int_equal(word->base, chunk_base(arena, index) + i * WORD_FRAMES * PAGE_SIZE);
        bits += popcount64(word->free);
    }
    if ((state & STATE_TOUCHED) != 0) {
        assert_int_equal(bits, state_free(state));
    }
    for (unsigned class = CHUNK_WHOLE; class <= CHUNK_PARTIAL; class ++) {
        const struct hints *hints = &arena->hints[class];
        bool hinted = hints->leaf[index / 64] >> index % 64 & 1;

        assert_int_equal(hinted, state_class(state) == class);
        if (hinted) {
            assert_true(hints->mid[index / 4096] >> index / 64 % 64 & 1);
            assert_true(hints->top >> index / 4096 & 1);
        }
    }
}

/* While nobody works: counters, bits and hints say the same, and nothing is held for nobody. */
static void machine_check(void)
{
    uint64_t held = 0, in_slots = 0;

    for (unsigned i = 0; i < pmm_arena_count; i++) {
        for (unsigned c = 0; c < pmm_arenas[i].chunk_count; c++) {
            check_chunk(&pmm_arenas[i], c);
            for (unsigned w = 0; w < CHUNK_WORDS && (pmm_arenas[i].state[c] & STATE_TOUCHED); w++) {
                held += popcount64(pmm_arenas[i].chunks[c].words[w].held);
            }
        }
        in_slots += arena_held(&pmm_arenas[i]);
    }
    assert_int_equal(held, in_slots);
}

static inline unsigned random_below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

#endif
