/* SPDX-License-Identifier: MIT */
/* Regions of addresses: mapping, protecting, dividing them. */
#include "../objects.h"
#include "fixtures.h"

#define RW (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE)
#define CAN_ALL                                                               \
    (KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | KEEL_VM_CAN_MAP_EXECUTE | \
     KEEL_VM_CAN_MAP_SPECIFIC)
#define SIZE (16 * PAGE)

struct region {
    keel_handle_t handle;
    uint64_t base;
};

static struct region new_region(uint32_t options)
{
    struct region region = {0};

    EXPECT_EQ(keel_vmar_allocate(root_vmar(), options, 0, SIZE, &region.handle, &region.base), 0);
    return region;
}

static void end_region(struct region region)
{
    EXPECT_EQ(keel_vmar_destroy(region.handle), 0);
    EXPECT_EQ(keel_handle_close(region.handle), 0);
}

/* Whether the kernel can read a byte there on this program's behalf, and write it back. */
static bool can_read(uint64_t address)
{
    struct ends ends = new_channel();
    bool can = keel_channel_write(ends.one, 0, (const void *)address, 1, NULL, 0) == 0;

    close_ends(ends);
    return can;
}

static bool can_write(uint64_t address)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);
    bool can = keel_vmo_read(vmo, (void *)address, 0, 1) == 0;

    EXPECT_EQ(keel_handle_close(vmo), 0);
    return can;
}

UTEST(vmar_maps_and_unmaps)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);
    int64_t at = keel_vmar_map(region.handle, RW, 0, vmo, 0, 2 * PAGE);
    volatile unsigned char *bytes = (volatile unsigned char *)at;
    unsigned char seen = 0;

    REQUIRE(at > 0);
    EXPECT((uint64_t)at >= region.base && (uint64_t)at + 2 * PAGE <= region.base + SIZE);
    bytes[PAGE] = 77;
    EXPECT_EQ(keel_vmo_read(vmo, &seen, PAGE, 1), 0);
    EXPECT_EQ(seen, 77);
    EXPECT_EQ(keel_vmar_unmap(region.handle, (uint64_t)at, 2 * PAGE), 0);
    EXPECT(!can_read((uint64_t)at));
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_maps_where_it_is_told)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, 3 * PAGE, vmo, 0, PAGE),
              (int64_t)region.base + 3 * PAGE);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, 3 * PAGE, vmo, 0, PAGE), -EEXIST);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC_OVERWRITE, 3 * PAGE, vmo, 0, PAGE),
              (int64_t)region.base + 3 * PAGE);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_place_needs_leave)
{
    struct region region = new_region(KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE);
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, 0, vmo, 0, PAGE), -EACCES);
    EXPECT(keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE) > 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_mapping_outlives_the_handle)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at = keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE);

    REQUIRE(at > 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    *(volatile char *)at = 1;
    EXPECT_EQ(*(volatile char *)at, 1);
    end_region(region);
}

UTEST(vmar_never_both_written_and_executed)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0), code;

    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, KEEL_HANDLE_INVALID, &code), 0);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_PERM_EXECUTE, 0, code, 0, PAGE), -EACCES);
    EXPECT(keel_vmar_map(region.handle, KEEL_VM_PERM_READ | KEEL_VM_PERM_EXECUTE, 0, code, 0,
                         PAGE) > 0);
    EXPECT_EQ(keel_handle_close(code), 0);
    end_region(region);
}

