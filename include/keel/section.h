/* SPDX-License-Identifier: MIT */
/* Tables that the linker collects: any file adds an entry, one place walks them all. */
#ifndef KEEL_SECTION_H
#define KEEL_SECTION_H

#include <keel/compiler.h>

/*
 * SECTION_ENTRY(table, type, name): defines `static const type name` inside the table; the linker
 * script (include/keel/linker.lds.h) keeps the tables in .rodata, sorted by symbol file order, as
 * `__start_<table>` to `__stop_<table>`. Entries hold pointers, so they are valid once the image is
 * relocated.
 */
#define SECTION_ENTRY(table, type, name) \
    static const type name __used __section(SECTION_NAME(table)) __aligned(sizeof(void *))

/* On the host the linker finds the bounds by itself, of sections that are named like variables. */
#ifdef KEEL_HOST_TEST
#define SECTION_NAME(table) #table
#else
#define SECTION_NAME(table) ".table." #table
#endif

/* Declares the bounds of a table for the file that walks it. */
#define SECTION_TABLE(table, type)       \
    extern const type __start_##table[]; \
    extern const type __stop_##table[]

/* Runs `entry` over a table declared by SECTION_TABLE. */
#define section_for_each(table, entry) \
    for (entry = __start_##table; entry < __stop_##table; entry++)

#endif
