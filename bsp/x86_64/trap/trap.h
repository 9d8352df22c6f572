/* SPDX-License-Identifier: MIT */
/* What the files of bsp/x86_64/trap share. */
#ifndef X86_64_TRAP_TRAP_H
#define X86_64_TRAP_TRAP_H

#include <arch/trap.h>
#include <keel/panic.h>
#include <keel/types.h>

/* Exceptions that are treated apart (Intel SDM volume 3, 6.15). */
#define TRAP_DEBUG           1
#define TRAP_NMI             2
#define TRAP_BREAKPOINT      3
#define TRAP_NO_FPU          7
#define TRAP_DOUBLE_FAULT    8
#define TRAP_STACK_SEGMENT   12
#define TRAP_PROTECTION      13
#define TRAP_PAGE_FAULT      14
#define TRAP_MACHINE_CHECK   18

/* The error code of a page fault (Intel SDM volume 3, 4.7). */
#define PF_PRESENT           (1 << 0)
#define PF_WRITE             (1 << 1)
#define PF_USER              (1 << 2)
#define PF_RESERVED          (1 << 3)
#define PF_FETCH             (1 << 4)
#define PF_KEY               (1 << 5)
#define PF_SHADOW            (1 << 6)
#define PF_ORDINARY          (PF_PRESENT | PF_WRITE | PF_USER | PF_FETCH)

/* Emergency stacks, as numbered in a gate. */
#define IST_NMI              1
#define IST_DOUBLE_FAULT     2
#define IST_MACHINE_CHECK    3
#define IST_DEBUG            4
#define IST_COUNT            4

#define EMERGENCY_STACK_SIZE 8192

/* Task state (Intel SDM volume 3, 7.7). */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __packed;
_Static_assert(sizeof(struct tss) == 104, "Intel SDM volume 3, figure 7-11");

/* What a CPU has of its own. */
#define CPU_TABLES_ALIGN 16
struct cpu_tables {
    uint8_t stacks[IST_COUNT][EMERGENCY_STACK_SIZE];
    struct tss tss;
} __aligned(CPU_TABLES_ALIGN);

/* Loads the descriptor tables on a CPU; `tables` is its own from here on. */
void trap_init_cpu(unsigned index, struct cpu_tables *tables);

/* The entries of exceptions, and of all vectors behind them (entry.S). */
extern const char trap_entries[TRAP_EXCEPTIONS][16];
extern const char irq_entries[TRAP_VECTORS - TRAP_EXCEPTIONS][8];

/* Called by entry.S with interrupts off. */
void trap_handle(struct trap_frame *frame);

/* Remaps both 8259 behind the exceptions and masks every line. */
void pic_silence(void);

/*
 * Says in words why the trap came; cr2 is the faulting address of a page fault or of the fault
 * below a double fault. info->cause may point into `text`, TRAP_TEXT_MAX bytes.
 */
#define TRAP_TEXT_MAX 128
void trap_decode(const struct trap_frame *frame, uint64_t cr2, char *text, struct trap_info *info);

#endif
