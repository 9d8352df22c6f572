/* SPDX-License-Identifier: MIT */
/* Handles exceptions: resumes behind accesses that were allowed to fault, stops for the rest. */
#include "trap.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <keel/extable.h>
#include <keel/fault.h>
#include <keel/panic.h>
#include <keel/smp.h>
#include <keel/user.h>

/* A bad address shows as a page fault, or, when it is not canonical, as one of two others. Instructions
 * on registers that the thread has not may be tried as well. */
static bool may_be_fixed(uint64_t vector)
{
    return vector == TRAP_PAGE_FAULT || vector == TRAP_PROTECTION || vector == TRAP_STACK_SEGMENT ||
           vector == TRAP_NO_FPU;
}

/* What a page fault in the user half was about, from user mode or from kernel code that may touch it
 * just then (AC, or no SMAP); 0 for anything else. */
static uint32_t user_fault_flags(const struct trap_frame *frame, virt_addr_t address)
{
    uint64_t error = frame->error;
    uint32_t flags;

    if (address >= USER_TOP || (error & ~(uint64_t)PF_ORDINARY) != 0) {
        return 0;
    }
    if ((error & PF_USER) == 0 && (frame->rflags & RFLAGS_AC) == 0 && cpu_has(CPU_FEATURE_SMAP)) {
        return 0;
    }
    flags = (error & PF_FETCH) != 0   ? FAULT_EXEC
            : (error & PF_WRITE) != 0 ? FAULT_WRITE
                                      : FAULT_READ;
    flags |= (error & PF_PRESENT) != 0 ? FAULT_PRESENT : 0;
    return flags | ((error & PF_USER) != 0 ? FAULT_USER : 0);
}

/* What is wrong with the program, not with the machine. */
static bool is_of_the_program(uint64_t vector)
{
    return vector != TRAP_NMI && vector != TRAP_DOUBLE_FAULT && vector != TRAP_MACHINE_CHECK;
}

/* Everything but faults of the user half that were resolved. */
static __noinline void handle_other(struct trap_frame *frame, uint64_t cr2)
{
    char text[TRAP_TEXT_MAX];
    struct trap_info info;

    if (frame->vector == TRAP_NMI) {
        smp_stop_if_wanted(frame->rip, frame->rbp);
    }
    if (may_be_fixed(frame->vector)) {
        virt_addr_t resume = extable_fixup(frame->rip);

        if (resume != 0) {
            frame->rip = resume;
            return;
        }
    }
    trap_decode(frame, cr2, text, &info);
    if (arch_trap_from_user(frame) && is_of_the_program(frame->vector)) {
        user_fault(&info, frame);
    }
    panic_trap(&info, frame);
}

void trap_handle(struct trap_frame *frame)
{
    uint64_t cr2 = cr2_read();
    uint32_t fault = frame->vector == TRAP_PAGE_FAULT ? user_fault_flags(frame, cr2) : 0;

    irqs_off_begin();
    if (fault == 0 || !vm_handle_fault(cr2, frame->rip, fault)) {
        handle_other(frame, cr2);
    }
    if ((frame->rflags & RFLAGS_IF) != 0) {
        irqs_off_end();
    }
}
