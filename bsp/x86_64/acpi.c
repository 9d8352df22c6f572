/* SPDX-License-Identifier: MIT */
/* Finds ACPI tables, checks them, and keeps what the kernel wants of each. */
#include <arch/acpi.h>
#include <keel/errno.h>
#include <keel/string.h>

#define RSDP_SIGNATURE  "RSD PTR "
#define RSDP_SIZE_V1    20u
#define RSDP_SIZE_V2    36u
#define RSDP_ALIGN      16u
#define EBDA_SEGMENT_AT 0x40eu /* BIOS data area: segment of the EBDA */
#define EBDA_SCAN       0x400u
#define BIOS_START      0xe0000u
#define BIOS_SIZE       0x20000u
#define HEADER_SIZE     36u /* ACPI 5.2.6 */
#define TABLE_SIZE_MAX  (16u << 20)

/* One sound table while it is read. */
struct table {
    const struct acpi_access *access;
    const uint8_t *bytes;
    uint32_t length;
    phys_addr_t base;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool sums_to_zero(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum = (uint8_t)(sum + p[i]);
    }
    return sum == 0;
}

static void skip(const struct acpi_access *access, const void *signature, phys_addr_t base,
                 const char *why)
{
    char name[5] = "";

    for (unsigned i = 0; i < 4; i++) {
        char c = ((const char *)signature)[i];

        name[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    if (access->skipped != NULL) {
        access->skipped(name, base, why);
    }
}

static bool is_rsdp(const uint8_t *p)
{
    return memcmp(p, RSDP_SIGNATURE, 8) == 0 && sums_to_zero(p, RSDP_SIZE_V1);
}

/* Looks at every 16 bytes of a range; 0 when it holds no RSDP. */
static phys_addr_t scan_range(const struct acpi_access *access, phys_addr_t base, size_t size)
{
    const uint8_t *bytes = access->map(base, size);

    for (size_t at = 0; bytes != NULL && at + RSDP_SIZE_V1 <= size; at += RSDP_ALIGN) {
        if (is_rsdp(bytes + at)) {
            return base + at;
        }
    }
    return 0;
}

phys_addr_t acpi_scan_rsdp(const struct acpi_access *access)
{
    const uint8_t *segment = access->map(EBDA_SEGMENT_AT, 2);
    phys_addr_t ebda = segment != NULL ? (phys_addr_t)get16(segment) << 4 : 0;
    phys_addr_t found = ebda != 0 ? scan_range(access, ebda, EBDA_SCAN) : 0;

    return found != 0 ? found : scan_range(access, BIOS_START, BIOS_SIZE);
}

/* Reaches and checks the table at `base`; false, with a report, when it cannot be used. */
static bool open_table(const struct acpi_access *access, phys_addr_t base, struct table *table)
{
    const uint8_t *header = base != 0 ? access->map(base, HEADER_SIZE) : NULL;

    if (header == NULL) {
        skip(access, "????", base, "cannot be reached");
        return false;
    }
    *table = (struct table){.access = access, .length = get32(header + 4), .base = base};
    if (table->length < HEADER_SIZE || table->length > TABLE_SIZE_MAX) {
        skip(access, header, base, "impossible length");
        return false;
    }
    table->bytes = access->map(base, table->length);
    if (table->bytes == NULL) {
        skip(access, header, base, "does not lie in memory as a whole");
        return false;
    }
    if (!sums_to_zero(table->bytes, table->length)) {
        skip(access, header, base, "wrong checksum");
        return false;
    }
    return true;
}

static bool table_is(const struct table *table, const char *signature)
{
    return memcmp(table->bytes, signature, 4) == 0;
}

static void count_dropped(struct acpi_info *info, const struct table *table)
{
    info->dropped++;
    skip(table->access, table->bytes, table->base, "more entries than there is room for");
}

/* --- MADT (ACPI 5.2.12) --- */

enum madt_entry {
    MADT_LAPIC = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LAPIC_NMI = 4,
    MADT_LAPIC_ADDRESS = 5,
    MADT_X2APIC = 9,
    MADT_X2APIC_NMI = 10,
};

#define MADT_ENTRIES     44u
#define MADT_CPU_ENABLED 1u
#define LAPIC_ID_NONE    0xffu
#define LAPIC_UID_ALL    0xffu
#define X2APIC_UID_ALL   0xffffffffu

static struct acpi_cpu *find_cpu(struct acpi_info *info, uint32_t apic_id)
{
    for (uint32_t i = 0; i < info->cpu_count; i++) {
        if (info->cpus[i].apic_id == apic_id) {
            return &info->cpus[i];
        }
    }
    return NULL;
}

static void add_cpu(struct acpi_info *info, const struct table *table, uint32_t apic_id,
                    uint32_t uid, uint32_t flags)
{
    if ((flags & MADT_CPU_ENABLED) == 0 || find_cpu(info, apic_id) != NULL) {
        return;
    }
    if (info->cpu_count == ACPI_CPUS_MAX) {
        count_dropped(info, table);
        return;
    }
    info->cpus[info->cpu_count++] =
        (struct acpi_cpu){.apic_id = apic_id, .uid = uid, .node = ACPI_NODE_NONE};
}

static void add_ioapic(struct acpi_info *info, const struct table *table, const uint8_t *entry)
{
    if (info->ioapic_count == ACPI_IOAPICS_MAX) {
        count_dropped(info, table);
        return;
    }
    info->ioapics[info->ioapic_count++] = (struct acpi_ioapic){
        .id = entry[2],
        .base = get32(entry + 4),
        .gsi_base = get32(entry + 8),
    };
}

static void add_override(struct acpi_info *info, const struct table *table, const uint8_t *entry)
{
    if (info->override_count == ACPI_OVERRIDES_MAX) {
        count_dropped(info, table);
        return;
    }
    info->overrides[info->override_count++] = (struct acpi_override){
        .irq = entry[3],
        .gsi = get32(entry + 4),
        .flags = get16(entry + 8),
    };
}

/* NMI pins are kept when they are the same for all CPUs. */
static void set_nmi(struct acpi_info *info, uint32_t uid, uint32_t all, uint16_t flags, uint8_t pin)
{
    if (uid == all) {
        info->nmi_pin = pin;
        info->nmi_flags = flags;
    }
}

/* Least length of an entry that we read; 0 for those that we do not. */
static uint32_t madt_entry_size(uint8_t type)
{
    switch (type) {
    case MADT_LAPIC:
        return 8;
    case MADT_IOAPIC:
    case MADT_LAPIC_ADDRESS:
    case MADT_X2APIC_NMI:
        return 12;
    case MADT_OVERRIDE:
        return 10;
    case MADT_LAPIC_NMI:
        return 6;
    case MADT_X2APIC:
        return 16;
    default:
        return 0;
    }
}

static void read_madt_entry(struct acpi_info *info, const struct table *table, const uint8_t *entry)
{
    switch (entry[0]) {
    case MADT_LAPIC:
        if (entry[3] != LAPIC_ID_NONE) {
            add_cpu(info, table, entry[3], entry[2], get32(entry + 4));
        }
        break;
    case MADT_IOAPIC:
        add_ioapic(info, table, entry);
        break;
    case MADT_OVERRIDE:
        add_override(info, table, entry);
        break;
    case MADT_LAPIC_NMI:
        set_nmi(info, entry[2], LAPIC_UID_ALL, get16(entry + 3), entry[5]);
        break;
    case MADT_LAPIC_ADDRESS:
        info->lapic_base = get64(entry + 4);
        break;
    case MADT_X2APIC:
        add_cpu(info, table, get32(entry + 4), get32(entry + 12), get32(entry + 8));
        break;
    case MADT_X2APIC_NMI:
        set_nmi(info, get32(entry + 4), X2APIC_UID_ALL, get16(entry + 2), entry[8]);
        break;
    default:
        break;
    }
}

static void read_madt(struct acpi_info *info, const struct table *table)
{
    if (info->has_madt || table->length < MADT_ENTRIES) {
        skip(table->access, table->bytes, table->base, "a second one, or too short");
        return;
    }
    info->has_madt = true;
    info->lapic_base = get32(table->bytes + HEADER_SIZE);
    for (uint32_t at = MADT_ENTRIES; at + 2 <= table->length;) {
        const uint8_t *entry = table->bytes + at;
        uint32_t size = entry[1];

        if (size < 2 || size > table->length - at || size < madt_entry_size(entry[0])) {
            skip(table->access, table->bytes, table->base + at, "malformed entry");
            return;
        }
        read_madt_entry(info, table, entry);
        at += size;
    }
}

/* --- MCFG, HPET --- */

#define MCFG_ENTRIES    44u
#define MCFG_ENTRY_SIZE 16u
#define HPET_SIZE       56u
#define HPET_ADDRESS    40u

static void read_mcfg(struct acpi_info *info, const struct table *table)
{
    for (uint32_t at = MCFG_ENTRIES; at + MCFG_ENTRY_SIZE <= table->length; at += MCFG_ENTRY_SIZE) {
        const uint8_t *entry = table->bytes + at;

        if (entry[11] < entry[10]) {
            skip(table->access, table->bytes, table->base + at, "malformed entry");
        } else if (info->ecam_count == ACPI_ECAMS_MAX) {
            count_dropped(info, table);
        } else {
            info->ecams[info->ecam_count++] = (struct acpi_ecam){
                .base = get64(entry),
                .segment = get16(entry + 8),
                .first_bus = entry[10],
                .last_bus = entry[11],
            };
        }
    }
}

/* A register of ACPI's generic form, 12 bytes. */
static struct acpi_register get_register(const uint8_t *p)
{
    return (struct acpi_register){.space = p[0], .width = p[1], .address = get64(p + 4)};
}

static void read_hpet(struct acpi_info *info, const struct table *table)
{
    struct acpi_register where;

    if (table->length < HPET_SIZE) {
        skip(table->access, table->bytes, table->base, "too short");
        return;
    }
    where = get_register(table->bytes + HPET_ADDRESS);
    if (where.space != ACPI_SPACE_MEMORY || where.address == 0) {
        skip(table->access, table->bytes, table->base, "not in memory");
    } else if (!info->has_hpet) {
        info->has_hpet = true;
        info->hpet_base = where.address;
    }
}

/* --- SRAT, SLIT (ACPI 5.2.16, 5.2.17) --- */

enum srat_entry {
    SRAT_LAPIC = 0,
    SRAT_MEMORY = 1,
    SRAT_X2APIC = 2,
};

#define SRAT_ENTRIES 48u
#define SRAT_ENABLED 1u
#define SLIT_MATRIX  44u

static uint32_t srat_entry_size(uint8_t type)
{
    switch (type) {
    case SRAT_LAPIC:
        return 16;
    case SRAT_MEMORY:
        return 40;
    case SRAT_X2APIC:
        return 24;
    default:
        return 0;
    }
}

static void set_cpu_node(struct acpi_info *info, uint32_t apic_id, uint32_t node, uint32_t flags)
{
    struct acpi_cpu *cpu = find_cpu(info, apic_id);

    if (cpu != NULL && (flags & SRAT_ENABLED) != 0) {
        cpu->node = node;
    }
}

static void add_range(struct acpi_info *info, const struct table *table, const uint8_t *entry)
{
    uint64_t base = get64(entry + 8);
    uint64_t size = get64(entry + 16);

    if ((get32(entry + 28) & SRAT_ENABLED) == 0 || size == 0) {
        return;
    }
    if (base + size < base) {
        skip(table->access, table->bytes, table->base, "malformed entry");
    } else if (info->range_count == ACPI_RANGES_MAX) {
        count_dropped(info, table);
    } else {
        info->ranges[info->range_count++] =
            (struct acpi_range){.base = base, .size = size, .node = get32(entry + 2)};
    }
}

static void read_srat_entry(struct acpi_info *info, const struct table *table, const uint8_t *entry)
{
    switch (entry[0]) {
    case SRAT_LAPIC:
        set_cpu_node(info, entry[3],
                     entry[2] | entry[9] << 8 | entry[10] << 16 | (uint32_t)entry[11] << 24,
                     get32(entry + 4));
        break;
    case SRAT_MEMORY:
        add_range(info, table, entry);
        break;
    case SRAT_X2APIC:
        set_cpu_node(info, get32(entry + 8), get32(entry + 4), get32(entry + 12));
        break;
    default:
        break;
    }
}

static void read_srat(struct acpi_info *info, const struct table *table)
{
    for (uint32_t at = SRAT_ENTRIES; at + 2 <= table->length;) {
        const uint8_t *entry = table->bytes + at;
        uint32_t size = entry[1];

        if (size < 2 || size > table->length - at || size < srat_entry_size(entry[0])) {
            skip(table->access, table->bytes, table->base + at, "malformed entry");
            return;
        }
        read_srat_entry(info, table, entry);
        at += size;
    }
}

static void read_slit(struct acpi_info *info, const struct table *table)
{
    uint64_t count = table->length >= SLIT_MATRIX ? get64(table->bytes + HEADER_SIZE) : 0;

    if (count == 0 || count > ACPI_NODES_MAX || SLIT_MATRIX + count * count > table->length) {
        skip(table->access, table->bytes, table->base, "impossible number of nodes");
        return;
    }
    info->has_slit = true;
    info->node_count = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(info->distances[i], table->bytes + SLIT_MATRIX + i * count, count);
    }
}

/* --- FADT (ACPI 5.2.9) and the _S5 object of the DSDT or an SSDT --- */

enum fadt_field {
    FADT_DSDT = 40,
    FADT_SMI_CMD = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_CNT = 64,
    FADT_PM1B_CNT = 68,
    FADT_PM_TMR = 76,
    FADT_CENTURY = 108,
    FADT_BOOT_ARCH = 109,
    FADT_FLAGS = 112,
    FADT_SIZE_V1 = 116,
    FADT_RESET_REG = 116,
    FADT_RESET_VALUE = 128,
    FADT_SIZE_V2 = 129,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_CNT = 172,
    FADT_X_PM1B_CNT = 184,
    FADT_X_PM_TMR = 208,
    FADT_SIZE_V3 = 220,
};

#define FADT_BOOT_I8042    (1u << 1)
#define FADT_TIMER_32_BITS (1u << 8)
#define FADT_HAS_RESET     (1u << 10)
#define FADT_REVISION      8u /* where any table has its revision */
#define PM1_CONTROL_BITS   16
#define AML_NAME_OP        0x08u
#define AML_PACKAGE_OP     0x12u
#define AML_BYTE_PREFIX    0x0au
#define AML_WORD_PREFIX    0x0bu
#define AML_ONE_OP         0x01u
#define SLP_TYP_MAX        7u

/* A number of a package at p[*at]; false when it is another object or the bytes end. */
static bool aml_number(const uint8_t *p, uint32_t length, uint32_t *at, uint8_t *value)
{
    uint32_t left = length - *at;

    if (left >= 1 && p[*at] <= AML_ONE_OP) {
        *value = p[*at];
        *at += 1;
    } else if (left >= 2 && p[*at] == AML_BYTE_PREFIX) {
        *value = p[*at + 1];
        *at += 2;
    } else if (left >= 3 && p[*at] == AML_WORD_PREFIX && p[*at + 2] == 0) {
        *value = p[*at + 1];
        *at += 3;
    } else {
        return false;
    }
    return *value <= SLP_TYP_MAX;
}

/* Reads "_S5_" at p[at], a package of numbers (ACPI 7.4.2.6, 20.2.5.4); false when it is none. */
static bool read_s5(const uint8_t *p, uint32_t length, uint32_t at, struct acpi_power *power)
{
    bool named = at >= 1 && p[at - 1] == AML_NAME_OP;

    if (at >= 2 && p[at - 1] == '\\') {
        named = p[at - 2] == AML_NAME_OP;
    }
    at += 4;
    if (!named || length - at < 4 || p[at] != AML_PACKAGE_OP) {
        return false;
    }
    /* PkgLength of 1 to 4 bytes, then the number of elements. */
    at += 1 + 1 + (p[at + 1] >> 6) + 1;
    if (at >= length || !aml_number(p, length, &at, &power->s5_type_a)) {
        return false;
    }
    if (!aml_number(p, length, &at, &power->s5_type_b)) {
        power->s5_type_b = 0;
    }
    return true;
}

static void scan_for_s5(struct acpi_info *info, const struct table *table)
{
    for (uint32_t at = HEADER_SIZE; at + 4 <= table->length && !info->power.has_s5; at++) {
        /* The letter that other names have least, first: the table is long. */
        if (table->bytes[at + 2] == '5' && memcmp(table->bytes + at, "_S5_", 4) == 0) {
            info->power.has_s5 = read_s5(table->bytes, table->length, at, &info->power);
        }
    }
}

/* A register that the FADT names as a port and, in newer revisions, once more in generic form. */
static struct acpi_register fadt_register(const struct table *table, unsigned port,
                                          unsigned generic, uint8_t width)
{
    struct acpi_register plain = {
        .address = get32(table->bytes + port),
        .space = ACPI_SPACE_IO,
        .width = width,
    };

    if (table->length >= FADT_SIZE_V3) {
        struct acpi_register extended = get_register(table->bytes + generic);

        if (extended.address != 0) {
            extended.width = width;
            return extended;
        }
    }
    return plain;
}

static phys_addr_t dsdt_address(const struct table *table)
{
    if (table->length >= FADT_X_DSDT + 8 && get64(table->bytes + FADT_X_DSDT) != 0) {
        return get64(table->bytes + FADT_X_DSDT);
    }
    return get32(table->bytes + FADT_DSDT);
}

static void read_fadt_power(struct acpi_power *power, const struct table *table)
{
    const uint8_t *p = table->bytes;
    uint32_t flags = get32(p + FADT_FLAGS);

    power->smi_command = get32(p + FADT_SMI_CMD);
    power->acpi_enable = p[FADT_ACPI_ENABLE];
    power->century = p[FADT_CENTURY];
    power->has_i8042 = p[FADT_REVISION] < 2 || (get16(p + FADT_BOOT_ARCH) & FADT_BOOT_I8042) != 0;
    power->pm1a_control = fadt_register(table, FADT_PM1A_CNT, FADT_X_PM1A_CNT, PM1_CONTROL_BITS);
    power->pm1b_control = fadt_register(table, FADT_PM1B_CNT, FADT_X_PM1B_CNT, PM1_CONTROL_BITS);
    power->timer = fadt_register(table, FADT_PM_TMR, FADT_X_PM_TMR,
                                 (flags & FADT_TIMER_32_BITS) != 0 ? 32 : 24);
    if ((flags & FADT_HAS_RESET) != 0 && table->length >= FADT_SIZE_V2) {
        power->reset = get_register(p + FADT_RESET_REG);
        power->reset_value = p[FADT_RESET_VALUE];
    }
}

static void read_fadt(struct acpi_info *info, const struct table *table)
{
    struct table dsdt;

    if (info->has_fadt || table->length < FADT_SIZE_V1) {
        skip(table->access, table->bytes, table->base, "a second one, or too short");
        return;
    }
    info->has_fadt = true;
    read_fadt_power(&info->power, table);
    if (!open_table(table->access, dsdt_address(table), &dsdt)) {
        return;
    }
    if (!table_is(&dsdt, "DSDT")) {
        skip(table->access, dsdt.bytes, dsdt.base, "is not the DSDT");
        return;
    }
    scan_for_s5(info, &dsdt);
}

/* --- The roots --- */

/* Reads the tables that a sound root table lists. */
static void read_listed(struct acpi_info *info, const struct table *root, unsigned entry_size)
{
    struct table srat = {0};
    uint32_t count = (root->length - HEADER_SIZE) / entry_size;

    if (count > ACPI_TABLES_MAX) {
        count_dropped(info, root);
        count = ACPI_TABLES_MAX;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = root->bytes + HEADER_SIZE + (size_t)i * entry_size;
        struct table table;

        if (!open_table(root->access, entry_size == 8 ? get64(entry) : get32(entry), &table)) {
            continue;
        }
        if (table_is(&table, "APIC")) {
            read_madt(info, &table);
        } else if (table_is(&table, "FACP")) {
            read_fadt(info, &table);
        } else if (table_is(&table, "MCFG")) {
            read_mcfg(info, &table);
        } else if (table_is(&table, "HPET")) {
            read_hpet(info, &table);
        } else if (table_is(&table, "SLIT")) {
            read_slit(info, &table);
        } else if (table_is(&table, "SSDT")) {
            scan_for_s5(info, &table);
        } else if (table_is(&table, "SRAT")) {
            srat = table;
        }
    }
    /* SRAT gives nodes to the CPUs of the MADT. */
    if (srat.bytes != NULL) {
        read_srat(info, &srat);
    }
}

/* Reads the tables of the root table at `base`; false when it is not sound. */
static bool read_root(const struct acpi_access *access, struct acpi_info *info, phys_addr_t base,
                      const char *signature, unsigned entry_size)
{
    struct table root;

    if (base == 0 || !open_table(access, base, &root)) {
        return false;
    }
    if (!table_is(&root, signature)) {
        skip(access, root.bytes, base, "is not the root table");
        return false;
    }
    read_listed(info, &root, entry_size);
    return true;
}

/* The address of the XSDT; 0 with an RSDP of revision 0 or whose extension is not sound. */
static phys_addr_t xsdt_address(const struct acpi_access *access, const uint8_t *rsdp,
                                phys_addr_t base)
{
    const uint8_t *whole;
    uint32_t length;

    if (rsdp[15] < 2) {
        return 0;
    }
    whole = access->map(base, RSDP_SIZE_V2);
    length = whole != NULL ? get32(whole + 20) : 0;
    if (length < RSDP_SIZE_V2 || length > HEADER_SIZE + 64) {
        skip(access, rsdp, base, "impossible length of the RSDP");
        return 0;
    }
    whole = access->map(base, length);
    if (whole == NULL || !sums_to_zero(whole, length)) {
        skip(access, rsdp, base, "wrong checksum of the extended RSDP");
        return 0;
    }
    return get64(whole + 24);
}

int acpi_read(const struct acpi_access *access, phys_addr_t rsdp, struct acpi_info *info)
{
    const uint8_t *p = rsdp != 0 ? access->map(rsdp, RSDP_SIZE_V1) : NULL;

    memset(info, 0, sizeof(*info));
    info->nmi_pin = ACPI_NO_PIN;
    if (p == NULL || !is_rsdp(p)) {
        return -ENOENT;
    }
    info->revision = p[15];
    if (read_root(access, info, xsdt_address(access, p, rsdp), "XSDT", 8) ||
        read_root(access, info, get32(p + 16), "RSDT", 4)) {
        return 0;
    }
    return -EPROTO;
}

uint32_t acpi_isa_gsi(const struct acpi_info *info, unsigned irq, uint16_t *flags)
{
    for (uint32_t i = 0; i < info->override_count; i++) {
        if (info->overrides[i].irq == irq) {
            *flags = info->overrides[i].flags;
            return info->overrides[i].gsi;
        }
    }
    *flags = 0;
    return irq;
}

uint32_t acpi_memory_node(const struct acpi_info *info, phys_addr_t base, phys_addr_t *end)
{
    *end = UINT64_MAX;
    for (uint32_t i = 0; i < info->range_count; i++) {
        const struct acpi_range *range = &info->ranges[i];

        if (base >= range->base && base - range->base < range->size) {
            *end = range->base + range->size;
            return range->node;
        }
        if (range->base > base) {
            *end = MIN(*end, range->base);
        }
    }
    return ACPI_NODE_NONE;
}
