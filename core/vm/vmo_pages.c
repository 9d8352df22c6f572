/* SPDX-License-Identifier: MIT */
/* Memory objects: their pages. Where a page is missing, vmo_page_locked() is the place that decides. */
#include "vmo_internal.h"

#include <arch/layout.h>
#include <keel/cache.h>
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/pmm.h>
#include <keel/string.h>
#include <keel/vm.h>
#include <keel/zero_page.h>

#define LARGE_SIZE  (2ull << 20)
#define LARGE_SHIFT 21u
#define LARGE_PAGES (LARGE_SIZE / PAGE_SIZE)

phys_addr_t vmo_zero_page(void)
{
    return virt_to_phys(zero_page);
}

static uint64_t index_of(const struct vmo *vmo, uint64_t offset)
{
    return vmo->first + offset / PAGE_SIZE;
}

/* Stores a page of our own in a slot that is ours, in place of a shared one or of none. */
static void store_page(struct vmo *vmo, uint64_t index, uint64_t *slot, phys_addr_t page)
{
    page_first_ref(page);
    if (*slot == 0) {
        tree_fill(&vmo->tree, index, slot, page);
    } else {
        page_unref(ALIGN_DOWN(*slot, PAGE_SIZE));
        *slot = page | SLOT_PRESENT;
    }
}

/* What others see of the object's memory past the caches is what the kernel sees, and the other way round:
 * before it reads or writes through its own mapping, which is a cached one, and after it has written. */
static inline void settle(const struct vmo *vmo, const void *view, size_t size)
{
    if (vmo->cache != VMO_CACHED) {
        cache_flush(view, size);
    }
}

/* A new page at `offset`, a copy of `from` or zeros when that is 0. Its slot if that is ours, or NULL. */
static int replace_page(struct vmo *vmo, uint64_t offset, uint64_t *slot, phys_addr_t from,
                        const struct vm_mapping *self, struct vmo_page *out)
{
    phys_addr_t page = pmm_alloc_page(from == 0 ? PMM_ZERO : PMM_ANY);
    uint64_t index = index_of(vmo, offset);

    if (page == 0) {
        return -ENOMEM;
    }
    if (from != 0) {
        settle(vmo, arch_phys_to_virt(from), PAGE_SIZE);
        memcpy(arch_phys_to_virt(page), arch_phys_to_virt(from), PAGE_SIZE);
    }
    settle(vmo, arch_phys_to_virt(page), PAGE_SIZE);
    if (!slot) {
        slot = tree_own(&vmo->tree, index);
        if (!slot) {
            pmm_free_page(page);
            return -ENOMEM;
        }
    }
    vmo_forget(vmo, ALIGN_DOWN(offset, PAGE_SIZE), PAGE_SIZE, self);
    store_page(vmo, index, slot, page);
    *out = (struct vmo_page){.pa = page, .writable = true};
    return 0;
}

static int physical_page(const struct vmo *vmo, uint64_t offset, struct vmo_page *out)
{
    phys_addr_t pa = vmo->base + ALIGN_DOWN(offset, PAGE_SIZE);
    uint64_t block = ALIGN_DOWN(offset, LARGE_SIZE);

    *out = (struct vmo_page){.pa = pa, .writable = true};
    out->large = IS_ALIGNED(vmo->base + block, LARGE_SIZE) && vmo->size - block >= LARGE_SIZE;
    return 0;
}

/* What is in a slot, which a write may go to when `own`. */
static void show_page(uint64_t slot, bool own, struct vmo_page *out)
{
    out->pa = ALIGN_DOWN(slot, PAGE_SIZE);
    out->writable = own;
    out->large = own && (slot & SLOT_LARGE) != 0;
}

int vmo_page_locked(struct vmo *vmo, uint64_t offset, bool write, const struct vm_mapping *self,
                    struct vmo_page *out)
{
    struct tree_spot spot;
    phys_addr_t pa;

    if (offset >= vmo->size) {
        return -EINVAL;
    }
    if (vmo->kind == VMO_PHYSICAL) {
        return physical_page(vmo, offset, out);
    }
    spot = tree_find(&vmo->tree, index_of(vmo, offset));
    pa = spot.slot ? ALIGN_DOWN(*spot.slot, PAGE_SIZE) : 0;
    if (write && (pa == 0 || !spot.private || page_is_shared(pa))) {
        return replace_page(vmo, offset, spot.private ? spot.slot : NULL, pa, self, out);
    }
    if (pa == 0) {
        *out = (struct vmo_page){.pa = vmo_zero_page()};
        return 0;
    }
    show_page(*spot.slot, spot.private && (write || !page_is_shared(pa)), out);
    return 0;
}

