/* SPDX-License-Identifier: MIT */
/* poweroff [STATUS], poweroff -r: turns the machine off, with a status where it can carry one, or starts it anew. */
#include <keel/resource.h>
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    keel_handle_t resource = keel_startup_resource(KEEL_RSRC_SYSTEM_POWER_BASE);
    uint32_t command = KEEL_SYSTEM_POWERCTL_SHUTDOWN;
    char *end = NULL;
    long status = 0;
    int err;

    if (argc == 2 && strcmp(argv[1], "-r") == 0) {
        command = KEEL_SYSTEM_POWERCTL_REBOOT;
    } else if (argc == 2) {
        status = strtol(argv[1], &end, 10);
    }
    if (argc > 2 || (end && (*end || status < 0 || status > 255))) {
        dprintf(2, "poweroff: usage: poweroff [-r | STATUS], a status being from 0 to 255\n");
        return 2;
    }
    err = keel_system_powerctl(resource, command, status);
    dprintf(2, "poweroff: %s\n", strerror(err));
    return 1;
}
