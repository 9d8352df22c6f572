/* SPDX-License-Identifier: MIT */
/* Memory objects: what they hold, their size, copies and slices of them. */
#include "../objects.h"
#include "fixtures.h"

#include <string.h>

#define BIG (UINT64_C(1) << 46)

static unsigned char byte_at(keel_handle_t vmo, uint64_t offset)
{
    unsigned char byte = 0xee;

    EXPECT_EQ(keel_vmo_read(vmo, &byte, offset, 1), 0);
    return byte;
}

static void put_byte(keel_handle_t vmo, uint64_t offset, unsigned char byte)
{
    EXPECT_EQ(keel_vmo_write(vmo, &byte, offset, 1), 0);
}

static uint64_t size_of(keel_handle_t vmo)
{
    uint64_t size = 0;

    EXPECT_EQ(keel_vmo_get_size(vmo, &size), 0);
    return size;
}

static keel_handle_t child_of(keel_handle_t vmo, uint32_t options, uint64_t offset, uint64_t size)
{
    keel_handle_t child = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_vmo_create_child(vmo, options, offset, size, &child), 0);
    return child;
}

UTEST(vmo_begins_with_zeros)
{
    keel_handle_t vmo = new_vmo(3 * PAGE, 0);

    for (unsigned offset = 0; offset < 3 * PAGE; offset += 511) {
        EXPECT_EQ(byte_at(vmo, offset), 0);
    }
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_size_is_in_pages)
{
    static const uint64_t sizes[][2] = {
        {0, 0}, {1, PAGE}, {PAGE, PAGE}, {PAGE + 1, 2 * PAGE}, {BIG, BIG}};

    for (unsigned i = 0; i < 5; i++) {
        keel_handle_t vmo = new_vmo(sizes[i][0], 0);

        EXPECT_EQ(size_of(vmo), sizes[i][1]);
        EXPECT_EQ(keel_handle_close(vmo), 0);
    }
}

UTEST(vmo_size_has_a_limit)
{
    keel_handle_t vmo;

    EXPECT_EQ(keel_vmo_create(BIG + 1, 0, &vmo), -EINVAL);
    EXPECT_EQ(keel_vmo_create(UINT64_MAX, 0, &vmo), -EINVAL);
}

UTEST(vmo_options_are_known)
{
    keel_handle_t vmo;

    EXPECT_EQ(keel_vmo_create(PAGE, 1, &vmo), -EINVAL);
    EXPECT_EQ(keel_vmo_create(PAGE, UINT32_MAX, &vmo), -EINVAL);
    EXPECT_EQ(keel_vmo_create(PAGE, 0, NO_POINTER), -EFAULT);
}

