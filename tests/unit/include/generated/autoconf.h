/* SPDX-License-Identifier: MIT */
/* The configuration that the kernel's files see when they are tested on the host. */
#define CONFIG_DEBUG 1
#define CONFIG_KTEST 1
