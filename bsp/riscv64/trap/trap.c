/* SPDX-License-Identifier: MIT */
/* Decides what a trap means: an access that was expected to fault, or the end. */
#include "trap_stack.h"

#include <arch/csr.h>
#include <arch/fpu.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <arch/unwind.h>
#include <keel/extable.h>
#include <keel/fault.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/irqs_off.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/printf.h>
#include <keel/user.h>

#define EMERGENCY_STACK_SIZE 8192

extern char trap_entry[];

static uint8_t emergency_stack[EMERGENCY_STACK_SIZE] __aligned(16) __section(".noinit");
static struct trap_stack boot_trap_stack;

/* Exception codes of scause (Privileged Architecture, table of supervisor cause values). */
static const char *const exception_names[] = {
    [0] = "instruction address misaligned",
    [1] = "instruction access fault",
    [2] = "illegal instruction",
    [3] = "breakpoint",
    [4] = "load address misaligned",
    [5] = "load access fault",
    [6] = "store or AMO address misaligned",
    [7] = "store or AMO access fault",
    [8] = "environment call from user mode",
    [9] = "environment call from supervisor mode",
    [12] = "instruction page fault",
    [13] = "load page fault",
    [15] = "store or AMO page fault",
    [16] = "double trap",
    [18] = "software check",
    [19] = "hardware error",
    [20] = "instruction guest-page fault",
    [21] = "load guest-page fault",
    [22] = "virtual instruction",
    [23] = "store or AMO guest-page fault",
};

static const char *const interrupt_names[] = {
    [1] = "supervisor software interrupt",
    [5] = "supervisor timer interrupt",
    [9] = "supervisor external interrupt",
    [13] = "counter overflow interrupt",
};

const char *trap_exception_name(uint64_t code)
{
    return code < ARRAY_SIZE(exception_names) ? exception_names[code] : NULL;
}

const char *trap_interrupt_name(uint64_t code)
{
    return code < ARRAY_SIZE(interrupt_names) ? interrupt_names[code] : NULL;
}

struct trap_stack *trap_stack_new(void)
{
    struct trap_stack *stack = kmalloc(sizeof(*stack));
    uint8_t *emergency = kmalloc_aligned(EMERGENCY_STACK_SIZE, 16);

    if (!stack || !emergency) {
        kfree(stack);
        kfree(emergency);
        return NULL;
    }
    stack->emergency_low = (virt_addr_t)emergency;
    stack->emergency_high = (virt_addr_t)emergency + EMERGENCY_STACK_SIZE;
    return stack;
}

/* Of the counters, user mode has that of time, and that of instructions in benches. */
void trap_init_hart(struct trap_stack *stack)
{
    csr_write(scounteren, SCOUNTEREN_TM | (IS_ENABLED(CONFIG_BENCH) ? SCOUNTEREN_IR : 0));
    csr_write(sscratch, (virt_addr_t)stack);
    csr_write(stvec, (virt_addr_t)trap_entry);
}

void arch_trap_init(void)
{
    boot_trap_stack.emergency_low = (virt_addr_t)emergency_stack;
    boot_trap_stack.emergency_high = (virt_addr_t)emergency_stack + sizeof(emergency_stack);
    trap_init_hart(&boot_trap_stack);
}

virt_addr_t arch_trap_vectors(void)
{
    return (virt_addr_t)trap_entry;
}

/* 'x', 'r' or 'w' for the exceptions whose stval is the address of a failed access, else 0. */
static char access_of(uint64_t cause)
{
    switch (cause) {
    case CAUSE_FETCH_MISALIGNED:
    case CAUSE_FETCH_ACCESS:
    case CAUSE_FETCH_PAGE:
        return 'x';
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_LOAD_ACCESS:
    case CAUSE_LOAD_PAGE:
        return 'r';
    case CAUSE_STORE_MISALIGNED:
    case CAUSE_STORE_ACCESS:
    case CAUSE_STORE_PAGE:
        return 'w';
    default:
        return 0;
    }
}

static char overflow_text[64];

static const char *cause_text(const struct trap_frame *frame, bool has_address)
{
    const char *name;

    if (has_address && stack_overflow_at(frame->value)) {
        ksnprintf(overflow_text, sizeof(overflow_text), "stack overflow in thread %s",
                  current_head()->name);
        return overflow_text;
    }
    name = trap_exception_name(frame->cause);
    return name != NULL ? name : "reserved exception";
}

/* What a page fault in the user half was about, from user mode or from kernel code that may touch it
 * just then (SUM); 0 for anything else. Whether a translation was there the hart does not tell. */
static uint32_t user_fault_flags(const struct trap_frame *frame)
{
    uint32_t from = (frame->status & (1 << SSTATUS_SPP_BIT)) == 0 ? FAULT_USER : 0;

    if (frame->value >= USER_TOP || (from == 0 && (frame->status & SSTATUS_SUM) == 0)) {
        return 0;
    }
    switch (frame->cause) {
    case CAUSE_LOAD_PAGE:
        return from | FAULT_READ;
    case CAUSE_STORE_PAGE:
        return from | FAULT_WRITE;
    case CAUSE_FETCH_PAGE:
        return from != 0 ? from | FAULT_EXEC : 0;
    default:
        return 0;
    }
}

/* Everything but interrupts and faults of the user half that were resolved. */
static __noinline void handle_other(struct trap_frame *frame)
{
    struct trap_info info = {
        .code = frame->cause,
        .pc = frame->pc,
        .address = frame->value,
        .access = access_of(frame->cause),
    };
    virt_addr_t fixup = extable_fixup(frame->pc);

    if (fixup != 0) {
        frame->pc = fixup;
        return;
    }
    info.has_address = info.access != 0;
    if (arch_trap_from_user(frame)) {
        info.cause = trap_exception_name(frame->cause);
        user_fault(&info, frame);
    }
    info.cause = cause_text(frame, info.has_address);
    unwind_start_at(frame);
    panic_trap(&info, frame);
}

/* The interrupted thread had no room for an interrupt: this is the emergency stack. */
static __noreturn __noinline void no_stack_left(const struct trap_frame *frame)
{
    struct trap_info info = {.code = frame->cause, .pc = frame->pc};

    ksnprintf(overflow_text, sizeof(overflow_text), "stack overflow in thread %s",
              current_head()->name);
    info.cause = overflow_text;
    unwind_start_at(frame);
    panic_trap(&info, frame);
}

/* What the way out restores is whether the floating-point registers are the thread's now: it may have
 * been away meanwhile, or have got them. */
static void settle_fpu(struct trap_frame *frame)
{
    if (unlikely(current_head()->fpu != NULL)) {
        frame->status = (frame->status & ~(uint64_t)SSTATUS_FS) | (csr_read(sstatus) & SSTATUS_FS);
    }
}

void trap_handle(struct trap_frame *frame)
{
    uint32_t fault;

    if ((frame->cause & SCAUSE_INTERRUPT) != 0) {
        if (unlikely((virt_addr_t)frame - current_head()->stack_low >= KERNEL_STACK_SIZE)) {
            no_stack_left(frame);
        }
        irq_handle(true);
        settle_fpu(frame);
        return;
    }
    irqs_off_begin();
    fault = user_fault_flags(frame);
    if (frame->cause == CAUSE_ILLEGAL && arch_fpu_first_use()) {
        settle_fpu(frame);
    } else if (fault == 0 || !vm_handle_fault(frame->value, frame->pc, fault)) {
        handle_other(frame);
    }
    if ((frame->status & (1u << SSTATUS_SPIE_BIT)) != 0) {
        irqs_off_end();
    }
}
