/* SPDX-License-Identifier: MIT */
/* What the kernel knows of its machine: the hand-over and the tree, for all to read. */
#include <keel/boot_info.h>
#include <keel/driver.h>

struct boot_info boot_info;
struct fdt system_fdt;
