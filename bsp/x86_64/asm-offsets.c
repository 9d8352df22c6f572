/* SPDX-License-Identifier: MIT */
/* The numbers of C that this port's assembly uses by name. */
#include <arch/trap.h>
#include <keel/asm_offsets.h>
#include <keel/errno.h>
#include <keel/percpu.h>

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(HEAD_STACK_HIGH, struct thread_head, stack_high);
    OFFSET(HEAD_USER_WORK, struct thread_head, user_work);
    OFFSET(HEAD_VDSO, struct thread_head, vdso);
    OFFSET(FRAME_CS, struct trap_frame, cs);
    DEFINE(FRAME_CPU_WORDS, (sizeof(struct trap_frame) - offsetof(struct trap_frame, vector)) / 8);
    DEFINE(ERR_NOSYS, -ENOSYS);
    DEFINE(ERR_PERM, -EPERM);
}
