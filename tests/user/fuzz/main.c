/* SPDX-License-Identifier: MIT */
/* Random system calls, made of the table of calls: `fuzz [SEED [CALLS]]`. The same seed makes the same calls;
 * what the kernel answers depends on time, too. They are made by a program in a job of its own, which starts
 * `fuzz child SEED CALLS`: it is well when that ends, all that it made goes with it, and the kernel goes on. */
#include "grammar.h"
#include "objects.h"
#include "raw_call.h"

#include <keel/bootfs.h>
#include <keel/info.h>
#include <keel/memory.h>
#include <keel/resource.h>
#include <keel/runtime.h>
#include <keel/signals.h>
#include <keel/spawn.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE          UINT64_C(4096)
#define MEMORY_SIZE   (4 * PAGE)
#define AROUND        (UINT64_C(16) << 20)
#define POOL          48u
#define CALLS_DEFAULT 10000u
#define SOON_NS       50000u
#define REPORT_EVERY  100000u
#define ADDRESSES     8u
#define WARM_CALLS    2000u
#define PATIENCE      2000u /* looks, a hundredth of a second apart, whether all is back */
/* What the kernel may hold more in the end: stocks of CPUs, threads that they keep. */
#define FREE_LESS     (UINT64_C(8) << 20)
#define HEAP_MORE     (UINT64_C(512) << 10)

/* What does not come back, or waits for what nobody does, or takes memory for ever. */
static const char *const left_out[] = {"system_powerctl", "interrupt_wait", "debug_write",
                                       "debug_read",      "debuglog_write", "ktrace_control"};

static uint64_t memory; /* MEMORY_SIZE bytes, with unmapped addresses around */
static const unsigned char constant[PAGE] __attribute__((aligned(PAGE))) = {1};
static keel_handle_t pool[POOL];
static keel_obj_type_t pool_types[POOL];
static uint64_t addresses[ADDRESSES]; /* that calls gave */
static uint64_t state;

/* xorshift64*, Vigna 2016. */
static uint64_t dice(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t limit)
{
    return dice() % limit;
}

static bool one_in(unsigned count)
{
    return below(count) == 0;
}

/* --- Handles --- */

static void put_into_pool(keel_handle_t handle, keel_obj_type_t type)
{
    unsigned place = (unsigned)below(POOL);

    keel_handle_close(pool[place]);
    pool[place] = handle;
    pool_types[place] = type;
}

static keel_handle_t any_handle(keel_obj_type_t type)
{
    unsigned start = (unsigned)below(POOL);

    for (unsigned i = 0; i < POOL && type != KEEL_OBJ_TYPE_NONE; i++) {
        unsigned place = (start + i) % POOL;

        if (pool_types[place] == type) {
            return pool[place];
        }
    }
    return pool[start];
}

static uint64_t handle_argument(const struct argument_grammar *argument)
{
    switch (below(16)) {
    case 0:
        return any_handle(KEEL_OBJ_TYPE_NONE);
    case 1:
        return dice();
    case 2:
        return (uint32_t)dice();
    case 3:
    case 4: {
        keel_handle_t fresh = make_object(argument->type);

        if (fresh != KEEL_HANDLE_INVALID) {
            put_into_pool(fresh, argument->type);
            return fresh;
        }
        return 0;
    }
    default:
        return any_handle(argument->type);
    }
}

/* --- Numbers and memory --- */

static uint64_t number(uint64_t low, uint64_t high)
{
    switch (below(10)) {
    case 0:
        return dice();
    case 1:
        return low - 1 + below(3);
    case 2:
        return high - 1 + below(3);
    case 3:
        return 1ull << below(64);
    case 4:
        return below(16) * PAGE;
    case 5:
        return addresses[below(ADDRESSES)];
    default:
        return low + below(high - low < 64 ? high - low + 1 : 64);
    }
}

static uint64_t address(void)
{
    switch (below(20)) {
    case 0:
        return dice();
    case 1:
        return (uint64_t)constant + below(PAGE);
    case 2:
        return below(2) << 63 | below(PAGE);
    case 3:
        return memory + MEMORY_SIZE - below(64);
    case 4:
        return (uint64_t)&address;
    default:
        return memory + below(MEMORY_SIZE - 1024) / 8 * 8;
    }
}

/* Structures that calls read hold pointers, handles and sizes; so some of the memory does. */
static void season_memory(uint64_t at)
{
    if (at < memory || at > memory + MEMORY_SIZE - 64) {
        return;
    }
    for (unsigned i = 0; i < 8; i++) {
        uint64_t word = one_in(2) ? address() : below(72) | below(4) << 32;

        if (one_in(6)) {
            word = any_handle(KEEL_OBJ_TYPE_NONE) | (uint64_t)any_handle(KEEL_OBJ_TYPE_NONE) << 32;
        }
        memcpy((void *)(at + i * sizeof(word)), &word, sizeof(word));
    }
}

