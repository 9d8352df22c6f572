/* SPDX-License-Identifier: MIT */
/* Device-tree reader: nodes by path, alias, phandle and `compatible`; the index; what /chosen
 * says. */
#include "fdt_internal.h"

uint32_t fdt_phandle(const struct fdt *fdt, int node)
{
    uint32_t phandle = FDT_PHANDLE_NONE;

    if (fdt_prop_u32(fdt, node, "phandle", &phandle) != 0) {
        (void)fdt_prop_u32(fdt, node, "linux,phandle", &phandle);
    }
    return phandle;
}

/* Whether a property can hold its node's phandle. Which one does is fdt_phandle()'s to say: nodes
 * of hostile trees have several. */
static bool may_be_phandle(const struct fdt *fdt, const struct fdt_token *prop)
{
    static const char ours[] = "phandle";
    static const char older[] = "linux,phandle";
    const char *name = (const char *)fdt->blob + fdt->strings_off + prop->name;

    return prop->len == FDT_CELL && (fdt_bytes_equal(name, ours, sizeof(ours)) ||
                                     fdt_bytes_equal(name, older, sizeof(older)));
}

/* How far the index has come. */
struct index_state {
    uint32_t open[FDT_DEPTH_MAX]; /* entries of the nodes above */
    uint32_t used;
    int depth;
};

/* Adds the node that opens at `off`. */
static int index_node(struct index_state *state, struct fdt_index_entry *entries, size_t count,
                      uint32_t off)
{
    if (state->depth >= FDT_DEPTH_MAX || state->used == count) {
        return -EPROTO;
    }
    entries[state->used] = (struct fdt_index_entry){
        .node = off,
        .parent = state->depth > 0 ? state->open[state->depth - 1] : 0,
        .phandle = FDT_PHANDLE_NONE,
    };
    state->open[state->depth++] = state->used++;
    return 0;
}

int fdt_index(struct fdt *fdt, struct fdt_index_entry *entries, size_t count)
{
    struct index_state state = {.used = 0};
    struct fdt_token token;
    int status = count < fdt->node_count ? -ENOSPC : 0;

    for (uint32_t off = fdt->root; status == 0 && fdt_token(fdt, off, &token) != FDT_END;
         off = token.next) {
        if (token.tag == FDT_BEGIN_NODE) {
            status = index_node(&state, entries, fdt->node_count, off);
        } else if (token.tag == FDT_PROP && state.used > 0 && may_be_phandle(fdt, &token)) {
            struct fdt_index_entry *entry = &entries[state.used - 1];

            entry->phandle = fdt_phandle(fdt, (int)entry->node);
        } else if (token.tag == FDT_BAD || (token.tag == FDT_END_NODE && --state.depth < 0)) {
            status = -EPROTO;
        }
    }
    if (status == 0) {
        fdt->index = entries;
    }
    return status;
}

/* Follows a path of `len` bytes down from `node`. */
static int find_below(const struct fdt *fdt, int node, const char *path, size_t len)
{
    size_t at = 0;

    while (node >= 0 && at < len) {
        size_t start;

        if (path[at] == '/') {
            at++;
            continue;
        }
        start = at;
        while (at < len && path[at] != '/') {
            at++;
        }
        node = fdt_child(fdt, node, path + start, at - start);
    }
    return node;
}

int fdt_find_n(const struct fdt *fdt, const char *path, size_t len)
{
    int node = fdt_root(fdt);
    size_t head = 0;

    if (len == 0) {
        return -ENOENT;
    }
    while (head < len && path[head] != '/') {
        head++;
    }
    if (head > 0) {
        const char *target = fdt_alias(fdt, path, head);

        if (target == NULL) {
            return -ENOENT;
        }
        node = find_below(fdt, node, target, fdt_strlen(target));
    }
    return find_below(fdt, node, path + head, len - head);
}

int fdt_find(const struct fdt *fdt, const char *path)
{
    return fdt_find_n(fdt, path, fdt_strlen(path));
}

