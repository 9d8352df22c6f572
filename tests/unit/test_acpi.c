/* SPDX-License-Identifier: MIT */
/* ACPI tables: what is found, what is left out, and the tree that comes of it. */
#include "acpi_tables.h"
#include "fdt_tree.h"

#include <arch/describe.h>
#include <keel/errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RSDP 0xf0010u

static char skips[1024]; /* "SIGN: why; " of every table left out */
static struct acpi_info acpi;

static void note_skip(const char *signature, phys_addr_t base, const char *why)
{
    size_t used = strlen(skips);

    (void)base;
    snprintf(skips + used, sizeof(skips) - used, "%s: %s; ", signature, why);
}

static const struct acpi_access access = {.map = fake_map, .skipped = note_skip};

static int read_tables(void)
{
    skips[0] = '\0';
    return acpi_read(&access, acpi_scan_rsdp(&access), &acpi);
}

static uint32_t add_madt(void)
{
    static const uint8_t entries[] = {
        0,  8,  0,   0,   1,  0,    0,    0, /* CPU 0 */
        0,  8,  1,   4,   1,  0,    0,    0, /* CPU with APIC id 4 */
        0,  8,  2,   5,   0,  0,    0,    0, /* disabled */
        0,  8,  3,   255, 1,  0,    0,    0, /* no APIC id */
        9,  16, 0,   0,   0,  1,    0,    0,    1,   0, 0, 0,
        9,  0,  0,   0, /* x2APIC id 0x100, UID 9 */
        9,  16, 0,   0,   4,  0,    0,    0,    1,   0, 0, 0,
        1,  0,  0,   0,                                       /* id 4 once more */
        1,  12, 7,   0,   0,  0,    0xc0, 0xfe, 0,   0, 0, 0, /* I/O APICs at GSI 0 and 24 */
        1,  12, 8,   0,   0,  0x10, 0xc0, 0xfe, 24,  0, 0, 0, /* */
        2,  10, 0,   0,   2,  0,    0,    0,    0,   0,       /* IRQ 0 is GSI 2 */
        2,  10, 0,   9,   25, 0,    0,    0,    0xf, 0,       /* IRQ 9 is GSI 25, level, low */
        2,  10, 0,   5,   5,  0,    0,    0,    0xd, 0,       /* IRQ 5 level, high */
        4,  6,  255, 5,   0,  1,                              /* NMI at LINT1 of all */
        77, 4,  1,   2,                                       /* unknown */
        5,  12, 0,   0,   0,  0,    0xe0, 0xfe, 1,   0, 0, 0, /* LAPIC at 0x1fee00000 */
    };
    uint32_t at = fake_open("APIC", 44 + sizeof(entries));

    fake_put(at + 36, 0xfee00000, 4);
    memcpy(fake + at + 44, entries, sizeof(entries));
    fake_list(at);
    return at;
}

static void add_mcfg(void)
{
    uint32_t at = fake_open("MCFG", 44 + 3 * 16);

    fake_put(at + 44, 0xe0000000, 8);
    fake_put(at + 52, 1, 2);
    fake[at + 55] = 255;
    fake_put(at + 60, 0xb0000000, 8);
    fake[at + 70] = 0;
    fake[at + 71] = 0x3f;
    fake_put(at + 76, 0xc0000000, 8);
    fake[at + 86] = 9; /* from bus 9 to bus 8 */
    fake[at + 87] = 8;
    fake_list(at);
}

static void add_hpet(void)
{
    uint32_t at = fake_open("HPET", 56);

    fake_put(at + 44, 0xfed00000, 8);
    fake_list(at);
}

static void add_numa(void)
{
    uint32_t srat = fake_open("SRAT", 48 + 16 + 24 + 40 + 40);
    uint32_t slit = fake_open("SLIT", 44 + 4);
    uint32_t at = srat + 48;

    memcpy(fake + at, (uint8_t[]){0, 16, 1, 4, 1}, 5);
    at += 16;
    memcpy(fake + at, (uint8_t[]){2, 24, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1}, 13);
    at += 24;
    memcpy(fake + at, (uint8_t[]){1, 40, 0}, 3);
    fake_put(at + 8, 0, 8);
    fake_put(at + 16, 0x10000000, 8);
    fake[at + 28] = 1;
    at += 40;
    memcpy(fake + at, (uint8_t[]){1, 40, 1}, 3);
    fake_put(at + 8, 0x10000000, 8);
    fake_put(at + 16, 0x20000000, 8);
    fake[at + 28] = 1;
    fake_list(srat);
    fake_put(slit + 36, 2, 8);
    memcpy(fake + slit + 44, (uint8_t[]){10, 17, 18, 10}, 4);
    fake_list(slit);
}

