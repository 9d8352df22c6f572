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
