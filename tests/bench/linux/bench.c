/* SPDX-License-Identifier: MIT */
/* The rows that Linux has, measured from user space as its first program; the machine goes off at the end. Each
 * does as nearly as Linux can what Keel's row of that name does. Times are of the emulator's counter. */
#include "calls.h"

#define COUNT                 10000L /* operations of a row; a tenth of them first, which are not counted */
#define FEW                   1000L /* ... of those that take long */
#define PAGES                 4096L
#define PAGE                  4096L
#define BYTES_MAX             4096
#define STACK_SIZE            65536
#define SETTLE_S              5 /* what the kernel put off while it started is done then */

/* Numbers of the kernel's interface that all of its processors have. */
#define O_RDWR                2
#define AT_FDCWD              (-100)
#define AF_UNIX               1
#define SOCK_SEQPACKET        5
#define FUTEX_WAIT            0
#define FUTEX_WAIT_PRIVATE    128
#define FUTEX_WAKE_PRIVATE    129
#define SCHED_FIFO            1
#define PROT_READ_WRITE       3
#define MAP_SHARED_ANONYMOUS  0x21
#define MAP_PRIVATE_ANONYMOUS 0x22
#define MADV_NOHUGEPAGE       15
#define SIGCHLD               17L
#define CLONE_VM              0x100L
#define CLONE_VFORK           0x4000L
/* ... VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID */
#define THREAD_FLAGS          0x350f00UL
#define REBOOT_MAGIC          0xfee1deadL
#define REBOOT_MAGIC2         0x28121969L
#define REBOOT_OFF            0x4321fedcL

void bench_main(void);

/* --- Words --- */

static int console;

static size_t length(const char *text)
{
    size_t size = 0;

    while (text[size] != '\0') {
        size++;
    }
    return size;
}

static void say(const char *text)
{
    (void)call3(SYS_write, console, text, length(text));
}

static void say_number(uint64_t number, unsigned digits)
{
    char text[24];
    char *at = text + sizeof(text) - 1;

    *at = '\0';
    for (unsigned i = 0; i < digits || number != 0; i++) {
        *--at = (char)('0' + number % 10);
        number /= 10;
    }
    say(at);
}

static void __attribute__((noreturn)) power_off(void)
{
    for (;;) {
        (void)call3(SYS_reboot, REBOOT_MAGIC, REBOOT_MAGIC2, REBOOT_OFF);
    }
}

/* Ends it all where a call failed that must not. */
static long must(long result, const char *what)
{
    if (result < 0) {
        say("bench: failed: ");
        say(what);
        say("\n");
        power_off();
    }
    return result;
}

static void show(const char *name, uint64_t elapsed, uint64_t operations)
{
    uint64_t hundredths = elapsed * NS_PER_TICK * 100 / operations;

    say("bench: ");
    say(name);
    say(" ");
    say_number(hundredths / 100, 1);
    say(".");
    say_number(hundredths % 100, 2);
    say(" instructions\n");
}

/* Counts operations; the first tenth of them is made before. */
#define MEASURE(name, count, operation)           \
    do {                                          \
        uint64_t began;                           \
                                                  \
        for (long i = 0; i < (count) / 10; i++) { \
            operation;                            \
        }                                         \
        began = ticks();                          \
        for (long i = 0; i < (count); i++) {      \
            operation;                            \
        }                                         \
        show(name, ticks() - began, count);       \
    } while (0)

/* --- Other processes and threads --- */

static char bytes[BYTES_MAX] __attribute__((aligned(4096)));
static char other_bytes[BYTES_MAX] __attribute__((aligned(4096)));
static char stack[STACK_SIZE] __attribute__((aligned(16)));
static volatile int thread_id;

static void __attribute__((noreturn)) leave(void)
{
    for (;;) {
        (void)call1(SYS_exit, 0);
    }
}

static void start_thread(void (*entry)(void))
{
    thread_id = -1;
    must(thread_start(THREAD_FLAGS, stack + STACK_SIZE, &thread_id, entry), "thread");
}

