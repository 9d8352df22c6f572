/* SPDX-License-Identifier: MIT */
/* The parts of the timers' heap that are not needed for every timer set and cancelled. */
#include "timer_heap.h"

/* Makes the later of two the first child of the other, which is returned; a where they are equal. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (b->latest < a->latest) {
        struct timer *swap = a;

        a = b;
        b = swap;
    }
    timer_heap_link(&a->child, b, a->child);
    return a;
}

/* One heap of a list of siblings: pairs from the front, then melds the pairs from the back. */
static struct timer *meld_all(struct timer *list)
{
    struct timer *pairs = NULL;
    struct timer *all = NULL;

    while (list) {
        struct timer *a = list;
        struct timer *b = a->next;

        list = b ? b->next : NULL;
        a = b ? meld(a, b) : a;
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct timer *next = pairs->next;

        all = all ? meld(pairs, all) : pairs;
        pairs = next;
    }
    return all;
}

/* Gathers the first TIMER_HEAP_BATCH children of the root, as often as n can be divided by that. */
static void gather(struct timer *root, unsigned n)
{
    for (; n % TIMER_HEAP_BATCH == 0; n /= TIMER_HEAP_BATCH) {
        struct timer *first = root->child;
        struct timer *last = first;

        for (unsigned i = 1; i < TIMER_HEAP_BATCH && last->next; i++) {
            last = last->next;
        }
        root->child = last->next;
        last->next = NULL;
        timer_heap_link(&root->child, meld_all(first), root->child);
    }
}

/* Makes t the first of all. */
static void push_root(struct timer_heap *heap, struct timer *t)
{
    struct timer *root = heap->root;

    t->child = NULL;
    heap->entered++;
    timer_heap_link(&heap->root, t, NULL);
    if (root) {
        timer_heap_link(&t->child, root, NULL);
    }
}

void timer_heap_insert(struct timer_heap *heap, struct timer *t)
{
    if (!heap->root || t->latest < heap->root->latest) {
        push_root(heap, t);
        return;
    }
    timer_heap_push(heap, heap->root, t);
    if (heap->entered % TIMER_HEAP_BATCH == 0) {
        gather(heap->root, heap->entered);
    }
}

void timer_heap_remove(struct timer_heap *heap, struct timer *t)
{
    struct timer *next = t->next;

    if (timer_heap_is_outer(heap, t)) {
        timer_heap_remove_outer(heap, t);
        return;
    }
    heap->removed++;
    if (t->child) {
        timer_heap_link(t->link, meld_all(t->child), next);
    } else {
        heap->root = NULL;
    }
    timer_heap_set_link(t, NULL);
}
