/* SPDX-License-Identifier: MIT */
/* The ways to turn the machine off or round, tried from the highest priority down. */
#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/console.h>
#include <keel/log.h>
#include <keel/power.h>

/* Microseconds that a way gets to take effect: hardware is turned off some time after it was asked,
 * and the next way must not ask for something else meanwhile. */
#define PATIENCE_US 1000000u

static struct power_ops *ways;

void power_register(struct power_ops *ops)
{
    struct power_ops **link = &ways;

    while (*link && (*link)->priority >= ops->priority) {
        link = &(*link)->next;
    }
    ops->next = *link;
    *link = ops;
}

void power_off_now(unsigned status)
{
    console_printf("keel: power off, status %u\n", status);
    for (struct power_ops *ops = ways; ops; ops = ops->next) {
        if (ops->off) {
            ops->off(ops, status);
            clock_delay_us(PATIENCE_US);
        }
    }
    console_printf("keel: this machine cannot be turned off by software: halted\n");
    arch_halt();
}

void power_reboot_now(void)
{
    console_printf("keel: reboot\n");
    for (struct power_ops *ops = ways; ops; ops = ops->next) {
        if (ops->reboot) {
            ops->reboot(ops);
            clock_delay_us(PATIENCE_US);
        }
    }
    console_printf("keel: this machine cannot be rebooted by software: halted\n");
    arch_halt();
}
