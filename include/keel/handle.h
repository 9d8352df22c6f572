/* SPDX-License-Identifier: MIT */
/* Handles (O1): a process's table from numbers to objects and rights. handle_get() is the one way from a
 * handle to an object. All but handle_table_init() and _destroy() may be called by many at once, in any
 * context but interrupts, with no spinlock held unless said otherwise. */
#ifndef KEEL_HANDLE_H
#define KEEL_HANDLE_H

#include <keel/object.h>

#define HANDLE_COUNT_MAX (1u << 18)

struct handle_slot;

/* The members are core/object's own. */
struct handle_table {
    struct spinlock lock;
    uint32_t secret;                /* masks the values */
    uint32_t capacity;              /* slots that there is memory for */
    struct handle_slot **directory; /* chunks of slots */
    struct handle_slot *first;      /* the directory, while one chunk is enough */
    uint32_t fresh;                 /* slots from here on were never used */
    uint32_t free_head, free_tail;  /* those that were, oldest first; HANDLE_COUNT_MAX: none */
    uint32_t used;                  /* slots with a handle, or reserved */
    uint32_t limit;                 /* of them; at most HANDLE_COUNT_MAX */
    bool closing;                   /* takes no more */
};

/* A handle outside of any table: in a message, or on its way. It counts as a handle of the object. */
struct loose_handle {
    struct object *object;
    keel_rights_t rights;
};

/* -ENOMEM. A table that failed to initialise need not be destroyed. Any context. */
int handle_table_init(struct handle_table *table);

/* Frees the memory of a table with no handles left: after handle_table_close(). */
void handle_table_destroy(struct handle_table *table);

/* For a process that ends, nobody else using the table any more but to look handles up: closes some more
 * handles, up to `most`; true: there are still some. From the first call on the table takes none. */
bool handle_table_close(struct handle_table *table, unsigned most);

/* Handles in the table. */
uint32_t handle_table_count(struct handle_table *table);

/*
 * The object behind a handle, with a reference for the caller. `type` is KEEL_OBJ_TYPE_NONE where any will
 * do. -EBADF: no such handle; -ENOTTY: another type; -EACCES: not all of `rights`, in this order.
 */
int handle_get(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
               keel_rights_t rights, struct object **out) __must_check;

/* The same, and tells what rights the handle has. */
int handle_get_rights(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
                      keel_rights_t rights, struct object **out, keel_rights_t *has) __must_check;

/* Type (KEEL_OBJ_TYPE_NONE: any) and rights that a handle must have, as tables keep them: what is looked at, and how
 * it must be. */
#define HANDLE_TYPE_SHIFT 27u
#define HANDLE_DEMAND(type, rights)                                                            \
    (((type) != 0 ? UINT64_C(31) << HANDLE_TYPE_SHIFT | (rights) : (uint64_t)(rights)) << 32 | \
     (uint64_t)(type) << HANDLE_TYPE_SHIFT | (rights))

/* As handle_get() for a HANDLE_DEMAND(), but only says (NULL) that the handle will not do. Interrupts off. */
struct object *handle_get_quick(struct handle_table *table, keel_handle_t handle,
                                uint64_t demand) __must_check;

/* The same with a handle of the calling thread's process; interrupts are on before and after. */
struct object *handle_get_mine(keel_handle_t handle, uint64_t demand) __must_check;

/* What handle_get() says of a handle that was just refused. */
int handle_refusal(keel_handle_t handle, uint64_t demand);

/* Whether a handle names this object still. */
bool handle_names(struct handle_table *table, keel_handle_t handle, const struct object *object);

/* The handles by their places: the first one at *place or behind it, with a reference to its object; *place is
 * where to go on. False: there are no more. */
bool handle_next_in_table(struct handle_table *table, uint32_t *place, keel_handle_t *handle,
                          struct loose_handle *out);

/* --- New handles: reserved first, so that what follows cannot fail --- */

/* Reserves `count` slots; their future values go to `out`. They are bad handles until they are installed.
 * -ENOMEM; -ENOSPC: the table is full; -ECANCELED: the process ends. All or none. */
int handle_reserve(struct handle_table *table, keel_handle_t *out, unsigned count) __must_check;

/* Fills a reserved slot; the handle in the caller's hand becomes the table's. */
void handle_install(struct handle_table *table, keel_handle_t handle, struct loose_handle loose);

/* Gives reserved slots back. */
void handle_unreserve(struct handle_table *table, const keel_handle_t *handles, unsigned count);

/* --- Handles that leave --- */

/* Takes handles out of the table, all or none; their slots stay reserved: then handle_unreserve() when
 * they are gone for good, or handle_install() puts them back where they were. What threads wait for
 * through them ends with -ECANCELED. -EBADF: one is bad, or named twice; -EACCES: one has not `rights`;
 * `*bad` is its place. */
int handle_take(struct handle_table *table, const keel_handle_t *handles, unsigned count,
                keel_rights_t rights, struct loose_handle *out, unsigned *bad) __must_check;

/* What threads wait for through a handle that was taken out ends with -ECANCELED; packets of its waits
 * that are in ports stay. */
void handle_cancel_waits(struct handle_table *table, keel_handle_t handle, struct object *object);

/* Closes one. -EBADF; 0 for KEEL_HANDLE_INVALID. */
int handle_close(struct handle_table *table, keel_handle_t handle);

/* --- Handles to the same object --- */

/* A second handle with some of the rights, or KEEL_RIGHT_SAME_RIGHTS. -EBADF; -EACCES: no DUPLICATE;
 * -EINVAL: rights that the first does not have; as handle_reserve(). */
int handle_duplicate(struct handle_table *table, keel_handle_t handle, keel_rights_t rights,
                     keel_handle_t *out);

/* A handle in the place of one, which becomes bad, with some of its rights. -EBADF, -EINVAL: then the old
 * one stays. It needs no memory. */
int handle_replace(struct handle_table *table, keel_handle_t handle, keel_rights_t rights,
                   keel_handle_t *out);

#endif
