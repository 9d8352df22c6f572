/* SPDX-License-Identifier: MIT */
/* The test finisher of SiFive's simulators, which carries an exit status out (binding sifive,test0). */
#include "priority.h"

#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/power.h>

#define FINISHER_FAIL         0x3333u /* the status goes above it */
#define FINISHER_PASS         0x5555u
#define FINISHER_STATUS_SHIFT 16
#define FINISHER_WAIT_US      1000000u

static struct io_region finisher;

static void test_off(struct power_ops *ops, unsigned status)
{
    uint32_t word =
        status == 0 ? FINISHER_PASS : FINISHER_FAIL | (uint32_t)status << FINISHER_STATUS_SHIFT;

    io_write32(&finisher, 0, word);
    /* An emulator ends some time after the write; the next way off would put its status in place of
     * this one. */
    clock_delay_us(FINISHER_WAIT_US);
}

static struct power_ops test_ops = {
    .name = "sifive-test", .priority = POWER_CARRIES_STATUS, .off = test_off};

static int test_probe(struct device *dev)
{
    int status = finisher.size ? -EBUSY : device_registers(dev, 0, &finisher);

    if (status == 0) {
        power_register(&test_ops);
    }
    return status;
}

static const char *const compatible[] = {"sifive,test0", NULL};

DRIVER(sifive_test, .name = "sifive-test", .compatible = compatible, .level = DRIVER_POWER,
       .probe = test_probe);
