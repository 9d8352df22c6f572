/* SPDX-License-Identifier: MIT */
/* The device-tree reader: what it refuses, walking, properties, /chosen and memory. */
#include "fdt_tree.h"

#include <keel/errno.h>
#include <keel/fdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fuzz/fdt_compare.h"

/* Offsets of the header's cells. */
enum {
    TOTALSIZE = 4,
    OFF_STRUCT = 8,
    OFF_STRINGS = 12,
    OFF_RSV = 16,
    VERSION = 20,
    LAST_COMP = 24,
    SIZE_STRINGS = 32,
    SIZE_STRUCT = 36
};

static uint8_t *bytes(void)
{
    return (uint8_t *)tree_bytes;
}

static uint32_t header(unsigned offset)
{
    return fdt_cell(bytes() + offset);
}

static int check(void)
{
    return fdt_check(tree_bytes, sizeof(tree_bytes), &fdt);
}

/* Two levels, an alias, strings, references. */
static void make_sample(void)
{
    tree_begin(2, 1);
    TEXT("compatible", "a\0b");
    NODE("aliases");
    TEXT("s0", "/soc/uart@10");
    TEXT("relative", "soc");
    fdt_build_prop(&tree, "endless", "/soc", 4);
    END();
    NODE("soc");
    TEXT("compatible", "simple-bus");
    NODE("uart@10");
    TEXT("compatible", "x\0y,z\0w");
    CELLS("phandle", 7);
    CELLS("reg-shift", 2);
    CELLS("wide", 1, 2);
    fdt_build_prop(&tree, "odd", "abc", 3);
    FLAG("flag");
    END();
    NODE("uart@20");
    CELLS("linux,phandle", 8);
    TEXT("status", "disabled");
    END();
    END();
    NODE("last");
    TEXT("status", "ok");
    END();
    assert_int_equal(tree_end(), 0);
}

static void refuses_what_is_no_tree(void **state)
{
    (void)state;
    assert_int_equal(fdt_check(NULL, 0, &fdt), -EINVAL);
    assert_int_equal(fdt_check(NULL, 100, &fdt), -EINVAL);
    memset(tree_bytes, 0, sizeof(tree_bytes));
    assert_int_equal(check(), -EINVAL);
    make_sample();
    assert_int_equal(fdt_check(tree_bytes, 35, &fdt), -EINVAL);
    assert_int_equal(fdt_blob_size(tree_bytes), tree_size);
    bytes()[0] ^= 1;
    assert_int_equal(check(), -EINVAL);
    assert_int_equal(fdt_blob_size(tree_bytes), 0);
    assert_string_equal(fdt_check_text(-EINVAL), "no device tree there");
    assert_string_equal(fdt_check_text(-EPROTO), "malformed");
}

static void refuses_other_versions(void **state)
{
    (void)state;
    make_sample();
    fdt_put_cell(bytes() + VERSION, 15);
    assert_int_equal(check(), -ENOTSUP);
    fdt_put_cell(bytes() + VERSION, 18);
    assert_int_equal(check(), 0);
    fdt_put_cell(bytes() + LAST_COMP, 18);
    assert_int_equal(check(), -ENOTSUP);
    fdt_put_cell(bytes() + VERSION, 16);
    fdt_put_cell(bytes() + LAST_COMP, 16);
    assert_int_equal(check(), 0);
    fdt_put_cell(bytes() + LAST_COMP, 17);
    assert_int_equal(check(), -ENOTSUP);
}

