/* SPDX-License-Identifier: MIT */
/* Exceptions: what the entry code saves, and what others may ask of it. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <arch/trap_vectors.h>
#include <keel/types.h>

/* The registers at the moment of the trap, lowest address first: what trap/entry.S pushes, then
 * what the CPU pushes (Intel SDM volume 3, 6.14.2). */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error; /* 0 where the CPU gives none */
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct trap_frame) == 176, "a multiple of 16, as the stack alignment needs");
_Static_assert(offsetof(struct trap_frame, vector) == 120, "15 registers below the vector");

/* Loads GDT, TSS with its stacks for NMI, double fault and machine check, and the IDT; silences the
 * 8259 interrupt controllers. Usable as soon as the image is relocated. */
void arch_trap_init(void);

/* The vector of the interrupt that is being handled, from the entry until interrupts come on. */
static inline unsigned arch_irq_vector(void)
{
    uint32_t vector;

    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(vector) : "i"(PERCPU_VECTOR));
    return vector;
}

/* Where the CPU goes on vector 0; the entries of the other exceptions follow, 16 bytes each. */
virt_addr_t arch_trap_vectors(void);

/* Prints all registers, the system registers decoded, through `line`. */
void arch_trap_print(const struct trap_frame *frame, void (*line)(const char *text));

static inline virt_addr_t arch_trap_pc(const struct trap_frame *frame)
{
    return frame->rip;
}

static inline virt_addr_t arch_trap_fp(const struct trap_frame *frame)
{
    return frame->rbp;
}

static inline bool arch_trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) != 0;
}

/* Where a walk of the user's stack starts. */
static inline virt_addr_t arch_trap_user_fp(const struct trap_frame *frame)
{
    return frame->rbp;
}

/* Where to resume. */
static inline void arch_trap_set_pc(struct trap_frame *frame, virt_addr_t pc)
{
    frame->rip = pc;
}

#endif
