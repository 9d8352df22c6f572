/* SPDX-License-Identifier: MIT */
/* Opens this CPU's interface to a GICv3 (Arm IHI 0069H, 12.2). */
#include <arch/gicv3.h>

#include <arch/feature.h>

/* Priorities that a kernel before this one left active; there are as many registers as the priority has
 * bits for. */
static void clear_active(unsigned bits)
{
    write_sysreg(SYSREG_ICC_AP1R0_EL1, 0);
    if (bits > 5) {
        write_sysreg(SYSREG_ICC_AP1R1_EL1, 0);
    }
    if (bits > 6) {
        write_sysreg(SYSREG_ICC_AP1R2_EL1, 0);
        write_sysreg(SYSREG_ICC_AP1R3_EL1, 0);
    }
}

bool gicv3_open_interface(unsigned priority_mask)
{
    uint64_t control;

    if (!cpu_has(CPU_FEATURE_GICV3)) {
        return false;
    }
    write_sysreg(SYSREG_ICC_SRE_EL1, read_sysreg(SYSREG_ICC_SRE_EL1) | ICC_SRE);
    isb();
    if (!(read_sysreg(SYSREG_ICC_SRE_EL1) & ICC_SRE)) {
        return false;
    }
    write_sysreg(SYSREG_ICC_IGRPEN1_EL1, 0);
    control = read_sysreg(SYSREG_ICC_CTLR_EL1);
    write_sysreg(SYSREG_ICC_CTLR_EL1, control & ~(uint64_t)ICC_CTLR_EOIMODE);
    write_sysreg(SYSREG_ICC_PMR_EL1, priority_mask);
    write_sysreg(SYSREG_ICC_BPR1_EL1, 0);
    clear_active(ICC_CTLR_PRIBITS(control));
    isb();
    return true;
}
