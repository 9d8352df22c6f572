/* SPDX-License-Identifier: MIT */
/* Names of a program's functions, from its file. */
#ifndef USER_SYMBOLS_H
#define USER_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* The function that has an address, counted from the program's base, and how far in it lies; NULL: unknown. The
 * name lies in the file, its length in *length. Whatever the bytes are, nothing outside of them is read. */
const char *lib_find_symbol(const void *file, size_t size, uint64_t address, size_t *length,
                            uint64_t *offset);

#endif
