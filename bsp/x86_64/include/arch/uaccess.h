/* SPDX-License-Identifier: MIT */
/* Accesses that may fault: they return -EFAULT instead of stopping the machine. */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

/* Copies n bytes; 0, or -EFAULT when a byte cannot be read or written (those before it may have been
 * copied). */
int arch_copy_nofault(void *dst, const void *src, size_t n);

/* One access of `width` bytes (1, 2, 4, 8), as a device register needs it. 0, -EFAULT, -EINVAL for
 * another width. */
int arch_read_nofault(virt_addr_t addr, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t addr, unsigned width, uint64_t value);

/* Copies 16, 8 or 4 bytes `at` bytes, a constant, behind both; goes to the label `fault` where that does not
 * work. The addresses are multiples of ARCH_COPY_ALIGN. */
#define ARCH_COPY_ALIGN 1u
#define ARCH_COPY_16(dst, src, at, fault)     \
    do {                                      \
        ARCH_COPY_8(dst, src, at, fault);     \
        ARCH_COPY_8(dst, src, at + 8, fault); \
    } while (0)
#define ARCH_COPY_8(dst, src, at, fault) \
    ARCH_COPY("movq %c2(%1), %%rax", "movq %%rax, %c2(%0)", dst, src, at, fault)
#define ARCH_COPY_4(dst, src, at, fault) \
    ARCH_COPY("movl %c2(%1), %%eax", "movl %%eax, %c2(%0)", dst, src, at, fault)

#define ARCH_COPY(load, store, dst, src, at, fault)   \
    __asm__ goto("1: " load "\n"                      \
                 "2: " store "\n"                     \
                 ".pushsection .extable, \"a\"\n"     \
                 ".balign 4\n"                        \
                 ".long 1b - ., %l[" #fault "] - .\n" \
                 ".long 2b - ., %l[" #fault "] - .\n" \
                 ".popsection"                        \
                 :                                    \
                 : "r"(dst), "r"(src), "i"(at)        \
                 : "rax", "memory"                    \
                 : fault)

#endif
