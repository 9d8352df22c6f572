/* SPDX-License-Identifier: MIT */
/* Slots of a handle table, for the files of core/object. All here expect the table's lock. */
#ifndef OBJECT_HANDLE_TABLE_H
#define OBJECT_HANDLE_TABLE_H

#include "handle_code.h"

#include <keel/handle.h>
#include <keel/nospec.h>

#define CHUNK_SHIFT    8u /* slots in a chunk, log 2: a page */
#define CHUNK_SLOTS    (1u << CHUNK_SHIFT)
#define CHUNKS_MAX     (HANDLE_COUNT_MAX / CHUNK_SLOTS)
#define HANDLE_NO_SLOT HANDLE_COUNT_MAX

_Static_assert(HANDLE_COUNT_MAX == 1u << HANDLE_INDEX_BITS, "a slot for every index");

struct handle_slot {
    union {
        struct object *object; /* while it has a handle */
        uint32_t next_free;    /* while it is free */
    };
    keel_handle_t value; /* its handle; 0 while it has none */
    union {
        uint32_t meta;      /* meta_of(), while it has a handle */
        keel_handle_t next; /* the handle that comes here next, while it has none */
    };
};

static inline struct handle_slot *slot_at(const struct handle_table *table, uint32_t index)
{
    return &table->directory[index >> CHUNK_SHIFT][index & (CHUNK_SLOTS - 1)];
}

/* Where a number from user space would be. There always is such a slot; it has the handle if its value
 * is that. */
static inline struct handle_slot *slot_of(const struct handle_table *table, keel_handle_t handle)
{
    return slot_at(table,
                   (uint32_t)index_nospec(handle_index(table->secret, handle), table->capacity));
}

/* The slot of a handle that is in the table; NULL: it is not. */
static inline struct handle_slot *slot_find(const struct handle_table *table, keel_handle_t handle)
{
    struct handle_slot *slot = slot_of(table, handle);

    return likely(slot->value == handle && handle != KEEL_HANDLE_INVALID) ? slot : NULL;
}

/* Makes a slot that has a handle reserved for the same one. */
static inline struct loose_handle slot_empty(struct handle_slot *slot)
{
    struct loose_handle loose = {slot->object, slot->meta & KEEL_RIGHTS_ALL};

    slot->next = slot->value;
    slot->value = 0;
    return loose;
}

/* handle_table.c: puts a reserved slot behind the free ones. */
void slot_free(struct handle_table *table, keel_handle_t reserved);

#endif
