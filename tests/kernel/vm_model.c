/* SPDX-License-Identifier: MIT */
/* Memory objects and address spaces under random operations, compared with a plain model after each. The
 * model keeps a byte for each quarter of a page, and whether the page has memory. */
#include "vm_model.h"

#include <arch/layout.h>
#include <keel/aspace.h>
#include <keel/errno.h>
#include <keel/pagetable.h>
#include <keel/string.h>
#include <keel/vmo.h>

#define OBJECTS    14u
#define PAGES_MAX  150u
#define CELLS      4u /* pieces of a page that are all of one value */
#define CELL       (PAGE_SIZE / CELLS)
#define SPACES     2u
#define WINDOW     96u /* pages that mappings lie in */
#define WINDOW_AT  0x40000000ull
#define PINS       4u
#define TOUCHES    6u  /* by one operation */
#define CHECK_EACH 64u /* operations between looks at everything */

/* What holds memory: an object that is no slice. Lives on while it is mapped or has slices. */
struct store {
    uint8_t cell[PAGES_MAX * CELLS];
    bool present[PAGES_MAX];
    uint64_t pages;
    unsigned users; /* objects below, and mapped pages */
    unsigned slices;
    bool in_a_row;
};

/* A slice: counted by its store as long as somebody has it or maps it. */
struct slice {
    unsigned users;
};

struct object {
    struct vmo *vmo; /* NULL: not in use */
    struct store *store;
    struct slice *slice; /* NULL: it is none */
    uint64_t first;      /* page of the store */
    uint64_t pages;      /* of a slice; others have the store's */
    bool is_slice, resizable;
};

struct slot {
    struct store *store; /* NULL: nothing is mapped */
    struct slice *slice; /* by which it was mapped */
    uint64_t page;
    uint32_t rights;
};

struct pin {
    struct object *object;
    uint64_t first, count; /* pages of the object */
};

static struct {
    const struct vm_model_host *host;
    struct vm_model_result *result;
    uint64_t random;
    struct store stores[OBJECTS + SPACES * WINDOW];
    struct slice slices[OBJECTS + SPACES * WINDOW];
    struct object objects[OBJECTS];
    struct aspace *spaces[SPACES];
    struct slot windows[SPACES][WINDOW];
    unsigned here; /* the space that runs */
    struct pin pins[PINS];
} m;

static uint8_t buffer[PAGES_MAX * PAGE_SIZE];

static void complain(const char *what, unsigned line)
{
    if (!m.result->complaint) {
        m.result->complaint = what;
        m.result->line = line;
    }
}

