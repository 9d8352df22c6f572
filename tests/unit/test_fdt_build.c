/* SPDX-License-Identifier: MIT */
/* The device-tree writer: what it writes reads back, no size of memory is overrun. */
#include "fdt_tree.h"

#include <keel/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void write_sample(struct fdt_build *build)
{
    fdt_build_reserve(build, 0x1000, 0x2000);
    fdt_build_node(build, "");
    fdt_build_u32(build, "one", 0x01020304);
    fdt_build_u64(build, "two", 0x0102030405060708);
    fdt_build_string(build, "text", "abc");
    fdt_build_prop(build, "odd", "abcde", 5);
    fdt_build_prop(build, "empty", NULL, 0);
    fdt_build_node(build, "child@1");
    fdt_build_u32(build, "one", 1);
    fdt_build_node_end(build);
    fdt_build_node(build, "child@2");
    fdt_build_u32(build, "one", 2);
    fdt_build_node_end(build);
    fdt_build_node_end(build);
}

static void writes_what_reads_back(void **state)
{
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    uint32_t len;
    phys_addr_t base;

    (void)state;
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    write_sample(&tree);
    tree.boot_cpu = 5;
    assert_int_equal(fdt_build_finish(&tree, &tree_size), 0);
    assert_int_equal(fdt_check(tree_bytes, tree_size, &fdt), 0);
    assert_int_equal(fdt.boot_cpu, 5);
    assert_int_equal(fdt.node_count, 3);
    assert_int_equal(fdt_memreserve(&fdt, 0, &base, &u64), 0);
    assert_int_equal(base, 0x1000);
    assert_int_equal(fdt_prop_u32(&fdt, fdt_root(&fdt), "one", &u32), 0);
    assert_int_equal(u32, 0x01020304);
    assert_int_equal(fdt_prop_u64(&fdt, fdt_root(&fdt), "two", &u64), 0);
    assert_true(u64 == 0x0102030405060708);
    assert_string_equal(fdt_prop_string(&fdt, fdt_root(&fdt), "text", 0), "abc");
    assert_memory_equal(fdt_prop(&fdt, fdt_root(&fdt), "odd", &len), "abcde\0\0\0", 8);
    assert_int_equal(len, 5);
    assert_int_equal(fdt_prop_u32(&fdt, fdt_find(&fdt, "/child@2"), "one", &u32), 0);
    assert_int_equal(u32, 2);
    /* "one" thrice is written once. */
    assert_int_equal(fdt.strings_size, sizeof("one\0two\0text\0odd\0empty"));
}

/* Memory of every size up to what is needed; the sanitizer watches its end. */
static void stays_in_its_memory(void **state)
{
    uint32_t used = 0;
    uint32_t needed;

    (void)state;
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    write_sample(&tree);
    assert_int_equal(fdt_build_finish(&tree, &needed), 0);
    for (uint32_t size = 0; size <= needed; size++) {
        uint8_t *buf = malloc(size);
        struct fdt_build build;

        fdt_build_begin(&build, buf, size);
        write_sample(&build);
        assert_int_equal(fdt_build_finish(&build, &used), size < needed ? -ENOSPC : 0);
        if (size == needed) {
            assert_int_equal(used, needed);
            assert_memory_equal(buf, tree_bytes, needed);
        }
        free(buf);
    }
}

static int finish(void)
{
    return fdt_build_finish(&tree, &tree_size);
}

static void refuses_a_wrong_order(void **state)
{
    (void)state;
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    assert_int_equal(finish(), -EINVAL);
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    fdt_build_u32(&tree, "x", 1);
    NODE("");
    END();
    assert_int_equal(finish(), -EINVAL);
    tree_begin(1, 1);
    assert_int_equal(finish(), -EINVAL);
    tree_begin(1, 1);
    NODE("a");
    END();
    FLAG("late");
    END();
    assert_int_equal(finish(), -EINVAL);
    tree_begin(1, 1);
    END();
    END();
    assert_int_equal(finish(), -EINVAL);
    tree_begin(1, 1);
    END();
    NODE("");
    END();
    assert_int_equal(finish(), -EINVAL);
    tree_begin(1, 1);
    fdt_build_reserve(&tree, 1, 1);
    END();
    assert_int_equal(finish(), -EINVAL);
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    for (int i = 0; i <= FDT_DEPTH_MAX; i++) {
        NODE("x");
    }
    for (int i = 0; i <= FDT_DEPTH_MAX; i++) {
        END();
    }
    assert_int_equal(finish(), -EINVAL);
}

