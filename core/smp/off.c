/* SPDX-License-Identifier: MIT */
/* Turns CPUs off and on again while the others run.
 *
 * Who asks a CPU for something looks at cpu_online() and asks with interrupts off. So the CPU that goes
 * takes itself out of that set, has every other one take an interrupt, and serves what came until then:
 * after that nobody asks it for anything. */
#include "smp_internal.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/irqs_off.h>
#include <keel/mutex.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/timer.h>

#define PATIENCE_NS     30000000000ull /* for a CPU to go */
#define PATIENCE_ROUNDS 2000000000u    /* the same where there is no time */

static struct mutex turn; /* of those who turn a CPU off or on */
static int refusal;       /* what the way off said to the CPU that stays */

/* --- On the CPU that goes, as its idle thread --- */

static void nothing(void *arg)
{
    (void)arg;
}

/* Lets go of all that others may want of this CPU. Interrupts off. */
static void withdraw(const struct cpu *cpu)
{
    arch_irq_enable();
    irq_cpu_leave();
    cpu_set_offline(cpu->index);
    smp_call(CPUMASK_ALL, nothing, NULL, true);
    arch_irq_disable();
    ipi_handle();
    if (stop_is_wanted()) {
        stop_here();
    }
    start_take_down();
    if (IS_ENABLED(CONFIG_IRQS_OFF)) {
        irqs_off_forget();
    }
}

/* As it comes up, but that it goes on from where it is. Interrupts off. */
static void come_back(struct cpu *cpu)
{
    const char *failed;

    cpu_change_state(cpu, CPU_OFF, CPU_SETTING_UP);
    failed = start_set_up();
    if (failed) {
        cpu->refused = failed;
        cpu_change_state(cpu, CPU_SETTING_UP, CPU_FAILED);
        arch_halt();
    }
    start_online(cpu);
    cpu_change_state(cpu, CPU_SETTING_UP, CPU_ONLINE);
}

void smp_leave(void)
{
    struct cpu *cpu = cpu_entry(cpu_index());

    if (!cpu_change_state(cpu, CPU_LEAVING, CPU_STOPPING)) {
        return;
    }
    current_head()->preempt_off++;
    withdraw(cpu);
    cpu_change_state(cpu, CPU_STOPPING, CPU_OFF);
    refusal = start_method(cpu)->off(cpu);
    come_back(cpu);
    current_head()->preempt_off--;
}

/* --- On the CPU that asks --- */

/* 0: it is off; -EAGAIN: it is on its way; else it stays. */
static int outcome(const struct cpu *cpu, const struct cpu_start_method *method)
{
    switch (cpu_get_state(cpu)) {
    case CPU_OFF:
        return !method->is_off || method->is_off(cpu) ? 0 : -EAGAIN;
    case CPU_ONLINE:
        return refusal;
    case CPU_FAILED:
        return -EIO;
    default:
        return -EAGAIN;
    }
}

/* What the CPU had of its own. It touches none of it any more. */
static void take_over(unsigned index)
{
    timer_migrate(index);
    smp_threads->collect(index);
    heap_leave_cpu(index);
    pmm_leave_cpu(index);
}

/* It has let nothing go yet, and stays; or is lost. */
static int give_up(struct cpu *cpu)
{
    if (cpu_change_state(cpu, CPU_LEAVING, CPU_ONLINE)) {
        smp_threads->admit(cpu->index);
    } else if (cpu_change_state(cpu, CPU_STOPPING, CPU_FAILED)) {
        cpu->refused = "it did not go off in time";
    } else if (cpu_change_state(cpu, CPU_OFF, CPU_FAILED)) {
        cpu->refused = "firmware does not turn it off";
        take_over(cpu->index);
    }
    return -ETIMEDOUT;
}

static int wait_until_off(struct cpu *cpu, const struct cpu_start_method *method)
{
    uint64_t end = clock_ns() + PATIENCE_NS;
    int err = outcome(cpu, method);

    for (uint32_t i = 0; err == -EAGAIN && i < PATIENCE_ROUNDS; i++) {
        if (clock_hz() != 0 && clock_ns() >= end) {
            break;
        }
        arch_cpu_relax();
        err = outcome(cpu, method);
    }
    return err == -EAGAIN ? give_up(cpu) : err;
}

static int turn_off(struct cpu *cpu)
{
    const struct cpu_start_method *method = start_method(cpu);
    int err = method->off ? smp_threads->evacuate(cpu->index) : -ENOTSUP;

    if (err == 0) {
        cpu_change_state(cpu, CPU_ONLINE, CPU_LEAVING);
        smp_threads->leave(cpu->index);
        err = wait_until_off(cpu, method);
    }
    if (err == 0 || (err == -EIO && cpu_get_state(cpu) == CPU_FAILED)) {
        take_over(cpu->index);
    }
    return err;
}

static int try_off(unsigned index)
{
    struct cpu *cpu = cpu_entry(index);

    if (cpu_get_state(cpu) != CPU_ONLINE) {
        return -ENODEV;
    }
    return index == 0 ? -EBUSY : turn_off(cpu);
}

static int try_on(unsigned index)
{
    switch (cpu_get_state(cpu_entry(index))) {
    case CPU_OFF:
        return start_again(cpu_entry(index));
    case CPU_ONLINE:
        return -EBUSY;
    default:
        return -ENODEV;
    }
}

/* One at a time. */
static int in_turn(int (*change)(unsigned index), unsigned index)
{
    int err;

    if (index >= cpu_count()) {
        return -EINVAL;
    }
    mutex_lock(&turn);
    err = change(index);
    mutex_unlock(&turn);
    return err;
}

int smp_cpu_off(unsigned index)
{
    return in_turn(try_off, index);
}

int smp_cpu_on(unsigned index)
{
    return in_turn(try_on, index);
}
