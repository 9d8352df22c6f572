/* SPDX-License-Identifier: MIT */
/* The routines of guarded.S: single instructions that end with an error when they fault. */
#ifndef ARM64_CPU_GUARDED_H
#define ARM64_CPU_GUARDED_H

#include <keel/types.h>

/* One load or store of N bytes, `va` a multiple of N; 0 or -EFAULT. */
int nofault_read1(virt_addr_t va, uint64_t *value);
int nofault_read2(virt_addr_t va, uint64_t *value);
int nofault_read4(virt_addr_t va, uint64_t *value);
int nofault_read8(virt_addr_t va, uint64_t *value);
int nofault_write1(virt_addr_t va, uint64_t value);
int nofault_write2(virt_addr_t va, uint64_t value);
int nofault_write4(virt_addr_t va, uint64_t value);
int nofault_write8(virt_addr_t va, uint64_t value);

/* x0 as the firmware left it, or -1 when the CPU does not know the instruction. */
int64_t smccc_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);
int64_t smccc_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

#endif
