/* SPDX-License-Identifier: MIT */
/* Orderly ends: subsystems first, then the machine. */
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/panic.h>
#include <keel/parse.h>
#include <keel/power.h>
#include <keel/string.h>
#include <keel/subsystem.h>

void power_off(unsigned status)
{
    subsystems_shutdown();
    power_off_now(status);
}

void power_reboot(void)
{
    subsystems_shutdown();
    power_reboot_now();
}

static int cmd_poweroff(int argc, char **argv)
{
    uint32_t status = 0;

    if (argc > 2 || (argc > 1 && (kstrtou32(argv[1], 0, &status) < 0 || status > UINT8_MAX))) {
        console_printf("a status is a number from 0 to 255\n");
        return -EINVAL;
    }
    power_off(status);
}

static int cmd_reboot(int argc, char **argv)
{
    power_reboot();
}

static int cmd_panic(int argc, char **argv)
{
    /* The words lie in one line, of which splitting took a space behind each. */
    for (int i = 1; i < argc - 1; i++) {
        argv[i][strlen(argv[i])] = ' ';
    }
    panic("%s", argc > 1 ? argv[1] : "asked for at the console");
}

COMMAND(poweroff, "[STATUS]", "shut down and turn the machine off", cmd_poweroff);
COMMAND(reboot, "", "shut down and reboot", cmd_reboot);
COMMAND(panic, "[TEXT]", "stop with a panic, to see what one looks like", cmd_panic);
