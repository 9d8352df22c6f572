/* SPDX-License-Identifier: MIT */
/* Instructions of Zicbom and Zicboz (CMO extensions, chapter 4) on the block that holds the address
 * in a0; not every assembler knows them. For assembly. */
#ifndef ARCH_CBO_H
#define ARCH_CBO_H

#define CBO_INVAL_A0 .4byte 0x0005200f
#define CBO_CLEAN_A0 .4byte 0x0015200f
#define CBO_FLUSH_A0 .4byte 0x0025200f
#define CBO_ZERO_A0  .4byte 0x0045200f

#endif
