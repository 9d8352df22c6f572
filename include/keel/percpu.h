/* SPDX-License-Identifier: MIT */
/* Which CPU and which thread this is, and data that each CPU has for itself. */
#ifndef KEEL_PERCPU_H
#define KEEL_PERCPU_H

#include <keel/types.h>

/* Most CPUs this kernel runs on; indices are 0 to CPUS_MAX - 1 in order of their start. */
#define CPUS_MAX CONFIG_CPUS_MAX

struct aspace;
struct arch_fpu;
struct user_thread;

/*
 * The beginning of every struct thread, known to low floors and to assembly. One register of a CPU
 * (arch/percpu.h) points to that of the thread it runs.
 */
struct thread_head {
    uint32_t cpu;           /* the CPU it runs on, or ran on last */
    uint32_t preempt_off;   /* how often preempt_disable() was called more than preempt_enable() */
    virt_addr_t stack_low;  /* its kernel stack; below lies a page that is not mapped */
    virt_addr_t stack_high; /* where the stack starts */
    const char *name;
    struct aspace
        *space; /* user half that it runs with; NULL: none. While it runs, the CPU has it loaded */
    struct arch_fpu *fpu;     /* arch/fpu.h; NULL: it must not use floating point */
    struct user_thread *user; /* process.h; NULL: a thread of the kernel */
    uint32_t user_work;       /* not 0: user_return_work() is called before it goes to user mode */
    virt_addr_t vdso;         /* where its process has the vDSO */
};

#include <arch/percpu.h>

/* What the boot CPU runs as until there are threads; the port fills the stack in. */
extern struct thread_head boot_head;

/* The index of the CPU this runs on: stable only while interrupts are off, since a thread may
 * move. A few instructions; valid from kernel_main() on, 0 on the boot CPU. */
static inline unsigned cpu_index(void)
{
    return arch_cpu_index();
}

/* The head of the thread that runs, in an interrupt of the one interrupted. */
static inline struct thread_head *current_head(void)
{
    return arch_current();
}

/* Whether an address that faulted lies in the page below the kernel stack in use, which is there to
 * be hit when the stack runs over. */
static inline bool stack_overflow_at(virt_addr_t address)
{
    return current_head()->stack_low - address - 1 < PAGE_SIZE;
}

#endif
