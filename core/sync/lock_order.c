/* SPDX-License-Identifier: MIT */
/* The graph of lock classes: an edge from each that was held to each that was taken meanwhile. */
#include "lock_order.h"

#include <arch/cpu.h>
#include <keel/string.h>

#define CLASSES    256u /* more are not looked at */
#define EDGES      1024u
#define HASH_SLOTS 512u

struct edge {
    uint16_t from, to;
    virt_addr_t from_site, to_site;
};

static struct {
    uint32_t busy;                /* a lock of its own, which nobody checks */
    virt_addr_t classes[CLASSES]; /* from 1 */
    unsigned class_count;
    uint16_t slots[HASH_SLOTS]; /* to numbers of classes */
    struct edge edges[EDGES];
    unsigned edge_count;
    uint64_t after[CLASSES][CLASSES / 64]; /* which were taken while this was held */
} order;

static void lock_graph(void)
{
    while (__atomic_exchange_n(&order.busy, 1, __ATOMIC_ACQUIRE)) {
        arch_cpu_relax();
    }
}

static void unlock_graph(void)
{
    __atomic_store_n(&order.busy, 0, __ATOMIC_RELEASE);
}

/* The number of a class, entered if it is new; 0: there are too many. */
static unsigned number_of(virt_addr_t class)
{
    unsigned slot = (unsigned)(class * UINT64_C(0x9e3779b97f4a7c15) >> 40) % HASH_SLOTS;

    while (order.slots[slot] != 0) {
        if (order.classes[order.slots[slot]] == class) {
            return order.slots[slot];
        }
        slot = (slot + 1) % HASH_SLOTS;
    }
    if (order.class_count == CLASSES - 1) {
        return 0;
    }
    order.slots[slot] = (uint16_t)++order.class_count;
    order.classes[order.class_count] = class;
    return order.class_count;
}

static bool is_after(unsigned from, unsigned to)
{
    return (order.after[from][to / 64] >> to % 64 & 1) != 0;
}

/* The first step of a way from one class to another: the class it leads to; 0: there is none. Breadth
 * first, from the end back. */
static unsigned first_step(unsigned from, unsigned to)
{
    static uint16_t queue[CLASSES];
    static uint64_t seen[CLASSES / 64];
    unsigned head = 0, tail = 0;

    memset(seen, 0, sizeof(seen));
    queue[tail++] = (uint16_t)to;
    while (head < tail) {
        unsigned at = queue[head++];

        if (is_after(from, at)) {
            return at;
        }
        for (unsigned i = 1; i <= order.class_count; i++) {
            if (is_after(i, at) && (seen[i / 64] >> i % 64 & 1) == 0) {
                seen[i / 64] |= UINT64_C(1) << i % 64;
                queue[tail++] = (uint16_t)i;
            }
        }
    }
    return 0;
}

static const struct edge *edge_between(unsigned from, unsigned to)
{
    for (unsigned i = 0; i < order.edge_count; i++) {
        if (order.edges[i].from == from && order.edges[i].to == to) {
            return &order.edges[i];
        }
    }
    return NULL;
}

static void enter(unsigned from, unsigned to, virt_addr_t from_site, virt_addr_t to_site)
{
    if (order.edge_count < EDGES) {
        order.edges[order.edge_count++] = (struct edge){
            .from = (uint16_t)from, .to = (uint16_t)to, .from_site = from_site, .to_site = to_site};
    }
    order.after[from][to / 64] |= UINT64_C(1) << to % 64;
}

bool lock_order_note(virt_addr_t held_class, virt_addr_t held_site, virt_addr_t class,
                     virt_addr_t site, virt_addr_t *before_site, virt_addr_t *before_held)
{
    unsigned from, to, step = 0;

    lock_graph();
    from = number_of(held_class);
    to = number_of(class);
    if (from != to && from != 0 && to != 0 && !is_after(from, to)) {
        step = first_step(to, from);
        if (step != 0) {
            const struct edge *edge = edge_between(to, step);

            *before_held = edge ? edge->from_site : 0;
            *before_site = edge ? edge->to_site : 0;
        }
        enter(from, to, held_site, site);
    }
    unlock_graph();
    return step == 0;
}

void lock_order_forget(void)
{
    lock_graph();
    memset(order.slots, 0, sizeof(order.slots));
    memset(order.after, 0, sizeof(order.after));
    order.class_count = 0;
    order.edge_count = 0;
    unlock_graph();
}
