/* SPDX-License-Identifier: MIT */
/* The table of CPU features: each is a field of an ID register that is at least some value (Arm
 * ARM DDI 0487, D19.2, ID_AA64*). */
#include <arch/feature.h>

#include <arch/alternative.h>
#include <arch/cpu.h>
#include <arch/sysreg.h>
#include <keel/panic.h>

enum id_register {
    ID_PFR0,
    ID_PFR1,
    ID_ISAR0,
    ID_ISAR1,
    ID_ISAR2,
    ID_MMFR0,
    ID_MMFR1,
    ID_MMFR2,
    ID_DFR0,
    ID_CTR,
    ID_DCZID,
    ID_COUNT,
};

struct feature {
    const char *name;
    uint8_t id;
    uint8_t shift;
    uint8_t bits;
    uint8_t least;
    uint8_t most;
};

#define FIELD(id, shift, least) id, shift, 4, least, 15

static const struct feature features[CPU_FEATURE_COUNT] = {
    [CPU_FEATURE_LSE] = {"lse", FIELD(ID_ISAR0, 20, 2)},
    [CPU_FEATURE_PAN] = {"pan", FIELD(ID_MMFR1, 20, 1)},
    [CPU_FEATURE_E0PD] = {"e0pd", FIELD(ID_MMFR2, 60, 1)},
    [CPU_FEATURE_RNG] = {"rng", FIELD(ID_ISAR0, 60, 1)},
    /* DZP (bit 4) clear and BS (bits 3:0) 4: 2^4 words. */
    [CPU_FEATURE_DCZVA64] = {"dczva64", ID_DCZID, 0, 5, 4, 4},
    [CPU_FEATURE_ECV] = {"ecv", FIELD(ID_MMFR0, 60, 1)},
    [CPU_FEATURE_CRC32] = {"crc32", FIELD(ID_ISAR0, 16, 1)},
    [CPU_FEATURE_AES] = {"aes", FIELD(ID_ISAR0, 4, 1)},
    [CPU_FEATURE_SHA2] = {"sha2", FIELD(ID_ISAR0, 12, 1)},
    [CPU_FEATURE_DCPOP] = {"dcpop", FIELD(ID_ISAR1, 0, 1)},
    [CPU_FEATURE_IDC] = {"idc", ID_CTR, 28, 1, 1, 1},
    [CPU_FEATURE_DIC] = {"dic", ID_CTR, 29, 1, 1, 1},
    [CPU_FEATURE_VHE] = {"vhe", FIELD(ID_MMFR1, 8, 1)},
    [CPU_FEATURE_RAS] = {"ras", FIELD(ID_PFR0, 28, 1)},
    [CPU_FEATURE_GICV3] = {"gicv3", FIELD(ID_PFR0, 24, 1)},
    [CPU_FEATURE_PMUV3] = {"pmuv3", ID_DFR0, 8, 4, 1, 14},
    [CPU_FEATURE_ASID16] = {"asid16", FIELD(ID_MMFR0, 4, 2)},
    [CPU_FEATURE_HAFDBS] = {"hafdbs", FIELD(ID_MMFR1, 0, 1)},
    [CPU_FEATURE_TLBRANGE] = {"tlbrange", FIELD(ID_ISAR0, 56, 2)},
    [CPU_FEATURE_BTI] = {"bti", FIELD(ID_PFR1, 0, 1)},
    [CPU_FEATURE_PAUTH] = {"pauth", ID_ISAR1, 4, 8, 1, 255},
    [CPU_FEATURE_MTE] = {"mte", FIELD(ID_PFR1, 8, 2)},
    [CPU_FEATURE_SSBS] = {"ssbs", FIELD(ID_PFR1, 4, 1)},
    [CPU_FEATURE_SB] = {"sb", FIELD(ID_ISAR1, 36, 1)},
    [CPU_FEATURE_DIT] = {"dit", FIELD(ID_PFR0, 48, 1)},
    [CPU_FEATURE_SVE] = {"sve", FIELD(ID_PFR0, 32, 1)},
    [CPU_FEATURE_SME] = {"sme", FIELD(ID_PFR1, 24, 1)},
    [CPU_FEATURE_MOPS] = {"mops", FIELD(ID_ISAR2, 16, 1)},
};

/* A bit for each feature that this CPU has. */
static uint64_t present;

_Static_assert(CPU_FEATURE_COUNT <= 64, "one word of bits");

bool cpu_has(unsigned feature)
{
    return feature < CPU_FEATURE_COUNT && (present >> feature & 1) != 0;
}

const char *arch_feature_name(unsigned feature)
{
    return feature < CPU_FEATURE_COUNT ? features[feature].name : "unknown";
}

/* A bit for each feature of the CPU that this runs on. */
static uint64_t own_features(void)
{
    const uint64_t ids[ID_COUNT] = {
        [ID_PFR0] = read_sysreg(ID_AA64PFR0_EL1),   [ID_PFR1] = read_sysreg(ID_AA64PFR1_EL1),
        [ID_ISAR0] = read_sysreg(ID_AA64ISAR0_EL1), [ID_ISAR1] = read_sysreg(ID_AA64ISAR1_EL1),
        [ID_ISAR2] = read_sysreg(SYSREG_AA64ISAR2), [ID_MMFR0] = read_sysreg(ID_AA64MMFR0_EL1),
        [ID_MMFR1] = read_sysreg(ID_AA64MMFR1_EL1), [ID_MMFR2] = read_sysreg(SYSREG_AA64MMFR2),
        [ID_DFR0] = read_sysreg(ID_AA64DFR0_EL1),   [ID_CTR] = read_sysreg(CTR_EL0),
        [ID_DCZID] = read_sysreg(DCZID_EL0),
    };
    uint64_t own = 0;

    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        const struct feature *f = &features[i];
        uint64_t field = ids[f->id] >> f->shift & ((1u << f->bits) - 1);

        if (field >= f->least && field <= f->most) {
            own |= 1ull << i;
        }
    }
    return own;
}

void arch_features_init(const struct fdt *fdt)
{
    (void)fdt;
    present = own_features();
}

bool arch_features_suffice(void)
{
    return (present & ~own_features()) == 0;
}

/* PAN now, and again on every exception taken: SCTLR_EL1.SPAN clear. */
void arch_features_enable(void)
{
    if (cpu_has(CPU_FEATURE_PAN)) {
        write_sysreg(SCTLR_EL1, read_sysreg(SCTLR_EL1) & ~(uint64_t)SCTLR_SPAN);
        isb();
    }
    __asm__ volatile(ALTERNATIVE("nop", INSN_PAN_SET, CPU_FEATURE_PAN) : : : "memory");
}