static void refuses_blocks_outside(void **state)
{
    static const unsigned offsets[] = {OFF_STRUCT, OFF_STRINGS, OFF_RSV, SIZE_STRINGS, SIZE_STRUCT};

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(offsets); i++) {
        make_sample();
        fdt_put_cell(bytes() + offsets[i], tree_size + 8);
        assert_int_equal(check(), -ERANGE);
        fdt_put_cell(bytes() + offsets[i], 0xfffffff8);
        assert_int_equal(check(), -ERANGE);
    }
    make_sample();
    fdt_put_cell(bytes() + OFF_STRUCT, header(OFF_STRUCT) + 2);
    assert_int_equal(check(), -ERANGE);
    make_sample();
    fdt_put_cell(bytes() + TOTALSIZE, 0x80000000);
    assert_int_equal(fdt_check(tree_bytes, SIZE_MAX, &fdt), -E2BIG);
    fdt_put_cell(bytes() + TOTALSIZE, 38);
    assert_int_equal(check(), -ERANGE);
}

/* Every way to cut a tree short, in memory that ends right there. */
static void refuses_truncated_trees(void **state)
{
    (void)state;
    make_sample();
    for (uint32_t size = 0; size < tree_size; size++) {
        uint8_t *cut = malloc(size + 1);

        memcpy(cut, tree_bytes, size);
        assert_true(fdt_check(cut, size, &fdt) < 0);
        if (size >= 40) {
            fdt_put_cell(cut + TOTALSIZE, size);
            assert_true(fdt_check(cut, size, &fdt) < 0);
        }
        free(cut);
    }
}

/* No wrong byte may lead outside of the tree; the sanitizers watch. */
static void survives_any_wrong_byte(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x04, 0x7f, 0x80, 0xff};
    struct fdt_compare result;

    (void)state;
    make_sample();
    for (uint32_t i = 0; i < tree_size; i++) {
        uint8_t kept = bytes()[i];

        for (unsigned k = 0; k < ARRAY_SIZE(values); k++) {
            bytes()[i] = values[k];
            assert_true(fdt_compare(tree_bytes, tree_size, &result));
        }
        bytes()[i] = kept;
    }
}

static void refuses_malformed_structure(void **state)
{
    uint32_t end;

    (void)state;
    make_sample();
    end = header(OFF_STRUCT) + header(SIZE_STRUCT) - 4;
    fdt_put_cell(bytes() + end, 4);
    assert_int_equal(check(), -EPROTO);
    fdt_put_cell(bytes() + end, 2);
    assert_int_equal(check(), -EPROTO);
    fdt_put_cell(bytes() + end - 4, 9);
    assert_int_equal(check(), -EPROTO);
    make_sample();
    fdt_put_cell(bytes() + header(OFF_STRUCT), 5);
    assert_int_equal(check(), -EPROTO);
    make_sample();
    /* The root's name is the cell behind its tag: it must be empty. */
    bytes()[header(OFF_STRUCT) + 4] = 'r';
    assert_int_equal(check(), -EPROTO);
    /* Strings without any NUL: no name of a property ends. */
    make_sample();
    memset(bytes() + header(OFF_STRINGS), 'x', header(SIZE_STRINGS));
    assert_int_equal(check(), -EPROTO);
    make_sample();
    fdt_put_cell(bytes() + SIZE_STRINGS, 0);
    assert_int_equal(check(), -EPROTO);
    fdt_put_cell(bytes() + header(OFF_RSV), 1);
    fdt_put_cell(bytes() + OFF_RSV, tree_size - 15);
    assert_int_equal(check(), -ERANGE);
}