static void join_thread(void)
{
    int id;

    while ((id = thread_id) != 0) {
        (void)call4(SYS_futex, &thread_id, FUTEX_WAIT, id, 0);
    }
}

/* One that takes so many bytes and gives so many back, as often as the row will ask it to. */
static void start_echo(int from, int to, long taken, long given)
{
    if (must(call2(SYS_clone, SIGCHLD, 0), "clone") != 0) {
        return;
    }
    for (long i = 0; i < COUNT + COUNT / 10; i++) {
        (void)call3(SYS_read, from, other_bytes, taken);
        (void)call3(SYS_write, to, other_bytes, given);
    }
    (void)call1(SYS_exit_group, 0);
}

static void wait_for_child(void)
{
    (void)call4(SYS_wait4, -1, 0, 0, 0);
}

static void exchange(int to, int from, long sent, long taken)
{
    (void)call3(SYS_write, to, bytes, sent);
    (void)call3(SYS_read, from, bytes, taken);
}

/* --- Rows --- */

static void run_calls(void)
{
    int ends[2];

    MEASURE("syscall.null", COUNT, (void)call0(SYS_getppid));
    must(call2(SYS_pipe2, ends, 0), "pipe");
    MEASURE("channel.write_read.64", COUNT, exchange(ends[1], ends[0], 64, 64));
}

/* The least that two processes can send each other: a number each way. A wake is half of that. */
static void run_events(void)
{
    int there = (int)must(call2(SYS_eventfd2, 0, 0), "eventfd");
    int back = (int)must(call2(SYS_eventfd2, 0, 0), "eventfd");
    uint64_t began;

    bytes[0] = 1;
    other_bytes[0] = 1;
    start_echo(there, back, 8, 8);
    for (long i = 0; i < COUNT / 10; i++) {
        exchange(there, back, 8, 8);
    }
    began = ticks();
    for (long i = 0; i < COUNT; i++) {
        exchange(there, back, 8, 8);
    }
    began = ticks() - began;
    show("ipc.call.0", began, COUNT);
    show("event.wake", began, 2 * COUNT);
    wait_for_child();
}

static void run_pipes(const char *name, long sent, long answered)
{
    int there[2], back[2];

    must(call2(SYS_pipe2, there, 0), "pipe");
    must(call2(SYS_pipe2, back, 0), "pipe");
    start_echo(there[0], back[1], sent, answered);
    MEASURE(name, COUNT, exchange(there[1], back[0], sent, answered));
    wait_for_child();
}

/* What could carry a handle, without one. */
static void run_sockets(void)
{
    int ends[2];

    must(call4(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET, 0, ends), "socketpair");
    start_echo(ends[1], ends[1], 64, 64);
    MEASURE("ipc.call.handle", COUNT, exchange(ends[0], ends[0], 64, 64));
    wait_for_child();
}

static uint32_t there_word, back_word;

static void post(uint32_t *word)
{
    __atomic_store_n(word, 1, __ATOMIC_RELEASE);
    (void)call3(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

static void take(uint32_t *word)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) {
        (void)call4(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, 0);
    }
    __atomic_store_n(word, 0, __ATOMIC_RELAXED);
}

static void answer_posts(void)
{
    for (long i = 0; i < COUNT + COUNT / 10; i++) {
        take(&there_word);
        post(&back_word);
    }
    leave();
}

static void ping(void)
{
    post(&there_word);
    take(&back_word);
}

static volatile int yielding;
static volatile long yields;

static void yield_for_ever(void)
{
    while (yielding) {
        yields++;
        (void)call0(SYS_sched_yield);
    }
    leave();
}

