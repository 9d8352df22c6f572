/* SPDX-License-Identifier: MIT */
/* Requests of interrupt lines, and the threads of their second halves. */
#include "irq_internal.h"

#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/percpu.h>
#include <keel/string.h>

static const struct irq_thread_ops *threads;

/* What serves a request without a first half. */
static enum irq_result only_wake(void *arg)
{
    return IRQ_WAKE_THREAD;
}

static bool is_edge(enum irq_trigger trigger)
{
    return trigger == IRQ_EDGE_RISING || trigger == IRQ_EDGE_FALLING || trigger == IRQ_EDGE_BOTH;
}

/* Masks the line once on behalf of the second half. */
static void hold_line(struct irq *irq)
{
    struct irq_line *line = irq->line;
    unsigned long flags = spin_lock(&line->lock);

    if (!irq->holds) {
        WRITE_ONCE(irq->holds, true);
        irq_line_mask(line);
    }
    spin_unlock(&line->lock, flags);
}

/* Takes that back, if it has not been. */
static void let_line_go(struct irq *irq)
{
    struct irq_line *line = irq->line;
    unsigned long flags = spin_lock(&line->lock);

    if (irq->holds) {
        WRITE_ONCE(irq->holds, false);
        irq_line_unmask(line);
    }
    spin_unlock(&line->lock, flags);
}

/* Runs in the request's thread. */
static void second_half(void *arg)
{
    struct irq *irq = arg;

    irq->req.thread(irq->req.arg);
    if (READ_ONCE(irq->holds)) {
        let_line_go(irq);
    }
}

/* A level line would interrupt again at once: its thread unmasks it. Of an edge the next may come. */
void irq_wake_thread(struct irq *irq)
{
    void *thread;

    if (!irq->req.thread) {
        return;
    }
    if (!is_edge(irq->line->trigger)) {
        hold_line(irq);
    }
    __atomic_store_n(&irq->woken, 1, __ATOMIC_SEQ_CST);
    thread = __atomic_load_n(&irq->thread, __ATOMIC_SEQ_CST);
    if (thread) {
        threads->wake(thread);
    }
}

/* Gives a request its thread, when there can be threads; wakes it for what has come until then. */
static int start_thread(struct irq *irq)
{
    void *thread = NULL;
    unsigned long flags;
    int err;

    if (!irq->req.thread || !threads) {
        return 0;
    }
    err = threads->start(irq->req.name, second_half, irq, &thread);
    if (err < 0) {
        return err;
    }
    __atomic_store_n(&irq->thread, thread, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&irq->woken, __ATOMIC_SEQ_CST)) {
        flags = arch_irq_save();
        threads->wake(thread);
        arch_irq_restore(flags);
    }
    return 0;
}

static void start_line_threads(struct irq_line *line)
{
    for (struct irq *irq = line ? line->requests : NULL; irq; irq = irq->next) {
        if (!irq->thread && start_thread(irq) < 0) {
            irq_mask(irq);
        }
    }
}

/* At boot, when nobody else requests or releases. */
void irq_set_thread_ops(const struct irq_thread_ops *ops)
{
    threads = ops;
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        for (unsigned hw = 0; hw < chip->lines; hw++) {
            start_line_threads(chip->line[hw]);
        }
    }
}

static struct irq_chip *chip_of(int node)
{
    struct irq_chip *chip = irq_chips;

    while (chip && chip->node != node) {
        chip = chip->next;
    }
    return chip;
}

static struct irq_line *new_line(struct irq_chip *chip, unsigned hw)
{
    bool percpu = hw < chip->percpu_lines;
    size_t stride = percpu ? IRQ_CACHE_LINE : sizeof(struct irq_line_cpu);
    struct irq_line *line = kmalloc_aligned(sizeof(*line) + CPUS_MAX * stride, IRQ_CACHE_LINE);

    if (line) {
        memset(line, 0, sizeof(*line) + CPUS_MAX * stride);
        *line = (struct irq_line){.chip = chip,
                                  .hw = hw,
                                  .stride = (uint32_t)stride,
                                  .depth = 1,
                                  .cpu = -1,
                                  .percpu = percpu};
        for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
            irq_line_cpu(line, cpu)->depth = 1;
        }
    }
    return line;
}

/* The line, made when nobody had requested it before; then it stays. */
static struct irq_line *line_of(struct irq_chip *chip, unsigned hw)
{
    struct irq_line *line = __atomic_load_n(&chip->line[hw], __ATOMIC_ACQUIRE);
    struct irq_line *there = NULL;

    if (line) {
        return line;
    }
    line = new_line(chip, hw);
    if (line && !__atomic_compare_exchange_n(&chip->line[hw], &there, line, false, __ATOMIC_SEQ_CST,
                                             __ATOMIC_SEQ_CST)) {
        kfree(line);
        line = there;
    }
    return line;
}

/* Whether a request goes along with those that the line has. Its lock is held. */
static bool can_share(const struct irq_line *line, const struct irq_request *request)
{
    for (const struct irq *other = line->requests; other; other = other->next) {
        if ((other->req.flags & request->flags & IRQ_SHARED) == 0) {
            return false;
        }
    }
    return !line->requests || request->trigger == IRQ_TRIGGER_DEFAULT ||
           request->trigger == line->trigger;
}

