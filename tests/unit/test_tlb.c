/* SPDX-License-Identifier: MIT */
/* Numbers of spaces and the dropping of translations on several CPUs: threads are CPUs whose TLBs are a
 * model. They switch between more spaces than there are numbers, read pages, and change translations;
 * a change that is done must be seen by every read that begins afterwards, and no translation of one
 * space may serve another. */
#include "../../core/vm/tlb.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SPACES  24
#define PAGES   4
#define NUMBERS 8192 /* entries of a CPU's TLB: one for each number and page */
#define ROUNDS  60000u

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
cpumask_t cpu_online_mask;

/* What a CPU remembers; guarded by its lock, as others drop entries. */
struct entry {
    unsigned space;
    uint64_t value;
    bool valid;
};

static struct {
    pthread_mutex_t lock;
    struct entry tlb[NUMBERS / PAGES][PAGES];
    unsigned number;
    int space; /* what runs, -1: none */
} cpus[CPUS_MAX];

static struct {
    struct tlb_space tlb;
    pthread_mutex_t lock; /* of who changes */
    uint64_t entry[PAGES];
    uint64_t done[PAGES]; /* the entry that everybody must see */
} spaces[SPACES];

static unsigned asid_bits, remote_calls, mistakes;
static pthread_barrier_t all_there;

/* --- The hardware --- */

unsigned arch_asid_bits(void)
{
    return asid_bits;
}

static void drop(unsigned cpu, unsigned number, virt_addr_t va, uint64_t size)
{
    pthread_mutex_lock(&cpus[cpu].lock);
    for (unsigned page = 0; page < PAGES; page++) {
        if (page * PAGE_SIZE >= va && page * PAGE_SIZE - va < size) {
            cpus[cpu].tlb[number][page].valid = false;
        }
    }
    pthread_mutex_unlock(&cpus[cpu].lock);
}

void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    drop(fake_cpu, asid, va, size);
}

void arch_tlb_flush_remote(uint64_t mask, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables)
{
    unsigned cpu;

    __atomic_fetch_add(&remote_calls, 1, __ATOMIC_RELAXED);
    cpumask_for_each(cpu, mask)
    {
        drop(cpu, asid, va, size);
    }
}

static void drop_all(unsigned cpu)
{
    pthread_mutex_lock(&cpus[cpu].lock);
    for (unsigned number = 0; number < 1u << asid_bits; number++) {
        for (unsigned page = 0; page < PAGES; page++) {
            cpus[cpu].tlb[number][page].valid = false;
        }
    }
    pthread_mutex_unlock(&cpus[cpu].lock);
}

void arch_tlb_flush_here(void)
{
    drop_all(fake_cpu);
}

/* `root` is the space's index. Without tags all goes. */
void arch_mmu_switch_user(phys_addr_t root, unsigned asid)
{
    cpus[fake_cpu].space = (int)root;
    cpus[fake_cpu].number = asid;
    if (asid == 0) {
        drop_all(fake_cpu);
    }
}

void arch_mmu_no_user(void)
{
    cpus[fake_cpu].space = -1;
}

/* What an access to a page finds. */
static uint64_t access_page(unsigned page)
{
    unsigned running = (unsigned)cpus[fake_cpu].space;
    struct entry *entry = &cpus[fake_cpu].tlb[cpus[fake_cpu].number][page];
    uint64_t value;

    pthread_mutex_lock(&cpus[fake_cpu].lock);
    if (!entry->valid) {
        entry->space = running;
        entry->value = __atomic_load_n(&spaces[running].entry[page], __ATOMIC_SEQ_CST);
        entry->valid = true;
    }
    if (entry->space != running) {
        __atomic_fetch_add(&mistakes, 1, __ATOMIC_RELAXED);
    }
    value = entry->value;
    pthread_mutex_unlock(&cpus[fake_cpu].lock);
    return value;
}

/* --- What CPUs do --- */

static void run_space(int space)
{
    int before = cpus[fake_cpu].space;

    if (space != before) {
        tlb_switch(before < 0 ? NULL : &spaces[before].tlb, space < 0 ? NULL : &spaces[space].tlb,
                   (phys_addr_t)MAX(space, 0));
    }
}

static void read_page(unsigned page)
{
    uint64_t must, found;

    if (cpus[fake_cpu].space < 0) {
        return;
    }
    must = __atomic_load_n(&spaces[cpus[fake_cpu].space].done[page], __ATOMIC_SEQ_CST);
    found = access_page(page);
    if (found < must) {
        __atomic_fetch_add(&mistakes, 1, __ATOMIC_RELAXED);
    }
}

static void change_page(unsigned space, unsigned page)
{
    uint64_t value;

    pthread_mutex_lock(&spaces[space].lock);
    value = __atomic_add_fetch(&spaces[space].entry[page], 1, __ATOMIC_RELAXED);
    tlb_flush_space(&spaces[space].tlb, page * PAGE_SIZE, PAGE_SIZE, 0, false);
    __atomic_store_n(&spaces[space].done[page], value, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&spaces[space].lock);
}