/* A DSDT with the bytes of _S5 in it. */
static uint32_t add_dsdt(const uint8_t *bytes, uint32_t count)
{
    uint32_t at = fake_open("DSDT", 36 + 20 + count);

    memset(fake + at + 36, 0x42, 20);
    memcpy(fake + at + 56, bytes, count);
    fake_close(at);
    return at;
}

static uint32_t add_fadt(uint32_t dsdt, uint32_t bytes)
{
    uint32_t at = fake_open("FACP", bytes);

    fake_put(at + 40, dsdt, 4);
    fake_put(at + 48, 0xb2, 4);
    fake[at + 52] = 2;
    fake_put(at + 64, 0x604, 4);
    fake_put(at + 76, 0x608, 4);
    fake[at + 108] = 0x32;
    fake_put(at + 109, 2, 2);
    fake_put(at + 112, 1 << 10 | 1 << 8, 4);
    if (bytes >= 129) {
        memcpy(fake + at + 116, (uint8_t[]){1, 8, 0, 0, 0xf9, 0xc}, 6);
        fake[at + 128] = 0xf;
    }
    fake_list(at);
    return at;
}

static const uint8_t s5[] = {8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5, 0x0a, 7, 0, 0};

static void make_machine(uint8_t revision)
{
    fake_reset();
    add_numa(); /* listed before the MADT, whose CPUs it speaks of */
    add_madt();
    add_mcfg();
    add_hpet();
    add_fadt(add_dsdt(s5, sizeof(s5)), 244);
    fake_finish(RSDP, revision);
}

static void assert_machine(void)
{
    uint16_t flags;

    assert_int_equal(acpi.cpu_count, 3);
    assert_int_equal(acpi.cpus[1].apic_id, 4);
    assert_int_equal(acpi.cpus[2].apic_id, 0x100);
    assert_int_equal(acpi.cpus[2].uid, 9);
    assert_int_equal(acpi.cpus[0].node, ACPI_NODE_NONE);
    assert_int_equal(acpi.cpus[1].node, 1);
    assert_int_equal(acpi.cpus[2].node, 0 + 1);
    assert_int_equal(acpi.lapic_base, 0x1fee00000);
    assert_int_equal(acpi.ioapic_count, 2);
    assert_int_equal(acpi.ioapics[1].gsi_base, 24);
    assert_int_equal(acpi_isa_gsi(&acpi, 0, &flags), 2);
    assert_int_equal(acpi_isa_gsi(&acpi, 9, &flags), 25);
    assert_int_equal(flags, 0xf);
    assert_int_equal(acpi_isa_gsi(&acpi, 4, &flags), 4);
    assert_int_equal(flags, 0);
    assert_int_equal(acpi.nmi_pin, 1);
    assert_int_equal(acpi.nmi_flags, 5);
    assert_int_equal(acpi.ecam_count, 2);
    assert_int_equal(acpi.ecams[1].last_bus, 0x3f);
    assert_int_equal(acpi.hpet_base, 0xfed00000);
    assert_int_equal(acpi.distances[0][1], 17);
    assert_int_equal(acpi.distances[1][0], 18);
}

static void reads_all_tables(void **state)
{
    (void)state;
    for (uint8_t revision = 0; revision <= 2; revision += 2) {
        make_machine(revision);
        assert_int_equal(read_tables(), 0);
        assert_machine();
        assert_int_equal(acpi.revision, revision);
        assert_string_equal(skips, "MCFG: malformed entry; ");
    }
}

static void reads_power_control(void **state)
{
    (void)state;
    make_machine(2);
    assert_int_equal(read_tables(), 0);
    assert_int_equal(acpi.power.pm1a_control.address, 0x604);
    assert_int_equal(acpi.power.pm1a_control.space, ACPI_SPACE_IO);
    assert_int_equal(acpi.power.pm1b_control.address, 0);
    assert_true(acpi.power.has_s5);
    assert_int_equal(acpi.power.s5_type_a, 5);
    assert_int_equal(acpi.power.s5_type_b, 7);
    assert_int_equal(acpi.power.reset.address, 0xcf9);
    assert_int_equal(acpi.power.reset_value, 0xf);
    assert_int_equal(acpi.power.timer.width, 32);
    assert_int_equal(acpi.power.century, 0x32);
    assert_int_equal(acpi.power.smi_command, 0xb2);
    assert_int_equal(acpi.power.acpi_enable, 2);
    assert_true(acpi.power.has_i8042);
    /* The extended addresses go first; the oldest table has neither them nor a reset register. */
    fake_reset();
    (void)add_fadt(0, 244);
    fake_put(fake_roots[0] + 172, 1 | 16 << 8, 4);
    fake_put(fake_roots[0] + 176, 0xb004, 8);
    fake_put(fake_roots[0] + 140, add_dsdt(s5, sizeof(s5)), 8);
    fake_close(fake_roots[0]);
    fake_finish(RSDP, 0);
    assert_int_equal(read_tables(), 0);
    assert_int_equal(acpi.power.pm1a_control.address, 0xb004);
    assert_true(acpi.power.has_s5);
    fake_reset();
    add_fadt(add_dsdt(s5, sizeof(s5)), 116);
    fake_finish(RSDP, 0);
    assert_int_equal(read_tables(), 0);
    assert_int_equal(acpi.power.reset.address, 0);
    assert_true(acpi.power.has_s5);
}