UTEST(vmar_execution_needs_the_right)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(
        keel_vmar_map(region.handle, KEEL_VM_PERM_READ | KEEL_VM_PERM_EXECUTE, 0, vmo, 0, PAGE),
        -EACCES);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_allows_what_the_object_allows)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);
    keel_handle_t reader = with_rights(vmo, KEEL_RIGHT_READ | KEEL_RIGHT_MAP);
    keel_handle_t unmapped = with_rights(vmo, KEEL_RIGHT_READ | KEEL_RIGHT_WRITE);
    int64_t at;

    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, reader, 0, PAGE), -EACCES);
    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, unmapped, 0, PAGE), -EACCES);
    at = keel_vmar_map(region.handle, KEEL_VM_PERM_READ, 0, reader, 0, PAGE);
    REQUIRE(at > 0);
    EXPECT(can_read((uint64_t)at) && !can_write((uint64_t)at));
    EXPECT_EQ(keel_vmar_protect(region.handle, RW, (uint64_t)at, PAGE), -EACCES);
    EXPECT(!can_write((uint64_t)at));
    EXPECT_EQ(keel_handle_close(reader), 0);
    EXPECT_EQ(keel_handle_close(unmapped), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_allows_what_the_region_allows)
{
    struct region region = new_region(KEEL_VM_CAN_MAP_READ);
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE), -EACCES);
    EXPECT(keel_vmar_map(region.handle, KEEL_VM_PERM_READ, 0, vmo, 0, PAGE) > 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_child_has_no_more_than_its_parent)
{
    struct region region = new_region(KEEL_VM_CAN_MAP_READ);
    keel_handle_t child;
    uint64_t base;

    EXPECT_EQ(keel_vmar_allocate(region.handle, KEEL_VM_CAN_MAP_WRITE, 0, PAGE, &child, &base),
              -EACCES);
    EXPECT_EQ(keel_vmar_allocate(region.handle, KEEL_VM_CAN_MAP_READ, 0, PAGE, &child, &base), 0);
    EXPECT_EQ(keel_handle_close(child), 0);
    end_region(region);
}

UTEST(vmar_protect_changes_what_is_allowed)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(3 * PAGE, 0);
    int64_t at = keel_vmar_map(region.handle, RW, 0, vmo, 0, 3 * PAGE);
    uint64_t middle = (uint64_t)at + PAGE;

    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_protect(region.handle, KEEL_VM_PERM_READ, middle, PAGE), 0);
    EXPECT(can_write((uint64_t)at) && !can_write(middle) && can_write(middle + PAGE));
    EXPECT_EQ(keel_vmar_protect(region.handle, 0, middle, PAGE), 0);
    EXPECT(!can_read(middle));
    EXPECT_EQ(keel_vmar_protect(region.handle, RW, middle, PAGE), 0);
    EXPECT(can_write(middle));
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_protect_wants_all_mapped)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at = keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, 0, vmo, 0, PAGE);

    EXPECT_EQ(keel_vmar_protect(region.handle, KEEL_VM_PERM_READ, (uint64_t)at, 2 * PAGE), -ENOENT);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_vmar_protect(region.handle, KEEL_VM_PERM_READ, (uint64_t)at + 1, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_protect(region.handle, UINT32_MAX, (uint64_t)at, PAGE), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_unmap_parts_a_mapping)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(3 * PAGE, 0);
    int64_t at = keel_vmar_map(region.handle, RW, 0, vmo, 0, 3 * PAGE);

    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_unmap(region.handle, (uint64_t)at + PAGE, PAGE), 0);
    EXPECT(can_read((uint64_t)at) && !can_read((uint64_t)at + PAGE) &&
           can_read((uint64_t)at + 2 * PAGE));
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_unmap_of_what_is_not_there)
{
    struct region region = new_region(CAN_ALL);

    EXPECT_EQ(keel_vmar_unmap(region.handle, region.base, SIZE), 0);
    EXPECT_EQ(keel_vmar_unmap(region.handle, region.base + 1, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_unmap(region.handle, region.base, SIZE + PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_unmap(region.handle, region.base - PAGE, PAGE), -EINVAL);
    end_region(region);
}

UTEST(vmar_map_ranges_are_possible)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);

    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, 0, 0), -EINVAL);
    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, 1, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, 1, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, SIZE, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, UINT64_MAX - PAGE + 1, PAGE), -EINVAL);
    EXPECT(keel_vmar_map(region.handle, RW, 0, vmo, 0, UINT64_MAX) < 0);
    EXPECT(keel_vmar_map(region.handle, RW, 0, vmo, 0, SIZE + PAGE) < 0);
    EXPECT_EQ(keel_vmar_map(region.handle, UINT32_MAX, 0, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_map_range_enters_pages)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);
    char byte = 5;
    int64_t at;

    EXPECT_EQ(keel_vmo_write(vmo, &byte, 0, 1), 0);
    at = keel_vmar_map(region.handle, RW | KEEL_VM_MAP_RANGE, 0, vmo, 0, PAGE);
    REQUIRE(at > 0);
    EXPECT_EQ(*(volatile char *)at, 5);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_refuses_resizable_on_request)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, KEEL_VMO_RESIZABLE);

    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_REQUIRE_NON_RESIZABLE, 0, vmo, 0, PAGE),
              -ENOTSUP);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_destroyed_takes_nothing)
{
    struct region region = new_region(CAN_ALL), inner = {0};
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at;

    EXPECT_EQ(keel_vmar_allocate(region.handle, CAN_ALL, 0, PAGE, &inner.handle, &inner.base), 0);
    at = keel_vmar_map(inner.handle, RW, 0, vmo, 0, PAGE);
    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_destroy(region.handle), 0);
    EXPECT(!can_read((uint64_t)at));
    EXPECT_EQ(keel_vmar_destroy(region.handle), -EINVAL);
    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_map(inner.handle, RW, 0, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_handle_close(inner.handle), 0);
    EXPECT_EQ(keel_handle_close(region.handle), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmar_stays_when_its_handle_is_closed)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at = keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE);

    REQUIRE(at > 0);
    EXPECT_EQ(keel_handle_close(region.handle), 0);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), region.base, SIZE), 0);
    EXPECT(!can_read((uint64_t)at));
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(vmar_allocates_where_it_is_told)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t first, second;
    uint64_t base;

    EXPECT_EQ(keel_vmar_allocate(region.handle, KEEL_VM_SPECIFIC | KEEL_VM_CAN_MAP_READ, 2 * PAGE,
                                 2 * PAGE, &first, &base),
              0);
    EXPECT_EQ(base, region.base + 2 * PAGE);
    EXPECT_EQ(keel_vmar_allocate(region.handle, KEEL_VM_SPECIFIC | KEEL_VM_CAN_MAP_READ, 3 * PAGE,
                                 2 * PAGE, &second, &base),
              -EEXIST);
    EXPECT_EQ(keel_vmar_allocate(region.handle, 0, 0, 0, &second, &base), -EINVAL);
    EXPECT_EQ(keel_vmar_allocate(region.handle, KEEL_VM_SPECIFIC, SIZE, PAGE, &second, &base),
              -EINVAL);
    EXPECT(keel_vmar_allocate(region.handle, 0, 0, 2 * SIZE, &second, &base) < 0);
    EXPECT_EQ(keel_handle_close(first), 0);
    end_region(region);
}

