/* SPDX-License-Identifier: MIT */
/* Resources as objects: ranges of the machine, handed on in parts. */
#ifndef KEEL_RESOURCE_OBJECT_H
#define KEEL_RESOURCE_OBJECT_H

#include <keel/object.h>
#include <keel/resource.h>

struct resource_range {
    keel_rsrc_kind_t kind;
    uint64_t base, size;
    bool exclusive;
    char name[KEEL_RSRC_NAME_MAX];
};

/* The one that everything comes from; for the first program. -ENOMEM. */
int resource_create_root(struct object **out);

/*
 * A part of a parent. A child with `exclusive` shares no part with anybody but those it comes from, and
 * nobody else gets any while it lives. -EINVAL: the kind does not exist or is the root's, the size is 0 or
 * too large; -ENOTTY, -ERANGE as resource_check(); -EBUSY: another has a part, and one of the two is
 * exclusive; -ENOMEM. Threads; may sleep.
 */
int resource_create(struct object *parent, const struct resource_range *range, struct object **out);

/* Whether a resource covers a range. -ENOTTY: it is of another kind; -ERANGE: not all of it. */
int resource_check(const struct object *resource, keel_rsrc_kind_t kind, uint64_t base,
                   uint64_t size);

/* What it covers; size UINT64_MAX with base 0 for the root. Belongs to the resource. */
const struct resource_range *resource_range_of(const struct object *resource);

#endif
