/* SPDX-License-Identifier: MIT */
/* Exceptions: the saved registers and what the portable kernel asks about them. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <arch/sysreg.h>
#include <keel/types.h>

/* What trap/vectors.S saves. `record` makes the interrupted code the caller in a stack walk. */
struct trap_frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;     /* ELR_EL1 */
    uint64_t pstate; /* SPSR_EL1 */
    uint64_t esr;
    uint64_t far;
    uint64_t vector; /* which of the 16 */
    uint64_t reserved;
    uint64_t record[2]; /* x29, pc */
};

_Static_assert(sizeof(struct trap_frame) == 320, "trap/vectors.S");
_Static_assert(sizeof(struct trap_frame) % 16 == 0, "stack alignment");

/* Installs the vectors on this CPU and lets asynchronous aborts in. */
void arch_trap_init(void);

/* Where the vector table lies. */
virt_addr_t arch_trap_vectors(void);

/* Prints all registers, and the system registers that tell of the trap decoded, line by line. */
void arch_trap_print(const struct trap_frame *frame, void (*line)(const char *text));

static inline virt_addr_t arch_trap_pc(const struct trap_frame *frame)
{
    return frame->pc;
}

static inline bool arch_trap_from_user(const struct trap_frame *frame)
{
    return (frame->pstate & PSR_MODE_MASK) == 0;
}

/* Where a walk of the user's stack starts. */
static inline virt_addr_t arch_trap_user_fp(const struct trap_frame *frame)
{
    return frame->x[29];
}

/* Where a walk of the kernel's stack starts; 0 for user code, whose frames are none of ours. */
static inline virt_addr_t arch_trap_fp(const struct trap_frame *frame)
{
    return (frame->pstate & PSR_MODE_MASK) == 0 ? 0 : frame->x[29];
}

static inline void arch_trap_set_pc(struct trap_frame *frame, virt_addr_t pc)
{
    frame->pc = pc;
}

/* The decoders behind the trap report: "data abort", "translation fault, level 3", and which of
 * the 16 vectors. All constant strings, for any input. */
const char *arm64_exception_class(uint64_t esr);
const char *arm64_fault_status(uint64_t esr);
const char *arm64_vector_name(uint64_t vector);

#endif
