/* SPDX-License-Identifier: MIT */
/* Exceptions in C: expected faults go to their fix-up, everything else ends in a panic that
 * tells why. */
#include "trap.h"

#include <arch/cpu.h>
#include <arch/fpu.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <keel/errno.h>
#include <keel/extable.h>
#include <keel/fault.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/printf.h>
#include <keel/user.h>

#define VECTOR_EL1_SYNC      4
#define VECTOR_EL0_SYNC      8
#define VECTOR_EL0_IRQ       9
#define CAUSE_MAX            96

#define EMERGENCY_STACK_SIZE (KERNEL_STACK_SIZE / 2)

extern char vector_table[], emergency_stack_end[];

struct emergency_stack emergency_stacks[CPUS_MAX] __aligned(16) = {
    {.end = (virt_addr_t)emergency_stack_end}};

void arch_trap_init(void)
{
    write_sysreg(VBAR_EL1, vector_table);
    isb();
    __asm__ volatile("msr daifclr, #4" ::: "memory");
}

/* It lies like a stack that has not run over. */
int trap_new_emergency_stack(unsigned cpu)
{
    char *stack = kmalloc_aligned(EMERGENCY_STACK_SIZE, KERNEL_STACK_ALIGN);

    if (stack) {
        emergency_stacks[cpu].end = (virt_addr_t)stack + EMERGENCY_STACK_SIZE;
    }
    return stack ? 0 : -ENOMEM;
}

virt_addr_t arch_trap_vectors(void)
{
    return (virt_addr_t)vector_table;
}

static bool is_abort(unsigned class)
{
    return class == EC_DATA_ABORT_LOWER || class == EC_DATA_ABORT_SAME ||
           class == EC_INSN_ABORT_LOWER || class == EC_INSN_ABORT_SAME;
}

static bool is_instruction_abort(unsigned class)
{
    return class == EC_INSN_ABORT_LOWER || class == EC_INSN_ABORT_SAME;
}

/* FAR_EL1 holds an address for these alone, and not where FnV says so. */
static bool has_address(const struct trap_frame *frame)
{
    unsigned class = ESR_EC(frame->esr);

    if (frame->vector % 4 != 0) {
        return false;
    }
    if (class == EC_PC_ALIGNMENT || class == EC_WATCHPOINT_LOWER || class == EC_WATCHPOINT_SAME) {
        return true;
    }
    return is_abort(class) && (frame->esr & ESR_FNV) == 0;
}

static char access_kind(const struct trap_frame *frame)
{
    unsigned class = ESR_EC(frame->esr);

    if (frame->vector % 4 != 0 || !is_abort(class)) {
        return 0;
    }
    if (is_instruction_abort(class)) {
        return 'x';
    }
    return (frame->esr & ESR_WNR) ? 'w' : 'r';
}

static bool hits_guard(const struct trap_frame *frame)
{
    return has_address(frame) && stack_overflow_at(frame->far);
}

static void describe(char *text, const struct trap_frame *frame)
{
    unsigned class = ESR_EC(frame->esr);
    const char *vector = arm64_vector_name(frame->vector);

    if (frame->vector % 4 != 0) {
        ksnprintf(text, CAUSE_MAX, "unexpected %s", vector);
    } else if (is_abort(class)) {
        bool overflow = hits_guard(frame);

        ksnprintf(text, CAUSE_MAX, "%s: %s%s%s (%s)", arm64_exception_class(frame->esr),
                  arm64_fault_status(frame->esr), overflow ? ", stack overflow in thread " : "",
                  overflow ? current_head()->name : "", vector);
    } else {
        ksnprintf(text, CAUSE_MAX, "%s (%s)", arm64_exception_class(frame->esr), vector);
    }
}

static __noreturn void report(const struct trap_frame *frame, const char *cause)
{
    struct trap_info info = {
        .cause = cause,
        .code = frame->esr,
        .pc = frame->pc,
        .address = frame->far,
        .has_address = has_address(frame),
        .access = access_kind(frame),
    };

    if (frame->vector == VECTOR_EL0_SYNC) {
        user_fault(&info, frame);
    }
    panic_trap(&info, frame);
}

/* What a page fault in the user half was about, from user mode or from kernel code that may touch it
 * just then (PAN clear, or not there); 0 for anything else. */
static uint32_t user_fault_flags(const struct trap_frame *frame)
{
    unsigned class = ESR_EC(frame->esr), status = ESR_FSC(frame->esr);
    uint32_t flags;

    if (frame->far >= USER_TOP || (frame->esr & ESR_FNV) != 0 ||
        status - FSC_TABLES_FIRST > FSC_TABLES_LAST - FSC_TABLES_FIRST) {
        return 0;
    }
    flags = status >= FSC_PERMISSION_FIRST ? FAULT_PRESENT : 0;
    if (class == EC_DATA_ABORT_SAME || class == EC_DATA_ABORT_LOWER) {
        flags |= (frame->esr & (ESR_WNR | ESR_CM)) == ESR_WNR ? FAULT_WRITE : FAULT_READ;
    }
    if (class == EC_DATA_ABORT_SAME && frame->vector == VECTOR_EL1_SYNC) {
        return (frame->pstate & PSR_PAN) == 0 ? flags : 0;
    }
    flags |= class == EC_INSN_ABORT_LOWER ? FAULT_EXEC : 0;
    return frame->vector == VECTOR_EL0_SYNC && (flags & ~FAULT_PRESENT) != 0 ? flags | FAULT_USER
                                                                             : 0;
}

static void handle_fault(struct trap_frame *frame)
{
    char cause[CAUSE_MAX];
    uint32_t fault = user_fault_flags(frame);

    if (fault != 0 && vm_handle_fault(frame->far, frame->pc, fault)) {
        return;
    }
    if (frame->vector % 4 == 0 && ESR_EC(frame->esr) == EC_FP_ACCESS && arch_fpu_first_use()) {
        return;
    }
    if (frame->vector == VECTOR_EL1_SYNC) {
        virt_addr_t fixup = extable_fixup(frame->pc);

        if (fixup != 0) {
            frame->pc = fixup;
            return;
        }
    }
    describe(cause, frame);
    report(frame, cause);
}

void trap_handle(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_EL0_IRQ) {
        irq_handle(true);
        return;
    }
    irqs_off_begin();
    handle_fault(frame);
    if ((frame->pstate & PSR_I) == 0) {
        irqs_off_end();
    }
}

static const char *stack_cause(char *text, const struct trap_frame *frame)
{
    const struct thread_head *thread = current_head();

    if ((frame->sp & 15) != 0) {
        return "kernel stack pointer misaligned";
    }
    /* The pointer has left the stack, or a frame below it would have. */
    if (frame->sp - thread->stack_low + KERNEL_STACK_SIZE <= 2 * KERNEL_STACK_SIZE) {
        ksnprintf(text, CAUSE_MAX, "stack overflow in thread %s", thread->name);
        return text;
    }
    return "kernel stack pointer outside of any stack";
}

void trap_stack_fault(struct trap_frame *frame)
{
    static unsigned depth;
    char cause[CAUSE_MAX];

    /* When this report overruns even its own stack there is nothing left to say it with. */
    if (depth++ != 0) {
        arch_halt();
    }
    report(frame, stack_cause(cause, frame));
}
