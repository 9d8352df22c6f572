/* SPDX-License-Identifier: MIT */
/* The configuration as C sees it: IS_ENABLED() turns a bool symbol into 0 or 1, defined or not. */
#ifndef KEEL_KCONFIG_H
#define KEEL_KCONFIG_H

#ifdef __KERNEL__
#include <generated/autoconf.h>
#endif

#define KCONFIG_PLACEHOLDER_1                 0,
#define KCONFIG_SECOND_(ignored, second, ...) second
#define KCONFIG_IS_ENABLED__(one_or_junk)     KCONFIG_SECOND_(one_or_junk 1, 0, 0)
#define KCONFIG_IS_ENABLED_(value)            KCONFIG_IS_ENABLED__(KCONFIG_PLACEHOLDER_##value)
#define KCONFIG_IS_ENABLED_EXPAND_(value)     KCONFIG_IS_ENABLED_(value)

/* 1 when the Kconfig symbol `option` (CONFIG_X) is y, else 0; usable in C and in #if. */
#define IS_ENABLED(option)                    KCONFIG_IS_ENABLED_EXPAND_(option)

#endif
