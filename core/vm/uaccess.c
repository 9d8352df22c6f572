/* SPDX-License-Identifier: MIT */
/* Copies between the kernel and the running user space, which is open to the kernel only meanwhile. */
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/uaccess.h>

static bool is_user_range(virt_addr_t va, size_t n)
{
    return va <= USER_TOP && n <= USER_TOP - va;
}

static int copy(void *dst, const void *src, size_t n)
{
    int err;

    arch_user_access_begin();
    err = arch_copy_nofault(dst, src, n);
    arch_user_access_end();
    return err;
}

int user_copy_in(void *dst, virt_addr_t src, size_t n)
{
    return is_user_range(src, n) ? copy(dst, (const void *)src, n) : -EFAULT;
}

int user_copy_out(virt_addr_t dst, const void *src, size_t n)
{
    return is_user_range(dst, n) ? copy((void *)dst, src, n) : -EFAULT;
}
