/* SPDX-License-Identifier: MIT */
/* riscv64's reading of what harts can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <keel/fdt_build.h>

#include "../../bsp/riscv64/cpu/isa.h"
#include "../../bsp/riscv64/include/arch/cpu_features.h"

#define HAS(set, feature) (((set) >> CPU_FEATURE_##feature & 1) != 0)

static void single_letters(void **state)
{
    uint64_t set = isa_parse("rv64imafdc");

    assert_true(HAS(set, F) && HAS(set, D) && HAS(set, C));
    assert_false(HAS(set, V) || HAS(set, H) || HAS(set, SSTC));
    assert_true(HAS(isa_parse("rv64gcv"), D));
    assert_true(HAS(isa_parse("rv64gcv"), V));
    assert_int_equal(isa_parse("rv64"), 0);
    assert_int_equal(isa_parse("rv32imafdc"), 0);
    assert_int_equal(isa_parse(""), 0);
}

static void longer_names(void **state)
{
    uint64_t set = isa_parse("rv64imafdch_zicbom_zicboz_zicntr_zihintpause_zba_zbb_zbs_sstc_svadu");

    assert_true(HAS(set, ZICBOM) && HAS(set, ZICBOZ) && HAS(set, ZIHINTPAUSE) && HAS(set, ZBA));
    assert_true(HAS(set, ZBB) && HAS(set, ZBS) && HAS(set, SSTC) && HAS(set, SVADU) && HAS(set, H));
    assert_false(HAS(set, SVPBMT) || HAS(set, ZKR) || HAS(set, V));
}

static void names_glued_to_letters(void **state)
{
    assert_true(HAS(isa_parse("rv64imaczba_zbb"), ZBA));
    assert_true(HAS(isa_parse("rv64imacsstc"), SSTC));
    assert_false(HAS(isa_parse("rv64imacxvhf_zbb"), V));
}

static void versions_are_ignored(void **state)
{
    uint64_t set = isa_parse("rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicboz1p0_zba1_svpbmt1p0");

    assert_true(HAS(set, F) && HAS(set, D) && HAS(set, C));
    assert_true(HAS(set, ZICBOZ) && HAS(set, ZBA) && HAS(set, SVPBMT));
}

static void odd_strings(void **state)
{
    assert_int_equal(isa_parse("rv64_____"), 0);
    assert_int_equal(isa_parse("rv64imazzz_s_x_z"), 0);
    assert_int_equal(isa_parse("rv64ima_zicboz_"), 1ull << CPU_FEATURE_ZICBOZ);
    assert_int_equal(isa_parse("rv64ima_zicbozz"), 0);
    assert_int_equal(isa_parse("rv64ima_1p0_2"), 0);
}

static void what_no_tree_tells(void **state)
{
    assert_int_equal(isa_extension("sv48", 4), 0);
    assert_int_equal(isa_extension("zicboz64", 8), 0);
    assert_int_equal(isa_parse("rv64ima_zicboz64_sv48") & ~(1ull << CPU_FEATURE_ZICBOZ), 0);
}

static void every_feature_has_a_name(void **state)
{
    for (unsigned i = 0; i < CPU_FEATURE_COUNT; i++) {
        assert_non_null(isa_feature_name(i));
        assert_true(isa_feature_name(i)[0] != '\0');
    }
    assert_string_equal(isa_feature_name(CPU_FEATURE_COUNT), "");
}

/* A cpu node as a test wants it; NULL leaves a property out. */
struct hart {
    const char *mmu;
    const char *status;
    const char *isa;
    const char *list; /* strings between spaces */
    uint32_t cboz_size;
};

static void add_list(struct fdt_build *build, const char *list)
{
    uint8_t *out = fdt_build_space(build, "riscv,isa-extensions", strlen(list) + 1);

    for (size_t i = 0; i <= strlen(list); i++) {
        out[i] = list[i] == ' ' ? '\0' : (uint8_t)list[i];
    }
}

