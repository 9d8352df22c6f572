/* SPDX-License-Identifier: MIT */
/* The numbers of C that this port's assembly uses by name. */
#include <arch/trap.h>
#include <keel/asm_offsets.h>
#include <keel/errno.h>
#include <keel/percpu.h>
#include <keel/smp.h>

#include "boot/boot.h"
#include "cpu/context.h"
#include "trap/trap_stack.h"

void asm_offsets(void);

void asm_offsets(void)
{
    DEFINE(TRAP_FRAME_SIZE, sizeof(struct trap_frame));
    OFFSET(TRAP_FRAME_PC, struct trap_frame, pc);
    OFFSET(TRAP_FRAME_STATUS, struct trap_frame, status);
    OFFSET(TRAP_FRAME_CAUSE, struct trap_frame, cause);
    OFFSET(TRAP_FRAME_VALUE, struct trap_frame, value);
    OFFSET(TRAP_FRAME_RECORD, struct trap_frame, record);

    OFFSET(THREAD_STACK_LOW, struct thread_head, stack_low);
    OFFSET(THREAD_STACK_HIGH, struct thread_head, stack_high);
    OFFSET(THREAD_USER_WORK, struct thread_head, user_work);
    OFFSET(THREAD_VDSO, struct thread_head, vdso);
    OFFSET(TRAP_STACK_HEAD, struct trap_stack, head);
    OFFSET(TRAP_STACK_TP, struct trap_stack, saved_tp);
    OFFSET(TRAP_STACK_EMERGENCY_LOW, struct trap_stack, emergency_low);
    OFFSET(TRAP_STACK_EMERGENCY_HIGH, struct trap_stack, emergency_high);
    OFFSET(TRAP_STACK_SAVED, struct trap_stack, saved);

    OFFSET(SECONDARY_SATP, struct secondary_boot, arch[SECONDARY_BOOT_SATP]);
    OFFSET(SECONDARY_HIGH, struct secondary_boot, arch[SECONDARY_BOOT_HIGH]);
    OFFSET(SECONDARY_SELF, struct secondary_boot, self);
    OFFSET(SECONDARY_STACK_TOP, struct secondary_boot, stack_top);

    DEFINE(CONTEXT_SIZE, sizeof(struct saved_context));

    DEFINE(EFAULT, EFAULT);
    DEFINE(ENOSYS, ENOSYS);
    DEFINE(EPERM, EPERM);
}