/* Ways to write _S5, and bytes that only look like it. */
static void finds_s5_in_byte_code(void **state)
{
    static const struct {
        uint8_t bytes[16];
        uint8_t count;
        bool found;
        uint8_t type;
    } cases[] = {
        {{8, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0}, 12, true, 0},
        {{8, '_', 'S', '5', '_', 0x12, 6, 4, 1, 1, 0, 0}, 12, true, 1},
        {{8, '\\', '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 3, 0}, 12, true, 3},
        {{8, '_', 'S', '5', '_', 0x12, 0x46, 0, 4, 0x0a, 6, 0}, 12, true, 6},
        {{8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0b, 2, 0, 0}, 12, true, 2},
        {{8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 9, 0, 0}, 12, false, 0}, /* no SLP_TYP */
        {{8, '_', 'S', '5', '_', 0x11, 6, 4, 0x0a, 5, 0, 0}, 12, false, 0}, /* a buffer */
        {{0x42, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5}, 12, false, 0},    /* no name */
        {{8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0c, 5, 0, 0}, 12, false, 0}, /* no small number */
        {{8, '_', 'S', '5', '_', 0x12, 0xc6, 0}, 8, false, 0},              /* ends early */
        {{8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a}, 9, false, 0},
        {{8, '_', 'S', '5', '_'}, 5, false, 0},
        {{8, '_', 'S', '5'}, 4, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        fake_reset();
        add_fadt(add_dsdt(cases[i].bytes, cases[i].count), 244);
        fake_finish(RSDP, 2);
        assert_int_equal(read_tables(), 0);
        assert_int_equal(acpi.power.has_s5, cases[i].found);
        if (cases[i].found) {
            assert_int_equal(acpi.power.s5_type_a, cases[i].type);
        }
    }
}

static void looks_in_the_ebda_first(void **state)
{
    (void)state;
    make_machine(2);
    assert_int_equal(acpi_scan_rsdp(&access), RSDP);
    memcpy(fake + 0x9fc20, fake + RSDP, 36);
    fake_put(0x40e, 0x9fc0, 2);
    assert_int_equal(acpi_scan_rsdp(&access), 0x9fc20);
    fake[0x9fc2f]++; /* its sum is wrong now */
    assert_int_equal(acpi_scan_rsdp(&access), RSDP);
    memmove(fake + RSDP + 4, fake + RSDP, 36); /* not at 16 bytes */
    memset(fake + RSDP, 0, 4);
    assert_int_equal(acpi_scan_rsdp(&access), 0);
    assert_int_equal(acpi_read(&access, 0, &acpi), -ENOENT);
    assert_int_equal(acpi_read(&access, 0x20, &acpi), -ENOENT);
    assert_int_equal(acpi_read(&access, FAKE_BYTES - 4, &acpi), -ENOENT);
}

static void leaves_broken_tables_out(void **state)
{
    uint32_t madt;

    (void)state;
    fake_reset();
    madt = add_madt();
    add_hpet();
    fake_finish(RSDP, 2);
    fake[madt + 50]++;
    assert_int_equal(read_tables(), 0);
    assert_string_equal(skips, "APIC: wrong checksum; ");
    assert_false(acpi.has_madt);
    assert_true(acpi.has_hpet);
    fake_put(madt + 4, 35, 4);
    assert_int_equal(read_tables(), 0);
    assert_string_equal(skips, "APIC: impossible length; ");
    fake_put(madt + 4, 0xffffffff, 4);
    assert_int_equal(read_tables(), 0);
    assert_string_equal(skips, "APIC: impossible length; ");
    fake_put(madt + 4, FAKE_BYTES, 4);
    assert_int_equal(read_tables(), 0);
    assert_string_equal(skips, "APIC: does not lie in memory as a whole; ");
    memset(fake + madt, 0, 64);
    assert_int_equal(read_tables(), 0);
    assert_string_equal(skips, "????: impossible length; ");
}

static void leaves_broken_entries_out(void **state)
{
    static const uint8_t lengths[] = {0, 1, 7, 200};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths); i++) {
        uint32_t at;

        fake_reset();
        at = fake_open("APIC", 44 + 16);
        memcpy(fake + at + 44, (uint8_t[]){0, 8, 0, 3, 1}, 5);
        memcpy(fake + at + 52, (uint8_t[]){0, lengths[i], 1, 4, 1}, 5);
        fake_list(at);
        at = fake_open("SRAT", 48 + 8);
        fake[at + 49] = lengths[i];
        fake_list(at);
        at = fake_open("SLIT", 44 + 4);
        fake_put(at + 36, lengths[i] == 7 ? 0x100000001 : 3, 8);
        fake_list(at);
        at = fake_open("HPET", lengths[i] == 7 ? 50 : 56); /* too short, or at 0 */
        fake_list(at);
        fake_list(fake_open("FACP", 100));
        fake_finish(RSDP, 2);
        assert_int_equal(read_tables(), 0);
        assert_int_equal(acpi.cpu_count, 1);
        assert_non_null(strstr(skips, "APIC: malformed entry"));
        assert_non_null(strstr(skips, "SRAT: malformed entry"));
        assert_non_null(strstr(skips, "SLIT: impossible number"));
        assert_non_null(strstr(skips, "HPET: "));
        assert_non_null(strstr(skips, "FACP: "));
        assert_false(acpi.has_hpet || acpi.has_slit || acpi.has_fadt);
    }
}

static void falls_back_to_the_rsdt(void **state)
{
    uint32_t xsdt;

    (void)state;
    make_machine(0);
    memcpy(&xsdt, fake + RSDP + 16, 4);
    /* Revision 2 with an XSDT that is none, but with a sound RSDT. */
    fake[RSDP + 15] = 2;
    fake_put(RSDP + 24, 0x100, 8);
    fake_sum(RSDP, 20, RSDP + 8);
    fake_sum(RSDP, 36, RSDP + 32);
    assert_int_equal(read_tables(), 0);
    assert_machine();
    fake_put(RSDP + 24, 0x123456789abc, 8);
    fake_sum(RSDP, 36, RSDP + 32);
    assert_int_equal(read_tables(), 0);
    assert_non_null(strstr(skips, "cannot be reached"));
    fake[RSDP + 33]++; /* the extended sum is wrong */
    assert_int_equal(read_tables(), 0);
    assert_non_null(strstr(skips, "wrong checksum of the extended RSDP"));
    fake_put(RSDP + 20, 20, 4);
    fake_sum(RSDP, 20, RSDP + 8);
    assert_int_equal(read_tables(), 0);
    assert_non_null(strstr(skips, "impossible length of the RSDP"));
    fake[xsdt + 10]++;
    assert_int_equal(read_tables(), -EPROTO);
    make_machine(0);
    memcpy(fake + xsdt, "XXXX", 4);
    fake_close(xsdt);
    assert_int_equal(read_tables(), -EPROTO);
    assert_non_null(strstr(skips, "is not the root table"));
}

static void bounds_every_list(void **state)
{
    uint32_t at;

    (void)state;
    fake_reset();
    at = fake_open("APIC", 44 + 300 * 16 + 40 * 12 + 40 * 10);
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t entry = at + 44 + i * 16;

        memcpy(fake + entry, (uint8_t[]){9, 16}, 2);
        fake_put(entry + 4, i, 4);
        fake[entry + 8] = 1;
    }
    for (uint32_t i = 0; i < 40; i++) {
        memcpy(fake + at + 44 + 4800 + i * 12, (uint8_t[]){1, 12, (uint8_t)i}, 3);
        memcpy(fake + at + 44 + 5280 + i * 10, (uint8_t[]){2, 10, 0, (uint8_t)i}, 4);
    }
    fake_list(at);
    for (unsigned i = 0; i < 60; i++) {
        fake_roots[fake_root_count++] = at;
    }
    fake_finish(RSDP, 2);
    assert_int_equal(read_tables(), 0);
    assert_int_equal(acpi.cpu_count, ACPI_CPUS_MAX);
    assert_int_equal(acpi.ioapic_count, ACPI_IOAPICS_MAX);
    assert_int_equal(acpi.override_count, ACPI_OVERRIDES_MAX);
    assert_int_equal(acpi.dropped,
                     300 - ACPI_CPUS_MAX + 40 - ACPI_IOAPICS_MAX + 40 - ACPI_OVERRIDES_MAX + 1);
}

