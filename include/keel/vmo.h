/* SPDX-License-Identifier: MIT */
/* Memory objects (V6, V7, V10, V11): pages in a sparse tree keyed by offset, shared by address spaces,
 * cloned copy-on-write.
 *
 * A snapshot costs the same whatever the object holds: parent and child share the nodes of the page
 * tree, which are reference counted, and a write copies the nodes on its path before the page. So
 * there are no chains to follow or to collapse, and destruction does not recurse. A slice is a
 * window on its parent and shares every change. */
#ifndef KEEL_VMO_H
#define KEEL_VMO_H

#include <keel/types.h>

struct vmo;
struct vm_mapping;

#define VMO_RESIZABLE  (1u << 0)
#define VMO_CONTIGUOUS (1u << 1) /* committed at once, pages in a row */

enum vmo_cache {
    VMO_CACHED,
    VMO_UNCACHED,
    VMO_UNCACHED_DEVICE,
    VMO_WRITE_COMBINING,
    VMO_WRITE_THROUGH,
};

/* Readies what objects are made of; once, when there is a heap. -ENOMEM. */
int vmo_init(void);

/* Objects start with one reference, the caller's; sizes are rounded up to pages. -EINVAL: size 0 for
 * a contiguous one, over 2^46, unknown flags; -ENOMEM. */
int vmo_create(uint64_t size, uint32_t flags, struct vmo **out);
int vmo_create_contiguous(uint64_t size, unsigned align_log2, struct vmo **out);
/* Device or reserved memory that pmm does not manage; never freed. What the kernel's caches hold of it is
 * written back when it is not to be cached. -EINVAL: alignment, no physical address, unknown policy. */
int vmo_create_physical(phys_addr_t base, uint64_t size, enum vmo_cache cache, struct vmo **out);

void vmo_ref(struct vmo *vmo);
/* With the last reference it goes. No spinlock held. */
void vmo_unref(struct vmo *vmo);

/* Who made the object known to others: ended(owner) is called once when it is gone, that is when nobody
 * maps it any more either. Once, by who has the only reference. vmo_owner(): NULL: nobody. */
void vmo_set_owner(struct vmo *vmo, void *owner, void (*ended)(void *owner));
void *vmo_owner(const struct vmo *vmo);

/* Children. A snapshot is a copy of [offset, offset + size) as it is now; later writes on either side
 * stay on that side. A slice is the same memory. -EINVAL: range, or a snapshot of what is no
 * anonymous memory; -ENOTSUP: a slice of what is resizable; -EBUSY: pinned pages in the range of a
 * snapshot; -ENOMEM. */
int vmo_snapshot(struct vmo *parent, uint64_t offset, uint64_t size, struct vmo **out);
int vmo_slice(struct vmo *parent, uint64_t offset, uint64_t size, struct vmo **out);

uint64_t vmo_size(const struct vmo *vmo);
bool vmo_is_resizable(const struct vmo *vmo);
/* For a snapshot that nobody else knows yet. */
void vmo_make_resizable(struct vmo *vmo);
/* -ENOTSUP: not RESIZABLE; -EBUSY: pinned pages would go; -ENOMEM. */
int vmo_resize(struct vmo *vmo, uint64_t size);

/* Copies between the object and kernel memory. -EINVAL: beyond the end; -ENOMEM: what was copied up
 * to there stays, *done says how much. Unwritten pages read as zeros and take no memory. */
int vmo_read(struct vmo *vmo, void *dst, uint64_t offset, size_t size, size_t *done);
int vmo_write(struct vmo *vmo, const void *src, uint64_t offset, size_t size, size_t *done);

/* Ranges are widened to pages, -EINVAL beyond the end. commit: every page has memory of its own
 * (large ones where alignment allows); decommit: pages go back, -EBUSY for pinned ones, -ENOTSUP
 * for slices and physical or contiguous objects; zero: reads as zeros, partial pages by bytes, -ENOTSUP
 * where the kernel has no view of the memory. */
int vmo_commit(struct vmo *vmo, uint64_t offset, uint64_t size);
int vmo_decommit(struct vmo *vmo, uint64_t offset, uint64_t size);
int vmo_zero(struct vmo *vmo, uint64_t offset, uint64_t size);

enum vmo_cache_op {
    VMO_SYNC_CODE, /* what was written is what is executed, by every CPU */
    VMO_CLEAN,     /* written back to memory */
    VMO_FLUSH,     /* and dropped */
};
/* Does that with the pages of a range that there are and that the kernel has a view of; -EINVAL beyond the
 * end. Interrupts on. */
int vmo_maintain(struct vmo *vmo, uint64_t offset, uint64_t size, enum vmo_cache_op op);

enum vmo_cache vmo_cache_policy(const struct vmo *vmo);
/* -EBUSY: mapped, pinned, has slices, or shares pages with a snapshot; -EINVAL: a slice. Pages are
 * cleaned out of the caches first; those that come later are too, before anybody sees them. */
int vmo_set_cache_policy(struct vmo *vmo, enum vmo_cache cache);

/* Pins: commits the range and holds it there (V7); pages[] gets an address for each page when not
 * NULL. All or nothing. */
int vmo_pin(struct vmo *vmo, uint64_t offset, uint64_t size, phys_addr_t *pages);
void vmo_unpin(struct vmo *vmo, uint64_t offset, uint64_t size);

/* The page a fault wants. With `write` it is the object's own (a shared one is copied, once, an absent
 * one allocated and zeroed); for reading an absent one gives the shared zero page. *large tells that
 * the 2 MiB around it are one block. This is where a pager will be asked (-EAGAIN then).
 * -EINVAL beyond the end, -ENOMEM. */
struct vmo_page {
    phys_addr_t pa;
    bool writable; /* may be mapped writable: nobody else sees writes */
    bool large;
};
int vmo_get_page(struct vmo *vmo, uint64_t offset, bool write, struct vmo_page *out);

/* V6 and V11. */
bool vmo_is_cow(const struct vmo *vmo, uint64_t offset); /* a write would copy */
void vmo_add_mapping(struct vmo *vmo, struct vm_mapping *mapping);
void vmo_remove_mapping(struct vmo *vmo, struct vm_mapping *mapping);
bool vmo_is_shared(const struct vmo *vmo);       /* mapped by more than one address space */
unsigned vmo_share_count(const struct vmo *vmo); /* address spaces that map it */

struct vmo_stats {
    uint64_t id;                              /* never reused */
    uint64_t size, committed, shared, pinned; /* bytes */
    unsigned mappings, children;
};
void vmo_get_stats(const struct vmo *vmo, struct vmo_stats *out);

/* The shared page of zeros. */
phys_addr_t vmo_zero_page(void);

#endif
