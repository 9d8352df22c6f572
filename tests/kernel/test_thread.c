/* SPDX-License-Identifier: MIT */
/* Threads: their life from creation to the end, what they report, how they are stopped and moved. */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/kmap.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/vm.h>

#define MANY   50u
#define NEVER  TIMER_NEVER
#define ROUNDS 100000000u

static int give_back(void *arg)
{
    return *(int *)arg;
}

static int leave_early(void *arg)
{
    thread_exit(*(int *)arg + 1);
}

KTEST(thread_reports_its_result)
{
    struct thread *thread;
    int given = 42, result = 0;

    KTEST_REQUIRE(thread_run(&thread, "result", give_back, &given, NULL) == 0);
    KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0);
    KTEST_EXPECT(result == 42);
    KTEST_REQUIRE(thread_run(&thread, "exit", leave_early, &given, NULL) == 0);
    KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0);
    KTEST_EXPECT(result == 43);
    KTEST_REQUIRE(thread_run(&thread, "no result", give_back, &given, NULL) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

KTEST(thread_refuses_what_cannot_be)
{
    struct thread *thread;
    struct thread_attr attr = THREAD_ATTR_DEFAULT;
    int given = 0;

    attr.priority = PRIORITY_COUNT;
    KTEST_EXPECT(thread_create(&thread, "x", give_back, &given, &attr) == -EINVAL);
    attr.priority = (enum priority) - 1;
    KTEST_EXPECT(thread_create(&thread, "x", give_back, &given, &attr) == -EINVAL);
    attr = THREAD_ATTR_DEFAULT;
    attr.affinity = 0;
    KTEST_EXPECT(thread_create(&thread, "x", give_back, &given, &attr) == -EINVAL);
    attr.affinity = ~cpu_online();
    KTEST_EXPECT(thread_create(&thread, "x", give_back, &given, &attr) == -EINVAL);
    KTEST_EXPECT(thread_join(thread_current(), NULL, NEVER) == -EDEADLK);
    KTEST_EXPECT(thread_resume(thread_current()) == -EINVAL);
    KTEST_EXPECT(thread_set_affinity(thread_current(), 0) == -EINVAL);
    KTEST_EXPECT(thread_set_priority(thread_current(), PRIORITY_COUNT) == -EINVAL);
}

KTEST(thread_is_created_before_it_runs)
{
    struct thread *thread, *other;
    int given = 7, result = 0;

    KTEST_REQUIRE(thread_create(&thread, "created", give_back, &given, NULL) == 0);
    KTEST_EXPECT(thread_state(thread) == THREAD_CREATED);
    KTEST_EXPECT(strcmp(thread_name(thread), "created") == 0);
    thread_yield();
    KTEST_EXPECT(thread_state(thread) == THREAD_CREATED);
    KTEST_REQUIRE(thread_create(&other, "a name that is longer than there is room for it",
                                give_back, &given, NULL) == 0);
    KTEST_EXPECT(strcmp(thread_name(other), "a name that is longer than ther") == 0);
    KTEST_EXPECT(thread_id(other) > thread_id(thread));
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(thread_resume(other) == 0);
    KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0);
    KTEST_EXPECT(thread_join(other, &result, NEVER) == 0);
    KTEST_EXPECT(result == 7);
}

KTEST(thread_ids_are_never_used_twice)
{
    uint64_t last = 0;
    int given = 0;

    for (unsigned i = 0; i < MANY; i++) {
        struct thread *thread;

        KTEST_REQUIRE(thread_run(&thread, "id", give_back, &given, NULL) == 0);
        KTEST_EXPECT(thread_id(thread) > last);
        last = thread_id(thread);
        KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
    }
}

static int count_up(void *arg)
{
    __atomic_fetch_add((unsigned *)arg, 1, __ATOMIC_RELAXED);
    return 0;
}

/* Waits, in turns with others, until a counter has a value. False: it does not come. */
static bool wait_for(const unsigned *counter, unsigned value)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (__atomic_load_n(counter, __ATOMIC_ACQUIRE) == value) {
            return true;
        }
        thread_yield();
    }
    return false;
}

KTEST(thread_detached_ends_by_itself)
{
    static unsigned ended;

    ended = 0;
    for (unsigned i = 0; i < MANY; i++) {
        struct thread *thread;

        KTEST_REQUIRE(thread_create(&thread, "detached", count_up, &ended, NULL) == 0);
        if (i % 2 == 0) {
            thread_detach(thread);
            KTEST_EXPECT(thread_resume(thread) == 0);
        } else {
            KTEST_EXPECT(thread_resume(thread) == 0);
            thread_detach(thread);
        }
    }
    KTEST_EXPECT(wait_for(&ended, MANY));
}

/* Threads keep what the calling convention has them keep, over switches. */
struct juggler {
    unsigned seed;
    unsigned rounds;
};

static __noinline uint64_t mix(uint64_t a, uint64_t b)
{
    return (a ^ b) * 0x9e3779b97f4a7c15u;
}

static uint64_t juggle(unsigned seed, unsigned rounds, bool yields)
{
    uint64_t a = seed, b = mix(a, 1), c = mix(b, 2), d = mix(c, 3), e = mix(d, 4), f = mix(e, 5);

    for (unsigned i = 0; i < rounds; i++) {
        a = mix(a, b);
        b = mix(b, c);
        c = mix(c, d);
        if (yields) {
            thread_yield();
        }
        d = mix(d, e);
        e = mix(e, f);
        f = mix(f, a);
    }
    return a ^ b ^ c ^ d ^ e ^ f;
}

static int juggle_and_yield(void *arg)
{
    const struct juggler *j = arg;

    return juggle(j->seed, j->rounds, true) == juggle(j->seed, j->rounds, false) ? 0 : -EIO;
}

