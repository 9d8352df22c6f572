/* SPDX-License-Identifier: MIT */
/* Memory objects and their children. What is known of one lives as long as its memory, which mappings may
 * keep when its last handle is closed: only then does it cease to be somebody's child. */
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/object_signal.h>
#include <keel/string.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

struct vmo_object {
    struct object object;
    struct vmo *vmo;
    /* All below are guarded by family_lock. */
    struct vmo_object *parent; /* NULL: none, or gone */
    struct list children;
    unsigned child_count;
    struct list_node node; /* in the parent's `children` */
    char name[VMO_OBJECT_NAME_MAX];
};

static struct spinlock family_lock; /* outside the locks of objects */

static struct vmo_object *vmo_object_of(const struct object *object)
{
    return container_of((struct object *)(uintptr_t)object, struct vmo_object, object);
}

/* Expects family_lock. */
static void count_children(struct vmo_object *parent, int change, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(parent->object.lock);

    parent->child_count += (unsigned)change;
    object_signal_locked(&parent->object, parent->child_count != 0 ? KEEL_VMO_ZERO_CHILDREN : 0,
                         parent->child_count == 0 ? KEEL_VMO_ZERO_CHILDREN : 0, cleanup);
    spin_unlock(parent->object.lock, irq);
}

/* Lets one child go, which stays without a parent; false: there are none. */
static bool orphan_one(struct vmo_object *vmo)
{
    unsigned long irq = spin_lock(&family_lock);
    struct list_node *node = list_remove_head(&vmo->children);

    if (node) {
        list_entry(node, struct vmo_object, node)->parent = NULL;
    }
    spin_unlock(&family_lock, irq);
    return node != NULL;
}

/* The memory is gone. No lock held. */
static void memory_ended(void *owner)
{
    struct cleanup cleanup = {0};
    struct vmo_object *vmo = owner;
    unsigned long irq;

    while (orphan_one(vmo)) {
    }
    irq = spin_lock(&family_lock);
    if (vmo->parent) {
        list_remove(&vmo->node);
        count_children(vmo->parent, -1, &cleanup);
    }
    spin_unlock(&family_lock, irq);
    kfree(vmo);
    cleanup_run(&cleanup);
}

static void vmo_object_destroy(struct object *object, struct cleanup *cleanup)
{
    (void)cleanup;
    vmo_unref(vmo_object_of(object)->vmo);
}

static const struct object_ops vmo_ops = {
    .type = KEEL_OBJ_TYPE_VMO,
    .rights = KEEL_DEFAULT_VMO_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "vmo",
    .destroy = vmo_object_destroy,
};

static void adopt(struct vmo_object *parent, struct vmo_object *child)
{
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(&family_lock);

    child->parent = parent;
    list_add_tail(&parent->children, &child->node);
    count_children(parent, 1, &cleanup);
    spin_unlock(&family_lock, irq);
    cleanup_run(&cleanup);
}

int vmo_object_create(struct vmo *vmo, struct object *parent, struct object **out)
{
    struct vmo_object *made = kzalloc(sizeof(*made));

    if (!made) {
        return -ENOMEM;
    }
    object_init(&made->object, &vmo_ops);
    made->object.signals = KEEL_VMO_ZERO_CHILDREN;
    made->vmo = vmo;
    list_init(&made->children);
    vmo_set_owner(vmo, made, memory_ended);
    if (parent) {
        adopt(vmo_object_of(parent), made);
    }
    *out = &made->object;
    return 0;
}

struct vmo *vmo_object_memory(const struct object *object)
{
    return vmo_object_of(object)->vmo;
}

keel_rights_t vmo_object_rights(const struct object *object)
{
    return vmo_is_resizable(vmo_object_memory(object))
               ? KEEL_DEFAULT_VMO_RIGHTS
               : KEEL_DEFAULT_VMO_RIGHTS & ~KEEL_RIGHT_RESIZE;
}

void vmo_object_get_name(const struct object *object, char name[VMO_OBJECT_NAME_MAX])
{
    unsigned long irq = spin_lock(&family_lock);

    memcpy(name, vmo_object_of(object)->name, VMO_OBJECT_NAME_MAX);
    spin_unlock(&family_lock, irq);
}

void vmo_object_set_name(struct object *object, const char *name)
{
    struct vmo_object *vmo = vmo_object_of(object);
    unsigned long irq = spin_lock(&family_lock);

    memset(vmo->name, 0, sizeof(vmo->name));
    strlcpy(vmo->name, name, sizeof(vmo->name));
    spin_unlock(&family_lock, irq);
}

void vmo_object_info(const struct vmo *vmo, struct vmo_object_info *out)
{
    const struct vmo_object *known = vmo_owner(vmo);
    unsigned long irq;

    *out = (struct vmo_object_info){0};
    if (!known) {
        return;
    }
    irq = spin_lock(&family_lock);
    out->koid = known->object.koid;
    out->parent = known->parent ? known->parent->object.koid : KEEL_KOID_INVALID;
    out->children = known->child_count;
    memcpy(out->name, known->name, sizeof(out->name));
    spin_unlock(&family_lock, irq);
}