/* Names that share a slot of the table are written again, and all still read right. */
static void keeps_hundreds_of_names_apart(void **state)
{
    char name[8] = "p000";

    (void)state;
    tree_begin(1, 1);
    for (int round = 0; round < 2; round++) {
        NODE(round == 0 ? "a" : "b");
        for (unsigned i = 0; i < 300; i++) {
            name[1] = (char)('0' + i / 100);
            name[2] = (char)('0' + i / 10 % 10);
            name[3] = (char)('0' + i % 10);
            fdt_build_u32(&tree, name, i);
        }
        END();
    }
    assert_int_equal(tree_end(), 0);
    for (unsigned i = 0; i < 300; i++) {
        uint32_t value;

        name[1] = (char)('0' + i / 100);
        name[2] = (char)('0' + i / 10 % 10);
        name[3] = (char)('0' + i % 10);
        assert_int_equal(fdt_prop_u32(&fdt, fdt_find(&fdt, "/b"), name, &value), 0);
        assert_int_equal(value, i);
    }
}

static const char *edit_node(const struct fdt *from, int node, void *ctx)
{
    (void)ctx;
    if (fdt_name_is(from, node, "drop")) {
        return NULL;
    }
    return fdt_name_is(from, node, "rename") ? "renamed@5" : fdt_name(from, node);
}

static bool edit_prop(const struct fdt *from, int node, const struct fdt_prop *prop, void *ctx)
{
    (void)from;
    (void)node;
    (void)ctx;
    return strcmp(prop->name, "old") != 0;
}

static void add_props(struct fdt_build *to, const struct fdt *from, int node, void *ctx)
{
    if (fdt_name_is(from, node, "rename")) {
        fdt_build_u32(to, "new", *(uint32_t *)ctx);
    }
}

static void add_nodes(struct fdt_build *to, const struct fdt *from, int node, void *ctx)
{
    (void)ctx;
    if (node == fdt_root(from)) {
        fdt_build_node(to, "added");
        fdt_build_string(to, "compatible", "x");
        fdt_build_node_end(to);
    }
}

static void copies_with_changes(void **state)
{
    const struct fdt_edit edit = {edit_node, edit_prop, add_props, add_nodes};
    static uint64_t bytes[512];
    uint32_t value = 7;
    struct fdt copy;
    struct fdt_build build;
    uint32_t size;

    (void)state;
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    fdt_build_reserve(&tree, 0x1000, 0x2000);
    NODE("");
    CELLS("old", 1);
    CELLS("kept", 2);
    NODE("drop@1");
    NODE("below");
    END();
    END();
    NODE("rename@1");
    CELLS("old", 3);
    NODE("below");
    CELLS("kept", 4);
    END();
    END();
    NODE("drop@2");
    END();
    assert_int_equal(tree_end(), 0);
    fdt_build_begin(&build, bytes, sizeof(bytes));
    fdt_build_copy(&build, &fdt, &edit, &value);
    assert_int_equal(fdt_build_finish(&build, &size), 0);
    assert_int_equal(fdt_check(bytes, size, &copy), 0);
    assert_int_equal(copy.rsv_count, 1);
    assert_int_equal(copy.node_count, 4);
    assert_false(fdt_prop_present(&copy, fdt_root(&copy), "old"));
    assert_int_equal(fdt_prop_u32(&copy, fdt_find(&copy, "/renamed@5/below"), "kept", &value), 0);
    assert_int_equal(value, 4);
    assert_int_equal(fdt_prop_u32(&copy, fdt_find(&copy, "/renamed"), "new", &value), 0);
    assert_int_equal(value, 7);
    assert_true(fdt_is_compatible(&copy, fdt_find(&copy, "/added"), "x"));
    assert_int_equal(fdt_find(&copy, "/drop"), -ENOENT);
    /* A copy is a whole tree: nothing may stand before it. */
    tree_begin(1, 1);
    fdt_build_copy(&tree, &copy, &edit, &value);
    END();
    assert_int_equal(finish(), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_reads_back), cmocka_unit_test(stays_in_its_memory),
        cmocka_unit_test(refuses_a_wrong_order),  cmocka_unit_test(keeps_hundreds_of_names_apart),
        cmocka_unit_test(copies_with_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