bool vmo_present_page(const struct vmo *vmo, uint64_t index, struct vmo_page *out)
{
    struct tree_spot spot = tree_find(&vmo->tree, index);

    if (!spot.slot || *spot.slot == 0) {
        return false;
    }
    show_page(*spot.slot, spot.private && !page_is_shared(ALIGN_DOWN(*spot.slot, PAGE_SIZE)), out);
    return true;
}

int vmo_get_page(struct vmo *vmo, uint64_t offset, bool write, struct vmo_page *out)
{
    struct vmo *owner;
    unsigned long irq;
    int err;

    if (offset >= vmo_size(vmo)) {
        return -EINVAL;
    }
    owner = vmo_resolve(vmo, &offset);
    irq = spin_lock(&owner->lock);
    err = vmo_page_locked(owner, offset, write, NULL, out);
    spin_unlock(&owner->lock, irq);
    return err;
}

/* The kernel's view of a page; NULL for device memory and what the kernel never maps, which have none. */
static char *page_view(const struct vmo *vmo, phys_addr_t pa)
{
    phys_addr_t base;
    uint64_t size;

    if (vmo->kind == VMO_PHYSICAL && (!memmap_mappable(pa, &base, &size) || base > pa)) {
        return NULL;
    }
    return phys_to_virt(pa);
}

/* Copies `len` bytes between a view of the object's memory and a buffer, or writes zeros when there is
 * none. */
static void access_view(const struct vmo *vmo, char *view, void *buf, size_t len, bool write)
{
    settle(vmo, view, len);
    if (!write) {
        memcpy(buf, view, len);
        return;
    }
    if (buf) {
        memcpy(view, buf, len);
    } else {
        memset(view, 0, len);
    }
    settle(vmo, view, len);
}

/* Copies within one page, in or out; expects the lock. */
static int copy_part_locked(struct vmo *vmo, uint64_t offset, void *buf, size_t len, bool write)
{
    struct vmo_page page;
    int err = vmo_page_locked(vmo, offset, write, NULL, &page);
    char *view;

    if (err != 0) {
        return err;
    }
    view = page_view(vmo, page.pa);
    if (!view) {
        return -ENOTSUP;
    }
    access_view(vmo, view + offset % PAGE_SIZE, buf, len, write);
    return 0;
}

static int copy_part(struct vmo *vmo, uint64_t offset, void *buf, size_t len, bool write)
{
    unsigned long irq = spin_lock(&vmo->lock);
    int err = copy_part_locked(vmo, offset, buf, len, write);

    spin_unlock(&vmo->lock, irq);
    return err;
}

static int copy_range(struct vmo *vmo, char *buf, uint64_t offset, size_t size, bool write,
                      size_t *done)
{
    *done = 0;
    if (!vmo_contains(vmo, offset, size)) {
        return -EINVAL;
    }
    vmo = vmo_resolve(vmo, &offset);
    while (*done < size) {
        size_t part = MIN(size - *done, PAGE_SIZE - (offset + *done) % PAGE_SIZE);
        int err = copy_part(vmo, offset + *done, buf + *done, part, write);

        if (err != 0) {
            return err;
        }
        *done += part;
    }
    return 0;
}

int vmo_read(struct vmo *vmo, void *dst, uint64_t offset, size_t size, size_t *done)
{
    return copy_range(vmo, dst, offset, size, false, done);
}

int vmo_write(struct vmo *vmo, const void *src, uint64_t offset, size_t size, size_t *done)
{
    return copy_range(vmo, (char *)(uintptr_t)src, offset, size, true, done);
}

/* Widens a range to pages and finds the object that holds it. NULL: not within. */
static struct vmo *page_range(struct vmo *vmo, uint64_t *offset, uint64_t *size)
{
    uint64_t from = ALIGN_DOWN(*offset, PAGE_SIZE);

    if (!vmo_contains(vmo, *offset, *size)) {
        return NULL;
    }
    *size = ALIGN_UP(*offset + *size, PAGE_SIZE) - from;
    *offset = from;
    return vmo_resolve(vmo, offset);
}