UTEST(vmo_keeps_what_is_written)
{
    static unsigned char out[3 * PAGE], in[3 * PAGE];
    keel_handle_t vmo = new_vmo(4 * PAGE, 0);

    for (unsigned i = 0; i < sizeof(out); i++) {
        out[i] = (unsigned char)(i * 7);
    }
    EXPECT_EQ(keel_vmo_write(vmo, out, 100, sizeof(out)), 0);
    EXPECT_EQ(keel_vmo_read(vmo, in, 100, sizeof(in)), 0);
    EXPECT(memcmp(out, in, sizeof(out)) == 0);
    EXPECT_EQ(byte_at(vmo, 99), 0);
    EXPECT_EQ(byte_at(vmo, 100 + sizeof(out)), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_ends_where_it_ends)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);
    char bytes[2];

    EXPECT_EQ(keel_vmo_read(vmo, bytes, PAGE - 1, 1), 0);
    EXPECT_EQ(keel_vmo_read(vmo, bytes, PAGE - 1, 2), -EINVAL);
    EXPECT_EQ(keel_vmo_read(vmo, bytes, PAGE, 1), -EINVAL);
    EXPECT_EQ(keel_vmo_read(vmo, bytes, UINT64_MAX, 2), -EINVAL);
    EXPECT_EQ(keel_vmo_write(vmo, bytes, PAGE - 1, 2), -EINVAL);
    EXPECT_EQ(keel_vmo_write(vmo, bytes, UINT64_MAX, 1), -EINVAL);
    EXPECT_EQ(keel_vmo_read(vmo, bytes, PAGE, 0), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_needs_rights)
{
    keel_handle_t vmo = new_vmo(PAGE, KEEL_VMO_RESIZABLE);
    keel_handle_t reader = with_rights(vmo, KEEL_RIGHT_READ);
    keel_handle_t writer = with_rights(vmo, KEEL_RIGHT_WRITE);
    keel_handle_t child;
    char byte = 0;

    EXPECT_EQ(keel_vmo_write(reader, &byte, 0, 1), -EACCES);
    EXPECT_EQ(keel_vmo_read(writer, &byte, 0, 1), -EACCES);
    EXPECT_EQ(keel_vmo_set_size(writer, 2 * PAGE), -EACCES);
    EXPECT_EQ(keel_vmo_op_range(reader, KEEL_VMO_OP_COMMIT, 0, PAGE, NULL, 0), -EACCES);
    EXPECT_EQ(keel_vmo_op_range(reader, KEEL_VMO_OP_CACHE_CLEAN, 0, PAGE, NULL, 0), 0);
    EXPECT_EQ(keel_vmo_create_child(writer, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE, &child), -EACCES);
    EXPECT_EQ(keel_vmo_set_cache_policy(reader, KEEL_CACHE_POLICY_UNCACHED), -EACCES);
    EXPECT_EQ(keel_handle_close(reader), 0);
    EXPECT_EQ(keel_handle_close(writer), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* --- Sizes that change --- */

UTEST(vmo_grows_with_zeros)
{
    keel_handle_t vmo = new_vmo(PAGE, KEEL_VMO_RESIZABLE);

    put_byte(vmo, PAGE - 1, 9);
    EXPECT_EQ(keel_vmo_set_size(vmo, 3 * PAGE), 0);
    EXPECT_EQ(size_of(vmo), 3 * PAGE);
    EXPECT_EQ(byte_at(vmo, PAGE - 1), 9);
    EXPECT_EQ(byte_at(vmo, PAGE), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_forgets_what_is_cut_off)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, KEEL_VMO_RESIZABLE);

    put_byte(vmo, PAGE, 9);
    EXPECT_EQ(keel_vmo_set_size(vmo, PAGE), 0);
    EXPECT_EQ(keel_vmo_set_size(vmo, 2 * PAGE), 0);
    EXPECT_EQ(byte_at(vmo, PAGE), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_of_a_fixed_size)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int err = keel_vmo_set_size(vmo, 2 * PAGE);

    EXPECT(err == -ENOTSUP || err == -EACCES); /* its handle has no RESIZE */
    EXPECT_EQ(size_of(vmo), PAGE);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_size_can_be_nothing)
{
    keel_handle_t vmo = new_vmo(PAGE, KEEL_VMO_RESIZABLE);

    EXPECT_EQ(keel_vmo_set_size(vmo, 0), 0);
    EXPECT_EQ(size_of(vmo), 0);
    EXPECT_EQ(keel_vmo_set_size(vmo, BIG + 1), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* --- Ranges --- */

UTEST(vmo_zero_zeroes_bytes)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);

    for (unsigned i = 0; i < 2 * PAGE; i += 64) {
        put_byte(vmo, i, 1);
    }
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_ZERO, 64, PAGE, NULL, 0), 0);
    EXPECT_EQ(byte_at(vmo, 0), 1);
    EXPECT_EQ(byte_at(vmo, 64), 0);
    EXPECT_EQ(byte_at(vmo, PAGE), 0);
    EXPECT_EQ(byte_at(vmo, PAGE + 64), 1);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_decommit_reads_as_zeros)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);

    put_byte(vmo, 0, 1);
    put_byte(vmo, PAGE, 2);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), 0);
    EXPECT_EQ(byte_at(vmo, 0), 0);
    EXPECT_EQ(byte_at(vmo, PAGE), 2);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_commit_changes_nothing_to_see)
{
    keel_handle_t vmo = new_vmo(4 * PAGE, 0);

    put_byte(vmo, PAGE, 3);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_COMMIT, 0, 4 * PAGE, NULL, 0), 0);
    EXPECT_EQ(byte_at(vmo, 0), 0);
    EXPECT_EQ(byte_at(vmo, PAGE), 3);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_ranges_are_within_it)
{
    static const uint32_t ops[] = {KEEL_VMO_OP_COMMIT, KEEL_VMO_OP_DECOMMIT, KEEL_VMO_OP_ZERO,
                                   KEEL_VMO_OP_CACHE_SYNC, KEEL_VMO_OP_CACHE_CLEAN};
    keel_handle_t vmo = new_vmo(PAGE, 0);

    for (unsigned i = 0; i < 5; i++) {
        EXPECT_EQ(keel_vmo_op_range(vmo, ops[i], PAGE, PAGE, NULL, 0), -EINVAL);
        EXPECT_EQ(keel_vmo_op_range(vmo, ops[i], 0, 2 * PAGE, NULL, 0), -EINVAL);
        EXPECT_EQ(keel_vmo_op_range(vmo, ops[i], UINT64_MAX - PAGE + 1, PAGE, NULL, 0), -EINVAL);
    }
    EXPECT_EQ(keel_vmo_op_range(vmo, 0, 0, PAGE, NULL, 0), -EINVAL);
    EXPECT_EQ(keel_vmo_op_range(vmo, 99, 0, PAGE, NULL, 0), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* More than there is memory for: an error, and all that was taken is given back with the object. */
UTEST(vmo_commit_of_too_much)
{
    keel_handle_t vmo = new_vmo(BIG, 0);

    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_COMMIT, 0, UINT64_C(1) << 40, NULL, 0), -ENOMEM);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    vmo = new_vmo(PAGE, 0);
    put_byte(vmo, 0, 1);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* --- Children --- */

UTEST(vmo_snapshot_is_as_it_was)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, 0), child;

    put_byte(vmo, 0, 1);
    child = child_of(vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, 2 * PAGE);
    put_byte(vmo, 0, 2);
    put_byte(child, PAGE, 3);
    EXPECT_EQ(byte_at(child, 0), 1);
    EXPECT_EQ(byte_at(vmo, 0), 2);
    EXPECT_EQ(byte_at(vmo, PAGE), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    EXPECT_EQ(byte_at(child, 0), 1);
    EXPECT_EQ(byte_at(child, PAGE), 3);
    EXPECT_EQ(keel_handle_close(child), 0);
}

