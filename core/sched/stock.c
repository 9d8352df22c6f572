/* SPDX-License-Identifier: MIT */
/* Memory for threads: the structure and a mapped stack with unmapped pages around it. Each CPU keeps a
 * few of those that have ended. */
#include "thread_internal.h"

#include <keel/heap.h>
#include <keel/kasan.h>
#include <keel/kmap.h>
#include <keel/pmm.h>
#include <keel/vm.h>

#define STACK_PAGES (KERNEL_STACK_SIZE / PAGE_SIZE)

/* Threads kept, linked through `joiner`; used by their CPU alone, interrupts off. */
static struct {
    struct thread *first;
    unsigned count;
} __aligned(64) stocks[CPUS_MAX];

static bool make_stack(struct thread_head *head)
{
    phys_addr_t pages[STACK_PAGES];
    size_t got = pmm_alloc_pages(pages, STACK_PAGES, PMM_ANY);
    virt_addr_t low = 0;

    if (got == STACK_PAGES) {
        low = kmap_alloc_aligned(STACK_PAGES, KERNEL_STACK_ALIGN_LOG2, 0);
    }
    if (low == 0) {
        pmm_free_pages(pages, got);
        return false;
    }
    if (kmap_map_pages(low, pages, STACK_PAGES, VM_KERNEL_RW) != 0) {
        kmap_free(low);
        pmm_free_pages(pages, got);
        return false;
    }
    head->stack_low = low;
    head->stack_high = low + KERNEL_STACK_SIZE;
    return true;
}

static void free_stack(const struct thread_head *head)
{
    phys_addr_t pages[STACK_PAGES];
    uint32_t flags;

    for (unsigned i = 0; i < STACK_PAGES; i++) {
        pt_query(kernel_root, head->stack_low + i * PAGE_SIZE, &pages[i], &flags);
    }
    kmap_free(head->stack_low);
    pmm_free_pages(pages, STACK_PAGES);
}

static __noinline struct thread *make_thread(void)
{
    struct thread *thread = kzalloc(sizeof(*thread));

    if (thread && !make_stack(&thread->head)) {
        kfree(thread);
        return NULL;
    }
    return thread;
}

static void free_thread(struct thread *thread)
{
    free_stack(&thread->head);
    kfree(thread->promise);
    kfree(thread);
}

struct thread *thread_stock_take(void)
{
    unsigned long irq = arch_irq_save();
    unsigned cpu = cpu_index();
    struct thread *thread = stocks[cpu].first;

    if (likely(thread != NULL)) {
        stocks[cpu].first = thread->joiner;
        stocks[cpu].count--;
    }
    arch_irq_restore(irq);
    return likely(thread != NULL) ? thread : make_thread();
}

void thread_stock_give(struct thread *thread)
{
    unsigned long irq = arch_irq_save();
    unsigned cpu = cpu_index();
    bool kept = stocks[cpu].count < CONFIG_THREAD_CACHE;

    /* It ended in functions that never return, whose variables are still marked. */
    kasan_unpoison((const void *)thread->head.stack_low, KERNEL_STACK_SIZE);
    if (likely(kept)) {
        thread->joiner = stocks[cpu].first;
        stocks[cpu].first = thread;
        stocks[cpu].count++;
    }
    arch_irq_restore(irq);
    if (unlikely(!kept)) {
        free_thread(thread);
    }
}

void thread_stock_drain(unsigned cpu)
{
    while (stocks[cpu].first) {
        struct thread *thread = stocks[cpu].first;

        stocks[cpu].first = thread->joiner;
        stocks[cpu].count--;
        free_thread(thread);
    }
}
