/* SPDX-License-Identifier: MIT */
/* The CPUs: which there are, calls between them in every direction, and translations that one CPU takes
 * away while the others use them. With one CPU all of it holds trivially, and is run. */
#include <arch/cpu.h>
#include <arch/smp.h>
#include <arch/uaccess.h>
#include <keel/aspace.h>
#include <keel/clock.h>
#include <keel/kmap.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/spinlock.h>
#include <keel/string.h>
#include <keel/uaccess.h>
#include <keel/vm.h>
#include <keel/vmo.h>

#define CALLS        40u
#define ROUNDS_LEAST 3u
#define PATIENCE_NS  (5 * NS_PER_SEC)
#define ROUNDS       120u /* shared out among the CPUs, which the host may run one by one */
#define POISON       0xdeadull
#define OFFSET       0x40000000ul /* in the user half */
#define TURNS        400000000ul  /* of a wait for another CPU: a failure, not a hang */

static cpumask_t others(void)
{
    unsigned long irq = arch_irq_save();
    cpumask_t mask = cpu_online() & ~cpumask_of(cpu_index());

    arch_irq_restore(irq);
    return mask;
}

static void add_one(void *arg)
{
    __atomic_fetch_add((uint32_t *)arg, 1, __ATOMIC_SEQ_CST);
}

static uint32_t count_of(const uint32_t *count)
{
    return __atomic_load_n(count, __ATOMIC_SEQ_CST);
}

/* Waits until a count has got to `wanted`, with interrupts on, for others call this CPU too. */
static bool reaches(const uint32_t *count, uint32_t wanted)
{
    unsigned long irq = arch_irq_save();

    arch_irq_enable();
    for (unsigned long turn = 0; turn < TURNS && count_of(count) < wanted; turn++) {
        arch_cpu_relax();
    }
    arch_irq_restore(irq);
    return count_of(count) >= wanted;
}

KTEST(smp_cpus_are_as_they_say)
{
    KTEST_REQUIRE(cpu_count() >= 1 && cpu_count() <= CPUS_MAX);
    KTEST_EXPECT(cpu_info(cpu_count()) == NULL);
    KTEST_EXPECT((cpu_online() & 1) != 0 && cpu_info(0)->state == CPU_ONLINE);
    for (unsigned i = 0; i < cpu_count(); i++) {
        const struct cpu *cpu = cpu_info(i);

        KTEST_EXPECT(cpu->index == i);
        KTEST_EXPECT(cpu_by_hw_id(cpu->hw_id) == (int)i);
        KTEST_EXPECT((cpu->state == CPU_ONLINE) == cpumask_has(cpu_online(), i));
        KTEST_EXPECT((cpu->state == CPU_ONLINE) == (cpu->refused == NULL) ||
                     cpu->state == CPU_PRESENT);
    }
}

static void note_cpu(void *arg)
{
    __atomic_fetch_or((cpumask_t *)arg, cpumask_of(cpu_index()), __ATOMIC_SEQ_CST);
}

KTEST(smp_a_call_runs_where_it_should)
{
    unsigned cpu;

    cpumask_for_each(cpu, cpu_online())
    {
        cpumask_t ran = 0;

        smp_call(cpumask_of(cpu), note_cpu, &ran, true);
        KTEST_EXPECT(ran == cpumask_of(cpu));
    }
    for (unsigned i = 0; i < CALLS; i++) {
        cpumask_t ran = 0;

        smp_call(CPUMASK_ALL, note_cpu, &ran, true);
        KTEST_EXPECT(ran == cpu_online());
    }
}

static void has_interrupts_off(void *arg)
{
    if (arch_irq_enabled()) {
        add_one(arg);
    }
}

KTEST(smp_a_call_has_interrupts_off)
{
    uint32_t wrong = 0;

    smp_call(CPUMASK_ALL, has_interrupts_off, &wrong, true);
    KTEST_EXPECT(wrong == 0);
}

KTEST(smp_calls_without_waiting_all_run)
{
    uint32_t ran = 0;
    uint32_t wanted = cpumask_count(cpu_online()) * CALLS;

    for (unsigned i = 0; i < CALLS; i++) {
        smp_call(CPUMASK_ALL, add_one, &ran, false);
    }
    KTEST_EXPECT(reaches(&ran, wanted));
    KTEST_EXPECT(count_of(&ran) == wanted);
}

