/* SPDX-License-Identifier: MIT */
/* Segment selectors and the descriptor table behind them, in the order that SYSCALL and SYSRET
 * expect (Intel SDM volume 3, 3.4 and 5.8.8). */
#ifndef ARCH_GDT_H
#define ARCH_GDT_H

#define GDT_KERNEL_CODE 0x08
#define GDT_KERNEL_DATA 0x10
#define GDT_USER_DATA   0x18
#define GDT_USER_CODE   0x20
#define GDT_TSS         0x28 /* two entries for each CPU */
#define GDT_TSS_SIZE    16
#define GDT_SIZE        (GDT_TSS + GDT_TSS_SIZE * CONFIG_CPUS_MAX) /* bytes */

#endif
