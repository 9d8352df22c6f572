/* SPDX-License-Identifier: MIT */
/* Cells of interrupt specifiers, by controller. */
#ifndef DTS_IRQ_H
#define DTS_IRQ_H

/* Arm GIC: kind, number, trigger (bits 8-15 of a PPI's: the CPUs it reaches, GICv2 alone). */
#define GIC_SPI           0
#define GIC_PPI           1
#define GIC_EDGE_RISING   1
#define GIC_LEVEL_HIGH    4
#define GIC_LEVEL_LOW     8
#define GIC_CPUS(n)       (((1 << (n)) - 1) << 8)

/* RISC-V: causes of interrupts that a hart's own controller takes. */
#define RISCV_IRQ_M_SOFT  3
#define RISCV_IRQ_M_TIMER 7
#define RISCV_IRQ_S_EXT   9
#define RISCV_IRQ_M_EXT   11

/* I/O APIC: pin, trigger. */
#define IOAPIC_EDGE_RISING  0
#define IOAPIC_LEVEL_LOW    1
#define IOAPIC_LEVEL_HIGH   2
#define IOAPIC_EDGE_FALLING 3

#endif
