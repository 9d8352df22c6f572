/* SPDX-License-Identifier: MIT */
/* The page allocator against a model of one byte a frame, by random operations on made-up machines. */
#include "pmm_machine.h"

#define SPAN_FRAMES (6 * GIB / PAGE_SIZE)
#define RUNS_MAX    3000u
#define ROUNDS      12u
#define STEPS       4000u

/* What the model knows of a frame. */
enum frame {
    NONE, /* no RAM, or reserved */
    FREE,
    OUT,
};

struct piece {
    phys_addr_t pa;
    size_t count;
};

static uint8_t model[SPAN_FRAMES];
static struct piece runs[RUNS_MAX];
static size_t run_count;
static uint64_t frames_out;

/* The model learns from the memory map, as it was before the allocator took it over. */
static void model_start(void)
{
    phys_addr_t base = 0;
    uint64_t size;

    memset(model, NONE, sizeof(model));
    run_count = frames_out = 0;
    machine_start();
    for (phys_addr_t at = PAGE_SIZE; memmap_free_piece(at, &base, &size); at = base + size) {
        memset(&model[base / PAGE_SIZE], FREE, size / PAGE_SIZE);
    }
}

static void model_take(phys_addr_t pa, size_t count, uint32_t flags, unsigned order)
{
    assert_true(pa != 0 && pa % PAGE_SIZE == 0 && (pa >> PAGE_SHIFT) % (1ul << order) == 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(model[pa / PAGE_SIZE + i], FREE);
        model[pa / PAGE_SIZE + i] = OUT;
    }
    if (flags & PMM_BELOW_4G) {
        assert_true(pa + count * PAGE_SIZE <= 4 * GIB);
    }
    if (flags & PMM_LOCAL) {
        assert_int_equal(numa_node_of(pa), numa_node_here());
    }
    if (flags & PMM_ZERO) {
        assert_int_equal(fake_ram[pa + random_below(PAGE_SIZE * count)], 0);
        fake_ram[pa + random_below(PAGE_SIZE)] = 1;
    }
    runs[run_count++] = (struct piece){pa, count};
    frames_out += count;
}

static void model_give(size_t at)
{
    struct piece run = runs[at];

    memset(&model[run.pa / PAGE_SIZE], FREE, run.count);
    frames_out -= run.count;
    runs[at] = runs[--run_count];
    if (run.count > 1 && random_below(2) == 0) {
        pmm_free_contiguous(run.pa, run.count);
        return;
    }
    for (size_t i = 0; i < run.count; i++) {
        pmm_free_page(run.pa + i * PAGE_SIZE);
    }
}

static uint32_t random_flags(void)
{
    return random_below(4) ? 0 : random_below(8);
}

static void step_batch(void)
{
    phys_addr_t pages[100];
    uint32_t flags = random_flags();
    size_t got = pmm_alloc_pages(pages, 1 + random_below(100), flags);

    for (size_t i = 0; i < got; i++) {
        model_take(pages[i], 1, flags, 0);
    }
    if (random_below(2) == 0) {
        pmm_free_pages(pages, got);
        for (size_t i = 0; i < got; i++) {
            model[pages[i] / PAGE_SIZE] = FREE;
        }
        run_count -= got;
        frames_out -= got;
    }
}

static void step_run(void)
{
    unsigned order = random_below(4) ? random_below(10) : random_below(12);
    size_t count = random_below(3) ? 1 + random_below(40) : 1 + random_below(1600);
    uint32_t flags = random_flags();
    phys_addr_t pa = pmm_alloc_contiguous(count, flags, PAGE_SHIFT + order);

    if (pa != 0) {
        model_take(pa, count, flags, order);
    }
}

static void step(void)
{
    uint32_t flags = random_flags();
    phys_addr_t pa;

    fake_cpu = random_below(4);
    switch (random_below(6)) {
    case 0:
        step_batch();
        break;
    case 1:
        step_run();
        break;
    case 2:
        pa = pmm_alloc_page(flags);
        if (pa != 0) {
            model_take(pa, 1, flags, 0);
        }
        break;
    default:
        if (run_count > 0) {
            model_give(random_below((unsigned)run_count));
        }
    }
}