static void knows_memory_nodes(void **state)
{
    phys_addr_t end;

    (void)state;
    make_machine(2);
    assert_int_equal(read_tables(), 0);
    assert_int_equal(acpi_memory_node(&acpi, 0x1000, &end), 0);
    assert_int_equal(end, 0x10000000);
    assert_int_equal(acpi_memory_node(&acpi, 0x10000000, &end), 1);
    assert_int_equal(end, 0x30000000);
    assert_int_equal(acpi_memory_node(&acpi, 0x30000000, &end), ACPI_NODE_NONE);
    assert_true(end == UINT64_MAX);
}

/* --- The tree --- */

static uint64_t out[DESCRIBE_SIZE / 8];
static struct boot_info info;

static void add_cpus(void)
{
    NODE("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    NODE("cpu@0");
    TEXT("device_type", "cpu");
    CELLS("reg", 0);
    END();
    END();
}

static void add_soc(void)
{
    NODE("soc");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    FLAG("ranges");
    NODE("interrupt-controller@fec00000");
    TEXT("compatible", "intel,ce4100-ioapic");
    CELLS("reg", 0, 0xfec00000, 0, 0x1000);
    CELLS("#interrupt-cells", 2);
    CELLS("keel,gsi-base", 0);
    CELLS("phandle", 1);
    END();
    NODE("timer@fed00000");
    TEXT("compatible", "intel,ce4100-hpet");
    CELLS("reg", 0, 0xfed00000, 0, 0x400);
    END();
    NODE("interrupt-controller@fee00000");
    TEXT("compatible", "intel,ce4100-lapic");
    CELLS("reg", 0, 0xfee00000, 0, 0x1000);
    END();
    END();
}

static void add_pcie(void)
{
    NODE("pcie@b0000000");
    TEXT("compatible", "pci-host-ecam-generic");
    CELLS("reg", 0, 0xb0000000, 0, 0x10000000);
    CELLS("bus-range", 0, 255);
    END();
}

static void add_isa(void)
{
    NODE("isa@0");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    CELLS("#interrupt-cells", 1);
    CELLS("interrupt-parent", 2);
    CELLS("interrupt-map-mask", 0, 0, 15);
    CELLS("interrupt-map", 0, 0, 4, 1, 4, 0, 0, 0, 9, 1, 9, 0);
    CELLS("phandle", 2);
    NODE("pic@i20");
    TEXT("compatible", "intel,i8259");
    CELLS("reg", 1, 0x20, 2, 1, 0xa0, 2);
    FLAG("interrupt-controller");
    CELLS("#interrupt-cells", 1);
    CELLS("phandle", 3);
    END();
    NODE("serial@i3f8");
    CELLS("reg", 1, 0x3f8, 8);
    CELLS("interrupts", 4, 9, 5, 0);
    END();
    NODE("keyboard@i60");
    TEXT("compatible", "intel,i8042-keyboard");
    END();
    END();
}

/* A tree of the shape of the built-in one. */
static void make_builtin(void)
{
    tree_begin(2, 2);
    CELLS("interrupt-parent", 1);
    NODE("chosen");
    TEXT("stdout-path", "/isa@0/serial@i3f8");
    TEXT("bootargs", "old");
    END();
    add_cpus();
    add_soc();
    add_pcie();
    add_isa();
    NODE("power");
    TEXT("compatible", "keel,acpi-power");
    TEXT("status", "disabled");
    END();
    NODE("memory@0");
    TEXT("device_type", "memory");
    CELLS("reg", 0, 0, 0, 0);
    END();
    NODE("__symbols__");
    TEXT("a", "/soc");
    END();
    assert_int_equal(tree_end(), 0);
}

static void make_info(void)
{
    memset(&info, 0, sizeof(info));
    strcpy(info.cmdline, "init=none");
    info.initrd_base = 0x4000000;
    info.initrd_size = 0x1000;
    info.cpu.hw_id = 6;
    info.region_count = 4;
    info.regions[0] = (struct mem_region){0, 0x9f000, MEM_RAM};
    info.regions[1] = (struct mem_region){0x100000, 0x3ff00000, MEM_RAM};
    info.regions[2] = (struct mem_region){0x40000000, 0x2000, MEM_ACPI};
    info.regions[3] = (struct mem_region){0x40002000, 0x1000, MEM_NVS};
}

/* The built-in tree and what the loader said. */
static void make_inputs(void)
{
    make_builtin();
    make_info();
}

/* Those and the tables of a whole machine, read. */
static void make_all_inputs(void)
{
    make_machine(2);
    assert_int_equal(read_tables(), 0);
    make_inputs();
}

static bool has_apic = true; /* what is told of the CPU */

static void describe(const struct acpi_info *tables, struct fdt *made)
{
    uint32_t used;

    assert_int_equal(describe_machine(&fdt, &info, tables, has_apic, out, sizeof(out), &used), 0);
    assert_int_equal(fdt_check(out, used, made), 0);
    assert_int_equal(fdt_find(made, "/__symbols__"), -ENOENT);
    assert_string_equal(fdt_bootargs(made), info.cmdline);
}

static int count_children(const struct fdt *made, const char *path)
{
    int count = 0;
    int child;

    fdt_for_each_child (made, child, fdt_find(made, path)) {
        count++;
    }
    return count;
}

static void assert_irq(const struct fdt *made, uint32_t index, const char *controller, uint32_t pin,
                       uint32_t trigger)
{
    struct fdt_irq irq;

    assert_int_equal(fdt_interrupt(made, fdt_find(made, "/isa/serial"), index, &irq), 0);
    assert_string_equal(fdt_name(made, irq.controller), controller);
    assert_int_equal(irq.cells[0], pin);
    assert_int_equal(irq.cells[1], trigger);
}

static void completes_the_tree(void **state)
{
    struct fdt made;
    phys_addr_t base;
    uint64_t size;
    uint32_t value;

    (void)state;
    make_all_inputs();
    describe(&acpi, &made);
    assert_int_equal(count_children(&made, "/cpus"), 3);
    assert_int_equal(fdt_prop_u32(&made, fdt_find(&made, "/cpus/cpu@100"), "reg", &value), 0);
    assert_int_equal(value, 0x100);
    assert_int_equal(fdt_prop_u32(&made, fdt_find(&made, "/cpus/cpu@4"), "numa-node-id", &value),
                     0);
    assert_int_equal(value, 1);
    assert_int_equal(fdt_prop_u32(&made, fdt_find(&made, "/cpus/cpu@0"), "numa-node-id", &value),
                     -ENOENT);
    assert_irq(&made, 0, "interrupt-controller@fec00000", 4, 0);
    assert_irq(&made, 1, "interrupt-controller@fec01000", 1, 1);
    assert_irq(&made, 2, "interrupt-controller@fec00000", 5, 2);
    assert_irq(&made, 3, "interrupt-controller@fec00000", 2, 0);
    assert_int_equal(
        fdt_reg(&made, fdt_find(&made, "/soc/interrupt-controller@1fee00000"), 0, &base, &size), 0);
    assert_int_equal(base, 0x1fee00000);
    assert_int_equal(fdt_reg(&made, fdt_find(&made, "/pcie@b0000000"), 0, &base, &size), 0);
    assert_int_equal(size, 0x40 << 20);
    assert_int_equal(fdt_initrd(&made, &base, &size), 0);
    assert_int_equal(base, 0x4000000);
    assert_int_equal(size, 0x1000);
    assert_int_equal(
        fdt_prop_cell(&made, fdt_find(&made, "/distance-map"), "distance-matrix", 5, &value), 0);
    assert_int_equal(value, 17);
}

static bool is_available(const struct fdt *made, const char *path)
{
    return fdt_available(made, fdt_find(made, path));
}

static void assert_isa_by_pic(const struct fdt *made)
{
    struct fdt_irq irq;

    for (uint32_t i = 0; i < 4; i++) {
        static const uint32_t lines[] = {4, 9, 5, 0};

        assert_int_equal(fdt_interrupt(made, fdt_find(made, "/isa/serial"), i, &irq), 0);
        assert_string_equal(fdt_name(made, irq.controller), "pic@i20");
        assert_int_equal(irq.count, 1);
        assert_int_equal(irq.cells[0], lines[i]);
    }
}

static void does_without_apics_if_told(void **state)
{
    static const char *const lines[] = {"apic=off", "init=none  apic=0 quiet", "apic=on apic=no"};
    struct fdt made;

    (void)state;
    make_all_inputs();
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        strcpy(info.cmdline, lines[i]);
        describe(&acpi, &made);
        assert_isa_by_pic(&made);
        assert_false(is_available(&made, "/soc/interrupt-controller@fec00000"));
        assert_false(is_available(&made, "/soc/interrupt-controller@1fee00000"));
        describe(NULL, &made);
        assert_isa_by_pic(&made);
    }
}

