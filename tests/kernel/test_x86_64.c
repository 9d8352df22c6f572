/* SPDX-License-Identifier: MIT */
/* What the x86_64 port sets up: control registers, descriptor tables, the words for exceptions. */
#include "../../bsp/x86_64/trap/trap.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/gdt.h>
#include <arch/io.h>
#include <arch/layout.h>
#include <arch/pte.h>
#include <arch/uaccess.h>
#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/percpu.h>
#include <keel/string.h>

#define PAGE_PRESENT  (1 << 0)
#define PAGE_WRITE    (1 << 1)
#define PAGE_USER     (1 << 2)
#define PAGE_RESERVED (1 << 3)
#define PAGE_FETCH    (1 << 4)

#define PIC1_DATA     0x21
#define PIC2_DATA     0xa1
#define FIRST_BYTES   0x1000
#define LEGACY_VIDEO  0xa0000
#define LEGACY_END    0x100000

extern char boot_stack_guard[];

static const char *cause_of(uint64_t vector, uint64_t error, uint64_t cr2)
{
    static struct trap_info info;
    static char text[TRAP_TEXT_MAX];
    struct trap_frame frame = {.vector = vector, .error = error, .rip = 0x1234};

    trap_decode(&frame, cr2, text, &info);
    return info.cause;
}

