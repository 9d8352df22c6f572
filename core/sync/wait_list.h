/* SPDX-License-Identifier: MIT */
/* Lists of waiters by urgency; whoever uses them holds the lock of what is waited for. */
#ifndef CORE_SYNC_WAIT_LIST_H
#define CORE_SYNC_WAIT_LIST_H

#include <keel/wait.h>

static inline struct waiter *wait_list_first(const struct wait_list *list)
{
    return !list->all.head.next || list_is_empty(&list->all)
               ? NULL
               : list_first_entry(&list->all, struct waiter, node);
}

/* Enters one behind those that are as urgent as waiter->key. */
void wait_list_add(struct wait_list *list, struct waiter *waiter);

/* Takes one out of the list it is in. */
void wait_list_remove(struct waiter *waiter);

/* Takes one out and makes its thread ready: it returns with `status`. Afterwards its memory may be gone. */
void wait_list_wake(struct waiter *waiter, int status);

#endif
