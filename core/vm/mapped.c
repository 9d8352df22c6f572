/* SPDX-License-Identifier: MIT */
/* Translations of a mapping: entering pages of its object into the page table. */
#include "aspace_internal.h"

#include <arch/layout.h>
#include <keel/cache.h>
#include <keel/errno.h>
#include <keel/vm.h>

#define LARGE_SIZE  (2ull << 20)
#define LARGE_PAGES (LARGE_SIZE / PAGE_SIZE)

static uint32_t memory_type(enum vmo_cache cache)
{
    static const uint32_t types[] = {
        [VMO_CACHED] = VM_CACHED,
        [VMO_UNCACHED] = VM_UNCACHED,
        [VMO_UNCACHED_DEVICE] = VM_DEVICE,
        [VMO_WRITE_COMBINING] = VM_WRITE_COMBINE,
        [VMO_WRITE_THROUGH] = VM_WRITE_THROUGH,
    };
    return types[cache];
}

/* Whether the 2 MiB around va can be one leaf. */
static bool fits_large(const struct vm_mapped *mapped, virt_addr_t va, uint64_t offset)
{
    virt_addr_t block = ALIGN_DOWN(va, LARGE_SIZE);

    return (offset & (LARGE_SIZE - 1)) == (va & (LARGE_SIZE - 1)) && block >= mapped->area.base &&
           block - mapped->area.base + LARGE_SIZE <= mapped->area.size;
}

/* Whether the translation that is there is the one that is wanted: another CPU was faster. This CPU
 * may remember that there was none. Expects pt_lock. */
static bool is_entered(struct aspace *as, virt_addr_t va, phys_addr_t pa, uint64_t size,
                       uint32_t flags)
{
    const uint32_t rights = VM_READ | VM_WRITE | VM_EXEC;
    struct pt_entry entry;

    if (pt_query_entry(&as->pt, va, &entry) != 0 || entry.pa != pa || entry.size != size ||
        ((entry.flags ^ flags) & rights) != 0) {
        return false;
    }
    as->pt.ops->publish(as->pt.ctx, va, size, true);
    return true;
}

/* Enters a leaf where there is one: it was entered by others meanwhile, or was right until now. */
static __noinline int replace_leaf(struct aspace *as, virt_addr_t va, phys_addr_t pa, uint64_t size,
                                   uint32_t flags)
{
    if (is_entered(as, va, pa, size, flags)) {
        return 0;
    }
    aspace_forget(as, va, size);
    return pt_map_range(&as->pt, va, pa, size, flags);
}

/* Enters one leaf. Interrupts are off, with the object's lock. */
static __always_inline int enter_leaf(struct aspace *as, virt_addr_t va, phys_addr_t pa,
                                      uint64_t size, uint32_t flags)
{
    int err;

    if ((flags & VM_EXEC) != 0) {
        cache_sync_code_phys(pa, size);
    }
    spin_lock_irqoff(&as->pt_lock);
    err = size == PAGE_SIZE ? pt_map_page(&as->pt, va, pa, flags)
                            : pt_map_range(&as->pt, va, pa, size, flags);
    if (unlikely(err == -EEXIST)) {
        err = replace_leaf(as, va, pa, size, flags);
    }
    spin_unlock_irqoff(&as->pt_lock);
    return err;
}

int mapped_enter_page(struct vm_mapped *mapped, virt_addr_t va, uint64_t offset,
                      const struct vmo_page *page)
{
    uint32_t flags = mapped->flags & ~(page->writable ? 0 : VM_WRITE);

    if (unlikely(page->large) && fits_large(mapped, va, offset)) {
        return enter_leaf(mapped->space, ALIGN_DOWN(va, LARGE_SIZE),
                          ALIGN_DOWN(page->pa, LARGE_SIZE), LARGE_SIZE, flags);
    }
    return enter_leaf(mapped->space, ALIGN_DOWN(va, PAGE_SIZE), page->pa, PAGE_SIZE, flags);
}

/* Enters the page at `index` of the object's tree, if there is one; the index to go on with. */
static uint64_t enter_at(struct vm_mapped *mapped, uint64_t index, uint64_t end)
{
    const struct vmo *vmo = mapped->mapping.vmo;
    uint64_t offset = (index - vmo->first) * PAGE_SIZE;
    struct vmo_page page;

    if (!vmo_present_page(vmo, index, &page)) {
        return tree_next(&vmo->tree, index, end);
    }
    if (mapped_enter_page(mapped, mapped->area.base + (offset - mapped->mapping.vmo_offset), offset,
                          &page) != 0) {
        return end;
    }
    return page.large ? ALIGN_DOWN(index, LARGE_PAGES) + LARGE_PAGES : index + 1;
}

/* Enters what the object holds already, as far as memory for tables reaches. Expects the object's lock,
 * which is given back between pages: there may be many. */
static inline void populate(struct vm_mapped *mapped)
{
    struct vmo *vmo = mapped->mapping.vmo;
    uint64_t index = vmo->first + mapped->mapping.vmo_offset / PAGE_SIZE;
    uint64_t end = index + mapped->area.size / PAGE_SIZE;

    while ((index = enter_at(mapped, index, end)) < end) {
        spin_unlock_irqoff(&vmo->lock);
        spin_lock_irqoff(&vmo->lock);
    }
}

void mapped_attach(struct vm_mapped *mapped, bool with_pages)
{
    struct vmo *vmo = mapped->mapping.vmo;

    spin_lock_irqoff(&vmo->lock);
    vmo_add_mapping_locked(vmo, &mapped->mapping);
    mapped->flags |= memory_type(vmo->cache); /* fixed while mapped */
    if (with_pages && vmo->kind != VMO_PHYSICAL) {
        populate(mapped);
    }
    spin_unlock_irqoff(&vmo->lock);
}
