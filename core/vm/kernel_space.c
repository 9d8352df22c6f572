/* SPDX-License-Identifier: MIT */
/* Owns the kernel's own address space: the final tables and the direct map. */
#include "pagetable.h"
#include "tlb.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/errno.h>
#include <keel/kasan.h>
#include <keel/memmap.h>
#include <keel/pagetable.h>
#include <keel/pmm.h>
#include <keel/string.h>

/* How much RAM is mapped with tables from the image's pool; the rest uses tables in that RAM. */
#define FIRST_RAM_BYTES (1ull << 30)

extern char _image_start[], _image_end[], _text_start[], _text_end[];
extern char _rodata_start[], _rodata_end[], boot_stack_guard[];

struct page_table kernel_pt;

/* RAM below this address has been entered into the direct map. */
static phys_addr_t direct_map_done;

static int map_image_part(phys_addr_t root, const char *start, const char *end, uint32_t flags)
{
    uint64_t offset = start - _image_start;

    return pt_map(root, image_virt + offset, image_phys + offset, end - start, flags);
}

/* Text read-execute, constants read-only, the rest read-write but for the stack's guard page. */
static int map_image(phys_addr_t root)
{
    int err = map_image_part(root, _image_start, _text_start, VM_KERNEL_RO);

    if (err == 0) {
        err = map_image_part(root, _text_start, _text_end, VM_KERNEL_RX);
    }
    if (err == 0) {
        err = map_image_part(root, _rodata_start, _rodata_end, VM_KERNEL_RO);
    }
    if (err == 0) {
        err = map_image_part(root, _rodata_end, boot_stack_guard, VM_KERNEL_RW);
    }
    if (err == 0) {
        err = map_image_part(root, boot_stack_guard + PAGE_SIZE, _image_end, VM_KERNEL_RW);
    }
    return err;
}

/* Enters the next piece of RAM, at most `budget` bytes of it; *more tells whether there was one. */
static int map_ram_piece(phys_addr_t root, uint64_t budget, bool *more)
{
    phys_addr_t base;
    uint64_t size;
    int err;

    *more = memmap_mappable(direct_map_done, &base, &size);
    if (!*more) {
        return 0;
    }
    size = MIN(size, budget);
    err = pt_map(root, (virt_addr_t)arch_phys_to_virt(base), base, size, VM_KERNEL_RW);
    direct_map_done = base + size;
    return err;
}

static phys_addr_t alloc_table(void)
{
    phys_addr_t page = pt_alloc_page();

    if (page != 0 && pmm_is_ready()) {
        pmm_account(PMM_USE_PAGE_TABLE, 1);
    }
    return page;
}

static void free_table(phys_addr_t page)
{
    pmm_account(PMM_USE_PAGE_TABLE, -1);
    pmm_free_page(page);
}

/* The first tables lie in the image, which the direct map leaves out. */
static pte_t *reach_table(const struct page_table *pt, virt_addr_t va, unsigned level,
                          phys_addr_t page)
{
    (void)pt;
    (void)va;
    (void)level;
    return phys_to_virt(page);
}

/* User roots hold copies of the entries that lead to these tables: none is ever taken out. */
static uint32_t *count_of_table(phys_addr_t page)
{
    (void)page;
    return NULL;
}

static void flush(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    (void)ctx;
    tlb_flush_kernel(va, size, level, tables);
}

static void publish(void *ctx, virt_addr_t va, uint64_t size, bool tables)
{
    (void)ctx;
    tlb_publish_kernel(va, size, tables);
}

static const struct pt_access pool_access = {.reach = reach_table};

static const struct pt_ops table_ops = {
    .alloc = alloc_table,
    .free = free_table,
    .virt = arch_phys_to_virt,
    .access = IS_ENABLED(CONFIG_PT_RECURSIVE) ? ARCH_PT_ACCESS : &pool_access,
    .used = count_of_table,
    .flush = flush,
    .publish = publish,
};

void vm_share_kernel_half(phys_addr_t root)
{
    size_t half = PT_ENTRIES / 2 * sizeof(pte_t);

    if (ARCH_USER_ROOT_HOLDS_KERNEL) {
        memcpy((char *)arch_phys_to_virt(root) + half, (char *)phys_to_virt(kernel_root) + half,
               half);
        arch_pt_finish_root(root);
    }
}

int vm_init(void)
{
    phys_addr_t root = pt_alloc_page();
    bool more;
    int err;

    if (root == 0) {
        return -ENOMEM;
    }
    pt_share_top(root, kernel_root, KMAP_BASE, KMAP_SIZE);
    arch_pt_finish_root(root);
    err = map_image(root);
    if (err == 0) {
        err = map_ram_piece(root, FIRST_RAM_BYTES, &more);
    }
    if (err != 0) {
        return err;
    }
    kernel_root = root;
    arch_mmu_switch(root);
    do {
        pt_use_ram(direct_map_done);
        err = map_ram_piece(root, UINT64_MAX, &more);
    } while (err == 0 && more);
    if (err == 0 && ARCH_USER_ROOT_HOLDS_KERNEL) {
        err = pt_fill_top(root, KMAP_BASE, KMAP_SIZE);
    }
    if (err == 0 && ARCH_USER_ROOT_HOLDS_KERNEL && IS_ENABLED(CONFIG_KASAN)) {
        err = pt_fill_top(root, kasan_shadow_address(KMAP_BASE), KMAP_SIZE / KASAN_GRANULE);
    }
    pt_adopt(&kernel_pt, arch_pt_format(), &table_ops, NULL, root, DIRECT_MAP_BASE, KERNEL_LAST);
    kernel_pt.pa_last = UINT64_MAX >> (64 - arch_phys_bits());
    return err;
}

int vm_map_unlisted(phys_addr_t pa, uint64_t size)
{
    phys_addr_t page = ALIGN_DOWN(pa, PAGE_SIZE);
    int err = 0;

    for (; page < pa + size && err == 0; page += PAGE_SIZE) {
        virt_addr_t va = (virt_addr_t)arch_phys_to_virt(page);
        phys_addr_t mapped;
        uint32_t flags;

        if (pt_query(kernel_root, va, &mapped, &flags) == 0) {
            err = pt_map(kernel_root, va, page, PAGE_SIZE, VM_KERNEL_RO);
        }
    }
    return err;
}

void *phys_to_virt(phys_addr_t pa)
{
    uint64_t offset = pa - image_phys;

    if (offset < (uint64_t)(_image_end - _image_start)) {
        return (void *)(image_virt + offset);
    }
    return arch_phys_to_virt(pa);
}

phys_addr_t virt_to_phys(const void *va)
{
    uint64_t offset = (virt_addr_t)va - image_virt;

    if (offset < (uint64_t)(_image_end - _image_start)) {
        return image_phys + offset;
    }
    return arch_virt_to_phys(va);
}