static uint64_t argument_for(const struct argument_grammar *argument)
{
    uint64_t at;

    switch (argument->kind) {
    case GRAMMAR_HANDLE:
        return handle_argument(argument);
    case GRAMMAR_SIZE:
    case GRAMMAR_NUMBER:
        return number(argument->low, argument->high);
    case GRAMMAR_TIME:
        return one_in(4) ? 0 : (uint64_t)keel_clock_get_monotonic() + below(SOON_NS);
    case GRAMMAR_IN:
    case GRAMMAR_OUT:
    case GRAMMAR_INOUT:
        break;
    }
    at = address();
    if (argument->kind != GRAMMAR_OUT) {
        season_memory(at);
    }
    return at;
}

/* --- Calls --- */

static bool is_left_out(const struct call_grammar *call)
{
    for (unsigned i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
        if (strcmp(call->name, left_out[i]) == 0) {
            return true;
        }
    }
    return call->returns == GIVES_NEVER;
}

static void keep_address(uint64_t given)
{
    if (given != 0 && given % PAGE == 0) {
        addresses[below(ADDRESSES)] = given;
    }
}

/* Handles and addresses that came out of a call are used by later ones. */
static void keep_results(const struct call_grammar *call, const uint64_t *words)
{
    for (unsigned i = 0; i < call->count; i++) {
        const struct argument_grammar *argument = &call->arguments[i];
        keel_handle_t given;
        uint64_t number;

        if (argument->kind != GRAMMAR_OUT || argument->counted_by >= 0 || words[i] < PAGE) {
            continue;
        }
        if (argument->element == sizeof(given)) {
            memcpy(&given, (const void *)words[i], sizeof(given));
            put_into_pool(given, KEEL_OBJ_TYPE_NONE);
        } else if (argument->element == sizeof(number)) {
            memcpy(&number, (const void *)words[i], sizeof(number));
            keep_address(number);
        }
    }
}

static void step(void)
{
    const struct call_grammar *call = &call_grammar[below(call_grammar_count)];
    uint64_t words[CALL_ARGUMENTS_MAX] = {0};
    int64_t result;

    if (is_left_out(call)) {
        return;
    }
    for (unsigned i = 0; i < call->count; i++) {
        words[i] = argument_for(&call->arguments[i]);
    }
    result = raw_call(call->number, words);
    if (call->returns == GIVES_ADDRESS && result > 0) {
        keep_address((uint64_t)result);
    } else if (result == 0) {
        keep_results(call, words);
    }
}

/* Memory in the middle of a part of the addresses that is otherwise empty: what a call writes too far is seen
 * to fail, and does not hit this program. */
static int map_memory(void)
{
    keel_handle_t vmar, vmo;
    uint64_t base;
    int64_t at;
    int err = keel_vmar_allocate(
        root_vmar(), KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | KEEL_VM_CAN_MAP_SPECIFIC, 0,
        2 * AROUND, &vmar, &base);

    if (err == 0) {
        err = keel_vmo_create(MEMORY_SIZE, 0, &vmo);
    }
    if (err == 0) {
        at = keel_vmar_map(vmar, KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE | KEEL_VM_SPECIFIC, AROUND,
                           vmo, 0, MEMORY_SIZE);
        memory = (uint64_t)at;
        err = at < 0 ? (int)at : 0;
    }
    return err;
}

/* What the started program does. */
static int make_calls(uint64_t seed, uint64_t calls)
{
    int err = map_memory();

    if (err != 0) {
        printf("fuzz: no memory: %d\n", err);
        return 1;
    }
    state = seed | 1ull << 63; /* never 0 */
    for (uint64_t i = 0; i < calls; i++) {
        step();
        if (i % REPORT_EVERY == REPORT_EVERY - 1) {
            printf("fuzz: %llu calls\n", (unsigned long long)i + 1);
        }
    }
    return 0;
}

/* --- Around them --- */

