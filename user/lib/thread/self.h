/* SPDX-License-Identifier: MIT */
/* The calling thread: what the library knows of it, and its thread-local storage around that. */
#ifndef USER_SELF_H
#define USER_SELF_H

#include <keel/base.h>
#include <stddef.h>
#include <stdint.h>

/* On x86_64 the thread pointer points to it (psABI, 3.4.6: its first word is its address), elsewhere to its end. */
struct lib_thread {
    struct lib_thread *self;
    keel_handle_t handle; /* 0: unknown */
    int result;
    int (*entry)(void *arg);
    void *arg;
    struct lib_thread *next; /* of those that ended and that nobody waits for */
    uint64_t canary;         /* x86_64: where protected stacks find it, at %fs:0x28 */
    uintptr_t mapping;       /* its stack and this, with pages around; 0: the first thread's */
    size_t mapping_size;
    uint32_t detached;
};

_Static_assert(offsetof(struct lib_thread, canary) == 0x28,
               "part of the x86_64 psABI as compilers know it");

#if defined(__aarch64__)
static inline struct lib_thread *lib_self(void)
{
    uintptr_t pointer;

    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
    return (struct lib_thread *)pointer - 1;
}
#elif defined(__riscv)
static inline struct lib_thread *lib_self(void)
{
    uintptr_t pointer;

    __asm__("mv %0, tp" : "=r"(pointer));
    return (struct lib_thread *)pointer - 1;
}
#else
static inline struct lib_thread *lib_self(void)
{
    struct lib_thread *self;

    __asm__("movq %%fs:0, %0" : "=r"(self));
    return self;
}
#endif

/* Bytes that a thread's local storage and its struct lib_thread take, at any address. */
size_t lib_thread_size(void);

/* Lays them out in memory of zeros of that size: variables with their first values. */
struct lib_thread *lib_thread_lay_out(void *memory);

/* Makes it the calling thread's. 0 or a negative status. */
int lib_thread_become(struct lib_thread *thread);

/* first.S: a thread's first instructions, which go on to the second. */
extern const char lib_thread_first[];
__attribute__((noreturn)) void lib_thread_begin(struct lib_thread *thread);

#endif