UTEST(vmo_slice_is_the_same_memory)
{
    keel_handle_t vmo = new_vmo(4 * PAGE, 0),
                  slice = child_of(vmo, KEEL_VMO_CHILD_SLICE, PAGE, PAGE);

    put_byte(slice, 5, 7);
    EXPECT_EQ(byte_at(vmo, PAGE + 5), 7);
    put_byte(vmo, PAGE + 6, 8);
    EXPECT_EQ(byte_at(slice, 6), 8);
    EXPECT_EQ(size_of(slice), PAGE);
    EXPECT_EQ(keel_handle_close(slice), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_snapshots_of_snapshots)
{
    keel_handle_t first = new_vmo(PAGE, 0), last = first;

    for (unsigned i = 1; i <= 200; i++) {
        keel_handle_t child;

        put_byte(last, i, (unsigned char)i);
        child = child_of(last, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE);
        EXPECT_EQ(keel_handle_close(last), 0);
        last = child;
    }
    for (unsigned i = 1; i <= 200; i++) {
        EXPECT_EQ(byte_at(last, i), i);
    }
    EXPECT_EQ(keel_handle_close(last), 0);
}

UTEST(vmo_tells_that_children_are_gone)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), child;

    EXPECT_EQ(signals_of(vmo), KEEL_VMO_ZERO_CHILDREN);
    child = child_of(vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE);
    EXPECT_EQ(signals_of(vmo), 0);
    EXPECT_EQ(keel_handle_close(child), 0);
    EXPECT_EQ(signals_of(vmo), KEEL_VMO_ZERO_CHILDREN);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_children_lie_within)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, 0), child;

    EXPECT_EQ(keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SLICE, PAGE, 2 * PAGE, &child), -EINVAL);
    EXPECT_EQ(keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SLICE, 1, PAGE, &child), -EINVAL);
    EXPECT_EQ(
        keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SNAPSHOT, UINT64_MAX - PAGE + 1, PAGE, &child),
        -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_child_options_go_together)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), child;

    EXPECT_EQ(keel_vmo_create_child(vmo, 0, 0, PAGE, &child), -EINVAL);
    EXPECT_EQ(
        keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SLICE | KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE, &child),
        -EINVAL);
    EXPECT_EQ(keel_vmo_create_child(vmo, UINT32_MAX, 0, PAGE, &child), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_slice_of_what_changes_its_size)
{
    keel_handle_t vmo = new_vmo(PAGE, KEEL_VMO_RESIZABLE), child;

    EXPECT_EQ(keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SLICE, 0, PAGE, &child), -ENOTSUP);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_child_without_write)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);
    keel_handle_t child = child_of(vmo, KEEL_VMO_CHILD_SNAPSHOT | KEEL_VMO_CHILD_NO_WRITE, 0, PAGE);
    char byte = 1;

    EXPECT_EQ(keel_vmo_write(child, &byte, 0, 1), -EACCES);
    EXPECT_EQ(byte_at(child, 0), 0);
    EXPECT_EQ(keel_handle_close(child), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* --- Memory that is special --- */

UTEST(vmo_contiguous_by_leave)
{
    keel_handle_t vmo;

    REQUIRE(keel_vmo_create_contiguous(root_resource(), 4 * PAGE, 14, &vmo) == 0);
    put_byte(vmo, 3 * PAGE, 5);
    EXPECT_EQ(byte_at(vmo, 3 * PAGE), 5);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), -ENOTSUP);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    EXPECT_EQ(keel_vmo_create_contiguous(root_resource(), 0, 0, &vmo), -EINVAL);
    EXPECT_EQ(keel_vmo_create_contiguous(root_resource(), PAGE, 47, &vmo), -EINVAL);
    EXPECT_EQ(keel_vmo_create_contiguous(KEEL_HANDLE_INVALID, PAGE, 0, &vmo), -EBADF);
}

