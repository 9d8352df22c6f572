/* SPDX-License-Identifier: MIT */
/* Instructions that a hart, or the firmware above it, may refuse. */
#ifndef CPU_NOFAULT_H
#define CPU_NOFAULT_H

#include <keel/types.h>

/* cbo.zero, cbo.flush and cbo.inval of the block at `block`. 0, or -EFAULT when the instruction is
 * illegal. */
int nofault_cbo_zero(void *block);
int nofault_cbo_flush(void *block);
int nofault_cbo_inval(void *block);

/* The CSR `seed` (Zkr) into *seed. 0, or -EFAULT when it is not accessible. */
int nofault_read_seed(uint64_t *seed);

/* The CSR `stimecmp` (Sstc). 0, or -EFAULT when it is not accessible. */
int nofault_write_stimecmp(uint64_t ticks);

/* The CSR `cycle`. 0, or -EFAULT where machine mode keeps it to itself. */
int nofault_read_cycle(uint64_t *cycles);

/* One access of 8, 16, 32 or 64 bits at an aligned address. 0, or -EFAULT. */
int nofault_read8(virt_addr_t addr, uint64_t *value);
int nofault_read16(virt_addr_t addr, uint64_t *value);
int nofault_read32(virt_addr_t addr, uint64_t *value);
int nofault_read64(virt_addr_t addr, uint64_t *value);
int nofault_write8(virt_addr_t addr, uint64_t value);
int nofault_write16(virt_addr_t addr, uint64_t value);
int nofault_write32(virt_addr_t addr, uint64_t value);
int nofault_write64(virt_addr_t addr, uint64_t value);

#endif