/* Makes a line that nobody had fit for its first request. Its lock is held. */
static int set_up_line(struct irq_line *line, enum irq_trigger trigger)
{
    const struct irq_chip_ops *ops = line->chip->ops;
    int err = 0;

    if (trigger != IRQ_TRIGGER_DEFAULT && ops->set_trigger) {
        err = ops->set_trigger(line->chip, line->hw, trigger);
    }
    if (err == 0 && !line->percpu && ops->set_affinity) {
        line->cpu = ops->set_affinity(line->chip, line->hw, cpumask_of(0));
    }
    if (err == 0) {
        line->trigger = trigger;
        line->storm = false;
    }
    return err;
}

/* Behind the requests that the line has. Its lock is held. */
static void link_request(struct irq *irq)
{
    struct irq **link = &irq->line->requests;

    while (*link) {
        link = &(*link)->next;
    }
    __atomic_store_n(link, irq, __ATOMIC_RELEASE);
}

static int join_line(struct irq *irq)
{
    struct irq_line *line = irq->line;
    unsigned long flags = spin_lock(&line->lock);
    int err = can_share(line, &irq->req) ? 0 : -EBUSY;
    bool first = !line->requests;

    if (err == 0 && first) {
        err = set_up_line(line, irq->req.trigger);
    }
    if (err == 0) {
        link_request(irq);
    }
    if (err == 0 && first && (irq->req.flags & IRQ_MASKED) == 0) {
        irq_line_unmask(line);
    }
    spin_unlock(&line->lock, flags);
    return err;
}

/* A thread of a line that each CPU has would unmask it on a CPU of its own choice. */
static bool is_sane(const struct irq_chip *chip, unsigned hw, const struct irq_request *request)
{
    return request->name && (request->handler || request->thread) && hw < chip->lines &&
           !(chip->none_is_0 && hw == 0) && !(request->thread && hw < chip->percpu_lines) &&
           (request->flags & (IRQ_SHARED | IRQ_MASKED)) != (IRQ_SHARED | IRQ_MASKED);
}

int irq_request_line(struct irq_chip *chip, unsigned hw, const struct irq_request *request,
                     struct irq **out)
{
    struct irq *irq;
    int err;

    if (!is_sane(chip, hw, request)) {
        return -EINVAL;
    }
    irq = kzalloc(sizeof(*irq));
    if (!irq) {
        return -ENOMEM;
    }
    irq->req = *request;
    irq->req.handler = request->handler ? request->handler : only_wake;
    irq->line = line_of(chip, hw);
    err = irq->line ? start_thread(irq) : -ENOMEM;
    if (err == 0) {
        *out = irq;
        err = join_line(irq);
    }
    if (err < 0) {
        if (irq->thread) {
            threads->stop(irq->thread);
        }
        kfree(irq);
    }
    return err;
}

int irq_request(const struct fdt_irq *spec, const struct irq_request *request, struct irq **out)
{
    struct irq_chip *chip = chip_of(spec->controller);
    struct irq_request mine = *request;
    enum irq_trigger trigger = IRQ_TRIGGER_DEFAULT;
    unsigned hw = 0;
    int err = chip ? chip->ops->translate(chip, spec->cells, spec->count, &hw, &trigger) : -ENXIO;

    if (mine.trigger == IRQ_TRIGGER_DEFAULT) {
        mine.trigger = trigger;
    }
    return err < 0 ? err : irq_request_line(chip, hw, &mine, out);
}

static void unlink_request(struct irq *irq)
{
    struct irq **link = &irq->line->requests;

    while (*link != irq) {
        link = &(*link)->next;
    }
    WRITE_ONCE(*link, irq->next);
}

/* Takes the request off its line, which is masked for good when it was the last: then nothing is left
 * of masks, its second half's neither. */
static void leave_line(struct irq *irq)
{
    struct irq_line *line = irq->line;
    unsigned long flags = spin_lock(&line->lock);

    unlink_request(irq);
    if (!line->requests) {
        line->chip->ops->mask(line->chip, line->hw);
        line->depth = 1;
        WRITE_ONCE(irq->holds, false);
        for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
            irq_line_cpu(line, cpu)->depth = 1;
        }
    }
    spin_unlock(&line->lock, flags);
}

/* Returns when each CPU that ran handlers of the line has come to their end. */
static void wait_for_handlers(struct irq_line *line)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        const uint32_t *running = &irq_line_cpu(line, cpu)->running;
        uint32_t then = __atomic_load_n(running, __ATOMIC_ACQUIRE);

        while (then % 2 != 0 && __atomic_load_n(running, __ATOMIC_ACQUIRE) == then) {
            arch_cpu_relax();
        }
    }
}

void irq_release(struct irq *irq)
{
    leave_line(irq);
    wait_for_handlers(irq->line);
    if (irq->thread) {
        threads->stop(irq->thread);
    }
    let_line_go(irq);
    kfree(irq);
}
