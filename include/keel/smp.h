/* SPDX-License-Identifier: MIT */
/* The CPUs of the machine (T6): finding them in the tree, starting them, and talking to them. */
#ifndef KEEL_SMP_H
#define KEEL_SMP_H

#include <keel/compiler.h>
#include <keel/cpumask.h>
#include <keel/section.h>
#include <keel/types.h>

enum cpu_state {
    CPU_ABSENT,     /* no such index */
    CPU_PRESENT,    /* in the tree, not started */
    CPU_STARTING,   /* asked to start, has not come yet */
    CPU_SETTING_UP, /* has come, sets up its part of controllers and timers */
    CPU_ONLINE,
    CPU_LEAVING,  /* asked to go off, has not begun */
    CPU_STOPPING, /* lets go of all that it has */
    CPU_OFF,      /* by smp_cpu_off() */
    CPU_FAILED,   /* could not be started, or did not come or go in time */
    CPU_REFUSED,  /* must not run the kernel: disabled, without MMU, or one too many */
};

struct cpu {
    unsigned index;     /* 0 is the boot CPU, then in the tree's order */
    uint64_t hw_id;     /* MPIDR affinity, hart id, APIC id: `reg` of its node */
    int tree_node;      /* in system_fdt */
    unsigned numa_node; /* as include/keel/numa.h numbers them */
    enum cpu_state state;
    const char *refused; /* why, in words, when it is not running */
};

/* What is known of a CPU; NULL for an index past the last. */
const struct cpu *cpu_info(unsigned index);

/* CPUs known, running or not: indices 0 to cpu_count() - 1. */
unsigned cpu_count(void);

/* The CPUs that run the kernel. One that is seen here stays able to take interrupts until interrupts
 * have come on at the caller, also when it goes off. */
extern cpumask_t cpu_online_mask; /* core/smp's */

static inline cpumask_t cpu_online(void)
{
    return __atomic_load_n(&cpu_online_mask, __ATOMIC_ACQUIRE);
}

/* The index of the CPU with that hardware id, or -ENOENT. */
int cpu_by_hw_id(uint64_t hw_id);

/*
 * A way to start CPUs. `enable_method` is the value of the CPU node's property (or of /cpus) that it
 * serves; NULL: it serves CPUs of a tree that names none. start() makes the CPU enter at `entry` (a
 * physical address, MMU off where the architecture has it so) with `argument` as arch/smp.h says.
 * 0 when it was asked; the CPU then has a bounded time to come.
 * off() turns the calling CPU off, interrupts off: it returns only when that cannot be done, with a
 * negative errno. is_off() tells on another CPU, after the last step before off(), whether that is done;
 * NULL: it is then. Without off() such CPUs stay on.
 */
struct cpu_start_method {
    const char *name; /* as the boot log calls it: "PSCI" */
    const char *enable_method;
    int (*start)(const struct cpu *cpu, phys_addr_t entry, phys_addr_t argument);
    int (*off)(const struct cpu *cpu);
    bool (*is_off)(const struct cpu *cpu);
};

