/* SPDX-License-Identifier: MIT */
/* Semihosting: services of a debugger or an emulator (Arm semihosting, "Semihosting for AArch32 and
 * AArch64"). */
#ifndef ARCH_SEMIHOST_H
#define ARCH_SEMIHOST_H

#include <keel/types.h>

#define SEMIHOST_SYS_WRITE0        0x04
#define SEMIHOST_SYS_EXIT          0x18
#define SEMIHOST_SYS_EXIT_EXTENDED 0x20
#define SEMIHOST_APPLICATION_EXIT  0x20026 /* ADP_Stopped_ApplicationExit */

/* Asks for operation `op` with its parameter (a pointer to the parameter block, or a value). Its
 * result, or -ENOSYS when nobody serves the call. */
int64_t arch_semihost(uint32_t op, uint64_t parameter);

#endif
