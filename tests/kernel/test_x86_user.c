/* SPDX-License-Identifier: MIT */
/* What x86_64 user mode can try on the kernel: single steps into it, strange flags, selectors. */
#include "../../bsp/x86_64/trap/trap.h"
#include "user_stage.h"

#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/smp.h>
#include <keel/thread.h>
#include <keel/timer.h>

extern const char user_single_step[], user_step_into_call[], user_strange_flags[], user_selectors[],
    user_software_interrupt[], user_port[], user_umip[];

static unsigned vector_of(struct process_end end)
{
    return end.reason == PROCESS_FAULTED ? (unsigned)(end.code >> 32) : UINT32_MAX;
}

KTEST(x86_user_single_steps_end_the_program)
{
    KTEST_EXPECT(vector_of(user_run(user_single_step, 0)) == TRAP_DEBUG);
    KTEST_EXPECT(vector_of(user_run(user_step_into_call, 0)) == TRAP_DEBUG);
}

/* Without a stack the push behind the call is what fails. */
KTEST(x86_user_flags_do_not_come_in)
{
    unsigned vector = vector_of(user_run(user_strange_flags, 0));

    KTEST_EXPECT(vector == TRAP_PAGE_FAULT || vector == TRAP_STACK_SEGMENT);
}

KTEST(x86_user_selectors_are_the_users)
{
    struct process_end end = user_run(user_selectors, 0);

    KTEST_EXPECT(end.reason == PROCESS_EXITED && end.result == USER_DONE);
}

KTEST(x86_user_mode_has_no_privilege)
{
    KTEST_EXPECT(vector_of(user_run(user_software_interrupt, 0)) == TRAP_PROTECTION);
    KTEST_EXPECT(vector_of(user_run(user_port, 0)) == TRAP_PROTECTION);
    KTEST_EXPECT(vector_of(user_run(user_breakpoint, 0)) == TRAP_BREAKPOINT);
    if (cpu_has(CPU_FEATURE_UMIP)) {
        KTEST_EXPECT(vector_of(user_run(user_umip, 0)) == TRAP_PROTECTION);
    }
}

/* An address that is not canonical has none in CR2. */
KTEST(x86_user_addresses_that_are_none)
{
    KTEST_EXPECT(vector_of(user_run(user_read, 1ull << 47)) == TRAP_PROTECTION);
    KTEST_EXPECT(vector_of(user_run(user_jump, 1ull << 47)) == TRAP_PROTECTION);
}

#define FS_THREADS 4u
#define FS_ROUNDS  100u

/* Goes round the CPUs and finds its own base wherever it comes up; at first there is none. */
static int keep_base(void *arg)
{
    uint64_t base = *(const uint64_t *)arg;

    if (thread_use_fpu() != 0 || msr_read(MSR_FS_BASE) != 0 || thread_set_pointer(base) != 0) {
        return -EIO;
    }
    for (unsigned i = 0; i < FS_ROUNDS; i++) {
        if (cpumask_has(cpu_online(), i % CPUS_MAX)) {
            (void)thread_set_affinity(thread_current(), cpumask_of(i % CPUS_MAX));
        }
        thread_yield();
        if (msr_read(MSR_FS_BASE) != base) {
            return -EFAULT;
        }
    }
    return thread_set_pointer(USER_TOP) == -EINVAL && thread_set_pointer(UINT64_MAX) == -EINVAL &&
                   msr_read(MSR_FS_BASE) == base
               ? 0
               : -EINVAL;
}

KTEST(x86_user_fs_base_is_each_threads_own)
{
    static const uint64_t bases[FS_THREADS] = {0x1000, 0x7000, USER_TOP - 1, 0};
    struct thread *threads[FS_THREADS];
    int result;

    for (unsigned i = 0; i < FS_THREADS; i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "fs", keep_base, (void *)&bases[i], NULL) == 0);
    }
    for (unsigned i = 0; i < FS_THREADS; i++) {
        result = -1;
        KTEST_EXPECT(thread_join(threads[i], &result, TIMER_NEVER) == 0);
        KTEST_EXPECT(result == 0);
    }
}
