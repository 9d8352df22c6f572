/* SPDX-License-Identifier: MIT */
/* The calls about the machine as a whole. On the calling thread. */
#include <generated/syscall_handlers.h>
#include <keel/memmap.h>
#include <keel/prng.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/syscall.h>

#define DRAW_MAX 256u

int64_t sys_cprng_draw(void __user *buffer, size_t buffer_size)
{
    uint64_t drawn[DRAW_MAX / sizeof(uint64_t)];
    int err;

    for (unsigned i = 0; i < ARRAY_SIZE(drawn); i++) {
        drawn[i] = prng_next();
    }
    err = user_copy_out(buffer, drawn, buffer_size);
    memset(drawn, 0, sizeof(drawn));
    return err;
}

int64_t sys_system_get_num_cpus(void)
{
    return cpumask_count(cpu_online());
}

int64_t sys_system_get_physmem(void)
{
    return (int64_t)memmap_ram_bytes();
}
