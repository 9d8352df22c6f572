/* SPDX-License-Identifier: MIT */
/* Reads the structure block of a flattened device tree (Devicetree Specification 0.4, chapter 5). */
#include "tree.h"

#include <keel/errno.h>
#include <stdbool.h>
#include <string.h>

#define MAGIC       UINT32_C(0xd00dfeed)
#define HEADER_SIZE 40u
#define OFF_STRUCT  8u
#define OFF_STRINGS 12u
#define CELL        ((size_t)4)

enum {
    BEGIN_NODE = 1,
    END_NODE = 2,
    PROP = 3,
    NOP = 4,
};

struct reader {
    const uint8_t *tree;
    size_t size, at, strings;
};

/* The big endian word there; 0 outside of the tree, which is no token. */
static uint32_t word_at(const struct reader *reader, size_t at)
{
    const uint8_t *bytes = reader->tree + at;

    if (at > reader->size || reader->size - at < CELL) {
        return 0;
    }
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t pair_at(const struct reader *reader, size_t at)
{
    return (uint64_t)word_at(reader, at) << 32 | word_at(reader, at + CELL);
}

/* Whether the text stands there, with its 0. */
static bool text_is(const struct reader *reader, size_t at, const char *text)
{
    size_t length = strlen(text) + 1;

    return at <= reader->size && reader->size - at >= length &&
           memcmp(reader->tree + at, text, length) == 0;
}

static size_t name_length(const struct reader *reader)
{
    const size_t left = reader->at < reader->size ? reader->size - reader->at : 0;

    return strnlen((const char *)reader->tree + reader->at, left) + 1;
}

static void read_property(const struct reader *reader, const char *compatible, bool *found,
                          struct tree_device *out)
{
    const size_t value = reader->at + 3 * CELL, length = word_at(reader, reader->at + CELL);
    const size_t name = reader->strings + word_at(reader, reader->at + 2 * CELL);

    if (text_is(reader, name, "compatible")) {
        *found = text_is(reader, value, compatible);
    } else if (text_is(reader, name, "reg")) {
        out->base = pair_at(reader, value);
        out->size = pair_at(reader, value + 2 * CELL);
    } else if (text_is(reader, name, "interrupts")) {
        for (out->cells = 0; out->cells < TREE_CELLS_MAX && out->cells < length / CELL;) {
            out->interrupt[out->cells] = word_at(reader, value + out->cells * CELL);
            out->cells++;
        }
    }
}

/* Behind a name or a value, at the next whole word. */
static size_t skip(size_t at, size_t length)
{
    return (at + length + CELL - 1) / CELL * CELL;
}

int tree_find(const void *tree, size_t size, const char *compatible, struct tree_device *out)
{
    struct reader reader = {.tree = tree, .size = size};
    bool found = false;

    if (size < HEADER_SIZE || word_at(&reader, 0) != MAGIC) {
        return -EPROTO;
    }
    reader.at = word_at(&reader, OFF_STRUCT);
    reader.strings = word_at(&reader, OFF_STRINGS);
    for (;;) {
        uint32_t token = word_at(&reader, reader.at);

        /* A node's properties stand before the nodes in it. */
        if (found && (token == BEGIN_NODE || token == END_NODE)) {
            return 0;
        }
        if (token == PROP) {
            read_property(&reader, compatible, &found, out);
            reader.at = skip(reader.at + 3 * CELL, word_at(&reader, reader.at + CELL));
        } else if (token == BEGIN_NODE) {
            *out = (struct tree_device){.base = 0};
            reader.at += CELL;
            reader.at = skip(reader.at, name_length(&reader));
        } else if (token == END_NODE || token == NOP) {
            reader.at += CELL;
        } else {
            return -ENOENT;
        }
    }
}
