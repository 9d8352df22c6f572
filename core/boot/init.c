/* SPDX-License-Identifier: MIT */
/* What the boot ends in: the program that `init` names, or the console prompt. */
#define LOG_TAG "init"
#include "boot.h"

#include <keel/log.h>
#include <keel/param.h>
#include <keel/string.h>

static char init_name[128];

KPARAM(init, PARAM_STRING, init_name, 0, 0,
       "first program to run; none ends at the console prompt");

void init_report(void)
{
    if (init_name[0] && strcmp(init_name, "none") != 0) {
        log_warn("init=%s cannot run: this kernel has no user space", init_name);
    }
}
