/* SPDX-License-Identifier: MIT */
/* Self tests: checks at every boot what the rest stands on, a line for each. */
#define LOG_TAG "selftest"
#include "boot.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/uaccess.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/heap.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/param.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/printf.h>
#include <keel/timer.h>
#include <keel/vm.h>
#include <keel/wait.h>

#define PATTERN       UINT64_C(0x9e3779b97f4a7c15) /* times the index: no two words are alike */
#define WAIT_US       20
#define TIMER_NS      (5 * NS_PER_US)
#define TIMER_LATE_NS (2000 * NS_PER_MS) /* an emulator may lose its host's CPU for a while */
#define LINE_MAX      160

static bool wanted = true;

KPARAM(selftest, PARAM_BOOL, wanted, 0, 0, "check memory, faults, interrupts and time at boot");

static unsigned int failures;
static uint64_t fired_ns; /* when the timer under test did; 0 before */

static void __printf(2, 3) tell(bool good, const char *fmt, ...)
{
    char text[LINE_MAX];
    va_list args;

    va_start(args, fmt);
    kvsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (good) {
        log_info("%s: passed", text);
    } else {
        log_error("%s: FAILED", text);
        failures++;
    }
}

/* Writes all words of a page and reads them back. */
static bool page_keeps(volatile uint64_t *words)
{
    const unsigned int count = PAGE_SIZE / sizeof(*words);
    bool good = true;

    for (unsigned int i = 0; i < count; i++) {
        good &= words[i] == 0;
        words[i] = i * PATTERN;
    }
    for (unsigned int i = 0; i < count; i++) {
        good &= words[i] == i * PATTERN;
        words[i] = 0;
    }
    return good;
}

static void test_memory(void)
{
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);
    struct pmm_stats with, without;

    pmm_get_stats(&with);
    tell(page != 0 && memmap_is_ram(page, PAGE_SIZE) && page_keeps(phys_to_virt(page)),
         "memory: %lu bytes at %#llx hold what is written", (unsigned long)PAGE_SIZE,
         (unsigned long long)page);
    if (page != 0) {
        pmm_free_page(page);
    }
    pmm_get_stats(&without);
    tell(page != 0 && without.free == with.free + 1, "frames: %llu free, %llu with that one in use",
         (unsigned long long)without.free, (unsigned long long)with.free);
}

/* A block from the classes, one from the list, one of pages; all given back. */
static void test_heap(void)
{
    static const size_t sizes[] = {100, 5000, 50000};
    struct heap_stats before, after;
    bool good = true;

    heap_get_stats(&before);
    for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint8_t *block = kzalloc(sizes[i]);

        good &= block != NULL && block[0] == 0 && block[sizes[i] - 1] == 0;
        kfree(block);
    }
    heap_get_stats(&after);
    tell(good && after.blocks_used == before.blocks_used,
         "heap: blocks of 100 to 50,000 bytes taken and given back, %llu in use",
         (unsigned long long)after.blocks_used);
}

static void test_interrupts(void)
{
    bool on = arch_irq_enabled(), masked;
    unsigned long saved = arch_irq_save();

    masked = !arch_irq_enabled();
    arch_irq_restore(saved);
    tell(on && masked && arch_irq_enabled(), "interrupts: on, masked by save, on after restore");
}

/* The page at 0 is never mapped in the kernel. */
static void test_fault(void)
{
    uint64_t value = 0;
    bool fixed = arch_read_nofault(0, sizeof(value), &value) < 0;

    fixed &= arch_read_nofault((virt_addr_t)&value, sizeof(value), &value) == 0;
    tell(fixed, "faults: a guarded read of address 0 ends with an error");
}

static void test_time(void)
{
    uint64_t start = clock_ns();
    uint64_t passed;

    if (clock_hz() == 0) {
        tell(false, "time: no counter has a known rate");
        return;
    }
    clock_delay_us(WAIT_US);
    passed = clock_ns() - start;
    tell(passed >= WAIT_US * 1000ull, "time: a wait of %d us took %llu ns", WAIT_US,
         (unsigned long long)passed);
}

static void note_time(struct timer *timer)
{
    __atomic_store_n(&fired_ns, clock_ns(), __ATOMIC_RELAXED);
    (void)timer;
}

/* A timer is set and waited for without sleep, so that one which never interrupts stops nothing. */
static void test_timer(void)
{
    struct timer_stats from, to;
    struct timer timer;
    uint64_t start = clock_ns(), limit = start + TIMER_LATE_NS, fired;

    if (!wait_ops || !clockevent_of(0) || clock_hz() == 0) {
        tell(false, "timer: nothing interrupts at a given time");
        return;
    }
    timer_get_stats(cpu_index(), &from);
    timer_init(&timer, note_time);
    timer_set(&timer, start + TIMER_NS, 0);
    do {
        arch_cpu_relax();
        fired = __atomic_load_n(&fired_ns, __ATOMIC_RELAXED);
    } while (fired == 0 && clock_ns() < limit);
    timer_cancel_sync(&timer);
    timer_get_stats(cpu_index(), &to);
    tell(fired >= start + TIMER_NS && to.interrupts > from.interrupts,
         "timer: ticks from %llu to %llu, one set for %llu us came after %llu us",
         (unsigned long long)from.interrupts, (unsigned long long)to.interrupts,
         (unsigned long long)(TIMER_NS / NS_PER_US),
         (unsigned long long)(fired != 0 ? (fired - start) / NS_PER_US : 0));
}

void boot_selftest(void)
{
    if (!wanted) {
        return;
    }
    test_memory();
    test_heap();
    test_interrupts();
    test_fault();
    test_time();
    test_timer();
    if (failures > 0) {
        log_error("%u self tests failed: this machine is not to be trusted", failures);
    }
}
