/* SPDX-License-Identifier: MIT */
/* Power off and reset by the SBI firmware (RISC-V SBI 2.0, chapter 10; where it is older, the
 * legacy shutdown call). */
#include "priority.h"

#include <arch/sbi.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/power.h>

static void sbi_off(struct power_ops *ops, unsigned status)
{
    sbi_system_reset(SBI_RESET_SHUTDOWN, status == 0 ? SBI_REASON_NONE : SBI_REASON_FAILURE);
}

static void sbi_reboot(struct power_ops *ops)
{
    sbi_system_reset(SBI_RESET_WARM, SBI_REASON_NONE);
    sbi_system_reset(SBI_RESET_COLD, SBI_REASON_NONE);
}

static struct power_ops sbi_ops = {
    .name = "sbi", .priority = POWER_FIRMWARE, .off = sbi_off, .reboot = sbi_reboot};

static int sbi_srst_probe(struct device *dev)
{
    if (!sbi_probe(SBI_SRST) && !sbi_probe(SBI_LEGACY_SHUTDOWN)) {
        return -ENODEV;
    }
    power_register(&sbi_ops);
    return 0;
}

DRIVER(sbi_srst, .name = "sbi-srst", .level = DRIVER_POWER, .probe = sbi_srst_probe);
