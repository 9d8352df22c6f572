/* SPDX-License-Identifier: MIT */
/* Checks of every memory access (CONFIG_KASAN): allocators say which bytes may be touched, code that
 * the compiler instruments asks before it touches any. */
#ifndef KEEL_KASAN_H
#define KEEL_KASAN_H

#include <keel/types.h>

/* Why bytes may not be touched. Shadow bytes 1 to 7 say that only so many of eight may be. Those of
 * stacks are the compiler's. */
#define KASAN_OK           0x00u
#define KASAN_STACK_FRONT  0xf1u /* in front of the first variable of a function */
#define KASAN_STACK_MIDDLE 0xf2u /* between two */
#define KASAN_STACK_BEHIND 0xf3u /* behind the last */
#define KASAN_STACK_SCOPE  0xf8u /* a variable whose block has ended */
#define KASAN_GUARD        0xf6u /* guards a part of the mapping area */
#define KASAN_AREA         0xf7u /* a part of the mapping area that was given back */
#define KASAN_GLOBAL       0xf9u /* behind a variable */
#define KASAN_HEAD         0xfau /* in front of a heap block */
#define KASAN_TAIL         0xfbu /* behind a heap block or an object */
#define KASAN_PAGE         0xfcu /* a free page */
#define KASAN_FREE         0xfdu /* a freed block or object */
#define KASAN_UNUSED       0xfeu /* the heap's, never handed out */

#define KASAN_GRANULE      8u /* bytes that a byte of shadow stands for */

#define KASAN_TEXT         200u /* bytes of a line of a report */

/* Maps a page of shadow at its address, for good. 0 or -ENOMEM. */
typedef int kasan_map_fn(virt_addr_t shadow, phys_addr_t page);

#ifndef KASAN_SHADOW_OFFSET
#define KASAN_SHADOW_OFFSET 0ul /* the build sets it for CONFIG_KASAN */
#endif

/* Where the code that compilers make for variables on a stack expects the shadow of an address. */
static inline virt_addr_t kasan_shadow_address(virt_addr_t va)
{
    return va / KASAN_GRANULE + KASAN_SHADOW_OFFSET;
}

#if IS_ENABLED(CONFIG_KASAN)

/* Takes an eighth of each bank of RAM from the memory map for its shadow and forbids what is free, all
 * right before pmm_init(); takes in the redzones of variables; from here on accesses are checked.
 * Boot CPU, once. A bank without room for it is not checked. */
void kasan_init(void);

/* Forbids [start, start + size) (`code` says why), both multiples of 8. */
void kasan_poison(const void *start, size_t size, uint8_t code);

/* Allows [start, start + size); start is a multiple of 8, and of the last eight bytes those behind
 * the end stay forbidden. */
void kasan_unpoison(const void *start, size_t size);

/*
 * The mapping area's part [start, start + size) is about to be mapped: gives it and the guard pages on
 * both sides shadow and forbids the guards. -ENOMEM. Parts above 16 MiB are not watched. The caller
 * serialises these; kasan_area_given() forbids what is given back.
 */
int kasan_area_watch(virt_addr_t start, size_t size, kasan_map_fn *map);
void kasan_area_taken(virt_addr_t start, size_t size, virt_addr_t who);
void kasan_area_given(virt_addr_t start, size_t size, virt_addr_t who);

/* Checks an access that the compiler does not see, as that of assembly. */
void kasan_check(virt_addr_t start, size_t size, bool write);

/* For tests: bad accesses are counted, not fatal, while `expected`. Returns how many there were. */
unsigned kasan_expect(bool expected);

/* What the last report said: line 0 of the access, line 1 of what it hit. */
const char *kasan_last_report(unsigned line);

#else

static inline void kasan_init(void)
{
}

static inline void kasan_poison(const void *start, size_t size, uint8_t code)
{
    (void)start;
    (void)size;
    (void)code;
}

static inline void kasan_unpoison(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

static inline int kasan_area_watch(virt_addr_t start, size_t size, kasan_map_fn *map)
{
    (void)start;
    (void)size;
    (void)map;
    return 0;
}

static inline void kasan_area_taken(virt_addr_t start, size_t size, virt_addr_t who)
{
    (void)start;
    (void)size;
    (void)who;
}

static inline void kasan_area_given(virt_addr_t start, size_t size, virt_addr_t who)
{
    (void)start;
    (void)size;
    (void)who;
}

#endif

#endif
