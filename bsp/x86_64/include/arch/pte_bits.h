/* SPDX-License-Identifier: MIT */
/* The bits of page-table entries that the entry code writes (Intel SDM volume 3, 4.5). */
#ifndef ARCH_PTE_BITS_H
#define ARCH_PTE_BITS_H

#define PTE_P_RW_A 0x23 /* present, writable, accessed */
#define PTE_LARGE  0x80 /* a leaf above level 0 */

#endif
