/* SPDX-License-Identifier: MIT */
/* Regions as objects: they keep their region, not what is mapped in it. */
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/vmar_object.h>

struct vmar_object {
    struct object object;
    struct vm_region *region;
    uint32_t options;
};

static const struct vmar_object *vmar_of(const struct object *object)
{
    return container_of(object, const struct vmar_object, object);
}

static void vmar_destroy(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    region_unref(vmar_of(object)->region);
    kfree(object);
}

static const struct object_ops vmar_ops = {
    .type = KEEL_OBJ_TYPE_VMAR,
    .rights = KEEL_DEFAULT_VMAR_RIGHTS,
    .name = "vmar",
    .destroy = vmar_destroy,
};

int vmar_object_create(struct vm_region *region, uint32_t options, struct object **out)
{
    struct vmar_object *vmar = kmalloc(sizeof(*vmar));

    if (!vmar) {
        return -ENOMEM;
    }
    object_init(&vmar->object, &vmar_ops);
    vmar->region = region;
    vmar->options = options;
    *out = &vmar->object;
    return 0;
}

struct vm_region *vmar_object_region(const struct object *object)
{
    return vmar_of(object)->region;
}

bool vmar_object_may_place(const struct object *object)
{
    return (vmar_of(object)->options & KEEL_VM_CAN_MAP_SPECIFIC) != 0;
}

keel_rights_t vmar_object_rights(const struct object *object)
{
    uint32_t options = vmar_of(object)->options;

    return KEEL_DEFAULT_VMAR_RIGHTS |
           ((options & KEEL_VM_CAN_MAP_READ) != 0 ? KEEL_RIGHT_READ : 0) |
           ((options & KEEL_VM_CAN_MAP_WRITE) != 0 ? KEEL_RIGHT_WRITE : 0) |
           ((options & KEEL_VM_CAN_MAP_EXECUTE) != 0 ? KEEL_RIGHT_EXECUTE : 0);
}
