/* SPDX-License-Identifier: MIT */
/* Device-tree reader: properties. */
#include "fdt_internal.h"

/* Moves `prop` to the first property from the token at `off` on. */
static int prop_at(const struct fdt *fdt, uint32_t off, struct fdt_prop *prop)
{
    struct fdt_token token;
    enum fdt_tag tag = fdt_token(fdt, off, &token);

    while (tag == FDT_NOP) {
        off = token.next;
        tag = fdt_token(fdt, off, &token);
    }
    if (tag != FDT_PROP) {
        return -ENOENT;
    }
    prop->name = (const char *)fdt->blob + fdt->strings_off + token.name;
    prop->value = token.data;
    prop->len = token.len;
    prop->offset = (int)off;
    return 0;
}

int fdt_prop_first(const struct fdt *fdt, int node, struct fdt_prop *prop)
{
    struct fdt_token token;
    int status = fdt_node_token(fdt, node, &token);

    return status == 0 ? prop_at(fdt, token.next, prop) : status;
}

int fdt_prop_next(const struct fdt *fdt, struct fdt_prop *prop)
{
    return prop_at(fdt, (uint32_t)prop->offset + ALIGN_UP(FDT_PROP_PREFIX + prop->len, FDT_CELL),
                   prop);
}

/* Whether a name, which a NUL ends, is the `len` bytes at `wanted`, or those up to its NUL. */
static bool prop_name_is(const char *name, const char *wanted, size_t len)
{
    size_t i = 0;

    while (i < len && wanted[i] != '\0' && name[i] == wanted[i]) {
        i++;
    }
    return name[i] == '\0' && (i == len || wanted[i] == '\0');
}

/* Most of the time that goes into a tree goes into this loop: it reads tokens itself. */
const uint8_t *fdt_prop_n(const struct fdt *fdt, int node, const char *name, size_t name_len,
                          uint32_t *len)
{
    const uint8_t *structure = fdt->blob + fdt->struct_off;
    const char *strings = (const char *)fdt->blob + fdt->strings_off;
    struct fdt_token token;
    uint32_t ignored = 0;
    uint32_t off;

    len = len != NULL ? len : &ignored;
    off = fdt_node_token(fdt, node, &token) == 0 ? token.next : fdt->struct_size;
    while (off < fdt->struct_size && fdt->struct_size - off >= FDT_PROP_PREFIX) {
        const uint8_t *p = structure + off;
        uint32_t tag = fdt_word(fdt, p);
        uint32_t at;

        if (tag == FDT_NOP) {
            off += FDT_CELL;
            continue;
        }
        *len = fdt_word(fdt, p + 4);
        at = fdt_word(fdt, p + 8);
        if (tag != FDT_PROP || *len > fdt->struct_size - off - FDT_PROP_PREFIX ||
            at >= fdt->strings_size) {
            break;
        }
        if (prop_name_is(strings + at, name, name_len)) {
            return p + FDT_PROP_PREFIX;
        }
        off += (uint32_t)ALIGN_UP(FDT_PROP_PREFIX + *len, FDT_CELL);
    }
    *len = 0;
    return NULL;
}

const uint8_t *fdt_prop(const struct fdt *fdt, int node, const char *name, uint32_t *len)
{
    return fdt_prop_n(fdt, node, name, SIZE_MAX, len);
}

bool fdt_prop_present(const struct fdt *fdt, int node, const char *name)
{
    return fdt_prop(fdt, node, name, NULL) != NULL;
}

int fdt_prop_cell(const struct fdt *fdt, int node, const char *name, uint32_t index,
                  uint32_t *value)
{
    uint32_t len;
    const uint8_t *cells = fdt_prop(fdt, node, name, &len);

    if (cells == NULL) {
        return -ENOENT;
    }
    if (index >= len / FDT_CELL) {
        return -ERANGE;
    }
    *value = fdt_cell(cells + (size_t)index * FDT_CELL);
    return 0;
}

