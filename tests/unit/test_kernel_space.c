/* SPDX-License-Identifier: MIT */
/* The page-table writer and the kernel's final address space, in a made-up format over an array that
 * stands for RAM; every claim is read back by a plain walk of the tables. */
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/pte.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/pagetable.h>
#include <keel/panic.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/vm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define RAM_BASE  0x40000000ull
#define RAM_BYTES (96ull << 20)
#define MIB       (1ull << 20)

/* The image: the sections that the linker script bounds, in one array. */
char _image_start[40 * 4096] __attribute__((aligned(4096)));
__asm__(".globl _text_start, _text_end, _rodata_start, _rodata_end, boot_stack_guard, _image_end\n"
        ".set _text_start, _image_start + 0x1000\n"
        ".set _text_end, _image_start + 0x5000\n"
        ".set _rodata_start, _image_start + 0x5000\n"
        ".set _rodata_end, _image_start + 0x8000\n"
        ".set boot_stack_guard, _image_start + 0x10000\n"
        ".set _image_end, _image_start + 0x28000\n");

char *fake_ram;
unsigned fake_max_leaf = 2;
_Thread_local unsigned fake_cpu;
unsigned fake_user_asid, fake_flushes, fake_full_flushes, fake_asid_bits;
phys_addr_t fake_user_root;
static uint64_t told; /* the CPUs that were told of dropped translations */
cpumask_t cpu_online_mask = 1;

void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables)
{
    assert_int_equal(asid, ARCH_TLB_KERNEL);
    told |= cpus;
}

phys_addr_t fake_switched_root;
static unsigned log_errors;

const struct pt_format *fake_format;
phys_addr_t fake_user_root;
unsigned fake_user_asid, fake_flushes, fake_full_flushes, fake_asid_bits;

/* The format of the fake <arch/pte.h> once more, as data. */
static const struct pt_format format = {
    .name = "fake",
    .levels = 4,
    .max_leaf = 2,
    .va_bits = 48,
    .pa_bits = 48,
    .present_mask = FAKE_PRESENT,
    .table_mask = FAKE_PRESENT | FAKE_LEAF,
    .table_value = FAKE_PRESENT,
    .address_mask = FAKE_ADDR,
    .leaf = arch_pte_leaf,
    .table = arch_pte_table,
    .flags = arch_pte_flags,
};

/* The kernel's tables in .bss are part of the image there; here the pool lies outside of the array,
 * so that its pages are reached as RAM instead. */
#include "../../core/vm/pagetable.c"

void log_write(enum log_level level, const char *tag, const char *fmt, ...)
{
    (void)tag;
    (void)fmt;
    log_errors += level >= LOG_ERROR;
}

/* What ends the boot; no test comes here. */
void panic(const char *fmt, ...)
{
    (void)fmt;
    abort();
}

/* The page allocator does not run yet. */
bool pmm_is_ready(void)
{
    return false;
}

phys_addr_t pmm_alloc_page(uint32_t flags)
{
    (void)flags;
    return 0;
}

void pmm_account(enum pmm_use use, ssize_t pages)
{
    (void)use;
    (void)pages;
}

void pmm_free_page(phys_addr_t page)
{
    fail_msg("%#lx was never handed out", page);
}

static phys_addr_t fresh_root(void)
{
    return memmap_alloc(PAGE_SIZE, PAGE_SIZE, UINT64_MAX, "root");
}

static int setup(void **state)
{
    (void)state;
    image_phys = RAM_BASE + 2 * MIB;
    image_virt = (virt_addr_t)_image_start;
    fake_format = &format;
    pt_use_ram(UINT64_MAX);
    return 0;
}

/* What an MMU would do: the physical address behind va, or 0, and the leaf's flags. */
static phys_addr_t walk(phys_addr_t root, virt_addr_t va, uint32_t *flags)
{
    uint64_t *table = (uint64_t *)(fake_ram + root);

    for (int shift = 39; shift >= 12; shift -= 9) {
        uint64_t entry = table[va >> shift & 511];

        if ((entry & 1) == 0) {
            return 0;
        }
        if ((entry & 2) != 0) {
            *flags = entry >> 48;
            return (entry & FAKE_ADDR) + (va & ((1ull << shift) - 1));
        }
        table = (uint64_t *)(fake_ram + (entry & FAKE_ADDR));
    }
    return 0;
}

