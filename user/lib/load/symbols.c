/* SPDX-License-Identifier: MIT */
/* Finds functions in the symbol table of an ELF file (System V ABI, chapter 4). */
#include "symbols.h"

#include <stdbool.h>
#include <string.h>

#define SHT_SYMTAB          2u
#define STT_FUNC            2u

/* What is used of the file's header, a section's header and a symbol, each with its size and where it lies. */
#define HEADER_SIZE         64u
#define HEADER_SECTIONS     40u /* uint64_t: where their headers are */
#define HEADER_SECTION_SIZE 58u /* uint16_t: of one header; then how many */
#define SECTION_SIZE        64u
#define SYMBOL_SIZE         24u

struct section {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t align, entry_size;
};
_Static_assert(sizeof(struct section) == SECTION_SIZE, "System V ABI, figure 4-8");

struct symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};
_Static_assert(sizeof(struct symbol) == SYMBOL_SIZE, "System V ABI, figure 4-15");

struct file {
    const char *bytes;
    size_t size;
};

static bool holds(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

static bool read(const struct file *file, uint64_t offset, void *out, size_t size)
{
    if (!holds(file, offset, size)) {
        return false;
    }
    memcpy(out, file->bytes + offset, size);
    return true;
}

/* A section whose bytes are in the file. */
static bool read_section(const struct file *file, uint32_t number, struct section *out)
{
    uint64_t headers;
    uint16_t counts[2];

    return read(file, HEADER_SECTIONS, &headers, sizeof(headers)) &&
           read(file, HEADER_SECTION_SIZE, counts, sizeof(counts)) && counts[0] == SECTION_SIZE &&
           number < counts[1] && headers <= file->size &&
           read(file, headers + (uint64_t)number * SECTION_SIZE, out, sizeof(*out)) &&
           holds(file, out->offset, out->size);
}

/* The table of symbols, and that of their names. */
static bool find_tables(const struct file *file, struct section *symbols, struct section *names)
{
    for (uint32_t i = 0; i <= UINT16_MAX && read_section(file, i, symbols); i++) {
        if (symbols->type == SHT_SYMTAB) {
            return read_section(file, symbols->link, names);
        }
    }
    return false;
}

/* The name at a place of the table; NULL: it has no end. */
static const char *name_at(const struct file *file, const struct section *names, uint32_t at,
                           size_t *length)
{
    const char *name = file->bytes + names->offset + at, *end;

    if (at >= names->size) {
        return NULL;
    }
    end = memchr(name, '\0', names->size - at);
    *length = end ? (size_t)(end - name) : 0;
    return end;
}

const char *lib_find_symbol(const void *bytes, size_t size, uint64_t address, size_t *length,
                            uint64_t *offset)
{
    const struct file file = {bytes, size};
    struct section symbols, names;
    struct symbol symbol;

    if (!find_tables(&file, &symbols, &names)) {
        return NULL;
    }
    for (uint64_t at = 0; symbols.size - at >= SYMBOL_SIZE; at += SYMBOL_SIZE) {
        if (!read(&file, symbols.offset + at, &symbol, sizeof(symbol))) {
            return NULL;
        }
        if ((symbol.info & 0xf) == STT_FUNC && address - symbol.value < symbol.size) {
            const char *end = name_at(&file, &names, symbol.name, length);

            *offset = address - symbol.value;
            return end ? end - *length : NULL;
        }
    }
    return NULL;
}
