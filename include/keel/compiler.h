/* SPDX-License-Identifier: MIT */
/* What the compiler and the static checkers are told: attributes, address spaces, single
 * accesses. */
#ifndef KEEL_COMPILER_H
#define KEEL_COMPILER_H

#include <keel/kconfig.h>

#ifdef __CHECKER__
#define __user    __attribute__((noderef, address_space(1)))
#define __iomem   __attribute__((noderef, address_space(2)))
#define __percpu  __attribute__((noderef, address_space(3)))
#define __force   __attribute__((force))
#define __bitwise __attribute__((bitwise))
#else
#define __user
#define __iomem
#define __percpu
#define __force
#define __bitwise
#endif

/* The C library of a host that runs tests has its own. */
#undef __always_inline

#define likely(x)            __builtin_expect(!!(x), 1)
#define unlikely(x)          __builtin_expect(!!(x), 0)

#define __noreturn           __attribute__((noreturn))
#define __packed             __attribute__((packed))
#define __aligned(n)         __attribute__((aligned(n)))
#define __section(name)      __attribute__((section(name)))
#define __used               __attribute__((used))
#define __maybe_unused       __attribute__((unused))
#define __weak               __attribute__((weak))
#define __noinline           __attribute__((noinline))
#define __cleanup(function)  __attribute__((cleanup(function)))
#define __always_inline      inline __attribute__((always_inline))
#define __printf(fmt, va)    __attribute__((format(printf, fmt, va)))
#define __must_check         __attribute__((warn_unused_result))

/* A function that runs before the stack-protector canary is set. */
#define __no_stack_protector __attribute__((optimize("no-stack-protector")))
#ifdef __clang__
#undef __no_stack_protector
#define __no_stack_protector __attribute__((no_stack_protector))
#endif

/* GCC's name for code whose accesses are checked. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* A single access of an object that others change behind the compiler's back. */
#ifndef __SANITIZE_THREAD__
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)(void *)&(x) = (v))
#else
#define READ_ONCE(x)     __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#endif

/* Keeps the compiler from moving memory accesses across this point. */
#define barrier()     __asm__ volatile("" ::: "memory")

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Releases of the formatter differ about the minus signs. */
/* clang-format off */
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)     ALIGN_DOWN((x) + ((__typeof__(x))(a) - 1), a)
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

/* From a pointer to a member to the structure around it. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))
/* clang-format on */

#define MIN(a, b)                          \
    ({                                     \
        __typeof__(a) min_a_ = (a);        \
        __typeof__(b) min_b_ = (b);        \
        min_a_ < min_b_ ? min_a_ : min_b_; \
    })
#define MAX(a, b)                          \
    ({                                     \
        __typeof__(a) max_a_ = (a);        \
        __typeof__(b) max_b_ = (b);        \
        max_a_ > max_b_ ? max_a_ : max_b_; \
    })

#define KEEL_CONCAT_(a, b) a##b
#define KEEL_CONCAT(a, b)  KEEL_CONCAT_(a, b)
#define KEEL_STR_(x)       #x
#define KEEL_STR(x)        KEEL_STR_(x)

#endif
