/* SPDX-License-Identifier: MIT */
/*
 * Intrusive doubly-linked lists. A struct list is a ring through the list_node members of its
 * entries; nothing is allocated and every operation takes constant time. The list does not own its
 * entries, and whoever shares it between CPUs brings the lock.
 */
#ifndef KEEL_LIST_H
#define KEEL_LIST_H

#include <keel/types.h>

struct list_node {
    struct list_node *next;
    struct list_node *prev;
};

struct list {
    struct list_node head; /* next is the first entry, prev the last */
};

/* The initialiser of an empty list. A node of all zeros is on no list. */
#define LIST_INIT(list)                \
    {                                  \
        {                              \
            &(list).head, &(list).head \
        }                              \
    }

static inline void list_init(struct list *list)
{
    list->head.next = &list->head;
    list->head.prev = &list->head;
}

static inline void list_node_init(struct list_node *node)
{
    node->next = NULL;
    node->prev = NULL;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

/* Whether node, initialised by list_node_init or removed from a list, is on a list now. */
static inline bool list_node_is_linked(const struct list_node *node)
{
    return node->next != NULL;
}

/* Puts node, which is on no list, behind (list_add_before: in front of) where. */
static inline void list_add_after(struct list_node *where, struct list_node *node)
{
    node->next = where->next;
    node->prev = where;
    where->next->prev = node;
    where->next = node;
}

static inline void list_add_before(struct list_node *where, struct list_node *node)
{
    list_add_after(where->prev, node);
}

static inline void list_add_head(struct list *list, struct list_node *node)
{
    list_add_after(&list->head, node);
}

static inline void list_add_tail(struct list *list, struct list_node *node)
{
    list_add_before(&list->head, node);
}

/* Takes node off the list it is on. */
static inline void list_remove(struct list_node *node)
{
    node->prev->next = node->next; // NOLINT(*NullDereference): it takes lists for able to loop
    node->next->prev = node->prev; // NOLINT(*NullDereference)
    list_node_init(node);
}

/* The first and last node, or NULL when the list is empty. */
static inline struct list_node *list_first(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.next;
}

static inline struct list_node *list_last(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.prev;
}

/* The node behind (list_prev: in front of) node, or NULL at the end. */
static inline struct list_node *list_next(const struct list *list, const struct list_node *node)
{
    return node->next == &list->head ? NULL : node->next;
}

static inline struct list_node *list_prev(const struct list *list, const struct list_node *node)
{
    return node->prev == &list->head ? NULL : node->prev;
}

/* Takes the first node off the list and returns it, or NULL when the list is empty. */
static inline struct list_node *list_remove_head(struct list *list)
{
    struct list_node *node = list_first(list);

    if (node) {
        list_remove(node);
    }
    return node;
}

/* Moves all of from to the end of list; from is empty afterwards. */
static inline void list_splice_tail(struct list *list, struct list *from)
{
    if (list_is_empty(from)) {
        return;
    }
    from->head.next->prev = list->head.prev;
    from->head.prev->next = &list->head;
    list->head.prev->next = from->head.next;
    list->head.prev = from->head.prev;
    list_init(from);
}

/* The number of nodes, by walking them all. */
static inline size_t list_length(const struct list *list)
{
    size_t n = 0;

    for (const struct list_node *node = list->head.next; node != &list->head; node = node->next) {
        n++;
    }
    return n;
}

/* From a node to the structure that holds it as member. */
#define list_entry(node, type, member)       container_of(node, type, member)

/* The first and last entry of a list that is not empty. */
#define list_first_entry(list, type, member) list_entry((list)->head.next, type, member)
#define list_last_entry(list, type, member)  list_entry((list)->head.prev, type, member)

/* Loops over nodes. In the _safe forms the body may remove pos; tmp is the loop's own. */
#define list_for_each(pos, list) \
    for ((pos) = (list)->head.next; (pos) != &(list)->head; (pos) = (pos)->next)

#define list_for_each_safe(pos, tmp, list)                                       \
    for ((pos) = (list)->head.next, (tmp) = (pos)->next; (pos) != &(list)->head; \
         (pos) = (tmp), (tmp) = (pos)->next)

/* Loops over entries: pos points to the structures that hold the nodes as member. */
#define list_for_each_entry(pos, list, member)                              \
    for ((pos) = list_entry((list)->head.next, __typeof__(*(pos)), member); \
         &(pos)->member != &(list)->head;                                   \
         (pos) = list_entry((pos)->member.next, __typeof__(*(pos)), member))

#define list_for_each_entry_safe(pos, tmp, list, member)                    \
    for ((pos) = list_entry((list)->head.next, __typeof__(*(pos)), member), \
        (tmp) = list_entry((pos)->member.next, __typeof__(*(pos)), member); \
         &(pos)->member != &(list)->head;                                   \
         (pos) = (tmp), (tmp) = list_entry((tmp)->member.next, __typeof__(*(tmp)), member))

#endif
