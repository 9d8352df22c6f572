/* SPDX-License-Identifier: MIT */
/* Device-tree reader: the one check that everything else relies on. */
#include "fdt_internal.h"

/* Where the check of a structure block stands. */
struct fdt_check_state {
    uint32_t depth;
    bool props; /* a property may come: no child of the node has been seen */
    bool done;  /* the root node has ended */
};

uint32_t fdt_blob_size(const void *blob)
{
    const uint8_t *p = blob;

    if (p == NULL || fdt_cell(p + FDT_H_MAGIC) != FDT_MAGIC) {
        return 0;
    }
    return fdt_cell(p + FDT_H_TOTALSIZE);
}

const char *fdt_check_text(int status)
{
    switch (status) {
    case 0:
        return "sound";
    case -EINVAL:
        return "no device tree there";
    case -ENOTSUP:
        return "unknown version";
    case -E2BIG:
        return "longer than the memory it lies in";
    case -ERANGE:
        return "a block lies outside of the tree";
    case -ENAMETOOLONG:
        return "nested too deep";
    default:
        return "malformed";
    }
}

/* Fills in what the header says; the blocks are only known to start inside of the tree. */
static int check_header(const uint8_t *p, size_t max_size, struct fdt *fdt)
{
    uint32_t version;

    if (max_size < FDT_H_SIZE_V16 || fdt_blob_size(p) == 0) {
        return -EINVAL;
    }
    version = fdt_cell(p + FDT_H_VERSION);
    if (version < FDT_VERSION_16 || fdt_cell(p + FDT_H_LAST_COMP) > FDT_VERSION ||
        fdt_cell(p + FDT_H_LAST_COMP) > version) {
        return -ENOTSUP;
    }
    *fdt = (struct fdt){
        .blob = p,
        .size = fdt_cell(p + FDT_H_TOTALSIZE),
        .version = version,
        .boot_cpu = fdt_cell(p + FDT_H_BOOT_CPU),
        .struct_off = fdt_cell(p + FDT_H_OFF_STRUCT),
        .strings_off = fdt_cell(p + FDT_H_OFF_STRINGS),
        .strings_size = fdt_cell(p + FDT_H_SIZE_STRINGS),
        .rsv_off = fdt_cell(p + FDT_H_OFF_RSVMAP),
    };
    if (fdt->size > max_size || fdt->size > INT32_MAX) {
        return -E2BIG;
    }
    if (fdt->size < FDT_H_SIZE_V16 || (version >= FDT_VERSION && fdt->size < FDT_H_SIZE)) {
        return -ERANGE;
    }
    return 0;
}

/* Makes sure that both blocks lie inside of the tree, and that the last string ends. */
static int check_blocks(struct fdt *fdt)
{
    const uint8_t *strings;

    if (fdt->struct_off > fdt->size || fdt->struct_off % FDT_CELL != 0 ||
        fdt->strings_off > fdt->size || fdt->strings_size > fdt->size - fdt->strings_off) {
        return -ERANGE;
    }
    fdt->aligned = (uintptr_t)(fdt->blob + fdt->struct_off) % FDT_CELL == 0;
    fdt->struct_size = fdt->size - fdt->struct_off;
    if (fdt->version >= FDT_VERSION) {
        uint32_t said = fdt_cell(fdt->blob + FDT_H_SIZE_STRUCT);

        if (said > fdt->struct_size) {
            return -ERANGE;
        }
        fdt->struct_size = said;
    }
    strings = fdt->blob + fdt->strings_off;
    while (fdt->strings_size > 0 && strings[fdt->strings_size - 1] != '\0') {
        fdt->strings_size--;
    }
    return 0;
}

/* Counts the memory reservations up to the pair of zeros. */
static int check_reservations(struct fdt *fdt)
{
    uint32_t off = fdt->rsv_off;

    while (off <= fdt->size && fdt->size - off >= FDT_RSV_ENTRY) {
        const uint8_t *entry = fdt->blob + off;

        if (fdt_cell64(entry) == 0 && fdt_cell64(entry + 8) == 0) {
            return 0;
        }
        fdt->rsv_count++;
        off += FDT_RSV_ENTRY;
    }
    return -ERANGE;
}

static int check_begin_node(struct fdt *fdt, struct fdt_check_state *state, uint32_t off,
                            uint32_t name_len)
{
    bool is_root = state->depth == 0;

    if (state->done || is_root != (name_len == 0)) {
        return -EPROTO;
    }
    if (state->depth == FDT_DEPTH_MAX) {
        return -ENAMETOOLONG;
    }
    if (is_root) {
        fdt->root = off;
    }
    state->depth++;
    state->props = true;
    fdt->node_count++;
    return 0;
}

static int check_end_node(struct fdt_check_state *state)
{
    if (state->depth == 0) {
        return -EPROTO;
    }
    state->depth--;
    state->props = false;
    state->done = state->depth == 0;
    return 0;
}

/* Walks over all tokens up to FDT_END, which must follow the one root node. */
static int check_structure(struct fdt *fdt)
{
    struct fdt_check_state state = {0};
    struct fdt_token token;
    int status = 0;

    for (uint32_t off = 0; status == 0; off = token.next) {
        switch (fdt_token(fdt, off, &token)) {
        case FDT_NOP:
            break;
        case FDT_BEGIN_NODE:
            status = check_begin_node(fdt, &state, off, token.len);
            break;
        case FDT_PROP:
            status = state.props ? 0 : -EPROTO;
            break;
        case FDT_END_NODE:
            status = check_end_node(&state);
            break;
        case FDT_END:
            fdt->struct_size = token.next;
            return state.done ? 0 : -EPROTO;
        default:
            status = -EPROTO;
            break;
        }
    }
    return status;
}

int fdt_check(const void *blob, size_t max_size, struct fdt *out)
{
    int status = check_header(blob, max_size, out);

    if (status == 0) {
        status = check_blocks(out);
    }
    if (status == 0) {
        status = check_reservations(out);
    }
    if (status == 0) {
        status = check_structure(out);
    }
    return status;
}
