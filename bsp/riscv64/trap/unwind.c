/* SPDX-License-Identifier: MIT */
/* Steps from a stack frame to the one around it. */
#include <arch/trap.h>
#include <arch/uaccess.h>
#include <arch/unwind.h>
#include <keel/panic.h>

extern char _text_start[], _text_end[];

/* What the two words below a frame pointer hold, lower first. */
struct frame_record {
    virt_addr_t fp;
    virt_addr_t ra;
};

/* Registers of the trap that the backtrace starts from. */
static virt_addr_t start_pc, start_fp, start_ra;

void unwind_start_at(const struct trap_frame *frame)
{
    start_pc = arch_trap_pc(frame);
    start_fp = arch_trap_fp(frame);
    start_ra = frame->regs[TRAP_RA - 1];
}

static bool in_text(virt_addr_t address)
{
    return address >= (virt_addr_t)_text_start && address < (virt_addr_t)_text_end;
}

/* Whether two addresses belong to the same function, as far as names are known. */
static bool in_one_function(virt_addr_t a, virt_addr_t b)
{
    uint64_t offset_a, offset_b;

    return symbol_lookup(a, &offset_a) == NULL || symbol_lookup(b, &offset_b) == NULL ||
           a - offset_a == b - offset_b;
}

/*
 * The first step from a trap. Where ra does not point into the function itself, that function has
 * not
 * called anything, and ra is its return address whatever its frame holds: nothing yet or any more
 * (fp is still the caller's), or, where it never calls, just the caller's fp in place of an
 * address.
 */
static void complete_first(struct frame_record *record)
{
    if (!in_text(record->ra)) {
        record->fp = record->ra;
        record->ra = start_ra;
    } else if (record->ra != start_ra && !in_one_function(start_pc, start_ra - 1)) {
        record->fp = start_fp;
        record->ra = start_ra;
    }
}

bool arch_unwind(virt_addr_t *pc, virt_addr_t *fp)
{
    struct frame_record record;
    bool first = *pc == start_pc && *fp == start_fp && start_pc != 0;

    if (first && !in_text(*pc)) {
        start_pc = 0;
        *pc = start_ra;
        return in_text(*pc);
    }
    if (*fp < sizeof(record) || *fp % sizeof(*fp) != 0 ||
        arch_copy_nofault(&record, (const void *)(*fp - sizeof(record)), sizeof(record)) != 0) {
        return false;
    }
    if (first) {
        complete_first(&record);
    }
    if (!in_text(record.ra) || (record.fp != 0 && record.fp <= *fp && !first)) {
        return false;
    }
    *pc = record.ra;
    *fp = record.fp;
    return true;
}
