/* SPDX-License-Identifier: MIT */
/*
 * What the compiler calls around memory accesses (-fsanitize=kernel-address, outline) and for variables,
 * and the start of it all. Not instrumented itself. Before kasan_init() nothing is checked.
 */
#define LOG_TAG "kasan"
#include "kasan_internal.h"

#include <arch/layout.h>
#include <keel/log.h>
#include <keel/memmap.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/string.h>

#define OWNER "KASAN shadow"

typedef void constructor_fn(void);

extern char _image_start[];
extern uint8_t _shadow_start[], _shadow_end[];
extern constructor_fn *const __start_constructors[], *const __stop_constructors[];

static bool enabled;

/* The first byte in [start, start + size), not empty, that may not be touched; 0: none. */
static virt_addr_t first_bad(virt_addr_t start, size_t size)
{
    virt_addr_t at = ALIGN_DOWN(start, (virt_addr_t)KASAN_GRANULE);
    virt_addr_t last = start + size - 1;
    const uint8_t *shadow = kasan_shadow_of(at);

    for (; at <= last; at += KASAN_GRANULE) {
        uint8_t code = shadow != NULL ? *shadow++ : KASAN_OK;
        unsigned touched = (unsigned)(MIN(last, at + KASAN_GRANULE - 1) - at);

        if (unlikely(code != KASAN_OK && (code >= KASAN_GRANULE || touched >= code))) {
            return code >= KASAN_GRANULE ? MAX(at, start) : MAX(at + code, start);
        }
        if ((at + KASAN_GRANULE) % PAGE_SIZE == 0) {
            shadow = kasan_shadow_of(at + KASAN_GRANULE);
        }
    }
    return 0;
}

static __always_inline void check(virt_addr_t start, size_t size, bool write, virt_addr_t pc)
{
    virt_addr_t bad;

    if (!enabled || size == 0) {
        return;
    }
    bad = first_bad(start, size);
    if (unlikely(bad != 0)) {
        kasan_report(bad, size, write, pc);
    }
}

#define CALLER ((virt_addr_t)__builtin_return_address(0))

void kasan_check(virt_addr_t start, size_t size, bool write)
{
    check(start, size, write, CALLER);
}

#define ACCESS(bytes)                                   \
    void __asan_load##bytes##_noabort(virt_addr_t at);  \
    void __asan_load##bytes##_noabort(virt_addr_t at)   \
    {                                                   \
        check(at, bytes, false, CALLER);                \
    }                                                   \
    void __asan_store##bytes##_noabort(virt_addr_t at); \
    void __asan_store##bytes##_noabort(virt_addr_t at)  \
    {                                                   \
        check(at, bytes, true, CALLER);                 \
    }

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __asan_loadN_noabort(virt_addr_t at, size_t size);
void __asan_loadN_noabort(virt_addr_t at, size_t size)
{
    check(at, size, false, CALLER);
}

void __asan_storeN_noabort(virt_addr_t at, size_t size);
void __asan_storeN_noabort(virt_addr_t at, size_t size)
{
    check(at, size, true, CALLER);
}

/* --- The stack --- */

/* Whoever does not return leaves the marks of variables behind, on a stack that may serve on. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
    virt_addr_t here =
        ALIGN_DOWN((virt_addr_t)__builtin_frame_address(0), (virt_addr_t)KASAN_GRANULE);
    const struct thread_head *head = enabled ? current_head() : NULL;

    if (head != NULL && here >= head->stack_low && here < head->stack_high) {
        kasan_unpoison((const void *)here, head->stack_high - here);
    }
}

/* A variable's block ends, or begins. */
void __asan_poison_stack_memory(const void *start, size_t size);
void __asan_poison_stack_memory(const void *start, size_t size)
{
    kasan_poison(start, size, KASAN_STACK_SCOPE);
}

void __asan_unpoison_stack_memory(const void *start, size_t size);
void __asan_unpoison_stack_memory(const void *start, size_t size)
{
    kasan_unpoison(start, size);
}

/* Clang calls these for the marks of large frames, with the address of shadow. */
#define SET_SHADOW(code)                                         \
    void __asan_set_shadow_##code(uint8_t *shadow, size_t size); \
    void __asan_set_shadow_##code(uint8_t *shadow, size_t size)  \
    {                                                            \
        memset(shadow, 0x##code, size);                          \
    }

SET_SHADOW(00)
SET_SHADOW(f1)
SET_SHADOW(f2)
SET_SHADOW(f3)
SET_SHADOW(f5)
SET_SHADOW(f8)

/* --- Start --- */

/* Called by the constructors that the compiler makes of a file's variables. */
void __asan_register_globals(const struct kasan_global *globals, size_t count);
void __asan_register_globals(const struct kasan_global *globals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct kasan_global *global = &globals[i];
        size_t end = ALIGN_UP(global->size, (size_t)KASAN_GRANULE);

        kasan_unpoison((const void *)global->start, global->size);
        kasan_poison((const void *)(global->start + end), global->size_with_redzone - end,
                     KASAN_GLOBAL);
    }
    kasan_announce(globals, count);
}

void __asan_unregister_globals(const struct kasan_global *globals, size_t count);
void __asan_unregister_globals(const struct kasan_global *globals, size_t count)
{
    (void)globals;
    (void)count;
}

/* Code on the way here has marked its stack in the image's shadow, where the linker script put it. */
static void start_image(void)
{
    if (kasan_shadow_address((virt_addr_t)_image_start) != (virt_addr_t)_shadow_start) {
        panic("the image runs at %p: its shadow is elsewhere", (void *)_image_start);
    }
    memset(_shadow_start, KASAN_OK, (size_t)(_shadow_end - _shadow_start));
    (void)kasan_add_region((virt_addr_t)_image_start,
                           (uint64_t)(_shadow_end - _shadow_start) * KASAN_GRANULE, _shadow_start);
}

static bool add_bank(phys_addr_t base, uint64_t size)
{
    phys_addr_t shadow = memmap_take(size / KASAN_GRANULE, PAGE_SIZE, base, base + size, OWNER);

    if (shadow == 0) {
        shadow = memmap_take(size / KASAN_GRANULE, PAGE_SIZE, 0, UINT64_MAX, OWNER);
    }
    if (shadow == 0) {
        return false;
    }
    memset(arch_phys_to_virt(shadow), KASAN_OK, size / KASAN_GRANULE);
    return kasan_add_region((virt_addr_t)arch_phys_to_virt(base), size, arch_phys_to_virt(shadow));
}

/* Nobody may touch what nobody was given. */
static void forbid_free_memory(void)
{
    phys_addr_t base, from = 0;
    uint64_t size;

    for (; memmap_free_piece(from, &base, &size); from = base + size) {
        kasan_poison(arch_phys_to_virt(base), size, KASAN_PAGE);
    }
}

void kasan_init(void)
{
    phys_addr_t base;
    uint64_t size;

    start_image();
    for (unsigned i = 0; memmap_ram(i, &base, &size); i++) {
        if (!add_bank(base, size)) {
            log_warn("no memory for the shadow of RAM at %#llx: accesses to it are not checked",
                     (unsigned long long)base);
        }
    }
    forbid_free_memory();
    for (constructor_fn *const *fn = __start_constructors; fn < __stop_constructors; fn++) {
        (*fn)();
    }
    enabled = true;
    log_info("memory accesses are checked, %u files' variables too", kasan_announcements());
}
