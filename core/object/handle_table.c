/* SPDX-License-Identifier: MIT */
/* A table's memory: it grows by chunks that never move, slots that get free are taken again in turn. */
#include "handle_table.h"

#include <keel/heap.h>
#include <keel/panic.h>
#include <keel/prng.h>

int handle_table_init(struct handle_table *table)
{
    *table = (struct handle_table){.secret = (uint32_t)prng_next() & HANDLE_SECRET_MASK,
                                   .capacity = CHUNK_SLOTS,
                                   .free_head = HANDLE_NO_SLOT,
                                   .free_tail = HANDLE_NO_SLOT,
                                   .limit = HANDLE_COUNT_MAX};
    spin_init(&table->lock);
    table->first = kzalloc(CHUNK_SLOTS * sizeof(struct handle_slot));
    table->directory = &table->first;
    return table->first ? 0 : -ENOMEM;
}

void handle_table_destroy(struct handle_table *table)
{
    KASSERT(table->used == 0);
    for (uint32_t i = 0; i < table->capacity / CHUNK_SLOTS; i++) {
        kfree(table->directory[i]);
    }
    if (table->directory != &table->first) {
        kfree(table->directory);
    }
    table->capacity = 0;
}

uint32_t handle_table_count(struct handle_table *table)
{
    return __atomic_load_n(&table->used, __ATOMIC_RELAXED);
}

static void set_used(struct handle_table *table, uint32_t used)
{
    __atomic_store_n(&table->used, used, __ATOMIC_RELAXED);
}

/* Adds a chunk, unless somebody else just has: then nothing. */
static bool attach(struct handle_table *table, uint32_t capacity, struct handle_slot ***directory,
                   struct handle_slot *chunk)
{
    unsigned long irq = spin_lock(&table->lock);
    bool mine = table->capacity == capacity;

    if (mine) {
        if (*directory) {
            (*directory)[0] = table->first;
            table->directory = *directory;
            *directory = NULL;
        }
        table->directory[capacity / CHUNK_SLOTS] = chunk;
        table->capacity = capacity + CHUNK_SLOTS;
    }
    spin_unlock(&table->lock, irq);
    return mine;
}

/* Grows a table that had `capacity` slots. No lock held. */
static int grow(struct handle_table *table, uint32_t capacity)
{
    struct handle_slot *chunk = kzalloc(CHUNK_SLOTS * sizeof(*chunk));
    struct handle_slot **directory = NULL;

    if (chunk && capacity == CHUNK_SLOTS) {
        directory = kzalloc(CHUNKS_MAX * sizeof(struct handle_slot *));
    }
    if (!chunk || (capacity == CHUNK_SLOTS && !directory)) {
        kfree(chunk);
        return -ENOMEM;
    }
    if (!attach(table, capacity, &directory, chunk)) {
        kfree(chunk);
    }
    kfree(directory);
    return 0;
}

/* Free slots that there is memory for. Expects the lock. */
static uint32_t room(const struct handle_table *table)
{
    return table->capacity - table->used;
}

/* Takes a slot; there is room. Used ones first, the oldest of them: so values come again late. */
static keel_handle_t slot_take(struct handle_table *table)
{
    uint32_t index = table->free_head;
    struct handle_slot *slot;

    if (index == HANDLE_NO_SLOT) {
        index = table->fresh++;
        slot = slot_at(table, index);
        slot->next = handle_encode(table->secret, index, 0);
        return slot->next;
    }
    slot = slot_at(table, index);
    table->free_head = slot->next_free;
    if (table->free_head == HANDLE_NO_SLOT) {
        table->free_tail = HANDLE_NO_SLOT;
    }
    return slot->next;
}

void slot_free(struct handle_table *table, keel_handle_t reserved)
{
    uint32_t index = handle_index(table->secret, reserved);
    struct handle_slot *slot = slot_at(table, index);

    KASSERT(slot->value == 0 && slot->next == reserved);
    slot->next = handle_next(table->secret, reserved);
    slot->next_free = HANDLE_NO_SLOT;
    if (table->free_tail == HANDLE_NO_SLOT) {
        table->free_head = index;
    } else {
        slot_at(table, table->free_tail)->next_free = index;
    }
    table->free_tail = index;
    set_used(table, table->used - 1);
}

/* -ENOMEM: the table, whose size is then in *capacity, has to grow first. */
static int try_reserve(struct handle_table *table, keel_handle_t *out, unsigned count,
                       uint32_t *capacity)
{
    unsigned long irq = spin_lock(&table->lock);
    int err = 0;

    if (table->closing) {
        err = -ECANCELED;
    } else if (count > table->limit - table->used) {
        err = -ENOSPC;
    } else if (count > room(table)) {
        *capacity = table->capacity;
        err = -ENOMEM;
    } else {
        set_used(table, table->used + count);
        for (unsigned i = 0; i < count; i++) {
            out[i] = slot_take(table);
        }
    }
    spin_unlock(&table->lock, irq);
    return err;
}

int handle_reserve(struct handle_table *table, keel_handle_t *out, unsigned count)
{
    uint32_t capacity = 0;
    int err;

    while ((err = try_reserve(table, out, count, &capacity)) == -ENOMEM) {
        err = grow(table, capacity);
        if (err != 0) {
            return err;
        }
    }
    return err;
}

void handle_unreserve(struct handle_table *table, const keel_handle_t *handles, unsigned count)
{
    unsigned long irq = spin_lock(&table->lock);

    for (unsigned i = 0; i < count; i++) {
        slot_free(table, handles[i]);
    }
    spin_unlock(&table->lock, irq);
}

void handle_install(struct handle_table *table, keel_handle_t handle, struct loose_handle loose)
{
    unsigned long irq = spin_lock(&table->lock);
    struct handle_slot *slot = slot_at(table, handle_index(table->secret, handle));

    KASSERT(slot->value == 0 && slot->next == handle);
    slot->object = loose.object;
    slot->meta = meta_of(object_type(loose.object), loose.rights);
    slot->value = handle;
    spin_unlock(&table->lock, irq);
}
