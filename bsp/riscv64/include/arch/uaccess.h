/* SPDX-License-Identifier: MIT */
/* Accesses that give an error where a plain one would trap. */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

/* Copies n bytes, any alignment; 0, or -EFAULT when either side is not accessible (some bytes may
 * have been copied). */
int arch_copy_nofault(void *dst, const void *src, size_t n);

/* One access of `width` 1, 2, 4 or 8 bytes, ordered as for a device. 0, -EFAULT, or -EINVAL for
 * another width or an unaligned address. */
int arch_read_nofault(virt_addr_t addr, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t addr, unsigned width, uint64_t value);

/* Copies 16, 8 or 4 bytes `at` bytes, a constant, behind both; goes to the label `fault` where that does not
 * work. The addresses are multiples of ARCH_COPY_ALIGN. */
#define ARCH_COPY_ALIGN 8u
#define ARCH_COPY_16(dst, src, at, fault)     \
    do {                                      \
        ARCH_COPY_8(dst, src, at, fault);     \
        ARCH_COPY_8(dst, src, at + 8, fault); \
    } while (0)
#define ARCH_COPY_8(dst, src, at, fault) \
    ARCH_COPY("ld t0, %2(%1)", "sd t0, %2(%0)", dst, src, at, fault)
#define ARCH_COPY_4(dst, src, at, fault) \
    ARCH_COPY("lw t0, %2(%1)", "sw t0, %2(%0)", dst, src, at, fault)

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
                 : "t0", "memory"                     \
                 : fault)

#endif
