/* SPDX-License-Identifier: MIT */
/* The local APIC of the calling CPU (Intel SDM volume 3, chapter 10): registers in memory, or as MSRs
 * in x2APIC mode. */
#ifndef DRIVERS_IRQCHIP_LAPIC_H
#define DRIVERS_IRQCHIP_LAPIC_H

#include <arch/counter_span.h>
#include <arch/cpuid.h>
#include <arch/io.h>
#include <keel/boot_info.h>
#include <keel/irq.h>
#include <keel/smp.h>

/* Offsets in memory; an MSR's number is MSR_X2APIC + offset / 16. */
enum lapic_register {
    LAPIC_ID = 0x20,
    LAPIC_VERSION = 0x30,
    LAPIC_TPR = 0x80,
    LAPIC_EOI = 0xb0,
    LAPIC_SVR = 0xf0,
    LAPIC_ISR = 0x100, /* eight of them, 16 bytes apart */
    LAPIC_ESR = 0x280,
    LAPIC_ICR = 0x300,
    LAPIC_ICR_HIGH = 0x310,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_PERF = 0x340,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_INITIAL_COUNT = 0x380,
    LAPIC_CURRENT_COUNT = 0x390,
    LAPIC_DIVIDE = 0x3e0,
};

#define LVT_MASKED         (1u << 16)
#define LVT_LEVEL          (1u << 15)
#define LVT_LOW            (1u << 13)
#define LVT_NMI            (4u << 8)
#define LVT_EXTINT         (7u << 8)
#define LVT_TIMER_ONE_SHOT (0u << 17)
#define LVT_TIMER_DEADLINE (2u << 17)
#define LVT_TIMER_MODES    (3u << 17)

#define LAPIC_DIVIDE_BY_4  1u
#define LAPIC_DIVISOR      4u

#define ICR_NMI            (4u << 8)
#define ICR_INIT           (5u << 8)
#define ICR_STARTUP        (6u << 8)
#define ICR_ASSERT         (1u << 14)

#define MSR_APIC_BASE      0x1b
#define APIC_BASE_ENABLE   (1ull << 11)
#define APIC_BASE_X2APIC   (1ull << 10)
#define MSR_X2APIC         0x800

/* Lines of the chip, of which each CPU has its own. */
#define LAPIC_LINE_TIMER   0u
#define LAPIC_LINES        1u

struct lapic {
    uint8_t __iomem *base; /* NULL in x2APIC mode */
    bool present;
    bool is_x2apic;
    struct counter_span count; /* begun when the boot CPU's timer was set to its highest count */
};
extern struct lapic lapic;
extern struct irq_chip lapic_chip;

static inline bool lapic_present(void)
{
    return IS_ENABLED(CONFIG_IRQCHIP_LAPIC) && lapic.present;
}

static inline uint32_t lapic_read(unsigned reg)
{
    return lapic.is_x2apic ? (uint32_t)msr_read(MSR_X2APIC + (reg >> 4))
                           : mmio_read32(lapic.base + reg);
}

static inline void lapic_write(unsigned reg, uint32_t value)
{
    if (lapic.is_x2apic) {
        msr_write(MSR_X2APIC + (reg >> 4), value);
    } else {
        mmio_write32(lapic.base + reg, value);
    }
}

/* Ends the handling of the interrupt that came last; one from an I/O APIC's level line there, too. */
static inline void lapic_eoi(void)
{
    lapic_write(LAPIC_EOI, 0);
}

/* The APIC id of a CPU. */
static inline uint32_t lapic_id_of(unsigned cpu)
{
    return (uint32_t)(cpu == 0 ? boot_info.cpu.hw_id : cpu_info(cpu)->hw_id);
}

/* Sends an interprocessor interrupt (ICR_x and a vector) to the CPU with that APIC id; interrupts off.
 * In memory mode ids go up to 254. */
void lapic_send(uint32_t apic_id, uint32_t command);

/* Has the calling CPU's timer count down from its highest count, masked, for its rate to be found. */
void lapic_start_count(void);

/* Lets the old interrupt controller's interrupts through to the boot CPU, or no longer. On it. */
void lapic_pass_extint(bool pass);

#endif
