/* SPDX-License-Identifier: MIT */
/* The call that ends it all. It stands here since subsystems are shut down from above. */
#include <generated/syscall_handlers.h>
#include <keel/errno.h>
#include <keel/power.h>
#include <keel/resource_object.h>

int64_t sys_system_powerctl(struct object *resource, uint32_t cmd, int64_t status)
{
    int err = resource_check(resource, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_POWER_BASE, 1);

    if (err != 0) {
        return err;
    }
    switch (cmd) {
    case KEEL_SYSTEM_POWERCTL_SHUTDOWN:
        power_off((unsigned)status);
    case KEEL_SYSTEM_POWERCTL_REBOOT:
        power_reboot();
    default:
        return -EINVAL;
    }
}
