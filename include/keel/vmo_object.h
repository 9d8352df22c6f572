/* SPDX-License-Identifier: MIT */
/* Memory objects as user space knows them: with a name, and children that are counted. */
#ifndef KEEL_VMO_OBJECT_H
#define KEEL_VMO_OBJECT_H

#include <keel/memory.h>
#include <keel/object.h>

struct vmo;

#define VMO_OBJECT_NAME_MAX 32u

/* The object for memory whose one reference the caller gives up with success. `parent`: that of which it is a
 * child; NULL: of none. -ENOMEM. May sleep. */
int vmo_object_create(struct vmo *vmo, struct object *parent, struct object **out);

/* Its memory. */
struct vmo *vmo_object_memory(const struct object *object);

/* What the first handle may: resizing where that can be. */
keel_rights_t vmo_object_rights(const struct object *object);

/* Its name, with the 0 at its end; set: cut to VMO_OBJECT_NAME_MAX - 1 bytes. */
void vmo_object_get_name(const struct object *object, char name[VMO_OBJECT_NAME_MAX]);
void vmo_object_set_name(struct object *object, const char *name);

struct vmo_object_info {
    keel_koid_t koid;
    keel_koid_t parent; /* KEEL_KOID_INVALID: none, or gone */
    unsigned children;
    char name[VMO_OBJECT_NAME_MAX];
};

/* What is known of memory that a space maps, its object being closed or not. koid 0: nothing, it is the
 * kernel's own. The caller has a reference to the memory. */
void vmo_object_info(const struct vmo *vmo, struct vmo_object_info *out);

#endif