static void does_without_apics_where_the_cpu_has_none(void **state)
{
    struct fdt made;

    (void)state;
    make_all_inputs();
    strcpy(info.cmdline, "apic=on");
    has_apic = false;
    describe(&acpi, &made);
    has_apic = true;
    assert_isa_by_pic(&made);
    assert_false(is_available(&made, "/soc/interrupt-controller@fec00000"));
    assert_false(is_available(&made, "/soc/interrupt-controller@1fee00000"));
}

static void keeps_apics_unless_told(void **state)
{
    static const char *const lines[] = {"apic=on", "apic=off apic=1", "apic=offf", "noapic=off",
                                        "apic=neverheardofit"};
    struct fdt made;

    (void)state;
    make_all_inputs();
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        strcpy(info.cmdline, lines[i]);
        describe(&acpi, &made);
        assert_irq(&made, 0, "interrupt-controller@fec00000", 4, 0);
        assert_true(is_available(&made, "/soc/interrupt-controller@fec00000"));
        assert_true(is_available(&made, "/soc/interrupt-controller@1fee00000"));
    }
}

static void falls_back_on_the_pic_without_ioapics(void **state)
{
    struct fdt made;

    (void)state;
    make_all_inputs();
    acpi.ioapic_count = 0;
    describe(&acpi, &made);
    assert_isa_by_pic(&made);
    assert_false(is_available(&made, "/soc/interrupt-controller@fec00000"));
    assert_true(is_available(&made, "/soc/interrupt-controller@1fee00000"));
}

