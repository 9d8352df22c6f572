/* SPDX-License-Identifier: MIT */
/* What the first program is given at its start: itself and the machine. Threads only, no lock held. */
#include "boot.h"
#include "bootstrap.h"

#include <keel/aspace.h>
#include <keel/boot_info.h>
#include <keel/debuglog_object.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/resource_object.h>
#include <keel/vm.h>
#include <keel/vmar_object.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

#define RIGHTS_FILE (KEEL_RIGHTS_BASIC | KEEL_RIGHT_READ | KEEL_RIGHT_MAP | KEEL_RIGHT_GET_PROPERTY)

/* Makes an object with a handle in the caller's hand. -ENOENT: there is none; -ENOMEM. */
typedef int make_fn(const struct bootstrap_target *target, struct loose_handle *out);

/* A handle more to what there is already. */
static int open_existing(struct object *object, struct loose_handle *out)
{
    object_open(object);
    *out = (struct loose_handle){object, object->ops->rights};
    return 0;
}

static int open_process(const struct bootstrap_target *target, struct loose_handle *out)
{
    return open_existing(process_object(target->process), out);
}

static int open_thread(const struct bootstrap_target *target, struct loose_handle *out)
{
    return open_existing(&target->thread->object, out);
}

static int open_job(const struct bootstrap_target *target, struct loose_handle *out)
{
    return open_existing(target->job, out);
}

static int make_vmar(const struct bootstrap_target *target, struct loose_handle *out)
{
    struct vm_region *root = aspace_root(process_space(target->process));
    int err;

    region_ref(root);
    err = vmar_object_create(root, VMAR_CAN_ALL, &out->object);
    if (err != 0) {
        region_unref(root);
        return err;
    }
    out->rights = vmar_object_rights(out->object);
    return 0;
}

static int make_resource(const struct bootstrap_target *target, struct loose_handle *out)
{
    (void)target;
    out->rights = KEEL_DEFAULT_RESOURCE_RIGHTS;
    return resource_create_root(&out->object);
}

static int make_log(const struct bootstrap_target *target, struct loose_handle *out)
{
    (void)target;
    out->rights = KEEL_DEFAULT_DEBUGLOG_RIGHTS | KEEL_RIGHT_READ;
    return debuglog_create(KEEL_LOG_FLAG_READABLE, &out->object);
}

/* The object of memory, whose reference is given up. */
static int make_file(struct vmo *vmo, const char *name, struct loose_handle *out)
{
    int err = vmo_object_create(vmo, NULL, &out->object);

    if (err != 0) {
        vmo_unref(vmo);
        return err;
    }
    vmo_object_set_name(out->object, name);
    return 0;
}

/* `used` bytes of data and zeros behind them. */
static int copy_to_vmo(const void *data, size_t used, size_t size, struct vmo **out)
{
    size_t done;
    int err = vmo_create(size, 0, out);

    if (err == 0) {
        err = vmo_write(*out, data, 0, used, &done);
        if (err != 0) {
            vmo_unref(*out);
        }
    }
    return err;
}

/* The pages that the loader has put it into, where they are its alone. */
static int make_bootfs(const struct bootstrap_target *target, struct loose_handle *out)
{
    phys_addr_t base = boot_info.initrd_base;
    uint64_t size = boot_info.initrd_size;
    struct vmo *vmo;
    int err;

    (void)target;
    if (size == 0) {
        return -ENOENT;
    }
    out->rights = RIGHTS_FILE | KEEL_RIGHT_EXECUTE;
    if (IS_ALIGNED(base, PAGE_SIZE)) {
        err = vmo_create_physical(base, size, VMO_CACHED, &vmo);
    } else {
        err = copy_to_vmo(phys_to_virt(base), size, size, &vmo);
    }
    return err != 0 ? err : make_file(vmo, "bootfs", out);
}

/* Up to the end of its blocks; loaders leave much room behind them. */
static size_t tree_used(const struct fdt *tree)
{
    size_t reservations = tree->rsv_off + (size_t)(tree->rsv_count + 1) * (2 * sizeof(uint64_t));
    size_t blocks =
        MAX(tree->struct_off + tree->struct_size, tree->strings_off + tree->strings_size);

    return MIN(MAX(reservations, blocks), tree->size);
}

static int make_tree(const struct bootstrap_target *target, struct loose_handle *out)
{
    struct vmo *vmo;
    int err;

    (void)target;
    if (!tree_usable()) {
        return -ENOENT;
    }
    out->rights = RIGHTS_FILE;
    err = copy_to_vmo(system_fdt.blob, tree_used(&system_fdt), system_fdt.size, &vmo);
    return err != 0 ? err : make_file(vmo, "device-tree", out);
}

static const struct {
    uint32_t kind;
    make_fn *make;
} gifts[] = {
    {KEEL_STARTUP_PROCESS_SELF, open_process},   {KEEL_STARTUP_THREAD_SELF, open_thread},
    {KEEL_STARTUP_JOB_DEFAULT, open_job},        {KEEL_STARTUP_ROOT_VMAR, make_vmar},
    {KEEL_STARTUP_RESOURCE_ROOT, make_resource}, {KEEL_STARTUP_DEBUGLOG, make_log},
    {KEEL_STARTUP_BOOTFS_VMO, make_bootfs},      {KEEL_STARTUP_DEVICE_TREE_VMO, make_tree},
};

int bootstrap_add_gifts(struct bootstrap *bootstrap, const struct bootstrap_target *target)
{
    for (unsigned i = 0; i < ARRAY_SIZE(gifts); i++) {
        struct loose_handle handle;
        int err = gifts[i].make(target, &handle);

        if (err == 0) {
            bootstrap_add(bootstrap, gifts[i].kind, handle.object, handle.rights);
        } else if (err != -ENOENT) {
            return err;
        }
    }
    return 0;
}
