/* SPDX-License-Identifier: MIT */
/* The page allocator under four CPUs at once, each a thread; built with ThreadSanitizer. Threads also
 * change CPU while they work, so that two of them are on one CPU as only an interrupt would be. */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

static _Thread_local uint64_t pause_seed;

/* Now and then lets others run, in front of any atomic operation: what is rare becomes frequent. */
static void pause_sometimes(void)
{
    pause_seed = pause_seed * 6364136223846793005u + 1442695040888963407u;
    if (pause_seed >> 60 == 0) {
        sched_yield();
    }
}

#define __atomic_load_n(...)     (pause_sometimes(), __atomic_load_n(__VA_ARGS__))
#define __atomic_fetch_or(...)   (pause_sometimes(), __atomic_fetch_or(__VA_ARGS__))
#define __atomic_fetch_and(...)  (pause_sometimes(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_fetch_sub(...)  (pause_sometimes(), __atomic_fetch_sub(__VA_ARGS__))
#define __atomic_exchange_n(...) (pause_sometimes(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_compare_exchange_n(...) \
    (pause_sometimes(), __atomic_compare_exchange_n(__VA_ARGS__))

#include "pmm_machine.h"

#define THREADS 4
#define STEPS   2000u
#define ROUNDS  20u
#define OWN_MAX 600u
#define POST    64u
#define MACHINE (48 * MIB)
#define START   (4 * GIB - 20 * MIB)
#define FRAMES  (MACHINE / PAGE_SIZE)

struct worker {
    pthread_t thread;
    unsigned number;
    unsigned steps;
    bool moves; /* from CPU to CPU */
    uint64_t seed;
    size_t count;
    phys_addr_t pages[OWN_MAX];
    uint64_t failures;
};

/* 0: free; else the number of the thread that has the frame, from 1. */
static uint8_t owners[FRAMES];

/* Pages that one thread leaves for another to free. */
static phys_addr_t post[POST];

static unsigned next_random(struct worker *w, unsigned limit)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (unsigned)(w->seed >> 20) % limit;
}

static void own(struct worker *w, phys_addr_t pa)
{
    uint8_t before =
        __atomic_exchange_n(&owners[(pa - START) / PAGE_SIZE], w->number, __ATOMIC_RELAXED);

    if (before != 0) {
        __atomic_fetch_add(&w->failures, 1, __ATOMIC_RELAXED);
    }
    *(volatile uint64_t *)arch_phys_to_virt(pa) = w->number; /* a race, if anybody else has it */
}

static void disown(phys_addr_t pa)
{
    *(volatile uint64_t *)arch_phys_to_virt(pa) = 0;
    __atomic_store_n(&owners[(pa - START) / PAGE_SIZE], 0, __ATOMIC_RELAXED);
}

static void step_alloc(struct worker *w)
{
    phys_addr_t pa = pmm_alloc_page(next_random(w, 8) == 0 ? PMM_BELOW_4G : 0);

    if (pa != 0) {
        own(w, pa);
        w->pages[w->count++] = pa;
    }
}

static void step_free(struct worker *w)
{
    phys_addr_t pa = w->pages[next_random(w, (unsigned)w->count)];

    for (size_t i = 0; i < w->count; i++) {
        if (w->pages[i] == pa) {
            w->pages[i] = w->pages[--w->count];
        }
    }
    if (next_random(w, 3) == 0) {
        pa = __atomic_exchange_n(&post[next_random(w, POST)], pa, __ATOMIC_ACQ_REL);
    }
    if (pa != 0) {
        disown(pa);
        pmm_free_page(pa);
    }
}

static void step_run(struct worker *w)
{
    size_t count = next_random(w, 4) == 0 ? 512 : 1 + next_random(w, 20);
    unsigned order = count == 512 ? 9 : next_random(w, 3);
    phys_addr_t pa = pmm_alloc_contiguous(count, 0, PAGE_SHIFT + order);

    for (size_t i = 0; pa != 0 && i < count; i++) {
        own(w, pa + i * PAGE_SIZE);
    }
    for (size_t i = 0; pa != 0 && i < count; i++) {
        disown(pa + i * PAGE_SIZE);
    }
    if (pa != 0) {
        pmm_free_contiguous(pa, count);
    }
}

static void step_batch(struct worker *w)
{
    size_t got = pmm_alloc_pages(w->pages + w->count, MIN(OWN_MAX - w->count, 40ul), 0);

    for (size_t i = 0; i < got; i++) {
        own(w, w->pages[w->count + i]);
    }
    w->count += got;
}

static void *work(void *arg)
{
    struct worker *w = arg;

    fake_cpu = w->number - 1;
    pause_seed = w->seed;
    for (unsigned i = 0; i < w->steps; i++) {
        unsigned choice = next_random(w, 40);

        if (w->moves && choice % 8 == 0) {
            fake_cpu = next_random(w, THREADS);
        }
        if (choice == 0) {
            step_run(w);
        } else if (choice == 1) {
            step_batch(w);
        } else if (choice < 6 && w->moves) {
            pmm_drain(&pmm_cpus[fake_cpu]);
        } else if (w->count > 0 && (choice % 2 == 0 || w->count == OWN_MAX)) {
            step_free(w);
        } else {
            step_alloc(w);
        }
    }
    return NULL;
}

static void empty_everything(struct worker workers[THREADS])
{
    for (unsigned t = 0; t < THREADS; t++) {
        while (workers[t].count > 0) {
            pmm_free_page(workers[t].pages[--workers[t].count]);
        }
    }
    for (unsigned i = 0; i < POST; i++) {
        if (post[i] != 0) {
            pmm_free_page(post[i]);
            post[i] = 0;
        }
    }
    for (unsigned i = 0; i < CPUS_MAX; i++) {
        pmm_drain(&pmm_cpus[i]);
    }
}

static void run_workers(bool moves, unsigned steps)
{
    static uint64_t next_seed;
    static struct worker workers[THREADS];

    memset(owners, 0, sizeof(owners));
    for (unsigned t = 0; t < THREADS; t++) {
        workers[t] = (struct worker){.number = t + 1,
                                     .steps = steps,
                                     .moves = moves,
                                     .seed = next_seed += 88172645463325252ull};
        assert_int_equal(pthread_create(&workers[t].thread, NULL, work, &workers[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(workers[t].thread, NULL);
        assert_int_equal(workers[t].failures, 0);
    }
    machine_check();
    empty_everything(workers);
    machine_check();
    assert_int_equal(pmm_bad_frees(), 0);
    assert_int_equal(machine_free() + machine_record_frames(), machine_frames);
}

static void start_machine(void)
{
    machine_reset();
    machine_bank(START, MACHINE);
    machine_start();
}

static void four_cpus_share_memory(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        start_machine();
        run_workers(false, STEPS);
    }
}

static void threads_change_their_cpu_at_work(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        start_machine();
        run_workers(true, STEPS);
    }
}

/* So little memory that all of it is out most of the time. */
static void four_cpus_fight_for_the_last_pages(void **state)
{
    (void)state;
    machine_reset();
    machine_bank(START, 8 * MIB);
    memmap_reserve(START + 2 * MIB, 5 * MIB, "test", 0);
    machine_start();
    run_workers(true, ROUNDS * STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_cpus_share_memory),
        cmocka_unit_test(threads_change_their_cpu_at_work),
        cmocka_unit_test(four_cpus_fight_for_the_last_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