KTEST(x86_control_registers_protect_the_kernel)
{
    uint64_t cr0 = cr0_read(), cr4 = cr4_read();

    KTEST_EXPECT((cr0 & CR0_WP) != 0);
    KTEST_EXPECT((cr0 & (CR0_EM | CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS));
    KTEST_EXPECT((cr4 & CR4_OSFXSR) != 0); /* for threads that have CR0.TS off */
    KTEST_EXPECT(((cr4 & CR4_SMEP) != 0) == cpu_has(CPU_FEATURE_SMEP));
    KTEST_EXPECT(((cr4 & CR4_SMAP) != 0) == cpu_has(CPU_FEATURE_SMAP));
    KTEST_EXPECT(((cr4 & CR4_UMIP) != 0) == cpu_has(CPU_FEATURE_UMIP));
    KTEST_EXPECT(((cr4 & CR4_PGE) != 0) == cpu_has(CPU_FEATURE_PGE));
    KTEST_EXPECT(((msr_read(MSR_EFER) & EFER_NXE) != 0) == cpu_has(CPU_FEATURE_NX));
}

/* fpu_x86_64.S */
unsigned fpu_test_words(void);
unsigned fpu_test_closed(void);

/* No kind of instruction gets at what another thread has left in the registers. */
KTEST(x86_fpu_is_closed_to_who_has_none)
{
    KTEST_EXPECT(current_head()->fpu == NULL);
    KTEST_EXPECT(fpu_test_closed() == (fpu_test_words() == 64 ? 3u : 2u));
}

KTEST(x86_tables_use_what_the_cpu_has)
{
    KTEST_EXPECT((pte_limits.nx != 0) == cpu_has(CPU_FEATURE_NX));
    KTEST_EXPECT(arch_pt_max_leaf() == (cpu_has(CPU_FEATURE_PDPE1GB) ? 2u : 1u));
}

KTEST(x86_memory_types_are_in_the_pat)
{
    uint64_t pat = msr_read(MSR_PAT);

    KTEST_EXPECT((pat & 0xff) == 6);
    KTEST_EXPECT((pat >> 8 & 0xff) == 1);
    KTEST_EXPECT((pat >> 16 & 0xff) == 7);
    KTEST_EXPECT((pat >> 24 & 0xff) == 0);
}

KTEST(x86_selectors_are_ours)
{
    uint16_t cs, ss, tr;

    __asm__ volatile("movw %%cs, %0\n\tmovw %%ss, %1" : "=r"(cs), "=r"(ss));
    __asm__ volatile("str %0" : "=r"(tr));
    KTEST_EXPECT(cs == GDT_KERNEL_CODE);
    KTEST_EXPECT(ss == GDT_KERNEL_DATA);
    KTEST_EXPECT(tr == GDT_TSS);
}

KTEST(x86_old_interrupt_controllers_are_silent_unless_used)
{
    int keyboard = fdt_next_compatible(&system_fdt, -1, "intel,i8042-keyboard");
    struct fdt_irq irq;
    bool used;

    KTEST_EXPECT(fdt_interrupt(&system_fdt, keyboard, 0, &irq) == 0);
    used = fdt_is_compatible(&system_fdt, irq.controller, "intel,i8259");
    KTEST_EXPECT((port_read8(PIC1_DATA) == 0xff) == !used);
    KTEST_EXPECT(port_read8(PIC2_DATA) == 0xff);
}

KTEST(x86_exceptions_have_names_of_their_own)
{
    char name[64];

    for (uint64_t i = 0; i < TRAP_EXCEPTIONS; i++) {
        strlcpy(name, cause_of(i, 0, 0), sizeof(name));
        KTEST_EXPECT(name[0] != '\0');
        for (uint64_t j = 0; j < i; j++) {
            KTEST_EXPECT(strcmp(name, cause_of(j, 0, 0)) != 0 ||
                         strcmp(name, "reserved exception") == 0);
        }
    }
    KTEST_EXPECT(strcmp(cause_of(255, 0, 0), "unexpected interrupt, vector 255") == 0);
}

KTEST(x86_page_faults_are_decoded)
{
    KTEST_EXPECT(strcmp(cause_of(14, 0, 16), "page fault: read in kernel mode, page not present") ==
                 0);
    KTEST_EXPECT(strcmp(cause_of(14, PAGE_WRITE | PAGE_PRESENT, 16),
                        "page fault: write in kernel mode, page present, access not allowed") == 0);
    KTEST_EXPECT(strcmp(cause_of(14, PAGE_FETCH | PAGE_USER, 16),
                        "page fault: execute in user mode, page not present") == 0);
    KTEST_EXPECT(strstr(cause_of(14, PAGE_RESERVED | PAGE_PRESENT, 16), "reserved bit") != NULL);
}

KTEST(x86_stack_overflow_is_called_so)
{
    virt_addr_t guard = (virt_addr_t)boot_stack_guard;

    KTEST_EXPECT(strstr(cause_of(8, 0, guard + PAGE_SIZE - 8), "stack overflow in thread") != NULL);
    KTEST_EXPECT(strstr(cause_of(8, 0, guard + PAGE_SIZE), "stack overflow in thread") == NULL);
    KTEST_EXPECT(strstr(cause_of(14, PAGE_WRITE, guard), "stack overflow in thread") != NULL);
}

KTEST(x86_selector_errors_are_decoded)
{
    KTEST_EXPECT(strcmp(cause_of(13, 0, 0), "general protection fault") == 0);
    KTEST_EXPECT(strcmp(cause_of(13, 0x28, 0), "general protection fault: GDT entry 5") == 0);
    KTEST_EXPECT(strcmp(cause_of(11, 0x103, 0),
                        "segment not present: IDT vector 32, by an outside event") == 0);
}

KTEST(x86_non_canonical_addresses_are_caught)
{
    uint64_t value;

    KTEST_EXPECT(arch_read_nofault(0x8000000000000000ul, 8, &value) == -EFAULT);
    KTEST_EXPECT(arch_read_nofault(0x00007ffffffffffcul, 8, &value) == -EFAULT);
}

/* Whether [start, end) holds a byte of RAM by the map that everybody goes by. */
static bool holds_ram(phys_addr_t start, phys_addr_t end)
{
    for (uint32_t i = 0; i < boot_info.region_count; i++) {
        const struct mem_region *region = &boot_info.regions[i];

        if (region->type == MEM_RAM && region->base < end && region->base + region->size > start) {
            return true;
        }
    }
    return false;
}

KTEST(x86_bios_memory_is_nobodys)
{
    KTEST_EXPECT(!holds_ram(0, FIRST_BYTES));
    KTEST_EXPECT(!holds_ram(LEGACY_VIDEO, LEGACY_END));
    KTEST_EXPECT(holds_ram(0, UINT64_MAX));
}

KTEST(x86_counter_rate_is_plausible)
{
    uint64_t start = arch_counter();
    uint64_t hz = arch_counter_hz(&system_fdt);

    KTEST_EXPECT(hz > 100000000 && hz < 10000000000);
    KTEST_EXPECT(arch_counter() > start);
}

/* The address of the table of `level` over va, as the entry that leads to the root makes it. */
static const pte_t *recursive_table(virt_addr_t va, unsigned level)
{
    uint64_t indices = va & 0x0000fffffffff000;

    for (unsigned i = 0; i <= level; i++) {
        indices = 511ull << 39 | (indices >> 9 & 0x0000007ffffff000);
    }
    return (const pte_t *)(0xffff000000000000 | indices);
}

KTEST(x86_64_tables_are_seen_through_the_root)
{
    const pte_t *root = recursive_table(0, 3);
    phys_addr_t page;
    uint64_t entry;

    if (!IS_ENABLED(CONFIG_X86_RECURSIVE)) {
        KTEST_EXPECT(arch_read_nofault((virt_addr_t)root, 8, &entry) == -EFAULT);
        return;
    }
    page = cr3_read() & PTE_ADDRESS;
    KTEST_EXPECT((root[511] & PTE_ADDRESS) == page && (root[511] & PTE_US) == 0);
    KTEST_EXPECT((root[511] & pte_limits.nx) == pte_limits.nx);
    for (unsigned level = 4; level-- > 0;) {
        const pte_t *table = recursive_table(image_virt, level);
        unsigned index = image_virt >> (12 + 9 * level) & 511;

        KTEST_EXPECT(table[index] == ((const pte_t *)phys_to_virt(page))[index]);
        page = table[index] & PTE_ADDRESS;
    }
    KTEST_EXPECT(page == image_phys);
}
