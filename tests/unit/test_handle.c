/* SPDX-License-Identifier: MIT */
/* Handle tables against a model: every handle that was ever given out, and what it has become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../core/object/handle_code.h"
#include "fake_heap.h"

#include <keel/handle.h>
#include <keel/percpu.h>
#include <keel/prng.h>
#include <keel/wait.h>

_Thread_local struct thread_head *fake_current;

#define OBJECTS 8
#define LIVE    2000
#define CHUNK   256
#define RIGHTS  (KEEL_RIGHT_DUPLICATE | KEEL_RIGHT_TRANSFER | KEEL_RIGHT_READ | KEEL_RIGHT_WRITE)

void refcount_stuck(struct refcount *ref, uint32_t before, const char *what)
{
    fail_msg("%s", what);
}

__noreturn void panic(const char *fmt, ...)
{
    fail_msg("%s", fmt);
    abort();
}

struct thing {
    struct object object;
    unsigned closed, destroyed;
};

static struct thing things[OBJECTS];

static struct thing *thing_of(struct object *object)
{
    return container_of(object, struct thing, object);
}

static void thing_closed(struct object *object, struct cleanup *cleanup)
{
    thing_of(object)->closed++;
}

static void thing_destroy(struct object *object, struct cleanup *cleanup)
{
    assert_int_equal(thing_of(object)->destroyed, 0);
    thing_of(object)->destroyed = 1;
}

static const struct object_ops event_ops = {.type = KEEL_OBJ_TYPE_EVENT,
                                            .rights = RIGHTS,
                                            .name = "event",
                                            .closed = thing_closed,
                                            .destroy = thing_destroy};
static const struct object_ops vmo_ops = {.type = KEEL_OBJ_TYPE_VMO,
                                          .rights = RIGHTS,
                                          .name = "vmo",
                                          .closed = thing_closed,
                                          .destroy = thing_destroy};

static struct object *new_thing(unsigned i)
{
    things[i] = (struct thing){0};
    object_init(&things[i].object, i % 2 != 0 ? &vmo_ops : &event_ops);
    return &things[i].object;
}

static keel_handle_t add(struct handle_table *table, struct object *object, keel_rights_t rights)
{
    keel_handle_t handle;

    assert_int_equal(handle_reserve(table, &handle, 1), 0);
    handle_install(table, handle, (struct loose_handle){object, rights});
    return handle;
}

static void finish(struct handle_table *table)
{
    while (handle_table_close(table, 7)) {
    }
    assert_int_equal(handle_table_count(table), 0);
    handle_table_destroy(table);
    assert_int_equal(fake_heap_blocks(), 0);
}

/* Whether the short way gives the object exactly where the other does. */
static bool ways_agree(struct handle_table *table, keel_handle_t handle, keel_obj_type_t type,
                       keel_rights_t rights)
{
    struct object *slow = NULL;
    struct object *quick = handle_get_quick(table, handle, HANDLE_DEMAND(type, rights));
    bool given = handle_get(table, handle, type, rights, &slow) == 0;
    bool agree = given ? quick == slow : !quick;

    if (quick) {
        object_put(quick);
    }
    if (given) {
        object_put(slow);
    }
    return agree;
}

static void short_way_checks_the_same(void **state)
{
    static const keel_rights_t rights[] = {0, KEEL_RIGHT_READ, KEEL_RIGHT_WRITE,
                                           KEEL_RIGHT_READ | KEEL_RIGHT_WRITE, KEEL_RIGHTS_ALL};
    static const keel_obj_type_t types[] = {KEEL_OBJ_TYPE_NONE, KEEL_OBJ_TYPE_EVENT,
                                            KEEL_OBJ_TYPE_VMO};
    struct handle_table table;
    keel_handle_t handle;

    (void)state;
    assert_int_equal(handle_table_init(&table), 0);
    handle = add(&table, new_thing(0), KEEL_RIGHT_READ);
    for (size_t i = 0; i < ARRAY_SIZE(rights) * ARRAY_SIZE(types); i++) {
        keel_obj_type_t type = types[i % ARRAY_SIZE(types)];
        keel_rights_t wanted = rights[i / ARRAY_SIZE(types)];

        assert_true(ways_agree(&table, handle, type, wanted));
        assert_true(ways_agree(&table, handle + 4, type, wanted));
        assert_true(ways_agree(&table, KEEL_HANDLE_INVALID, type, wanted));
    }
    assert_int_equal(handle_close(&table, handle), 0);
    assert_true(ways_agree(&table, handle, KEEL_OBJ_TYPE_NONE, 0));
    finish(&table);
}

