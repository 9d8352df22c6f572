/* SPDX-License-Identifier: MIT */
/* Device registers in the mapping area, mapped once for all that ask for them. */
#define LOG_TAG "vm"
#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/kmap.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/spinlock.h>
#include <keel/vm.h>

#define MAPPINGS_MAX    128u
#define LARGE_PAGE_LOG2 21u

struct device_mapping {
    phys_addr_t pa; /* page aligned */
    uint64_t size;
    virt_addr_t va;
    uint32_t memory_type;
};

static struct spinlock lock;
static struct device_mapping mappings[MAPPINGS_MAX];
static unsigned mapping_count;

/* An existing mapping that covers the pages asked for, in the same memory type. */
static virt_addr_t find_device(phys_addr_t pa, uint64_t size, uint32_t memory_type)
{
    for (unsigned i = 0; i < mapping_count; i++) {
        const struct device_mapping *m = &mappings[i];

        if (m->memory_type == memory_type && pa >= m->pa && pa - m->pa < m->size &&
            size <= m->size - (pa - m->pa)) {
            return m->va + (pa - m->pa);
        }
    }
    return 0;
}

/* Maps whole pages, large ones where they fit. */
static virt_addr_t map_pages(phys_addr_t pa, uint64_t size, uint32_t memory_type)
{
    uint64_t large = 1ull << LARGE_PAGE_LOG2;
    uint64_t skew = size >= large ? pa & (large - 1) : 0;
    virt_addr_t va = 0;

    if (mapping_count < MAPPINGS_MAX) {
        va = kmap_alloc_aligned(size / PAGE_SIZE, size >= large ? LARGE_PAGE_LOG2 : PAGE_SHIFT,
                                skew);
    }
    if (va == 0) {
        return 0;
    }
    if (kmap_map(va, pa, size / PAGE_SIZE, VM_READ | VM_WRITE | memory_type) != 0) {
        kmap_free(va);
        return 0;
    }
    mappings[mapping_count++] =
        (struct device_mapping){.pa = pa, .size = size, .va = va, .memory_type = memory_type};
    return va;
}

/* Whether the direct map holds, or will hold, any of these pages: no second memory type for them. */
static bool is_mappable_ram(phys_addr_t pa, uint64_t size)
{
    phys_addr_t base;
    uint64_t bytes;

    return memmap_mappable(pa, &base, &bytes) && base - pa < size;
}

void __iomem *vm_map_device(phys_addr_t pa, uint64_t size, uint32_t memory_type)
{
    phys_addr_t first = ALIGN_DOWN(pa, PAGE_SIZE);
    unsigned long irq;
    uint64_t span;
    virt_addr_t va;

    if (size == 0 || pa + size < pa || (pa + size - 1) >> arch_phys_bits() != 0) {
        return NULL;
    }
    span = ALIGN_UP(pa + size - first, PAGE_SIZE);
    if (is_mappable_ram(first, span)) {
        log_error("%#llx is RAM, not a device", (unsigned long long)pa);
        return NULL;
    }
    irq = spin_lock(&lock);
    va = find_device(first, span, memory_type);
    if (va == 0) {
        va = map_pages(first, span, memory_type);
    }
    spin_unlock(&lock, irq);
    if (va == 0) {
        log_error("no room to map %#llx bytes of device memory at %#llx", (unsigned long long)size,
                  (unsigned long long)pa);
        return NULL;
    }
    return (void __iomem *)(va + (pa - first));
}
