/* SPDX-License-Identifier: MIT */
/* Numbers of C that assembly uses by name. */
#include <arch/trap.h>
#include <keel/asm_offsets.h>
#include <keel/errno.h>
#include <keel/percpu.h>
#include <keel/smp.h>

#include "boot/secondary.h"
#include "cpu/context.h"
#include "trap/trap.h"

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(FRAME_X0, struct trap_frame, x);
    OFFSET(FRAME_SP, struct trap_frame, sp);
    OFFSET(FRAME_PC, struct trap_frame, pc);
    OFFSET(FRAME_PSTATE, struct trap_frame, pstate);
    OFFSET(FRAME_ESR, struct trap_frame, esr);
    OFFSET(FRAME_FAR, struct trap_frame, far);
    OFFSET(FRAME_VECTOR, struct trap_frame, vector);
    OFFSET(FRAME_RECORD, struct trap_frame, record);
    DEFINE(FRAME_SIZE, sizeof(struct trap_frame));
    OFFSET(HEAD_CPU, struct thread_head, cpu);
    OFFSET(HEAD_STACK_HIGH, struct thread_head, stack_high);
    OFFSET(HEAD_USER_WORK, struct thread_head, user_work);
    OFFSET(HEAD_VDSO, struct thread_head, vdso);
    DEFINE(EC_SVC64, EC_SVC64);
    OFFSET(SECONDARY_STACK_TOP, struct secondary_boot, stack_top);
    OFFSET(SECONDARY_SELF, struct secondary_boot, self);
    OFFSET(SECONDARY_LOW_ROOT, struct secondary_boot, arch[SECONDARY_BOOT_LOW_ROOT]);
    OFFSET(SECONDARY_HIGH_ROOT, struct secondary_boot, arch[SECONDARY_BOOT_HIGH_ROOT]);
    OFFSET(SECONDARY_HIGH, struct secondary_boot, arch[SECONDARY_BOOT_HIGH]);
    DEFINE(SECONDARY_CPUS, CPUS_MAX);
    DEFINE(CONTEXT_SIZE, sizeof(struct saved_context));
    DEFINE(ERR_FAULT, -EFAULT);
    DEFINE(ERR_NOSYS, -ENOSYS);
    DEFINE(ERR_PERM, -EPERM);
}