#define EXPECT(condition)                   \
    do {                                    \
        if (!(condition)) {                 \
            complain(#condition, __LINE__); \
        }                                   \
    } while (0)

/* SplitMix64. */
static uint64_t next_random(void)
{
    uint64_t z = m.random += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static uint64_t below(uint64_t limit)
{
    return next_random() % limit;
}

/* --- Objects of the model --- */

static uint64_t pages_of(const struct object *object)
{
    return object->is_slice ? object->pages : object->store->pages;
}

static uint8_t *cells_of(const struct object *object, uint64_t page)
{
    return &object->store->cell[(object->first + page) * CELLS];
}

/* One that is in use, or free for use, NULL when luck fails. */
static struct object *pick_object(bool used)
{
    for (unsigned tries = 0; tries < 8; tries++) {
        struct object *object = &m.objects[below(OBJECTS)];

        if ((object->vmo != NULL) == used) {
            return object;
        }
    }
    return NULL;
}

static struct store *new_store(uint64_t pages)
{
    for (unsigned i = 0; i < ARRAY_SIZE(m.stores); i++) {
        if (m.stores[i].users == 0) {
            memset(&m.stores[i], 0, sizeof(m.stores[i]));
            m.stores[i].pages = pages;
            m.stores[i].users = 1;
            return &m.stores[i];
        }
    }
    return NULL;
}

static struct slice *new_slice(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(m.slices); i++) {
        if (m.slices[i].users == 0) {
            m.slices[i].users = 1;
            return &m.slices[i];
        }
    }
    return NULL;
}

static void drop_slice(struct store *store, struct slice *slice)
{
    if (slice && --slice->users == 0) {
        store->slices--;
    }
}

/* A range of whole pages, small most of the time; false for an object of none. */
static bool pick_range(const struct object *object, uint64_t *first, uint64_t *count)
{
    uint64_t pages = pages_of(object);

    if (pages == 0) {
        return false;
    }
    *first = below(pages);
    *count = 1 + below(MIN(pages - *first, below(4) == 0 ? PAGES_MAX : 4));
    return true;
}

static bool is_pinned(const struct store *store, uint64_t first, uint64_t count)
{
    for (unsigned i = 0; i < PINS; i++) {
        const struct pin *pin = &m.pins[i];

        if (pin->object && pin->object->store == store &&
            pin->object->first + pin->first < first + count &&
            first < pin->object->first + pin->first + pin->count) {
            return true;
        }
    }
    return false;
}

static bool holds_pin(const struct object *object)
{
    for (unsigned i = 0; i < PINS; i++) {
        if (m.pins[i].object == object) {
            return true;
        }
    }
    return false;
}

static void set_present(const struct object *object, uint64_t first, uint64_t count, bool present)
{
    memset(&object->store->present[object->first + first], present, count * sizeof(bool));
}

/* --- Operations: each tells whether it did anything --- */

static bool op_create(void)
{
    struct object *object = pick_object(false);
    uint64_t pages = below(3) == 0 ? below(PAGES_MAX) + 1 : below(12);
    uint64_t kind = below(8);
    struct store *store = object ? new_store(pages) : NULL;

    if (!store) {
        return false;
    }
    *object = (struct object){.store = store, .resizable = kind < 3};
    if (kind == 7 && pages > 0) {
        EXPECT(vmo_create_contiguous(pages * PAGE_SIZE, PAGE_SHIFT + 1, &object->vmo) == 0);
        store->in_a_row = true;
        set_present(object, 0, pages, true);
    } else {
        EXPECT(vmo_create(pages * PAGE_SIZE, object->resizable ? VMO_RESIZABLE : 0, &object->vmo) ==
               0);
    }
    return true;
}

static bool op_destroy(void)
{
    struct object *object = pick_object(true);

    if (!object || holds_pin(object)) {
        return false;
    }
    vmo_unref(object->vmo);
    object->vmo = NULL;
    object->store->users--;
    drop_slice(object->store, object->slice);
    return true;
}

static bool op_snapshot(void)
{
    struct object *parent = pick_object(true), *child = pick_object(false);
    uint64_t first, count;
    struct store *store;
    struct vmo *vmo;
    int err;

    if (!parent || !child || !pick_range(parent, &first, &count)) {
        return false;
    }
    store = new_store(count);
    if (!store) {
        return false;
    }
    err = vmo_snapshot(parent->vmo, first * PAGE_SIZE, count * PAGE_SIZE, &vmo);
    if (err != 0) {
        bool pinned = is_pinned(parent->store, parent->first + first, count);

        EXPECT(err == (parent->store->in_a_row ? -EINVAL : pinned ? -EBUSY : 0));
        store->users = 0;
        return false;
    }
    memcpy(store->cell, cells_of(parent, first), count * CELLS);
    memcpy(store->present, &parent->store->present[parent->first + first], count * sizeof(bool));
    *child = (struct object){.vmo = vmo, .store = store};
    return true;
}

static bool op_slice(void)
{
    struct object *parent = pick_object(true), *child = pick_object(false);
    uint64_t first, count;
    struct vmo *vmo;
    int err;

    if (!parent || !child || !pick_range(parent, &first, &count)) {
        return false;
    }
    err = vmo_slice(parent->vmo, first * PAGE_SIZE, count * PAGE_SIZE, &vmo);
    EXPECT(err == (parent->resizable ? -ENOTSUP : 0));
    if (err != 0) {
        return false;
    }
    *child = (struct object){.vmo = vmo,
                             .store = parent->store,
                             .slice = new_slice(),
                             .first = parent->first + first,
                             .pages = count,
                             .is_slice = true};
    parent->store->users++;
    parent->store->slices++;
    return true;
}

static bool op_resize(void)
{
    struct object *object = pick_object(true);
    uint64_t pages = below(PAGES_MAX + 1), old;
    int err;

    if (!object) {
        return false;
    }
    old = pages_of(object);
    err = vmo_resize(object->vmo, pages * PAGE_SIZE);
    if (!object->resizable) {
        EXPECT(err == -ENOTSUP);
        return false;
    }
    if (pages < old && is_pinned(object->store, pages, old - pages)) {
        EXPECT(err == -EBUSY);
        return false;
    }
    EXPECT(err == 0);
    if (pages < old) {
        memset(cells_of(object, pages), 0, (old - pages) * CELLS);
        set_present(object, pages, old - pages, false);
    }
    object->store->pages = pages;
    return true;
}

/* A range of cells within a range of pages. */
static void narrow(uint64_t first, uint64_t count, uint64_t *cell, uint64_t *cells)
{
    *cell = first * CELLS + below(CELLS);
    *cells = 1 + below((first + count) * CELLS - *cell);
}

static bool op_write(void)
{
    struct object *object = pick_object(true);
    uint64_t first, count, cell, cells;
    size_t done;

    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    narrow(first, count, &cell, &cells);
    memset(buffer, (int)below(256), cells * CELL);
    EXPECT(vmo_write(object->vmo, buffer, cell * CELL, cells * CELL, &done) == 0);
    EXPECT(done == cells * CELL);
    memset(cells_of(object, 0) + cell, buffer[0], cells);
    set_present(object, cell / CELLS, (cell + cells - 1) / CELLS - cell / CELLS + 1, true);
    return true;
}

static bool op_read(void)
{
    struct object *object = pick_object(true);
    uint64_t first, count;
    size_t done;

    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    EXPECT(vmo_read(object->vmo, buffer, first * PAGE_SIZE, count * PAGE_SIZE, &done) == 0);
    for (uint64_t i = 0; i < count * CELLS; i++) {
        EXPECT(buffer[i * CELL] == cells_of(object, first)[i]);
        EXPECT(buffer[i * CELL + CELL - 1] == cells_of(object, first)[i]);
    }
    EXPECT(vmo_read(object->vmo, buffer, pages_of(object) * PAGE_SIZE, 1, &done) == -EINVAL);
    return true;
}

static bool op_commit(void)
{
    struct object *object = pick_object(true);
    uint64_t first, count;

    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    EXPECT(vmo_commit(object->vmo, first * PAGE_SIZE, count * PAGE_SIZE) == 0);
    set_present(object, first, count, true);
    return true;
}

static bool op_decommit(void)
{
    struct object *object = pick_object(true);
    uint64_t first, count;
    int err, expected = 0;

    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    if (object->is_slice || object->store->in_a_row) {
        expected = -ENOTSUP;
    } else if (is_pinned(object->store, first, count)) {
        expected = -EBUSY;
    }
    err = vmo_decommit(object->vmo, first * PAGE_SIZE, count * PAGE_SIZE);
    EXPECT(err == expected);
    if (err != 0) {
        return false;
    }
    memset(cells_of(object, first), 0, count * CELLS);
    set_present(object, first, count, false);
    return true;
}

static bool op_zero(void)
{
    struct object *object = pick_object(true);
    uint64_t first, count, cell, cells, last;

    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    narrow(first, count, &cell, &cells);
    EXPECT(vmo_zero(object->vmo, cell * CELL, cells * CELL) == 0);
    memset(cells_of(object, 0) + cell, 0, cells);
    first = DIV_ROUND_UP(cell, CELLS);
    last = (cell + cells) / CELLS;
    if (first < last && !object->store->in_a_row &&
        !is_pinned(object->store, object->first + first, last - first)) {
        set_present(object, first, last - first, false); /* whole pages go */
    }
    return true;
}

static bool op_pin(void)
{
    static phys_addr_t pages[PAGES_MAX];
    struct object *object = pick_object(true);
    struct pin *pin = &m.pins[below(PINS)];
    uint64_t first, count;

    if (pin->object) {
        vmo_unpin(pin->object->vmo, pin->first * PAGE_SIZE, pin->count * PAGE_SIZE);
        pin->object = NULL;
        return true;
    }
    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    EXPECT(vmo_pin(object->vmo, first * PAGE_SIZE, count * PAGE_SIZE, pages) == 0);
    set_present(object, first, count, true);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *view = arch_phys_to_virt(pages[i]);

        EXPECT(view[CELL + 3] == cells_of(object, first + i)[1]);
    }
    *pin = (struct pin){.object = object, .first = first, .count = count};
    return true;
}

