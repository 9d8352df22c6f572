/* SPDX-License-Identifier: MIT */
/* Which classes of locks were taken while which others were held. */
#ifndef CORE_SYNC_LOCK_ORDER_H
#define CORE_SYNC_LOCK_ORDER_H

#include <keel/lock_check.h>

/*
 * Notes that a lock of `class` is taken at `site` while one of `held_class` is held, taken at `held_site`.
 * False, once, when the other order, maybe through other classes, has been seen before: *before_site and
 * *before_held then say where its first step was, as site and held_site. Any context; interrupts off.
 */
bool lock_order_note(virt_addr_t held_class, virt_addr_t held_site, virt_addr_t class,
                     virt_addr_t site, virt_addr_t *before_site, virt_addr_t *before_held);

/* Forgets all, for tests. */
void lock_order_forget(void);

#endif
