/* SPDX-License-Identifier: MIT */
/* Loads a program into a process: for the first one alone, later ones are user space's business. */
#ifndef KEEL_PROGRAM_H
#define KEEL_PROGRAM_H

#include <keel/types.h>

struct process;

/* Where it was put. */
struct program {
    virt_addr_t base, entry;
    virt_addr_t stack; /* where the stack pointer starts */
};

#define PROGRAM_STACK_SIZE (64ull << 10)

/* Maps the ELF file of `size` bytes at a random place of the process's space, no page writable and
 * executable, and a stack with unmapped pages around it. The file is not needed afterwards. 0; -EINVAL: it
 * is no program, *why says in words what is wrong; -ENOMEM: some may be mapped already. */
int program_load(struct process *process, const void *file, size_t size, struct program *out,
                 const char **why);

#endif