#define CPU_START_METHOD(ident, ...) \
    SECTION_ENTRY(cpu_start_methods, struct cpu_start_method, cpu_start_##ident) = {__VA_ARGS__}
SECTION_TABLE(cpu_start_methods, struct cpu_start_method);

/*
 * What a CPU runs: filled in by the scheduler, which lies above, before smp_start_cpus(). A CPU that
 * starts is its idle thread from its first instruction on: `current` is what its port gives to
 * arch_percpu_init(), and its stack is [current->stack_low, current->stack_high).
 */
struct smp_threads {
    /* Makes the idle thread of a CPU that is about to start. 0, or -ENOMEM. */
    int (*prepare)(unsigned cpu, struct thread_head **current);
    /* Lets threads go on on a CPU. On it, which is about to be online, interrupts off; and from a thread that
     * has evacuated it. */
    void (*admit)(unsigned cpu);
    /* On that CPU, which is online, on the idle thread's stack, interrupts off: runs threads. */
    __noreturn void (*run)(void);
    /* What a CPU runs that cannot be asked and does not go on by itself. In a panic. */
    const struct thread_head *(*running)(unsigned cpu);

    /* With CONFIG_CPU_OFF, from a thread: */

    /* Lets no thread go on on the CPU any more and those that were there go elsewhere. 0: only its idle
     * thread is left; -EBUSY: a thread may run on no other CPU; -ETIMEDOUT: one does not leave. */
    int (*evacuate)(unsigned cpu);
    /* Has the idle thread of a CPU that was evacuated call smp_leave(). */
    void (*leave)(unsigned cpu);
    /* Gives back what is kept for a CPU that is off. */
    void (*collect)(unsigned cpu);
};
extern const struct smp_threads *smp_threads; /* core/smp's variable */

/*
 * What a CPU finds when it starts: one for each, filled by core/smp and then by arch_smp_prepare(),
 * never changed or given back once the CPU was asked to start, since it may come at any time later.
 * `argument` above is its physical address. arch/smp.h says how the port gets from there to
 * smp_secondary_main().
 */
struct secondary_boot {
    virt_addr_t stack_top;       /* head's stack; 16-byte aligned */
    struct thread_head *head;    /* what the CPU runs as at first; its `cpu` is the index */
    uint64_t index;              /* of the CPU */
    struct secondary_boot *self; /* this, once the MMU is on */
    uint64_t arch[4];            /* the port's own */
};

/* Where the port hands over to: on the CPU itself, at virtual addresses, interrupts off, on the stack
 * and as the thread that `boot` names, traps set up. Does not return; it halts when the CPU has come
 * too late. Until it has found out, the port touches nothing that other CPUs write. */
__noreturn void smp_secondary_main(struct secondary_boot *boot);

/*
 * What is to be set up on each CPU as it comes up, after its interrupts (irq_cpu_start()). Called on the
 * CPU itself, interrupts off, before it is online, in the order of the stages and of registration within
 * one; an error leaves the CPU out. The boot CPU's part is up to the driver's probe function. undo() is
 * called on a CPU that goes off, interrupts off, the stages in reverse order; NULL: there is nothing to do
 * beyond masking the lines that each CPU has. Kept for ever; before smp_start_cpus().
 */
enum cpu_setup_stage {
    CPU_SETUP_TIMER,
    CPU_SETUP_REST,
    CPU_SETUP_STAGES,
};

struct cpu_setup {
    const char *failure; /* "its interrupt controller does not answer": why the CPU is left out */
    enum cpu_setup_stage stage;
    int (*setup)(void);
    void (*undo)(void);
    struct cpu_setup *next;
};

void cpu_setup_register(struct cpu_setup *setup);

/* Starts all CPUs that the tree has and may run, at most `cpus=` of them; returns when each is online
 * or left out with a line that says why. On the boot CPU, once, interrupts on. */
void smp_start_cpus(void);

/*
 * With CONFIG_CPU_OFF. Takes a CPU off: threads, timers and interrupt lines go elsewhere, what was kept in
 * stock for it goes back, and it is powered down or waits to be started. Returns when it is off.
 * -EINVAL: no such CPU; -ENODEV: it is not online; -EBUSY: it is the boot CPU, which stays, or a thread may
 * run on no other CPU that is on; -ENOTSUP: nothing can turn it off, or firmware does not; -ETIMEDOUT: a
 * thread does not let it go, and it is as before, or it is left out; other errors of firmware: it is as
 * before. From a thread that may sleep; one at a time, the others wait.
 */
int smp_cpu_off(unsigned index);

/* Starts a CPU that is off again, as at boot. -EINVAL: no such CPU; -EBUSY: it is online; -ENODEV: it is
 * not off; -ETIMEDOUT: it did not come, and is left out; or what firmware says, and it stays off. As
 * above. */
int smp_cpu_on(unsigned index);

/* For the idle thread of the calling CPU, after smp_threads->leave(), interrupts off: does not return when
 * the CPU goes off; when it returns, it stays. */
void smp_leave(void);

/* --- Interrupts from CPU to CPU --- */

/* Reasons to interrupt another CPU; several may be pending at once, one hardware interrupt serves. */
enum ipi {
    IPI_RESCHEDULE, /* look at the run queue */
    IPI_URGENT,     /* run what smp_call_urgent() wants */
    IPI_CALL,       /* run what smp_call() has queued */
    IPI_STOP,       /* stop for good: a panic elsewhere, or the end */
    IPI_COUNT,
};

/* The interrupt controller's way to raise the one interrupt that means "look at your reasons" at each
 * CPU of the set (the own may be among them); it makes earlier writes to memory visible first. Any
 * context, interrupts off. Set once, before any CPU is started. */
void ipi_set_sender(void (*send)(cpumask_t cpus));

/* Gives the CPUs of the set (the own may be among them) a reason. Any context. Ordered: what was
 * written before is seen by the handler. Where there is no way to raise that interrupt, the own CPU's
 * timer interrupts it instead, which is as good as IPI_RESCHEDULE; others get nothing. */
void ipi_send(cpumask_t cpus, enum ipi reason);

/* What the interrupt controller's driver calls on the CPU that was interrupted: runs the handlers of
 * all pending reasons. Interrupts off. */
void ipi_handle(void);

/* Who acts on a reason; IPI_RESCHEDULE is the scheduler's. Set once, at boot. */
void ipi_set_handler(enum ipi reason, void (*handler)(void));

/* How often a CPU has acted on a reason. */
uint64_t ipi_taken(unsigned cpu, enum ipi reason);

/*
 * Runs fn(arg) on every online CPU of the set (the own too, when it is in it), interrupts off there.
 * With `wait`, returns when all have returned; without, as soon as all were asked (fn and arg must
 * stay valid until each has run). Never allocates; may have to wait until the CPUs have looked at what
 * they were asked before. With interrupts off, and so from within fn, it serves the calls of others
 * meanwhile: no lock may be held then that one of them takes. fn may call others, what it calls may not.
 * Once CPUs are stopped (smp_stop_others()) nobody waits for those that then run nothing any more.
 */
void smp_call(cpumask_t cpus, void (*fn)(void *arg), void *arg, bool wait);

/*
 * The same for what cannot wait for interrupts to come on: with locks held and interrupts off, on both
 * sides. Returns when all have run fn(arg), the own CPU last. fn takes no lock and calls no CPU. A port
 * that uses it has arch_cpu_relax() look at waiting.h, so that CPUs that wait for a lock serve it.
 */
void smp_call_urgent(cpumask_t cpus, void (*fn)(void *arg), void *arg);

/* The interrupt controller's way to a CPU that has interrupts off, where there is one: what it raises is
 * for smp_stop_if_wanted(). Interrupts off. Set once, before any CPU is started. */
void smp_set_stop_sender(void (*send)(cpumask_t cpus));

/* What the port calls on an interrupt that cannot be masked, with where it has interrupted: stops this CPU
 * if another wants it to. */
void smp_stop_if_wanted(virt_addr_t pc, virt_addr_t fp);

/* Stops all other CPUs, for a panic or the end of the machine; gives up after a bounded time and returns
 * the set that did not stop. Any context. */
cpumask_t smp_stop_others(void);

#endif
