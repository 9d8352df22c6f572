/* SPDX-License-Identifier: MIT */
/* Starts the CPUs: all are asked, then all are waited for; who comes too late halts. */
#define LOG_TAG "cpus"
#include "smp_internal.h"

#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/kasan.h>
#include <keel/log.h>
#include <keel/percpu.h>
#include <keel/status.h>
#include <keel/string.h>
#include <keel/subsystem.h>

#define PATIENCE_NS     5000000000ull /* from when the last was asked until all must have come */
#define PATIENCE_ROUNDS 400000000u    /* the same where there is no time */

static struct cpu_setup *setups[CPU_SETUP_STAGES];

/* What each CPU was started with, and may be again. */
static struct {
    struct secondary_boot *boot;
    phys_addr_t argument;
} asked[CPUS_MAX];

void cpu_setup_register(struct cpu_setup *setup)
{
    struct cpu_setup **link = &setups[setup->stage];

    while (*link) {
        link = &(*link)->next;
    }
    setup->next = NULL;
    *link = setup;
}

/* --- On the CPU that starts --- */

const char *start_set_up(void)
{
    if (irq_cpu_start() != 0) {
        return "its interrupt controller does not work";
    }
    for (unsigned stage = 0; stage < CPU_SETUP_STAGES; stage++) {
        for (struct cpu_setup *setup = setups[stage]; setup; setup = setup->next) {
            if (setup->setup() != 0) {
                return setup->failure;
            }
        }
    }
    return NULL;
}

void start_take_down(void)
{
    for (unsigned stage = CPU_SETUP_STAGES; stage-- > 0;) {
        for (struct cpu_setup *setup = setups[stage]; setup; setup = setup->next) {
            if (setup->undo) {
                setup->undo();
            }
        }
    }
    irq_cpu_stop();
}

/* What was unmapped before the CPU was online it has not been told: it starts with nothing remembered. Threads
 * may be sent to it before, so that whoever sees it online can bind threads to it. */
void start_online(const struct cpu *cpu)
{
    smp_threads->admit(cpu->index);
    cpu_set_online(cpu->index);
    arch_tlb_flush_here();
}

/* Until the first change of state it may be that nobody waits any more. */
void smp_secondary_main(struct secondary_boot *boot)
{
    struct cpu *cpu = cpu_entry((unsigned)boot->index);
    const char *failed;

    if (!cpu_change_state(cpu, CPU_STARTING, CPU_SETTING_UP)) {
        arch_halt();
    }
    failed = start_set_up();
    if (failed) {
        cpu->refused = failed;
        cpu_change_state(cpu, CPU_SETTING_UP, CPU_FAILED);
        arch_halt();
    }
    if (!cpu_change_state(cpu, CPU_SETTING_UP, CPU_ONLINE)) {
        arch_halt();
    }
    start_online(cpu);
    if (stop_is_wanted()) {
        stop_here();
    }
    smp_threads->run();
}

/* --- On the boot CPU --- */

static const char *enable_method(const struct cpu *cpu, uint32_t index)
{
    int parent = fdt_find(&system_fdt, "/cpus");
    bool own = fdt_prop_present(&system_fdt, cpu->tree_node, "enable-method");

    return fdt_prop_string(&system_fdt, own ? cpu->tree_node : parent, "enable-method", index);
}

const struct cpu_start_method *start_method(const struct cpu *cpu)
{
    const struct cpu_start_method *method;
    const char *name = enable_method(cpu, 0);
    uint32_t index = 0;

    do {
        section_for_each(cpu_start_methods, method)
        {
            if (name && method->enable_method ? strcmp(method->enable_method, name) == 0
                                              : !name && !method->enable_method) {
                return method;
            }
        }
        name = enable_method(cpu, ++index);
    } while (name);
    return NULL;
}

static void leave_out(struct cpu *cpu, enum cpu_state from, const char *why)
{
    if (cpu_change_state(cpu, from, CPU_FAILED)) {
        cpu->refused = why;
    }
}

/* What the CPU starts with. NULL: no memory. */
static struct secondary_boot *make_boot(unsigned index)
{
    struct secondary_boot *boot = kmalloc_aligned(sizeof(*boot), 64);
    struct thread_head *head;

    if (!boot || smp_threads->prepare(index, &head) != 0) {
        kfree(boot);
        return NULL;
    }
    head->cpu = index;
    *boot = (struct secondary_boot){
        .stack_top = ALIGN_DOWN(head->stack_high, 16), .head = head, .index = index, .self = boot};
    return boot;
}

