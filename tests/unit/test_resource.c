/* SPDX-License-Identifier: MIT */
/* Resources: what covers what, and who may have a part of it; at random against a model by addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_heap.h"
#include "fake_object.h"
#include "fake_threads.h"

#include <keel/errno.h>
#include <keel/resource_object.h>

#define MMIO KEEL_RSRC_KIND_MMIO
#define IRQ  KEEL_RSRC_KIND_IRQ

static struct thread self;
static struct object *root;

static int begin(void **state)
{
    fake_threads_init(&self);
    return resource_create_root(&root);
}

static int end(void **state)
{
    object_close(root);
    return fake_heap_blocks() == 0 ? 0 : -1;
}

static int make(struct object *parent, keel_rsrc_kind_t kind, uint64_t base, uint64_t size,
                bool exclusive, struct object **out)
{
    struct resource_range range = {
        .kind = kind, .base = base, .size = size, .exclusive = exclusive, .name = "a part"};

    return resource_create(parent, &range, out);
}

static void parts_lie_within(void **state)
{
    struct object *whole, *part, *none;

    assert_int_equal(resource_check(root, IRQ, 5, 1), 0);
    assert_int_equal(make(root, MMIO, 0x1000, 0x4000, false, &whole), 0);
    assert_int_equal(make(whole, MMIO, 0x2000, 0x1000, false, &part), 0);
    assert_int_equal(resource_check(part, MMIO, 0x2000, 0x1000), 0);
    assert_int_equal(resource_check(part, MMIO, 0x2fff, 1), 0);
    assert_int_equal(resource_check(part, MMIO, 0x2fff, 2), -ERANGE);
    assert_int_equal(resource_check(part, MMIO, 0x1fff, 1), -ERANGE);
    assert_int_equal(resource_check(part, IRQ, 0x2000, 1), -ENOTTY);
    assert_int_equal(make(part, MMIO, 0x1000, 0x2000, false, &none), -ERANGE);
    assert_int_equal(make(part, IRQ, 0x2000, 1, false, &none), -ENOTTY);
    assert_int_equal(make(root, MMIO, 1, UINT64_MAX, false, &none), -EINVAL);
    assert_int_equal(make(root, MMIO, 1, 0, false, &none), -EINVAL);
    assert_int_equal(make(root, KEEL_RSRC_KIND_ROOT, 0, 1, false, &none), -EINVAL);
    assert_int_equal(make(root, KEEL_RSRC_KIND_COUNT, 0, 1, false, &none), -EINVAL);
    assert_string_equal(resource_range_of(part)->name, "a part");
    fake_heap_fail_nth(1);
    assert_int_equal(make(root, MMIO, 0, 1, false, &none), -ENOMEM);
    object_close(whole); /* its child keeps it */
    assert_int_equal(make(part, MMIO, 0x2000, 1, false, &whole), 0);
    object_close(whole);
    object_close(part);
}

static void exclusive_parts_are_alone(void **state)
{
    struct object *mine, *child, *none;

    assert_int_equal(make(root, MMIO, 0x1000, 0x1000, true, &mine), 0);
    assert_int_equal(make(root, MMIO, 0x1fff, 0x10, false, &none), -EBUSY);
    assert_int_equal(make(root, IRQ, 0x1fff, 0x10, true, &none), 0);
    object_close(none);
    assert_int_equal(make(root, MMIO, 0x2000, 0x10, true, &none), 0);
    object_close(none);
    assert_int_equal(make(mine, MMIO, 0x1800, 0x10, false, &child), 0);
    assert_int_equal(make(mine, MMIO, 0x1808, 0x10, true, &none), -EBUSY);
    assert_int_equal(make(mine, MMIO, 0x1810, 0x10, true, &none), 0);
    object_close(none);
    object_close(mine);
    assert_int_equal(make(root, MMIO, 0x1000, 0x10, true, &none), -EBUSY); /* the child keeps it */
    object_close(child);
    assert_int_equal(make(root, MMIO, 0x1000, 0x10, true, &none), 0);
    object_close(none);
}

/* --- At random: 64 places, each with how many share it, or one that has it alone --- */

#define PLACES 64
#define LIVE   24

struct part {
    struct object *object;
    unsigned base, size;
    bool exclusive;
};

static bool is_free_for(const struct part *parts, const struct part *wanted)
{
    for (unsigned i = 0; i < LIVE; i++) {
        for (unsigned p = wanted->base; parts[i].object && p < wanted->base + wanted->size; p++) {
            if (p >= parts[i].base && p < parts[i].base + parts[i].size &&
                (parts[i].exclusive || wanted->exclusive)) {
                return false;
            }
        }
    }
    return true;
}

static void follows_the_model(void **state)
{
    struct thread dice = {.seed = 99};
    struct part parts[LIVE] = {0};

    for (unsigned n = 0; n < 50000; n++) {
        struct part *part = &parts[fake_random(&dice, LIVE)];

        if (part->object) {
            object_close(part->object);
            part->object = NULL;
        } else {
            struct part wanted = {.base = (unsigned)fake_random(&dice, PLACES),
                                  .size = 1 + (unsigned)fake_random(&dice, 8),
                                  .exclusive = fake_random(&dice, 2) != 0};
            int err = make(root, MMIO, wanted.base, wanted.size, wanted.exclusive, &wanted.object);

            assert_int_equal(err, is_free_for(parts, &wanted) ? 0 : -EBUSY);
            if (err == 0) {
                *part = wanted;
            }
        }
    }
    for (unsigned i = 0; i < LIVE; i++) {
        if (parts[i].object) {
            object_close(parts[i].object);
        }
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(parts_lie_within),
        CASE(exclusive_parts_are_alone),
        CASE(follows_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
