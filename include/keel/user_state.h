/* SPDX-License-Identifier: MIT */
/* Registers of threads in user mode, as others see and change them: each port's part (cpu/state.c). The thread does not
 * run; its frame is that of a trap from user mode. No function sleeps. */
#ifndef KEEL_USER_STATE_H
#define KEEL_USER_STATE_H

#include <keel/percpu.h>
#include <keel/thread_state.h>
#include <keel/types.h>

struct arch_fpu;
struct trap_frame;

/* Bytes of KEEL_THREAD_STATE_`kind`; 0: the processor has none. */
size_t arch_state_size(uint32_t kind);

/* Reads them; `fpu` NULL: the thread has none. -ENOTSUP: there is nothing of that kind. */
int arch_state_read(uint32_t kind, const struct trap_frame *frame, const struct arch_fpu *fpu,
                    void *out);

/* The same of one that is in a system call: of the general registers what lies on its kernel stack. */
int arch_state_read_in_call(uint32_t kind, const struct thread_head *head,
                            const struct arch_fpu *fpu, void *out);

/* Writes them. Nothing gives the thread more than it may have: bits that are not its own stay. -EINVAL: it could not
 * go on with that; -ENOTSUP. */
int arch_state_write(uint32_t kind, struct trap_frame *frame, struct arch_fpu *fpu, const void *in);

#endif
