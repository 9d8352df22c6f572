/* SPDX-License-Identifier: MIT */
/* Fuzzer of the ACPI reader and of the tree that is made of its findings. The input is physical
 * memory from 0 on with the RSDP at RSDP_AT; its first byte says whether checksums are put right
 * first, which no mutation would manage. */
#include "fdt_tree.h"

#include <arch/describe.h>
#include <stdlib.h>
#include <string.h>

#define RSDP_AT    0x10u
#define RSDP_BYTES 36u
#define HEADER     36u
#define RAM_BYTES  0x40000000ull

static uint8_t *memory;
static size_t memory_bytes;
static struct acpi_info acpi;
static struct boot_info info;
static uint64_t out[DESCRIBE_SIZE / 8];

static const void *map(phys_addr_t base, size_t size)
{
    return base <= memory_bytes && size <= memory_bytes - base ? memory + base : NULL;
}

static const struct acpi_access access = {.map = map};

static uint64_t get(size_t at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)memory[at + i] << (8 * i);
    }
    return value;
}

static void repair_sum(size_t at, size_t bytes, size_t sum)
{
    uint8_t total = 0;

    memory[sum] = 0;
    for (size_t i = 0; i < bytes; i++) {
        total = (uint8_t)(total + memory[at + i]);
    }
    memory[sum] = (uint8_t)-total;
}

/* Length of the table at `at`, or 0 when it does not lie in memory. */
static size_t table_bytes(uint64_t at)
{
    uint64_t bytes = map(at, HEADER) != NULL ? get(at + 4, 4) : 0;

    return bytes >= HEADER && map(at, bytes) != NULL ? bytes : 0;
}

static void repair_table(uint64_t at)
{
    size_t bytes = table_bytes(at);

    if (bytes != 0) {
        repair_sum(at, bytes, at + 9);
    }
}

/* Puts the tables behind a root right, and then the root. */
static void repair_root(uint64_t root, unsigned entry)
{
    size_t bytes = table_bytes(root);

    for (size_t at = HEADER; at + entry <= bytes; at += entry) {
        uint64_t table = get(root + at, entry);

        repair_table(table);
        if (table_bytes(table) >= 44 && memcmp(memory + table, "FACP", 4) == 0) {
            repair_table(get(table + 40, 4));
        }
    }
    repair_table(root);
}

static void repair(void)
{
    repair_root(get(RSDP_AT + 16, 4), 4);
    repair_root(get(RSDP_AT + 24, 8), 8);
    memcpy(memory + RSDP_AT, "RSD PTR ", 8);
    repair_sum(RSDP_AT, 20, RSDP_AT + 8);
    repair_sum(RSDP_AT, RSDP_BYTES, RSDP_AT + 32);
}

/* The nodes that completing the tree looks for. */
static void make_builtin(void)
{
    static const char *const nodes[] = {"intel,ce4100-ioapic",  "intel,ce4100-lapic",
                                        "intel,ce4100-hpet",    "pci-host-ecam-generic",
                                        "intel,i8042-keyboard", "keel,acpi-power"};

    tree_begin(2, 2);
    NODE("chosen");
    END();
    NODE("cpus");
    END();
    NODE("soc");
    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        NODE("node");
        fdt_build_string(&tree, "compatible", nodes[i]);
        CELLS("phandle", (uint32_t)i + 1);
        END();
    }
    END();
    NODE("isa@0");
    CELLS("#interrupt-cells", 1);
    END();
    if (tree_end() != 0) {
        abort();
    }
}

/* RAM must come out of the tree as it went in, however it was cut. */
static void check_tree(uint32_t used)
{
    struct fdt made;
    struct fdt_region region = {0};
    uint64_t total = 0;

    if (fdt_check(out, used, &made) != 0) {
        abort();
    }
    while (fdt_memory_next(&made, &region) == 0) {
        total += region.size;
    }
    if (total != RAM_BYTES) {
        abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    make_builtin();
    info.region_count = 1;
    info.regions[0] = (struct mem_region){.base = 0, .size = RAM_BYTES, .type = MEM_RAM};
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t used;

    if (size < RSDP_AT + RSDP_BYTES) {
        return 0;
    }
    memory = malloc(size);
    memory_bytes = size;
    memcpy(memory, data, size);
    if (data[0] != 0) {
        repair();
    }
    (void)acpi_scan_rsdp(&access);
    if (acpi_read(&access, RSDP_AT, &acpi) == 0) {
        if (describe_machine(&fdt, &info, &acpi, true, out, sizeof(out), &used) != 0) {
            abort();
        }
        check_tree(used);
    }
    free(memory);
    return 0;
}