static void describes_memory(void **state)
{
    static const uint64_t expected[][3] = {
        {0, 0x9f000, 0},
        {0x100000, 0xff00000, 0},
        {0x10000000, 0x20000000, 1},
        {0x30000000, 0x10000000, ACPI_NODE_NONE},
    };
    struct fdt_region region = {0};
    struct fdt made;

    (void)state;
    make_all_inputs();
    describe(&acpi, &made);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        uint32_t node = ACPI_NODE_NONE;

        assert_int_equal(fdt_memory_next(&made, &region), 0);
        assert_int_equal(region.base, expected[i][0]);
        assert_int_equal(region.size, expected[i][1]);
        (void)fdt_prop_u32(&made, region.node, "numa-node-id", &node);
        assert_int_equal(node, expected[i][2]);
    }
    assert_int_equal(fdt_memory_next(&made, &region), -ENOENT);
    region = (struct fdt_region){0};
    assert_int_equal(fdt_reserved_next(&made, &region), 0);
    assert_int_equal(region.base, 0x40000000);
    assert_false(region.no_map);
    assert_int_equal(fdt_reserved_next(&made, &region), 0);
    assert_int_equal(region.base, 0x40002000);
    assert_true(region.no_map);
    assert_int_equal(fdt_reserved_next(&made, &region), -ENOENT);
}