static void bounds_the_depth(void **state)
{
    struct fdt_index_entry entries[FDT_DEPTH_MAX];
    int path[FDT_DEPTH_MAX];

    (void)state;
    for (int depth = FDT_DEPTH_MAX - 1; depth <= FDT_DEPTH_MAX; depth++) {
        uint8_t *p = bytes();
        uint32_t at;

        /* Written by hand: the builder has the same bound. */
        tree_begin(1, 1);
        assert_int_equal(tree_end(), 0);
        at = header(OFF_STRUCT) + 8;
        for (int i = 0; i < depth; i++, at += 8) {
            fdt_put_cell(p + at, 1);
            memcpy(p + at + 4, "n\0\0", 4);
        }
        for (int i = 0; i <= depth; i++, at += 4) {
            fdt_put_cell(p + at, 2);
        }
        fdt_put_cell(p + at, 9);
        fdt_put_cell(p + SIZE_STRUCT, at + 4 - header(OFF_STRUCT));
        fdt_put_cell(p + OFF_STRINGS, at + 4);
        fdt_put_cell(p + SIZE_STRINGS, 0);
        fdt_put_cell(p + TOTALSIZE, at + 4);
        assert_int_equal(check(), depth < FDT_DEPTH_MAX ? 0 : -ENAMETOOLONG);
        if (depth < FDT_DEPTH_MAX) {
            int last = 8 * depth;

            assert_int_equal(fdt_path_to(&fdt, last, path), FDT_DEPTH_MAX);
            assert_int_equal(fdt_index(&fdt, entries, ARRAY_SIZE(entries)), 0);
            assert_int_equal(fdt_path_to(&fdt, last, path), FDT_DEPTH_MAX);
        }
    }
}

static void refuses_properties_behind_children(void **state)
{
    uint32_t at;

    (void)state;
    tree_begin(1, 1);
    NODE("a");
    FLAG("p");
    END();
    assert_int_equal(tree_end(), 0);
    /* Swap "p" of a, 12 bytes, with the end of a. */
    at = header(OFF_STRUCT) + 8 + 16 + 16 + 8;
    assert_int_equal(fdt_cell(bytes() + at), 3);
    memmove(bytes() + at + 4, bytes() + at, 12);
    fdt_put_cell(bytes() + at, 2);
    assert_int_equal(check(), -EPROTO);
}

static void walks(void **state)
{
    int root;
    int soc;
    int depth = 0;
    int count = 0;

    (void)state;
    make_sample();
    root = fdt_root(&fdt);
    assert_string_equal(fdt_name(&fdt, root), "");
    soc = fdt_next_sibling(&fdt, fdt_first_child(&fdt, root));
    assert_string_equal(fdt_name(&fdt, soc), "soc");
    assert_string_equal(fdt_name(&fdt, fdt_next(&fdt, soc, NULL)), "uart@10");
    assert_string_equal(fdt_name(&fdt, fdt_next_sibling(&fdt, soc)), "last");
    assert_int_equal(fdt_next_sibling(&fdt, fdt_next_sibling(&fdt, soc)), -ENOENT);
    assert_int_equal(fdt_next_sibling(&fdt, root), -ENOENT);
    assert_int_equal(fdt_first_child(&fdt, fdt_find(&fdt, "/last")), -ENOENT);
    for (int node = root; node >= 0; node = fdt_next(&fdt, node, &depth)) {
        count++;
    }
    assert_int_equal(count, fdt.node_count);
    assert_int_equal(depth, 1);
    /* Errors pass through; what is no node is said to be none. */
    assert_int_equal(fdt_first_child(&fdt, -ENXIO), -ENXIO);
    assert_int_equal(fdt_next(&fdt, soc + 4, NULL), -EINVAL);
    assert_int_equal(fdt_next(&fdt, soc + 2, NULL), -EINVAL);
    assert_int_equal(fdt_next(&fdt, INT32_MAX, NULL), -EINVAL);
    assert_null(fdt_name(&fdt, soc + 4));
    assert_true(fdt_name_is(&fdt, fdt_find(&fdt, "/soc/uart"), "uart"));
    assert_false(fdt_name_is(&fdt, fdt_find(&fdt, "/soc/uart"), "uar"));
}

