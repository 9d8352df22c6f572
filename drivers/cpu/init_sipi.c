/* SPDX-License-Identifier: MIT */
/* Starts processors by INIT and start-up interrupts (Intel MultiProcessor Specification 1.4, B.4; SDM
 * volume 3, 8.4.4). */
#include "../irqchip/lapic.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <keel/clock.h>
#include <keel/errno.h>

#define XAPIC_ID_MAX    254u
#define INIT_US         10000u /* what the specification gives a processor to reset itself */
#define STARTUP_US      200u
#define STARTUPS        2u
#define FAMILY_NETBURST 15u

/* Processors since the Pentium 4 are ready at once. */
static bool needs_time(void)
{
    return boot_info.cpu.vendor[0] == 'G' && boot_info.cpu.family == FAMILY_NETBURST;
}

static void send(uint32_t apic_id, uint32_t command)
{
    unsigned long irq = arch_irq_save();

    lapic_send(apic_id, command);
    arch_irq_restore(irq);
}

/* One that has begun to run ignores the second start-up interrupt. */
static int init_sipi_start(const struct cpu *cpu, phys_addr_t entry, phys_addr_t argument)
{
    uint32_t apic_id = (uint32_t)cpu->hw_id;

    if (!lapic_present() || (!lapic.is_x2apic && apic_id > XAPIC_ID_MAX)) {
        return -ENOTSUP;
    }
    mb();
    send(apic_id, ICR_INIT | ICR_ASSERT);
    clock_delay_us(needs_time() ? INIT_US : STARTUP_US);
    for (unsigned i = 0; i < STARTUPS; i++) {
        send(apic_id, ICR_STARTUP | ICR_ASSERT | (uint32_t)(entry >> PAGE_SHIFT));
        clock_delay_us(STARTUP_US);
    }
    return 0;
}

/* Waits for INIT, which nothing masks; what else wakes it, as NMIs do, leads back here. */
static int park(const struct cpu *cpu)
{
    (void)cpu;
    arch_halt();
}

CPU_START_METHOD(init_sipi, .name = "INIT-SIPI", .enable_method = NULL, .start = init_sipi_start,
                 .off = park);
