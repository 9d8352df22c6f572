/* SPDX-License-Identifier: MIT */
/* Walks the chain of frame pointers: at the frame pointer lies the caller's, behind it the return
 * address (System V ABI, AMD64 supplement, 3.2.2). */
#include <arch/layout.h>
#include <arch/uaccess.h>
#include <arch/unwind.h>

bool arch_unwind(virt_addr_t *pc, virt_addr_t *fp)
{
    virt_addr_t record[2];

    if (*fp < DIRECT_MAP_BASE || !IS_ALIGNED(*fp, sizeof(record[0])) ||
        arch_copy_nofault(record, (const void *)*fp, sizeof(record)) != 0) {
        return false;
    }
    if (record[1] == 0 || (record[0] != 0 && record[0] <= *fp)) {
        return false;
    }
    *fp = record[0];
    *pc = record[1];
    return true;
}