/* --- Operations on the space that runs --- */

static struct vm_region *root(void)
{
    return aspace_root(m.spaces[m.here]);
}

static uint32_t some_rights(void)
{
    static const uint32_t rights[] = {VM_READ, VM_READ | VM_WRITE, VM_READ | VM_WRITE, 0,
                                      VM_READ | VM_EXEC};

    return rights[below(ARRAY_SIZE(rights))];
}

static void set_slot(struct slot *slot, struct store *store, struct slice *slice, uint64_t page,
                     uint32_t rights)
{
    if (store) {
        store->users++;
    }
    if (slice) {
        slice->users++;
    }
    if (slot->store) {
        slot->store->users--;
        drop_slice(slot->store, slot->slice);
    }
    *slot = (struct slot){.store = store, .slice = slice, .page = page, .rights = rights};
}

/* A page of the window: a mapped one, most of the time. */
static uint64_t pick_page(void)
{
    uint64_t page = below(WINDOW);

    for (unsigned tries = 0; tries < 6 && !m.windows[m.here][page].store; tries++) {
        page = below(WINDOW);
    }
    return page;
}

static void pick_window(uint64_t *first, uint64_t *count)
{
    *first = pick_page();
    *count = 1 + below(MIN(WINDOW - *first, below(16) == 0 ? WINDOW : 4));
}

