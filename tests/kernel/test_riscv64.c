/* SPDX-License-Identifier: MIT */
/* What only riscv64 has: its trap entry, page-table bits, firmware calls and withheld
 * instructions. */
#include <arch/cache.h>
#include <arch/cpu.h>
#include <arch/csr.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <arch/pte.h>
#include <arch/sbi.h>
#include <arch/trap.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/string.h>

#define SAVED_REGS 28 /* all that a trap must give back, but for sp, gp and tp */

/* tests/kernel/riscv64_trap.S: loads `before` into the registers, runs into a trap that the fix-up
 * table catches, stores them to `after`; the second with sp = `sp` meanwhile. */
void riscv64_trap_registers(const uint64_t before[SAVED_REGS], uint64_t after[SAVED_REGS]);
void riscv64_trap_with_stack(virt_addr_t sp);

KTEST(riscv64_trap_keeps_every_register)
{
    uint64_t before[SAVED_REGS];
    uint64_t after[SAVED_REGS] = {0};

    for (unsigned i = 0; i < SAVED_REGS; i++) {
        before[i] = 0x0123456789abcdefull * (i + 1);
    }
    riscv64_trap_registers(before, after);
    KTEST_EXPECT(memcmp(before, after, sizeof(before)) == 0);
}

/* An interrupt would be right to call it an overflow. */
KTEST(riscv64_trap_survives_a_bad_stack)
{
    extern char boot_stack_guard[], boot_stack[];
    unsigned long irq = arch_irq_save();

    riscv64_trap_with_stack(0);
    riscv64_trap_with_stack(8);
    riscv64_trap_with_stack(1ull << 62);
    riscv64_trap_with_stack((virt_addr_t)boot_stack_guard + 16);
    riscv64_trap_with_stack((virt_addr_t)boot_stack + 16);
    riscv64_trap_with_stack(UINT64_MAX);
    arch_irq_restore(irq);
    KTEST_EXPECT(csr_read(sscratch) != 0);
}

KTEST(riscv64_traps_have_names)
{
    KTEST_EXPECT(strcmp(trap_exception_name(CAUSE_LOAD_PAGE), "load page fault") == 0);
    KTEST_EXPECT(strcmp(trap_exception_name(2), "illegal instruction") == 0);
    KTEST_EXPECT(trap_exception_name(10) == NULL);
    KTEST_EXPECT(trap_exception_name(UINT64_MAX) == NULL);
    KTEST_EXPECT(strcmp(trap_interrupt_name(5), "supervisor timer interrupt") == 0);
    KTEST_EXPECT(trap_interrupt_name(0) == NULL);
    KTEST_EXPECT(trap_interrupt_name(1ull << 40) == NULL);
}

KTEST(riscv64_satp_is_what_the_layout_says)
{
    uint64_t mode = csr_read(satp) >> SATP_MODE_SHIFT;

    KTEST_EXPECT(mode == (arch_layout.levels == 4 ? SATP_MODE_SV48 : SATP_MODE_SV39));
    KTEST_EXPECT(cpu_has(CPU_FEATURE_SV48) == (arch_layout.levels == 4));
    KTEST_EXPECT((csr_read(satp) << PAGE_SHIFT & ~(15ull << 60)) == kernel_root);
}

KTEST(riscv64_user_memory_and_float_are_off)
{
    uint64_t off = SSTATUS_SUM | SSTATUS_MXR | SSTATUS_FS | SSTATUS_VS;

    KTEST_EXPECT((csr_read(sstatus) & off) == 0);
}

KTEST(riscv64_leaves_are_accessed_and_dirty)
{
    pte_t leaf = arch_pte_leaf(0x80000000, 0, VM_KERNEL_RW);
    pte_t constant = arch_pte_leaf(0x80000000, 0, VM_KERNEL_RO);

    KTEST_EXPECT((leaf & (PTE_A | PTE_D)) == (PTE_A | PTE_D));
    KTEST_EXPECT((constant & (PTE_R | PTE_W | PTE_A)) == (PTE_R | PTE_A));
}

