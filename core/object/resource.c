/* SPDX-License-Identifier: MIT */
/* Resources: all that there are in one list, so that no part is given out against somebody's will. */
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/mutex.h>
#include <keel/overflow.h>
#include <keel/resource_object.h>

struct resource {
    struct object object;
    struct resource *parent; /* a reference; NULL: the root */
    struct resource_range range;
    struct list_node node; /* guarded by all_lock; the root is not linked */
};

static struct list all = LIST_INIT(all);
static struct mutex all_lock;

static struct resource *resource_of(struct object *object)
{
    return container_of(object, struct resource, object);
}

static const struct resource *const_resource_of(const struct object *object)
{
    return container_of(object, const struct resource, object);
}

static void resource_destroy(struct object *object, struct cleanup *cleanup)
{
    struct resource *resource = resource_of(object);

    if (resource->parent) {
        mutex_lock(&all_lock);
        list_remove(&resource->node);
        mutex_unlock(&all_lock);
        object_put_later(&resource->parent->object, cleanup);
    }
    kfree(resource);
}

static const struct object_ops resource_ops = {
    .type = KEEL_OBJ_TYPE_RESOURCE,
    .rights = KEEL_DEFAULT_RESOURCE_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "resource",
    .destroy = resource_destroy,
};

static struct resource *new_resource(struct resource *parent, const struct resource_range *range)
{
    struct resource *resource = kmalloc(sizeof(*resource));

    if (resource) {
        object_init(&resource->object, &resource_ops);
        resource->parent = parent;
        resource->range = *range;
        resource->range.name[KEEL_RSRC_NAME_MAX - 1] = '\0';
        list_node_init(&resource->node);
    }
    return resource;
}

int resource_create_root(struct object **out)
{
    static const struct resource_range everything = {
        .kind = KEEL_RSRC_KIND_ROOT, .size = UINT64_MAX, .name = "root"};
    struct resource *root = new_resource(NULL, &everything);

    if (!root) {
        return -ENOMEM;
    }
    *out = &root->object;
    return 0;
}

int resource_check(const struct object *object, keel_rsrc_kind_t kind, uint64_t base, uint64_t size)
{
    const struct resource_range *range = &const_resource_of(object)->range;

    if (range->kind == KEEL_RSRC_KIND_ROOT) {
        return 0;
    }
    if (range->kind != kind) {
        return -ENOTTY;
    }
    return range_contains(range->base, range->size, base, size) ? 0 : -ERANGE;
}

static bool comes_from(const struct resource *resource, const struct resource *ancestor)
{
    while (resource && resource != ancestor) {
        resource = resource->parent;
    }
    return resource != NULL;
}

/* Whether somebody has a part of a range that a child of `parent` is to get. Expects all_lock. */
static bool collides(const struct resource *parent, const struct resource_range *range)
{
    const struct resource *other;

    list_for_each_entry (other, &all, node) {
        if (other->range.kind == range->kind && (range->exclusive || other->range.exclusive) &&
            range_overlaps(other->range.base, other->range.size, range->base, range->size) &&
            !comes_from(parent, other)) {
            return true;
        }
    }
    return false;
}

/* Enters a child among all, unless it collides. */
static int enter(struct resource *child)
{
    int err = 0;

    mutex_lock(&all_lock);
    if (collides(child->parent, &child->range)) {
        err = -EBUSY;
    } else {
        list_add_tail(&all, &child->node);
        object_get(&child->parent->object);
    }
    mutex_unlock(&all_lock);
    return err;
}

int resource_create(struct object *parent, const struct resource_range *range, struct object **out)
{
    struct resource *child;
    uint64_t end;
    int err;

    if (range->kind >= KEEL_RSRC_KIND_COUNT || range->kind == KEEL_RSRC_KIND_ROOT ||
        range->size == 0 || !range_end(range->base, range->size, &end)) {
        return -EINVAL;
    }
    err = resource_check(parent, range->kind, range->base, range->size);
    if (err != 0) {
        return err;
    }
    child = new_resource(resource_of(parent), range);
    if (!child) {
        return -ENOMEM;
    }
    err = enter(child);
    if (err != 0) {
        child->parent = NULL; /* it was never entered, and has no reference */
        object_close(&child->object);
        return err;
    }
    *out = &child->object;
    return 0;
}

const struct resource_range *resource_range_of(const struct object *object)
{
    return &const_resource_of(object)->range;
}
