/* SPDX-License-Identifier: MIT */
/* Memory objects and regions through system calls: rights, options, children, limits. */
#include "user_stage.h"

#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/memory.h>
#include <keel/object_signal.h>
#include <keel/resource_object.h>
#include <keel/signals.h>
#include <keel/syscall_numbers.h>
#include <keel/vm.h>
#include <keel/vmar_object.h>
#include <keel/vmo_object.h>

#define READ    KEEL_VM_PERM_READ
#define WRITE   KEEL_VM_PERM_WRITE
#define EXECUTE KEEL_VM_PERM_EXECUTE

static struct user_stage stage;
static keel_handle_t root; /* region of the stage's process */

static bool open_stage(void)
{
    struct vm_region *region;
    struct object *vmar;

    if (!user_stage_make(&stage, 0)) {
        return false;
    }
    region = aspace_root(process_space(stage.process));
    KTEST_EXPECT(vmar_object_create(region, VMAR_CAN_ALL, &vmar) == 0);
    region_ref(region);
    root = user_stage_enter(&stage, vmar, vmar_object_rights(vmar));
    user_stage_become(&stage);
    return true;
}

static void close_stage(void)
{
    user_stage_return(&stage);
    user_stage_free(&stage);
}

/* Address of the nth word of data, as a call's argument. */
static uint64_t at(unsigned index)
{
    return user_stage_at(&stage, index);
}

static keel_handle_t told(unsigned index)
{
    return (keel_handle_t)user_stage_word(&stage, index);
}

static keel_handle_t make_vmo(uint64_t size, uint32_t options)
{
    KTEST_EXPECT(CALL(vmo_create, size, options, at(0)) == 0);
    return told(0);
}

static keel_handle_t with_rights(keel_handle_t handle, keel_rights_t rights)
{
    KTEST_EXPECT(CALL(handle_duplicate, handle, rights, at(0)) == 0);
    return told(0);
}

static keel_rights_t rights_of(keel_handle_t handle)
{
    struct object *object;
    keel_rights_t rights = 0;

    KTEST_EXPECT(handle_get_rights(process_table(stage.process), handle, 0, 0, &object, &rights) ==
                 0);
    object_put(object);
    return rights;
}

static int64_t map(keel_handle_t vmo, uint32_t options, uint64_t length)
{
    return CALL(vmar_map, root, options, 0, vmo, 0, length);
}

KTEST(user_vmo_is_read_and_written)
{
    uint64_t objects = object_count();
    keel_handle_t vmo;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(3 * PAGE_SIZE - 1, 0);
    KTEST_EXPECT(CALL(vmo_get_size, vmo, at(1)) == 0);
    KTEST_EXPECT(user_stage_word(&stage, 1) == 3 * PAGE_SIZE);
    user_stage_set_word(&stage, 2, 0x1234567890);
    KTEST_EXPECT(CALL(vmo_write, vmo, at(2), PAGE_SIZE - 4, 8) == 0);
    KTEST_EXPECT(CALL(vmo_read, vmo, at(3), PAGE_SIZE - 4, 8) == 0);
    KTEST_EXPECT(user_stage_word(&stage, 3) == 0x1234567890);
    KTEST_EXPECT(CALL(vmo_read, vmo, at(3), 3 * PAGE_SIZE - 8, 8) == 0);
    KTEST_EXPECT(CALL(vmo_read, vmo, at(3), 3 * PAGE_SIZE - 7, 8) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_read, vmo, at(3), UINT64_MAX, 8) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_read, vmo, 8, 0, 8) == -EFAULT);
    KTEST_EXPECT(CALL(vmo_write, vmo, UINT64_MAX - 3, 0, 8) == -EFAULT);
    KTEST_EXPECT(CALL(vmo_write, with_rights(vmo, KEEL_RIGHT_READ), at(2), 0, 8) == -EACCES);
    KTEST_EXPECT(CALL(vmo_read, with_rights(vmo, KEEL_RIGHT_WRITE), at(2), 0, 8) == -EACCES);
    KTEST_EXPECT(CALL(vmo_read, root, at(2), 0, 8) == -ENOTTY);
    KTEST_EXPECT(CALL(vmo_create, UINT64_MAX, 0, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create, 0, 1, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create, 0, 0, 8) == -EFAULT);
    close_stage();
    KTEST_EXPECT(object_count() == objects);
}