/* How many pages of the window are mapped. */
static uint64_t count_mapped(uint64_t first, uint64_t count)
{
    uint64_t mapped = 0;

    for (uint64_t i = first; i < first + count; i++) {
        mapped += m.windows[m.here][i].store != NULL;
    }
    return mapped;
}

static virt_addr_t window_base; /* of both spaces */

static bool op_map(void)
{
    struct object *object = pick_object(true);
    uint32_t flags = some_rights() | ASPACE_SPECIFIC, rights = flags & (VM_READ | VM_WRITE);
    uint64_t first, count, most, at;
    virt_addr_t base;
    int err;

    if (!object || !pick_range(object, &first, &count)) {
        return false;
    }
    most = MIN(pages_of(object) - first, WINDOW);
    count = MIN(count + below(20), most);
    at = below(WINDOW - count + 1);
    flags |= below(2) ? ASPACE_OVERWRITE : 0;
    flags |= below(2) ? ASPACE_MAP_RANGE : 0;
    err = region_map(root(), WINDOW_AT + at * PAGE_SIZE, object->vmo, first * PAGE_SIZE,
                     count * PAGE_SIZE, flags, &base);
    EXPECT(err == ((flags & ASPACE_OVERWRITE) == 0 && count_mapped(at, count) > 0 ? -EEXIST : 0));
    if (err != 0) {
        return false;
    }
    window_base = base - at * PAGE_SIZE;
    for (uint64_t i = 0; i < count; i++) {
        set_slot(&m.windows[m.here][at + i], object->store, object->slice,
                 object->first + first + i, rights);
    }
    return true;
}

static bool op_unmap(void)
{
    uint64_t first, count;

    pick_window(&first, &count);
    if (window_base == 0) {
        return false;
    }
    EXPECT(region_unmap(root(), window_base + first * PAGE_SIZE, count * PAGE_SIZE) == 0);
    for (uint64_t i = first; i < first + count; i++) {
        set_slot(&m.windows[m.here][i], NULL, NULL, 0, 0);
    }
    return true;
}

static bool op_protect(void)
{
    uint32_t rights = some_rights();
    uint64_t first, count;
    int err;

    pick_window(&first, &count);
    if (window_base == 0) {
        return false;
    }
    err = region_protect(root(), window_base + first * PAGE_SIZE, count * PAGE_SIZE, rights);
    EXPECT(err == (count_mapped(first, count) < count ? -ENOENT : 0));
    for (uint64_t i = first; err == 0 && i < first + count; i++) {
        m.windows[m.here][i].rights = rights & (VM_READ | VM_WRITE);
    }
    return err == 0;
}

/* An access of a program: to a cell of a page of the window. */
static bool touch(void)
{
    uint64_t page = pick_page(), part = below(CELLS);
    const struct slot *slot = &m.windows[m.here][page];
    bool write = below(2), allowed;
    uint8_t *cell;
    int err;

    if (window_base == 0) {
        return false;
    }
    allowed = slot->store && slot->page < slot->store->pages &&
              (slot->rights & (write ? VM_WRITE : VM_READ)) != 0;
    memset(buffer, (int)below(256), CELL);
    err = m.host->access(window_base + page * PAGE_SIZE + part * CELL, buffer, CELL, write);
    EXPECT(err == (allowed ? 0 : -EFAULT));
    if (!allowed || err != 0) {
        return false;
    }
    cell = &slot->store->cell[slot->page * CELLS + part];
    if (write) {
        *cell = buffer[0];
        slot->store->present[slot->page] = true;
    } else {
        EXPECT(buffer[0] == *cell && buffer[CELL - 1] == *cell);
    }
    return true;
}

