/* SPDX-License-Identifier: MIT */
/* One-shot timers: a heap per CPU, run by the interrupt of the CPU's event device. */
#include "clockevent.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/trace.h>

/* When many timers are due at once, an interrupt runs so many, and the next one comes after a pause in which
 * interrupts are on. */
#define DUE_BATCH    64u
#define DUE_PAUSE_NS 10000u

void timer_init(struct timer *timer, timer_fn_t *fn)
{
    *timer = (struct timer){.fn = fn};
}

/* Whether a timer is that CPU's; cpu->lock held. */
static inline bool belongs_to(const struct timer *timer, unsigned cpu)
{
    return READ_ONCE(timer->cpu) == cpu;
}

static inline struct timer_cpu *lock_heap_of(const struct timer *timer)
{
    for (;;) {
        uint32_t at = READ_ONCE(timer->cpu);
        struct timer_cpu *cpu = &timer_cpus[at];

        spin_lock_irqoff(&cpu->lock);
        if (likely(belongs_to(timer, at))) {
            return cpu;
        }
        spin_unlock_irqoff(&cpu->lock);
    }
}

/* Both heaps' locks, in the order of the CPUs' numbers: what a timer's `cpu` changes under, so that one of
 * them is enough to know that a timer is there and where it is linked. */
static void lock_both(unsigned a, unsigned b)
{
    spin_lock_irqoff(&timer_cpus[MIN(a, b)].lock);
    if (a != b) {
        spin_lock_irqoff(&timer_cpus[MAX(a, b)].lock);
    }
}

static void unlock_both(unsigned a, unsigned b)
{
    if (a != b) {
        spin_unlock_irqoff(&timer_cpus[MAX(a, b)].lock);
    }
    spin_unlock_irqoff(&timer_cpus[MIN(a, b)].lock);
}

/* Takes a timer out of the heap it is in, and returns the one that it goes to, locked: the calling CPU's,
 * or, while its callback runs, that CPU's, so that none runs on two CPUs. */
static __noinline struct timer_cpu *take_over(struct timer *timer, unsigned self)
{
    for (;;) {
        uint32_t at = READ_ONCE(timer->cpu);
        struct timer_cpu *from = &timer_cpus[at], *to = &timer_cpus[self];

        lock_both(at, self);
        if (!belongs_to(timer, at)) {
            unlock_both(at, self);
            continue;
        }
        if (timer->link) {
            timer_heap_remove(&from->heap, timer);
        }
        if (from == to) {
            return to;
        }
        if (from->running == timer) {
            spin_unlock_irqoff(&to->lock);
            return from;
        }
        WRITE_ONCE(timer->cpu, self);
        spin_unlock_irqoff(&from->lock);
        return to;
    }
}

/* The whole of it, interrupts off; cpu->lock of the calling CPU held, and let go. */
static __noinline void set_any(struct timer_cpu *cpu, struct timer *timer, uint64_t deadline,
                               uint64_t latest, unsigned long irq)
{
    unsigned self = cpu_index();

    if (!belongs_to(timer, self)) {
        spin_unlock_irqoff(&cpu->lock);
        cpu = take_over(timer, self);
    } else if (timer->link) {
        timer_heap_remove(&cpu->heap, timer);
    }
    timer->deadline = deadline;
    timer->latest = latest;
    timer_heap_insert(&cpu->heap, timer);
    /* Of a CPU that runs callbacks, another one's too, the deadline is 0 until they are done. */
    if (latest < cpu->deadline) {
        clockevent_program(cpu, latest);
    }
    spin_unlock(&cpu->lock, irq);
}

static inline uint64_t latest_of(uint64_t deadline, uint64_t slack)
{
    return deadline + slack < deadline ? TIMER_NEVER : deadline + slack;
}

static __noinline void set_waiting(struct timer *timer, uint64_t deadline, uint64_t slack,
                                   unsigned long irq, uint32_t ticket)
{
    struct timer_cpu *cpu = &timer_cpus[cpu_index()];

    spin_wait_turn(&cpu->lock, ticket);
    set_any(cpu, timer, deadline, latest_of(deadline, slack), irq);
}