/* At a fixed priority, where each yield is a switch. */
static void run_yield(void)
{
    int priority = 1;
    uint64_t began;
    long before;

    must(call3(SYS_sched_setscheduler, 0, SCHED_FIFO, &priority), "scheduler");
    yielding = 1;
    start_thread(yield_for_ever);
    for (long i = 0; i < COUNT / 10; i++) {
        (void)call0(SYS_sched_yield);
    }
    before = yields;
    began = ticks();
    for (long i = 0; i < COUNT; i++) {
        (void)call0(SYS_sched_yield);
    }
    show("thread.yield", ticks() - began, (uint64_t)(COUNT + yields - before));
    yielding = 0;
    priority = 0;
    must(call3(SYS_sched_setscheduler, 0, 0, &priority), "scheduler");
    join_thread();
}

static void run_thread_once(void)
{
    start_thread(leave);
    join_thread();
}

static void run_threads(void)
{
    start_thread(answer_posts);
    MEASURE("futex.pingpong", COUNT, ping());
    join_thread();
    run_yield();
    MEASURE("thread.create_join", FEW, run_thread_once());
}

/* The child has this memory, and the parent waits, until it is another program. */
static __attribute__((noinline)) void spawn_once(void)
{
    static const char path[] = "/tiny";
    static const char *const argv[] = {path, NULL};
    static const char *const envp[] = {NULL};

    if (must(call2(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0), "vfork") == 0) {
        (void)call3(SYS_execve, path, argv, envp);
        (void)call1(SYS_exit_group, 1);
    }
    wait_for_child();
}

/* --- Memory --- */

static char *map(long size, long flags)
{
    return (char *)must(call6(SYS_mmap, 0, size, PROT_READ_WRITE, flags, -1, 0), "mmap");
}

static uint64_t touch(volatile char *at, long pages)
{
    uint64_t began = ticks();

    for (long i = 0; i < pages; i++) {
        at[i * PAGE] = 1;
    }
    return ticks() - began;
}

static void map_once(void)
{
    char *at = map(PAGE, MAP_PRIVATE_ANONYMOUS);

    (void)call2(SYS_munmap, at, PAGE);
}

/* The child writes to what it shares with the parent. */
static void run_copies(volatile char *pages)
{
    uint64_t *elapsed = (uint64_t *)map(PAGE, MAP_SHARED_ANONYMOUS);

    for (unsigned i = 0; i < 2; i++) {
        if (must(call2(SYS_clone, SIGCHLD, 0), "clone") == 0) {
            *elapsed = touch(pages, PAGES);
            (void)call1(SYS_exit_group, 0);
        }
        wait_for_child();
    }
    show("fault.cow", *elapsed, PAGES);
}

static void run_memory(void)
{
    char *pages = NULL;
    uint64_t elapsed = 0;

    for (unsigned i = 0; i < 2; i++) {
        pages = map(PAGES * PAGE, MAP_PRIVATE_ANONYMOUS);
        (void)call3(SYS_madvise, pages, PAGES * PAGE, MADV_NOHUGEPAGE);
        elapsed = touch(pages, PAGES);
    }
    show("fault.zero", elapsed, PAGES);
    run_copies(pages);
    MEASURE("vm.map_unmap.1", FEW, map_once());
}

static void open_console(void)
{
    (void)call6(SYS_mount, (long)"dev", (long)"/dev", (long)"devtmpfs", 0, 0, 0);
    console = (int)call4(SYS_openat, AT_FDCWD, "/dev/console", O_RDWR, 0);
    if (console < 0) {
        power_off();
    }
}

void bench_main(void)
{
    const uint64_t started = ticks();
    const int64_t settle[2] = {SETTLE_S, 0};

    open_console();
    say("\n");
    show("boot.init", started, 1);
    (void)call2(SYS_nanosleep, settle, 0);
    run_calls();
    run_events();
    run_pipes("ipc.call.64", 64, 64);
    run_pipes("ipc.call.4096", BYTES_MAX, 1);
    run_sockets();
    run_threads();
    MEASURE("process.spawn_wait", FEW, spawn_once());
    run_memory();
    say("bench: done\n");
    power_off();
}
