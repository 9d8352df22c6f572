/* SPDX-License-Identifier: MIT */
/* arm64's exception decoding, and calls into firmware that nobody serves. */
#include <arch/layout.h>
#include <arch/semihost.h>
#include <arch/smccc.h>
#include <arch/sysreg.h>
#include <arch/trap.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/string.h>
#include <keel/vm.h>

KTEST(arm64_vectors_have_their_own_names)
{
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned j = 0; j < i; j++) {
            KTEST_EXPECT(strcmp(arm64_vector_name(i), arm64_vector_name(j)) != 0);
        }
    }
    KTEST_EXPECT(strcmp(arm64_vector_name(4), "EL1h synchronous") == 0);
    KTEST_EXPECT(arm64_vector_name(16) != NULL);
}

KTEST(arm64_vector_table_is_installed)
{
    KTEST_EXPECT(read_sysreg(VBAR_EL1) == arch_trap_vectors());
    KTEST_EXPECT(arch_trap_vectors() % 2048 == 0);
}

KTEST(arm64_syndromes_are_decoded)
{
    for (uint64_t class = 0; class < 64; class ++) {
        KTEST_EXPECT(arm64_exception_class(class << 26)[0] != '\0');
        KTEST_EXPECT(arm64_fault_status(class)[0] != '\0');
    }
    KTEST_EXPECT(strcmp(arm64_exception_class(0x96000047), "data abort") == 0);
    KTEST_EXPECT(strcmp(arm64_fault_status(0x96000047), "translation fault, level 3") == 0);
    KTEST_EXPECT(strcmp(arm64_fault_status(0x96000010), "external abort") == 0);
}

KTEST(arm64_runs_at_el1_with_sane_control)
{
    uint64_t sctlr = read_sysreg(SCTLR_EL1);

    KTEST_EXPECT(read_sysreg(CurrentEL) == 1 << 2);
    KTEST_EXPECT((sctlr & SCTLR_M) && (sctlr & SCTLR_C) && (sctlr & SCTLR_I) && (sctlr & SCTLR_SA));
    KTEST_EXPECT(sctlr & SCTLR_WXN);
    KTEST_EXPECT(read_sysreg(SPSel) == 1);
}

KTEST(arm64_low_half_is_empty)
{
    const uint64_t *table = phys_to_virt(read_sysreg(TTBR0_EL1));

    for (size_t i = 0; i < PAGE_SIZE / sizeof(*table); i++) {
        KTEST_EXPECT(table[i] == 0);
    }
}

KTEST(arm64_conduit_follows_the_method)
{
    KTEST_EXPECT(smccc_conduit_by_name("hvc") == SMCCC_HVC);
    KTEST_EXPECT(smccc_conduit_by_name("smc") == SMCCC_SMC);
    KTEST_EXPECT(smccc_conduit_by_name("") == SMCCC_NONE);
    KTEST_EXPECT(smccc_conduit_by_name(NULL) == SMCCC_NONE);
    KTEST_EXPECT(smccc_call(SMCCC_NONE, 0x84000000, 0, 0, 0) == SMCCC_NOT_SUPPORTED);
}

/* SYS_ERRNO is served or it is not; either way the call comes back. */
KTEST(arm64_semihosting_comes_back)
{
    int64_t status = arch_semihost(0x13, 0);

    KTEST_EXPECT(status >= -ENOSYS);
}