KTEST(user_vmo_size_changes_with_the_right)
{
    keel_handle_t fixed, variable;

    KTEST_REQUIRE(open_stage());
    fixed = make_vmo(PAGE_SIZE, 0);
    variable = make_vmo(PAGE_SIZE, KEEL_VMO_RESIZABLE);
    KTEST_EXPECT(CALL(vmo_set_size, fixed, 0) == -EACCES);
    KTEST_EXPECT(CALL(vmo_set_size, variable, 5 * PAGE_SIZE) == 0);
    KTEST_EXPECT(CALL(vmo_set_size, variable, UINT64_MAX) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_get_size, variable, at(1)) == 0);
    KTEST_EXPECT(user_stage_word(&stage, 1) == 5 * PAGE_SIZE);
    KTEST_EXPECT(map(variable, READ | KEEL_VM_REQUIRE_NON_RESIZABLE, PAGE_SIZE) == -ENOTSUP);
    KTEST_EXPECT(map(fixed, READ | KEEL_VM_REQUIRE_NON_RESIZABLE, PAGE_SIZE) > 0);
    close_stage();
}

KTEST(user_vmo_operations)
{
    static const uint32_t all[] = {
        KEEL_VMO_OP_COMMIT,      KEEL_VMO_OP_CACHE_SYNC, KEEL_VMO_OP_CACHE_INVALIDATE,
        KEEL_VMO_OP_CACHE_CLEAN, KEEL_VMO_OP_ZERO,       KEEL_VMO_OP_CACHE_CLEAN_INVALIDATE,
        KEEL_VMO_OP_DECOMMIT};
    uint64_t size = 9ull << 20;
    keel_handle_t vmo, reader;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(size, 0);
    reader = with_rights(vmo, KEEL_RIGHT_READ);
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
        bool reads = all[i] == KEEL_VMO_OP_CACHE_SYNC || all[i] == KEEL_VMO_OP_CACHE_CLEAN ||
                     all[i] == KEEL_VMO_OP_CACHE_CLEAN_INVALIDATE;

        KTEST_EXPECT(CALL(vmo_op_range, vmo, all[i], PAGE_SIZE, size - 2 * PAGE_SIZE) == 0);
        KTEST_EXPECT(CALL(vmo_op_range, vmo, all[i], PAGE_SIZE, size) == -EINVAL);
        KTEST_EXPECT(CALL(vmo_op_range, vmo, all[i], PAGE_SIZE, UINT64_MAX) == -EINVAL);
        KTEST_EXPECT(CALL(vmo_op_range, reader, all[i], 0, PAGE_SIZE) == (reads ? 0 : -EACCES));
    }
    KTEST_EXPECT(CALL(vmo_op_range, vmo, 0, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_op_range, vmo, 1000, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_op_range, vmo, KEEL_VMO_OP_ZERO, 0, 1, at(0), 1) == -EINVAL);
    close_stage();
}

