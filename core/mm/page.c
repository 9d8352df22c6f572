/* SPDX-License-Identifier: MIT */
/* Counts in the records of pages: how many share a page, and how many forbid to move it. */
#include <keel/errno.h>
#include <keel/page.h>
#include <keel/pmm.h>

/* A debug build ends where a count would leave its range. */
static void refuse(phys_addr_t pa, const char *what)
{
    if (IS_ENABLED(CONFIG_DEBUG)) {
        page_panic(pa, what);
    }
}

void page_ref(phys_addr_t pa)
{
    uint32_t *refs = &page_of(pa)->refs;
    uint32_t was = __atomic_load_n(refs, __ATOMIC_RELAXED);

    while (was != UINT32_MAX) {
        if (__atomic_compare_exchange_n(refs, &was, was + 1, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            return;
        }
    }
    refuse(pa, "has its count of references overflow");
}

void page_first_ref(phys_addr_t pa)
{
    uint32_t *refs = &page_of(pa)->refs;

    if (IS_ENABLED(CONFIG_DEBUG) && __atomic_load_n(refs, __ATOMIC_RELAXED) != 0) {
        page_panic(pa, "is new, but somebody has a reference");
    }
    __atomic_store_n(refs, 1, __ATOMIC_RELAXED);
}

/* Lowers a count, unless it is 0 or saturated; what it was. */
static uint32_t drop_ref(uint32_t *refs)
{
    uint32_t was = __atomic_load_n(refs, __ATOMIC_RELAXED);

    while (was != 0 && was != UINT32_MAX &&
           !__atomic_compare_exchange_n(refs, &was, was - 1, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
    }
    return was;
}

/* A reference that nobody has must not free the page once more. */
bool page_unref(phys_addr_t pa)
{
    uint32_t was = drop_ref(&page_of(pa)->refs);

    if (was == 0) {
        refuse(pa, "loses a reference that nobody has");
    }
    if (was != 1) {
        return false;
    }
    pmm_free_page(pa);
    return true;
}

int page_pin(phys_addr_t pa)
{
    uint32_t *pins = &page_of(pa)->pins;
    uint32_t was = __atomic_load_n(pins, __ATOMIC_RELAXED);

    while (was < PAGE_PINS_MAX) {
        if (__atomic_compare_exchange_n(pins, &was, was + 1, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            return 0;
        }
    }
    return -EOVERFLOW;
}

void page_unpin(phys_addr_t pa)
{
    uint32_t *pins = &page_of(pa)->pins;
    uint32_t was = __atomic_load_n(pins, __ATOMIC_RELAXED);

    while (was != 0) {
        if (__atomic_compare_exchange_n(pins, &was, was - 1, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            return;
        }
    }
    refuse(pa, "loses a pin that nobody has");
}

bool page_is_pinned(phys_addr_t pa)
{
    return __atomic_load_n(&page_of(pa)->pins, __ATOMIC_ACQUIRE) != 0;
}
