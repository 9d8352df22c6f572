/* SPDX-License-Identifier: MIT */
/* Floating-point registers: each thread that may use them has its own, and sees nobody else's. */
#include <arch/cpu.h>
#include <keel/errno.h>
#include <keel/fpu.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define WORDS  64u
#define ROUNDS 200u
#define NEVER  TIMER_NEVER

/* fpu_<port>.S: how many words this CPU's registers hold, at most WORDS. */
unsigned fpu_test_words(void);
void fpu_test_fill(const uint64_t words[WORDS]);
void fpu_test_read(uint64_t words[WORDS]);

#define USERS 6u

static uint64_t filled[USERS][WORDS], read_back[USERS][WORDS];

struct fpu_user {
    uint64_t seed;
    uint64_t *words, *found; /* room for WORDS each */
    bool moves;
    bool spins; /* gives way only when interrupted */
};

static void pattern(uint64_t words[WORDS], uint64_t seed)
{
    for (unsigned i = 0; i < WORDS; i++) {
        words[i] = (seed + i) * 0x9e3779b97f4a7c15u;
    }
}

static bool all_zero(const uint64_t words[WORDS])
{
    for (unsigned i = 0; i < fpu_test_words(); i++) {
        if (words[i] != 0) {
            return false;
        }
    }
    return true;
}

static void let_others(const struct fpu_user *user, unsigned round)
{
    cpumask_t online = cpu_online();

    if (user->spins) {
        for (unsigned i = 0; i < 20000; i++) {
            arch_cpu_relax();
        }
    } else if (user->moves && cpumask_has(online, round % CPUS_MAX)) {
        (void)thread_set_affinity(thread_current(), cpumask_of(round % CPUS_MAX));
    } else {
        thread_yield();
    }
}

/* Fills the registers anew only every other time: those that were only read are kept as well. */
static int use_registers(void *arg)
{
    const struct fpu_user *user = arg;
    uint64_t *words = user->words, *found = user->found;

    if (thread_use_fpu() != 0 || thread_use_fpu() != 0) {
        return -ENOTSUP;
    }
    fpu_test_read(found);
    if (!all_zero(found)) {
        return -EIO; /* somebody left something */
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 2 == 0) {
            pattern(words, user->seed * (i + 1));
            fpu_test_fill(words);
        }
        let_others(user, i);
        fpu_test_read(found);
        if (memcmp(words, found, fpu_test_words() * sizeof(words[0])) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static void run_users(struct fpu_user *users, unsigned count, cpumask_t affinity)
{
    struct thread_attr attr = {PRIORITY_NORMAL, affinity};
    struct thread *threads[USERS];
    int result;

    for (unsigned i = 0; i < count; i++) {
        users[i].words = filled[i];
        users[i].found = read_back[i];
        KTEST_REQUIRE(thread_run(&threads[i], "fpu", use_registers, &users[i], &attr) == 0);
    }
    for (unsigned i = 0; i < count; i++) {
        result = -1;
        KTEST_EXPECT(thread_join(threads[i], &result, NEVER) == 0);
        KTEST_EXPECT(result == 0);
    }
}

KTEST(fpu_registers_are_each_threads_own)
{
    struct fpu_user users[3] = {{.seed = 3}, {.seed = 5}, {.seed = 7}};

    run_users(users, ARRAY_SIZE(users), cpumask_of(cpu_index()));
}

KTEST(fpu_registers_go_with_a_thread_that_moves)
{
    struct fpu_user users[USERS];

    for (unsigned i = 0; i < ARRAY_SIZE(users); i++) {
        users[i] = (struct fpu_user){.seed = i + 11, .moves = true};
    }
    run_users(users, ARRAY_SIZE(users), CPUMASK_ALL);
}

KTEST(fpu_registers_survive_interrupts)
{
    struct fpu_user users[2] = {{.seed = 21, .spins = true}, {.seed = 22, .spins = true}};

    run_users(users, ARRAY_SIZE(users), cpumask_of(cpu_index()));
}

/* A thread that is not to use them does not pay for them, and others' are not in reach. */
KTEST(fpu_is_not_everybodys)
{
    KTEST_EXPECT(current_head()->fpu == NULL);
    KTEST_EXPECT(arch_fpu_size() > 0);
}
