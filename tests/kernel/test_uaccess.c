/* SPDX-License-Identifier: MIT */
/* Accesses that may fault, and the table that catches them. */
#include <arch/layout.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/extable.h>
#include <keel/ktest.h>
#include <keel/string.h>
#include <keel/vm.h>

extern char _text_start[], _rodata_start[], boot_stack_guard[];

static const virt_addr_t bad_addresses[] = {
    0, 8, 0x123400000000ul, 0x1234567800000000ul, KERNEL_LAST - 63,
};

KTEST(nofault_copies_every_length_and_alignment)
{
    uint8_t from[48], to[64];

    for (size_t i = 0; i < sizeof(from); i++) {
        from[i] = (uint8_t)(i + 1);
    }
    for (size_t n = 0; n <= 32; n++) {
        for (size_t align = 0; align < 64; align++) {
            uint8_t *dst = to + 8 + align % 8;
            const uint8_t *src = from + align / 8;

            memset(to, 0xee, sizeof(to));
            KTEST_REQUIRE(arch_copy_nofault(dst, src, n) == 0);
            KTEST_REQUIRE(memcmp(dst, src, n) == 0);
            KTEST_REQUIRE(dst[-1] == 0xee && dst[n] == 0xee);
        }
    }
}

KTEST(nofault_copy_fails_without_a_trap)
{
    uint8_t buffer[16] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
        void *bad = (void *)bad_addresses[i];

        KTEST_EXPECT(arch_copy_nofault(buffer, bad, sizeof(buffer)) == -EFAULT);
        KTEST_EXPECT(arch_copy_nofault(buffer, bad, 1) == -EFAULT);
        KTEST_EXPECT(arch_copy_nofault(bad, buffer, sizeof(buffer)) == -EFAULT);
        KTEST_EXPECT(arch_copy_nofault(bad, buffer, 3) == -EFAULT);
        KTEST_EXPECT(arch_copy_nofault(buffer, bad, 0) == 0);
    }
}

KTEST(nofault_copy_stops_at_the_edge_of_a_page)
{
    uint8_t buffer[32];
    virt_addr_t edge = (virt_addr_t)boot_stack_guard;

    memset(buffer, 0xee, sizeof(buffer));
    KTEST_EXPECT(arch_copy_nofault(buffer, (void *)(edge - 8), 8) == 0);
    KTEST_EXPECT(arch_copy_nofault(buffer, (void *)(edge - 8), 9) == -EFAULT);
    KTEST_EXPECT(arch_copy_nofault(buffer, (void *)(edge - 3), 16) == -EFAULT);
    KTEST_EXPECT(arch_copy_nofault(buffer, (void *)(edge + PAGE_SIZE - 1), 2) == -EFAULT);
}

KTEST(nofault_reads_each_width)
{
    static const uint64_t word = 0x8877665544332211ull;
    virt_addr_t va = (virt_addr_t)&word;
    uint64_t value = 0;

    KTEST_EXPECT(arch_read_nofault(va, 1, &value) == 0 && value == 0x11);
    KTEST_EXPECT(arch_read_nofault(va + 3, 1, &value) == 0 && value == 0x44);
    KTEST_EXPECT(arch_read_nofault(va + 2, 2, &value) == 0 && value == 0x4433);
    KTEST_EXPECT(arch_read_nofault(va + 4, 4, &value) == 0 && value == 0x88776655);
    KTEST_EXPECT(arch_read_nofault(va, 8, &value) == 0 && value == word);
}

KTEST(nofault_writes_each_width)
{
    uint64_t word = 0;
    virt_addr_t va = (virt_addr_t)&word;

    KTEST_EXPECT(arch_write_nofault(va, 8, 0x1111111111111111ull) == 0);
    KTEST_EXPECT(arch_write_nofault(va, 1, 0xaa) == 0);
    KTEST_EXPECT(arch_write_nofault(va + 2, 2, 0xbbcc) == 0);
    KTEST_EXPECT(arch_write_nofault(va + 4, 4, 0xdd223344) == 0);
    KTEST_EXPECT(READ_ONCE(word) == 0xdd223344bbcc11aaull);
}

KTEST(nofault_refuses_odd_widths)
{
    uint64_t word = 0;
    virt_addr_t va = (virt_addr_t)&word;

    KTEST_EXPECT(arch_read_nofault(va, 0, &word) == -EINVAL);
    KTEST_EXPECT(arch_read_nofault(va, 3, &word) == -EINVAL);
    KTEST_EXPECT(arch_read_nofault(va, 16, &word) == -EINVAL);
    KTEST_EXPECT(arch_write_nofault(va, 5, 0) == -EINVAL);
}

KTEST(nofault_access_fails_without_a_trap)
{
    static const unsigned widths[] = {1, 2, 4, 8};
    uint64_t value;

    for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
        for (size_t i = 0; i < ARRAY_SIZE(bad_addresses); i++) {
            KTEST_EXPECT(arch_read_nofault(bad_addresses[i], widths[w], &value) == -EFAULT);
            KTEST_EXPECT(arch_write_nofault(bad_addresses[i], widths[w], 0) == -EFAULT);
        }
    }
}

KTEST(nofault_write_respects_protection)
{
    uint64_t before, after;
    virt_addr_t constants = (virt_addr_t)_rodata_start;
    virt_addr_t code = (virt_addr_t)_text_start;

    KTEST_EXPECT(arch_read_nofault(constants, 8, &before) == 0);
    KTEST_EXPECT(arch_write_nofault(constants, 8, ~before) == -EFAULT);
    KTEST_EXPECT(arch_read_nofault(constants, 8, &after) == 0 && before == after);
    KTEST_EXPECT(arch_write_nofault(code, 4, 0) == -EFAULT);
}

KTEST(extable_knows_only_its_entries)
{
    KTEST_EXPECT(extable_fixup(0) == 0);
    KTEST_EXPECT(extable_fixup((virt_addr_t)_text_start) == 0);
    KTEST_EXPECT(extable_fixup((virt_addr_t)arch_copy_nofault - 1) == 0);
}
