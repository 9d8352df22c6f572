/* SPDX-License-Identifier: MIT */
/* Device-tree reader: tokens, nodes, and the way between them. */
#include "fdt_internal.h"

/* Whether one of the four bytes is zero. */
static bool has_zero_byte(uint32_t x)
{
    return ((x - 0x01010101u) & ~x & 0x80808080u) != 0;
}

/* Sets the token's name; false when it does not end within `room` bytes. */
static bool token_name(const struct fdt *fdt, struct fdt_token *token, uint32_t room)
{
    const fdt_word_t *word = (const void *)token->data;
    uint32_t n = 0;

    if (fdt->aligned) {
        while (room - n >= FDT_CELL && !has_zero_byte((__force uint32_t)*word)) {
            word++;
            n += FDT_CELL;
        }
    }
    while (n < room && token->data[n] != '\0') {
        n++;
    }
    token->len = n;
    return n < room;
}

enum fdt_tag fdt_token(const struct fdt *fdt, uint32_t off, struct fdt_token *token)
{
    const uint8_t *p = fdt->blob + fdt->struct_off + off;
    uint32_t left = off < fdt->struct_size ? fdt->struct_size - off : 0;
    uint32_t body = FDT_CELL;
    uint32_t tag;

    token->tag = FDT_BAD;
    token->next = off;
    if (left < FDT_CELL) {
        return FDT_BAD;
    }
    tag = fdt_word(fdt, p);
    switch (tag) {
    case FDT_BEGIN_NODE:
        token->data = p + FDT_CELL;
        if (!token_name(fdt, token, left - FDT_CELL)) {
            return FDT_BAD;
        }
        body += token->len + 1;
        break;
    case FDT_PROP:
        if (left < FDT_PROP_PREFIX) {
            return FDT_BAD;
        }
        token->len = fdt_word(fdt, p + 4);
        token->name = fdt_word(fdt, p + 8);
        token->data = p + FDT_PROP_PREFIX;
        if (token->len > left - FDT_PROP_PREFIX || token->name >= fdt->strings_size) {
            return FDT_BAD;
        }
        body = FDT_PROP_PREFIX + token->len;
        break;
    case FDT_END_NODE:
    case FDT_NOP:
    case FDT_END:
        break;
    default:
        return FDT_BAD;
    }
    token->tag = (enum fdt_tag)tag;
    token->next = off + ALIGN_UP(body, FDT_CELL);
    return token->tag;
}

int fdt_node_token(const struct fdt *fdt, int node, struct fdt_token *token)
{
    if (node < 0) {
        return node;
    }
    if (node % (int)FDT_CELL != 0 || fdt_token(fdt, (uint32_t)node, token) != FDT_BEGIN_NODE) {
        return -EINVAL;
    }
    return 0;
}

/* The offset of the first token from `off` on that is neither FDT_NOP nor FDT_PROP. */
static uint32_t skip_props(const struct fdt *fdt, uint32_t off, struct fdt_token *token)
{
    enum fdt_tag tag = fdt_token(fdt, off, token);

    while (tag == FDT_NOP || tag == FDT_PROP) {
        off = token->next;
        tag = fdt_token(fdt, off, token);
    }
    return off;
}

int fdt_root(const struct fdt *fdt)
{
    return (int)fdt->root;
}

