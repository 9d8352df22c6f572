/* SPDX-License-Identifier: MIT */
/* What the kernel takes from ACPI tables (ACPI Specification 6.5, called ACPI below; MCFG: PCI
 * Firmware Specification 3.3; HPET: IA-PC HPET Specification 1.0a). Only tables: no byte code is
 * run. Nothing here touches hardware or trusts a byte of what it reads, so it runs in tests. */
#ifndef X86_64_ARCH_ACPI_H
#define X86_64_ARCH_ACPI_H

#include <keel/types.h>

#define ACPI_TABLES_MAX    48
#define ACPI_CPUS_MAX      256
#define ACPI_IOAPICS_MAX   8
#define ACPI_OVERRIDES_MAX 24
#define ACPI_ECAMS_MAX     8
#define ACPI_RANGES_MAX    64
#define ACPI_NODES_MAX     16
#define ACPI_NODE_NONE     0xffffffffu
#define ACPI_NO_PIN        0xffu

/* How tables are reached, and who hears of what was left out. */
struct acpi_access {
    /* The bytes of [base, base + size), for good; NULL when they cannot be reached. */
    const void *(*map)(phys_addr_t base, size_t size);
    /* Told of every table (4 letters) or entry left out, and why; may be NULL. */
    void (*skipped)(const char *signature, phys_addr_t base, const char *why);
};

/* A register as ACPI 5.2.3.2 describes it; address 0 when there is none. */
struct acpi_register {
    uint64_t address;
    uint8_t space; /* enum acpi_space */
    uint8_t width; /* bits */
};

enum acpi_space {
    ACPI_SPACE_MEMORY = 0,
    ACPI_SPACE_IO = 1,
    ACPI_SPACE_PCI = 2,
};

struct acpi_cpu {
    uint32_t apic_id;
    uint32_t uid;
    uint32_t node; /* proximity domain, or ACPI_NODE_NONE */
};

struct acpi_ioapic {
    uint32_t id;
    phys_addr_t base;
    uint32_t gsi_base; /* global system interrupt of pin 0 */
};

/* An ISA interrupt that is not wired to the global system interrupt of its number. */
struct acpi_override {
    uint8_t irq;
    uint32_t gsi;
    uint16_t flags; /* MPS INTI flags (ACPI table 5.26): polarity bits 0-1, trigger bits 2-3 */
};

#define ACPI_POLARITY_MASK 0x3u
#define ACPI_POLARITY_LOW  0x3u
#define ACPI_TRIGGER_MASK  0xcu
#define ACPI_TRIGGER_LEVEL 0xcu

struct acpi_ecam {
    phys_addr_t base; /* of bus 0, whatever the first bus is */
    uint16_t segment;
    uint8_t first_bus, last_bus;
};

struct acpi_range {
    phys_addr_t base;
    uint64_t size;
    uint32_t node;
};

/* Power control from the FADT (ACPI 5.2.9), and SLP_TYP of S5 from the DSDT or an SSDT. */
struct acpi_power {
    struct acpi_register pm1a_control, pm1b_control; /* PM1_CNT (ACPI 4.8.3.2.1) */
    struct acpi_register reset;                      /* address 0 when not supported */
    struct acpi_register timer;                      /* width 24 or 32 */
    uint8_t reset_value;
    uint8_t century; /* CMOS index, 0 for none */
    bool has_s5;
    uint8_t s5_type_a, s5_type_b; /* SLP_TYP for PM1a and PM1b */
    uint32_t smi_command;         /* port; 0: no legacy mode */
    uint8_t acpi_enable;          /* byte to write there */
    bool has_i8042;
};

/* All findings. Counts are of entries that fit; `dropped` of those that did not. */
struct acpi_info {
    uint8_t revision; /* of the RSDP */
    bool has_madt, has_fadt, has_hpet, has_slit;
    phys_addr_t lapic_base;
    uint8_t nmi_pin; /* LINT pin of all CPUs' NMI, or ACPI_NO_PIN */
    uint16_t nmi_flags;
    phys_addr_t hpet_base;
    struct acpi_power power;
    uint32_t cpu_count, ioapic_count, override_count, ecam_count, range_count, node_count;
    uint32_t dropped;
    struct acpi_cpu cpus[ACPI_CPUS_MAX]; /* enabled ones, in the table's order */
    struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
    struct acpi_override overrides[ACPI_OVERRIDES_MAX];
    struct acpi_ecam ecams[ACPI_ECAMS_MAX];
    struct acpi_range ranges[ACPI_RANGES_MAX];
    uint8_t distances[ACPI_NODES_MAX][ACPI_NODES_MAX];
};

/* Looks for the RSDP where a BIOS puts it (ACPI 5.2.5.1): first KiB of the EBDA, 0xe0000-0xfffff.
 * 0 when there is none. */
phys_addr_t acpi_scan_rsdp(const struct acpi_access *access);

/* Reads all tables that the RSDP at `rsdp` leads to: XSDT if it is sound, or else RSDT. Tables with
 * a wrong length or checksum, and malformed entries, are left out and reported.
 * 0; -ENOENT: no sound RSDP there; -EPROTO: neither XSDT nor RSDT is sound. */
int acpi_read(const struct acpi_access *access, phys_addr_t rsdp, struct acpi_info *info);

/* The global system interrupt of an ISA interrupt, and its MPS INTI flags. */
uint32_t acpi_isa_gsi(const struct acpi_info *info, unsigned irq, uint16_t *flags);

/* The node of a memory address, or ACPI_NODE_NONE; *end gets the first address behind `base` at
 * which that may change (UINT64_MAX: nowhere). */
uint32_t acpi_memory_node(const struct acpi_info *info, phys_addr_t base, phys_addr_t *end);

#endif