static void finds_parents(void **state)
{
    struct fdt_index_entry entries[16];
    char path[32];

    (void)state;
    make_sample();
    for (int round = 0; round < 2; round++) {
        int uart = fdt_find(&fdt, "/soc/uart@20");

        assert_int_equal(fdt_parent(&fdt, uart), fdt_find(&fdt, "/soc"));
        assert_int_equal(fdt_parent(&fdt, fdt_find(&fdt, "/soc")), fdt_root(&fdt));
        assert_int_equal(fdt_parent(&fdt, fdt_root(&fdt)), -ENOENT);
        assert_int_equal(fdt_parent(&fdt, uart + 4), -EINVAL);
        assert_int_equal(fdt_by_phandle(&fdt, 7), fdt_find(&fdt, "/soc/uart@10"));
        assert_int_equal(fdt_by_phandle(&fdt, 8), uart);
        assert_int_equal(fdt_by_phandle(&fdt, 9), -ENOENT);
        assert_int_equal(fdt_by_phandle(&fdt, 0), -EINVAL);
        assert_int_equal(fdt_by_phandle(&fdt, 0xffffffff), -EINVAL);
        assert_int_equal(fdt_path(&fdt, uart, path, sizeof(path)), 12);
        assert_string_equal(path, "/soc/uart@20");
        assert_int_equal(fdt_path(&fdt, uart, path, 13), 12);
        assert_int_equal(fdt_path(&fdt, uart, path, 12), -ENOSPC);
        assert_int_equal(fdt_path(&fdt, fdt_root(&fdt), path, 2), 1);
        assert_string_equal(path, "/");
        assert_int_equal(fdt_index(&fdt, entries, fdt.node_count - 1), -ENOSPC);
        assert_int_equal(fdt_index(&fdt, entries, ARRAY_SIZE(entries)), 0);
    }
}

/* The index must not change where any walk goes. */
static void walks_alike_with_an_index(void **state)
{
    struct fdt_index_entry entries[16];
    struct fdt indexed;
    int depth = 0;
    int same = 0;

    (void)state;
    make_sample();
    indexed = fdt;
    assert_int_equal(fdt_index(&indexed, entries, ARRAY_SIZE(entries)), 0);
    for (int node = fdt_root(&fdt); node >= 0; node = fdt_next(&fdt, node, NULL)) {
        depth = same = 0;
        assert_int_equal(fdt_next(&fdt, node, &depth), fdt_next(&indexed, node, &same));
        assert_int_equal(depth, same);
        assert_int_equal(fdt_next(&fdt, node, NULL), fdt_next(&indexed, node, NULL));
        assert_int_equal(fdt_first_child(&fdt, node), fdt_first_child(&indexed, node));
        assert_int_equal(fdt_next_sibling(&fdt, node), fdt_next_sibling(&indexed, node));
        assert_int_equal(fdt_next(&indexed, node + 1, NULL), -EINVAL);
        assert_int_equal(fdt_first_child(&indexed, node + 1), -EINVAL);
        assert_int_equal(fdt_next_sibling(&indexed, node + 1), -EINVAL);
    }
    assert_int_equal(fdt_next(&indexed, -ENOENT, NULL), -ENOENT);
    assert_int_equal(fdt_first_child(&indexed, -EPROTO), -EPROTO);
    assert_int_equal(fdt_next_sibling(&indexed, -EPROTO), -EPROTO);
}

/* Of several such properties the first `phandle` counts if it is one cell, then the first of the
 * older name: with an index and without. */
static void agrees_on_doubtful_phandles(void **state)
{
    struct fdt_index_entry entries[8];

    (void)state;
    tree_begin(1, 1);
    NODE("a");
    CELLS("linux,phandle", 5);
    CELLS("phandle", 1, 2);
    CELLS("phandle", 6);
    END();
    NODE("b");
    CELLS("linux,phandle", 7);
    CELLS("linux,phandle", 8);
    CELLS("phandle", 9);
    CELLS("phandle", 10);
    END();
    assert_int_equal(tree_end(), 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(fdt_by_phandle(&fdt, 5), fdt_find(&fdt, "/a"));
        assert_int_equal(fdt_by_phandle(&fdt, 6), -ENOENT);
        assert_int_equal(fdt_by_phandle(&fdt, 9), fdt_find(&fdt, "/b"));
        assert_int_equal(fdt_by_phandle(&fdt, 7), -ENOENT);
        assert_int_equal(fdt_by_phandle(&fdt, 10), -ENOENT);
        assert_int_equal(fdt_index(&fdt, entries, ARRAY_SIZE(entries)), 0);
    }
}