/* The index entry of `node`, by bisection; NULL when it is no node. */
static const struct fdt_index_entry *index_find(const struct fdt *fdt, uint32_t node)
{
    uint32_t low = 0;
    uint32_t high = fdt->node_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (fdt->index[middle].node == node) {
            return &fdt->index[middle];
        }
        if (fdt->index[middle].node < node) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* The index entry that follows, or NULL at the end. */
static const struct fdt_index_entry *index_next(const struct fdt *fdt,
                                                const struct fdt_index_entry *entry)
{
    return entry + 1 < fdt->index + fdt->node_count ? entry + 1 : NULL;
}

/* fdt_first_child() by the index. */
static int indexed_child(const struct fdt *fdt, int node)
{
    const struct fdt_index_entry *entry = index_find(fdt, (uint32_t)node);
    const struct fdt_index_entry *next;

    if (entry == NULL) {
        return -EINVAL;
    }
    next = index_next(fdt, entry);
    return next != NULL && &fdt->index[next->parent] == entry ? (int)next->node : -ENOENT;
}

/* fdt_next() by the index: the next node lies below this one or below one of those above it. */
static int indexed_next(const struct fdt *fdt, int node, int *depth)
{
    const struct fdt_index_entry *entry = index_find(fdt, (uint32_t)node);
    const struct fdt_index_entry *next;
    int level = 1;

    if (entry == NULL) {
        return -EINVAL;
    }
    next = index_next(fdt, entry);
    if (next == NULL) {
        return -ENOENT;
    }
    while (entry != &fdt->index[next->parent]) {
        entry = &fdt->index[entry->parent];
        level--;
    }
    if (depth != NULL) {
        *depth += level;
    }
    return (int)next->node;
}

/* fdt_next_sibling() by the index: what lies below has parents from this one on. */
static int indexed_sibling(const struct fdt *fdt, int node)
{
    const struct fdt_index_entry *entry = index_find(fdt, (uint32_t)node);
    const struct fdt_index_entry *next;

    if (entry == NULL) {
        return -EINVAL;
    }
    next = entry == fdt->index ? NULL : index_next(fdt, entry);
    while (next != NULL && next->parent > entry->parent) {
        next = index_next(fdt, next);
    }
    return next != NULL && next->parent == entry->parent ? (int)next->node : -ENOENT;
}

int fdt_first_child(const struct fdt *fdt, int node)
{
    struct fdt_token token;
    uint32_t off;
    int status;

    if (node >= 0 && fdt->index != NULL) {
        return indexed_child(fdt, node);
    }
    status = fdt_node_token(fdt, node, &token);
    if (status != 0) {
        return status;
    }
    off = skip_props(fdt, token.next, &token);
    return token.tag == FDT_BEGIN_NODE ? (int)off : -ENOENT;
}

int fdt_next(const struct fdt *fdt, int node, int *depth)
{
    struct fdt_token token;
    int level = 1;
    uint32_t off;
    int status;

    if (node >= 0 && fdt->index != NULL) {
        return indexed_next(fdt, node, depth);
    }
    status = fdt_node_token(fdt, node, &token);
    if (status != 0) {
        return status;
    }
    off = skip_props(fdt, token.next, &token);
    while (token.tag == FDT_END_NODE) {
        level--;
        off = skip_props(fdt, token.next, &token);
    }
    if (token.tag != FDT_BEGIN_NODE) {
        return -ENOENT;
    }
    if (depth != NULL) {
        *depth += level;
    }
    return (int)off;
}

int fdt_next_sibling(const struct fdt *fdt, int node)
{
    int depth = 0;

    if (node >= 0 && fdt->index != NULL) {
        return indexed_sibling(fdt, node);
    }
    do {
        node = fdt_next(fdt, node, &depth);
    } while (node >= 0 && depth > 0);
    return node >= 0 && depth < 0 ? -ENOENT : node;
}

/* fdt_path_to() by the index. */
static int indexed_path_to(const struct fdt *fdt, int node, int path[FDT_DEPTH_MAX])
{
    const struct fdt_index_entry *entry = index_find(fdt, (uint32_t)node);
    int depth = 0;

    if (entry == NULL) {
        return -EINVAL;
    }
    for (const struct fdt_index_entry *e = entry; e != fdt->index; e = &fdt->index[e->parent]) {
        depth++;
    }
    for (int i = depth; i >= 0; i--) {
        path[i] = (int)entry->node;
        entry = &fdt->index[entry->parent];
    }
    return depth + 1;
}

int fdt_path_to(const struct fdt *fdt, int node, int path[FDT_DEPTH_MAX])
{
    int at = fdt_root(fdt);
    int depth = 0;

    if (node < 0) {
        return node;
    }
    if (fdt->index != NULL) {
        return indexed_path_to(fdt, node, path);
    }
    while (at >= 0 && at <= node && depth >= 0 && depth < FDT_DEPTH_MAX) {
        path[depth] = at;
        if (at == node) {
            return depth + 1;
        }
        at = fdt_next(fdt, at, &depth);
    }
    return -EINVAL;
}

int fdt_parent(const struct fdt *fdt, int node)
{
    int path[FDT_DEPTH_MAX] = {0};
    int count = fdt_path_to(fdt, node, path);

    if (count < 0) {
        return count;
    }
    return count > 1 ? path[count - 2] : -ENOENT; // NOLINT(*-uninitialized.UndefReturn)
}

const char *fdt_name(const struct fdt *fdt, int node)
{
    struct fdt_token token;

    return fdt_node_token(fdt, node, &token) == 0 ? (const char *)token.data : NULL;
}

/* Whether a node's name is the `len` bytes at `wanted`, or goes on with '@' when that has none. */
static bool name_matches(const char *name, const char *wanted, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '\0' || name[i] != wanted[i]) {
            return false;
        }
    }
    if (name[len] != '@') {
        return name[len] == '\0';
    }
    for (size_t i = 0; i < len; i++) {
        if (wanted[i] == '@') {
            return false;
        }
    }
    return true;
}

bool fdt_name_is(const struct fdt *fdt, int node, const char *name)
{
    const char *full = fdt_name(fdt, node);

    return full != NULL && name_matches(full, name, fdt_strlen(name));
}

int fdt_path(const struct fdt *fdt, int node, char *buf, size_t size)
{
    int path[FDT_DEPTH_MAX];
    int count = fdt_path_to(fdt, node, path);
    size_t used = 0;

    if (count < 0) {
        return count;
    }
    for (int i = 1; i < count || used == 0; i++) {
        const char *name = i < count ? fdt_name(fdt, path[i]) : "";
        size_t len = fdt_strlen(name);

        if (used + len + 2 > size) {
            return -ENOSPC;
        }
        buf[used++] = '/';
        for (size_t k = 0; k < len; k++) {
            buf[used++] = name[k];
        }
    }
    buf[used] = '\0';
    return (int)used;
}

/* The name of what is known to be a node. */
static const char *node_name(const struct fdt *fdt, uint32_t node)
{
    return (const char *)fdt->blob + fdt->struct_off + node + FDT_CELL;
}

/* fdt_child() by the index: what lies below has parents from this one on. */
static int indexed_child_named(const struct fdt *fdt, int node, const char *name, size_t len)
{
    const struct fdt_index_entry *entry = index_find(fdt, (uint32_t)node);
    uint32_t parent;

    if (entry == NULL) {
        return -EINVAL;
    }
    parent = (uint32_t)(entry - fdt->index);
    while ((entry = index_next(fdt, entry)) != NULL && entry->parent >= parent) {
        if (entry->parent == parent && name_matches(node_name(fdt, entry->node), name, len)) {
            return (int)entry->node;
        }
    }
    return -ENOENT;
}

int fdt_child(const struct fdt *fdt, int node, const char *name, size_t len)
{
    int child;

    if (node >= 0 && fdt->index != NULL) {
        return indexed_child_named(fdt, node, name, len);
    }
    fdt_for_each_child (fdt, child, node) {
        if (name_matches(node_name(fdt, (uint32_t)child), name, len)) {
            return child;
        }
    }
    return child;
}
