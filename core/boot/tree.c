/* SPDX-License-Identifier: MIT */
/* Opens the device tree the machine was described with, and takes the command line from it. */
#define LOG_TAG "tree"
#include "boot.h"

#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/string.h>
#include <keel/subsystem.h>
#include <keel/vm.h>

#define TREE_SIZE_MAX  (2u << 20) /* what the boot protocols allow */
#define TREE_NODES_MAX 512u       /* larger trees work too, only slower */

static struct fdt_index_entry tree_index[TREE_NODES_MAX];
static int tree_status;
static int index_status;

void tree_open(void)
{
    if (boot_info.fdt_base == 0) {
        tree_status = fdt_check(NULL, 0, &system_fdt);
        return;
    }
    tree_status = fdt_check(phys_to_virt(boot_info.fdt_base), TREE_SIZE_MAX, &system_fdt);
    if (tree_status == 0) {
        index_status = fdt_index(&system_fdt, tree_index, TREE_NODES_MAX);
    }
}

bool tree_usable(void)
{
    return tree_status == 0;
}

void tree_command_line(void)
{
    const char *args = tree_usable() ? fdt_bootargs(&system_fdt) : NULL;
    size_t len;

    if (boot_info.cmdline[0] != '\0' || args == NULL) {
        return;
    }
    len = strlcpy(boot_info.cmdline, args, sizeof(boot_info.cmdline));
    if (len >= sizeof(boot_info.cmdline)) {
        boot_info.cmdline_dropped = len - (sizeof(boot_info.cmdline) - 1);
    }
}

static int tree_init(void)
{
    if (!tree_usable()) {
        panic("no usable device tree at %#llx: %s", (unsigned long long)boot_info.fdt_base,
              fdt_check_text(tree_status));
    }
    if (index_status != 0) {
        log_info("%u nodes are more than the index holds; look-ups take longer",
                 system_fdt.node_count);
    }
    return 0;
}

SUBSYSTEM(tree, .name = "device tree", .early_init = tree_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"exceptions"});
