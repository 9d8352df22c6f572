/* SPDX-License-Identifier: MIT */
/* The calls about regions of address spaces, and mappings in them. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/syscall.h>
#include <keel/vm.h>
#include <keel/vmar_object.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

#define PERMISSIONS (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE | KEEL_VM_PERM_EXECUTE)

/* An option of user space, and what stands for it elsewhere. */
struct word {
    uint32_t option;
    uint32_t means;
};

static uint32_t translate(const struct word *words, size_t count, uint32_t options)
{
    uint32_t means = 0;

    for (size_t i = 0; i < count; i++) {
        means |= (options & words[i].option) != 0 ? words[i].means : 0;
    }
    return means;
}

static uint32_t mapping_flags(uint32_t options)
{
    static const struct word words[] = {
        {KEEL_VM_PERM_READ, VM_READ},
        {KEEL_VM_PERM_WRITE, VM_WRITE},
        {KEEL_VM_PERM_EXECUTE, VM_EXEC},
        {KEEL_VM_SPECIFIC, ASPACE_SPECIFIC},
        {KEEL_VM_SPECIFIC_OVERWRITE, ASPACE_SPECIFIC | ASPACE_OVERWRITE},
        {KEEL_VM_MAP_RANGE, ASPACE_MAP_RANGE},
    };

    return translate(words, ARRAY_SIZE(words), options);
}

static uint32_t region_flags(uint32_t options)
{
    static const struct word words[] = {
        {KEEL_VM_SPECIFIC, ASPACE_SPECIFIC},
        {KEEL_VM_CAN_MAP_READ, ASPACE_CAN_READ},
        {KEEL_VM_CAN_MAP_WRITE, ASPACE_CAN_WRITE},
        {KEEL_VM_CAN_MAP_EXECUTE, ASPACE_CAN_EXEC},
    };

    return translate(words, ARRAY_SIZE(words), options);
}

/* The most that a mapping may become, by the rights of a handle. */
static uint32_t most_flags(keel_rights_t rights)
{
    static const struct word words[] = {
        {KEEL_RIGHT_READ, ASPACE_CAN_READ},
        {KEEL_RIGHT_WRITE, ASPACE_CAN_WRITE},
        {KEEL_RIGHT_EXECUTE, ASPACE_CAN_EXEC},
    };

    return ASPACE_CAPPED | translate(words, ARRAY_SIZE(words), rights);
}

/* Rights that a handle needs, for permissions or for a region's. */
static keel_rights_t rights_for(uint32_t options)
{
    static const struct word words[] = {
        {KEEL_VM_PERM_READ | KEEL_VM_CAN_MAP_READ, KEEL_RIGHT_READ},
        {KEEL_VM_PERM_WRITE | KEEL_VM_CAN_MAP_WRITE, KEEL_RIGHT_WRITE},
        {KEEL_VM_PERM_EXECUTE | KEEL_VM_CAN_MAP_EXECUTE, KEEL_RIGHT_EXECUTE},
    };

    return translate(words, ARRAY_SIZE(words), options);
}

/* Writing and executing go with reading, and not with each other. */
static int check_permissions(uint32_t options)
{
    uint32_t more = options & (KEEL_VM_PERM_WRITE | KEEL_VM_PERM_EXECUTE);

    if (more != 0 && (options & KEEL_VM_PERM_READ) == 0) {
        return -EINVAL;
    }
    return more == (KEEL_VM_PERM_WRITE | KEEL_VM_PERM_EXECUTE) ? -EACCES : 0;
}

/* --- Regions --- */

/* Hands a new region, and the reference to it, to the caller, and tells where it is. */
static int64_t give_region(struct vm_region *region, virt_addr_t base, uint32_t options,
                           keel_handle_t __user *child_vmar, uint64_t __user *child_addr)
{
    uint64_t address = base;
    struct object *object;

    if (user_copy_out(child_addr, &address, sizeof(address)) != 0) {
        return -EFAULT;
    }
    if (vmar_object_create(region, options, &object) != 0) {
        return -ENOMEM;
    }
    region_ref(region);
    return syscall_give_rights(object, vmar_object_rights(object), child_vmar);
}

