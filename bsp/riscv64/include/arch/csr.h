/* SPDX-License-Identifier: MIT */
/* Supervisor registers as the RISC-V Privileged Architecture (chapter 10) names them; usable from
 * assembly. */
#ifndef ARCH_CSR_H
#define ARCH_CSR_H

/* sstatus (10.1.1) */
#define SSTATUS_SIE_BIT        1
#define SSTATUS_SPIE_BIT       5
#define SSTATUS_SPP_BIT        8
#define SSTATUS_SIE            (1 << SSTATUS_SIE_BIT)
#define SSTATUS_SPP            (1 << SSTATUS_SPP_BIT)
#define SSTATUS_VS             (3 << 9)
#define SSTATUS_FS             (3 << 13)
#define SSTATUS_FS_CLEAN       (2 << 13)
#define SSTATUS_FS_DIRTY       (3 << 13)
#define SSTATUS_SUM            (1 << 18)
#define SSTATUS_MXR            (1 << 19)

/* scounteren (10.1.5) */
#define SCOUNTEREN_TM          (1 << 1)
#define SCOUNTEREN_IR          (1 << 2)

/* scause (10.1.8) */
#define SCAUSE_INTERRUPT       (1ull << 63)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_USER_ECALL       8
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15

/* Interrupts of S-mode: bits of sip and sie, codes of scause (10.1.3, 10.1.8) */
#define IRQ_S_SOFT             1
#define IRQ_S_TIMER            5
#define IRQ_S_EXT              9

/* The timer of Sstc (chapter 12); assemblers that are not told of the extension do not know its name. */
#define CSR_STIMECMP           0x14d

/* satp (10.1.11) */
#define SATP_MODE_SHIFT        60
#define SATP_ASID_SHIFT        44
#define SATP_ASID_BITS         16
#define SATP_MODE_SV39         8ull
#define SATP_MODE_SV48         9ull

/* The entropy source of Zkr (Scalar Cryptography 4.1); compilers do not know it by name. */
#define CSR_SEED               0x015
#define SEED_OPST_SHIFT        30
#define SEED_OPST_ES16         2
#define SEED_ENTROPY_MASK      0xffff

#ifndef __ASSEMBLY__
#include <stdint.h>

#define csr_read(csr)                                                    \
    ({                                                                   \
        uint64_t csr_value_;                                             \
        __asm__ volatile("csrr %0, " #csr : "=r"(csr_value_)::"memory"); \
        csr_value_;                                                      \
    })
#define csr_write(csr, value) \
    __asm__ volatile("csrw " #csr ", %0" ::"rK"((uint64_t)(value)) : "memory")
/* For registers that assemblers may not know by name: by their number. */
#define csr_write_number(number, value) \
    __asm__ volatile("csrw %0, %1" ::"i"(number), "rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits) __asm__ volatile("csrs " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) \
    __asm__ volatile("csrc " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_read_clear(csr, bits)                 \
    ({                                            \
        uint64_t csr_value_;                      \
        __asm__ volatile("csrrc %0, " #csr ", %1" \
                         : "=r"(csr_value_)       \
                         : "rK"((uint64_t)(bits)) \
                         : "memory");             \
        csr_value_;                               \
    })
#endif

#endif