/* Whether some property of `node` is one cell of that value: cheaper than asking for names. */
static bool node_holds_cell(const struct fdt *fdt, int node, uint32_t value)
{
    struct fdt_prop prop;

    fdt_for_each_prop (fdt, &prop, node) {
        if (prop.len == FDT_CELL && fdt_cell(prop.value) == value) {
            return true;
        }
    }
    return false;
}

int fdt_by_phandle(const struct fdt *fdt, uint32_t phandle)
{
    if (phandle == FDT_PHANDLE_NONE || phandle == FDT_PHANDLE_FREE) {
        return -EINVAL;
    }
    if (fdt->index != NULL) {
        for (uint32_t i = 0; i < fdt->node_count; i++) {
            if (fdt->index[i].phandle == phandle) {
                return (int)fdt->index[i].node;
            }
        }
        return -ENOENT;
    }
    for (int node = fdt_root(fdt); node >= 0; node = fdt_next(fdt, node, NULL)) {
        if (node_holds_cell(fdt, node, phandle) && fdt_phandle(fdt, node) == phandle) {
            return node;
        }
    }
    return -ENOENT;
}

int fdt_next_compatible(const struct fdt *fdt, int after, const char *compatible)
{
    int node = after < 0 ? fdt_root(fdt) : fdt_next(fdt, after, NULL);

    while (node >= 0 && !fdt_is_compatible(fdt, node, compatible)) {
        node = fdt_next(fdt, node, NULL);
    }
    return node;
}

const char *fdt_alias(const struct fdt *fdt, const char *alias, size_t len)
{
    int aliases = fdt_child(fdt, fdt_root(fdt), "aliases", sizeof("aliases") - 1);
    uint32_t size;
    const uint8_t *path = fdt_prop_n(fdt, aliases, alias, len, &size);

    if (path == NULL || size == 0 || path[0] != '/' || path[size - 1] != '\0') {
        return NULL;
    }
    return (const char *)path;
}

static int chosen_node(const struct fdt *fdt)
{
    return fdt_child(fdt, fdt_root(fdt), "chosen", sizeof("chosen") - 1);
}

int fdt_find_console(const struct fdt *fdt, const char *text, const char **options)
{
    size_t len = 0;

    while (text[len] != '\0' && text[len] != ':') {
        len++;
    }
    *options = text[len] == ':' ? text + len + 1 : text + len;
    return fdt_find_n(fdt, text, len);
}

int fdt_stdout(const struct fdt *fdt, const char **options)
{
    int chosen = chosen_node(fdt);
    const char *text = fdt_prop_string(fdt, chosen, "stdout-path", 0);

    if (text == NULL) {
        text = fdt_prop_string(fdt, chosen, "linux,stdout-path", 0);
    }
    if (text == NULL) {
        *options = "";
        return -ENOENT;
    }
    return fdt_find_console(fdt, text, options);
}

const char *fdt_bootargs(const struct fdt *fdt)
{
    return fdt_prop_string(fdt, chosen_node(fdt), "bootargs", 0);
}

int fdt_initrd(const struct fdt *fdt, phys_addr_t *base, uint64_t *size)
{
    int chosen = chosen_node(fdt);
    uint64_t start;
    uint64_t end;
    int status = fdt_prop_number(fdt, chosen, "linux,initrd-start", &start);

    if (status == 0) {
        status = fdt_prop_number(fdt, chosen, "linux,initrd-end", &end);
    }
    if (status != 0) {
        return status;
    }
    if (end < start) {
        return -EPROTO;
    }
    *base = start;
    *size = end - start;
    return 0;
}

int fdt_kaslr_seed(const struct fdt *fdt, uint64_t *seed)
{
    return fdt_prop_u64(fdt, chosen_node(fdt), "kaslr-seed", seed);
}

const uint8_t *fdt_rng_seed(const struct fdt *fdt, uint32_t *len)
{
    return fdt_prop(fdt, chosen_node(fdt), "rng-seed", len);
}
