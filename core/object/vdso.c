/* SPDX-License-Identifier: MIT */
/* The vDSO's pages as memory objects, and mapping them. Threads, no lock held; what is made at boot stays. */
#include <arch/layout.h>
#include <keel/aspace.h>
#include <keel/cache.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/panic.h>
#include <keel/vdso.h>
#include <keel/vdso_image.h>
#include <keel/vm.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

#define REGION_FLAGS (ASPACE_FIXED | ASPACE_CAN_READ | ASPACE_CAN_EXEC)

static struct object *image, *clock;

static size_t image_size(void)
{
    return (size_t)(vdso_image_end - vdso_image);
}

/* An object for pages of the kernel's image. */
static int make_object(const void *pages, size_t size, const char *name, struct object **out)
{
    struct vmo *vmo;
    int err = vmo_create_physical(virt_to_phys(pages), size, VMO_CACHED, &vmo);

    if (err != 0) {
        return err;
    }
    err = vmo_object_create(vmo, NULL, out);
    if (err != 0) {
        vmo_unref(vmo);
        return err;
    }
    vmo_object_set_name(*out, name);
    return 0;
}

int vdso_init(void)
{
    const struct keel_vdso *table = (const void *)(vdso_image + KEEL_VDSO_TABLE);
    int err;

    KASSERT(table->magic == KEEL_VDSO_MAGIC && table->clock == image_size());
    err = make_object(vdso_image, image_size(), "vdso", &image);
    return err != 0 ? err : make_object(clock_user_page(), PAGE_SIZE, "vdso/clock", &clock);
}

/* All of an object at an offset of a region. */
static int map_object(struct vm_region *region, uint64_t offset, const struct object *object,
                      uint64_t size, uint32_t flags)
{
    virt_addr_t va;

    return region_map(region, offset, vmo_object_memory(object), 0, size, flags | ASPACE_SPECIFIC,
                      &va);
}

int vdso_map(struct aspace *as, virt_addr_t *base)
{
    uint64_t size = image_size();
    struct vm_region *region;
    int err = region_create(aspace_root(as), 0, size + PAGE_SIZE, REGION_FLAGS, &region, base);

    if (err != 0) {
        return err;
    }
    err = map_object(region, 0, image, size, VM_READ | VM_EXEC);
    if (err == 0) {
        err = map_object(region, size, clock, PAGE_SIZE, VM_READ);
    }
    region_unref(region);
    return err;
}
