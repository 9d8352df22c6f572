/* SPDX-License-Identifier: MIT */
/* What tests of objects on the host share. */
#include "fake_object.h"

#include <assert.h>
#include <keel/panic.h>
#include <stdio.h>
#include <stdlib.h>

__noreturn void panic(const char *fmt, ...)
{
    fprintf(stderr, "panic: %s\n", fmt);
    abort();
}

void refcount_stuck(struct refcount *ref, uint32_t before, const char *what)
{
    (void)ref;
    panic(what, before);
}

keel_handle_t fake_install(struct handle_table *table, struct object *object)
{
    keel_handle_t handle;
    int err = handle_reserve(table, &handle, 1);

    assert(err == 0);
    handle_install(table, handle, (struct loose_handle){object, object->ops->rights});
    return handle;
}

void fake_table_end(struct handle_table *table)
{
    while (handle_table_close(table, 16)) {
    }
    handle_table_destroy(table);
}
