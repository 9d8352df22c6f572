/* SPDX-License-Identifier: MIT */
/* Address spaces: making, switching and ending them. */
#include "aspace_internal.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/page.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/vm.h>

#define USER_BASE 0x10000ull             /* below it nothing is ever mapped: null pointers fault */
#define USER_END  (USER_TOP - PAGE_SIZE) /* no instruction has one beyond the user half behind it */

static struct list all = LIST_INIT(all);
static struct spinlock all_lock; /* outside any space's lock */

static phys_addr_t table_alloc(void)
{
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);

    if (page != 0) {
        pmm_account(PMM_USE_PAGE_TABLE, 1);
        page_of(page)->refs = 0; /* counts the table's entries from here on */
    }
    return page;
}

static void table_free(phys_addr_t page)
{
    page_of(page)->refs = 0;
    pmm_account(PMM_USE_PAGE_TABLE, -1);
    pmm_free_page(page);
}

static uint32_t *table_used(phys_addr_t page)
{
    return &page_of(page)->refs;
}

static void table_flush(void *ctx, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    struct aspace *as = ctx;

    tlb_flush_space(&as->head.tlb, va, size, level, tables);
}

static void table_publish(void *ctx, virt_addr_t va, uint64_t size, bool tables)
{
    (void)ctx;
    arch_pt_publish(va, size, tables);
}

static const struct pt_ops table_ops = {
    .alloc = table_alloc,
    .free = table_free,
    .virt = arch_phys_to_virt,
    .access = ARCH_PT_ACCESS,
    .used = table_used,
    .flush = table_flush,
    .publish = table_publish,
};

static int make_tables(struct aspace *as)
{
    int err = pt_create(&as->pt, arch_pt_format(), &table_ops, as);

    if (err == 0) {
        as->head.root = as->pt.root;
        vm_share_kernel_half(as->pt.root);
    }
    return err;
}

int aspace_create(const char *name, struct aspace **out)
{
    struct aspace *as = kzalloc(sizeof(*as));
    unsigned long irq;

    if (!as) {
        return -ENOMEM;
    }
    as->refs = 1;
    as->name = name;
    if (make_tables(as) != 0) {
        kfree(as);
        return -ENOMEM;
    }
    as->root = region_new_root(as, USER_BASE, USER_END - USER_BASE);
    if (!as->root) {
        pt_destroy(&as->pt);
        kfree(as);
        return -ENOMEM;
    }
    irq = spin_lock(&all_lock);
    list_add_tail(&all, &as->in_all);
    spin_unlock(&all_lock, irq);
    *out = as;
    return 0;
}

void aspace_destroy(struct aspace *as)
{
    unsigned long irq = spin_lock(&all_lock);

    list_remove(&as->in_all);
    spin_unlock(&all_lock, irq);
    region_clear(as->root);
    pt_destroy(&as->pt);
    region_unref(as->root);
    aspace_put(as);
}

void aspace_clear(struct aspace *as)
{
    region_clear(as->root);
}

struct vm_region *aspace_root(struct aspace *as)
{
    return as->root;
}

struct aspace *aspace_current(void)
{
    return current_head()->space;
}

void aspace_load(struct aspace *before, struct aspace *as)
{
    tlb_switch(before ? &before->head.tlb : NULL, as ? &as->head.tlb : NULL,
               as ? as->head.root : 0);
}

void aspace_switch(struct aspace *as)
{
    unsigned long irq = arch_irq_save();
    struct thread_head *self = current_head();
    struct aspace *before = self->space;

    if (as != before) {
        self->space = as;
        aspace_load(before, as);
    }
    arch_irq_restore(irq);
}

void aspace_print(struct aspace *as)
{
    unsigned long irq = spin_lock(&as->lock);
    const struct vm_mapped *mapped;
    char rights[32];

    console_printf("%s: %llu KiB mapped, %llu pages of tables\n", as->name,
                   (unsigned long long)as->mapped >> 10, (unsigned long long)as->pt.table_pages);
    for (virt_addr_t va = 0; (mapped = region_next_mapping(as->root, va)) != NULL;
         va = mapped->area.base + mapped->area.size) {
        vm_flags_text(mapped->flags, rights, sizeof(rights));
        console_printf("  %016lx-%016lx %s object %llu + %#llx\n", mapped->area.base,
                       mapped->area.base + mapped->area.size - 1, rights,
                       (unsigned long long)mapped->mapping.vmo->id,
                       (unsigned long long)mapped->mapping.vmo_offset);
    }
    spin_unlock(&as->lock, irq);
}

unsigned aspace_print_all(void)
{
    unsigned long irq = spin_lock(&all_lock);
    const struct list_node *at;
    unsigned count = 0;

    for (at = list_first(&all); at; at = list_next(&all, at)) {
        aspace_print(container_of(at, struct aspace, in_all));
        count++;
    }
    spin_unlock(&all_lock, irq);
    return count;
}

int aspace_query(struct aspace *as, virt_addr_t va, struct pt_entry *out)
{
    unsigned long irq = spin_lock(&as->pt_lock);
    int err = pt_query_entry(&as->pt, va, out);

    spin_unlock(&as->pt_lock, irq);
    return err;
}

bool aspace_next(struct aspace *as, virt_addr_t va, struct aspace_place *out)
{
    unsigned long irq = spin_lock(&as->lock);
    const struct vm_mapped *mapped = region_next_mapping(as->root, va);

    if (mapped) {
        *out = (struct aspace_place){
            .base = mapped->area.base,
            .size = mapped->area.size,
            .flags = mapped->flags & (VM_READ | VM_WRITE | VM_EXEC),
            .vmo = mapped->given,
            .vmo_offset = mapped->given == mapped->mapping.vmo
                              ? mapped->mapping.vmo_offset
                              : mapped->mapping.vmo_offset - mapped->given->offset,
        };
        vmo_ref(out->vmo);
    }
    spin_unlock(&as->lock, irq);
    return mapped != NULL;
}

uint64_t aspace_mapped(struct aspace *as)
{
    return READ_ONCE(as->mapped);
}
