/* SPDX-License-Identifier: MIT */
/* What compiled code puts between locals and return address, and calls when it has changed. */
#include <arch/cpu.h>
#include <keel/stack_guard.h>

/* The compiler knows these two names. */
extern uintptr_t __stack_chk_guard;
__noreturn void __stack_chk_fail(void);

uintptr_t __stack_chk_guard;

static void (*on_smashed)(void);

__no_stack_protector void stack_guard_set(uintptr_t canary, void (*smashed)(void))
{
    on_smashed = smashed;
    __stack_chk_guard = canary;
}

void __stack_chk_fail(void)
{
    if (on_smashed) {
        on_smashed();
    }
    arch_halt();
}