/* Fills the empty, aligned block at `offset` with one large page; false when that cannot be. */
static bool commit_large(struct vmo *vmo, uint64_t offset)
{
    uint64_t first = index_of(vmo, offset);
    phys_addr_t block;

    if (!IS_ALIGNED(offset, LARGE_SIZE) || vmo->first % LARGE_PAGES != 0 ||
        tree_next(&vmo->tree, first, first + LARGE_PAGES) < first + LARGE_PAGES) {
        return false;
    }
    block = pmm_alloc_contiguous(LARGE_PAGES, PMM_ZERO, LARGE_SHIFT);
    if (block == 0) {
        return false;
    }
    settle(vmo, arch_phys_to_virt(block), LARGE_SIZE);
    vmo_forget(vmo, offset, LARGE_SIZE, NULL);
    for (uint64_t i = 0; i < LARGE_PAGES; i++) {
        uint64_t *slot = tree_own(&vmo->tree, first + i);

        if (!slot) { /* what is entered stays, as single pages that happen to lie in a row */
            pmm_free_contiguous(block + i * PAGE_SIZE, LARGE_PAGES - i);
            return false;
        }
        page_ref(block + i * PAGE_SIZE);
        tree_fill(&vmo->tree, first + i, slot, (block + i * PAGE_SIZE) | SLOT_LARGE);
    }
    return true;
}

/* Commits one page, or the large one that starts there; the bytes, or a negative errno. */
static int64_t commit_step(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    unsigned long irq = spin_lock(&vmo->lock);
    struct vmo_page page;
    int64_t done = PAGE_SIZE;
    int err = 0;

    if (vmo->kind == VMO_ANONYMOUS && size >= LARGE_SIZE && commit_large(vmo, offset)) {
        done = LARGE_SIZE;
    } else {
        err = vmo_page_locked(vmo, offset, true, NULL, &page);
    }
    spin_unlock(&vmo->lock, irq);
    return err != 0 ? err : done;
}

int vmo_commit(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    vmo = page_range(vmo, &offset, &size);
    if (!vmo) {
        return -EINVAL;
    }
    while (size > 0) {
        int64_t done = commit_step(vmo, offset, size);

        if (done < 0) {
            return (int)done;
        }
        offset += (uint64_t)done;
        size -= (uint64_t)done;
    }
    return 0;
}

/* Lets whole pages go; expects the lock. */
static int drop_pages(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    if (vmo->kind != VMO_ANONYMOUS) {
        return -ENOTSUP;
    }
    if (vmo_has_pins(vmo, offset, size)) {
        return -EBUSY;
    }
    vmo_forget(vmo, offset, size, NULL);
    return tree_drop(&vmo->tree, index_of(vmo, offset), size / PAGE_SIZE);
}

int vmo_decommit(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    unsigned long irq;
    int err;

    if (vmo->kind == VMO_SLICE) {
        return -ENOTSUP;
    }
    vmo = page_range(vmo, &offset, &size);
    if (!vmo) {
        return -EINVAL;
    }
    irq = spin_lock(&vmo->lock);
    err = drop_pages(vmo, offset, size);
    spin_unlock(&vmo->lock, irq);
    return err;
}

/* Writes zeros up to `end` or to the end of the first page that holds anything; *at is where to go on. */
static int zero_step(struct vmo *vmo, uint64_t *at, uint64_t end)
{
    unsigned long irq = spin_lock(&vmo->lock);
    uint64_t present = index_of(vmo, *at);
    int err = 0;

    if (vmo->kind != VMO_PHYSICAL) {
        present = tree_next(&vmo->tree, present, index_of(vmo, end - 1) + 1);
    }
    if (present == UINT64_MAX) { /* all the rest reads as zeros anyway */
        *at = end;
    } else {
        *at = MAX(*at, (present - vmo->first) * PAGE_SIZE);
        present = MIN(end - *at, PAGE_SIZE - *at % PAGE_SIZE);
        err = copy_part_locked(vmo, *at, NULL, present, true);
        *at += present;
    }
    spin_unlock(&vmo->lock, irq);
    return err;
}

