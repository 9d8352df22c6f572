/* SPDX-License-Identifier: MIT */
/* Power off and reset by the Power State Coordination Interface (Arm DEN0022, sections 5.9 to 5.11;
 * binding arm,psci). */
#include "priority.h"

#include <arch/smccc.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/power.h>

#define PSCI_SYSTEM_OFF   0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u

static enum smccc_conduit conduit;

static void psci_off(struct power_ops *ops, unsigned status)
{
    smccc_call(conduit, PSCI_SYSTEM_OFF, 0, 0, 0);
}

static void psci_reboot(struct power_ops *ops)
{
    smccc_call(conduit, PSCI_SYSTEM_RESET, 0, 0, 0);
}

static struct power_ops psci_ops = {
    .name = "psci", .priority = POWER_FIRMWARE, .off = psci_off, .reboot = psci_reboot};

static int psci_probe(struct device *dev)
{
    if (conduit != SMCCC_NONE) {
        return -EBUSY;
    }
    conduit = smccc_conduit_by_name(fdt_prop_string(&system_fdt, dev->node, "method", 0));
    if (conduit == SMCCC_NONE) {
        return -EINVAL;
    }
    power_register(&psci_ops);
    return 0;
}

static const char *const compatible[] = {"arm,psci-1.0", "arm,psci-0.2", NULL};

DRIVER(psci, .name = "psci", .compatible = compatible, .level = DRIVER_POWER, .probe = psci_probe);
