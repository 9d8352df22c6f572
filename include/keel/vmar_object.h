/* SPDX-License-Identifier: MIT */
/* Regions of address spaces as objects. */
#ifndef KEEL_VMAR_OBJECT_H
#define KEEL_VMAR_OBJECT_H

#include <keel/aspace.h>
#include <keel/memory.h>
#include <keel/object.h>

/* The object for a region, whose reference the caller gives up with success. `options`: KEEL_VM_CAN_MAP_
 * that it allows. -ENOMEM. */
int vmar_object_create(struct vm_region *region, uint32_t options, struct object **out);

/* Its region. */
struct vm_region *vmar_object_region(const struct object *object);

/* Whether mappings and regions in it may be put at a place of the user's choice. */
bool vmar_object_may_place(const struct object *object);

/* What the first handle may. */
keel_rights_t vmar_object_rights(const struct object *object);

#define VMAR_CAN_ALL                                                           \
    (KEEL_VM_CAN_MAP_SPECIFIC | KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | \
     KEEL_VM_CAN_MAP_EXECUTE)

#endif
