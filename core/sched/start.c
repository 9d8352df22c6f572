/* SPDX-License-Identifier: MIT */
/* The scheduler's beginning on each CPU: what runs becomes a thread. */
#include "deadline.h"
#include "idle.h"
#include "thread_internal.h"
#include "trace_command.h"

#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/printf.h>
#include <keel/smp.h>
#include <keel/subsystem.h>
#include <keel/tick.h>

static struct thread boot_thread;

static int make_idle(unsigned cpu, struct thread_head **current)
{
    struct thread_attr attr = {PRIORITY_IDLE, cpumask_of(cpu)};
    struct thread *idle = thread_stock_take();
    char name[THREAD_NAME_MAX];

    if (!idle) {
        return -ENOMEM;
    }
    ksnprintf(name, sizeof(name), "idle/%u", cpu);
    thread_set_up(idle, name, &attr);
    idle->sched = &sched_cpus[cpu];
    idle->head.cpu = cpu;
    idle->entry = idle_loop;
    idle->entity.level = 0;
    idle->state = THREAD_READY;
    idle->suspends = 0;
    arch_context_init(&idle->context, idle->head.stack_high);
    thread_register(idle);
    sched_cpus[cpu].idle = idle;
    sched_cpus[cpu].current = idle;
    *current = &idle->head;
    return 0;
}

/* On a CPU that has come up, as its idle thread. */
static __noreturn void run(void)
{
    struct sched_cpu *sched = sched_here();

    sched->current->state = THREAD_RUNNING;
    sched->since = arch_cputime_counter();
    idle_loop(NULL);
}

static const struct thread_head *running(unsigned cpu)
{
    const struct thread *thread = READ_ONCE(sched_cpus[cpu].current);

    return thread ? &thread->head : NULL;
}

static const struct smp_threads cpu_threads = {
    .prepare = make_idle,
    .admit = sched_admit,
    .run = run,
    .running = running,
    .evacuate = IS_ENABLED(CONFIG_CPU_OFF) ? sched_evacuate : NULL,
    .leave = IS_ENABLED(CONFIG_CPU_OFF) ? sched_leave_cpu : NULL,
    .collect = IS_ENABLED(CONFIG_CPU_OFF) ? thread_stock_drain : NULL,
};

/* The boot flow becomes a thread, on the stack that it has. It stays on the boot CPU. */
static void adopt_boot_thread(void)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(0)};
    struct sched_cpu *sched = &sched_cpus[0];

    boot_thread.head = *current_head();
    thread_set_up(&boot_thread, "boot", &attr);
    boot_thread.state = THREAD_RUNNING;
    thread_register(&boot_thread);
    sched->current = &boot_thread;
    sched_publish_level(sched);
    sched->since = arch_cputime_counter();
    arch_set_current(&boot_thread.head);
}

static void look_at_queue(void)
{
    /* The flag that was set says it; the way out of the interrupt acts on it. */
}

static int sched_init(void)
{
    struct thread_head *idle;

    cputime_init();
    if (IS_ENABLED(CONFIG_TRACE)) {
        trace_boot();
    }
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        sched_cpus[cpu].cpu = cpu;
        sched_cpus[cpu].mask = cpumask_of(cpu);
        runqueue_init(&sched_cpus[cpu].queue);
        if (IS_ENABLED(CONFIG_SCHED_DEADLINE)) {
            deadline_init(&sched_cpus[cpu]);
        }
    }
    sched_running = cpumask_of(0);
    if (make_idle(0, &idle) != 0) {
        return -ENOMEM;
    }
    adopt_boot_thread();
    wait_ops = &sched_wait_ops;
    smp_threads = &cpu_threads;
    ipi_set_handler(IPI_RESCHEDULE, look_at_queue);
    irq_set_exit_hook(sched_interrupt_exit);
    tick_set_hook(sched_tick);
    arch_irq_enable();
    return 0;
}

SUBSYSTEM(scheduler, .name = "scheduler", .early_init = sched_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"interrupt controller", "timers"});