static void add_hart(struct fdt_build *build, unsigned id, const struct hart *hart)
{
    char name[16];

    snprintf(name, sizeof(name), "cpu@%x", id);
    fdt_build_node(build, name);
    fdt_build_string(build, "device_type", "cpu");
    if (hart->mmu != NULL) {
        fdt_build_string(build, "mmu-type", hart->mmu);
    }
    if (hart->status != NULL) {
        fdt_build_string(build, "status", hart->status);
    }
    if (hart->isa != NULL) {
        fdt_build_string(build, "riscv,isa", hart->isa);
    }
    if (hart->list != NULL) {
        add_list(build, hart->list);
    }
    if (hart->cboz_size != 0) {
        fdt_build_u32(build, "riscv,cboz-block-size", hart->cboz_size);
    }
    fdt_build_node_end(build);
}

static struct isa read_harts(const struct hart *harts, unsigned count)
{
    static uint64_t blob[512];
    struct fdt_build build;
    struct fdt fdt;
    struct isa isa;
    uint32_t size;

    fdt_build_begin(&build, blob, sizeof(blob));
    fdt_build_node(&build, "");
    fdt_build_node(&build, "cpus");
    for (unsigned i = 0; i < count; i++) {
        add_hart(&build, i, &harts[i]);
    }
    fdt_build_node(&build, "cpu-map");
    fdt_build_node_end(&build);
    fdt_build_node_end(&build);
    fdt_build_node_end(&build);
    assert_int_equal(fdt_build_finish(&build, &size), 0);
    assert_int_equal(fdt_check(blob, size, &fdt), 0);
    isa_read(&fdt, &isa);
    return isa;
}

static void harts_agree(void **state)
{
    static const struct hart harts[] = {
        {.mmu = "riscv,sv39", .isa = "rv64imafdc_zba_zbb", .cboz_size = 64},
        {.mmu = "riscv,sv39", .isa = "rv64imafdcv_zba_zicboz", .cboz_size = 64},
    };
    struct isa isa = read_harts(harts, 2);

    assert_true(HAS(isa.set, D) && HAS(isa.set, ZBA));
    assert_false(HAS(isa.set, V) || HAS(isa.set, ZBB) || HAS(isa.set, ZICBOZ));
    assert_int_equal(isa.cboz_size, 64);
    assert_int_equal(isa.cbom_size, 0);
}

static void blocks_of_two_sizes_are_none(void **state)
{
    static const struct hart harts[] = {
        {.mmu = "riscv,sv48", .isa = "rv64imac_zicboz", .cboz_size = 64},
        {.mmu = "riscv,sv48", .isa = "rv64imac_zicboz", .cboz_size = 128},
    };

    assert_int_equal(read_harts(harts, 2).cboz_size, 0);
}

/* As on the JH7110: a small hart without MMU beside the others, in one tree disabled, in another
 * not. */
static void harts_that_cannot_run_us_do_not_count(void **state)
{
    static const struct hart harts[] = {
        {.isa = "rv64imac"},
        {.mmu = "riscv,none", .isa = "rv64imac"},
        {.mmu = "riscv,sv39", .isa = "rv64imac", .status = "disabled"},
        {.mmu = "riscv,sv39", .isa = "rv64imafdc_zba", .status = "okay"},
    };

    assert_true(HAS(read_harts(harts, 4).set, ZBA));
    assert_int_equal(read_harts(harts, 3).set, 0);
    assert_int_equal(read_harts(harts, 0).set, 0);
}

static void the_list_counts_before_the_string(void **state)
{
    static const struct hart harts[] = {
        {.mmu = "riscv,sv57", .isa = "rv64imafdc_zba", .list = "i m a c zbb sstc svpbmt"},
    };
    uint64_t set = read_harts(harts, 1).set;

    assert_true(HAS(set, C) && HAS(set, ZBB) && HAS(set, SSTC) && HAS(set, SVPBMT));
    assert_false(HAS(set, ZBA) || HAS(set, D));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_letters),
        cmocka_unit_test(longer_names),
        cmocka_unit_test(names_glued_to_letters),
        cmocka_unit_test(versions_are_ignored),
        cmocka_unit_test(odd_strings),
        cmocka_unit_test(what_no_tree_tells),
        cmocka_unit_test(every_feature_has_a_name),
        cmocka_unit_test(harts_agree),
        cmocka_unit_test(blocks_of_two_sizes_are_none),
        cmocka_unit_test(harts_that_cannot_run_us_do_not_count),
        cmocka_unit_test(the_list_counts_before_the_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