static void finds_by_path(void **state)
{
    int uart;

    (void)state;
    make_sample();
    uart = fdt_find(&fdt, "/soc/uart@10");
    assert_true(uart > 0);
    assert_int_equal(fdt_find(&fdt, "/"), fdt_root(&fdt));
    assert_int_equal(fdt_find(&fdt, "/soc/uart"), uart);
    assert_int_equal(fdt_find(&fdt, "//soc//uart@10/"), uart);
    assert_int_equal(fdt_find(&fdt, "s0"), uart);
    assert_int_equal(fdt_find(&fdt, "s0/"), uart);
    assert_int_equal(fdt_find(&fdt, "s0/more"), -ENOENT);
    assert_int_equal(fdt_find(&fdt, "relative"), -ENOENT);
    assert_int_equal(fdt_find(&fdt, "endless"), -ENOENT);
    assert_int_equal(fdt_find(&fdt, "s1"), -ENOENT);
    assert_int_equal(fdt_find(&fdt, ""), -ENOENT);
    assert_int_equal(fdt_find(&fdt, "/soc/uart@1"), -ENOENT);
    assert_int_equal(fdt_find(&fdt, "/soc/uart@"), -ENOENT);
    assert_int_equal(fdt_find(&fdt, "/so"), -ENOENT);
    assert_int_equal(fdt_find_n(&fdt, "/soc/uart@10:115200", 12), uart);
    assert_int_equal(fdt_child(&fdt, fdt_find(&fdt, "/soc"), "uart@20", 7),
                     fdt_find(&fdt, "/soc/uart@20"));
    assert_string_equal(fdt_alias(&fdt, "s0", 2), "/soc/uart@10");
}

static void finds_by_compatible(void **state)
{
    int uart;

    (void)state;
    make_sample();
    uart = fdt_find(&fdt, "s0");
    assert_int_equal(fdt_next_compatible(&fdt, -1, "b"), fdt_root(&fdt));
    assert_int_equal(fdt_next_compatible(&fdt, -1, "y,z"), uart);
    assert_int_equal(fdt_next_compatible(&fdt, uart, "y,z"), -ENOENT);
    assert_int_equal(fdt_next_compatible(&fdt, -1, "y"), -ENOENT);
    assert_true(fdt_is_compatible(&fdt, uart, "w"));
    assert_false(fdt_is_compatible(&fdt, uart, "z"));
    assert_false(fdt_is_compatible(&fdt, -ENOENT, "z"));
    assert_true(fdt_available(&fdt, uart));
    assert_true(fdt_available(&fdt, fdt_find(&fdt, "/last")));
    assert_false(fdt_available(&fdt, fdt_find(&fdt, "/soc/uart@20")));
}

