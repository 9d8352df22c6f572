/* SPDX-License-Identifier: MIT */
/* What tests of objects on the host share: a panic that fails, handles made in one step. */
#ifndef TESTS_UNIT_FAKE_OBJECT_H
#define TESTS_UNIT_FAKE_OBJECT_H

#include <keel/handle.h>

/* Gives the handle in the caller's hand to a table, with the rights of its type. */
keel_handle_t fake_install(struct handle_table *table, struct object *object);

/* Closes what is left in a table and frees it. */
void fake_table_end(struct handle_table *table);

#endif