/* Where it is put differs from time to time. */
UTEST(vmar_places_at_random)
{
    uint64_t bases[8];
    unsigned differ = 0;

    for (unsigned i = 0; i < 8; i++) {
        struct region region = new_region(CAN_ALL);

        bases[i] = region.base;
        differ += bases[i] != bases[0];
        end_region(region);
    }
    EXPECT(differ >= 4);
}

UTEST(vmar_mapping_beyond_a_shrunk_object_fails)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(2 * PAGE, KEEL_VMO_RESIZABLE);
    int64_t at = keel_vmar_map(region.handle, RW, 0, vmo, 0, 2 * PAGE);

    REQUIRE(at > 0);
    EXPECT(can_write((uint64_t)at + PAGE));
    EXPECT_EQ(keel_vmo_set_size(vmo, PAGE), 0);
    EXPECT(!can_write((uint64_t)at + PAGE) && can_write((uint64_t)at));
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

/* --- Regions in regions --- */

UTEST(vmar_unmap_takes_whole_regions)
{
    struct region region = new_region(CAN_ALL), inner = {0};
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);
    int64_t at;

    EXPECT_EQ(keel_vmar_allocate(region.handle, CAN_ALL | KEEL_VM_SPECIFIC, 4 * PAGE, 2 * PAGE,
                                 &inner.handle, &inner.base),
              0);
    at = keel_vmar_map(inner.handle, RW, 0, vmo, 0, 2 * PAGE);
    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_unmap(region.handle, inner.base + PAGE, 2 * PAGE), -EINVAL);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_vmar_unmap(region.handle, inner.base - PAGE, 4 * PAGE), 0);
    EXPECT(!can_read((uint64_t)at));
    EXPECT_EQ(keel_vmar_map(inner.handle, RW, 0, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_handle_close(inner.handle), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_protect_leaves_regions_alone)
{
    struct region region = new_region(CAN_ALL), inner = {0};
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at;

    EXPECT_EQ(keel_vmar_allocate(region.handle, CAN_ALL, 0, PAGE, &inner.handle, &inner.base), 0);
    at = keel_vmar_map(inner.handle, RW, 0, vmo, 0, PAGE);
    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_protect(region.handle, KEEL_VM_PERM_READ, (uint64_t)at, PAGE), -EINVAL);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_vmar_protect(inner.handle, KEEL_VM_PERM_READ, (uint64_t)at, PAGE), 0);
    EXPECT(!can_write((uint64_t)at));
    EXPECT_EQ(keel_handle_close(inner.handle), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_overwrite_parts_what_was_there)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t old = new_vmo(3 * PAGE, 0), fresh = new_vmo(PAGE, 0);
    unsigned char byte = 7, seen = 0;

    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC, 0, old, 0, 3 * PAGE),
              (int64_t)region.base);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC_OVERWRITE, PAGE, fresh, 0, PAGE),
              (int64_t)region.base + PAGE);
    *(volatile unsigned char *)(region.base + PAGE) = byte;
    EXPECT_EQ(keel_vmo_read(fresh, &seen, 0, 1), 0);
    EXPECT_EQ(seen, 7);
    EXPECT_EQ(keel_vmo_read(old, &seen, PAGE, 1), 0);
    EXPECT_EQ(seen, 0);
    EXPECT(can_write(region.base) && can_write(region.base + 2 * PAGE));
    EXPECT_EQ(keel_handle_close(old), 0);
    EXPECT_EQ(keel_handle_close(fresh), 0);
    end_region(region);
}

