/* SPDX-License-Identifier: MIT */
/* Starts harts by the SBI's hart state management (RISC-V SBI 2.0, chapter 9). */
#include <arch/sbi.h>
#include <keel/errno.h>
#include <keel/smp.h>

/* Firmware takes the call for a hart that it then cannot start, too: who does not come is core's to
 * find out. */
static int hsm_start(const struct cpu *cpu, phys_addr_t entry, phys_addr_t argument)
{
    if (!sbi_probe(SBI_HSM)) {
        return -ENOTSUP;
    }
    return sbi_errno(sbi_call(SBI_HSM, SBI_HSM_HART_START, cpu->hw_id, entry, argument).error);
}

static int hsm_stop(const struct cpu *cpu)
{
    (void)cpu;
    return sbi_errno(sbi_call(SBI_HSM, SBI_HSM_HART_STOP, 0, 0, 0).error);
}

static bool hsm_is_stopped(const struct cpu *cpu)
{
    struct sbi_result status = sbi_call(SBI_HSM, SBI_HSM_HART_STATUS, cpu->hw_id, 0, 0);

    return status.error == 0 && status.value == SBI_HART_STOPPED;
}

CPU_START_METHOD(sbi_hsm, .name = "SBI HSM", .enable_method = NULL, .start = hsm_start,
                 .off = hsm_stop, .is_off = hsm_is_stopped);