int fdt_prop_number(const struct fdt *fdt, int node, const char *name, uint64_t *value)
{
    uint32_t len;
    const uint8_t *cells = fdt_prop(fdt, node, name, &len);

    if (cells == NULL) {
        return -ENOENT;
    }
    if (len != FDT_CELL && len != 2 * FDT_CELL) {
        return -EPROTO;
    }
    *value = len == FDT_CELL ? fdt_cell(cells) : fdt_cell64(cells);
    return 0;
}

int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, uint32_t *value)
{
    uint32_t len;
    const uint8_t *cells = fdt_prop(fdt, node, name, &len);

    if (cells == NULL) {
        return -ENOENT;
    }
    if (len != FDT_CELL) {
        return -EPROTO;
    }
    *value = fdt_cell(cells);
    return 0;
}

int fdt_prop_u64(const struct fdt *fdt, int node, const char *name, uint64_t *value)
{
    uint32_t len;
    const uint8_t *cells = fdt_prop(fdt, node, name, &len);

    if (cells == NULL) {
        return -ENOENT;
    }
    if (len != 2 * FDT_CELL) {
        return -EPROTO;
    }
    *value = fdt_cell64(cells);
    return 0;
}

int fdt_cell_count(const struct fdt *fdt, int node, const char *name, uint32_t max)
{
    uint32_t count;
    int status = fdt_prop_u32(fdt, node, name, &count);

    if (status != 0) {
        return status;
    }
    return count <= max ? (int)count : -EPROTO;
}

/* Length of the string at `at` of a list of `len` bytes, or -EPROTO when it has no NUL. */
static int string_len(const uint8_t *list, uint32_t at, uint32_t len)
{
    uint32_t n = at;

    while (n < len && list[n] != '\0') {
        n++;
    }
    return n < len ? (int)(n - at) : -EPROTO;
}

const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name, uint32_t index)
{
    uint32_t len;
    const uint8_t *list = fdt_prop(fdt, node, name, &len);

    for (uint32_t at = 0; at < len; index--) {
        int n = string_len(list, at, len);

        if (n < 0) {
            return NULL;
        }
        if (index == 0) {
            return (const char *)list + at;
        }
        at += (uint32_t)n + 1;
    }
    return NULL;
}

int fdt_prop_string_count(const struct fdt *fdt, int node, const char *name)
{
    uint32_t len;
    const uint8_t *list = fdt_prop(fdt, node, name, &len);
    int count = 0;

    if (list == NULL) {
        return -ENOENT;
    }
    for (uint32_t at = 0; at < len; count++) {
        int n = string_len(list, at, len);

        if (n < 0) {
            return n;
        }
        at += (uint32_t)n + 1;
    }
    return count;
}

int fdt_prop_string_find(const struct fdt *fdt, int node, const char *name, const char *string)
{
    uint32_t len;
    const uint8_t *list = fdt_prop(fdt, node, name, &len);
    size_t wanted = fdt_strlen(string);
    uint32_t at = 0;

    for (int i = 0; at < len; i++) {
        int n = string_len(list, at, len);

        if (n < 0) {
            return n;
        }
        if ((size_t)n == wanted && fdt_bytes_equal((const char *)list + at, string, wanted)) {
            return i;
        }
        at += (uint32_t)n + 1;
    }
    return -ENOENT;
}

bool fdt_is_compatible(const struct fdt *fdt, int node, const char *compatible)
{
    return fdt_prop_string_find(fdt, node, "compatible", compatible) >= 0;
}

bool fdt_available(const struct fdt *fdt, int node)
{
    uint32_t len;
    const char *status = (const char *)fdt_prop(fdt, node, "status", &len);

    return status == NULL || (len >= sizeof("ok") && fdt_bytes_equal(status, "ok", sizeof("ok"))) ||
           (len >= sizeof("okay") && fdt_bytes_equal(status, "okay", sizeof("okay")));
}