UTEST(vmo_physical_is_not_the_kernels_ram)
{
    keel_handle_t vmo;

    EXPECT_EQ(keel_vmo_create_physical(root_resource(), 1, PAGE, &vmo), -EINVAL);
    EXPECT_EQ(keel_vmo_create_physical(root_resource(), UINT64_MAX - PAGE + 1, PAGE, &vmo),
              -EINVAL);
    EXPECT_EQ(keel_vmo_create_physical(KEEL_HANDLE_INVALID, 0, PAGE, &vmo), -EBADF);
}

UTEST(vmo_cache_policy_can_change_at_first)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_UNCACHED), 0);
    put_byte(vmo, 0, 4);
    EXPECT_EQ(byte_at(vmo, 0), 4);
    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, 5), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_is_made_executable)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), code;

    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, KEEL_HANDLE_INVALID, &code), 0);
    EXPECT_EQ(byte_at(code, 0), 0);
    EXPECT_EQ(keel_handle_close(code), 0);
}

/* --- More of what is refused, and what stays --- */

UTEST(vmo_op_numbers_are_known)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmo_op_range(vmo, 0, 0, PAGE, NULL, 0), -EINVAL);
    EXPECT_EQ(keel_vmo_op_range(vmo, 3, 0, PAGE, NULL, 0), -EINVAL);
    EXPECT_EQ(keel_vmo_op_range(vmo, 11, 0, PAGE, NULL, 0), -EINVAL);
    EXPECT_EQ(keel_vmo_op_range(vmo, UINT32_MAX, 0, PAGE, NULL, 0), -EINVAL);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_ZERO, 0, PAGE, NULL, 1), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_cache_ops_keep_what_is_there)
{
    static const uint32_t ops[] = {KEEL_VMO_OP_CACHE_SYNC, KEEL_VMO_OP_CACHE_INVALIDATE,
                                   KEEL_VMO_OP_CACHE_CLEAN, KEEL_VMO_OP_CACHE_CLEAN_INVALIDATE};
    keel_handle_t vmo = new_vmo(3 * PAGE, 0);

    put_byte(vmo, PAGE + 5, 77);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(keel_vmo_op_range(vmo, ops[i], PAGE - 3, PAGE + 9, NULL, 0), 0);
        EXPECT_EQ(keel_vmo_op_range(vmo, ops[i], 0, 0, NULL, 0), 0);
        EXPECT_EQ(keel_vmo_op_range(vmo, ops[i], PAGE, 3 * PAGE, NULL, 0), -EINVAL);
        EXPECT_EQ(byte_at(vmo, PAGE + 5), 77);
    }
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_ops_need_the_right_to_write)
{
    static const uint32_t ops[] = {KEEL_VMO_OP_COMMIT, KEEL_VMO_OP_DECOMMIT, KEEL_VMO_OP_ZERO,
                                   KEEL_VMO_OP_CACHE_INVALIDATE};
    keel_handle_t vmo = new_vmo(PAGE, 0), reader = with_rights(vmo, KEEL_RIGHT_READ);
    keel_handle_t blind = with_rights(vmo, KEEL_RIGHT_WRITE);

    put_byte(vmo, 0, 5);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(keel_vmo_op_range(reader, ops[i], 0, PAGE, NULL, 0), -EACCES);
    }
    EXPECT_EQ(keel_vmo_op_range(blind, KEEL_VMO_OP_CACHE_SYNC, 0, PAGE, NULL, 0), -EACCES);
    EXPECT_EQ(byte_at(vmo, 0), 5);
    EXPECT_EQ(keel_handle_close(blind), 0);
    EXPECT_EQ(keel_handle_close(reader), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_slice_is_not_decommitted)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);
    keel_handle_t slice = child_of(vmo, KEEL_VMO_CHILD_SLICE, PAGE, PAGE);

    put_byte(slice, 3, 9);
    EXPECT_EQ(keel_vmo_op_range(slice, KEEL_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), -ENOTSUP);
    EXPECT_EQ(byte_at(vmo, PAGE + 3), 9);
    EXPECT_EQ(keel_vmo_op_range(slice, KEEL_VMO_OP_ZERO, 0, PAGE, NULL, 0), 0);
    EXPECT_EQ(byte_at(vmo, PAGE + 3), 0);
    EXPECT_EQ(keel_handle_close(slice), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_copies_change_apart)
{
    keel_handle_t vmo = new_vmo(2 * PAGE, 0), copy;

    put_byte(vmo, 0, 1);
    put_byte(vmo, PAGE, 2);
    copy = child_of(vmo, KEEL_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, PAGE, PAGE);
    EXPECT_EQ(size_of(copy), PAGE);
    EXPECT_EQ(byte_at(copy, 0), 2);
    put_byte(copy, 0, 3);
    EXPECT_EQ(byte_at(vmo, PAGE), 2);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    EXPECT_EQ(byte_at(copy, 0), 3);
    EXPECT_EQ(keel_handle_close(copy), 0);
}