static void checks_type_and_rights(void **state)
{
    struct handle_table table;
    struct object *found;
    keel_handle_t handle;

    assert_int_equal(handle_table_init(&table), 0);
    handle = add(&table, new_thing(0), KEEL_RIGHT_READ | KEEL_RIGHT_WAIT);
    assert_int_equal(handle & HANDLE_FIXED, HANDLE_FIXED);
    assert_int_equal(handle_get(&table, handle, KEEL_OBJ_TYPE_EVENT, KEEL_RIGHT_READ, &found), 0);
    assert_ptr_equal(found, &things[0].object);
    object_put(found);
    assert_int_equal(handle_get(&table, handle, KEEL_OBJ_TYPE_NONE, 0, &found), 0);
    object_put(found);
    assert_int_equal(handle_get(&table, handle, KEEL_OBJ_TYPE_VMO, KEEL_RIGHT_READ, &found),
                     -ENOTTY);
    assert_int_equal(handle_get(&table, handle, KEEL_OBJ_TYPE_VMO, KEEL_RIGHT_WRITE, &found),
                     -ENOTTY);
    for (unsigned bit = 0; bit < 27; bit++) {
        keel_rights_t right = 1u << bit;
        bool has = (right & (KEEL_RIGHT_READ | KEEL_RIGHT_WAIT)) != 0;

        assert_int_equal(handle_get(&table, handle, KEEL_OBJ_TYPE_EVENT, right, &found),
                         has ? 0 : -EACCES);
        if (has) {
            object_put(found);
        }
    }
    assert_int_equal(handle_get(&table, 0, KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
    assert_int_equal(handle_close(&table, handle), 0);
    assert_int_equal(things[0].closed + things[0].destroyed, 2);
    assert_int_equal(handle_get(&table, handle, KEEL_OBJ_TYPE_EVENT, 0, &found), -EBADF);
    assert_int_equal(handle_close(&table, handle), -EBADF);
    assert_int_equal(handle_close(&table, 0), 0);
    finish(&table);
}

/* A reserved slot is no handle, to whatever value, and neither is one that was never used. */
static void no_number_is_valid_by_chance(void **state)
{
    struct handle_table table;
    struct object *found;
    keel_handle_t handles[3];

    assert_int_equal(handle_table_init(&table), 0);
    assert_int_equal(handle_reserve(&table, handles, 3), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(handle_get(&table, handles[i], KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
        assert_int_equal(handle_close(&table, handles[i]), -EBADF);
    }
    for (uint32_t n = 0; n < 1u << 20; n++) {
        keel_handle_t guess = n ^ table.secret;

        assert_int_equal(handle_get(&table, guess, KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
        assert_int_equal(handle_get(&table, n, KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
    }
    handle_unreserve(&table, handles, 3);
    finish(&table);
}

static void generations_wrap(void **state)
{
    struct handle_table table;
    keel_handle_t first, handle;
    struct object *found;

    assert_int_equal(handle_table_init(&table), 0);
    first = add(&table, new_thing(0), RIGHTS);
    handle = first;
    for (unsigned i = 1; i < 1u << HANDLE_GENERATION_BITS; i++) {
        assert_int_equal(handle_replace(&table, handle, KEEL_RIGHT_SAME_RIGHTS, &handle), 0);
        assert_int_not_equal(handle, first);
        assert_int_not_equal(handle, 0);
        assert_int_equal(handle_get(&table, first, KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
    }
    assert_int_equal(handle_replace(&table, handle, KEEL_RIGHT_SAME_RIGHTS, &handle), 0);
    assert_int_equal(handle, first);
    finish(&table);
    assert_int_equal(things[0].destroyed, 1);
}

static void fills_to_its_limit(void **state)
{
    struct object *object = new_thing(0);
    struct handle_table table;
    keel_handle_t handle, *all = calloc(HANDLE_COUNT_MAX, sizeof(*all));

    assert_int_equal(handle_table_init(&table), 0);
    for (uint32_t i = 0; i < HANDLE_COUNT_MAX; i++) {
        object_open(object);
        all[i] = add(&table, object, RIGHTS);
        assert_int_equal(handle_index(table.secret, all[i]), i);
    }
    assert_int_equal(handle_reserve(&table, &handle, 1), -ENOSPC);
    assert_int_equal(handle_duplicate(&table, all[0], KEEL_RIGHT_SAME_RIGHTS, &handle), -ENOSPC);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(handle_close(&table, all[i * 7]), 0);
    }
    for (uint32_t i = 0; i < 1000; i++) { /* the oldest first */
        object_open(object);
        assert_int_equal(add(&table, object, RIGHTS), handle_next(table.secret, all[i * 7]));
    }
    assert_int_equal(handle_reserve(&table, &handle, 1), -ENOSPC);
    free(all);
    assert_true(handle_table_close(&table, 100));
    assert_int_equal(handle_table_count(&table), HANDLE_COUNT_MAX - 100);
    assert_int_equal(handle_reserve(&table, &handle, 1), -ECANCELED);
    finish(&table);
    assert_int_equal(things[0].closed, 0);
    object_close(object);
    assert_int_equal(things[0].closed + things[0].destroyed, 2);
}

static void takes_all_or_none(void **state)
{
    struct loose_handle loose[4];
    struct handle_table table;
    keel_handle_t handles[4];
    struct object *found;
    unsigned bad = 9;

    assert_int_equal(handle_table_init(&table), 0);
    for (unsigned i = 0; i < 3; i++) {
        handles[i] = add(&table, new_thing(i), i == 2 ? KEEL_RIGHT_READ : RIGHTS);
    }
    handles[3] = handles[0];
    assert_int_equal(handle_take(&table, handles, 3, KEEL_RIGHT_TRANSFER, loose, &bad), -EACCES);
    assert_int_equal(bad, 2);
    assert_int_equal(handle_take(&table, handles, 4, 0, loose, &bad), -EBADF);
    assert_int_equal(bad, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(handle_names(&table, handles[i], &things[i].object));
    }
    assert_int_equal(handle_take(&table, handles, 3, KEEL_RIGHT_READ, loose, &bad), 0);
    assert_int_equal(handle_get(&table, handles[1], KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
    assert_int_equal(handle_table_count(&table), 3);
    handle_install(&table, handles[1], loose[1]); /* back */
    assert_int_equal(handle_get(&table, handles[1], KEEL_OBJ_TYPE_VMO, RIGHTS, &found), 0);
    object_put(found);
    assert_int_equal(loose[2].rights, KEEL_RIGHT_READ);
    handle_unreserve(&table, (keel_handle_t[]){handles[0], handles[2]}, 2);
    assert_int_equal(handle_table_count(&table), 1);
    assert_int_equal(things[0].closed + things[2].closed, 0);
    object_close(loose[0].object);
    object_close(loose[2].object);
    assert_int_equal(things[0].destroyed + things[2].destroyed, 2);
    finish(&table);
}

/* Each operation that needs memory, with each of its allocations failing. */
static void survives_failing_allocations(void **state)
{
    struct handle_table table;
    keel_handle_t handle, second, many[CHUNK];

    fake_heap_fail_nth(1);
    assert_int_equal(handle_table_init(&table), -ENOMEM);
    assert_int_equal(handle_table_init(&table), 0);
    handle = add(&table, new_thing(0), RIGHTS);
    assert_int_equal(handle_reserve(&table, many, CHUNK - 1), 0);
    for (unsigned n = 1; n <= 2; n++) {
        fake_heap_fail_nth(n);
        assert_int_equal(handle_duplicate(&table, handle, KEEL_RIGHT_SAME_RIGHTS, &second),
                         -ENOMEM);
        assert_int_equal(handle_table_count(&table), CHUNK);
        assert_int_equal(refcount_read(&things[0].object.refs), 1);
        assert_int_equal(refcount_read(&things[0].object.handles), 1);
    }
    fake_heap_fail_nth(0);
    assert_int_equal(handle_duplicate(&table, handle, KEEL_RIGHT_SAME_RIGHTS, &second), 0);
    handle_unreserve(&table, many, CHUNK - 1);
    assert_int_equal(handle_close(&table, second), 0);
    finish(&table);
}

/* --- At random --- */

struct entry {
    keel_handle_t handle;
    unsigned object;
    keel_rights_t rights;
};

static struct entry model[LIVE];
static unsigned live, handles_to[OBJECTS];
static keel_handle_t old[LIVE]; /* some that are bad now */
static unsigned old_count;
static uint64_t seed = 88172645463325252ull;

static uint64_t draw(uint64_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % limit;
}

static void forget(unsigned i)
{
    old[old_count++ % LIVE] = model[i].handle;
    model[i] = model[--live];
}

static void random_add(struct handle_table *table)
{
    unsigned object = (unsigned)draw(OBJECTS);

    if (handles_to[object]++ == 0) {
        new_thing(object);
    } else {
        object_open(&things[object].object);
    }
    model[live].object = object;
    model[live].rights = (keel_rights_t)draw(32);
    model[live].handle = add(table, &things[object].object, model[live].rights);
    live++;
}

static void random_close(struct handle_table *table, unsigned i)
{
    unsigned object = model[i].object;

    assert_int_equal(handle_close(table, model[i].handle), 0);
    assert_int_equal(things[object].destroyed, --handles_to[object] == 0);
    assert_int_equal(things[object].closed, handles_to[object] == 0);
    forget(i);
}

static void random_get(struct handle_table *table, unsigned i)
{
    keel_obj_type_t type = model[i].object % 2 != 0 ? KEEL_OBJ_TYPE_VMO : KEEL_OBJ_TYPE_EVENT;
    keel_rights_t rights = (keel_rights_t)draw(32), has = 0;
    keel_obj_type_t asked = draw(4) == 0 ? KEEL_OBJ_TYPE_VMO : draw(2) != 0 ? type : 0;
    struct object *found = NULL;
    int err = handle_get_rights(table, model[i].handle, asked, rights, &found, &has);

    if (asked != 0 && asked != type) {
        assert_int_equal(err, -ENOTTY);
    } else if ((rights & ~model[i].rights) != 0) {
        assert_int_equal(err, -EACCES);
    } else {
        assert_int_equal(err, 0);
        assert_ptr_equal(found, &things[model[i].object].object);
        assert_int_equal(has, model[i].rights);
        object_put(found);
    }
}

static void random_duplicate(struct handle_table *table, unsigned i, bool replace)
{
    keel_rights_t rights = draw(4) == 0 ? KEEL_RIGHT_SAME_RIGHTS : (keel_rights_t)draw(32);
    bool more = rights != KEEL_RIGHT_SAME_RIGHTS && (rights & ~model[i].rights) != 0;
    bool may = replace || (model[i].rights & KEEL_RIGHT_DUPLICATE) != 0;
    keel_handle_t made = 0;
    int err = replace ? handle_replace(table, model[i].handle, rights, &made)
                      : handle_duplicate(table, model[i].handle, rights, &made);

    assert_int_equal(err, !may ? -EACCES : more ? -EINVAL : 0);
    if (err == 0) {
        struct entry entry = {made, model[i].object,
                              rights == KEEL_RIGHT_SAME_RIGHTS ? model[i].rights : rights};

        handles_to[entry.object] += !replace;
        if (replace) {
            forget(i);
        }
        model[live++] = entry;
    }
}

static void random_take(struct handle_table *table, unsigned i)
{
    struct loose_handle loose;
    unsigned bad;
    int err = handle_take(table, &model[i].handle, 1, KEEL_RIGHT_TRANSFER, &loose, &bad);

    if ((model[i].rights & KEEL_RIGHT_TRANSFER) == 0) {
        assert_int_equal(err, -EACCES);
        return;
    }
    assert_int_equal(err, 0);
    assert_ptr_equal(loose.object, &things[model[i].object].object);
    if (draw(2) == 0) {
        handle_install(table, model[i].handle, loose);
        return;
    }
    handle_unreserve(table, &model[i].handle, 1);
    old[old_count++ % LIVE] = model[i].handle;
    model[i].handle = add(table, loose.object, loose.rights);
}

static void random_bad(struct handle_table *table)
{
    keel_handle_t handle = draw(2) == 0 ? (keel_handle_t)seed : old[draw(LIVE)];
    struct object *found;

    for (unsigned i = 0; i < live; i++) {
        if (model[i].handle == handle) {
            return;
        }
    }
    assert_int_equal(handle_get(table, handle, KEEL_OBJ_TYPE_NONE, 0, &found), -EBADF);
}

static void follows_the_model(void **state)
{
    const char *text = getenv("OPERATIONS");
    unsigned operations = text ? (unsigned)atoi(text) : 100000;
    struct handle_table table;

    assert_int_equal(handle_table_init(&table), 0);
    for (unsigned n = 0; n < operations; n++) {
        uint64_t what = draw(100);
        unsigned i = live != 0 ? (unsigned)draw(live) : 0;

        if (live == 0 || (what < 20 && live < LIVE - 1)) {
            random_add(&table);
        } else if (what < 42) {
            random_close(&table, i);
        } else if (what < 60) {
            random_get(&table, i);
        } else if (what < 80 && live < LIVE - 1) {
            random_duplicate(&table, i, what < 68);
        } else if (what < 98) {
            random_take(&table, i);
        } else {
            random_bad(&table);
        }
        assert_int_equal(handle_table_count(&table), live);
    }
    finish(&table);
    for (unsigned i = 0; i < OBJECTS; i++) {
        assert_int_equal(things[i].destroyed, things[i].object.ops != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_type_and_rights),       cmocka_unit_test(short_way_checks_the_same),
        cmocka_unit_test(no_number_is_valid_by_chance), cmocka_unit_test(generations_wrap),
        cmocka_unit_test(fills_to_its_limit),           cmocka_unit_test(takes_all_or_none),
        cmocka_unit_test(survives_failing_allocations), cmocka_unit_test(follows_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