/* A row of numbers of its own for each CPU (SplitMix64, Steele and others 2014). */
static uint64_t draw_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void *run_cpu(void *arg)
{
    uint64_t seed;

    fake_cpu = (unsigned)(uintptr_t)arg;
    seed = fake_cpu;
    pthread_barrier_wait(&all_there);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t draw = draw_next(&seed);
        unsigned page = draw >> 8 & (PAGES - 1);

        if ((draw >> 40 & 63) == 0) {
            sched_yield();
        }
        switch (draw & 15) {
        case 0:
        case 1:
            run_space((int)((draw >> 16) % (SPACES + 1)) - 1);
            break;
        case 2:
            change_page((unsigned)((draw >> 16) % SPACES), page);
            break;
        case 3: /* those that run are the likeliest to be wrong */
            change_page((unsigned)MAX(cpus[fake_cpu].space, 0), page);
            break;
        default:
            read_page(page);
        }
    }
    run_space(-1);
    return NULL;
}

static void set_up(unsigned bits, unsigned online)
{
    asid_bits = bits;
    cpu_online_mask = (cpumask_t)-1 >> (64 - online);
    mistakes = remote_calls = 0;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        pthread_mutex_init(&cpus[cpu].lock, NULL);
        cpus[cpu].space = -1;
        drop_all(cpu);
    }
    for (unsigned i = 0; i < SPACES; i++) {
        pthread_mutex_init(&spaces[i].lock, NULL);
        spaces[i].tlb = (struct tlb_space){0};
    }
}

static void run_all(unsigned bits, unsigned online)
{
    pthread_t threads[CPUS_MAX];

    set_up(bits, online);
    pthread_barrier_init(&all_there, NULL, online);
    for (unsigned cpu = 0; cpu < online; cpu++) {
        assert_int_equal(pthread_create(&threads[cpu], NULL, run_cpu, (void *)(uintptr_t)cpu), 0);
    }
    for (unsigned cpu = 0; cpu < online; cpu++) {
        pthread_join(threads[cpu], NULL);
    }
    assert_int_equal(mistakes, 0);
    for (unsigned i = 0; i < SPACES; i++) {
        assert_int_equal(spaces[i].tlb.running, 0);
    }
}

/* --- The tests --- */

static void few_numbers_on_many_cpus(void **state)
{
    (void)state;
    run_all(3, CPUS_MAX);
    assert_true(remote_calls > 0);
}

static void more_numbers_than_spaces(void **state)
{
    (void)state;
    run_all(8, CPUS_MAX);
}

static void too_few_numbers_are_none(void **state)
{
    (void)state;
    run_all(2, CPUS_MAX);
    run_all(0, CPUS_MAX);
}

static void a_cpu_alone_tells_nobody(void **state)
{
    (void)state;
    run_all(3, 1);
    assert_int_equal(remote_calls, 0);
}

/* A space that runs on one CPU all the time keeps its number over two ends of a generation, also for
 * those that join it after them. */
static void who_runs_keeps_his_number(void **state)
{
    unsigned number;

    (void)state;
    set_up(3, 2);
    fake_cpu = 1;
    run_space(0);
    number = cpus[1].number;
    fake_cpu = 0;
    for (unsigned i = 0; i < 40; i++) {
        run_space((int)(1 + i % (SPACES - 1)));
        assert_int_not_equal(cpus[0].number, number);
    }
    run_space(0);
    assert_int_equal(cpus[0].number, number);
    fake_cpu = 1;
    read_page(0);
    fake_cpu = 0;
    change_page(0, 0);
    fake_cpu = 1;
    read_page(0);
    assert_int_equal(mistakes, 0);
    run_space(-1);
    fake_cpu = 0;
    run_space(-1);
}

/* Only those that run the space are interrupted; who has left it finds a note. */
static void who_has_left_is_not_told(void **state)
{
    (void)state;
    set_up(8, 3);
    fake_cpu = 1;
    run_space(5);
    read_page(1);
    run_space(6);
    fake_cpu = 2;
    run_space(5);
    read_page(1);
    fake_cpu = 0;
    change_page(5, 1);
    assert_int_equal(remote_calls, 1);
    fake_cpu = 2;
    run_space(-1);
    fake_cpu = 0;
    change_page(5, 1);
    assert_int_equal(remote_calls, 1);
    for (fake_cpu = 1; fake_cpu <= 2; fake_cpu++) {
        run_space(5);
        read_page(1);
        run_space(-1);
    }
    assert_int_equal(mistakes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_numbers_on_many_cpus),  cmocka_unit_test(more_numbers_than_spaces),
        cmocka_unit_test(too_few_numbers_are_none),  cmocka_unit_test(a_cpu_alone_tells_nobody),
        cmocka_unit_test(who_runs_keeps_his_number), cmocka_unit_test(who_has_left_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
