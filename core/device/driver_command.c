/* SPDX-License-Identifier: MIT */
/* The console command that lists drivers and devices. */
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/status.h>

#define PATH_MAX 128

static const char *level_name(enum driver_level level)
{
    static const char *const names[] = {
        [DRIVER_IRQCHIP] = "interrupt controller",
        [DRIVER_TIMER] = "timer",
        [DRIVER_POWER] = "power",
        [DRIVER_CONSOLE] = "console",
        [DRIVER_OTHER] = "other",
    };

    return names[level];
}

static void print_device(const struct device *dev)
{
    char path[PATH_MAX];

    if (fdt_path(&system_fdt, dev->node, path, sizeof(path)) < 0) {
        path[0] = '\0';
    }
    console_printf("    %s %s", dev->name[0] ? dev->name : "-", path[0] ? path : "firmware");
    if (dev->error < 0) {
        console_printf(" failed: %s", status_text(dev->error));
    }
    console_printf("\n");
}

static int cmd_drivers(int argc, char **argv)
{
    const struct driver *driver;
    const struct device *dev;

    section_for_each(drivers, driver)
    {
        console_printf("%s (%s)", driver->name, level_name(driver->level));
        for (const char *const *name = driver->compatible; name && *name; name++) {
            console_printf(" %s", *name);
        }
        console_printf("\n");
        for (unsigned int i = 0; (dev = device_at(i)) != NULL; i++) {
            if (dev->driver == driver) {
                print_device(dev);
            }
        }
    }
    return 0;
}

COMMAND(drivers, "", "list the drivers, what they drive and under which name", cmd_drivers);
