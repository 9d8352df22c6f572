/* SPDX-License-Identifier: MIT */
/* The segment descriptors and the IDT of all CPUs, and each CPU's task state with its emergency
 * stacks. */
#include "trap.h"

#include <arch/cpu.h>
#include <arch/gdt.h>
#include <arch/io.h>
#include <arch/trap.h>

/* Flat 64-bit code, and data; accessed is set, so that the CPU never writes it. */
#define DESCRIPTOR_CODE(dpl) (0x00af9b000000ffffull | (uint64_t)(dpl) << 45)
#define DESCRIPTOR_DATA(dpl) (0x00cf93000000ffffull | (uint64_t)(dpl) << 45)

#define DESCRIPTOR_TSS       0x89ull /* available 64-bit TSS, present */
#define GATE_INTERRUPT       0x8e    /* interrupt gate, ring 0, present */
#define GATE_USER            0x60    /* user mode may ask for it by an instruction */

/* Gate of the IDT (Intel SDM volume 3, 6.14.1). */
struct gate {
    uint16_t offset0;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset16;
    uint32_t offset32;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "Intel SDM volume 3, figure 6-8");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __packed;

/* Loaded by entry.S too, at the address the image was put at. */
uint64_t arch_gdt[GDT_SIZE / 8] = {
    [GDT_KERNEL_CODE / 8] = DESCRIPTOR_CODE(0),
    [GDT_KERNEL_DATA / 8] = DESCRIPTOR_DATA(0),
    [GDT_USER_DATA / 8] = DESCRIPTOR_DATA(3),
    [GDT_USER_CODE / 8] = DESCRIPTOR_CODE(3),
};

static struct cpu_tables boot_tables;
static struct gate idt[TRAP_VECTORS] __aligned(16);

static void fill_tss(struct tss *tss, struct cpu_tables *tables)
{
    *tss = (struct tss){.io_map = sizeof(*tss)};
    for (unsigned i = 0; i < IST_COUNT; i++) {
        tss->ist[i] = (virt_addr_t)&tables->stacks[i][EMERGENCY_STACK_SIZE];
    }
}

/* Each CPU has a descriptor of its own, since loading it writes that it is in use. */
static void load_gdt(unsigned index, const struct tss *tss)
{
    struct table_pointer gdtr = {.limit = sizeof(arch_gdt) - 1, .base = (virt_addr_t)arch_gdt};
    uint64_t base = (virt_addr_t)tss;
    unsigned selector = GDT_TSS + index * GDT_TSS_SIZE;

    arch_gdt[selector / 8] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | DESCRIPTOR_TSS << 40 |
                             (base >> 24 & 0xff) << 56;
    arch_gdt[selector / 8 + 1] = base >> 32;
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tltr %w2"
                     :
                     : "m"(gdtr), "i"(GDT_KERNEL_CODE), "r"(selector)
                     : "rax", "memory");
}

/* The emergency stack a vector switches to: 1 and up, 0 for the one that is in use. */
static uint8_t stack_of(unsigned vector)
{
    switch (vector) {
    case TRAP_DEBUG:
        return IST_DEBUG;
    case TRAP_NMI:
        return IST_NMI;
    case TRAP_DOUBLE_FAULT:
        return IST_DOUBLE_FAULT;
    case TRAP_MACHINE_CHECK:
        return IST_MACHINE_CHECK;
    default:
        return 0;
    }
}

static virt_addr_t entry_of(unsigned vector)
{
    return vector < TRAP_EXCEPTIONS ? (virt_addr_t)trap_entries[vector]
                                    : (virt_addr_t)irq_entries[vector - TRAP_EXCEPTIONS];
}

static void fill_idt(void)
{
    for (unsigned i = 0; i < TRAP_VECTORS; i++) {
        virt_addr_t entry = entry_of(i);

        idt[i] = (struct gate){.offset0 = (uint16_t)entry,
                               .selector = GDT_KERNEL_CODE,
                               .ist = stack_of(i),
                               .type = GATE_INTERRUPT | (i == TRAP_BREAKPOINT ? GATE_USER : 0),
                               .offset16 = (uint16_t)(entry >> 16),
                               .offset32 = (uint32_t)(entry >> 32)};
    }
}

void trap_init_cpu(unsigned index, struct cpu_tables *tables)
{
    struct table_pointer idtr = {.limit = sizeof(idt) - 1, .base = (virt_addr_t)idt};

    fill_tss(&tables->tss, tables);
    __asm__ volatile("movq %0, %%gs:%c1"
                     :
                     : "r"((char *)&tables->tss + offsetof(struct tss, rsp)), "i"(PERCPU_RSP0)
                     : "memory");
    load_gdt(index, &tables->tss);
    __asm__ volatile("lidt %0" : : "m"(idtr) : "memory");
}

void arch_trap_init(void)
{
    fill_idt();
    trap_init_cpu(0, &boot_tables);
    pic_silence();
}

virt_addr_t arch_trap_vectors(void)
{
    return (virt_addr_t)trap_entries;
}
