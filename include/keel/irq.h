/* SPDX-License-Identifier: MIT */
/* Interrupts (T10): controllers are drivers, lines are requested by what the tree says of them. */
#ifndef KEEL_IRQ_H
#define KEEL_IRQ_H

#include <keel/cpumask.h>
#include <keel/fdt.h>
#include <keel/types.h>

struct device;

enum irq_trigger {
    IRQ_TRIGGER_DEFAULT, /* as the controller is set up already */
    IRQ_EDGE_RISING,
    IRQ_EDGE_FALLING,
    IRQ_EDGE_BOTH,
    IRQ_LEVEL_HIGH,
    IRQ_LEVEL_LOW,
};

struct irq_chip;

/* A controller's operations on its line `hw`. All run with interrupts off, on any CPU unless said. */
struct irq_chip_ops {
    /* The meaning of an interrupt specifier of this controller's binding: which line, which trigger.
     * -EINVAL: impossible. */
    int (*translate)(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                     enum irq_trigger *trigger);
    void (*mask)(struct irq_chip *chip, unsigned hw);
    void (*unmask)(struct irq_chip *chip, unsigned hw);
    /* Makes the line interrupt as its device would; NULL: it cannot. */
    void (*raise)(struct irq_chip *chip, unsigned hw);
    /* -ENOTSUP: the line cannot be triggered so. NULL: all triggers are fixed. */
    int (*set_trigger)(struct irq_chip *chip, unsigned hw, enum irq_trigger trigger);
    /* Routes the line to one CPU of the set; returns which, or -ENOTSUP. NULL: fixed. */
    int (*set_affinity)(struct irq_chip *chip, unsigned hw, cpumask_t cpus);
    /* 0 is the most urgent, 255 the least. NULL: the controller has none. */
    int (*set_priority)(struct irq_chip *chip, unsigned hw, unsigned priority);
    /* Ends the handling of a line that irq_dispatch() was called for; after its handlers, before any
     * thread of theirs runs (a level line that a thread serves is masked meanwhile: a controller that
     * takes no end for a masked line must see to it). */
    void (*eoi)(struct irq_chip *chip, unsigned hw);
    /* Sets up the calling CPU's part; on every CPU but the boot CPU as it comes up. 0, or -errno: no
     * line is routed there. NULL: there is nothing to do. */
    int (*start_cpu)(struct irq_chip *chip);
};

struct irq_line;

/* A controller, owned by its driver, kept for ever. */
struct irq_chip {
    const char *name; /* "gic", "plic": as `irqs` prints it */
    const struct irq_chip_ops *ops;
    int node;       /* in system_fdt; specifiers that name it are its own */
    unsigned lines; /* hw numbers 0 to lines - 1 */
    bool none_is_0; /* but number 0 is no line */
    /* Lines 0 to percpu_lines - 1 exist once per CPU (GIC SGI and PPI, local interrupts): mask and
     * unmask act on the calling CPU. */
    unsigned percpu_lines;
    void *priv;
    struct irq_line **line; /* core's; NULL for lines that were never requested */
    struct irq_chip *next;
};

/* Makes a controller known, all of its lines masked. On the boot CPU, whose part is set up. 0, or
 * -ENOMEM. */
int irq_chip_register(struct irq_chip *chip);

/* Sets up interrupts of the calling CPU, on its way up, interrupts off; then lines may be routed to it.
 * Per-CPU lines stay masked there until their owner unmasks them. 0, or the first -errno of a
 * start_cpu(). */
int irq_cpu_start(void);

/* Routes the lines of the calling CPU, which goes off, to others. Interrupts on: what is on its way still
 * comes here. */
void irq_cpu_leave(void);

/* Masks the lines that the calling CPU has of its own, as before irq_cpu_start(). Interrupts off. */
void irq_cpu_stop(void);

/* The CPUs that lines may be routed to. */
cpumask_t irq_cpus(void);

/* The port's trap code calls the root controller for every interrupt; set once per machine by the
 * controller next to the CPU. The function acknowledges, dispatches, until nothing is pending. */
void irq_set_root(void (*handle)(void));

/* Called by the port on an interrupt, interrupts off: counts, calls the root controller, and then the
 * scheduler's hook for the way out (it may switch threads when `preemptible`). */
void irq_handle(bool preemptible);

/* Called by a controller for each line that fired (hw < chip->lines): counts, runs its handlers, eoi.
 * A line that nobody has requested, or whose handlers find nothing again and again, or that leaves the
 * CPU no time, is masked, and the log says so. */