UTEST(vmar_overwrite_takes_whole_regions)
{
    struct region region = new_region(CAN_ALL), inner = {0};
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);

    EXPECT_EQ(keel_vmar_allocate(region.handle, CAN_ALL | KEEL_VM_SPECIFIC, PAGE, 2 * PAGE,
                                 &inner.handle, &inner.base),
              0);
    EXPECT(keel_vmar_map(inner.handle, RW, 0, vmo, 0, PAGE) > 0);
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC_OVERWRITE, 0, vmo, 0, 2 * PAGE),
              -EINVAL);
    EXPECT(!can_read(region.base));
    EXPECT_EQ(keel_vmar_map(region.handle, RW | KEEL_VM_SPECIFIC_OVERWRITE, PAGE, vmo, 0, 2 * PAGE),
              (int64_t)region.base + PAGE);
    EXPECT(can_write(region.base + 2 * PAGE));
    EXPECT_EQ(keel_vmar_map(inner.handle, RW, 0, vmo, 0, PAGE), -EINVAL);
    EXPECT_EQ(keel_handle_close(inner.handle), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_full_has_no_room)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0), inner;
    uint64_t base;
    unsigned count = 0;

    while (count < 100 && keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE) > 0) {
        count++;
    }
    EXPECT_EQ(count, SIZE / PAGE);
    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE), -ENOMEM);
    EXPECT_EQ(keel_vmar_allocate(region.handle, KEEL_VM_CAN_MAP_READ, 0, PAGE, &inner, &base),
              -ENOMEM);
    EXPECT_EQ(keel_vmar_unmap(region.handle, region.base + 5 * PAGE, PAGE), 0);
    EXPECT_EQ(keel_vmar_map(region.handle, RW, 0, vmo, 0, PAGE), (int64_t)region.base + 5 * PAGE);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_handle_needs_rights)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0), reader = with_rights(region.handle, KEEL_RIGHT_READ);
    keel_handle_t inner;
    uint64_t base;
    int64_t at;

    EXPECT_EQ(keel_vmar_map(reader, RW, 0, vmo, 0, PAGE), -EACCES);
    EXPECT_EQ(keel_vmar_allocate(reader, KEEL_VM_CAN_MAP_WRITE, 0, PAGE, &inner, &base), -EACCES);
    at = keel_vmar_map(reader, KEEL_VM_PERM_READ, 0, vmo, 0, PAGE);
    REQUIRE(at > 0);
    EXPECT_EQ(keel_vmar_protect(reader, RW, (uint64_t)at, PAGE), -EACCES);
    EXPECT_EQ(keel_vmar_protect(region.handle, RW, (uint64_t)at, PAGE), 0);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_handle_close(reader), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_writing_goes_with_reading)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at;

    EXPECT_EQ(keel_vmar_map(region.handle, KEEL_VM_PERM_WRITE, 0, vmo, 0, PAGE), -EINVAL);
    at = keel_vmar_map(region.handle, 0, 0, vmo, 0, PAGE);
    EXPECT(at > 0 && !can_read((uint64_t)at));
    EXPECT_EQ(keel_vmar_protect(region.handle, KEEL_VM_PERM_WRITE, (uint64_t)at, PAGE), -EINVAL);
    EXPECT_EQ(keel_vmar_protect(region.handle, RW, (uint64_t)at, PAGE), 0);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}

