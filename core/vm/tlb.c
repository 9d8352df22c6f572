/* SPDX-License-Identifier: MIT */
/* Translations that CPUs remember. Where the hardware does not tell the other CPUs itself, those that
 * run the space are told, and the rest find a note when they run it the next time.
 *
 * A CPU sets its bit in `running`, then looks at `stale`. Who drops translations has written the entries,
 * then sets `stale` for all that do not run the space, then looks at `running` again. So a CPU that comes
 * in meanwhile is told, or sees the note, or both. */
#include "tlb.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/percpu.h>
#include <keel/smp.h>

/* As long as the boot CPU is alone nobody else remembers anything: CPUs start with nothing. What was written
 * before is seen by one that comes up now and is not seen here yet. */
static inline bool tell_others(void)
{
    if (ARCH_TLB_BROADCASTS) {
        return false;
    }
    smp_mb();
    return cpu_online() != 1;
}

static inline unsigned number_of(const struct tlb_space *space)
{
    return (unsigned)(__atomic_load_n(&space->asid, __ATOMIC_RELAXED) & UINT16_MAX);
}

/* The CPUs but this one that have to be told. */
static cpumask_t find_users(struct tlb_space *space, cpumask_t self)
{
    cpumask_t before, now;

    before = __atomic_load_n(&space->running, __ATOMIC_SEQ_CST);
    __atomic_fetch_or(&space->stale, ~(before | self), __ATOMIC_SEQ_CST);
    now = __atomic_load_n(&space->running, __ATOMIC_SEQ_CST);
    return (before | now) & cpu_online() & ~self;
}

static __noinline void flush_space_everywhere(struct tlb_space *space, virt_addr_t va,
                                              uint64_t size, unsigned level, bool tables)
{
    unsigned long irq = arch_irq_save();
    cpumask_t others = find_users(space, cpumask_of(cpu_index()));
    unsigned number = number_of(space);

    arch_tlb_flush_range(number, va, size, level, tables);
    if (others != 0) {
        arch_tlb_flush_remote(others, number, va, size, level, tables);
    }
    arch_irq_restore(irq);
}

void tlb_flush_space(struct tlb_space *space, virt_addr_t va, uint64_t size, unsigned level,
                     bool tables)
{
    if (tell_others()) {
        flush_space_everywhere(space, va, size, level, tables);
    } else {
        arch_tlb_flush_range(number_of(space), va, size, level, tables);
    }
}

/* Interrupts off: this CPU's part and who the others are go together. */
static __noinline void tell_all(virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    unsigned long irq = arch_irq_save();
    unsigned self = cpu_index();
    cpumask_t others;

    others = cpu_online() & ~cpumask_of(self);
    arch_tlb_flush_kernel(va, size, level, tables);
    if (others != 0) {
        arch_tlb_flush_remote(others, ARCH_TLB_KERNEL, va, size, level, tables);
    }
    arch_irq_restore(irq);
}

void tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    if (tell_others()) {
        tell_all(va, size, level, tables);
    } else {
        arch_tlb_flush_kernel(va, size, level, tables);
    }
}

void tlb_publish_kernel(virt_addr_t va, uint64_t size, bool tables)
{
    arch_pt_publish(va, size, tables);
    if (ARCH_TLB_KEEPS_ABSENT && tell_others()) {
        tell_all(va, size, 0, tables);
    }
}

/* Drops what this CPU may have of the space from before it was told to; `all`: everything instead. */
static void catch_up(struct tlb_space *space, unsigned number, bool all)
{
    cpumask_t self = cpumask_of(cpu_index());
    bool stale =
        !ARCH_TLB_BROADCASTS && (__atomic_load_n(&space->stale, __ATOMIC_SEQ_CST) & self) != 0;

    if (stale) {
        __atomic_fetch_and(&space->stale, ~self, __ATOMIC_SEQ_CST);
    }
    if (all) {
        arch_tlb_flush_here();
    } else if (stale && number != 0) {
        arch_tlb_flush_range(number, 0, USER_TOP, 0, true);
    }
}

static void enter(struct tlb_space *space, phys_addr_t root)
{
    unsigned number;

    if (!ARCH_TLB_BROADCASTS) {
        __atomic_fetch_or(&space->running, cpumask_of(cpu_index()), __ATOMIC_SEQ_CST);
    }
    number = asid_get(&space->asid);
    catch_up(space, number & ~ASID_FLUSH, (number & ASID_FLUSH) != 0);
    arch_mmu_switch_user(root, number & ~ASID_FLUSH);
}

/* The space before is left when nothing of it is looked up any more. */
void tlb_switch(struct tlb_space *from, struct tlb_space *to, phys_addr_t root)
{
    if (to) {
        enter(to, root);
    } else {
        arch_mmu_no_user();
    }
    if (from && !ARCH_TLB_BROADCASTS) {
        __atomic_fetch_and(&from->running, ~cpumask_of(cpu_index()), __ATOMIC_RELEASE);
    }
}
