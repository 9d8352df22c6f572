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

void entity_set_level(struct entity *e)
{
    unsigned own = e->band == PRIORITY_REALTIME ? LEVEL_REALTIME
                                                : (e->band + 1u) * CONFIG_SCHED_LEVELS - e->sunk;

    if (e->rescued) {
        own = MAX(own, (unsigned)LEVEL_RESCUE);
    }
    e->level = (uint8_t)MAX(own, (unsigned)e->boost);
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

void runqueue_move(struct runqueue *from, struct runqueue *to, struct entity *e)
{
    uint64_t waited = from->ticks - e->ready_since;

    runqueue_remove(from, e);
    runqueue_add(to, e);
    e->ready_since = to->ticks - waited;
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
