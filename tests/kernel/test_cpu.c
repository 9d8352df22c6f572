/* SPDX-License-Identifier: MIT */
/* This CPU: interrupt masking, counters, stack walks, trap plumbing. */
#include <arch/cache.h>
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/trap.h>
#include <arch/unwind.h>
#include <keel/boot_info.h>
#include <keel/clock.h>
#include <keel/ktest.h>
#include <keel/vm.h>

#define TRIES 1000000u

extern char _text_start[], _text_end[], boot_stack_guard[];

static bool in_text(virt_addr_t pc)
{
    return pc >= (virt_addr_t)_text_start && pc <= (virt_addr_t)_text_end;
}

KTEST(irq_save_nests_and_restores)
{
    unsigned long outer = arch_irq_save();

    KTEST_EXPECT(!arch_irq_enabled());
    {
        unsigned long inner = arch_irq_save();

        KTEST_EXPECT(!arch_irq_enabled());
        arch_irq_restore(inner);
    }
    KTEST_EXPECT(!arch_irq_enabled());
    arch_irq_restore(outer);
}

KTEST(irq_disable_masks)
{
    unsigned long flags = arch_irq_save();

    arch_irq_disable();
    KTEST_EXPECT(!arch_irq_enabled());
    arch_irq_restore(flags);
}

KTEST(counter_never_goes_back_and_moves)
{
    uint64_t first = arch_counter();
    uint64_t last = first;

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now = arch_counter();

        KTEST_REQUIRE(now >= last);
        last = now;
    }
    for (unsigned i = 0; i < TRIES && last == first; i++) {
        last = arch_counter();
    }
    KTEST_EXPECT(last > first);
}

KTEST(clock_never_goes_back_and_moves)
{
    uint64_t first = clock_ns();
    uint64_t last = first;

    KTEST_EXPECT(clock_hz() != 0);
    for (unsigned i = 0; i < TRIES && (last == first || i < 1000); i++) {
        uint64_t now = clock_ns();

        KTEST_REQUIRE(now >= last);
        last = now;
    }
    KTEST_EXPECT(last > first);
}

KTEST(clock_delay_waits_long_enough)
{
    uint64_t start = clock_ns();

    clock_delay_us(100);
    KTEST_EXPECT(clock_ns() - start >= 100000);
}

KTEST(unwind_walks_to_the_end_in_text)
{
    virt_addr_t fp = arch_frame_pointer();
    virt_addr_t pc = 0;
    unsigned frames = 0;

    while (frames < 64 && arch_unwind(&pc, &fp)) {
        KTEST_EXPECT(in_text(pc));
        frames++;
    }
    KTEST_EXPECT(frames >= 2 && frames < 64);
}

KTEST(unwind_survives_garbage)
{
    virt_addr_t loop[4] __aligned(16);
    const virt_addr_t bad[] = {
        0,
        1,
        8,
        16,
        ~0ul,
        ~15ul,
        1ul << 40,
        1ul << 62,
        (virt_addr_t)boot_stack_guard + 64,
        (virt_addr_t)boot_stack_guard + PAGE_SIZE - 8,
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        virt_addr_t fp = bad[i];
        virt_addr_t pc = 0;
        unsigned frames = 0;

        while (frames < 64 && arch_unwind(&pc, &fp)) {
            frames++;
        }
        KTEST_EXPECT(frames == 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(loop); i++) {
        loop[i] = (virt_addr_t)loop;
    }
    for (size_t i = 0; i < ARRAY_SIZE(loop); i++) {
        virt_addr_t fp = (virt_addr_t)&loop[i];
        virt_addr_t pc = 0;
        unsigned frames = 0;

        while (frames < 64 && arch_unwind(&pc, &fp)) {
            frames++;
        }
        KTEST_EXPECT(frames < 64);
    }
}

KTEST(trap_vectors_are_kernel_code)
{
    KTEST_EXPECT(in_text(arch_trap_vectors()));
}

KTEST(trap_frame_accessors_agree)
{
    struct trap_frame frame = {0};

    arch_trap_set_pc(&frame, 0x1234);
    KTEST_EXPECT(arch_trap_pc(&frame) == 0x1234);
}

KTEST(cache_maintenance_keeps_what_was_written)
{
    static uint8_t area[1024] __aligned(256);

    for (size_t i = 0; i < sizeof(area); i++) {
        area[i] = (uint8_t)i;
    }
    arch_cache_clean(area, sizeof(area));
    arch_cache_flush(area + 3, 500);
    arch_cache_invalidate(area + 5, 300);
    arch_sync_icache(area, sizeof(area));
    arch_cache_clean(area, 0);
    arch_cache_invalidate(area, 0);
    for (size_t i = 0; i < sizeof(area); i++) {
        KTEST_REQUIRE(area[i] == (uint8_t)i);
    }
}

KTEST(boot_cpu_is_identified)
{
    KTEST_EXPECT(boot_info.cpu.vendor[0] != '\0');
    KTEST_EXPECT(boot_info.cpu.vendor[sizeof(boot_info.cpu.vendor) - 1] == '\0');
    KTEST_EXPECT(boot_info.cpu.name[sizeof(boot_info.cpu.name) - 1] == '\0');
}

KTEST(physical_addresses_have_a_sane_width)
{
    KTEST_EXPECT(arch_phys_bits() >= 32 && arch_phys_bits() <= 56);
    KTEST_EXPECT(image_phys >> arch_phys_bits() == 0);
}