static bool op_touch(void)
{
    bool any = false;

    for (unsigned i = 0; i < TOUCHES; i++) {
        any |= touch();
    }
    return any;
}

static bool op_switch(void)
{
    m.here = (unsigned)below(SPACES);
    aspace_switch(m.spaces[m.here]);
    return true;
}

/* An end of a space, with all that is mapped in it, and a new one in its place. */
static bool op_new_space(void)
{
    if (below(100) != 0) {
        return false;
    }
    aspace_switch(NULL);
    aspace_destroy(m.spaces[m.here]);
    for (unsigned i = 0; i < WINDOW; i++) {
        set_slot(&m.windows[m.here][i], NULL, NULL, 0, 0);
    }
    EXPECT(aspace_create("model", &m.spaces[m.here]) == 0);
    aspace_switch(m.spaces[m.here]);
    return true;
}

/* --- A look at everything --- */

static unsigned spaces_with(const struct store *store)
{
    unsigned spaces = 0;

    for (unsigned s = 0; s < SPACES; s++) {
        unsigned i = 0;

        while (i < WINDOW && m.windows[s][i].store != store) {
            i++;
        }
        spaces += i < WINDOW;
    }
    return spaces;
}

static uint64_t pins_on(const struct store *store)
{
    uint64_t pins = 0;

    for (unsigned i = 0; i < PINS; i++) {
        pins += m.pins[i].object && m.pins[i].object->store == store ? m.pins[i].count : 0;
    }
    return pins;
}

static void check_object(const struct object *object)
{
    uint64_t present = 0;
    struct vmo_stats stats;

    vmo_get_stats(object->vmo, &stats);
    EXPECT(vmo_size(object->vmo) == pages_of(object) * PAGE_SIZE);
    EXPECT(vmo_share_count(object->vmo) == spaces_with(object->store));
    if (object->is_slice) {
        return;
    }
    for (uint64_t i = 0; i < object->store->pages; i++) {
        present += object->store->present[i];
    }
    EXPECT(stats.committed == present * PAGE_SIZE);
    EXPECT(stats.shared <= stats.committed);
    EXPECT(stats.pinned == pins_on(object->store) * PAGE_SIZE);
    EXPECT(stats.children == object->store->slices);
}

static void check_all(void)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (m.objects[i].vmo) {
            check_object(&m.objects[i]);
        }
    }
    EXPECT(aspace_mapped(m.spaces[m.here]) == count_mapped(0, WINDOW) * PAGE_SIZE);
}

static void end_all(void)
{
    for (unsigned i = 0; i < PINS; i++) {
        if (m.pins[i].object) {
            vmo_unpin(m.pins[i].object->vmo, m.pins[i].first * PAGE_SIZE,
                      m.pins[i].count * PAGE_SIZE);
        }
    }
    for (unsigned i = 0; i < OBJECTS; i++) {
        if (m.objects[i].vmo) {
            vmo_unref(m.objects[i].vmo);
        }
    }
    aspace_switch(NULL);
    for (unsigned i = 0; i < SPACES; i++) {
        aspace_destroy(m.spaces[i]);
    }
}

/* The more often an operation stands here, the more often it comes. */
static bool (*const operations_of[])(void) = {
    op_create, op_create,  op_destroy, op_snapshot, op_snapshot, op_slice, op_resize, op_write,
    op_write,  op_read,    op_commit,  op_decommit, op_zero,     op_pin,   op_map,    op_map,
    op_unmap,  op_protect, op_touch,   op_touch,    op_touch,    op_touch, op_switch, op_new_space,
};

_Static_assert(ARRAY_SIZE(operations_of) == ARRAY_SIZE(((struct vm_model_result *)0)->by_kind),
               "each place is counted");

void vm_model_run(const struct vm_model_host *host, uint64_t seed, uint64_t operations,
                  struct vm_model_result *result)
{
    *result = (struct vm_model_result){0};
    memset(&m, 0, sizeof(m));
    m.host = host;
    m.result = result;
    m.random = seed;
    window_base = 0;
    for (unsigned i = 0; i < SPACES; i++) {
        EXPECT(aspace_create("model", &m.spaces[i]) == 0);
    }
    op_switch();
    for (; result->done < operations && !result->complaint; result->done++) {
        unsigned kind = (unsigned)below(ARRAY_SIZE(operations_of));

        result->by_kind[kind] += operations_of[kind]();
        if (result->done % CHECK_EACH == 0) {
            check_all();
        }
    }
    end_all();
}