static void check_counts(void)
{
    machine_check();
    assert_int_equal(machine_free(), machine_frames - frames_out - machine_record_frames());
}

static void drain_all(void)
{
    while (run_count > 0) {
        model_give(run_count - 1);
    }
    for (unsigned i = 0; i < CPUS_MAX; i++) {
        pmm_drain(&pmm_cpus[i]);
    }
    check_counts();
    assert_int_equal(bad_frees, 0);
}

/* Banks with ragged ends, holes, two nodes that change in the midst of a bank, RAM around 4 GiB. */
static void random_machine(void)
{
    machine_reset();
    machine_bank(0, 1 * MIB - 97 * PAGE_SIZE);
    machine_bank(1 * MIB, 40 * MIB);
    machine_node(64 * MIB + random_below(1000) * PAGE_SIZE, 20 * MIB, 0);
    machine_node(4 * GIB - 24 * MIB, 24 * MIB, 1);
    machine_node(4 * GIB, 30 * MIB, 0);
    machine_node(4 * GIB + 30 * MIB, 50 * MIB, random_below(3));
    for (unsigned i = random_below(30); i > 0; i--) {
        memmap_reserve(random_below(100 * MIB), random_below(200000), "test",
                       random_below(2) != 0 ? MEMMAP_NOMAP : 0);
    }
    numa_set_cpu(1, 1);
    numa_set_cpu(3, 1);
    model_start();
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        srand(round);
        random_machine();
        for (unsigned i = 0; i < STEPS; i++) {
            if (run_count > RUNS_MAX - 200) {
                drain_all();
            }
            step();
            if (i % 500 == 0) {
                check_counts();
            }
        }
        drain_all();
    }
}

/* Every frame can be had, from whichever CPU, after whatever happened before. */
static void the_last_frame_is_found(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 6; round++) {
        uint64_t got = 0;

        srand(round);
        random_machine();
        for (unsigned i = 0; i < 500; i++) {
            step();
        }
        fake_cpu = random_below(4);
        for (phys_addr_t pa; (pa = pmm_alloc_page(0)) != 0; got++) {
            assert_int_equal(model[pa / PAGE_SIZE], FREE);
            model[pa / PAGE_SIZE] = OUT;
        }
        frames_out += got;
        assert_int_equal(machine_free(), 0);
        assert_int_equal(frames_out + machine_record_frames(), machine_frames);
        assert_int_equal(pmm_alloc_contiguous(2, 0, 12), 0);
        for (phys_addr_t pa = PAGE_SIZE; pa < SPAN_FRAMES * PAGE_SIZE; pa += PAGE_SIZE) {
            bool is_run = false;

            if (model[pa / PAGE_SIZE] != OUT) {
                continue;
            }
            for (size_t i = 0; i < run_count && !is_run; i++) {
                is_run = pa - runs[i].pa < runs[i].count * PAGE_SIZE;
            }
            if (!is_run) {
                pmm_free_page(pa);
                model[pa / PAGE_SIZE] = FREE;
                frames_out--;
            }
        }
        drain_all();
    }
}

static void bad_frees_are_counted_and_change_nothing(void **state)
{
    phys_addr_t page, other, run;

    (void)state;
    machine_reset();
    machine_bank(1 * MIB, 63 * MIB);
    memmap_reserve(8 * MIB, 3 * PAGE_SIZE, "reserved", 0);
    memmap_reserve(32 * MIB, 4 * MIB, "reserved", 0);
    machine_start();
    page = pmm_alloc_page(0);
    other = pmm_alloc_page(0);
    run = pmm_alloc_contiguous(512, 0, 21);
    pmm_free_page(page);
    pmm_free_page(page);           /* held by this CPU */
    pmm_free_page(other + 1);      /* no page's address */
    pmm_free_page(8 * MIB);        /* reserved, its chunk not touched */
    pmm_free_page(33 * MIB);       /* reserved, all of its chunk */
    pmm_free_page(0);              /* no RAM */
    pmm_free_page(64 * MIB);       /* behind RAM */
    pmm_free_contiguous(run, 513); /* one more than it has */
    pmm_free_contiguous(run, 512); /* free */
    assert_int_equal(pmm_bad_frees(), 6 + 1 + 512);
    fake_cpu = 1;
    pmm_free_page(page); /* held by CPU 0 */
    assert_int_equal(pmm_bad_frees(), 520);
    pmm_free_page(other);
    machine_check();
    assert_int_equal(machine_free() + machine_record_frames(), machine_frames);
}