/* What a call does that calls all others from within, without waiting. */
static void call_on(void *arg)
{
    smp_call(others(), add_one, arg, false);
    add_one(arg);
}

/* Every CPU calls every other at the same time, from within calls, again and again: slots are taken, and
 * all wait for each other with interrupts off. */
KTEST(smp_calls_within_calls_do_not_lock_up)
{
    uint32_t cpus = cpumask_count(cpu_online());
    uint32_t ran = 0;

    for (unsigned i = 0; i < CALLS; i++) {
        smp_call(CPUMASK_ALL, call_on, &ran, false);
    }
    KTEST_EXPECT(reaches(&ran, CALLS * cpus * cpus));
    KTEST_EXPECT(count_of(&ran) == CALLS * cpus * cpus);
}

static void call_all_waiting(void *arg)
{
    smp_call(CPUMASK_ALL, add_one, arg, true);
}

/* With interrupts off, as in a panic, a call may wait too. */
KTEST(smp_calls_that_wait_nest)
{
    uint32_t cpus = cpumask_count(cpu_online());
    uint32_t ran = 0;

    for (unsigned i = 0; i < CALLS / 10; i++) {
        smp_call(CPUMASK_ALL, call_all_waiting, &ran, true);
    }
    KTEST_EXPECT(count_of(&ran) == CALLS / 10 * cpus * cpus);
}

/* --- Urgent calls, with locks held --- */

struct contest {
    struct spinlock lock;
    uint32_t calls; /* of each CPU, which has interrupts off until it has made them */
    uint32_t ran, done;
};

static void call_urgently(void *arg)
{
    struct contest *contest = arg;

    for (unsigned i = 0; i < contest->calls; i++) {
        unsigned long irq = spin_lock(&contest->lock);

        smp_call_urgent(CPUMASK_ALL, add_one, &contest->ran);
        spin_unlock(&contest->lock, irq);
    }
    add_one(&contest->done);
}

/* Ports whose CPUs serve such calls while they wait for a lock are the only ones that use them. */
KTEST(smp_urgent_calls_reach_those_that_wait_for_the_lock)
{
    uint32_t cpus = cpumask_count(cpu_online());
    struct contest contest = {.calls = MAX(CALLS / cpus, 2u)};

    if (!IS_ENABLED(CONFIG_X86_64)) {
        smp_call_urgent(CPUMASK_ALL, add_one, &contest.ran);
        KTEST_EXPECT(contest.ran == cpus);
        return;
    }
    smp_call(others(), call_urgently, &contest, false);
    call_urgently(&contest);
    KTEST_EXPECT(reaches(&contest.done, cpus));
    KTEST_EXPECT(contest.ran == cpus * cpus * contest.calls);
}

/* --- Translations that are taken away from running readers --- */

struct reading {
    struct aspace *as;
    virt_addr_t va;
    uint32_t stop, readers, stale;
    uint32_t reads[CPUS_MAX];
    uint64_t start;
};

/* What stands there; false: nothing is mapped just now. */
static bool read_word(const struct reading *reading, uint64_t *value)
{
    if (reading->as) {
        return user_copy_in(value, user_pointer(READ_ONCE(reading->va)), sizeof(*value)) == 0;
    }
    return READ_ONCE(reading->va) != 0 &&
           arch_read_nofault(READ_ONCE(reading->va), sizeof(*value), value) == 0;
}

/* Runs on every other CPU until it is told to stop. What is poisoned was taken away before. */
static void read_on(void *arg)
{
    struct reading *reading = arg;
    uint32_t *reads = &reading->reads[cpu_index()];
    uint64_t value;

    if (reading->as) {
        aspace_switch(reading->as);
    }
    while (count_of(&reading->stop) == 0) {
        if (read_word(reading, &value)) {
            if (value == POISON) {
                add_one(&reading->stale);
            }
            add_one(reads);
        }
        arch_cpu_relax();
    }
    aspace_switch(NULL);
    __atomic_fetch_sub(&reading->readers, 1, __ATOMIC_SEQ_CST);
}

