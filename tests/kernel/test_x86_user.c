/* SPDX-License-Identifier: MIT */
/* What x86_64 user mode can try on the kernel: single steps into it, strange flags, selectors. */
#include "../../bsp/x86_64/trap/trap.h"
#include "user_stage.h"

#include <arch/cpuid.h>
#include <arch/feature.h>
#include <keel/ktest.h>

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
