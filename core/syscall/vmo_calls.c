/* SPDX-License-Identifier: MIT */
/* The calls about memory objects. On the calling thread; they may sleep. */
#include <generated/syscall_handlers.h>
#include <keel/memmap.h>
#include <keel/resource_object.h>
#include <keel/string.h>
#include <keel/syscall.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

#define COPY_PIECE 512u         /* bytes on the kernel's stack at a time */
#define OP_PIECE   (4ull << 20) /* bytes between two looks whether the process ends */

/* Hands memory, and the reference to it, to the caller. */
static int64_t give(struct vmo *vmo, keel_handle_t __user *out)
{
    struct object *object;

    if (vmo_object_create(vmo, NULL, &object) != 0) {
        vmo_unref(vmo);
        return -ENOMEM;
    }
    return syscall_give_rights(object, vmo_object_rights(object), out);
}

int64_t sys_vmo_create(uint64_t size, uint32_t options, uint32_t __user *out)
{
    struct vmo *vmo;
    int err;

    if ((options & ~KEEL_VMO_RESIZABLE) != 0) {
        return -EINVAL;
    }
    err = vmo_create(size, (options & KEEL_VMO_RESIZABLE) != 0 ? VMO_RESIZABLE : 0, &vmo);
    return err != 0 ? err : give(vmo, out);
}

/* Copies one piece; the bytes of it are at most COPY_PIECE. */
static int copy_piece(struct vmo *vmo, char __user *buffer, uint64_t offset, size_t size,
                      bool write)
{
    char piece[COPY_PIECE];
    size_t done;
    int err;

    if (write) {
        err = user_copy_in(piece, buffer, size);
        return err != 0 ? err : vmo_write(vmo, piece, offset, size, &done);
    }
    err = vmo_read(vmo, piece, offset, size, &done);
    return err != 0 ? err : user_copy_out(buffer, piece, size);
}

static int64_t copy(const struct object *object, char __user *buffer, uint64_t offset, size_t size,
                    bool write)
{
    struct vmo *vmo = vmo_object_memory(object);
    uint64_t end;

    if (__builtin_add_overflow(offset, size, &end) || end > vmo_size(vmo)) {
        return -EINVAL;
    }
    for (size_t at = 0; at < size; at += COPY_PIECE) {
        int err = process_is_ending() ? -ECANCELED
                                      : copy_piece(vmo, buffer + at, offset + at,
                                                   MIN(size - at, COPY_PIECE), write);

        if (err != 0) {
            return err;
        }
    }
    return 0;
}

int64_t sys_vmo_read(struct object *handle, void __user *buffer, uint64_t offset,
                     size_t buffer_size)
{
    return copy(handle, buffer, offset, buffer_size, false);
}

int64_t sys_vmo_write(struct object *handle, const void __user *buffer, uint64_t offset,
                      size_t buffer_size)
{
    return copy(handle, (char __user *)(__force uintptr_t)buffer, offset, buffer_size, true);
}

int64_t sys_vmo_get_size(struct object *handle, uint64_t __user *size)
{
    uint64_t bytes = vmo_size(vmo_object_memory(handle));

    return user_copy_out(size, &bytes, sizeof(bytes));
}

int64_t sys_vmo_set_size(struct object *handle, uint64_t size)
{
    return vmo_resize(vmo_object_memory(handle), size);
}

static int op_commit(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return vmo_commit(vmo, offset, size);
}

static int op_decommit(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return vmo_decommit(vmo, offset, size);
}

static int op_sync(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return vmo_maintain(vmo, offset, size, VMO_SYNC_CODE);
}

static int op_clean(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return vmo_maintain(vmo, offset, size, VMO_CLEAN);
}

static int op_flush(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return vmo_maintain(vmo, offset, size, VMO_FLUSH);
}

static int op_zero(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return vmo_zero(vmo, offset, size);
}

static const struct vmo_op {
    int (*run)(struct vmo *vmo, uint64_t offset, uint64_t size);
    keel_rights_t right;
} ops[] = {
    [KEEL_VMO_OP_COMMIT] = {op_commit, KEEL_RIGHT_WRITE},
    [KEEL_VMO_OP_DECOMMIT] = {op_decommit, KEEL_RIGHT_WRITE},
    [KEEL_VMO_OP_CACHE_SYNC] = {op_sync, KEEL_RIGHT_READ},
    [KEEL_VMO_OP_CACHE_INVALIDATE] = {op_flush, KEEL_RIGHT_WRITE},
    [KEEL_VMO_OP_CACHE_CLEAN] = {op_clean, KEEL_RIGHT_READ},
    [KEEL_VMO_OP_CACHE_CLEAN_INVALIDATE] = {op_flush, KEEL_RIGHT_READ},
    [KEEL_VMO_OP_ZERO] = {op_zero, KEEL_RIGHT_WRITE},
};

