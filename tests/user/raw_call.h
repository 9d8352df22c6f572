/* SPDX-License-Identifier: MIT */
/* Any system call with any arguments. */
#ifndef TESTS_USER_RAW_CALL_H
#define TESTS_USER_RAW_CALL_H

#include <keel/errno.h>
#include <keel/syscall_numbers.h>
#include <stdint.h>

/* What a call with an instruction of its own gives, which would be `result` if kernels did not mind. */
#ifdef CALLS_FROM_VDSO_ONLY
#define SMUGGLED(number, result) ((number) < KEEL_SYS_COUNT ? -EPERM : (result))
#else
#define SMUGGLED(number, result) (result)
#endif

/* By number, of the library: where the vDSO makes the call. */
extern uintptr_t lib_vdso_calls[] __attribute__((visibility("hidden")));

typedef int64_t raw_call_fn(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static inline int64_t raw_call(uint64_t number, const uint64_t a[6])
{
    return ((raw_call_fn *)lib_vdso_calls[number])(a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ... with an instruction of its own, which a kernel may refuse; numbers may be any. */
static inline int64_t smuggled_call(uint64_t number, const uint64_t a[6])
{
    int64_t result = -1;

#if defined(__aarch64__)
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = a[0];
    register uint64_t x1 __asm__("x1") = a[1];
    register uint64_t x2 __asm__("x2") = a[2];
    register uint64_t x3 __asm__("x3") = a[3];
    register uint64_t x4 __asm__("x4") = a[4];
    register uint64_t x5 __asm__("x5") = a[5];

    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x8)
                     :
                     : "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "x18", "memory", "cc");
    result = (int64_t)x0;
#elif defined(__riscv)
    register uint64_t a7 __asm__("a7") = number;
    register uint64_t a0 __asm__("a0") = a[0];
    register uint64_t a1 __asm__("a1") = a[1];
    register uint64_t a2 __asm__("a2") = a[2];
    register uint64_t a3 __asm__("a3") = a[3];
    register uint64_t a4 __asm__("a4") = a[4];
    register uint64_t a5 __asm__("a5") = a[5];

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a7)
                     :
                     : "a6", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    result = (int64_t)a0;
#elif defined(__x86_64__)
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];
    uint64_t rax = number, rdi = a[0], rsi = a[1], rdx = a[2];

    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
                     :
                     : "rcx", "r11", "memory", "cc");
    result = (int64_t)rax;
#endif
    return result;
}

#endif