static void describes_power(void **state)
{
    struct fdt made;
    uint32_t value;
    int power;

    (void)state;
    make_all_inputs();
    describe(&acpi, &made);
    power = fdt_next_compatible(&made, -1, "keel,acpi-power");
    assert_true(fdt_available(&made, power));
    assert_int_equal(fdt_prop_u32(&made, power, "keel,pm1-control-ports", &value), 0);
    assert_int_equal(value, 0x604);
    assert_int_equal(fdt_prop_u32(&made, power, "keel,s5-sleep-types", &value), 0);
    assert_int_equal(value, 5);
    assert_int_equal(fdt_prop_cell(&made, power, "keel,reset-register", 2, &value), 0);
    assert_int_equal(value, 0xcf9);
    assert_int_equal(fdt_prop_cell(&made, power, "keel,pm-timer", 1, &value), 0);
    assert_int_equal(value, 32);
}

static void leaves_out_what_acpi_denies(void **state)
{
    struct fdt made;

    (void)state;
    fake_reset();
    add_madt();
    fake_put(add_fadt(0, 244) + 109, 0, 2);
    fake_close(fake_roots[1]);
    fake_finish(RSDP, 2);
    assert_int_equal(read_tables(), 0);
    make_inputs();
    describe(&acpi, &made);
    assert_int_equal(fdt_find(&made, "/soc/timer"), -ENOENT);
    assert_int_equal(fdt_find(&made, "/pcie"), -ENOENT);
    assert_int_equal(fdt_find(&made, "/isa/keyboard"), -ENOENT);
    assert_int_equal(fdt_find(&made, "/distance-map"), -ENOENT);
}