static void ask_to_start(struct cpu *cpu)
{
    const struct cpu_start_method *method = start_method(cpu);
    struct secondary_boot *boot;
    phys_addr_t *argument = &asked[cpu->index].argument;
    int err;

    if (!method) {
        leave_out(cpu, CPU_PRESENT, "no way to start it");
        return;
    }
    boot = make_boot(cpu->index);
    err = boot ? arch_smp_prepare(boot, argument) : -ENOMEM;
    if (err == 0) {
        asked[cpu->index].boot = boot;
        cpu_change_state(cpu, CPU_PRESENT, CPU_STARTING);
        err = method->start(cpu, arch_smp_entry(), *argument);
    }
    if (err != 0) {
        leave_out(cpu, cpu_get_state(cpu), status_text(err));
    }
}

static bool is_coming(const struct cpu *cpu)
{
    enum cpu_state state = cpu_get_state(cpu);

    return state == CPU_STARTING || state == CPU_SETTING_UP ||
           (state == CPU_ONLINE && !cpumask_has(cpu_online(), cpu->index));
}

static bool any_coming(void)
{
    for (unsigned i = 1; i < cpu_count(); i++) {
        if (is_coming(cpu_info(i))) {
            return true;
        }
    }
    return false;
}

static void wait_for_all(void)
{
    uint64_t end = clock_ns() + PATIENCE_NS;

    for (uint32_t i = 0; any_coming() && i < PATIENCE_ROUNDS; i++) {
        if (clock_hz() != 0 && clock_ns() >= end) {
            break;
        }
        arch_cpu_relax();
    }
}

static void settle(struct cpu *cpu)
{
    leave_out(cpu, CPU_STARTING, "it did not come in time");
    leave_out(cpu, CPU_SETTING_UP, "it came, but was not ready in time");
    if (cpu_get_state(cpu) == CPU_FAILED) {
        log_warn("CPU %u (hardware id %#llx) is left out: %s", cpu->index,
                 (unsigned long long)cpu->hw_id, cpu->refused);
    }
}

/* Its idle thread begins anew: what it was in when the CPU went off is forgotten. */
int start_again(struct cpu *cpu)
{
    struct thread_head *head = asked[cpu->index].boot->head;
    int err;

    head->preempt_off = 0;
    kasan_unpoison((const void *)head->stack_low, head->stack_high - head->stack_low);
    cpu_change_state(cpu, CPU_OFF, CPU_STARTING);
    err = start_method(cpu)->start(cpu, arch_smp_entry(), asked[cpu->index].argument);
    if (err != 0) {
        cpu_change_state(cpu, CPU_STARTING, CPU_OFF);
        return err;
    }
    wait_for_all();
    settle(cpu);
    return cpu_get_state(cpu) == CPU_ONLINE ? 0 : -ETIMEDOUT;
}

/* Why no other CPU can run at all; NULL when they can. */
static const char *obstacle(void)
{
    if (!ipi_possible()) {
        return "nothing can interrupt it from another";
    }
    return call_init(cpu_count()) != 0 ? status_text(-ENOMEM) : NULL;
}

void smp_start_cpus(void)
{
    const char *why;

    if (!smp_threads) {
        return;
    }
    why = cpu_count() > 1 ? obstacle() : NULL;
    for (unsigned i = 1; i < cpu_count(); i++) {
        struct cpu *cpu = cpu_entry(i);

        if (why) {
            leave_out(cpu, CPU_PRESENT, why);
        } else if (cpu_get_state(cpu) == CPU_PRESENT) {
            ask_to_start(cpu);
        }
    }
    wait_for_all();
    for (unsigned i = 1; i < cpu_count(); i++) {
        settle(cpu_entry(i));
    }
    log_info("%u of %u CPUs run", cpumask_count(cpu_online()), cpu_count());
}

static int cpus_init(void)
{
    cpus_find();
    stop_init();
    urgent_init();
    return 0;
}

static int cpus_start(void)
{
    smp_start_cpus();
    return 0;
}

static void cpus_stop(void)
{
    (void)smp_stop_others();
}

SUBSYSTEM(cpus, .name = "CPUs", .early_init = cpus_init, .late_init = cpus_start,
          .shutdown = cpus_stop, .privilege = PRIVILEGE_KERNEL, .deps = {"device tree", "heap"});