KTEST(user_vmo_children_are_counted)
{
    uint64_t objects = object_count();
    keel_handle_t parent, copy, slice;
    int64_t address;

    KTEST_REQUIRE(open_stage());
    parent = make_vmo(2 * PAGE_SIZE, 0);
    user_stage_set_word(&stage, 5, 77);
    KTEST_EXPECT(CALL(vmo_write, parent, at(5), PAGE_SIZE, 8) == 0);
    KTEST_EXPECT(user_stage_signals(&stage, parent) == KEEL_VMO_ZERO_CHILDREN);
    KTEST_EXPECT(
        CALL(vmo_create_child, parent, KEEL_VMO_CHILD_SNAPSHOT, PAGE_SIZE, PAGE_SIZE, at(0)) == 0);
    copy = told(0);
    KTEST_EXPECT(
        CALL(vmo_create_child, parent, KEEL_VMO_CHILD_SLICE, PAGE_SIZE, PAGE_SIZE, at(0)) == 0);
    slice = told(0);
    KTEST_EXPECT(user_stage_signals(&stage, parent) == 0);
    user_stage_set_word(&stage, 5, 88);
    KTEST_EXPECT(CALL(vmo_write, slice, at(5), 0, 8) == 0);
    KTEST_EXPECT(CALL(vmo_read, copy, at(6), 0, 8) == 0 && user_stage_word(&stage, 6) == 77);
    KTEST_EXPECT(CALL(vmo_read, parent, at(6), PAGE_SIZE, 8) == 0 &&
                 user_stage_word(&stage, 6) == 88);
    /* A mapping keeps the slice, and its parent waits for it. */
    address = map(slice, READ | WRITE, PAGE_SIZE);
    KTEST_EXPECT(address > 0);
    KTEST_EXPECT(CALL(handle_close, slice) == 0 && CALL(handle_close, copy) == 0);
    KTEST_EXPECT(user_stage_signals(&stage, parent) == 0);
    KTEST_EXPECT(CALL(vmar_unmap, root, (uint64_t)address, PAGE_SIZE) == 0);
    KTEST_EXPECT(user_stage_signals(&stage, parent) == KEEL_VMO_ZERO_CHILDREN);
    /* Children outlive their parent. */
    KTEST_EXPECT(CALL(vmo_create_child, parent, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE_SIZE, at(0)) == 0);
    KTEST_EXPECT(CALL(handle_close, parent) == 0 && CALL(handle_close, told(0)) == 0);
    close_stage();
    KTEST_EXPECT(object_count() == objects);
}

KTEST(user_vmo_children_have_their_parents_rights)
{
    const uint32_t copy = KEEL_VMO_CHILD_SNAPSHOT, slice = KEEL_VMO_CHILD_SLICE;
    const uint32_t bad[] = {0, copy | slice, slice | KEEL_VMO_CHILD_RESIZABLE, copy | 0x1000,
                            copy | KEEL_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE};
    keel_handle_t vmo, reader;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(2 * PAGE_SIZE, 0);
    KTEST_EXPECT(CALL(vmo_replace_as_executable, vmo, 0, at(0)) == 0);
    reader = with_rights(told(0), KEEL_RIGHT_READ | KEEL_RIGHT_EXECUTE | KEEL_RIGHT_DUPLICATE);
    KTEST_EXPECT(CALL(vmo_create_child, reader, copy, 0, PAGE_SIZE, at(0)) == 0);
    KTEST_EXPECT(rights_of(told(0)) == (KEEL_RIGHT_READ | KEEL_RIGHT_WRITE | KEEL_RIGHT_DUPLICATE |
                                        KEEL_RIGHTS_PROPERTY));
    KTEST_EXPECT(
        CALL(vmo_create_child, reader, copy | KEEL_VMO_CHILD_NO_WRITE, 0, PAGE_SIZE, at(0)) == 0);
    KTEST_EXPECT(rights_of(told(0)) == rights_of(reader));
    KTEST_EXPECT(CALL(vmo_create_child, reader, slice, 0, PAGE_SIZE, at(0)) == 0);
    KTEST_EXPECT(rights_of(told(0)) == rights_of(reader));
    KTEST_EXPECT(
        CALL(vmo_create_child, reader, copy | KEEL_VMO_CHILD_RESIZABLE, 0, PAGE_SIZE, at(0)) == 0);
    KTEST_EXPECT((rights_of(told(0)) & KEEL_RIGHT_RESIZE) != 0);
    KTEST_EXPECT(CALL(vmo_set_size, told(0), 3 * PAGE_SIZE) == 0);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        KTEST_EXPECT(CALL(vmo_create_child, vmo, bad[i], 0, PAGE_SIZE, at(0)) == -EINVAL);
    }
    KTEST_EXPECT(CALL(vmo_create_child, vmo, copy, 1, PAGE_SIZE, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_child, vmo, copy, PAGE_SIZE, 2 * PAGE_SIZE, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_child, vmo, slice, UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE, at(0)) ==
                 -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_child, with_rights(vmo, KEEL_RIGHT_READ), copy, 0, PAGE_SIZE,
                      at(0)) == -EACCES);
    KTEST_EXPECT(CALL(vmo_create_child, vmo, copy, 0, PAGE_SIZE, 8) == -EFAULT);
    KTEST_EXPECT(user_stage_signals(&stage, make_vmo(0, 0)) == KEEL_VMO_ZERO_CHILDREN);
    close_stage();
}

