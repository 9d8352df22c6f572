/* SPDX-License-Identifier: MIT */
/* Page faults in the user half (V5): from the mapping to the object's page to a translation. */
#include "aspace_internal.h"

#include <keel/errno.h>
#include <keel/trace.h>

/* What could not be done: user space hears of it, the kernel's own access has its fix-up. */
static enum fault_result refused(const struct fault_info *info)
{
    return (info->flags & FAULT_USER) != 0 ? FAULT_USER_SPACE : FAULT_FATAL;
}

static bool is_allowed(const struct vm_mapped *mapped, uint32_t fault)
{
    if ((fault & FAULT_WRITE) != 0) {
        return (mapped->flags & VM_WRITE) != 0;
    }
    if ((fault & FAULT_EXEC) != 0) {
        return (mapped->flags & VM_EXEC) != 0;
    }
    return (mapped->flags & (VM_READ | VM_WRITE)) != 0;
}

/* Whether the translation that is there serves the access: somebody was faster. */
static __noinline bool is_served(struct aspace *as, virt_addr_t va, uint32_t fault)
{
    struct pt_entry entry;
    uint32_t wanted = (fault & FAULT_WRITE) != 0  ? VM_WRITE
                      : (fault & FAULT_EXEC) != 0 ? VM_EXEC
                                                  : VM_READ;
    bool served;

    spin_lock_irqoff(&as->pt_lock);
    served = pt_query_entry(&as->pt, va, &entry) == 0 && (entry.flags & wanted) != 0;
    spin_unlock_irqoff(&as->pt_lock);
    return served;
}

/* Under the lock of the space, with interrupts off. */
static enum fault_result resolve(struct vm_mapped *mapped, const struct fault_info *info)
{
    struct vmo *vmo = mapped->mapping.vmo;
    uint64_t offset = mapped->mapping.vmo_offset + (info->address - mapped->area.base);
    bool write = (info->flags & FAULT_WRITE) != 0;
    struct vmo_page page;
    int err;

    spin_lock_irqoff(&vmo->lock);
    if ((info->flags & FAULT_PRESENT) != 0 &&
        is_served(mapped->space, info->address, info->flags)) {
        spin_unlock_irqoff(&vmo->lock);
        return FAULT_RETRY;
    }
    err = vmo_page_locked(vmo, offset, write, &mapped->mapping, &page);
    if (err == 0) {
        err = mapped_enter_page(mapped, info->address, offset, &page);
    }
    spin_unlock_irqoff(&vmo->lock);
    if (err == -EAGAIN) { /* a pager was asked */
        return FAULT_RETRY;
    }
    return err == 0 ? FAULT_HANDLED : err == -ENOMEM ? FAULT_FATAL : refused(info);
}

enum fault_result vm_fault(const struct fault_info *info)
{
    struct aspace *as = aspace_current();
    enum fault_result result = refused(info);
    struct vm_mapped *mapped;
    unsigned long irq;

    if (!as) {
        return result;
    }
    irq = spin_lock(&as->lock);
    mapped = region_find_mapping(as->root, info->address);
    if (mapped && is_allowed(mapped, info->flags)) {
        result = resolve(mapped, info);
    }
    spin_unlock(&as->lock, irq);
    return result;
}

bool vm_handle_fault(virt_addr_t address, virt_addr_t pc, uint32_t flags)
{
    struct fault_info info = {.address = address, .pc = pc, .flags = flags};
    enum fault_result result = vm_fault(&info);

    trace_point(TRACE_FAULT, flags | (uint32_t)result << 8, address, pc);
    return result == FAULT_HANDLED || result == FAULT_RETRY;
}
