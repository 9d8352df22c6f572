/* SPDX-License-Identifier: MIT */
/* What the files of KASAN share. From the ground up: kasan_shadow.c (bytes by address), then the
 * allocators that write them, kasan_area.c (shadow for the mapping area), kasan_report.c,
 * kasan.c (what the compiler calls). */
#ifndef MM_KASAN_INTERNAL_H
#define MM_KASAN_INTERNAL_H

#include <keel/kasan.h>

/* The mapping area's first 4 TiB may have shadow: three levels of tables with 512 entries each, the
 * last of pages of shadow, found by the number of the piece of 32 KiB. */
#define AREA_PIECE_SHIFT 15u
#define AREA_PIECE_BYTES (UINT64_C(1) << AREA_PIECE_SHIFT)
#define AREA_LEVEL_BITS  9u
#define AREA_ENTRIES     (1u << AREA_LEVEL_BITS)
#define AREA_LEVELS      3u

extern void *kasan_area_root[AREA_ENTRIES];

/* A variable, as the compiler describes it (libsanitizer's asan interface, version 8). */
struct kasan_global {
    virt_addr_t start;
    size_t size;
    size_t size_with_redzone;
    const char *name;
    const char *module;
    uintptr_t has_dynamic_init;
    const void *location;
    uintptr_t odr_indicator;
};

/* What was given out of the mapping area, by whom. */
struct kasan_area_part {
    virt_addr_t start;
    size_t size;
    virt_addr_t allocated_by;
    virt_addr_t freed_by; /* 0 while it is in use */
};

/* The shadow byte over an address, or NULL where there is none; it is good up to the end of the
 * address's page. */
uint8_t *kasan_shadow_of(virt_addr_t address);

/* What that byte says; KASAN_OK where there is none. */
uint8_t kasan_code_at(virt_addr_t address);

/* Gives [start, start + size), whole pages, that shadow. False when the table is full. */
bool kasan_add_region(virt_addr_t start, uint64_t size, uint8_t *shadow);

/* The youngest part of the mapping area that holds the address or whose guard does. */
bool kasan_area_find(virt_addr_t address, struct kasan_area_part *out);

/* Ends the kernel with what is known of the memory at `address`, the first bad byte of an access by
 * `pc`; or remembers it where a test asked for that. */
void kasan_report(virt_addr_t address, size_t size, bool write, virt_addr_t pc);

/* Remembers variables for reports. */
void kasan_announce(const struct kasan_global *globals, size_t count);
unsigned kasan_announcements(void);

#endif