/* Reserved frames in a chunk that is in use are refused too, by the fast path and the other one. */
static void reserved_neighbours_stay_reserved(void **state)
{
    phys_addr_t page;

    (void)state;
    machine_reset();
    machine_bank(2 * MIB, 2 * MIB);
    machine_bank(8 * MIB, 24 * MIB);
    memmap_reserve(2 * MIB + PAGE_SIZE, 3 * PAGE_SIZE, "reserved", 0);
    machine_start();
    do {
        page = pmm_alloc_page(0);
        assert_true(page != 0);
    } while (page / (2 * MIB) != 1);
    pmm_free_page(2 * MIB + PAGE_SIZE);
    fake_cpu = 1;
    pmm_free_page(2 * MIB + 2 * PAGE_SIZE);
    assert_int_equal(pmm_bad_frees(), 2);
    machine_check();
}

static void whole_chunks_come_back(void **state)
{
    static phys_addr_t pages[32 * 512];
    size_t count = 0;
    struct pmm_arena_stats before, after;

    (void)state;
    machine_reset();
    machine_bank(4 * GIB, 64 * MIB);
    machine_start();
    pmm_free_page(pmm_alloc_page(0));
    pmm_arena_stats(0, &before);
    while (count < ARRAY_SIZE(pages) && (pages[count] = pmm_alloc_page(0)) != 0) {
        count++;
    }
    while (count > 0) {
        pmm_free_page(pages[--count]);
    }
    pmm_arena_stats(0, &after);
    assert_true(after.whole + 2 >= before.whole);
    assert_true(pmm_alloc_contiguous(512, 0, 21) != 0);
    machine_check();
}

static void large_runs_are_aligned(void **state)
{
    phys_addr_t pa;

    (void)state;
    machine_reset();
    machine_bank(1 * GIB - 6 * MIB, 3 * GIB);
    machine_start();
    pa = pmm_alloc_contiguous(512 * 512, 0, 30);
    assert_true(pa != 0 && pa % GIB == 0);
    pmm_free_contiguous(pa, 512 * 512);
    pa = pmm_alloc_contiguous(1, 0, 30);
    assert_true(pa != 0 && pa % GIB == 0);
    pmm_free_page(pa);
    pa = pmm_alloc_contiguous(1000, 0, 21);
    assert_true(pa != 0 && pa % (2 * MIB) == 0);
    for (unsigned i = 0; i < 1000; i++) {
        pmm_free_page(pa + i * PAGE_SIZE);
    }
    assert_int_equal(pmm_alloc_contiguous(4 * GIB / PAGE_SIZE, 0, 12), 0);
    assert_int_equal(pmm_alloc_contiguous(SIZE_MAX, 0, 12), 0);
    assert_int_equal(pmm_alloc_contiguous(SIZE_MAX / 2, 0, 63), 0);
    assert_int_equal(pmm_alloc_contiguous(1, 0, 64), 0);
    assert_int_equal(pmm_alloc_contiguous(0, 0, 12), 0);
    machine_check();
    assert_int_equal(machine_free() + machine_record_frames(), machine_frames);
}

static void low_memory_is_kept_for_those_who_need_it(void **state)
{
    (void)state;
    machine_reset();
    machine_bank(16 * MIB, 32 * MIB);
    machine_bank(4 * GIB, 32 * MIB);
    machine_start();
    for (unsigned i = 0; i < 7000; i++) {
        assert_true(pmm_alloc_page(0) >= 4 * GIB);
    }
    for (unsigned i = 0; i < 7000; i++) {
        phys_addr_t pa = pmm_alloc_page(PMM_BELOW_4G);

        assert_true(pa != 0 && pa < 4 * GIB);
    }
    assert_true(pmm_alloc_contiguous(4, PMM_BELOW_4G, 14) < 4 * GIB);
}