static void start_readers(struct reading *reading)
{
    reading->start = clock_ns();
    reading->readers = cpumask_count(others());
    smp_call(others(), read_on, reading, false);
}

/* Whether round `i` is worth while: a host that runs few of the CPUs at a time makes rounds long, and readers
 * have interrupts off, which the watchdog does not put up with for ever. */
static bool goes_on(const struct reading *reading, unsigned i)
{
    return i < ROUNDS / cpumask_count(cpu_online()) &&
           (i < ROUNDS_LEAST || clock_ns() - reading->start < PATIENCE_NS);
}

/* Each reader has read what is mapped now. */
static bool all_have_read(struct reading *reading)
{
    uint32_t before[CPUS_MAX];
    bool good = true;
    unsigned cpu;

    memcpy(before, reading->reads, sizeof(before));
    cpumask_for_each(cpu, others())
    {
        good &= reaches(&reading->reads[cpu], before[cpu] + 2);
    }
    return good;
}

static bool stop_readers(struct reading *reading)
{
    __atomic_store_n(&reading->stop, 1, __ATOMIC_SEQ_CST);
    for (unsigned long turn = 0; turn < TURNS && count_of(&reading->readers) != 0; turn++) {
        arch_cpu_relax();
    }
    return count_of(&reading->readers) == 0;
}

static bool write_word(struct vmo *vmo, uint64_t value)
{
    size_t done;

    return vmo_write(vmo, &value, 0, sizeof(value), &done) == 0;
}

/* Maps the object, lets the readers see it, unmaps it, and then, as its next owner would, writes. */
static bool lend(struct reading *reading, struct vmo *vmo, uint64_t value)
{
    virt_addr_t va;

    return write_word(vmo, value) &&
           region_map(aspace_root(reading->as), OFFSET, vmo, 0, PAGE_SIZE,
                      VM_READ | ASPACE_SPECIFIC, &va) == 0 &&
           (WRITE_ONCE(reading->va, va), true) && all_have_read(reading) &&
           region_unmap(aspace_root(reading->as), va, PAGE_SIZE) == 0 && write_word(vmo, POISON);
}

KTEST(smp_readers_lose_a_user_page_at_once)
{
    struct reading reading = {0};
    struct vmo *vmos[2];

    KTEST_REQUIRE(aspace_create("readers", &reading.as) == 0);
    KTEST_REQUIRE(vmo_create(PAGE_SIZE, 0, &vmos[0]) == 0 &&
                  vmo_create(PAGE_SIZE, 0, &vmos[1]) == 0);
    start_readers(&reading);
    for (unsigned i = 0; goes_on(&reading, i); i++) {
        KTEST_EXPECT(lend(&reading, vmos[i % 2], i));
    }
    KTEST_EXPECT(stop_readers(&reading));
    KTEST_EXPECT(reading.stale == 0);
    aspace_destroy(reading.as);
    vmo_unref(vmos[0]);
    vmo_unref(vmos[1]);
}

/* The same in the kernel's half; the same addresses come again and again. */
static bool lend_to_kernel(struct reading *reading, phys_addr_t page, uint64_t value)
{
    uint64_t *word = phys_to_virt(page);
    virt_addr_t va = kmap_alloc(1);
    bool good;

    WRITE_ONCE(*word, value);
    good = va != 0 && kmap_map(va, page, 1, VM_KERNEL_RO) == 0;
    WRITE_ONCE(reading->va, va);
    good &= all_have_read(reading);
    WRITE_ONCE(reading->va, 0);
    kmap_free(va);
    WRITE_ONCE(*word, POISON);
    return good;
}

KTEST(smp_readers_lose_a_kernel_page_at_once)
{
    struct reading reading = {0};
    phys_addr_t pages[2] = {pmm_alloc_page(0), pmm_alloc_page(0)};

    KTEST_REQUIRE(pages[0] != 0 && pages[1] != 0);
    start_readers(&reading);
    for (unsigned i = 0; goes_on(&reading, i); i++) {
        KTEST_EXPECT(lend_to_kernel(&reading, pages[i % 2], i));
    }
    KTEST_EXPECT(stop_readers(&reading));
    KTEST_EXPECT(reading.stale == 0);
    pmm_free_page(pages[0]);
    pmm_free_page(pages[1]);
}