static void reads_properties(void **state)
{
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    uint32_t len;
    int uart;

    (void)state;
    make_sample();
    uart = fdt_find(&fdt, "s0");
    assert_int_equal(fdt_prop_u32(&fdt, uart, "reg-shift", &u32), 0);
    assert_int_equal(u32, 2);
    assert_int_equal(fdt_prop_u32(&fdt, uart, "reg-io-width", &u32), -ENOENT);
    assert_int_equal(fdt_prop_u32(&fdt, uart, "wide", &u32), -EPROTO);
    assert_int_equal(fdt_prop_u64(&fdt, uart, "wide", &u64), 0);
    assert_int_equal(u64, 0x100000002);
    assert_int_equal(fdt_prop_u64(&fdt, uart, "reg-shift", &u64), -EPROTO);
    assert_int_equal(fdt_prop_number(&fdt, uart, "reg-shift", &u64), 0);
    assert_int_equal(u64, 2);
    assert_int_equal(fdt_prop_number(&fdt, uart, "odd", &u64), -EPROTO);
    assert_int_equal(fdt_prop_number(&fdt, uart, "none", &u64), -ENOENT);
    assert_int_equal(fdt_prop_cell(&fdt, uart, "wide", 1, &u32), 0);
    assert_int_equal(u32, 2);
    assert_int_equal(fdt_prop_cell(&fdt, uart, "wide", 2, &u32), -ERANGE);
    assert_int_equal(fdt_prop_cell(&fdt, uart, "odd", 0, &u32), -ERANGE);
    assert_int_equal(fdt_prop_cell(&fdt, uart, "none", 0, &u32), -ENOENT);
    assert_non_null(fdt_prop(&fdt, uart, "flag", &len));
    assert_int_equal(len, 0);
    assert_true(fdt_prop_present(&fdt, uart, "flag"));
    assert_null(fdt_prop(&fdt, uart, "fla", &len));
    assert_null(fdt_prop(&fdt, uart, "flags", &len));
    assert_null(fdt_prop(&fdt, -ENOENT, "flag", &len));
}

static void reads_string_lists(void **state)
{
    int uart;

    (void)state;
    make_sample();
    uart = fdt_find(&fdt, "s0");
    assert_int_equal(fdt_prop_string_count(&fdt, uart, "compatible"), 3);
    assert_string_equal(fdt_prop_string(&fdt, uart, "compatible", 0), "x");
    assert_string_equal(fdt_prop_string(&fdt, uart, "compatible", 2), "w");
    assert_null(fdt_prop_string(&fdt, uart, "compatible", 3));
    assert_int_equal(fdt_prop_string_find(&fdt, uart, "compatible", "y,z"), 1);
    assert_int_equal(fdt_prop_string_find(&fdt, uart, "compatible", ""), -ENOENT);
    assert_int_equal(fdt_prop_string_count(&fdt, uart, "odd"), -EPROTO);
    assert_null(fdt_prop_string(&fdt, uart, "odd", 0));
    assert_int_equal(fdt_prop_string_find(&fdt, uart, "odd", "abc"), -EPROTO);
    assert_int_equal(fdt_prop_string_count(&fdt, uart, "flag"), 0);
    assert_null(fdt_prop_string(&fdt, uart, "flag", 0));
    assert_int_equal(fdt_prop_string_count(&fdt, uart, "none"), -ENOENT);
}

static void iterates_properties(void **state)
{
    struct fdt_prop prop;
    char names[64] = "";

    (void)state;
    make_sample();
    fdt_for_each_prop (&fdt, &prop, fdt_find(&fdt, "s0")) {
        strcat(names, prop.name);
        strcat(names, " ");
    }
    assert_string_equal(names, "compatible phandle reg-shift wide odd flag ");
    assert_int_equal(fdt_prop_first(&fdt, fdt_find(&fdt, "/nothing"), &prop), -ENOENT);
}

static void passes_over_nops(void **state)
{
    (void)state;
    make_sample();
    /* Turn `reg-shift`, 16 bytes, into NOPs. */
    for (uint32_t at = header(OFF_STRUCT); at < header(OFF_STRINGS); at += 4) {
        if (fdt_cell(bytes() + at) == 3 && fdt_cell(bytes() + at + 4) == 4 &&
            fdt_cell(bytes() + at + 12) == 2) {
            for (unsigned i = 0; i < 16; i += 4) {
                fdt_put_cell(bytes() + at + i, 4);
            }
        }
    }
    assert_int_equal(check(), 0);
    assert_false(fdt_prop_present(&fdt, fdt_find(&fdt, "s0"), "reg-shift"));
    assert_true(fdt_prop_present(&fdt, fdt_find(&fdt, "s0"), "flag"));
}

