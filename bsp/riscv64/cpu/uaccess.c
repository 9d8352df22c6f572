/* SPDX-License-Identifier: MIT */
/* Accesses of a chosen width that give an error where a plain one would trap. */
#include "nofault.h"

#include <arch/uaccess.h>
#include <keel/errno.h>

int arch_read_nofault(virt_addr_t addr, unsigned width, uint64_t *value)
{
    if (width == 0 || addr % width != 0) {
        return -EINVAL;
    }
    switch (width) {
    case 1:
        return nofault_read8(addr, value);
    case 2:
        return nofault_read16(addr, value);
    case 4:
        return nofault_read32(addr, value);
    case 8:
        return nofault_read64(addr, value);
    default:
        return -EINVAL;
    }
}

int arch_write_nofault(virt_addr_t addr, unsigned width, uint64_t value)
{
    if (width == 0 || addr % width != 0) {
        return -EINVAL;
    }
    switch (width) {
    case 1:
        return nofault_write8(addr, value);
    case 2:
        return nofault_write16(addr, value);
    case 4:
        return nofault_write32(addr, value);
    case 8:
        return nofault_write64(addr, value);
    default:
        return -EINVAL;
    }
}
