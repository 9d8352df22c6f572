/* SPDX-License-Identifier: MIT */
/* What surrounds the guarded instructions of guarded.S: single accesses, firmware calls, stack
 * walks. */
#include "guarded.h"

#include <arch/smccc.h>
#include <arch/uaccess.h>
#include <arch/unwind.h>
#include <keel/errno.h>
#include <keel/string.h>

int arch_read_nofault(virt_addr_t va, unsigned width, uint64_t *value)
{
    if (width == 0 || va % width != 0) {
        return -EINVAL;
    }
    switch (width) {
    case 1:
        return nofault_read1(va, value);
    case 2:
        return nofault_read2(va, value);
    case 4:
        return nofault_read4(va, value);
    case 8:
        return nofault_read8(va, value);
    default:
        return -EINVAL;
    }
}

int arch_write_nofault(virt_addr_t va, unsigned width, uint64_t value)
{
    if (width == 0 || va % width != 0) {
        return -EINVAL;
    }
    switch (width) {
    case 1:
        return nofault_write1(va, value);
    case 2:
        return nofault_write2(va, value);
    case 4:
        return nofault_write4(va, value);
    case 8:
        return nofault_write8(va, value);
    default:
        return -EINVAL;
    }
}

enum smccc_conduit smccc_conduit_by_name(const char *method)
{
    if (method != NULL && strcmp(method, "hvc") == 0) {
        return SMCCC_HVC;
    }
    if (method != NULL && strcmp(method, "smc") == 0) {
        return SMCCC_SMC;
    }
    return SMCCC_NONE;
}

int64_t smccc_call(enum smccc_conduit conduit, uint32_t function, uint64_t a1, uint64_t a2,
                   uint64_t a3)
{
    switch (conduit) {
    case SMCCC_HVC:
        return smccc_hvc(function, a1, a2, a3);
    case SMCCC_SMC:
        return smccc_smc(function, a1, a2, a3);
    case SMCCC_NONE:
        break;
    }
    return SMCCC_NOT_SUPPORTED;
}

bool arch_unwind(virt_addr_t *pc, virt_addr_t *fp)
{
    uint64_t record[2];

    if (*fp == 0 || *fp % sizeof(uint64_t) != 0 ||
        arch_copy_nofault(record, (const void *)*fp, sizeof(record)) != 0 || record[1] == 0) {
        return false;
    }
    if (record[0] != 0 && record[0] <= *fp) {
        return false;
    }
    *fp = record[0];
    *pc = record[1];
    return true;
}