static void every_page_of_a_range_translates(void **state)
{
    static const struct {
        uint64_t va, pa, size;
        unsigned max_leaf;
    } cases[] = {
        {0xffff800000000000, 0, 1 << 30, 2},
        {0xffff800000001000, 0x1000, (1 << 30) + 0x5000, 2},
        {0xffff800000200000, 0x201000, 4 * MIB, 2},
        {0xffff8000001ff000, 0x1ff000, 4 * MIB + 0x1000, 1},
        {0xffffff7fffe00000, 0x40000000, 4 * MIB, 0},
        {0xfffffffffffff000, 0x7000, 0x1000, 2},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        phys_addr_t root = fresh_root();
        uint64_t end = cases[i].va + cases[i].size;
        uint32_t flags = 0;

        fake_max_leaf = cases[i].max_leaf;
        assert_int_equal(pt_map(root, cases[i].va, cases[i].pa, cases[i].size, VM_KERNEL_RW), 0);
        for (uint64_t at = 0; at < cases[i].size; at += PAGE_SIZE) {
            phys_addr_t pa;

            assert_int_equal(walk(root, cases[i].va + at + 5, &flags), cases[i].pa + at + 5);
            assert_int_equal(flags, VM_KERNEL_RW);
            assert_true(pt_query(root, cases[i].va + at, &pa, &flags) >= PAGE_SIZE);
            assert_int_equal(pa, cases[i].pa + at);
        }
        assert_int_equal(walk(root, cases[i].va - 1, &flags), 0);
        assert_true(end == 0 || walk(root, end, &flags) == 0);
    }
    fake_max_leaf = 2;
}

static void large_leaves_are_used_where_they_fit(void **state)
{
    phys_addr_t root = fresh_root(), pa;
    uint32_t flags;

    (void)state;
    assert_int_equal(pt_map(root, 1ull << 30, 1ull << 30, (1ull << 30) + 4 * MIB, VM_KERNEL_RO), 0);
    assert_int_equal(pt_query(root, 1ull << 30, &pa, &flags), 1ull << 30);
    assert_int_equal(pt_query(root, (2ull << 30) + 12345, &pa, &flags), 2 * MIB);
    assert_int_equal(pa, (2ull << 30) + 12345);
}

static void bad_requests_change_nothing(void **state)
{
    phys_addr_t root = fresh_root();
    uint32_t flags;

    (void)state;
    assert_int_equal(pt_map(root, 0x1001, 0, PAGE_SIZE, VM_KERNEL_RO), -EINVAL);
    assert_int_equal(pt_map(root, 0x1000, 1, PAGE_SIZE, VM_KERNEL_RO), -EINVAL);
    assert_int_equal(pt_map(root, 0x1000, 0, 100, VM_KERNEL_RO), -EINVAL);
    assert_int_equal(pt_map(root, -4096ul, 0, 2 * PAGE_SIZE, VM_KERNEL_RO), -EINVAL);
    assert_int_equal(pt_map(root, 0x1000, -4096ull, 2 * PAGE_SIZE, VM_KERNEL_RO), -EINVAL);
    assert_int_equal(pt_map(root, 0x1000, 0, 0, VM_KERNEL_RO), 0);
    assert_int_equal(pt_map(root, 0x200000, 0x200000, 2 * MIB, VM_KERNEL_RO), 0);
    assert_int_equal(pt_map(root, 0x200000, 0x400000, PAGE_SIZE, VM_KERNEL_RW), -EEXIST);
    assert_int_equal(pt_map(root, 0x200000, 0x400000, 2 * MIB, VM_KERNEL_RW), -EEXIST);
    assert_int_equal(walk(root, 0x200000, &flags), 0x200000);
    assert_int_equal(flags, VM_KERNEL_RO);
}

static void check_image_part(uint64_t from, uint64_t to, uint32_t want)
{
    uint32_t flags = 0;

    for (uint64_t at = from; at < to; at += PAGE_SIZE) {
        assert_int_equal(walk(kernel_root, image_virt + at, &flags), image_phys + at);
        assert_int_equal(flags, want);
    }
}

static void the_final_space_is_as_promised(void **state)
{
    uint32_t flags;

    (void)state;
    kernel_root = fresh_root();
    assert_int_equal(memmap_reserve(image_phys, sizeof(_image_start), "kernel", MEMMAP_NOMAP), 0);
    assert_int_equal(vm_init(), 0);
    assert_int_equal(fake_switched_root, kernel_root);
    check_image_part(0, 0x1000, VM_KERNEL_RO);
    check_image_part(0x1000, 0x5000, VM_KERNEL_RX);
    check_image_part(0x5000, 0x8000, VM_KERNEL_RO);
    check_image_part(0x8000, 0x10000, VM_KERNEL_RW);
    check_image_part(0x11000, 0x28000, VM_KERNEL_RW);
    assert_int_equal(walk(kernel_root, image_virt + 0x10000, &flags), 0);
    for (phys_addr_t pa = RAM_BASE; pa < RAM_BASE + RAM_BYTES; pa += PAGE_SIZE) {
        bool image = pa - image_phys < sizeof(_image_start);

        assert_int_equal(walk(kernel_root, (virt_addr_t)(fake_ram + pa), &flags), image ? 0 : pa);
        assert_true(image || flags == VM_KERNEL_RW);
    }
}