/* Records and bitmaps exist for what is used, and starting does not touch the rest. */
static void little_is_kept_for_unused_memory(void **state)
{
    struct pmm_arena_stats stats;

    (void)state;
    machine_reset();
    machine_bank(0, 64 * GIB);
    machine_start();
    pmm_free_page(pmm_alloc_page(0));
    pmm_arena_stats(pmm_arena_count - 1, &stats);
    assert_int_equal(stats.touched, 2);
    assert_true(machine_frames >= 64 * GIB / PAGE_SIZE - 2300);
}

static void banks_are_used_evenly(void **state)
{
    unsigned used[4] = {0};

    (void)state;
    machine_reset();
    for (unsigned i = 0; i < 4; i++) {
        machine_bank((1 + i) * 256 * MIB, 64 * MIB);
    }
    machine_start();
    for (unsigned i = 0; i < 24 * 512; i++) {
        phys_addr_t pa = pmm_alloc_page(0);

        used[pa / (256 * MIB) - 1]++;
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_true(used[i] >= 4 * 512 && used[i] <= 8 * 512);
    }
}

static void saturated_counts_leak_a_page(void **state)
{
    phys_addr_t page;

    (void)state;
    machine_reset();
    machine_bank(16 * MIB, 32 * MIB);
    machine_start();
    page = pmm_alloc_page(0);
    page_ref(page);
    page_ref(page);
    assert_false(page_unref(page));
    assert_true(page_unref(page));
    assert_int_equal(pmm_bad_frees(), 0);
    page = pmm_alloc_page(0);
    page_of(page)->refs = UINT32_MAX - 1;
    page_ref(page);
    page_ref(page);
    assert_false(page_unref(page));
    assert_int_equal(page_of(page)->refs, UINT32_MAX);
    for (unsigned i = 0; i < PAGE_PINS_MAX; i++) {
        assert_int_equal(page_pin(page), 0);
    }
    assert_int_equal(page_pin(page), -EOVERFLOW);
    for (unsigned i = 0; i < PAGE_PINS_MAX; i++) {
        assert_true(page_is_pinned(page));
        page_unpin(page);
    }
    assert_false(page_is_pinned(page));
}

static void uses_add_up(void **state)
{
    phys_addr_t pages[10];
    struct pmm_stats stats;

    (void)state;
    machine_reset();
    machine_bank(16 * MIB, 32 * MIB);
    machine_start();
    assert_int_equal(pmm_alloc_pages(pages, 10, 0), 10);
    pmm_account(PMM_USE_HEAP, 6);
    fake_cpu = 2;
    pmm_account(PMM_USE_HEAP, -2);
    pmm_account(PMM_USE_PAGE_TABLE, 1);
    pmm_get_stats(&stats);
    assert_int_equal(stats.used[PMM_USE_HEAP], 4);
    assert_int_equal(stats.used[PMM_USE_PAGE_TABLE], 1);
    assert_int_equal(stats.used[PMM_USE_KERNEL], 5 + machine_record_frames());
    assert_int_equal(stats.total - stats.free, 10 + machine_record_frames());
    assert_int_equal(stats.below_4g_free, stats.free);
    page_ref(pages[3]);
    page_ref(pages[3]);
    page_ref(pages[8]);
    pmm_get_uses(&stats);
    assert_int_equal(stats.used[PMM_USE_VMO], 2);
    assert_int_equal(stats.used[PMM_USE_RECORD], machine_record_frames());
    assert_int_equal(stats.used[PMM_USE_KERNEL], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_the_model),
        cmocka_unit_test(the_last_frame_is_found),
        cmocka_unit_test(bad_frees_are_counted_and_change_nothing),
        cmocka_unit_test(reserved_neighbours_stay_reserved),
        cmocka_unit_test(whole_chunks_come_back),
        cmocka_unit_test(large_runs_are_aligned),
        cmocka_unit_test(low_memory_is_kept_for_those_who_need_it),
        cmocka_unit_test(little_is_kept_for_unused_memory),
        cmocka_unit_test(banks_are_used_evenly),
        cmocka_unit_test(saturated_counts_leak_a_page),
        cmocka_unit_test(uses_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
