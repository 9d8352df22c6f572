/* SPDX-License-Identifier: MIT */
/* Finds the functions that make system calls. */
#ifndef USER_VDSO_H
#define USER_VDSO_H

#include <stdint.h>

/* Makes calls possible, with the vDSO that begins at `base`. Before that there are none, nor need relocations be
 * done. Where there is no vDSO that can be used, the program is ended by a trap: it cannot say why. */
void lib_vdso_bind(uintptr_t base);

#endif