UTEST(vmo_copy_of_variable_size)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), copy;

    put_byte(vmo, 9, 1);
    copy = child_of(vmo, KEEL_VMO_CHILD_SNAPSHOT | KEEL_VMO_CHILD_RESIZABLE, 0, PAGE);
    EXPECT_EQ(keel_vmo_set_size(copy, 3 * PAGE), 0);
    EXPECT_EQ(byte_at(copy, 9), 1);
    EXPECT_EQ(byte_at(copy, 2 * PAGE), 0);
    EXPECT_EQ(size_of(vmo), PAGE);
    EXPECT_EQ(
        keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SLICE | KEEL_VMO_CHILD_RESIZABLE, 0, PAGE, &vmo),
        -EINVAL);
    EXPECT_EQ(keel_handle_close(copy), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_slice_has_its_parents_rights)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);
    keel_handle_t parent = with_rights(vmo, KEEL_RIGHT_READ | KEEL_RIGHT_DUPLICATE);
    keel_handle_t slice = child_of(parent, KEEL_VMO_CHILD_SLICE, 0, PAGE);
    keel_handle_t copy = child_of(parent, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE);
    char byte = 4;

    EXPECT_EQ(keel_vmo_write(slice, &byte, 0, 1), -EACCES);
    EXPECT_EQ(keel_vmo_write(copy, &byte, 0, 1), 0);
    EXPECT_EQ(byte_at(slice, 0), 0);
    EXPECT_EQ(keel_handle_close(copy), 0);
    EXPECT_EQ(keel_handle_close(slice), 0);
    EXPECT_EQ(keel_handle_close(parent), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_cache_policy_stays_while_it_is_used)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), slice;
    int64_t at = keel_vmar_map(root_vmar(), KEEL_VM_PERM_READ, 0, vmo, 0, PAGE);

    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_UNCACHED), -EBUSY);
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), (uint64_t)at, PAGE), 0);
    slice = child_of(vmo, KEEL_VMO_CHILD_SLICE, 0, PAGE);
    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_UNCACHED), -EBUSY);
    EXPECT_EQ(keel_vmo_set_cache_policy(slice, KEEL_CACHE_POLICY_UNCACHED), -EINVAL);
    EXPECT_EQ(keel_handle_close(slice), 0);
    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_WRITE_COMBINING), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_cache_policy_waits_for_snapshots)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), copy;

    put_byte(vmo, 0, 8);
    copy = child_of(vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE);
    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_UNCACHED), -EBUSY);
    EXPECT_EQ(keel_handle_close(copy), 0);
    EXPECT_EQ(keel_vmo_set_cache_policy(vmo, KEEL_CACHE_POLICY_UNCACHED), 0);
    EXPECT_EQ(byte_at(vmo, 0), 8);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_copies_as_far_as_memory_goes)
{
    static char bytes[2 * PAGE];
    keel_handle_t vmo = new_vmo(2 * PAGE, 0), one = new_vmo(PAGE, 0);
    int64_t at =
        keel_vmar_map(root_vmar(), KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE, 0, one, 0, PAGE);

    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), (uint64_t)at + PAGE, PAGE), 0); /* should it be mapped */
    memset(bytes, 6, sizeof(bytes));
    EXPECT_EQ(keel_vmo_write(vmo, bytes, 0, sizeof(bytes)), 0);
    EXPECT_EQ(keel_vmo_read(vmo, (void *)at, 0, 2 * PAGE), -EFAULT);
    EXPECT_EQ(byte_at(one, PAGE - 1), 6);
    put_byte(one, 7, 3);
    EXPECT_EQ(keel_vmo_write(vmo, (const void *)at, 0, 2 * PAGE), -EFAULT);
    EXPECT_EQ(byte_at(vmo, 7), 3);
    EXPECT_EQ(byte_at(vmo, PAGE), 6);
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), (uint64_t)at, PAGE), 0);
    EXPECT_EQ(keel_handle_close(one), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_special_memory_needs_its_resource)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t irq, mmio, vmo;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_IRQ, 0, 16, &name, &irq), 0);
    EXPECT_EQ(
        keel_resource_create(root_resource(), KEEL_RSRC_KIND_MMIO, 0x10000, PAGE, &name, &mmio), 0);
    EXPECT_EQ(keel_vmo_create_contiguous(irq, PAGE, 0, &vmo), -ENOTTY);
    EXPECT_EQ(keel_vmo_create_physical(irq, 0x10000, PAGE, &vmo), -ENOTTY);
    EXPECT_EQ(keel_vmo_create_physical(mmio, 0x20000, PAGE, &vmo), -ERANGE);
    EXPECT_EQ(keel_vmo_create_physical(mmio, 0x10000, 2 * PAGE, &vmo), -ERANGE);
    EXPECT_EQ(keel_vmo_create_physical(mmio, 0x10000, 0, &vmo), -EINVAL);
    EXPECT_EQ(keel_handle_close(mmio), 0);
    EXPECT_EQ(keel_handle_close(irq), 0);
}

