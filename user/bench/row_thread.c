/* SPDX-License-Identifier: MIT */
/* Threads of one process. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <keel/threads.h>

/* --- Two that wake each other --- */

static struct {
    uint32_t there, back;
    uint32_t operations;
} words;

static void post(uint32_t *word)
{
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    (void)keel_futex_wake(word, 1);
}

static void take(uint32_t *word)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) {
        (void)keel_futex_wait(word, 0, KEEL_HANDLE_INVALID, KEEL_TIME_INFINITE);
    }
    __atomic_store_n(word, 0, __ATOMIC_RELAXED);
}

static int answer_posts(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i <= words.operations; i++) {
        take(&words.there);
        post(&words.back);
    }
    return 0;
}

static void ping(void)
{
    post(&words.there);
    take(&words.back);
}

int run_futex(struct run *run)
{
    keel_thread_t *thread;
    int err;

    words.operations = run->operations;
    err = keel_thread_run(&thread, "bench/pong", answer_posts, NULL, 0);
    if (err != 0) {
        return run_failed(run, err, "no thread");
    }
    ping(); /* it has begun */
    run_begin(run);
    REPEAT(run->operations)
    {
        ping();
    }
    run_end(run);
    return keel_thread_join(thread, NULL);
}

/* --- Two that let each other run --- */

static struct {
    uint32_t begun, ended, count;
} yielded;

static int yield_until_ended(void *unused)
{
    (void)unused;
    __atomic_store_n(&yielded.begun, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&yielded.ended, __ATOMIC_RELAXED) == 0) {
        yielded.count++;
        (void)keel_thread_legacy_yield(0);
    }
    return 0;
}

int run_yield(struct run *run)
{
    keel_thread_t *thread;
    uint32_t before;
    int err;

    yielded.begun = yielded.ended = 0;
    err = keel_thread_run(&thread, "bench/yield", yield_until_ended, NULL, 0);
    if (err != 0) {
        return run_failed(run, err, "no thread");
    }
    while (__atomic_load_n(&yielded.begun, __ATOMIC_RELAXED) == 0) {
        (void)keel_thread_legacy_yield(0);
    }
    before = __atomic_load_n(&yielded.count, __ATOMIC_RELAXED);
    run_begin(run);
    REPEAT(run->operations)
    {
        (void)keel_thread_legacy_yield(0);
    }
    run_end(run);
    run->counted += __atomic_load_n(&yielded.count, __ATOMIC_RELAXED) - before;
    __atomic_store_n(&yielded.ended, 1, __ATOMIC_RELAXED);
    return keel_thread_join(thread, NULL);
}

/* --- One that begins and ends --- */

#define STACK_SIZE 4096u

static void __attribute__((noreturn)) end_at_once(void)
{
    keel_thread_exit();
}

/* On a stack that the next one will have, too. */
static int thread_once(keel_handle_t process, uint64_t stack)
{
    static const char name[] = "bench/short";
    keel_signals_t observed;
    keel_handle_t thread;
    int err = keel_thread_create(process, name, sizeof(name) - 1, 0, &thread);

    if (err != 0) {
        return err;
    }
    err = keel_thread_start(thread, (uint64_t)(uintptr_t)end_at_once, stack, 0, 0);
    if (err == 0) {
        err = keel_object_wait_one(thread, KEEL_THREAD_TERMINATED, KEEL_TIME_INFINITE, &observed);
    }
    (void)keel_handle_close(thread);
    return err;
}

int run_thread(struct run *run)
{
    static __attribute__((aligned(16))) char stack[STACK_SIZE];
    static keel_handle_t process;
    int err = 0;

    if (process == KEEL_HANDLE_INVALID) {
        process = keel_startup_handle(KEEL_STARTUP_PROCESS_SELF);
    }
    run_begin(run);
    REPEAT(run->operations)
    {
        err |= thread_once(process, (uint64_t)(uintptr_t)(stack + STACK_SIZE));
    }
    run_end(run);
    return err == 0 ? 0 : run_failed(run, -EIO, "no thread");
}
