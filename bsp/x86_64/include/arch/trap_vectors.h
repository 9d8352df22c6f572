/* SPDX-License-Identifier: MIT */
/* Numbers of vectors, and where the entry code leaves that of an interrupt; for assembly too. */
#ifndef ARCH_TRAP_VECTORS_H
#define ARCH_TRAP_VECTORS_H

#define TRAP_VECTORS    256
#define TRAP_EXCEPTIONS 32 /* vectors 0 to 31 are the CPU's own */

/* Of struct arch_percpu, by %gs. */
#define PERCPU_VECTOR   4
#define PERCPU_CURRENT  8
#define PERCPU_USER_SP  16
#define PERCPU_RSP0     24

#endif
