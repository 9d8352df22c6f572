/* SPDX-License-Identifier: MIT */
/* Which device is the console: what the command line says, else the tree, else the first there
 * is. */
#define LOG_TAG "console"

#include <keel/console.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/subsystem.h>

static char console_name[128];

KPARAM(console, PARAM_STRING, console_name, 0, 0,
       "the console: an alias or a path of the device tree, options behind a colon");

static struct {
    int node;                /* the one named, or negative */
    const char *options;     /* behind its name */
    const struct device *by; /* who has claimed to be it */
} chosen = {.node = -ENOENT, .options = ""};

/* Why a node cannot be the console, or NULL. */
static const char *unfit(int node)
{
    if (node < 0) {
        return "there is no such alias or node";
    }
    if (!device_node_usable(node)) {
        return "it is disabled";
    }
    if (!driver_for(node) || driver_for(node)->level != DRIVER_CONSOLE) {
        return "this kernel has no driver for it";
    }
    return NULL;
}

static int choose_named(void)
{
    int node = fdt_find_console(&system_fdt, console_name, &chosen.options);
    const char *why = unfit(node);

    if (why) {
        log_warn("console=%s: %s; taking stdout-path of the device tree", console_name, why);
        return -ENOENT;
    }
    return node;
}

static int choose_stdout(void)
{
    int node = fdt_stdout(&system_fdt, &chosen.options);
    const char *why = unfit(node);

    if (node >= 0 && why) {
        log_warn("stdout-path of the device tree: %s; taking any console", why);
    }
    if (why) {
        chosen.options = "";
        return -ENOENT;
    }
    return node;
}

bool device_claim_console(const struct device *dev)
{
    if (chosen.by || (dev->node >= 0 && chosen.node >= 0 && dev->node != chosen.node)) {
        return false;
    }
    chosen.by = dev;
    return true;
}

const char *device_console_options(void)
{
    return chosen.options;
}

/* Gives up the ports that were not to be the console, so that they are asked again. */
static void release_others(void)
{
    struct device *dev;
    unsigned int i = 0;

    while ((dev = device_at(i)) != NULL) {
        bool bound = dev->error == 0 && dev->driver->level == DRIVER_CONSOLE;

        if (!bound || device_remove(dev) < 0) {
            i++;
        }
    }
}

/* The named console did not start: any other that does is better than none. */
static void take_another(void)
{
    log_warn("%s did not start; taking any other console", fdt_name(&system_fdt, chosen.node));
    chosen.node = -ENOENT;
    chosen.options = "";
    chosen.by = NULL;
    release_others();
    drivers_probe(DRIVER_CONSOLE);
}

static int console_init(void)
{
    if (console_name[0]) {
        chosen.node = choose_named();
    }
    if (chosen.node < 0) {
        chosen.node = choose_stdout();
    }
    drivers_probe(DRIVER_CONSOLE);
    if (chosen.node >= 0 && (!chosen.by || chosen.by->error < 0)) {
        take_another();
    }
    console_drop_boot();
    if (!console_present()) {
        log_warn("no console: the log stays in memory");
    }
    return 0;
}

SUBSYSTEM(console, .name = "console", .early_init = console_init, .privilege = PRIVILEGE_DRIVER,
          .deps = {"device tree"});

static int power_init(void)
{
    drivers_probe(DRIVER_POWER);
    return 0;
}

SUBSYSTEM(power, .name = "power", .early_init = power_init, .privilege = PRIVILEGE_DRIVER,
          .deps = {"console"});