UTEST(vmar_handle_is_told_somewhere)
{
    keel_handle_t handle;
    uint64_t base;

    EXPECT_EQ(keel_vmar_allocate(root_vmar(), 0, 0, PAGE, NO_POINTER, &base), -EFAULT);
    EXPECT_EQ(keel_vmar_allocate(root_vmar(), 0, 0, PAGE, &handle, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_vmar_allocate(root_vmar(), UINT32_MAX, 0, PAGE, &handle, &base), -EINVAL);
    EXPECT_EQ(keel_vmar_allocate(root_vmar(), KEEL_VM_PERM_READ, 0, PAGE, &handle, &base), -EINVAL);
}

UTEST(vmar_executes_what_was_made_executable)
{
#if defined(__aarch64__)
    static const uint32_t code[] = {0x52800540, 0xd65f03c0}; /* mov w0, #42; ret */
#elif defined(__riscv)
    static const uint32_t code[] = {0x02a00513, 0x00008067}; /* li a0, 42; ret */
#elif defined(__x86_64__)
    static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
#endif
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(PAGE, 0), executable;
    int64_t at;

    EXPECT_EQ(keel_vmo_write(vmo, code, 0, sizeof(code)), 0);
    EXPECT_EQ(keel_vmo_replace_as_executable(vmo, KEEL_HANDLE_INVALID, &executable), 0);
    at = keel_vmar_map(region.handle, KEEL_VM_PERM_READ | KEEL_VM_PERM_EXECUTE, 0, executable, 0,
                       PAGE);
    REQUIRE(at > 0);
    EXPECT_EQ(((int (*)(void))(uintptr_t)at)(), 42);
    EXPECT(!can_write((uint64_t)at));
    EXPECT_EQ(keel_vmar_protect(region.handle, RW, (uint64_t)at, PAGE), 0);
    EXPECT(can_write((uint64_t)at));
    EXPECT_EQ(keel_handle_close(executable), 0);
    end_region(region);
}

UTEST(vmar_mapping_sees_what_is_written_elsewhere)
{
    struct region region = new_region(CAN_ALL);
    keel_handle_t vmo = new_vmo(2 * PAGE, 0);
    int64_t one = keel_vmar_map(region.handle, RW, 0, vmo, 0, 2 * PAGE);
    int64_t two = keel_vmar_map(region.handle, KEEL_VM_PERM_READ, 0, vmo, PAGE, PAGE);
    unsigned char byte = 5;

    REQUIRE(one > 0 && two > 0);
    EXPECT_EQ(*(volatile unsigned char *)two, 0);
    EXPECT_EQ(keel_vmo_write(vmo, &byte, PAGE, 1), 0);
    EXPECT_EQ(*(volatile unsigned char *)two, 5);
    *(volatile unsigned char *)((uint64_t)one + PAGE) = 6;
    EXPECT_EQ(*(volatile unsigned char *)two, 6);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_DECOMMIT, 0, 2 * PAGE, NULL, 0), 0);
    EXPECT_EQ(*(volatile unsigned char *)two, 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_region(region);
}