int64_t sys_vmar_allocate(keel_handle_t parent_vmar, uint32_t options, uint64_t offset,
                          uint64_t length, uint32_t __user *child_vmar, uint64_t __user *child_addr)
{
    struct vm_region *region;
    virt_addr_t base;
    int64_t err;

    if ((options & ~(KEEL_VM_SPECIFIC | VMAR_CAN_ALL)) != 0) {
        return -EINVAL;
    }
    SYSCALL_HANDLE(parent, parent_vmar, KEEL_OBJ_TYPE_VMAR, rights_for(options));
    if ((options & (KEEL_VM_SPECIFIC | KEEL_VM_CAN_MAP_SPECIFIC)) != 0 &&
        !vmar_object_may_place(parent)) {
        return -EACCES;
    }
    err = region_create(vmar_object_region(parent), offset, length, region_flags(options), &region,
                        &base);
    if (err == 0) {
        err = give_region(region, base, options, child_vmar, child_addr);
        if (err != 0) {
            (void)region_destroy(region);
        }
        region_unref(region);
    }
    return err;
}

int64_t sys_vmar_destroy(struct object *handle)
{
    return region_destroy(vmar_object_region(handle));
}

/* --- Mappings --- */

#define MAP_OPTIONS                                                                    \
    (PERMISSIONS | KEEL_VM_SPECIFIC | KEEL_VM_SPECIFIC_OVERWRITE | KEEL_VM_MAP_RANGE | \
     KEEL_VM_REQUIRE_NON_RESIZABLE | KEEL_VM_ALLOW_FAULTS)

/* A memory object, and the most that its handle lets a mapping become. */
static int64_t map(const struct object *vmar, uint32_t options, uint64_t vmar_offset,
                   const struct object *memory, uint32_t most, uint64_t vmo_offset, uint64_t length)
{
    struct vmo *vmo = vmo_object_memory(memory);
    virt_addr_t base;
    int err;

    if ((options & (KEEL_VM_SPECIFIC | KEEL_VM_SPECIFIC_OVERWRITE)) != 0 &&
        !vmar_object_may_place(vmar)) {
        return -EACCES;
    }
    if ((options & KEEL_VM_REQUIRE_NON_RESIZABLE) != 0 && vmo_is_resizable(vmo)) {
        return -ENOTSUP;
    }
    err = region_map(vmar_object_region(vmar), vmar_offset, vmo, vmo_offset, length,
                     mapping_flags(options) | most, &base);
    return err != 0 ? err : (int64_t)base;
}

int64_t sys_vmar_map(keel_handle_t handle, uint32_t options, uint64_t vmar_offset,
                     keel_handle_t vmo, uint64_t vmo_offset, uint64_t length)
{
    struct object *memory;
    keel_rights_t rights;
    int64_t err = (options & ~MAP_OPTIONS) != 0 ? -EINVAL : check_permissions(options);

    if (err != 0) {
        return err;
    }
    SYSCALL_HANDLE(vmar, handle, KEEL_OBJ_TYPE_VMAR, rights_for(options));
    err = handle_get_rights(process_handles(), vmo, KEEL_OBJ_TYPE_VMO,
                            KEEL_RIGHT_MAP | rights_for(options), &memory, &rights);
    if (err == 0) {
        err = map(vmar, options, vmar_offset, memory, most_flags(rights), vmo_offset, length);
        object_put(memory);
    }
    return err;
}

int64_t sys_vmar_unmap(struct object *handle, uint64_t addr, uint64_t length)
{
    return region_unmap(vmar_object_region(handle), addr, length);
}

int64_t sys_vmar_protect(keel_handle_t handle, uint32_t options, uint64_t addr, uint64_t length)
{
    int err = (options & ~PERMISSIONS) != 0 ? -EINVAL : check_permissions(options);

    if (err != 0) {
        return err;
    }
    SYSCALL_HANDLE(vmar, handle, KEEL_OBJ_TYPE_VMAR, rights_for(options));
    return region_protect(vmar_object_region(vmar), addr, length, mapping_flags(options));
}
