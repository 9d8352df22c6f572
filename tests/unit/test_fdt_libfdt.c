/* SPDX-License-Identifier: MIT */
/* The device-tree reader beside libfdt 1.7.2 on real trees: QEMU's, those inside of U-Boot, ours.
 * tests/unit/fdt_trees.py gathers them. */
#include <keel/fdt.h>
#include <keel/string.h>

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fuzz/fdt_compare.h"

#define BLOB_MAX (4u << 20)

static char folder[] = "/tmp/keel-trees-XXXXXX";
static uint8_t blob[BLOB_MAX];

/* The first file that a pattern below the cache folder finds. */
static bool find_cached(const char *pattern, char *path, size_t size)
{
    char cache[512] = "";
    char whole[1024];
    FILE *said = popen("scripts/setup --cache", "r");
    glob_t found;
    bool ok;

    if (said == NULL || fscanf(said, "%511s", cache) != 1) {
        return false;
    }
    pclose(said);
    snprintf(whole, sizeof(whole), "%s/%s", cache, pattern);
    ok = glob(whole, 0, NULL, &found) == 0;
    if (ok) {
        snprintf(path, size, "%s", found.gl_pathv[0]);
    }
    globfree(&found);
    return ok;
}

static int gather(void **state)
{
    char library[1024];
    char command[128];

    (void)state;
    if (!find_cached("debian13/usr/lib/*/libfdt.so.1.7.2", library, sizeof(library)) ||
        !fdt_compare_open(library)) {
        fprintf(stderr, "libfdt 1.7.2 is not in the cache folder: make setup fetches it\n");
        return -1;
    }
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(command, sizeof(command), "tests/unit/fdt_trees.py %s", folder);
    return system(command);
}

static int clean(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static size_t load(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size;

    assert_non_null(file);
    size = fread(blob, 1, sizeof(blob), file);
    fclose(file);
    return size;
}

/* Compares all trees whose names start so; there must be at least `least`. */
static void compare_all(const char *kind, size_t least)
{
    char pattern[128];
    glob_t found;
    int nodes = 0;
    int properties = 0;

    snprintf(pattern, sizeof(pattern), "%s/%s-*.dtb", folder, kind);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= least);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct fdt_compare result;
        size_t size = load(found.gl_pathv[i]);

        if (!fdt_compare(blob, size, &result) || !result.ours || !result.theirs) {
            fail_msg("%s: ours %d, libfdt %d: %s", found.gl_pathv[i], result.ours, result.theirs,
                     result.why);
        }
        nodes += result.nodes;
        properties += result.properties;
    }
    printf("%zu trees of kind %s: %d nodes, %d properties\n", found.gl_pathc, kind, nodes,
           properties);
    globfree(&found);
}

static void agrees_on_trees_of_qemu(void **state)
{
    (void)state;
    compare_all("qemu", 12);
}

static void agrees_on_trees_inside_u_boot(void **state)
{
    (void)state;
    compare_all("uboot", 10);
}

static void agrees_on_our_own(void **state)
{
    (void)state;
    compare_all("ours", 5);
}

static void open_ours(const char *name, struct fdt *fdt)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/ours-%s.dtb", folder, name);
    assert_int_equal(fdt_check(blob, load(path), fdt), 0);
}

static int cpus_of(const struct fdt *fdt)
{
    int count = 0;
    int child;

    fdt_for_each_child (fdt, child, fdt_find(fdt, "/cpus")) {
        count += fdt_prop_string_find(fdt, child, "device_type", "cpu") == 0;
    }
    return count;
}

static void lays_the_overlay_over_its_tree(void **state)
{
    struct fdt fdt;

    (void)state;
    open_ours("qemu-virt-arm64", &fdt);
    assert_int_equal(cpus_of(&fdt), 1);
    open_ours("overlaid", &fdt);
    assert_int_equal(cpus_of(&fdt), 4);
}