/* More spaces than there are numbers, on all CPUs at once, each with its own content. */
#define SPACES 40u

struct crowd {
    struct aspace *spaces[SPACES];
    virt_addr_t va[SPACES];
    uint32_t wrong;
};

static void visit_spaces(void *arg)
{
    struct crowd *crowd = arg;

    for (unsigned i = 0; i < 4 * SPACES; i++) {
        unsigned at = (i * 7 + cpu_index() * 3) % SPACES;
        uint64_t value = 0;

        aspace_switch(crowd->spaces[at]);
        if (user_copy_in(&value, user_pointer(crowd->va[at]), sizeof(value)) != 0 || value != at) {
            add_one(&crowd->wrong);
        }
        arch_cpu_relax();
    }
    aspace_switch(NULL);
}

KTEST(smp_spaces_are_not_mixed_up)
{
    static struct crowd crowd;

    crowd.wrong = 0;
    for (unsigned i = 0; i < SPACES; i++) {
        struct vmo *vmo;

        KTEST_REQUIRE(aspace_create("crowd", &crowd.spaces[i]) == 0);
        KTEST_REQUIRE(vmo_create(PAGE_SIZE, 0, &vmo) == 0 && write_word(vmo, i));
        KTEST_REQUIRE(region_map(aspace_root(crowd.spaces[i]), OFFSET, vmo, 0, PAGE_SIZE,
                                 VM_READ | ASPACE_SPECIFIC, &crowd.va[i]) == 0);
        vmo_unref(vmo);
    }
    smp_call(CPUMASK_ALL, visit_spaces, &crowd, true);
    KTEST_EXPECT(crowd.wrong == 0);
    for (unsigned i = 0; i < SPACES; i++) {
        aspace_destroy(crowd.spaces[i]);
    }
}

/* --- Who comes too late --- */

#define LATE_STACK 16384u

/* A CPU that nobody waits for, by `cpus=` on the command line; NULL: all of them run. */
static const struct cpu *idle_cpu(void)
{
    for (unsigned i = 1; i < cpu_count(); i++) {
        if (cpu_info(i)->state == CPU_REFUSED && cpu_info(i)->refused[0] == 'm') {
            return cpu_info(i);
        }
    }
    return NULL;
}

static int start_late(const struct cpu *cpu, struct secondary_boot *boot)
{
    const struct cpu_start_method *method;
    phys_addr_t argument;
    int err = arch_smp_prepare(boot, &argument);

    section_for_each(cpu_start_methods, method)
    {
        if (err == 0 && method->start(cpu, arch_smp_entry(), argument) == 0) {
            return 0;
        }
    }
    return -1;
}

/* It gets as far as C on its own stack, and halts there. */
KTEST(smp_who_comes_too_late_disturbs_nobody)
{
    static uint64_t stack[LATE_STACK / 8] __aligned(16);
    static struct thread_head head = {.name = "late"};
    static struct secondary_boot boot;
    const struct cpu *cpu = idle_cpu();
    cpumask_t before = cpu_online();
    cpumask_t ran = 0;
    uint32_t came = 0;

    if (cpu) {
        head.cpu = cpu->index;
        head.stack_low = (virt_addr_t)stack;
        head.stack_high = (virt_addr_t)stack + sizeof(stack);
        boot = (struct secondary_boot){
            .stack_top = head.stack_high, .head = &head, .index = cpu->index, .self = &boot};
        KTEST_REQUIRE(start_late(cpu, &boot) == 0);
        for (unsigned long turn = 0; turn < TURNS && came == 0; turn++) {
            for (unsigned i = 1; i < 64; i++) {
                came |= READ_ONCE(stack[LATE_STACK / 8 - i]) != 0;
            }
            arch_cpu_relax();
        }
        KTEST_EXPECT(came != 0);
        clock_delay_us(100000);
        KTEST_EXPECT(cpu->state == CPU_REFUSED);
    }
    KTEST_EXPECT(cpu_online() == before);
    smp_call(CPUMASK_ALL, note_cpu, &ran, true);
    KTEST_EXPECT(ran == before);
}
