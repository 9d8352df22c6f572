/* SPDX-License-Identifier: MIT */
/* Levels of ready threads, and how threads sink, rise, and are saved from starving. */
#include "runqueue.h"

static const unsigned slice_ticks[PRIORITY_COUNT] = {
    [PRIORITY_IDLE] = CONFIG_SCHED_SLICE_IDLE,         [PRIORITY_LOW] = CONFIG_SCHED_SLICE_LOW,
    [PRIORITY_NORMAL] = CONFIG_SCHED_SLICE_NORMAL,     [PRIORITY_HIGH] = CONFIG_SCHED_SLICE_HIGH,
    [PRIORITY_REALTIME] = CONFIG_SCHED_SLICE_REALTIME,
};

static uint64_t tick_units = SCHED_TICK_NS;

void sched_set_tick_units(uint64_t units)
{
    tick_units = units;
}

uint64_t sched_slice(enum priority band)
{
    return slice_ticks[band] * tick_units;
}

void runqueue_init(struct runqueue *queue)
{
    *queue = (struct runqueue){0};
    for (unsigned level = 0; level < LEVELS; level++) {
        list_init(&queue->levels[level]);
    }
}

unsigned entity_urgency(const struct entity *e)
{
    unsigned own = e->band == PRIORITY_REALTIME ? LEVEL_REALTIME
                                                : (e->band + 1u) * CONFIG_SCHED_LEVELS - e->sunk;

    return MAX(own, (unsigned)e->boost);
}

void entity_set_level(struct entity *e)
{
    unsigned own = entity_urgency(e);

    e->level = (uint8_t)(e->rescued ? MAX(own, (unsigned)LEVEL_RESCUE) : own);
}

void entity_refill(struct entity *e)
{
    e->slice_end = e->cpu_time + sched_slice((enum priority)e->band);
}

void entity_init(struct entity *e, enum priority band)
{
    *e = (struct entity){.band = (uint8_t)band};
    entity_refill(e);
    entity_set_level(e);
}

/* Of its slice, in units; below 0 when it has had more. */
static int64_t left(const struct entity *e)
{
    return (int64_t)(e->slice_end - e->cpu_time);
}

static void sink(struct entity *e)
{
    if (e->band != PRIORITY_REALTIME && e->sunk < CONFIG_SCHED_LEVELS - 1) {
        e->sunk++;
    }
    entity_refill(e);
}

bool entity_tick(struct entity *e)
{
    bool over = left(e) <= (int64_t)tick_units / 2;

    if (over) {
        sink(e);
    }
    if (e->rescued) { /* its turn was one tick */
        e->rescued = false;
        over = true;
    }
    if (over) {
        entity_set_level(e);
    }
    return over;
}

void entity_wake(struct entity *e)
{
    if (left(e) > (int64_t)sched_slice((enum priority)e->band) / 2) {
        e->sunk -= e->sunk > 0;
        entity_refill(e);
    } else if (left(e) <= 0) {
        sink(e);
    }
    e->rescued = false;
    entity_set_level(e);
}

/* The first of a level counts as the one who has waited longest, so that those behind one who comes
 * and goes are not forgotten. */
void runqueue_add_first(struct runqueue *queue, struct entity *e)
{
    struct list *level = &queue->levels[e->level];
    uint64_t since = list_is_empty(level)
                         ? queue->ticks
                         : list_first_entry(level, struct entity, node)->ready_since;

    runqueue_add(queue, e);
    e->ready_since = since;
    list_remove(&e->node);
    list_add_head(level, &e->node);
}

/* Times are compared by their distance: a queue may be younger than the wait of one that came to it. */
static bool is_later(const struct list_node *node, uint64_t since)
{
    return (int64_t)(list_entry(node, struct entity, node)->ready_since - since) > 0;
}

void runqueue_add_sorted(struct runqueue *queue, struct entity *e, uint64_t since)
{
    struct list *level = &queue->levels[e->level];
    struct list_node *place = level->head.prev;

    if (place != &level->head && is_later(level->head.next, since)) {
        place = &level->head;
    }
    while (place != &level->head && is_later(place, since)) {
        place = place->prev;
    }
    list_add_after(place, &e->node);
    e->ready_since = since;
    e->queued = true;
    queue->bitmap |= BIT(63 - e->level);
    WRITE_ONCE(queue->count, queue->count + 1);
}

void runqueue_relevel(struct runqueue *queue, struct entity *e)
{
    if (e->queued) {
        runqueue_remove(queue, e);
        entity_set_level(e);
        runqueue_add_sorted(queue, e, e->ready_since);
    } else {
        entity_set_level(e);
    }
}

void runqueue_set_wait(struct runqueue *queue, struct entity *e, uint64_t ticks)
{
    runqueue_remove(queue, e);
    runqueue_add_sorted(queue, e, queue->ticks - ticks);
}

void runqueue_move(struct runqueue *from, struct runqueue *to, struct entity *e)
{
    uint64_t waited = from->ticks - e->ready_since;

    runqueue_remove(from, e);
    runqueue_add_sorted(to, e, to->ticks - waited);
}

/* Of the firsts of all levels the one who has waited longest, and longer than the limit. */
static struct entity *most_starved(const struct runqueue *queue)
{
    uint64_t left = queue->bitmap & ~(BIT(64 - LEVEL_RESCUE) - 1);
    uint64_t longest = CONFIG_SCHED_STARVATION_TICKS - 1;
    struct entity *found = NULL;

    for (; left != 0; left &= left - 1) {
        const struct list *level = &queue->levels[63 - bits_lowest(left)];
        struct entity *e = list_first_entry(level, struct entity, node);

        if ((int64_t)(queue->ticks - e->ready_since) > (int64_t)longest) {
            longest = queue->ticks - e->ready_since;
            found = e;
        }
    }
    return found;
}

bool runqueue_tick(struct runqueue *queue, uint64_t ticks)
{
    struct entity *e;
    uint64_t since;

    queue->ticks += ticks;
    if (queue->ticks < queue->next_rescue) {
        return false;
    }
    e = most_starved(queue);
    if (!e) {
        return false;
    }
    queue->next_rescue = queue->ticks + CONFIG_SCHED_RESCUE_TICKS;
    queue->rescues++;
    since = e->ready_since;
    runqueue_remove(queue, e);
    e->rescued = true;
    entity_set_level(e);
    runqueue_add(queue, e);
    e->ready_since = since;
    return true;
}