static __noinline void set_traced(struct timer *timer, uint64_t deadline, uint64_t slack,
                                  unsigned long irq)
{
    struct timer_cpu *cpu = &timer_cpus[cpu_index()];

    trace_record(TRACE_TIMER_SET, 0, (uintptr_t)timer, deadline);
    spin_lock_irqoff(&cpu->lock);
    set_any(cpu, timer, deadline, latest_of(deadline, slack), irq);
}

/* Here is what most settings come to: of an own timer that is not set, later than another. What else there
 * may be to do ends elsewhere, so that this needs no stack. */
void timer_set(struct timer *timer, uint64_t deadline_ns, uint64_t slack_ns)
{
    unsigned long irq = arch_irq_save();
    unsigned self = cpu_index();
    struct timer_cpu *cpu = &timer_cpus[self];
    uint64_t latest;
    uint32_t ticket;

    if (trace_is_on(TRACE_TIMER_SET)) {
        set_traced(timer, deadline_ns, slack_ns, irq);
        return;
    }
    if (!spin_lock_or_queue(&cpu->lock, &ticket)) {
        set_waiting(timer, deadline_ns, slack_ns, irq, ticket);
        return;
    }
    latest = latest_of(deadline_ns, slack_ns);
    if (unlikely(!belongs_to(timer, self) || timer->link ||
                 !timer_heap_push_suffices(&cpu->heap, latest))) {
        set_any(cpu, timer, deadline_ns, latest, irq);
        return;
    }
    timer_heap_push(&cpu->heap, cpu->heap.root, timer);
    timer->deadline = deadline_ns;
    timer->latest = latest;
    spin_unlock(&cpu->lock, irq);
}

/* The whole of it, no lock held; interrupts off. */
static __noinline bool cancel_any(struct timer *timer, unsigned long irq)
{
    struct timer_cpu *cpu = lock_heap_of(timer);
    bool set = timer->link != NULL;

    if (set) {
        timer_heap_remove(&cpu->heap, timer);
    }
    spin_unlock(&cpu->lock, irq);
    return set;
}

static __noinline bool cancel_waiting(struct timer *timer, struct timer_cpu *cpu, unsigned long irq,
                                      uint32_t ticket)
{
    spin_wait_turn(&cpu->lock, ticket);
    spin_unlock_irqoff(&cpu->lock);
    return cancel_any(timer, irq);
}

/* As timer_set(). The device stays as it is: an interrupt too many now and then costs less. */
bool timer_cancel(struct timer *timer)
{
    unsigned long irq = arch_irq_save();
    uint32_t at = READ_ONCE(timer->cpu);
    struct timer_cpu *cpu = &timer_cpus[at];
    uint32_t ticket;

    if (!spin_lock_or_queue(&cpu->lock, &ticket)) {
        return cancel_waiting(timer, cpu, irq, ticket);
    }
    if (unlikely(!belongs_to(timer, at) || !timer->link ||
                 !timer_heap_is_outer(&cpu->heap, timer))) {
        spin_unlock_irqoff(&cpu->lock);
        return cancel_any(timer, irq);
    }
    timer_heap_remove_outer(&cpu->heap, timer);
    spin_unlock(&cpu->lock, irq);
    return true;
}

bool timer_cancel_sync(struct timer *timer)
{
    bool cancelled = false;

    for (;;) {
        unsigned long irq = arch_irq_save();
        struct timer_cpu *cpu = lock_heap_of(timer);
        bool elsewhere = cpu->running == timer && cpu != &timer_cpus[cpu_index()];

        if (timer->link) {
            timer_heap_remove(&cpu->heap, timer);
            cancelled = true;
        }
        spin_unlock(&cpu->lock, irq);
        if (!elsewhere) {
            return cancelled;
        }
        arch_cpu_relax();
    }
}

