/* SPDX-License-Identifier: MIT */
/* The fix-up table: instructions that may fault, and where each goes on when it does. */
#include <keel/extable.h>

extern const struct extable_entry __start_extable[];
extern const struct extable_entry __stop_extable[];

virt_addr_t extable_fixup(virt_addr_t pc)
{
    const struct extable_entry *entry;

    for (entry = __start_extable; entry < __stop_extable; entry++) {
        if ((virt_addr_t)&entry->insn + (virt_addr_t)(intptr_t)entry->insn == pc) {
            return (virt_addr_t)&entry->fixup + (virt_addr_t)(intptr_t)entry->fixup;
        }
    }
    return 0;
}
