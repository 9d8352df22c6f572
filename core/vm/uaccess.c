/* SPDX-License-Identifier: MIT */
/* Copies between the kernel and the running user space, which is open to the kernel only meanwhile. */
#include <arch/mmu.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/uaccess.h>

static __always_inline int copy(void *dst, const void *src, size_t n)
{
    int err;

    arch_user_access_begin();
    err = arch_copy_nofault(dst, src, n);
    arch_user_access_end();
    return err;
}

int user_copy_in(void *dst, const void __user *src, size_t n)
{
    return user_range_is_possible((__force virt_addr_t)src, n)
               ? copy(dst, (__force const void *)src, n)
               : -EFAULT;
}

int user_copy_out(void __user *dst, const void *src, size_t n)
{
    return user_range_is_possible((__force virt_addr_t)dst, n) ? copy((__force void *)dst, src, n)
                                                               : -EFAULT;
}