KTEST(thread_keeps_its_registers)
{
    struct thread *threads[8];
    struct juggler jugglers[8];
    int result;

    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        jugglers[i] = (struct juggler){.seed = i + 1, .rounds = 200};
        KTEST_REQUIRE(thread_run(&threads[i], "juggler", juggle_and_yield, &jugglers[i], NULL) ==
                      0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_EXPECT(thread_join(threads[i], &result, NEVER) == 0 && result == 0);
    }
}

static int stack_of_mine(void *arg)
{
    *(virt_addr_t *)arg = arch_frame_pointer();
    return arch_irq_enabled() && current_head()->preempt_off == 0 ? 0 : -EIO;
}

/* A stack is mapped for its size, with nothing below and above it. */
KTEST(thread_stack_has_guard_pages)
{
    struct thread *thread;
    virt_addr_t at = 0, start = 0;
    size_t pages = 0;
    phys_addr_t pa;
    uint32_t flags;
    int result = -1;

    KTEST_REQUIRE(thread_run(&thread, "stack", stack_of_mine, &at, NULL) == 0);
    KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0 && result == 0);
    KTEST_REQUIRE(kmap_find(at, &start, &pages) == 0);
    KTEST_EXPECT(pages == KERNEL_STACK_SIZE / PAGE_SIZE);
    KTEST_EXPECT(IS_ALIGNED(start, 1ull << KERNEL_STACK_ALIGN_LOG2));
    KTEST_EXPECT(pt_query(kernel_root, start - PAGE_SIZE, &pa, &flags) == 0);
    KTEST_EXPECT(pt_query(kernel_root, start, &pa, &flags) != 0);
    KTEST_EXPECT((flags & VM_EXEC) == 0 && (flags & VM_WRITE) != 0);
    KTEST_EXPECT(pt_query(kernel_root, start + KERNEL_STACK_SIZE, &pa, &flags) == 0);
}

/* --- Suspension --- */

struct worker {
    unsigned steps;
    bool stop;
};

static int step_until_stopped(void *arg)
{
    struct worker *worker = arg;

    while (!__atomic_load_n(&worker->stop, __ATOMIC_ACQUIRE)) {
        __atomic_fetch_add(&worker->steps, 1, __ATOMIC_RELAXED);
        thread_yield();
    }
    return 0;
}

/* Whether the worker gets on within some turns of others. */
static bool gets_on(const struct worker *worker, unsigned turns)
{
    unsigned before = __atomic_load_n(&worker->steps, __ATOMIC_RELAXED);

    for (unsigned i = 0; i < turns; i++) {
        thread_yield();
        if (__atomic_load_n(&worker->steps, __ATOMIC_RELAXED) != before) {
            return true;
        }
        arch_cpu_relax();
    }
    return false;
}

static bool reaches_state(const struct thread *thread, enum thread_state state)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (thread_state(thread) == state) {
            return true;
        }
        thread_yield();
    }
    return false;
}

KTEST(thread_suspensions_nest)
{
    struct worker worker = {0};
    struct thread *thread;

    KTEST_REQUIRE(thread_run(&thread, "suspended", step_until_stopped, &worker, NULL) == 0);
    KTEST_EXPECT(gets_on(&worker, ROUNDS));
    KTEST_EXPECT(thread_suspend(thread) == 0);
    KTEST_EXPECT(thread_suspend(thread) == 0);
    KTEST_EXPECT(reaches_state(thread, THREAD_SUSPENDED));
    KTEST_EXPECT(!gets_on(&worker, 10000));
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(!gets_on(&worker, 10000));
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(gets_on(&worker, ROUNDS));
    KTEST_EXPECT(thread_resume(thread) == -EINVAL);
    worker.stop = true;
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

static int suspend_myself(void *arg)
{
    unsigned *stage = arg;

    __atomic_store_n(stage, 1, __ATOMIC_RELEASE);
    if (thread_suspend(thread_current()) != 0) {
        return -EIO;
    }
    __atomic_store_n(stage, 2, __ATOMIC_RELEASE);
    return 0;
}

KTEST(thread_suspends_itself)
{
    struct thread *thread;
    unsigned stage = 0;
    int result = -1;

    KTEST_REQUIRE(thread_run(&thread, "self", suspend_myself, &stage, NULL) == 0);
    KTEST_EXPECT(reaches_state(thread, THREAD_SUSPENDED));
    KTEST_EXPECT(stage == 1);
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(thread_join(thread, &result, NEVER) == 0 && result == 0);
    KTEST_EXPECT(stage == 2);
}

KTEST(thread_suspended_before_it_starts)
{
    struct thread *thread;
    unsigned ran = 0;

    KTEST_REQUIRE(thread_create(&thread, "not yet", count_up, &ran, NULL) == 0);
    KTEST_EXPECT(thread_suspend(thread) == 0);
    KTEST_EXPECT(thread_resume(thread) == 0);
    thread_yield();
    KTEST_EXPECT(ran == 0 && thread_state(thread) == THREAD_CREATED);
    KTEST_EXPECT(thread_resume(thread) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
    KTEST_EXPECT(ran == 1);
}

KTEST(thread_ended_cannot_be_suspended)
{
    struct thread *thread;
    unsigned ran = 0;

    KTEST_REQUIRE(thread_run(&thread, "ended", count_up, &ran, NULL) == 0);
    KTEST_EXPECT(reaches_state(thread, THREAD_TERMINATED));
    KTEST_EXPECT(thread_suspend(thread) == -EINVAL);
    KTEST_EXPECT(thread_resume(thread) == -EINVAL);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}
