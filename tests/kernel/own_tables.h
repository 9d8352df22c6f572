/* SPDX-License-Identifier: MIT */
/* Page tables as a user space has them, for tests and benches that make their own: the context is the
 * number of the space. */
#ifndef TESTS_KERNEL_OWN_TABLES_H
#define TESTS_KERNEL_OWN_TABLES_H

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/page.h>
#include <keel/pagetable.h>
#include <keel/pmm.h>

static phys_addr_t alloc_table(void)
{
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);

    if (page != 0) {
        page_of(page)->refs = 0;
    }
    return page;
}

static void free_table(phys_addr_t page)
{
    page_of(page)->refs = 0;
    pmm_free_page(page);
}

static uint32_t *used_in_table(phys_addr_t page)
{
    return &page_of(page)->refs;
}

static void flush(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    arch_tlb_flush_range(*(unsigned *)ctx, va, size, level, tables);
}

static void publish(void *ctx, virt_addr_t va, uint64_t size, bool tables)
{
    arch_pt_publish(va, size, tables);
}

static const struct pt_ops own_tables = {
    .alloc = alloc_table,
    .free = free_table,
    .virt = arch_phys_to_virt,
    .access = ARCH_PT_ACCESS,
    .used = used_in_table,
    .flush = flush,
    .publish = publish,
};

#endif