static void follows_stdout(void **state)
{
    static const char *const paths[] = {"s0:115200n8", "/soc/uart@10:115200n8", "s0"};
    const char *options;

    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(paths); i++) {
        tree_begin(1, 1);
        NODE("aliases");
        TEXT("s0", "/soc/uart@10");
        END();
        NODE("soc");
        NODE("uart@10");
        END();
        END();
        NODE("chosen");
        fdt_build_string(&tree, i == 1 ? "linux,stdout-path" : "stdout-path", paths[i]);
        END();
        assert_int_equal(tree_end(), 0);
        assert_int_equal(fdt_stdout(&fdt, &options), fdt_find(&fdt, "/soc/uart"));
        assert_string_equal(options, i == 2 ? "" : "115200n8");
        assert_true(fdt_find_console(&fdt, "/soc:9600", &options) > 0);
        assert_string_equal(options, "9600");
        assert_int_equal(fdt_find_console(&fdt, "ttyS0", &options), -ENOENT);
    }
    make_sample();
    assert_int_equal(fdt_stdout(&fdt, &options), -ENOENT);
    assert_string_equal(options, "");
}

static void reads_chosen(void **state)
{
    phys_addr_t base;
    uint64_t size;
    uint64_t seed;
    uint32_t len;

    (void)state;
    tree_begin(1, 1);
    NODE("chosen");
    TEXT("bootargs", "a=1 b");
    CELLS("linux,initrd-start", 0x48000000);
    CELLS("linux,initrd-end", 0, 0x48001234);
    CELLS("kaslr-seed", 1, 2);
    CELLS("rng-seed", 1, 2, 3);
    END();
    assert_int_equal(tree_end(), 0);
    assert_string_equal(fdt_bootargs(&fdt), "a=1 b");
    assert_int_equal(fdt_initrd(&fdt, &base, &size), 0);
    assert_int_equal(base, 0x48000000);
    assert_int_equal(size, 0x1234);
    assert_int_equal(fdt_kaslr_seed(&fdt, &seed), 0);
    assert_int_equal(seed, 0x100000002);
    assert_non_null(fdt_rng_seed(&fdt, &len));
    assert_int_equal(len, 12);
    tree_begin(1, 1);
    NODE("chosen");
    fdt_build_prop(&tree, "bootargs", "endless", 7);
    CELLS("linux,initrd-start", 2);
    CELLS("linux,initrd-end", 1);
    END();
    assert_int_equal(tree_end(), 0);
    assert_null(fdt_bootargs(&fdt));
    assert_int_equal(fdt_initrd(&fdt, &base, &size), -EPROTO);
    make_sample();
    assert_null(fdt_bootargs(&fdt));
    assert_int_equal(fdt_initrd(&fdt, &base, &size), -ENOENT);
    assert_int_equal(fdt_kaslr_seed(&fdt, &seed), -ENOENT);
    assert_null(fdt_rng_seed(&fdt, &len));
}

/* Banks in several nodes and pairs, an empty one, a disabled one, one that wraps. */
static void lists_memory(void **state)
{
    static const uint64_t expected[][2] = {
        {0, 0x3b400000}, {0x40000000, 0xbc000000}, {0x100000000, 0x100000000}, {~0ull - 15, 32}};
    struct fdt_region region = {0};

    (void)state;
    tree_begin(2, 2);
    NODE("memory@0");
    TEXT("device_type", "memory");
    CELLS("reg", 0, 0, 0, 0x3b400000, 0, 5, 0, 0, 0, 0x40000000, 0, 0xbc000000);
    END();
    NODE("memory@50000000");
    TEXT("device_type", "memory");
    TEXT("status", "disabled");
    CELLS("reg", 0, 0x50000000, 0, 0x1000);
    END();
    NODE("not-memory@60000000");
    CELLS("reg", 0, 0x60000000, 0, 0x1000);
    END();
    NODE("memory@100000000");
    TEXT("device_type", "memory");
    CELLS("reg", 1, 0, 1, 0, ~0u, ~0u - 15, 0, 32);
    END();
    NODE("memory@7");
    TEXT("device_type", "memory");
    CELLS("reg", 0, 7, 0);
    END();
    assert_int_equal(tree_end(), 0);
    for (unsigned i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(fdt_memory_next(&fdt, &region), 0);
        assert_int_equal(region.base, expected[i][0]);
        assert_int_equal(region.size, expected[i][1]);
    }
    assert_int_equal(fdt_memory_next(&fdt, &region), -ENOENT);
    assert_int_equal(fdt_memory_next(&fdt, &region), -ENOENT);
}