/* In pieces that end where those of large pages do. */
static int64_t run_op(const struct vmo_op *op, struct vmo *vmo, uint64_t offset, uint64_t length)
{
    uint64_t end;

    if (__builtin_add_overflow(offset, length, &end) || end > vmo_size(vmo)) {
        return -EINVAL;
    }
    while (offset < end) {
        uint64_t piece = MIN(end - offset, OP_PIECE - offset % OP_PIECE);
        int err = process_is_ending() ? -ECANCELED : op->run(vmo, offset, piece);

        if (err != 0) {
            return err;
        }
        offset += piece;
    }
    return 0;
}

int64_t sys_vmo_op_range(keel_handle_t handle, uint32_t op, uint64_t offset, uint64_t length,
                         void __user *buffer, size_t buffer_size)
{
    bool known = op < ARRAY_SIZE(ops) && ops[op].run;
    int64_t err;

    (void)buffer, (void)buffer_size;
    SYSCALL_HANDLE(object, handle, KEEL_OBJ_TYPE_VMO, known ? ops[op].right : 0);
    err = known ? run_op(&ops[op], vmo_object_memory(object), offset, length) : -EINVAL;
    return err;
}

#define SNAPSHOTS (KEEL_VMO_CHILD_SNAPSHOT | KEEL_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE)

/* Options are those of one kind of child. */
static bool child_options_are_good(uint32_t options)
{
    uint32_t kind = options & (SNAPSHOTS | KEEL_VMO_CHILD_SLICE);
    uint32_t more = options & ~kind;

    if (kind == KEEL_VMO_CHILD_SLICE) {
        return (more & ~KEEL_VMO_CHILD_NO_WRITE) == 0;
    }
    return (kind == KEEL_VMO_CHILD_SNAPSHOT || kind == KEEL_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE) &&
           (more & ~(KEEL_VMO_CHILD_NO_WRITE | KEEL_VMO_CHILD_RESIZABLE)) == 0;
}

static keel_rights_t child_rights(keel_rights_t has, uint32_t options)
{
    has = (options & KEEL_VMO_CHILD_RESIZABLE) != 0 ? has | KEEL_RIGHT_RESIZE
                                                    : has & ~KEEL_RIGHT_RESIZE;
    if ((options & KEEL_VMO_CHILD_NO_WRITE) != 0) {
        return has & ~KEEL_RIGHT_WRITE;
    }
    return (options & KEEL_VMO_CHILD_SLICE) != 0
               ? has
               : (has & ~KEEL_RIGHT_EXECUTE) | KEEL_RIGHT_WRITE | KEEL_RIGHTS_PROPERTY;
}

static int make_child(struct vmo *parent, uint32_t options, uint64_t offset, uint64_t length,
                      struct vmo **out)
{
    int err;

    if ((options & KEEL_VMO_CHILD_SLICE) != 0) {
        return vmo_slice(parent, offset, length, out);
    }
    err = vmo_snapshot(parent, offset, length, out);
    if (err == 0 && (options & KEEL_VMO_CHILD_RESIZABLE) != 0) {
        vmo_make_resizable(*out);
    }
    return err;
}

static int64_t give_child(struct object *parent, keel_rights_t rights, uint32_t options,
                          uint64_t offset, uint64_t length, keel_handle_t __user *out)
{
    struct object *object;
    struct vmo *child;
    int err = make_child(vmo_object_memory(parent), options, offset, length, &child);

    if (err != 0) {
        return err;
    }
    if (vmo_object_create(child, parent, &object) != 0) {
        vmo_unref(child);
        return -ENOMEM;
    }
    return syscall_give_rights(object, child_rights(rights, options), out);
}