static int start_child(keel_handle_t job, uint64_t seed, uint64_t calls, keel_handle_t *process)
{
    static keel_bootfs_entry_t file;
    char texts[2][24];
    const char *const argv[] = {"fuzz", "child", texts[0], texts[1], NULL};
    keel_spawn_handle_t handles[] = {
        {KEEL_STARTUP_RESOURCE_ROOT, 0}, {KEEL_STARTUP_JOB_DEFAULT, 0}, {KEEL_STARTUP_DEBUGLOG, 0}};
    keel_bootfs_t bootfs;
    const char *why = "its file is not there";
    int err = 0;

    if (!file.data) {
        err = keel_bootfs_map(keel_startup_handle(KEEL_STARTUP_BOOTFS_VMO), &bootfs);
        err = err != 0 ? err : keel_bootfs_find(&bootfs, "bin/fuzz", &file);
    }
    snprintf(texts[0], sizeof(texts[0]), "%llu", (unsigned long long)seed);
    snprintf(texts[1], sizeof(texts[1]), "%llu", (unsigned long long)calls);
    (void)keel_handle_duplicate(root_resource(), KEEL_RIGHT_SAME_RIGHTS, &handles[0].handle);
    (void)keel_handle_duplicate(job, KEEL_RIGHT_SAME_RIGHTS, &handles[1].handle);
    (void)keel_debuglog_create(root_resource(), 0, &handles[2].handle);
    if (err == 0) {
        err = keel_spawn(&(keel_spawn_t){.job = job,
                                         .file = file.data,
                                         .file_size = file.size,
                                         .argv = argv,
                                         .handles = handles,
                                         .handle_count = 3},
                         process, &why);
    }
    if (err != 0) {
        printf("fuzz: cannot start: %s: %d\n", why, err);
    }
    return err;
}

/* Has another program make the calls, and ends all that it left; whether it came to its end. */
static bool run_child(uint64_t seed, uint64_t calls)
{
    keel_signals_t signals;
    keel_handle_t job, process = KEEL_HANDLE_INVALID;
    int64_t code = -1;

    if (keel_job_create(root_job(), 0, &job) != 0) {
        return false;
    }
    if (start_child(job, seed, calls, &process) == 0) {
        (void)keel_process_wait(process, KEEL_TIME_INFINITE, &code);
        keel_handle_close(process);
    }
    keel_task_kill(job);
    (void)keel_object_wait_one(job, KEEL_JOB_TERMINATED, KEEL_TIME_INFINITE, &signals);
    keel_handle_close(job);
    if (code != 0) {
        printf("fuzz: ended with %lld\n", (long long)code);
    }
    return code == 0;
}

static keel_info_kmem_stats_t kernel_memory(void)
{
    keel_info_kmem_stats_t stats = {0};

    (void)keel_object_get_info(root_resource(), KEEL_INFO_KMEM_STATS, &stats, sizeof(stats), NULL,
                               NULL);
    return stats;
}

static bool is_back(const keel_info_kmem_stats_t *before, const keel_info_kmem_stats_t *now)
{
    return now->objects <= before->objects && now->free_bytes + FREE_LESS >= before->free_bytes &&
           now->heap_used_bytes <= before->heap_used_bytes + HEAP_MORE;
}

/* Waits until the kernel holds what it held before, for a while. */
static bool comes_back(const keel_info_kmem_stats_t *before)
{
    keel_info_kmem_stats_t now = kernel_memory();

    for (unsigned i = 0; i < PATIENCE && !is_back(before, &now); i++) {
        keel_nanosleep(keel_clock_get_monotonic() + 10000000);
        now = kernel_memory();
    }
    printf("fuzz: objects %llu, were %llu; free KiB %llu, were %llu; heap bytes %llu, were %llu\n",
           (unsigned long long)now.objects, (unsigned long long)before->objects,
           (unsigned long long)now.free_bytes / 1024, (unsigned long long)before->free_bytes / 1024,
           (unsigned long long)now.heap_used_bytes, (unsigned long long)before->heap_used_bytes);
    return is_back(before, &now);
}

int main(int argc, char **argv)
{
    uint64_t seed, calls = argc > 2 ? strtoull(argv[2], NULL, 0) : CALLS_DEFAULT;
    keel_info_kmem_stats_t before;
    bool good;

    if (argc > 3 && strcmp(argv[1], "child") == 0) {
        return make_calls(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
    }
    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)keel_clock_get_monotonic();
    printf("fuzz: seed 0x%llx, %llu calls\n", (unsigned long long)seed, (unsigned long long)calls);
    good =
        run_child(~seed, WARM_CALLS); /* what stays, like tables that have grown, is there then */
    before = kernel_memory();
    good = good && run_child(seed, calls);
    if (good && !comes_back(&before)) {
        printf("fuzz: not everything is back\n");
        good = false;
    }
    if (good) {
        printf("fuzz: done: %llu calls\n", (unsigned long long)calls);
    }
    printf("fuzz: the machine stays on: %d\n",
           keel_system_powerctl(root_resource(), KEEL_SYSTEM_POWERCTL_SHUTDOWN, good ? 0 : 1));
    return 1;
}
