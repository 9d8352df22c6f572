/* SPDX-License-Identifier: MIT */
/* Accesses that may fault: they end with an error instead of a trap (see <keel/extable.h>). */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <keel/types.h>

/* Copies n bytes of kernel addresses that may not be mapped; 0 or -EFAULT, then dst may be partly
 * written. */
int arch_copy_nofault(void *dst, const void *src, size_t n);

/*
 * One access of `width` bytes (1, 2, 4 or 8), also to device registers; `va` must be a multiple of
 * it. 0, -EINVAL (width, alignment), -EFAULT (nothing there).
 */
int arch_read_nofault(virt_addr_t va, unsigned width, uint64_t *value);
int arch_write_nofault(virt_addr_t va, unsigned width, uint64_t value);

/* Copies 16, 8 or 4 bytes `at` bytes, a constant, behind both; goes to the label `fault` where that does not
 * work. The addresses are multiples of ARCH_COPY_ALIGN. */
#define ARCH_COPY_ALIGN 1u
#define ARCH_COPY_16(dst, src, at, fault) \
    ARCH_COPY("ldp x16, x17, [%1, %2]", "stp x16, x17, [%0, %2]", dst, src, at, fault)
#define ARCH_COPY_8(dst, src, at, fault) \
    ARCH_COPY("ldr x16, [%1, %2]", "str x16, [%0, %2]", dst, src, at, fault)
#define ARCH_COPY_4(dst, src, at, fault) \
    ARCH_COPY("ldr w16, [%1, %2]", "str w16, [%0, %2]", dst, src, at, fault)

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
                 : "x16", "x17", "memory"             \
                 : fault)

#endif