/* As a Raspberry Pi 4 has them: a dynamic region, a disabled one of no bytes. */
static void lists_reservations(void **state)
{
    struct fdt_region region = {0};
    phys_addr_t base;
    uint64_t size;

    (void)state;
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    fdt_build_reserve(&tree, 0, 0x1000);
    fdt_build_reserve(&tree, 0x8000, 0);
    fdt_build_reserve(&tree, 0x10000, 0x2000);
    NODE("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    NODE("reserved-memory");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    FLAG("ranges");
    NODE("linux,cma");
    CELLS("size", 0x4000000);
    FLAG("reusable");
    END();
    NODE("nvram@0");
    TEXT("status", "disabled");
    CELLS("reg", 0, 0, 0);
    END();
    NODE("firmware@40000000");
    CELLS("reg", 0, 0x40000000, 0x40000, 0, 0x40080000, 0x1000);
    FLAG("no-map");
    END();
    NODE("pool@50000000");
    CELLS("reg", 0, 0x50000000, 0x1000);
    FLAG("reusable");
    END();
    END();
    assert_int_equal(tree_end(), 0);
    assert_int_equal(fdt.rsv_count, 3);
    assert_int_equal(fdt_memreserve(&fdt, 2, &base, &size), 0);
    assert_int_equal(base, 0x10000);
    assert_int_equal(size, 0x2000);
    assert_int_equal(fdt_memreserve(&fdt, 3, &base, &size), -ENOENT);
    assert_int_equal(fdt_memreserve(&fdt, UINT32_MAX, &base, &size), -ENOENT);
    assert_int_equal(fdt_reserved_next(&fdt, &region), 0);
    assert_int_equal(region.base, 0x40000000);
    assert_true(region.no_map);
    assert_int_equal(fdt_reserved_next(&fdt, &region), 0);
    assert_int_equal(region.base, 0x40080000);
    assert_int_equal(region.size, 0x1000);
    assert_int_equal(fdt_reserved_next(&fdt, &region), 0);
    assert_string_equal(fdt_name(&fdt, region.node), "pool@50000000");
    assert_true(region.reusable);
    assert_false(region.no_map);
    assert_int_equal(fdt_reserved_next(&fdt, &region), -ENOENT);
    make_sample();
    region = (struct fdt_region){0};
    assert_int_equal(fdt_reserved_next(&fdt, &region), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_tree),
        cmocka_unit_test(refuses_other_versions),
        cmocka_unit_test(refuses_blocks_outside),
        cmocka_unit_test(refuses_truncated_trees),
        cmocka_unit_test(survives_any_wrong_byte),
        cmocka_unit_test(refuses_malformed_structure),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(refuses_properties_behind_children),
        cmocka_unit_test(walks),
        cmocka_unit_test(finds_parents),
        cmocka_unit_test(walks_alike_with_an_index),
        cmocka_unit_test(agrees_on_doubtful_phandles),
        cmocka_unit_test(finds_by_path),
        cmocka_unit_test(finds_by_compatible),
        cmocka_unit_test(reads_properties),
        cmocka_unit_test(reads_string_lists),
        cmocka_unit_test(iterates_properties),
        cmocka_unit_test(passes_over_nops),
        cmocka_unit_test(follows_stdout),
        cmocka_unit_test(reads_chosen),
        cmocka_unit_test(lists_memory),
        cmocka_unit_test(lists_reservations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
