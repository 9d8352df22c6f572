/* SPDX-License-Identifier: MIT */
/* What the boot CPU runs as before there are threads. */
#include <keel/percpu.h>

struct thread_head boot_head = {.name = "boot"};