/* Somewhere there is RAM, and the kernel gives none of it away. */
UTEST(vmo_physical_is_never_free_ram)
{
    unsigned refused = 0;
    keel_handle_t vmo;

    for (uint64_t base = 0; base < UINT64_C(4) << 30; base += 16 << 20) {
        int err = keel_vmo_create_physical(root_resource(), base, 16 << 20, &vmo);

        if (err == 0) {
            EXPECT_EQ(keel_handle_close(vmo), 0);
        }
        EXPECT(err == 0 || err == -EACCES);
        refused += err == -EACCES;
    }
    EXPECT(refused >= keel_system_get_physmem() / (16 << 20) / 2);
}

UTEST(vmo_of_registers_is_not_copied)
{
    keel_handle_t vmo;
    char byte;

    /* Nothing is said about what is there: nothing is read. */
    REQUIRE(keel_vmo_create_physical(root_resource(), UINT64_C(0xf00000000), PAGE, &vmo) == 0);
    EXPECT_EQ(size_of(vmo), PAGE);
    EXPECT_EQ(keel_vmo_read(vmo, &byte, 0, 1), -ENOTSUP);
    EXPECT_EQ(keel_vmo_write(vmo, "x", 0, 1), -ENOTSUP);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_ZERO, 0, PAGE, NULL, 0), -ENOTSUP);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), -ENOTSUP);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmo_contiguous_is_all_there)
{
    keel_info_vmo_t info = {0};
    keel_handle_t vmo;

    REQUIRE(keel_vmo_create_contiguous(root_resource(), 3 * PAGE + 1, 16, &vmo) == 0);
    EXPECT_EQ(keel_object_get_info(vmo, KEEL_INFO_VMO, &info, sizeof(info), NULL, NULL), 0);
    EXPECT(info.size_bytes == 4 * PAGE && info.committed_bytes == 4 * PAGE);
    EXPECT_EQ(byte_at(vmo, 4 * PAGE - 1), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    EXPECT_EQ(keel_vmo_create_contiguous(root_resource(), BIG, 0, &vmo), -ENOMEM);
    EXPECT_EQ(keel_vmo_create_contiguous(root_resource(), BIG + 1, 0, &vmo), -EINVAL);
}

UTEST(vmo_executable_by_its_resource)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t vmo = new_vmo(PAGE, 0), vmex, info, code;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_SYSTEM,
                                   KEEL_RSRC_SYSTEM_VMEX_BASE, 1, &name, &vmex),
              0);
    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_SYSTEM,
                                   KEEL_RSRC_SYSTEM_INFO_BASE, 1, &name, &info),
              0);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, info, &code), -ERANGE);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, vmo, &code), -ENOTTY);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, BAD_HANDLE, &code), -EBADF);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, vmex, NO_POINTER), -EFAULT);
    EXPECT_EQ(byte_at(vmo, 0), 0);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, vmex, &code), 0);
    EXPECT_EQ(keel_handle_close(code), 0);
    EXPECT_EQ(keel_handle_close(vmex), 0);
    EXPECT_EQ(keel_handle_close(info), 0);
}

UTEST(vmo_size_is_told_somewhere)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), bare = with_rights(vmo, KEEL_RIGHT_NONE);

    EXPECT_EQ(size_of(bare), PAGE);
    EXPECT_EQ(keel_vmo_get_size(vmo, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_vmo_get_size(vmo, KERNEL_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}
