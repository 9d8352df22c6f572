/* SPDX-License-Identifier: MIT */
/* The page below 1 MiB that processors start in: code copied to its beginning, and what that code needs
 * at these offsets, filled in by C. For assembly too. */
#ifndef X86_64_SMP_TRAMPOLINE_H
#define X86_64_SMP_TRAMPOLINE_H

#define TRAMPOLINE_ARGS     0xf00
#define TRAMPOLINE_GDTR     (TRAMPOLINE_ARGS + 32)
#define TRAMPOLINE_FAR32    (TRAMPOLINE_ARGS + 40)
#define TRAMPOLINE_FAR64    (TRAMPOLINE_ARGS + 48)
#define TRAMPOLINE_TABLES   (TRAMPOLINE_ARGS + 56)
#define TRAMPOLINE_EFER     (TRAMPOLINE_ARGS + 60)
#define TRAMPOLINE_HIGH     (TRAMPOLINE_ARGS + 64)

/* Of struct secondary_boot. */
#define SECONDARY_STACK_TOP 0

/* Selectors of its own descriptor table. */
#define TRAMPOLINE_CODE32   0x08
#define TRAMPOLINE_DATA     0x10
#define TRAMPOLINE_CODE64   0x18

#ifndef __ASSEMBLY__
#include <keel/smp.h>
#include <keel/types.h>

struct trampoline_args {
    uint64_t gdt[4];
    uint16_t gdt_limit;
    uint32_t gdt_base;
    uint16_t unused;
    uint32_t far32_offset;
    uint32_t far32_selector;
    uint32_t far64_offset;
    uint32_t far64_selector;
    uint32_t tables; /* physical address of the root used on the way */
    uint32_t efer;
    uint64_t high; /* where to go on, at its virtual address */
} __packed;

_Static_assert(TRAMPOLINE_ARGS + offsetof(struct trampoline_args, gdt_limit) == TRAMPOLINE_GDTR,
               "read by entry.S");
_Static_assert(TRAMPOLINE_ARGS + offsetof(struct trampoline_args, far32_offset) == TRAMPOLINE_FAR32,
               "read by entry.S");
_Static_assert(TRAMPOLINE_ARGS + offsetof(struct trampoline_args, far64_offset) == TRAMPOLINE_FAR64,
               "read by entry.S");
_Static_assert(TRAMPOLINE_ARGS + offsetof(struct trampoline_args, tables) == TRAMPOLINE_TABLES,
               "read by entry.S");
_Static_assert(TRAMPOLINE_ARGS + offsetof(struct trampoline_args, efer) == TRAMPOLINE_EFER,
               "read by entry.S");
_Static_assert(TRAMPOLINE_ARGS + offsetof(struct trampoline_args, high) == TRAMPOLINE_HIGH,
               "read by entry.S");

/* The code, and where in it the mode changes lead to (entry.S). */
extern const char trampoline_start[], trampoline_32[], trampoline_64[], trampoline_end[];

/* Where the trampoline leads to: at its virtual address, on the trampoline's tables. */
extern const char secondary_high[];

/* Who is to start, in the order of being asked; read by secondary_high. */
struct secondary_entry {
    uint64_t apic_id;
    struct secondary_boot *boot;
};
_Static_assert(sizeof(struct secondary_entry) == 16, "16 in entry.S");
extern struct secondary_entry secondary_table[];
extern uint32_t secondary_count;

_Static_assert(offsetof(struct secondary_boot, stack_top) == SECONDARY_STACK_TOP,
               "read by entry.S");

/* The first C on a CPU that starts. */
__noreturn void secondary_main(struct secondary_boot *boot);
#endif

#endif
