/* SPDX-License-Identifier: MIT */
/* Reads programs: ELF files of 64 bits, position independent and static (System V ABI, chapters 4 and 5).
 * Whatever the bytes are, nothing outside of them is read. */
#ifndef KEEL_ELF_H
#define KEEL_ELF_H

#include <keel/types.h>

#define ELF_SEGMENTS_MAX 16u
#define ELF_SPAN_MAX     (1ull << 30) /* bytes of addresses that a program covers */

/* A piece of the program: `file_size` bytes of the file, then zeros up to `size`. */
struct elf_segment {
    uint64_t address; /* from the program's base */
    uint64_t size;
    uint64_t offset; /* in the file */
    uint64_t file_size;
    bool read, write, execute; /* never the last two together */
};

struct elf_program {
    uint64_t entry; /* from the base; in an executable segment */
    uint64_t span;  /* whole pages from the base to the last segment's end */
    unsigned count;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* rising; no two in one page */
};

/* NULL, and *out is good; or why the file is no program for this `machine` (ELF e_machine), in words. Any
 * context. */
const char *elf_read(const void *file, size_t size, uint16_t machine, uint64_t page_size,
                     struct elf_program *out);

#endif