/* The first timer, if its deadline has come. */
static struct timer *take_due(struct timer_cpu *cpu, uint64_t now)
{
    struct timer *timer = cpu->heap.root;

    if (!timer || timer->deadline > now) {
        return NULL;
    }
    timer_heap_remove(&cpu->heap, timer);
    if (now > timer->latest && now - timer->latest > cpu->worst_late) {
        cpu->worst_late = now - timer->latest;
    }
    return timer;
}

/* cpu->lock is held, but not meanwhile. */
static inline void run_one(struct timer_cpu *cpu, struct timer *timer)
{
    timer_fn_t *fn = timer->fn;

    cpu->running = timer;
    cpu->expired++;
    spin_unlock_irqoff(&cpu->lock);
    trace_point(TRACE_TIMER_ENTER, 0, (uintptr_t)timer, (uintptr_t)fn);
    fn(timer);
    trace_point(TRACE_TIMER_EXIT, 0, (uintptr_t)timer, 0);
    spin_lock_irqoff(&cpu->lock);
    cpu->running = NULL;
}

/* Runs the callbacks of so many timers whose time has come by `now`, at most; whether that is all. After a
 * callback its timer may be gone: only the address is compared. cpu->lock held. */
static bool run_due(struct timer_cpu *cpu, uint64_t now)
{
    for (unsigned n = 0; n < DUE_BATCH; n++) {
        struct timer *timer = take_due(cpu, now);

        if (!timer) {
            return true;
        }
        run_one(cpu, timer);
    }
    return !cpu->heap.root || cpu->heap.root->deadline > now;
}

/* Sets the device for the first timer. */
static void program_first(struct timer_cpu *cpu)
{
    clockevent_program(cpu, cpu->heap.root ? cpu->heap.root->latest : TIMER_NEVER);
}

void clockevent_fired(void)
{
    struct timer_cpu *cpu = &timer_cpus[cpu_index()];

    spin_lock_irqoff(&cpu->lock);
    cpu->interrupts++;
    cpu->deadline = 0;
    if (likely(run_due(cpu, clock_ns()))) {
        program_first(cpu);
    } else {
        clockevent_program(cpu, clock_ns() + DUE_PAUSE_NS);
    }
    spin_unlock_irqoff(&cpu->lock);
}

/* Both locked. */
static void move_all(struct timer_cpu *from, unsigned self)
{
    struct timer_cpu *to = &timer_cpus[self];

    while (from->heap.root) {
        struct timer *timer = from->heap.root;

        timer_heap_remove(&from->heap, timer);
        WRITE_ONCE(timer->cpu, self);
        timer_heap_insert(&to->heap, timer);
    }
    if (to->heap.root && to->heap.root->latest < to->deadline) {
        program_first(to);
    }
}

void timer_migrate(unsigned from_cpu)
{
    unsigned long irq = arch_irq_save();
    unsigned self = cpu_index();

    if (self != from_cpu) {
        lock_both(self, from_cpu);
        move_all(&timer_cpus[from_cpu], self);
        unlock_both(self, from_cpu);
    }
    arch_irq_restore(irq);
}

void timer_start(void)
{
    struct timer_cpu *cpu = &timer_cpus[cpu_index()];

    spin_lock_irqoff(&cpu->lock);
    program_first(cpu);
    spin_unlock_irqoff(&cpu->lock);
}

void timer_get_stats(unsigned cpu, struct timer_stats *stats)
{
    struct timer_cpu *of = &timer_cpus[cpu];
    unsigned long irq = spin_lock(&of->lock);

    *stats = (struct timer_stats){
        .set = timer_heap_count(&of->heap),
        .next_ns = of->heap.root ? of->heap.root->latest : TIMER_NEVER,
        .interrupts = of->interrupts,
        .expired = of->expired,
        .programmed = READ_ONCE(of->programmed),
        .worst_late_ns = of->worst_late,
    };
    spin_unlock(&of->lock, irq);
}