KTEST(user_mappings_have_what_rights_allow)
{
    const keel_rights_t base = KEEL_RIGHT_MAP | KEEL_RIGHT_DUPLICATE;
    keel_handle_t vmo, unmappable, reader, writer, runner;
    int64_t address;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(PAGE_SIZE, 0);
    unmappable = with_rights(vmo, KEEL_RIGHT_READ);
    reader = with_rights(vmo, base | KEEL_RIGHT_READ);
    writer = with_rights(vmo, base | KEEL_RIGHT_WRITE);
    KTEST_EXPECT(map(vmo, READ | EXECUTE, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(map(unmappable, READ, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(map(reader, READ | WRITE, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(map(writer, READ | WRITE, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(map(vmo, WRITE, PAGE_SIZE) == -EINVAL);
    address = map(reader, READ, PAGE_SIZE);
    KTEST_EXPECT(address > 0);
    /* What the handle could not, the mapping never can. */
    KTEST_EXPECT(CALL(vmar_protect, root, READ | WRITE, (uint64_t)address, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(CALL(vmar_protect, root, READ | EXECUTE, (uint64_t)address, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(CALL(vmar_protect, root, 0, (uint64_t)address, PAGE_SIZE) == 0);
    KTEST_EXPECT(CALL(vmo_replace_as_executable, vmo, 0, at(0)) == 0);
    runner = told(0);
    KTEST_EXPECT(map(runner, READ | WRITE | EXECUTE, PAGE_SIZE) == -EACCES);
    address = map(runner, READ | WRITE, PAGE_SIZE);
    KTEST_EXPECT(address > 0);
    KTEST_EXPECT(CALL(vmar_protect, root, READ | EXECUTE, (uint64_t)address, PAGE_SIZE) == 0);
    KTEST_EXPECT(CALL(vmar_protect, root, READ | WRITE | EXECUTE, (uint64_t)address, PAGE_SIZE) ==
                 -EACCES);
    KTEST_EXPECT(CALL(vmar_map, with_rights(root, KEEL_RIGHT_READ), READ | WRITE, 0, runner, 0,
                      PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(CALL(vmo_replace_as_executable, root, 0, at(0)) == -ENOTTY);
    KTEST_EXPECT(CALL(vmo_replace_as_executable, runner, runner, at(0)) == -ENOTTY);
    close_stage();
}

KTEST(user_mappings_are_where_they_were_asked_for)
{
    const uint32_t specific = READ | KEEL_VM_SPECIFIC;
    uint64_t base, length;
    keel_handle_t vmo;
    int64_t address;

    KTEST_REQUIRE(open_stage());
    region_bounds(aspace_root(process_space(stage.process)), &base, &length);
    vmo = make_vmo(4 * PAGE_SIZE, 0);
    address = map(vmo, READ | KEEL_VM_MAP_RANGE, 3 * PAGE_SIZE);
    KTEST_EXPECT(address > 0 && (uint64_t)address % PAGE_SIZE == 0);
    KTEST_EXPECT(CALL(vmar_map, root, specific, (uint64_t)address - base, vmo, 0, PAGE_SIZE) ==
                 -EEXIST);
    KTEST_EXPECT(CALL(vmar_map, root, READ | KEEL_VM_SPECIFIC_OVERWRITE,
                      (uint64_t)address - base + PAGE_SIZE, vmo, 0,
                      PAGE_SIZE) == address + (int64_t)PAGE_SIZE);
    KTEST_EXPECT(CALL(vmar_map, root, specific, 1, vmo, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, root, specific, length, vmo, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, root, READ, PAGE_SIZE, vmo, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, root, READ, 0, vmo, 1, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, root, READ, 0, vmo, 2 * PAGE_SIZE, 3 * PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, root, READ | 0x80000000, 0, vmo, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(map(vmo, READ, 0) == -EINVAL && map(vmo, READ, UINT64_MAX) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_unmap, root, (uint64_t)address + 1, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_unmap, root, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_unmap, root, (uint64_t)address, 3 * PAGE_SIZE) == 0);
    KTEST_EXPECT(CALL(vmar_protect, root, READ, (uint64_t)address, PAGE_SIZE) == -ENOENT);
    close_stage();
}

KTEST(user_regions_bound_what_is_in_them)
{
    const uint32_t options = KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE;
    uint64_t objects = object_count();
    keel_handle_t vmo, child, last;
    uint64_t address;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(PAGE_SIZE, 0);
    KTEST_EXPECT(CALL(vmar_allocate, root, options, 0, 16 * PAGE_SIZE, at(0), at(1)) == 0);
    child = told(0);
    address = user_stage_word(&stage, 1);
    KTEST_EXPECT(rights_of(child) ==
                 (KEEL_DEFAULT_VMAR_RIGHTS | KEEL_RIGHT_READ | KEEL_RIGHT_WRITE));
    KTEST_EXPECT(CALL(vmar_map, child, READ | KEEL_VM_SPECIFIC, 0, vmo, 0, PAGE_SIZE) == -EACCES);
    KTEST_EXPECT(CALL(vmar_allocate, child, KEEL_VM_CAN_MAP_EXECUTE, 0, PAGE_SIZE, at(0), at(1)) ==
                 -EACCES);
    KTEST_EXPECT(CALL(vmar_allocate, child, KEEL_VM_CAN_MAP_SPECIFIC, 0, PAGE_SIZE, at(0), at(1)) ==
                 -EACCES);
    KTEST_EXPECT(CALL(vmar_allocate, child, 1, 0, PAGE_SIZE, at(0), at(1)) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_allocate, child, 0, 0, 17 * PAGE_SIZE, at(0), at(1)) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_allocate, child, 0, 0, PAGE_SIZE, at(0), 8) == -EFAULT);
    KTEST_EXPECT(CALL(vmar_allocate, child, 0, 0, PAGE_SIZE, 8, at(1)) == -EFAULT);
    KTEST_EXPECT(CALL(vmar_map, child, READ | WRITE, 0, vmo, 0, PAGE_SIZE) >= (int64_t)address);
    KTEST_EXPECT(CALL(vmar_destroy, child) == 0);
    KTEST_EXPECT(CALL(vmar_destroy, child) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, child, READ, 0, vmo, 0, PAGE_SIZE) == -EINVAL);
    KTEST_EXPECT(CALL(vmar_map, root, READ | KEEL_VM_SPECIFIC, address - 0x10000, vmo, 0,
                      PAGE_SIZE) == (int64_t)address);
    last = root;
    for (unsigned i = 0; i < 1000; i++) {
        KTEST_EXPECT(CALL(vmar_allocate, last, 0, 0, PAGE_SIZE, at(0), at(1)) == 0);
        last = told(0);
        child = i == 0 ? last : child;
    }
    KTEST_EXPECT(CALL(vmar_destroy, root) == -EACCES); /* the vDSO is in there */
    KTEST_EXPECT(CALL(vmar_destroy, child) == 0);
    user_stage_return(&stage);
    user_stage_free(&stage);
    KTEST_EXPECT(object_count() == objects);
}

KTEST(user_regions_of_many_mappings_end)
{
    keel_handle_t vmo, child;
    unsigned mapped = 0;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(PAGE_SIZE, 0);
    KTEST_EXPECT(
        CALL(vmar_allocate, root, KEEL_VM_CAN_MAP_READ, 0, 4096 * PAGE_SIZE, at(0), at(1)) == 0);
    child = told(0);
    for (unsigned i = 0; i < 300; i++) {
        mapped += CALL(vmar_map, child, READ, 0, vmo, 0, PAGE_SIZE) > 0;
        KTEST_EXPECT(CALL(vmar_allocate, child, 0, 0, PAGE_SIZE, at(0), at(1)) == 0);
    }
    KTEST_EXPECT(mapped == 300);
    KTEST_EXPECT(CALL(vmar_destroy, child) == 0);
    close_stage();
}

KTEST(user_memory_of_devices_takes_a_resource)
{
    struct resource_range part = {
        .kind = KEEL_RSRC_KIND_MMIO, .base = UINT64_C(0xff0000), .size = 2 * PAGE_SIZE};
    struct object *all, *some;
    keel_handle_t resource, mmio;

    KTEST_REQUIRE(open_stage());
    KTEST_REQUIRE(resource_create_root(&all) == 0);
    KTEST_REQUIRE(resource_create(all, &part, &some) == 0);
    resource = user_stage_enter(&stage, all, KEEL_DEFAULT_RESOURCE_RIGHTS);
    mmio = user_stage_enter(&stage, some, KEEL_DEFAULT_RESOURCE_RIGHTS);
    KTEST_EXPECT(CALL(vmo_create_contiguous, resource, 2 * PAGE_SIZE, 14, at(0)) == 0);
    KTEST_EXPECT(CALL(vmo_op_range, told(0), KEEL_VMO_OP_DECOMMIT, 0, PAGE_SIZE) == -ENOTSUP);
    KTEST_EXPECT(CALL(vmo_create_contiguous, resource, 0, 0, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_contiguous, resource, PAGE_SIZE, 47, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_physical, mmio, part.base + 1, PAGE_SIZE, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_physical, mmio, part.base, 3 * PAGE_SIZE, at(0)) == -ERANGE);
    KTEST_EXPECT(CALL(vmo_create_physical, resource, virt_to_phys(user_programs), PAGE_SIZE,
                      at(0)) == -EACCES);
    KTEST_EXPECT(CALL(vmo_create_physical, resource, UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE,
                      at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_create_physical, root, 0, PAGE_SIZE, at(0)) == -ENOTTY);
    KTEST_EXPECT(CALL(vmo_replace_as_executable, told(0), mmio, at(0)) == -ENOTTY);
    close_stage();
}

KTEST(user_vmo_cache_policy)
{
    keel_handle_t vmo;

    KTEST_REQUIRE(open_stage());
    vmo = make_vmo(PAGE_SIZE, 0);
    KTEST_EXPECT(CALL(vmo_set_cache_policy, vmo, KEEL_CACHE_POLICY_WRITE_COMBINING) == 0);
    KTEST_EXPECT(CALL(vmo_set_cache_policy, vmo, 5) == -EINVAL);
    KTEST_EXPECT(CALL(vmo_set_cache_policy, with_rights(vmo, KEEL_RIGHT_READ), 0) == -EACCES);
    KTEST_EXPECT(map(vmo, READ | WRITE, PAGE_SIZE) > 0);
    KTEST_EXPECT(CALL(vmo_set_cache_policy, vmo, KEEL_CACHE_POLICY_CACHED) == -EBUSY);
    close_stage();
}
