/* SPDX-License-Identifier: MIT */
/* Between the files of core/smp. */
#ifndef CORE_SMP_INTERNAL_H
#define CORE_SMP_INTERNAL_H

#include <keel/smp.h>

/* Reads the CPUs from the tree; on the boot CPU, before any other use of the table. */
void cpus_find(void);

/* Makes the index's entry writable to those that start it. */
struct cpu *cpu_entry(unsigned index);

/* Moves a CPU from one state to the next; false when it is not in the first (any more). What was
 * written before is seen by who reads the new state. */
bool cpu_change_state(struct cpu *cpu, enum cpu_state from, enum cpu_state to);
enum cpu_state cpu_get_state(const struct cpu *cpu);

/* From now on the CPU is among those that cpu_online() gives, or no longer. */
void cpu_set_online(unsigned index);
void cpu_set_offline(unsigned index);

/* The first way to start the CPU that the tree names and the kernel has; NULL: none. */
const struct cpu_start_method *start_method(const struct cpu *cpu);

/* Starts a CPU that is off once more, and waits for it. Errors as those of smp_cpu_on(). */
int start_again(struct cpu *cpu);

/* What each CPU does on its way up, interrupts off: NULL, or why it failed. And in reverse. */
const char *start_set_up(void);
void start_take_down(void);

/* The calling CPU, set up, runs threads and is asked for things from now on. Interrupts off. */
void start_online(const struct cpu *cpu);

/* Runs what the other CPUs have asked of this one so far. Interrupts off. */
void call_serve(void);

/* Whether there is a way to interrupt a CPU. */
bool ipi_possible(void);

/* Room for calls among that many CPUs. 0, -ENOMEM. Before others are online. */
int call_init(unsigned cpus);

/* Makes CPUs stoppable; on the boot CPU. */
void stop_init(void);

/* Ends this CPU, as others are told to; counted as stopped. Interrupts off. */
__noreturn void stop_here(void);

/* Has the panic that comes now show where these CPUs were. */
void stop_show(cpumask_t cpus);

/* Makes CPUs serve smp_call_urgent(); on the boot CPU. */
void urgent_init(void);

/* The CPUs that have stopped. */
cpumask_t stop_done(void);

/* The CPUs that answer nothing any more: those that have stopped and the one that stops all; to that
 * one, when it is done with it, all others. Interrupts off, or the answer may be another CPU's. */
cpumask_t stop_gone(void);

/* Whether smp_stop_others() was called: no CPU may come up any more. */
bool stop_is_wanted(void);

#endif
