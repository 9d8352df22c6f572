/* SPDX-License-Identifier: MIT */
/* Starting CPUs by PSCI of every version, and by spin tables in RAM, mapped and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/cpu/psci_cpu.c"
#include "../../drivers/cpu/spin_table.c"
#include "fake_log.h"
#include "fdt_tree.h"

struct fdt system_fdt;
_Thread_local unsigned fake_cpu;
uint64_t fake_counter, fake_counter_step;
char *fake_ram;

static uint64_t ram[512];
static struct cpu cpu = {.index = 1, .hw_id = 0x100000203};

static struct {
    enum smccc_conduit conduit;
    uint32_t function;
    uint64_t cpu, entry, argument;
    int64_t answer;
    unsigned count;
} call;

static uint64_t device_word;
static phys_addr_t word_at;
static bool no_room;
unsigned fake_events;

enum smccc_conduit smccc_conduit_by_name(const char *method)
{
    if (!method) {
        return SMCCC_NONE;
    }
    return strcmp(method, "hvc") == 0 ? SMCCC_HVC : strcmp(method, "smc") == 0 ? SMCCC_SMC : 0;
}

int64_t smccc_call(enum smccc_conduit conduit, uint32_t function, uint64_t a1, uint64_t a2,
                   uint64_t a3)
{
    int64_t answer = call.answer;

    call.conduit = conduit;
    call.function = function;
    call.cpu = a1;
    call.entry = a2;
    call.argument = a3;
    call.count++;
    return answer;
}

/* Two pages of RAM from 0x1000 that firmware keeps, the first of them mapped. */
bool memmap_is_firmwares(phys_addr_t base, uint64_t size)
{
    return base >= 0x1000 && base < 0x3000 && size <= 0x3000 - base;
}

bool memmap_mappable(phys_addr_t from, phys_addr_t *base, uint64_t *size)
{
    *base = MAX(from, (phys_addr_t)0x1000);
    *size = 0x2000 - *base;
    return from < 0x2000;
}

void *phys_to_virt(phys_addr_t pa)
{
    return fake_ram + pa;
}

void __iomem *vm_map_device(phys_addr_t pa, uint64_t size, uint32_t memory_type)
{
    word_at = pa;
    assert_int_equal(size, 8);
    return no_room ? NULL : &device_word;
}

void mmio_write64(volatile void __iomem *addr, uint64_t value)
{
    *(volatile uint64_t *)addr = value;
}

static void build(const char *psci, const char *method, bool has_function)
{
    tree_begin(2, 1);
    if (psci) {
        NODE("psci");
        fdt_build_string(&tree, "compatible", psci);
        if (method) {
            fdt_build_string(&tree, "method", method);
        }
        if (has_function) {
            CELLS("cpu_on", 0x95c1ba60);
            CELLS("cpu_off", 0x84000042);
        }
        END();
    }
    NODE("a");
    CELLS("cpu-release-addr", 0, 0x10d8);
    END();
    NODE("b");
    CELLS("cpu-release-addr", 0x20e0);
    END();
    NODE("unaligned");
    CELLS("cpu-release-addr", 0x10dc);
    END();
    NODE("not-firmwares");
    CELLS("cpu-release-addr", 0, 0x30e0);
    END();
    NODE("nowhere");
    CELLS("cpu-release-addr", 0xffffffff, 0xfffffff8);
    END();
    NODE("unsaid");
    END();
    assert_int_equal(tree_end(), 0);
    system_fdt = fdt;
    cpu.tree_node = fdt_find(&system_fdt, "/a");
}

static int setup(void **state)
{
    memset(&call, 0, sizeof(call));
    memset(ram, 0, sizeof(ram));
    fake_ram = (char *)ram - 0x1000;
    device_word = 0;
    fake_events = 0;
    no_room = false;
    return 0;
}

static void test_psci(void **state)
{
    static const char *const versions[] = {"arm,psci-1.0", "arm,psci-0.2"};

    for (unsigned i = 0; i < ARRAY_SIZE(versions); i++) {
        build(versions[i], i == 0 ? "hvc" : "smc", true);
        assert_int_equal(cpu_start_psci.start(&cpu, 0x40200000, 0x123), 0);
        assert_int_equal(call.conduit, i == 0 ? SMCCC_HVC : SMCCC_SMC);
        assert_int_equal(call.function, 0xc4000003);
        assert_int_equal(call.cpu, 0x100000203);
        assert_int_equal(call.entry, 0x40200000);
        assert_int_equal(call.argument, 0x123);
    }
}

