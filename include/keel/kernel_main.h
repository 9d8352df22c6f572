/* SPDX-License-Identifier: MIT */
/* Where the port hands over to the portable kernel. */
#ifndef KEEL_KERNEL_MAIN_H
#define KEEL_KERNEL_MAIN_H

#include <keel/compiler.h>

/* Runs the kernel. Called once, on the boot CPU, at the virtual base, with exception vectors set,
 * interrupts off, boot_info filled and alternatives applied. */
__noreturn void kernel_main(void);

#endif
