/* SPDX-License-Identifier: MIT */
/* The command `fault KIND`, in test kernels only: runs into a fault on purpose, so that the boot
 * tests can read how it is reported. */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <keel/clock.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/kmap.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/vm.h>

extern char _rodata_start[], boot_stack_guard[];

/* Nothing is ever mapped in the first pages. Volatile, lest the compiler know better. */
static volatile virt_addr_t unmapped = 0x10;

static uint8_t data_code[16] __aligned(16) = {0};

static void fault_read(void)
{
    (void)*(volatile uint32_t *)unmapped;
}

static void fault_write(void)
{
    *(volatile uint32_t *)unmapped = 1;
}

static void fault_rodata(void)
{
    *(volatile char *)_rodata_start = 1;
}

static void fault_guard(void)
{
    *(volatile char *)(boot_stack_guard + PAGE_SIZE - 8) = 1;
}

static void fault_jump(void)
{
    ((void (*)(void))unmapped)();
}

static void fault_data(void)
{
    ((void (*)(void))(virt_addr_t)data_code)();
}

/* Goes on until the stack's guard page; `depth` only keeps the compiler from seeing that. */
static __noinline unsigned recurse(volatile unsigned *depth)
{
    volatile unsigned here[64];

    here[0] = *depth + 1;
    if (here[0] == 0) {
        return 0;
    }
    return recurse(here) + here[0];
}

static void fault_stack(void)
{
    volatile unsigned depth = 0;

    recurse(&depth);
}

/* In a thread of its own: what runs over is named. */
static int overflow(void *arg)
{
    (void)arg;
    fault_stack();
    return 0;
}

/* An interrupt comes when there is hardly any stack left. */
__noreturn void test_wait_at_the_brim(virt_addr_t stack_pointer);

static int wait_at_the_brim(void *arg)
{
    (void)arg;
    arch_irq_enable();
    test_wait_at_the_brim(current_head()->stack_low + 32);
}

static void run_thread(const char *name, thread_entry_t *entry)
{
    struct thread *thread;

    if (thread_run(&thread, name, entry, NULL, NULL) == 0) {
        (void)thread_join(thread, NULL, TIMER_NEVER);
    }
}

static void fault_thread_stack(void)
{
    run_thread("digger", overflow);
}

static void fault_brim(void)
{
    run_thread("brimful", wait_at_the_brim);
}

static void fault_undefined(void)
{
    __builtin_trap();
}

/* The heap's: what KASAN finds at once, and redzones and poison when the block is freed or the memory
 * handed out again. Pointers are volatile, lest compilers and
 * checkers know better. */
static void (*volatile give_back)(void *block) = kfree;

static void fault_overrun(void)
{
    char *volatile block = kmalloc(40);

    block[40] = 1;
    give_back(block);
}

static void fault_twice(void)
{
    char *volatile block = kmalloc(40);

    give_back(block);
    give_back(block);
}

static void fault_stale(void)
{
    char *volatile block = kmalloc(40);

    give_back(block);
    block[20] = 1;
    give_back(kmalloc(40));
}

/* What `heap leaks` lists then. */
static void fault_leak(void)
{
    for (unsigned i = 0; i < 3; i++) {
        char *volatile block = kmalloc(12345);

        block[0] = 1;
    }
}

static void fault_before(void)
{
    char *volatile block = kmalloc(40);

    block[-1] = 1;
    give_back(block);
}

/* What only checked kernels find (CONFIG_KASAN). */
static void fault_local(void)
{
    char letters[21] = "";
    char *volatile at = letters;

    at[21] = at[20];
}

static void fault_variable(void)
{
    static char shelf[21];
    char *volatile at = shelf;

    at[21] = at[20];
}

static void fault_page(void)
{
    phys_addr_t page = pmm_alloc_page(PMM_ANY);
    char *volatile at = arch_phys_to_virt(page);

    pmm_free_page(page);
    at[100] = 1;
}

static void fault_area(void)
{
    phys_addr_t page = pmm_alloc_page(PMM_ANY);
    virt_addr_t va = kmap_alloc(1);
    char *volatile at = (char *)va;

    if (kmap_map(va, page, 1, VM_KERNEL_RW) == 0) {
        at[100] = 1;
        kmap_free(va);
        at[100] = 2;
    }
}

/* Interrupts are off in here. */
static void spin_masked(void *arg)
{
    for (;;) {
        barrier();
    }
}

static void fault_stuck(void)
{
    smp_call(cpu_online() & ~cpumask_of(cpu_index()), spin_masked, NULL, false);
    clock_delay_us(20000);
    panic("while the others are stuck");
}

/* For the watchdog to find: another CPU with interrupts off, or this one that no other thread gets. */
static void fault_masked(void)
{
    cpumask_t others = cpu_online() & ~cpumask_of(cpu_index());

    if (others != 0) {
        smp_call(cpumask_of(cpumask_first(others)), spin_masked, NULL, false);
    }
}

static void fault_selfish(void)
{
    preempt_disable();
    for (;;) {
        arch_cpu_relax();
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"read", fault_read},       {"write", fault_write},
    {"rodata", fault_rodata},   {"jump", fault_jump},
    {"data", fault_data},       {"guard", fault_guard},
    {"stack", fault_stack},     {"undefined", fault_undefined},
    {"overrun", fault_overrun}, {"twice", fault_twice},
    {"stale", fault_stale},     {"thread_stack", fault_thread_stack},
    {"brim", fault_brim},       {"before", fault_before},
    {"local", fault_local},     {"variable", fault_variable},
    {"page", fault_page},       {"area", fault_area},
    {"stuck", fault_stuck},     {"leak", fault_leak},
    {"masked", fault_masked},   {"selfish", fault_selfish},
};

static int cmd_fault(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            kinds[i].run();
            console_printf("nothing happened\n");
            return -EIO;
        }
    }
    console_printf("kinds:");
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        console_printf(" %s", kinds[i].name);
    }
    console_printf("\n");
    return -EINVAL;
}

COMMAND(fault, "KIND", "run into a fault on purpose", cmd_fault);
