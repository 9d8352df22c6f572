/* SPDX-License-Identifier: MIT */
/* Turning the machine off and on again (K7). */
#ifndef KEEL_POWER_H
#define KEEL_POWER_H

#include <keel/types.h>

/* A way to end; several may register, the highest priority is tried first, the next if it
 * returns. */
struct power_ops {
    const char *name;
    int priority;                                        /* larger first */
    void (*off)(struct power_ops *ops, unsigned status); /* NULL: cannot */
    void (*reboot)(struct power_ops *ops);               /* NULL: cannot */
    void *priv;
    struct power_ops *next;
};

/* Adds a way; owned by the caller, kept for ever. */
void power_register(struct power_ops *ops);

/* Shuts the subsystems down, prints `keel: power off, status N` and turns the machine off, N being
 * its exit status where the machine can carry one. With no way to do it the CPU halts. */
__noreturn void power_off(unsigned status);

/* Shuts the subsystems down and reboots (warm where the machine knows it). */
__noreturn void power_reboot(void);

/* The last step of both without shutdown, for panics. */
__noreturn void power_off_now(unsigned status);
__noreturn void power_reboot_now(void);

#endif