KTEST(riscv64_memory_types_follow_svpbmt)
{
    uint64_t io = arch_pte_leaf(0x10000000, 0, VM_KERNEL_IO) >> PTE_PBMT_SHIFT;
    uint64_t nc = arch_pte_leaf(0x10000000, 0, VM_KERNEL_RW | VM_UNCACHED) >> PTE_PBMT_SHIFT;
    uint64_t ram = arch_pte_leaf(0x80000000, 0, VM_KERNEL_RW) >> PTE_PBMT_SHIFT;

    KTEST_EXPECT(io == (cpu_has(CPU_FEATURE_SVPBMT) ? PTE_PBMT_IO : 0));
    KTEST_EXPECT(nc == (cpu_has(CPU_FEATURE_SVPBMT) ? PTE_PBMT_NC : 0));
    KTEST_EXPECT(ram == 0);
}

KTEST(riscv64_memory_types_are_read_back)
{
    static const uint32_t types[] = {VM_CACHED, VM_DEVICE, VM_UNCACHED, VM_WRITE_COMBINE};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        pte_t leaf = arch_pte_leaf(0x10000000, 0, VM_READ | types[i]);

        KTEST_EXPECT(arch_pte_flags(leaf, 0) == (VM_READ | types[i]));
        KTEST_EXPECT(arch_pte_addr(leaf) == 0x10000000);
    }
}

KTEST(riscv64_firmware_answers)
{
    KTEST_EXPECT(sbi_base_value(SBI_BASE_SPEC_VERSION) != 0);
    KTEST_EXPECT(sbi_probe(SBI_BASE));
    KTEST_EXPECT(!sbi_probe((enum sbi_extension)0x7abcdef));
    KTEST_EXPECT(sbi_call((enum sbi_extension)0x7abcdef, 0, 0, 0, 0).error != 0);
}

KTEST(riscv64_firmware_errors_become_ours)
{
    KTEST_EXPECT(sbi_errno(0) == 0);
    KTEST_EXPECT(sbi_errno(-2) == -ENOTSUP);
    KTEST_EXPECT(sbi_errno(-3) == -EINVAL);
    for (long error = -20; error < 0; error++) {
        KTEST_EXPECT(sbi_errno(error) < 0);
    }
    KTEST_EXPECT(sbi_errno(1) < 0);
    KTEST_EXPECT(sbi_errno(INT64_MIN) < 0);
}

KTEST(riscv64_block_operations_know_their_size)
{
    KTEST_EXPECT(cpu_has(CPU_FEATURE_ZICBOM) == (cache_cbom_size != 0));
    KTEST_EXPECT(cpu_has(CPU_FEATURE_ZICBOZ) == (cache_cboz_size != 0));
    KTEST_EXPECT(cpu_has(CPU_FEATURE_ZICBOZ64) == (cache_cboz_size == 64));
}

KTEST(riscv64_entropy_does_not_repeat)
{
    uint64_t one = 0;
    uint64_t other = 0;

    if (arch_entropy(&one)) {
        KTEST_EXPECT(cpu_has(CPU_FEATURE_ZKR));
        KTEST_EXPECT(arch_entropy(&other) && one != other);
    }
}

KTEST(riscv64_counter_rate_is_the_trees)
{
    uint64_t hz = arch_counter_hz(&system_fdt);

    KTEST_EXPECT(hz >= 10000 && hz <= 10000000000);
}

KTEST(riscv64_boot_hart_is_in_the_tree)
{
    int cpus = fdt_find(&system_fdt, "/cpus");
    bool found = false;
    int cpu;

    fdt_for_each_child (&system_fdt, cpu, cpus) {
        uint64_t hart, size;

        if (fdt_reg_raw(&system_fdt, cpu, 0, &hart, &size) == 0 && hart == arch_boot_hart()) {
            found = true;
        }
    }
    KTEST_EXPECT(found);
}
