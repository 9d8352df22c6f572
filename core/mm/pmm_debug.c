/* SPDX-License-Identifier: MIT */
/* Remembers who took and who gave back every page, and stops whoever gives back what is not theirs
 * (debug builds). */
#include "pmm_internal.h"

#include <keel/kasan.h>
#include <keel/page.h>
#include <keel/panic.h>
#include <keel/printf.h>

#define NAME_MAX 64

extern char _image_start[];

/* A place in the code in 32 bits: the kernel is smaller than 2 GiB. 0 is nobody. */
static uint32_t pack(virt_addr_t who)
{
    return (uint32_t)(who - (virt_addr_t)_image_start) & ~PAGE_OUT;
}

static const char *place(uint32_t packed, char text[NAME_MAX])
{
    if (packed == 0) {
        return "nobody";
    }
    symbol_text(text, NAME_MAX, (virt_addr_t)_image_start + packed);
    return text;
}

__noreturn void page_panic(phys_addr_t pa, const char *what)
{
    const struct page *page = page_of(pa);
    char took[NAME_MAX], gave[NAME_MAX];

    panic("page %#llx %s: allocated by %s, freed by %s, %u references, %u pins",
          (unsigned long long)pa, what, place((uint32_t)page->owner & ~PAGE_OUT, took),
          place((uint32_t)(page->owner >> 32), gave), page->refs, page->pins);
}

void pmm_note_alloc(phys_addr_t pa, size_t count, virt_addr_t who)
{
    for (size_t i = 0; i < count; i++) {
        struct page *page = page_of(pa + i * PAGE_SIZE);
        uint64_t was = __atomic_load_n(&page->owner, __ATOMIC_RELAXED);

        if ((was & PAGE_OUT) != 0) {
            page_panic(pa + i * PAGE_SIZE, "allocated twice");
        }
        __atomic_store_n(&page->owner, (was & BITS(63, 32)) | PAGE_OUT | pack(who),
                         __ATOMIC_RELAXED);
    }
    kasan_unpoison(arch_phys_to_virt(pa), count * PAGE_SIZE);
}

/* Whether pmm ever handed out the page's stretch of memory. */
static bool has_record(phys_addr_t pa)
{
    const struct arena *arena = IS_ALIGNED(pa, PAGE_SIZE) ? pmm_arena_of(pa) : NULL;

    return arena != NULL &&
           (__atomic_load_n(&arena->state[chunk_index(arena, pa)], __ATOMIC_ACQUIRE) &
            STATE_TOUCHED) != 0;
}

/* Of two CPUs that free a page at the same time, the second is caught. */
static void note_free(phys_addr_t pa, virt_addr_t who)
{
    struct page *page;
    uint64_t was;

    if (!has_record(pa)) {
        panic("page %#llx freed: it is not the page allocator's", (unsigned long long)pa);
    }
    page = page_of(pa);
    was = __atomic_fetch_and(&page->owner, ~(uint64_t)PAGE_OUT, __ATOMIC_RELAXED);
    if ((was & PAGE_OUT) == 0) {
        page_panic(pa, was == 0 ? "freed: it is reserved or was never handed out" : "freed twice");
    }
    if (page->refs != 0 || page->pins != 0) {
        page_panic(pa, "freed in use");
    }
    __atomic_store_n(&page->owner, (was & BITS(30, 0)) | (uint64_t)pack(who) << 32,
                     __ATOMIC_RELAXED);
}

void pmm_page_history(phys_addr_t pa, char *text, size_t size)
{
    char took[NAME_MAX], gave[NAME_MAX];
    uint64_t owner;

    text[0] = '\0';
    pa = ALIGN_DOWN(pa, (phys_addr_t)PAGE_SIZE);
    if (has_record(pa)) {
        owner = page_of(pa)->owner;
        ksnprintf(text, size, "page %#llx, allocated by %s, freed by %s", (unsigned long long)pa,
                  place((uint32_t)owner & ~PAGE_OUT, took), place((uint32_t)(owner >> 32), gave));
    }
}

void pmm_note_free(phys_addr_t pa, size_t count, virt_addr_t who)
{
    for (size_t i = 0; i < count; i++) {
        note_free(pa + i * PAGE_SIZE, who);
    }
    kasan_poison(arch_phys_to_virt(pa), count * PAGE_SIZE, KASAN_PAGE);
}
