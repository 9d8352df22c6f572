/* SPDX-License-Identifier: MIT */
/* Linux's system calls by their numbers, the counter of time, and what differs between processors. There is no
 * C library here. */
#ifndef TESTS_BENCH_LINUX_CALLS_H
#define TESTS_BENCH_LINUX_CALLS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
enum {
    SYS_read = 0,
    SYS_write = 1,
    SYS_mmap = 9,
    SYS_munmap = 11,
    SYS_sched_yield = 24,
    SYS_madvise = 28,
    SYS_nanosleep = 35,
    SYS_socketpair = 53,
    SYS_clone = 56,
    SYS_execve = 59,
    SYS_exit = 60,
    SYS_wait4 = 61,
    SYS_getppid = 110,
    SYS_sched_setscheduler = 144,
    SYS_mount = 165,
    SYS_reboot = 169,
    SYS_futex = 202,
    SYS_exit_group = 231,
    SYS_openat = 257,
    SYS_eventfd2 = 290,
    SYS_pipe2 = 293,
};

/* The emulator's counter runs at 1 GHz. */
#define NS_PER_TICK 1u

static inline uint64_t ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static inline __attribute__((always_inline)) long call6(long number, long a, long b, long c, long d,
                                                        long e, long f)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#else
enum {
    SYS_eventfd2 = 19,
    SYS_mount = 40,
    SYS_openat = 56,
    SYS_pipe2 = 59,
    SYS_read = 63,
    SYS_write = 64,
    SYS_exit = 93,
    SYS_exit_group = 94,
    SYS_futex = 98,
    SYS_nanosleep = 101,
    SYS_sched_setscheduler = 119,
    SYS_sched_yield = 124,
    SYS_reboot = 142,
    SYS_getppid = 173,
    SYS_socketpair = 199,
    SYS_munmap = 215,
    SYS_clone = 220,
    SYS_execve = 221,
    SYS_mmap = 222,
    SYS_madvise = 233,
    SYS_wait4 = 260,
};
#endif

#if defined(__aarch64__)
#define NS_PER_TICK 16u /* 62.5 MHz */

static inline uint64_t ticks(void)
{
    uint64_t value;

    __asm__ volatile("isb\nmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

static inline __attribute__((always_inline)) long call6(long number, long a, long b, long c, long d,
                                                        long e, long f)
{
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;

    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#elif defined(__riscv)
#define NS_PER_TICK 100u /* 10 MHz */

static inline uint64_t ticks(void)
{
    uint64_t value;

    __asm__ volatile("rdtime %0" : "=r"(value) : : "memory");
    return value;
}

static inline __attribute__((always_inline)) long call6(long number, long a, long b, long c, long d,
                                                        long e, long f)
{
    register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c, a3 __asm__("a3") = d, a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;

    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                     : "memory");
    return a0;
}
#endif

#define call0(number)             call6(number, 0, 0, 0, 0, 0, 0)
#define call1(number, a)          call6(number, (long)(a), 0, 0, 0, 0, 0)
#define call2(number, a, b)       call6(number, (long)(a), (long)(b), 0, 0, 0, 0)
#define call3(number, a, b, c)    call6(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(number, a, b, c, d) call6(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* Starts a thread that calls entry() on a stack; its id is at `id` until it has ended, and who waits there for
 * its end is woken (clone(2), CLONE_CHILD_CLEARTID). Gives the id, or a negative error. start.S's. */
long thread_start(unsigned long flags, void *stack, volatile int *id, void (*entry)(void));

#endif
