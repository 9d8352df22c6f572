/* SPDX-License-Identifier: MIT */
/* The table that the stubs of system calls jump by. It is filled before there are relocations. */
#include "vdso.h"

#include <keel/errno.h>
#include <keel/syscall_numbers.h>
#include <keel/vdso.h>

/* By number; the stubs of scripts/build/syscalls.py know it. */
uintptr_t lib_vdso_calls[KEEL_SYS_COUNT];

/* A call that this kernel does not have. */
static int64_t no_call(void)
{
    return -ENOSYS;
}

void lib_vdso_bind(uintptr_t base)
{
    const keel_vdso_t *vdso = (const keel_vdso_t *)(base + KEEL_VDSO_TABLE);

    if (base == 0 || vdso->magic != KEEL_VDSO_MAGIC || vdso->version != KEEL_VDSO_VERSION) {
        __builtin_trap();
    }
    for (uint32_t i = 0; i < KEEL_SYS_COUNT; i++) {
        uint32_t offset = i < vdso->count ? vdso->calls[i] : 0;

        lib_vdso_calls[i] = offset != 0 ? base + offset : (uintptr_t)no_call;
    }
}
