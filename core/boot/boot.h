/* SPDX-License-Identifier: MIT */
/* The steps between the port's hand-over and the prompt, shared by the files of core/boot. */
#ifndef CORE_BOOT_BOOT_H
#define CORE_BOOT_BOOT_H

#include <keel/types.h>

/* Checks the tree at boot_info.fdt_base and fills system_fdt; never fails loudly, there may be no
 * console yet: the "device tree" subsystem reports. */
void tree_open(void);

/* Whether tree_open() found a tree that can be read. */
bool tree_usable(void);

/* Takes the command line from /chosen unless the boot protocol carried one. */
void tree_command_line(void);

/* Gives the stack protector its secret from whatever entropy there is; call from a function that
 * is compiled without it and does not return. */
void canary_init(void);

/* Warns when there was none. */
void canary_report(void);

/* Starts `earlycon=`, or CONFIG_EARLYCON_DEFAULT when the tree cannot name a console. */
void earlycon_init(bool tree_is_usable);

/* Logs what the machine is (CONFIG_BOOT_REPORT). */
void boot_report(void);

/* Checks what the rest stands on, unless `selftest=n` (CONFIG_SELFTEST). */
void boot_selftest(void);

/* Starts the first program where the boot loader gave a boot file system; says so when it cannot run. */
void init_start(void);

#endif
