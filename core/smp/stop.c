/* SPDX-License-Identifier: MIT */
/* Stopping the other CPUs: for a panic, which shows where they were, and before the machine ends. */
#include "smp_internal.h"

#include <arch/cpu.h>
#include <arch/unwind.h>
#include <keel/clock.h>
#include <keel/panic.h>
#include <keel/param.h>

#define PATIENCE_NS     100000000ull /* for a CPU to come out of what it has interrupts off for */
#define PATIENCE_ROUNDS 20000000u    /* the same where there is no time */

static bool show_all;

KPARAM(panic_cpus, PARAM_BOOL, show_all, 0, 0, "a panic shows where each CPU was");

static cpumask_t to_show; /* also without */
static bool wanted;
static unsigned wanted_by;
static cpumask_t stopped;
static void (*stop_sender)(cpumask_t cpus);
static struct {
    virt_addr_t pc, fp;
} place[CPUS_MAX];

void stop_show(cpumask_t cpus)
{
    to_show = cpus;
}

bool stop_is_wanted(void)
{
    return __atomic_load_n(&wanted, __ATOMIC_SEQ_CST);
}

static __noreturn void stop_at(virt_addr_t pc, virt_addr_t fp)
{
    unsigned cpu = cpu_index();

    place[cpu].pc = pc;
    place[cpu].fp = fp;
    __atomic_fetch_or(&stopped, cpumask_of(cpu), __ATOMIC_RELEASE);
    arch_halt();
}

void stop_here(void)
{
    virt_addr_t pc = (virt_addr_t)__builtin_return_address(0);
    virt_addr_t fp = arch_frame_pointer();

    arch_unwind(&pc, &fp);
    stop_at(pc, fp);
}

void smp_set_stop_sender(void (*send)(cpumask_t cpus))
{
    stop_sender = send;
}

void smp_stop_if_wanted(virt_addr_t pc, virt_addr_t fp)
{
    if (stop_is_wanted() && wanted_by != cpu_index()) {
        stop_at(pc, fp);
    }
}

cpumask_t stop_done(void)
{
    return __atomic_load_n(&stopped, __ATOMIC_ACQUIRE);
}

cpumask_t stop_gone(void)
{
    if (likely(!stop_is_wanted())) {
        return 0;
    }
    return wanted_by == cpu_index() ? ~cpumask_of(wanted_by) : stop_done() | cpumask_of(wanted_by);
}

static cpumask_t still_running(cpumask_t cpus)
{
    return cpus & ~stop_done();
}

static void wait_for_stop(cpumask_t cpus)
{
    uint64_t end = clock_ns() + PATIENCE_NS;

    for (unsigned i = 0; still_running(cpus) != 0 && i < PATIENCE_ROUNDS; i++) {
        if (clock_hz() != 0 && clock_ns() >= end) {
            break;
        }
        arch_cpu_relax();
    }
}

/* An ordinary interrupt first: who can take it holds no lock that is needed until the end. */
cpumask_t smp_stop_others(void)
{
    unsigned long irq = arch_irq_save();
    cpumask_t others;

    wanted_by = cpu_index();
    __atomic_store_n(&wanted, true, __ATOMIC_SEQ_CST);
    others = cpu_online() & ~cpumask_of(wanted_by);
    ipi_send(still_running(others), IPI_STOP);
    wait_for_stop(others);
    if (still_running(others) != 0 && stop_sender) {
        stop_sender(still_running(others));
        wait_for_stop(others);
    }
    arch_irq_restore(irq);
    return still_running(others);
}

static void stop_for_panic(void)
{
    (void)smp_stop_others();
}

/* Of a CPU that runs on and cannot be asked: what lies on the stack of its thread. */
static void show_stack(unsigned cpu)
{
    const struct thread_head *thread = smp_threads ? smp_threads->running(cpu) : NULL;

    if (thread) {
        panic_printf("it runs %s; frames on its stack, of which the first may have returned:",
                     thread->name);
        if (!backtrace_print_stack(thread->stack_low, thread->stack_high)) {
            panic_printf("no frames");
        }
    }
}

static void show_others(void)
{
    cpumask_t left = still_running(cpu_online() & ~cpumask_of(cpu_index()));
    cpumask_t shown = show_all ? stop_done() : stop_done() & to_show;
    unsigned cpu;

    if (cpumask_count(cpu_online()) > 1 && left == 0) {
        panic_printf("all other CPUs stopped; this is CPU %u", cpu_index());
    }
    cpumask_for_each(cpu, left)
    {
        panic_printf("CPU %u does not stop", cpu);
        show_stack(cpu);
    }
    cpumask_for_each(cpu, shown & ~cpumask_of(cpu_index()))
    {
        panic_printf("CPU %u was here:", cpu);
        backtrace_print(place[cpu].pc, place[cpu].fp);
    }
}

static const struct panic_cpu_ops panic_ops = {
    .stop_others = stop_for_panic, .show_others = show_others, .stop_here = stop_here};

void stop_init(void)
{
    ipi_set_handler(IPI_STOP, stop_here);
    panic_set_cpu_ops(&panic_ops);
}