int64_t sys_vmo_create_child(keel_handle_t handle, uint32_t options, uint64_t offset,
                             uint64_t length, uint32_t __user *out)
{
    struct object *parent;
    keel_rights_t rights;
    int64_t err;

    if (!child_options_are_good(options) || offset % PAGE_SIZE != 0) {
        return -EINVAL;
    }
    err = handle_get_rights(process_handles(), handle, KEEL_OBJ_TYPE_VMO,
                            KEEL_RIGHT_DUPLICATE | KEEL_RIGHT_READ, &parent, &rights);
    if (err == 0) {
        err = give_child(parent, rights, options, offset, length, out);
        object_put(parent);
    }
    return err;
}

_Static_assert(KEEL_CACHE_POLICY_CACHED == VMO_CACHED &&
                   KEEL_CACHE_POLICY_UNCACHED == VMO_UNCACHED &&
                   KEEL_CACHE_POLICY_UNCACHED_DEVICE == VMO_UNCACHED_DEVICE &&
                   KEEL_CACHE_POLICY_WRITE_COMBINING == VMO_WRITE_COMBINING &&
                   KEEL_CACHE_POLICY_WRITE_THROUGH == VMO_WRITE_THROUGH,
               "the kernel has the users' numbers");

int64_t sys_vmo_set_cache_policy(struct object *handle, uint32_t cache_policy)
{
    return vmo_set_cache_policy(vmo_object_memory(handle), (enum vmo_cache)cache_policy);
}

int64_t sys_vmo_create_contiguous(struct object *resource, uint64_t size, uint32_t alignment_log2,
                                  uint32_t __user *out)
{
    keel_rsrc_kind_t kind = resource_range_of(resource)->kind;
    struct vmo *vmo;
    int err;

    if (kind != KEEL_RSRC_KIND_MMIO && kind != KEEL_RSRC_KIND_ROOT) {
        return -ENOTTY;
    }
    err = vmo_create_contiguous(size, alignment_log2, &vmo);
    return err != 0 ? err : give(vmo, out);
}

/* Whether part of a range is RAM. */
static bool touches_ram(phys_addr_t base, uint64_t size)
{
    phys_addr_t at;
    uint64_t length;

    for (unsigned i = 0; memmap_ram(i, &at, &length); i++) {
        if (at < base + size && base < at + length) {
            return true;
        }
    }
    return false;
}

int64_t sys_vmo_create_physical(struct object *resource, uint64_t paddr, uint64_t size,
                                uint32_t __user *out)
{
    uint64_t bytes = ALIGN_UP(size, PAGE_SIZE);
    struct vmo *vmo;
    int err;

    if (size == 0 || bytes < size || paddr % PAGE_SIZE != 0 || paddr + bytes < paddr) {
        return -EINVAL;
    }
    err = resource_check(resource, KEEL_RSRC_KIND_MMIO, paddr, bytes);
    if (err == 0 && touches_ram(paddr, bytes) && !memmap_is_firmwares(paddr, bytes)) {
        err = -EACCES;
    }
    if (err == 0) {
        err = vmo_create_physical(paddr, bytes, VMO_UNCACHED, &vmo);
    }
    return err != 0 ? err : give(vmo, out);
}

/* Whether somebody may make memory executable. */
static int check_vmex(keel_handle_t vmex)
{
    if (vmex == KEEL_HANDLE_INVALID) {
        return 0;
    }
    SYSCALL_HANDLE(resource, vmex, KEEL_OBJ_TYPE_RESOURCE, 0);
    return resource_check(resource, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_VMEX_BASE, 1);
}

/* What is waited for through the handle ends, as if it were a new one. */
static int64_t add_execute(struct handle_table *table, keel_handle_t handle)
{
    struct loose_handle loose;
    unsigned bad;
    int err = handle_take(table, &handle, 1, 0, &loose, &bad);

    if (err != 0) {
        return err;
    }
    if (object_type(loose.object) != KEEL_OBJ_TYPE_VMO) { /* it was another's in between */
        handle_install(table, handle, loose);
        return -EBADF;
    }
    loose.rights |= KEEL_RIGHT_EXECUTE;
    handle_install(table, handle, loose);
    return 0;
}

/* The caller is told before anything is changed. */
int64_t sys_vmo_replace_as_executable(keel_handle_t handle, keel_handle_t vmex,
                                      uint32_t __user *out)
{
    int64_t err = check_vmex(vmex);

    if (err == 0) {
        SYSCALL_HANDLE(object, handle, KEEL_OBJ_TYPE_VMO, 0);
        err = user_copy_out(out, &handle, sizeof(handle));
    }
    return err != 0 ? err : add_execute(process_handles(), handle);
}
