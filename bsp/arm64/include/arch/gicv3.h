/* SPDX-License-Identifier: MIT */
/* The CPU's interface to a GICv3, in system registers (Arm IHI 0069H, 12.2). */
#ifndef ARCH_GICV3_H
#define ARCH_GICV3_H

#include <arch/feature.h>
#include <arch/sysreg.h>
#include <keel/types.h>

#define SYSREG_ICC_PMR_EL1     S3_0_C4_C6_0
#define SYSREG_ICC_AP1R0_EL1   S3_0_C12_C9_0
#define SYSREG_ICC_AP1R1_EL1   S3_0_C12_C9_1
#define SYSREG_ICC_AP1R2_EL1   S3_0_C12_C9_2
#define SYSREG_ICC_AP1R3_EL1   S3_0_C12_C9_3
#define SYSREG_ICC_SGI1R_EL1   S3_0_C12_C11_5
#define SYSREG_ICC_IAR1_EL1    S3_0_C12_C12_0
#define SYSREG_ICC_EOIR1_EL1   S3_0_C12_C12_1
#define SYSREG_ICC_BPR1_EL1    S3_0_C12_C12_3
#define SYSREG_ICC_CTLR_EL1    S3_0_C12_C12_4
#define SYSREG_ICC_SRE_EL1     S3_0_C12_C12_5
#define SYSREG_ICC_IGRPEN1_EL1 S3_0_C12_C12_7

#define ICC_SRE                1u
#define ICC_CTLR_EOIMODE       (1u << 1) /* ICC_EOIR1_EL1 drops the priority alone */
#define ICC_CTLR_PRIBITS(ctlr) (((ctlr) >> 8 & 7) + 1)

/* The interrupt to handle, active from here on; 1020 or more: none. What the device did before it
 * asked is visible. */
static inline unsigned gicv3_acknowledge(void)
{
    unsigned intid = (unsigned)read_sysreg(SYSREG_ICC_IAR1_EL1) & 0xffffff;

    __asm__ volatile("dsb sy" ::: "memory");
    return intid;
}

/* Ends the handling. */
static inline void gicv3_end(unsigned intid)
{
    write_sysreg(SYSREG_ICC_EOIR1_EL1, intid);
    isb();
}

/* Raises the SGI at the CPUs that share `affinity` but for its lowest four bits: those are what the bits
 * of `list` stand for. Earlier writes are visible to them. */
static inline void gicv3_raise_sgi(uint64_t affinity, uint32_t list, unsigned sgi)
{
    __asm__ volatile("dsb ishst" ::: "memory");
    write_sysreg(SYSREG_ICC_SGI1R_EL1, (affinity & 0xff00000000) << 16 | (affinity & 0xf0) << 40 |
                                           (affinity & 0xff0000) << 16 | (uint64_t)sgi << 24 |
                                           (affinity & 0xff00) << 8 | list);
    isb();
}

static inline uint64_t gicv3_own_affinity(void)
{
    return read_sysreg(MPIDR_EL1) & MPIDR_AFFINITY;
}

/* Makes the registers of this CPU's interface usable, with that priority mask, nothing active, one
 * write to end an interrupt. False: the CPU has none, or a higher level keeps them to itself. */
bool gicv3_open_interface(unsigned priority_mask);

/* Lets interrupts of group 1 through to this CPU. */
static inline void gicv3_enable_interface(void)
{
    write_sysreg(SYSREG_ICC_IGRPEN1_EL1, 1);
    isb();
}

#endif