void irq_dispatch(struct irq_chip *chip, unsigned hw);

/* Called by a controller that was interrupted for no line. Counted per CPU. */
void irq_spurious(struct irq_chip *chip);

/* What the first half found. */
enum irq_result {
    IRQ_NONE, /* not its device: a line where all say so again and again is a storm */
    IRQ_HANDLED,
    IRQ_WAKE_THREAD, /* handled so far; the second half is to run, in a thread */
};

typedef enum irq_result irq_handler_t(void *arg);
typedef void irq_thread_t(void *arg);

struct irq; /* a request */

struct irq_request {
    const char *name;       /* as `irqs` prints it; kept */
    irq_handler_t *handler; /* first half: interrupts off. NULL: just wakes the thread */
    irq_thread_t *thread; /* second half: a thread of High priority, may sleep. NULL: none. Not for
                             * lines that each CPU has */
    void *arg;
    unsigned flags;
    enum irq_trigger trigger; /* IRQ_TRIGGER_DEFAULT: as the tree says */
};
#define IRQ_SHARED (1u << 0) /* others may have the line too; all must say so */
#define IRQ_MASKED (1u << 1) /* comes up masked; irq_unmask() starts it */

/* Requests the line of a decoded specifier (device_interrupt()). 0 and *out; -ENXIO: no driver for the
 * controller (yet: see `interrupts` of struct driver); -EINVAL (specifier, request), -EBUSY (taken, or
 * shared with another trigger), -ENOMEM, -ENOTSUP (trigger). The request runs on the CPU that the line is
 * routed to, the boot CPU at first. A line that each CPU has comes up on the calling CPU alone. */
int irq_request(const struct fdt_irq *spec, const struct irq_request *request, struct irq **out);

/* The same for a line by controller and number, for ports that know (ISA lines, local interrupts). */
int irq_request_line(struct irq_chip *chip, unsigned hw, const struct irq_request *request,
                     struct irq **out);

/* The line with a number, as user space knows lines: its own at the controller that devices' lines lead to;
 * where there are several, they are counted through in the order of registration. -ENXIO. */
int irq_find_line(unsigned number, struct irq_chip **chip, unsigned *hw);

/* Gives it up; returns when no CPU runs its handlers any more. Not from its own handler. */
void irq_release(struct irq *irq);

/* Nest; on a per-CPU line they act on the calling CPU. Any context. */
void irq_mask(struct irq *irq);
void irq_unmask(struct irq *irq);

/* The CPU it was routed to, or -ENOTSUP, -EINVAL (no online CPU in the set). */
int irq_set_affinity(struct irq *irq, cpumask_t cpus);

/* Interrupts as the device would, for tests; an edge, or a level that is gone when it is handled. On a
 * per-CPU line, the calling CPU. -ENOTSUP: the controller has no such thing. */
int irq_raise(struct irq *irq);

/* 0 is the most urgent, 255 the least; all have the same otherwise. -ENOTSUP. */
int irq_set_priority(struct irq *irq, unsigned priority);

/* Whether this CPU is in an interrupt handler. */
bool irq_in_handler(void);

/* The scheduler's part, set once: on the way out of the last nested handler. */
void irq_set_exit_hook(void (*hook)(bool preemptible));

/* The threads of second halves: also the scheduler's part, since threads lie above. */
struct irq_thread_ops {
    /* Makes a thread of High priority, named so, that calls run(arg) once or more after each wake().
     * 0 and *out, or -errno. May sleep. */
    int (*start)(const char *name, void (*run)(void *arg), void *arg, void **out);
    void (*wake)(void *thread); /* interrupts off */
    void (*stop)(void *thread); /* ends and frees it; returns when run() runs no more. May sleep */
};

/* Set once, when threads can run; second halves that were asked for until then run now. */
void irq_set_thread_ops(const struct irq_thread_ops *ops);

/* Sums over all lines and CPUs. */
struct irq_stats {
    uint64_t taken;    /* times that irq_handle() was called */
    uint64_t handled;  /* interrupts of requested lines */
    uint64_t spurious; /* for no line */
    uint64_t strays;   /* of lines that nobody has requested */
    unsigned lines;    /* that somebody has requested */
    unsigned storms;   /* lines masked for a storm, since the boot */
};
void irq_get_stats(struct irq_stats *out);

/* Logs them in a line, and in another how long interrupts were off where that is measured. */
void irq_report(void);

/* How often the request's line has interrupted that CPU. */
uint64_t irq_count(const struct irq *irq, unsigned cpu);

#endif