static void what_lies_outside_ram_can_be_mapped_too(void **state)
{
    phys_addr_t end = RAM_BASE + RAM_BYTES;
    uint32_t flags;

    (void)state;
    assert_int_equal(vm_map_unlisted(end - PAGE_SIZE - 8, 3 * PAGE_SIZE), 0);
    assert_int_equal(walk(kernel_root, (virt_addr_t)(fake_ram + end - 1), &flags), end - 1);
    assert_int_equal(flags, VM_KERNEL_RW);
    assert_int_equal(walk(kernel_root, (virt_addr_t)(fake_ram + end), &flags), end);
    assert_int_equal(flags, VM_KERNEL_RO);
    assert_int_equal(walk(kernel_root, (virt_addr_t)(fake_ram + end + PAGE_SIZE), &flags),
                     end + PAGE_SIZE);
    assert_int_equal(walk(kernel_root, (virt_addr_t)(fake_ram + end + 2 * PAGE_SIZE), &flags), 0);
    assert_int_equal(vm_map_unlisted(end - PAGE_SIZE, 2 * PAGE_SIZE), 0);
}

static void device_mappings_are_shared_and_bounded(void **state)
{
    char *uart = vm_map_device(0x9000004, 8, VM_DEVICE);
    uint32_t flags;

    (void)state;
    assert_non_null(uart);
    assert_int_equal(walk(kernel_root, (virt_addr_t)uart, &flags), 0x9000004);
    assert_int_equal(flags, VM_KERNEL_IO);
    assert_ptr_equal(vm_map_device(0x9000ff8, 8, VM_DEVICE), uart + 0xff4);
    assert_ptr_not_equal(vm_map_device(0x9000ff8, 9, VM_DEVICE), uart + 0xff4);
    assert_ptr_not_equal(vm_map_device(0x9000004, 8, VM_UNCACHED), uart);
    assert_int_equal(walk(kernel_root, ((virt_addr_t)uart & ~4095ul) + 4096, &flags), 0);
    assert_null(vm_map_device(0x9000000, 0, VM_DEVICE));
    assert_null(vm_map_device(UINT64_MAX - 3, 8, VM_DEVICE));
    assert_null(vm_map_device(1ull << 46, 8, VM_DEVICE));
    assert_int_equal(log_errors, 0);
    assert_null(vm_map_device(RAM_BASE - 8, 16, VM_DEVICE)); /* RAM has one memory type */
    assert_null(vm_map_device(RAM_BASE + 4 * MIB, 8, VM_DEVICE));
    assert_int_equal(log_errors, 2);
    for (unsigned i = 0; i < 100; i++) {
        vm_map_device(0x10000000 + i * 0x10000, 8, VM_DEVICE);
    }
    assert_true(log_errors > 2);
}

/* Also what was not there before: a CPU may remember that it was not. */
static void other_cpus_are_told_of_changes(void **state)
{
    virt_addr_t va = KMAP_BASE + 64 * MIB;

    (void)state;
    told = 0;
    assert_int_equal(pt_map_range(&kernel_pt, va, 0x5000, PAGE_SIZE, VM_KERNEL_RO), 0);
    assert_int_equal(told, 0);
    cpu_online_mask = 0xd;
    assert_int_equal(pt_unmap_range(&kernel_pt, va, PAGE_SIZE), 0);
    assert_int_equal(told, 0xc);
    told = 0;
    assert_int_equal(pt_map_range(&kernel_pt, va, 0x6000, PAGE_SIZE, VM_KERNEL_RO), 0);
    assert_int_equal(told, 0xc);
    cpu_online_mask = 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_page_of_a_range_translates, setup),
        cmocka_unit_test_setup(large_leaves_are_used_where_they_fit, setup),
        cmocka_unit_test_setup(bad_requests_change_nothing, setup),
        cmocka_unit_test_setup(the_final_space_is_as_promised, setup),
        cmocka_unit_test_setup(what_lies_outside_ram_can_be_mapped_too, setup),
        cmocka_unit_test_setup(device_mappings_are_shared_and_bounded, setup),
        cmocka_unit_test_setup(other_cpus_are_told_of_changes, setup),
    };

    /* Only RAM_BASE and up is backed; the rest of the reservation is never touched. */
    fake_ram = mmap(NULL, RAM_BASE + RAM_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fake_ram == MAP_FAILED || memmap_add_ram(RAM_BASE, RAM_BYTES) != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