/* S5 may stand in an SSDT; with neither S5 nor a reset register the power node stays disabled. */
static void finds_power_in_an_ssdt(void **state)
{
    struct fdt made;

    (void)state;
    for (int round = 0; round < 2; round++) {
        uint32_t ssdt;

        fake_reset();
        add_fadt(0, 116);
        ssdt = fake_open("SSDT", 36 + sizeof(s5));
        memcpy(fake + ssdt + 36, s5, sizeof(s5));
        fake[ssdt + 36 + 1] = round == 0 ? '_' : 'X';
        fake_list(ssdt);
        fake_finish(RSDP, 2);
        assert_int_equal(read_tables(), 0);
        assert_int_equal(acpi.power.has_s5, round == 0);
        make_inputs();
        describe(&acpi, &made);
        assert_int_equal(fdt_available(&made, fdt_find(&made, "/power")), round == 0);
    }
}

static void keeps_defaults_without_acpi(void **state)
{
    struct fdt made;
    uint32_t value;

    (void)state;
    make_inputs();
    info.initrd_size = 0;
    describe(NULL, &made);
    assert_int_equal(count_children(&made, "/cpus"), 1);
    assert_int_equal(fdt_prop_u32(&made, fdt_find(&made, "/cpus/cpu@6"), "reg", &value), 0);
    assert_int_equal(value, 6);
    assert_true(fdt_find(&made, "/soc/timer@fed00000") > 0);
    assert_true(fdt_find(&made, "/pcie@b0000000") > 0);
    assert_irq(&made, 1, "interrupt-controller@fec00000", 9, 0);
    assert_false(fdt_available(&made, fdt_find(&made, "/power")));
    assert_false(fdt_prop_present(&made, fdt_find(&made, "/chosen"), "linux,initrd-start"));
}

static void describes_a_framebuffer(void **state)
{
    static const struct framebuffer_info shapes[] = {
        {FB_RGB, 0x80000000, 1024, 768, 4096, 32, 16, 8, 8, 8, 0, 8},
        {FB_RGB, 0x80000000, 1024, 768, 4096, 32, 0, 8, 8, 8, 16, 8},
        {FB_RGB, 0x80000000, 1024, 768, 3072, 24, 16, 8, 8, 8, 0, 8},
        {FB_RGB, 0x80000000, 1024, 768, 2048, 16, 11, 5, 5, 6, 0, 5},
        {FB_RGB, 0x80000000, 1024, 768, 2048, 15, 10, 5, 5, 5, 0, 5},
    };
    static const char *const formats[] = {"x8r8g8b8", "x8b8g8r8", "r8g8b8", "r5g6b5", NULL};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        struct fdt made;
        int node;

        make_inputs();
        info.framebuffer = shapes[i];
        describe(NULL, &made);
        node = fdt_find(&made, "/framebuffer@80000000");
        if (formats[i] == NULL) {
            assert_int_equal(node, -ENOENT);
        } else {
            assert_string_equal(fdt_prop_string(&made, node, "format", 0), formats[i]);
        }
    }
}

static void says_when_there_is_no_room(void **state)
{
    uint32_t used;
    uint32_t needed;

    (void)state;
    make_all_inputs();
    assert_int_equal(describe_machine(&fdt, &info, &acpi, true, out, sizeof(out), &needed), 0);
    for (uint32_t size = 0; size < needed; size += 61) {
        uint8_t *room = malloc(size);

        assert_int_equal(describe_machine(&fdt, &info, &acpi, true, room, size, &used), -ENOSPC);
        free(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_tables),
        cmocka_unit_test(reads_power_control),
        cmocka_unit_test(finds_s5_in_byte_code),
        cmocka_unit_test(looks_in_the_ebda_first),
        cmocka_unit_test(leaves_broken_tables_out),
        cmocka_unit_test(leaves_broken_entries_out),
        cmocka_unit_test(falls_back_to_the_rsdt),
        cmocka_unit_test(bounds_every_list),
        cmocka_unit_test(knows_memory_nodes),
        cmocka_unit_test(completes_the_tree),
        cmocka_unit_test(does_without_apics_if_told),
        cmocka_unit_test(does_without_apics_where_the_cpu_has_none),
        cmocka_unit_test(keeps_apics_unless_told),
        cmocka_unit_test(falls_back_on_the_pic_without_ioapics),
        cmocka_unit_test(describes_memory),
        cmocka_unit_test(describes_power),
        cmocka_unit_test(leaves_out_what_acpi_denies),
        cmocka_unit_test(finds_power_in_an_ssdt),
        cmocka_unit_test(keeps_defaults_without_acpi),
        cmocka_unit_test(describes_a_framebuffer),
        cmocka_unit_test(says_when_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