/* The consoles of our trees: where they are, and which interrupt they have. */
static void finds_our_consoles(void **state)
{
    static const struct {
        const char *board;
        uint64_t base;
        uint32_t cells;
        uint32_t first[3];
    } boards[] = {
        {"qemu-virt-arm64", 0x09000000, 3, {0, 1, 4}},
        {"qemu-virt-riscv", 0x10000000, 1, {10}},
        {"qemu-q35", 0x3f8, 2, {4, 0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
        struct fdt fdt;
        struct fdt_irq irq;
        const char *options;
        uint64_t base;
        uint64_t size;
        int node;

        open_ours(boards[i].board, &fdt);
        node = fdt_stdout(&fdt, &options);
        assert_string_equal(options, "115200n8");
        if (fdt_reg(&fdt, node, 0, &base, &size) != 0) {
            assert_int_equal(fdt_reg_port(&fdt, node, 0, &base, &size), 0);
        }
        assert_int_equal(base, boards[i].base);
        assert_int_equal(fdt_interrupt(&fdt, node, 0, &irq), 0);
        assert_int_equal(irq.count, boards[i].cells);
        assert_memory_equal(irq.cells, boards[i].first, irq.count * sizeof(uint32_t));
    }
}

/* Opens the first tree inside of U-Boot whose root is compatible; false when there is none. */
static bool open_board(const char *compatible, struct fdt *fdt)
{
    char pattern[128];
    glob_t found;
    bool is_it = false;

    snprintf(pattern, sizeof(pattern), "%s/uboot-*.dtb", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc && !is_it; i++) {
        is_it = fdt_check(blob, load(found.gl_pathv[i]), fdt) == 0 &&
                fdt_is_compatible(fdt, fdt_root(fdt), compatible);
    }
    globfree(&found);
    return is_it;
}

/* The tree that U-Boot has for a VisionFive 2: hart 0 cannot run us, contexts of the PLIC are not
 * numbered by harts, the UART's registers are four bytes apart. */
static void reads_the_tree_of_a_visionfive_2(void **state)
{
    struct fdt fdt;
    struct fdt_args args;
    struct fdt_irq irq;
    uint64_t base;
    uint64_t size;
    uint32_t value = 0;
    const char *options;
    int plic;
    int uart;

    (void)state;
    assert_true(open_board("starfive,visionfive-2-v1.3b", &fdt));
    plic = fdt_next_compatible(&fdt, -1, "sifive,plic-1.0.0");
    assert_int_equal(fdt_interrupt_count(&fdt, plic), 9);
    for (uint32_t context = 0; context < 9; context++) {
        assert_int_equal(
            fdt_phandle_args(&fdt, plic, "interrupts-extended", "#interrupt-cells", context, &args),
            0);
        assert_int_equal(fdt_reg_raw(&fdt, fdt_parent(&fdt, args.node), 0, &base, &size), 0);
        assert_int_equal(base, (context + 1) / 2);
        assert_int_equal(args.cells[0], context == 0 || context % 2 == 1 ? 11 : 9);
    }
    uart = fdt_stdout(&fdt, &options);
    assert_int_equal(fdt_reg(&fdt, uart, 0, &base, &size), 0);
    assert_int_equal(base, 0x10000000);
    assert_int_equal(fdt_prop_u32(&fdt, uart, "reg-shift", &value), 0);
    assert_int_equal(value, 2);
    assert_int_equal(fdt_interrupt(&fdt, uart, 0, &irq), 0);
    assert_int_equal(irq.controller, plic);
    assert_int_equal(irq.cells[0], 32);
    assert_false(fdt_prop_present(&fdt, fdt_find(&fdt, "/cpus/cpu@0"), "mmu-type"));
    assert_true(fdt_prop_present(&fdt, fdt_find(&fdt, "/cpus/cpu@1"), "mmu-type"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_trees_of_qemu),
        cmocka_unit_test(agrees_on_trees_inside_u_boot),
        cmocka_unit_test(agrees_on_our_own),
        cmocka_unit_test(lays_the_overlay_over_its_tree),
        cmocka_unit_test(finds_our_consoles),
        cmocka_unit_test(reads_the_tree_of_a_visionfive_2),
    };

    return cmocka_run_group_tests(tests, gather, clean);
}
