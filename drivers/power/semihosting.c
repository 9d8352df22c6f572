/* SPDX-License-Identifier: MIT */
/* Ends an emulator that serves semihosting calls, with an exit status (Arm semihosting, 6.8). On
 * other machines the call is refused and the next way is tried. */
#include "priority.h"

#include <arch/semihost.h>
#include <keel/driver.h>
#include <keel/power.h>

static void semihosting_off(struct power_ops *ops, unsigned status)
{
    const uint64_t block[2] = {SEMIHOST_APPLICATION_EXIT, status};

    arch_semihost(SEMIHOST_SYS_EXIT_EXTENDED, (uint64_t)block);
}

static struct power_ops semihosting_ops = {
    .name = "semihosting", .priority = POWER_CARRIES_STATUS, .off = semihosting_off};

static int semihosting_probe(struct device *dev)
{
    power_register(&semihosting_ops);
    return 0;
}

DRIVER(semihosting, .name = "semihosting", .level = DRIVER_POWER, .probe = semihosting_probe);
