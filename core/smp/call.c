/* SPDX-License-Identifier: MIT */
/* Functions that one CPU has others run.
 *
 * There is a slot from each CPU to each, and who finds his taken waits for the other to look at it. CPUs
 * that call each other must not wait for ever, also with interrupts off, and yet not serve calls within
 * calls without end. So calls have two ranks, with slots of their own: the first are those that come from
 * outside of any call, the second those from a function that was called. Who waits on behalf of a rank
 * serves that rank and the ones above it. A function of the second rank calls nobody, so it ends; hence
 * all waits of the second rank end, hence functions of the first do, hence its waits. CPUs that have been
 * stopped run nothing: they are neither asked nor waited for.
 */
#include "smp_internal.h"

#include <arch/cpu.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/panic.h>
#include <keel/string.h>

#define RANKS 2u

struct call_slot {
    void (*fn)(void *arg);
    void *arg;
    cpumask_t *left; /* the waiting caller's: CPUs to wait for; NULL: nobody waits */
    uint32_t taken;
} __aligned(32);

static struct {
    cpumask_t senders[RANKS]; /* who has filled the slot that leads here */
    unsigned depth;           /* of calls that run here now: the rank of those they make */
} __aligned(64) calls[CPUS_MAX];

static struct call_slot *slots; /* [(rank * slot_cpus + target) * slot_cpus + sender] */
static unsigned slot_cpus;

int call_init(unsigned cpus)
{
    size_t size = RANKS * (size_t)cpus * cpus * sizeof(*slots);

    slots = kmalloc_aligned(size, _Alignof(struct call_slot));
    if (!slots) {
        return -ENOMEM;
    }
    memset(slots, 0, size);
    slot_cpus = cpus;
    ipi_set_handler(IPI_CALL, call_serve);
    return 0;
}

static struct call_slot *slot_of(unsigned rank, unsigned target, unsigned sender)
{
    return &slots[((size_t)rank * slot_cpus + target) * slot_cpus + sender];
}

/* Whoever waits for the call need not wait for that CPU any more. */
static void release_caller(cpumask_t *left, unsigned cpu)
{
    if (left) {
        __atomic_fetch_and(left, ~cpumask_of(cpu), __ATOMIC_RELEASE);
    }
}

/* Frees the slot before it runs the function, which may take long. */
static void run_slot(struct call_slot *slot, unsigned cpu, unsigned rank)
{
    struct call_slot call = *slot;
    unsigned before = calls[cpu].depth;

    __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
    calls[cpu].depth = rank + 1;
    call.fn(call.arg);
    calls[cpu].depth = before;
    release_caller(call.left, cpu);
}

/* One by one: a function that waits in here serves the rest. */
static void serve_rank(unsigned rank)
{
    unsigned cpu = cpu_index();
    cpumask_t *senders = &calls[cpu].senders[rank];
    cpumask_t now;

    while ((now = __atomic_load_n(senders, __ATOMIC_ACQUIRE)) != 0) {
        unsigned sender = cpumask_first(now);

        __atomic_fetch_and(senders, ~cpumask_of(sender), __ATOMIC_ACQ_REL);
        run_slot(slot_of(rank, cpu, sender), cpu, rank);
    }
}

static void serve_from(unsigned rank)
{
    for (unsigned above = RANKS; above-- > rank;) {
        serve_rank(above);
    }
}

void call_serve(void)
{
    serve_from(calls[cpu_index()].depth);
}

static bool slot_is_taken(const struct call_slot *slot)
{
    return __atomic_load_n(&slot->taken, __ATOMIC_ACQUIRE) != 0;
}

/* Whether a call of before is still to be looked at, by a CPU that will. */
static bool must_wait(const struct call_slot *slot, unsigned cpu)
{
    return slot_is_taken(slot) && !cpumask_has(stop_gone(), cpu);
}

/* Asks each CPU of the set, not the own one. Interrupts off. */
static void ask(cpumask_t cpus, const struct call_slot *call)
{
    unsigned self = cpu_index();
    unsigned rank = calls[self].depth;
    cpumask_t told = 0;
    unsigned cpu;

    KASSERT_MSG(rank < RANKS, "a call from within a call from within a call");
    cpumask_for_each(cpu, cpus)
    {
        struct call_slot *slot = slot_of(rank, cpu, self);

        if (slot_is_taken(slot)) {
            ipi_send(told, IPI_CALL); /* a call that is served meanwhile may wait for these */
            told = 0;
            while (must_wait(slot, cpu)) {
                serve_from(rank);
                arch_cpu_relax();
            }
        }
        if (unlikely(!cpumask_has(cpu_online(), cpu))) { /* it went off while this waited */
            release_caller(call->left, cpu);
            continue;
        }
        *slot = *call;
        __atomic_fetch_or(&calls[cpu].senders[rank], cpumask_of(self), __ATOMIC_ACQ_REL);
        told |= cpumask_of(cpu);
    }
    ipi_send(told, IPI_CALL);
}

/* With interrupts off, as in a call, nothing else would serve the others. */
static void wait_for(const cpumask_t *left)
{
    while ((__atomic_load_n(left, __ATOMIC_ACQUIRE) & ~stop_gone()) != 0) {
        if (!arch_irq_enabled()) {
            call_serve();
        }
        arch_cpu_relax();
    }
}

static void run_here(void (*fn)(void *arg), void *arg)
{
    unsigned cpu = cpu_index();

    calls[cpu].depth++;
    fn(arg);
    calls[cpu].depth--;
}

void smp_call(cpumask_t cpus, void (*fn)(void *arg), void *arg, bool wait)
{
    unsigned long irq = arch_irq_save();
    cpumask_t own = cpumask_of(cpu_index());
    cpumask_t others = cpus & cpu_online() & ~own & ~stop_gone();
    cpumask_t left = others;
    struct call_slot call = {.fn = fn, .arg = arg, .left = wait ? &left : NULL, .taken = 1};

    if (others != 0) {
        ask(others, &call);
    }
    if ((cpus & own) != 0) {
        run_here(fn, arg);
    }
    arch_irq_restore(irq);
    if (wait) {
        wait_for(&left);
    }
}
