/* SPDX-License-Identifier: MIT */
/* Subsystems (K1): parts of the kernel that register themselves, start in the order of their
 * declared dependencies and shut down in the reverse. */
#ifndef KEEL_SUBSYSTEM_H
#define KEEL_SUBSYSTEM_H

#include <keel/section.h>
#include <keel/types.h>

/* Who may call a subsystem's services; a caller reaches its own level and the ones below. */
enum privilege {
    PRIVILEGE_USER,
    PRIVILEGE_DRIVER,
    PRIVILEGE_KERNEL,
};

#define SUBSYSTEM_DEPS_MAX 6

/*
 * One subsystem. All callbacks may be NULL and run on the boot CPU.
 * early_init publishes services; late_init runs when every early_init is done and may look services
 * up; shutdown runs in reverse order before power off or reboot. An error from either init stops
 * the boot with a panic that names the subsystem.
 */
struct subsystem {
    const char *name; /* one or two words, unique, as the boot log prints it */
    int (*early_init)(void);
    int (*late_init)(void);
    void (*shutdown)(void);
    enum privilege privilege;             /* PRIVILEGE_USER when not said */
    const char *deps[SUBSYSTEM_DEPS_MAX]; /* names that come before it; NULL ends the list */
};

/*
 * Registers a subsystem: SUBSYSTEM(memory, .name = "physical memory", .early_init = f,
 * .deps = {"device tree"});
 */
#define SUBSYSTEM(ident, ...) \
    SECTION_ENTRY(subsystems, struct subsystem, subsystem_##ident) = {__VA_ARGS__}

SECTION_TABLE(subsystems, struct subsystem);

/*
 * Orders all registered subsystems by their dependencies (ties: the table's order) and runs the
 * early_init of each, printing `[n/N] name`, then every late_init. Panics with the names on a
 * cycle, a missing dependency or a failing init.
 */
void subsystems_start(void);

/* Runs the shutdown callbacks of what was started, in reverse order; safe to call twice. */
void subsystems_shutdown(void);

/*
 * The pure part, for tests: writes the indices of `count` subsystems in start order to `order`.
 * Returns 0; -ENOENT with *culprit = the name missing; -ELOOP with *culprit = one on the cycle;
 * -EEXIST with *culprit = a name given twice.
 */
int subsystem_order(const struct subsystem *table, size_t count, uint16_t *order,
                    const char **culprit);

#endif
