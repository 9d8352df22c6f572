/* SPDX-License-Identifier: MIT */
/* The first console, before any driver: as the command line or, without a tree, the build names
 * it. */
#define LOG_TAG "console"
#include "boot.h"

#include <keel/console.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/status.h>

static char earlycon[64];

KPARAM(earlycon, PARAM_STRING, earlycon, 0, 0,
       "console before drivers: NAME[,mmio|mmio32|io][,ADDRESS]; bare: the one of this build");

static void list_known(void)
{
    const struct earlycon *entry;

    section_for_each(earlycons, entry)
    {
        log_info("earlycon can be %s", entry->name);
    }
}

static void start(const char *spec)
{
    int status = earlycon_start(spec);

    if (status == -ENOENT) {
        log_warn("earlycon=%s is not known here", spec);
        list_known();
    } else if (status < 0) {
        log_warn("earlycon=%s cannot be used: %s", spec, status_text(status));
    }
}

void earlycon_init(bool tree_is_usable)
{
    if (param_given("earlycon")) {
        start(earlycon[0] ? earlycon : CONFIG_EARLYCON_DEFAULT);
    }
    if (!tree_is_usable && !console_present() && sizeof(CONFIG_EARLYCON_DEFAULT) > 1) {
        start(CONFIG_EARLYCON_DEFAULT);
    }
}
