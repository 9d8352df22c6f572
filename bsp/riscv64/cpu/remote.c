/* SPDX-License-Identifier: MIT */
/* What the SBI does on other harts for us. It takes sets of harts as 64 bits from a base on (SBI 2.0,
 * 3.1); ids of harts are any numbers. */
#include <arch/cache.h>
#include <arch/cpu.h>
#include <arch/sbi.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/smp.h>

#define MASK_BITS 64u

struct harts {
    unsigned long mask;
    unsigned long base;
};

static uint64_t hart_of(unsigned cpu)
{
    return cpu_info(cpu)->hw_id;
}

/* Takes as many CPUs as fit one call off the set, from the lowest hart on. */
static struct harts take_harts(cpumask_t *cpus)
{
    struct harts harts = {.base = hart_of(cpumask_first(*cpus))};
    unsigned cpu;

    cpumask_for_each(cpu, *cpus)
    {
        harts.base = MIN(harts.base, hart_of(cpu));
    }
    cpumask_for_each(cpu, *cpus)
    {
        if (hart_of(cpu) - harts.base < MASK_BITS) {
            harts.mask |= 1ul << (hart_of(cpu) - harts.base);
            *cpus &= ~cpumask_of(cpu);
        }
    }
    return harts;
}

int sbi_send_ipi(cpumask_t cpus)
{
    int err = 0;

    while (cpus != 0 && err == 0) {
        struct harts harts = take_harts(&cpus);

        err = sbi_errno(sbi_call(SBI_IPI, 0, harts.mask, harts.base, 0).error);
    }
    return err;
}

int sbi_remote_sfence(cpumask_t cpus, virt_addr_t va, uint64_t size, unsigned asid)
{
    unsigned function = asid == 0 ? SBI_RFENCE_SFENCE_VMA : SBI_RFENCE_SFENCE_VMA_ASID;
    int err = 0;

    while (cpus != 0 && err == 0) {
        struct harts harts = take_harts(&cpus);

        err = sbi_errno(
            sbi_call5(SBI_RFENCE, function, harts.mask, harts.base, va, size, asid).error);
    }
    return err;
}

int sbi_remote_fence_i(cpumask_t cpus)
{
    int err = 0;

    while (cpus != 0 && err == 0) {
        struct harts harts = take_harts(&cpus);

        err = sbi_errno(sbi_call(SBI_RFENCE, SBI_RFENCE_FENCE_I, harts.mask, harts.base, 0).error);
    }
    return err;
}

/* A hart that comes up later starts with a fence of its own. */
void arch_sync_icache(const void *va, size_t size)
{
    unsigned long irq = arch_irq_save();
    cpumask_t others = cpu_online() & ~cpumask_of(cpu_index());

    (void)va;
    (void)size;
    __asm__ volatile("fence.i" ::: "memory");
    if (others != 0 && sbi_remote_fence_i(others) != 0) {
        panic("the SBI cannot make other harts see new code");
    }
    arch_irq_restore(irq);
}