int vmo_zero(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end, first, last, at;
    unsigned long irq;
    bool gone = false;
    int err = 0;

    if (!vmo_contains(vmo, offset, size)) {
        return -EINVAL;
    }
    vmo = vmo_resolve(vmo, &offset);
    end = offset + size;
    first = ALIGN_UP(offset, PAGE_SIZE);
    last = ALIGN_DOWN(end, PAGE_SIZE);
    if (first < last) { /* whole pages go, if they may */
        irq = spin_lock(&vmo->lock);
        gone = drop_pages(vmo, first, last - first) == 0;
        spin_unlock(&vmo->lock, irq);
    }
    for (at = offset; at < end && err == 0;) {
        if (gone && at >= first && at < last) {
            at = last;
        } else {
            err = zero_step(vmo, &at, gone && at < first ? first : end);
        }
    }
    return err;
}

/* Pins the page at `offset`; its address to *pa. */
static int pin_page(struct vmo *vmo, uint64_t offset, phys_addr_t *pa)
{
    unsigned long irq = spin_lock(&vmo->lock);
    struct vmo_page page;
    int err = vmo_page_locked(vmo, offset, true, NULL, &page);

    if (err == 0 && vmo->kind != VMO_PHYSICAL) {
        err = page_pin(page.pa);
        vmo->pinned += err == 0;
    }
    spin_unlock(&vmo->lock, irq);
    *pa = err == 0 ? page.pa : 0;
    return err;
}

int vmo_pin(struct vmo *vmo, uint64_t offset, uint64_t size, phys_addr_t *pages)
{
    struct vmo *owner = page_range(vmo, &offset, &size);
    uint64_t done = 0;
    int err = owner ? 0 : -EINVAL;

    while (err == 0 && done < size) {
        phys_addr_t pa;

        err = pin_page(owner, offset + done, &pa);
        if (err == 0) {
            if (pages) {
                pages[done / PAGE_SIZE] = pa;
            }
            done += PAGE_SIZE;
        }
    }
    if (err != 0 && done > 0) {
        vmo_unpin(owner, offset, done);
    }
    return err;
}

void vmo_unpin(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    bool private;
    unsigned long irq;

    vmo = page_range(vmo, &offset, &size);
    if (!vmo || vmo->kind == VMO_PHYSICAL) {
        return;
    }
    irq = spin_lock(&vmo->lock);
    for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
        uint64_t slot = tree_get(&vmo->tree, index_of(vmo, offset + done), &private);

        page_unpin(ALIGN_DOWN(slot, PAGE_SIZE));
        vmo->pinned--;
    }
    spin_unlock(&vmo->lock, irq);
}

bool vmo_is_cow(const struct vmo *vmo, uint64_t offset)
{
    struct vmo *owner = vmo_resolve((struct vmo *)(uintptr_t)vmo, &offset);
    unsigned long irq = spin_lock(&owner->lock);
    bool private = true;
    uint64_t slot = tree_get(&owner->tree, index_of(owner, offset), &private);
    bool cow = slot != 0 && (!private || page_is_shared(ALIGN_DOWN(slot, PAGE_SIZE)));

    spin_unlock(&owner->lock, irq);
    return cow;
}

static void maintain(const char *view, enum vmo_cache_op op)
{
    switch (op) {
    case VMO_SYNC_CODE:
        cache_sync_code(view, PAGE_SIZE);
        break;
    case VMO_CLEAN:
        cache_clean(view, PAGE_SIZE);
        break;
    case VMO_FLUSH:
        cache_flush(view, PAGE_SIZE);
        break;
    }
}

/* Does one page; where to go on. */
static uint64_t maintain_step(struct vmo *vmo, uint64_t offset, uint64_t end, enum vmo_cache_op op)
{
    unsigned long irq = spin_lock(&vmo->lock);
    struct vmo_page page;
    const char *view;

    if (vmo->kind != VMO_PHYSICAL) {
        uint64_t index = tree_next(&vmo->tree, index_of(vmo, offset), index_of(vmo, end - 1) + 1);

        offset = index == UINT64_MAX ? end : (index - vmo->first) * PAGE_SIZE;
    }
    if (offset < end && vmo_page_locked(vmo, offset, false, NULL, &page) == 0) {
        view = page_view(vmo, page.pa);
        if (view) {
            maintain(view, op);
        }
    }
    spin_unlock(&vmo->lock, irq);
    return offset + PAGE_SIZE;
}

int vmo_maintain(struct vmo *vmo, uint64_t offset, uint64_t size, enum vmo_cache_op op)
{
    struct vmo *owner = page_range(vmo, &offset, &size);

    if (!owner) {
        return -EINVAL;
    }
    for (uint64_t at = offset; at < offset + size;) {
        at = maintain_step(owner, at, offset + size, op);
    }
    return 0;
}