static void test_psci_before_its_numbers(void **state)
{
    build("arm,psci", "smc", true);
    assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), 0);
    assert_int_equal(call.function, 0x95c1ba60);
    build("arm,psci", "smc", false);
    assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), -ENOTSUP);
    assert_int_equal(call.count, 1);
}

static void test_psci_off(void **state)
{
    build("arm,psci-1.0", "hvc", false);
    call.answer = -3;
    assert_int_equal(cpu_start_psci.off(&cpu), -EPERM);
    assert_int_equal(call.function, 0x84000002);
    call.answer = 0;
    assert_false(cpu_start_psci.is_off(&cpu));
    assert_int_equal(call.function, 0xc4000004);
    assert_int_equal(call.cpu, 0x100000203);
    assert_int_equal(call.entry, 0);
    call.answer = 1;
    assert_true(cpu_start_psci.is_off(&cpu));
    call.answer = 2; /* on its way up */
    assert_false(cpu_start_psci.is_off(&cpu));
    build("arm,psci", "smc", true);
    call.answer = 0;
    assert_int_equal(cpu_start_psci.off(&cpu), 0);
    assert_int_equal(call.function, 0x84000042);
    assert_true(cpu_start_psci.is_off(&cpu)); /* before 0.2 there is nobody to ask */
    assert_int_equal(call.count, 5);
    build("arm,psci", "smc", false);
    assert_int_equal(cpu_start_psci.off(&cpu), -ENOTSUP);
    assert_int_equal(call.count, 5);
    assert_null(cpu_start_spin_table.off);
}

static void test_psci_refuses(void **state)
{
    static const int errors[] = {0,      -ENOTSUP, -EINVAL, -EPERM, -EBUSY,
                                 -EBUSY, -EIO,     -ENODEV, -EPERM, -EINVAL};

    build("arm,psci-1.0", "hvc", false);
    for (unsigned i = 0; i < ARRAY_SIZE(errors); i++) {
        /* Firmware may give a 32-bit number in a 64-bit register. */
        call.answer = i % 2 ? -(int64_t)i : (uint32_t)-i;
        assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), errors[i]);
    }
    call.answer = -77;
    assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), -EIO);
    build("arm,psci-1.0", "telepathy", false);
    assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), -ENOTSUP);
    build("arm,psci-1.0", NULL, false);
    assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), -ENOTSUP);
    build(NULL, NULL, false);
    assert_int_equal(cpu_start_psci.start(&cpu, 1, 2), -ENOTSUP);
}

static void test_spin_table(void **state)
{
    build(NULL, NULL, false);
    assert_int_equal(cpu_start_spin_table.start(&cpu, 0x80000, 0), 0);
    assert_int_equal(ram[0xd8 / 8], 0x80000);
    assert_int_equal(fake_events, 1);
    cpu.tree_node = fdt_find(&system_fdt, "/b");
    assert_int_equal(cpu_start_spin_table.start(&cpu, 0x80000, 0), 0);
    assert_int_equal(word_at, 0x20e0);
    assert_int_equal(device_word, 0x80000);
    assert_int_equal(fake_events, 2);
    no_room = true;
    assert_int_equal(cpu_start_spin_table.start(&cpu, 0x80000, 0), -ENOMEM);
}

/* A word is written only where firmware can have put it; else the CPU is left out. */
static void test_spin_table_refuses(void **state)
{
    static const char *const wrong[] = {"/unaligned", "/not-firmwares", "/nowhere"};

    fake_log_reset(state);
    build(NULL, NULL, false);
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        cpu.tree_node = fdt_find(&system_fdt, wrong[i]);
        assert_int_equal(cpu_start_spin_table.start(&cpu, 0x80000, 0), -EFAULT);
        assert_int_equal(fake_warnings, i + 1);
    }
    assert_non_null(strstr(fake_text, "0x30e0 of CPU 1 is no word of RAM that firmware"));
    cpu.tree_node = fdt_find(&system_fdt, "/unsaid");
    assert_int_equal(cpu_start_spin_table.start(&cpu, 0x80000, 0), -EINVAL);
    assert_int_equal(fake_events, 0);
    assert_int_equal(device_word, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_psci, setup),
        cmocka_unit_test_setup(test_psci_before_its_numbers, setup),
        cmocka_unit_test_setup(test_psci_off, setup),
        cmocka_unit_test_setup(test_psci_refuses, setup),
        cmocka_unit_test_setup(test_spin_table, setup),
        cmocka_unit_test_setup(test_spin_table_refuses, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
