/* SPDX-License-Identifier: MIT */
/* Writes the tree of the machine at hand: the built-in one, with what can only be known at boot. */
#include <arch/describe.h>
#include <keel/errno.h>
#include <keel/fdt_build.h>
#include <keel/parse.h>
#include <keel/printf.h>
#include <keel/string.h>

#define NAME_MAX   48
#define ISA_IRQS   16
#define CELL_BYTES 4u
#define PIC_IRQ    2 /* the cascade: no device's */
#define ECAM_BUS   (1ull << 20)

/* Triggers of an intel,ce4100-ioapic interrupt. */
enum ioapic_trigger {
    IOAPIC_EDGE_RISING = 0,
    IOAPIC_LEVEL_LOW = 1,
    IOAPIC_LEVEL_HIGH = 2,
    IOAPIC_EDGE_FALLING = 3,
};

/* The nodes of the built-in tree that change. */
struct describe {
    const struct boot_info *info;
    const struct acpi_info *acpi; /* NULL: none */
    int root, cpus, soc, isa, chosen, symbols, power, ioapic, lapic, hpet, ecam, keyboard;
    bool apic_off;   /* the CPU has no local APIC, or the command line wants to do without */
    bool isa_by_pic; /* ISA interrupts come by the old controllers */
    uint32_t ioapic_phandle, pic_phandle;
    uint32_t free_phandle; /* above all of the built-in tree */
    char name[NAME_MAX];
};

static bool is_type(const struct fdt *fdt, int node, const char *type)
{
    return fdt_prop_string_find(fdt, node, "device_type", type) == 0;
}

/* `name@address`, kept until the next call. */
static const char *unit_name(struct describe *d, const char *name, uint64_t address)
{
    (void)ksnprintf(d->name, sizeof(d->name), "%s@%llx", name, (unsigned long long)address);
    return d->name;
}

static const struct acpi_ecam *first_ecam(const struct acpi_info *acpi)
{
    for (uint32_t i = 0; acpi != NULL && i < acpi->ecam_count; i++) {
        if (acpi->ecams[i].segment == 0) {
            return &acpi->ecams[i];
        }
    }
    return NULL;
}

/* The I/O APIC that keeps the built-in node: the one of the first global system interrupt. */
static const struct acpi_ioapic *first_ioapic(const struct acpi_info *acpi)
{
    const struct acpi_ioapic *first = NULL;

    for (uint32_t i = 0; acpi != NULL && i < acpi->ioapic_count; i++) {
        if (first == NULL || acpi->ioapics[i].gsi_base < first->gsi_base) {
            first = &acpi->ioapics[i];
        }
    }
    return first;
}

/* The phandle that the `index`th I/O APIC of the MADT has in the tree. */
static uint32_t ioapic_phandle(const struct describe *d, uint32_t index)
{
    return &d->acpi->ioapics[index] == first_ioapic(d->acpi) ? d->ioapic_phandle
                                                             : d->free_phandle + index;
}

static void put_reg(struct fdt_build *to, uint64_t base, uint64_t size)
{
    uint8_t *p = fdt_build_space(to, "reg", 4 * CELL_BYTES);

    if (p != NULL) {
        fdt_put_cell64(p, base);
        fdt_put_cell64(p + 8, size);
    }
}

/* Whether S5 can be reached by writing ports. */
static bool has_power_off(const struct acpi_power *power)
{
    uint64_t a = power->pm1a_control.address;

    return power->has_s5 && a != 0 && a <= UINT16_MAX &&
           power->pm1b_control.address <= UINT16_MAX && power->pm1a_control.space == ACPI_SPACE_IO;
}

static bool has_reset(const struct acpi_power *power)
{
    return power->reset.address != 0 && power->reset.space <= ACPI_SPACE_IO;
}

/* Whether there is anything for the power node to say; else it stays disabled. */
static bool has_power(const struct acpi_info *acpi)
{
    return acpi->has_fadt && (has_power_off(&acpi->power) || has_reset(&acpi->power));
}

/* --- Which nodes stay, and under which names --- */

static const char *ecam_name(struct describe *d, const char *own)
{
    const struct acpi_ecam *ecam = first_ecam(d->acpi);

    if (d->acpi == NULL) {
        return own;
    }
    return ecam != NULL ? unit_name(d, "pcie", ecam->base + ecam->first_bus * ECAM_BUS) : NULL;
}

static const char *edit_node(const struct fdt *from, int node, void *ctx)
{
    struct describe *d = ctx;
    const struct acpi_info *acpi = d->acpi;
    const char *own = fdt_name(from, node);

    if (node == d->symbols || is_type(from, node, "memory") || is_type(from, node, "cpu")) {
        return NULL;
    }
    if (node == d->ecam) {
        return ecam_name(d, own);
    }
    if (acpi == NULL) {
        return own;
    }
    if (node == d->hpet) {
        return acpi->has_hpet ? unit_name(d, "timer", acpi->hpet_base) : NULL;
    }
    if (node == d->lapic && acpi->has_madt) {
        return unit_name(d, "interrupt-controller", acpi->lapic_base);
    }
    if (node == d->ioapic && acpi->ioapic_count > 0) {
        return unit_name(d, "interrupt-controller", first_ioapic(acpi)->base);
    }
    if (node == d->keyboard && acpi->has_fadt && !acpi->power.has_i8042) {
        return NULL;
    }
    return own;
}

/* Whether the node is there and not to be used. */
static bool is_switched_off(const struct describe *d, int node)
{
    return (node == d->ioapic && d->isa_by_pic) || (node == d->lapic && d->apic_off);
}

/* Whether `node` gets properties of this name from us. */
static bool replaces(const struct describe *d, int node, const char *name)
{
    const struct acpi_info *acpi = d->acpi;

    if (node == d->chosen) {
        return strcmp(name, "bootargs") == 0 || strncmp(name, "linux,initrd-", 13) == 0;
    }
    if (is_switched_off(d, node)) {
        return strcmp(name, "status") == 0;
    }
    if (node == d->isa && (d->isa_by_pic || (acpi != NULL && acpi->ioapic_count > 0))) {
        return strcmp(name, "interrupt-map") == 0;
    }
    if (acpi == NULL) {
        return false;
    }
    if (node == d->ecam) {
        return strcmp(name, "reg") == 0 || strcmp(name, "bus-range") == 0;
    }
    if (node == d->hpet || (node == d->lapic && acpi->has_madt)) {
        return strcmp(name, "reg") == 0;
    }
    if (node == d->ioapic && acpi->ioapic_count > 0) {
        return strcmp(name, "reg") == 0 || strcmp(name, "keel,gsi-base") == 0;
    }
    return node == d->power && has_power(acpi) && strcmp(name, "status") == 0;
}

static bool edit_prop(const struct fdt *from, int node, const struct fdt_prop *prop, void *ctx)
{
    (void)from;
    return !replaces(ctx, node, prop->name);
}

/* --- What nodes get --- */

/* The trigger cell for MPS INTI flags; an ISA interrupt that says nothing is active high, edge. */
static uint32_t trigger_of(uint16_t flags)
{
    bool low = (flags & ACPI_POLARITY_MASK) == ACPI_POLARITY_LOW;

    if ((flags & ACPI_TRIGGER_MASK) == ACPI_TRIGGER_LEVEL) {
        return low ? IOAPIC_LEVEL_LOW : IOAPIC_LEVEL_HIGH;
    }
    return low ? IOAPIC_EDGE_FALLING : IOAPIC_EDGE_RISING;
}

/* The I/O APIC whose pins hold a global system interrupt, by index: the last that starts at or
 * below it. -1 when there is none. */
static int ioapic_of(const struct acpi_info *acpi, uint32_t gsi)
{
    int best = -1;

    for (uint32_t i = 0; i < acpi->ioapic_count; i++) {
        if (acpi->ioapics[i].gsi_base <= gsi &&
            (best < 0 || acpi->ioapics[i].gsi_base > acpi->ioapics[best].gsi_base)) {
            best = (int)i;
        }
    }
    return best;
}

/* A row for each ISA interrupt: two cells of address and the number; controller, line. */
static void put_isa_map_to_pic(struct fdt_build *to, const struct describe *d)
{
    uint32_t cells[ISA_IRQS * 5];
    uint32_t used = 0;

    for (unsigned irq = 0; irq < ISA_IRQS; irq++) {
        const uint32_t row[] = {0, 0, irq, d->pic_phandle, irq};

        if (irq != PIC_IRQ) {
            memcpy(cells + used, row, sizeof(row));
            used += ARRAY_SIZE(row);
        }
    }
    fdt_build_cells(to, "interrupt-map", cells, used);
}

/* The same by I/O APICs: controller, pin, trigger. */
static void put_isa_map(struct fdt_build *to, const struct describe *d)
{
    uint32_t cells[ISA_IRQS * 6];
    uint32_t used = 0;

    for (unsigned irq = 0; irq < ISA_IRQS; irq++) {
        uint16_t flags;
        uint32_t gsi = acpi_isa_gsi(d->acpi, irq, &flags);
        int ioapic = ioapic_of(d->acpi, gsi);

        if (irq == PIC_IRQ || ioapic < 0) {
            continue;
        }
        cells[used++] = 0;
        cells[used++] = 0;
        cells[used++] = irq;
        cells[used++] = ioapic_phandle(d, (uint32_t)ioapic);
        cells[used++] = gsi - d->acpi->ioapics[ioapic].gsi_base;
        cells[used++] = trigger_of(flags);
    }
    fdt_build_cells(to, "interrupt-map", cells, used);
}

static void put_ioapic(struct fdt_build *to, const struct acpi_ioapic *ioapic)
{
    put_reg(to, ioapic->base, 0x1000);
    fdt_build_u32(to, "keel,gsi-base", ioapic->gsi_base);
    fdt_build_u32(to, "keel,apic-id", ioapic->id);
}

static void put_lapic(struct fdt_build *to, const struct acpi_info *acpi)
{
    put_reg(to, acpi->lapic_base, 0x1000);
    if (acpi->nmi_pin != ACPI_NO_PIN) {
        fdt_build_u32(to, "keel,nmi-pin", acpi->nmi_pin);
        fdt_build_u32(to, "keel,nmi-flags", acpi->nmi_flags);
    }
}

static void put_ecam(struct fdt_build *to, const struct acpi_ecam *ecam)
{
    uint32_t busses[] = {ecam->first_bus, ecam->last_bus};

    put_reg(to, ecam->base + ecam->first_bus * ECAM_BUS,
            (ecam->last_bus - ecam->first_bus + 1u) * ECAM_BUS);
    fdt_build_cells(to, "bus-range", busses, 2);
}

/* The power node (dts/bindings, keel,acpi-power). */
static void put_power(struct fdt_build *to, const struct acpi_power *power)
{
    uint32_t ports[] = {(uint32_t)power->pm1a_control.address,
                        (uint32_t)power->pm1b_control.address};
    uint32_t types[] = {power->s5_type_a, power->s5_type_b};
    uint32_t count = ports[1] != 0 ? 2 : 1;

    if (has_power_off(power)) {
        fdt_build_cells(to, "keel,pm1-control-ports", ports, count);
        fdt_build_cells(to, "keel,s5-sleep-types", types, count);
    }
    if (has_reset(power)) {
        uint32_t cells[] = {power->reset.space, (uint32_t)(power->reset.address >> 32),
                            (uint32_t)power->reset.address, power->reset_value};

        fdt_build_cells(to, "keel,reset-register", cells, ARRAY_SIZE(cells));
    }
    if (power->smi_command != 0 && power->acpi_enable != 0) {
        uint32_t cells[] = {power->smi_command, power->acpi_enable};

        fdt_build_cells(to, "keel,acpi-enable", cells, ARRAY_SIZE(cells));
    }
    if (power->timer.address != 0 && power->timer.space == ACPI_SPACE_IO) {
        uint32_t cells[] = {(uint32_t)power->timer.address, power->timer.width};

        fdt_build_cells(to, "keel,pm-timer", cells, ARRAY_SIZE(cells));
    }
    if (power->century != 0) {
        fdt_build_u32(to, "keel,century", power->century);
    }
}

static void put_chosen(struct fdt_build *to, const struct boot_info *info)
{
    if (info->cmdline[0] != '\0') {
        fdt_build_string(to, "bootargs", info->cmdline);
    }
    if (info->initrd_size != 0) {
        fdt_build_u64(to, "linux,initrd-start", info->initrd_base);
        fdt_build_u64(to, "linux,initrd-end", info->initrd_base + info->initrd_size);
    }
}

static void add_acpi_props(struct fdt_build *to, const struct describe *d, int node)
{
    const struct acpi_info *acpi = d->acpi;

    if (node == d->ecam) {
        put_ecam(to, first_ecam(acpi));
    } else if (node == d->hpet) {
        put_reg(to, acpi->hpet_base, 0x400);
    } else if (node == d->lapic && acpi->has_madt) {
        put_lapic(to, acpi);
    } else if (node == d->ioapic && acpi->ioapic_count > 0) {
        put_ioapic(to, first_ioapic(acpi));
    } else if (node == d->isa && acpi->ioapic_count > 0 && !d->isa_by_pic) {
        put_isa_map(to, d);
    } else if (node == d->power && has_power(acpi)) {
        put_power(to, &acpi->power);
    }
}

static void add_props(struct fdt_build *to, const struct fdt *from, int node, void *ctx)
{
    const struct describe *d = ctx;

    (void)from;
    if (node == d->chosen) {
        put_chosen(to, d->info);
    } else if (node == d->isa && d->isa_by_pic) {
        put_isa_map_to_pic(to, d);
    }
    if (is_switched_off(d, node)) {
        fdt_build_string(to, "status", "disabled");
    }
    if (d->acpi != NULL) {
        add_acpi_props(to, d, node);
    }
}

/* --- Nodes that are added --- */

static void add_cpu(struct fdt_build *to, struct describe *d, uint32_t apic_id, uint32_t node)
{
    fdt_build_node(to, unit_name(d, "cpu", apic_id));
    fdt_build_string(to, "device_type", "cpu");
    fdt_build_string(to, "compatible", "intel,x86_64");
    fdt_build_u32(to, "reg", apic_id);
    if (node != ACPI_NODE_NONE) {
        fdt_build_u32(to, "numa-node-id", node);
    }
    fdt_build_node_end(to);
}

static void add_cpus(struct fdt_build *to, struct describe *d)
{
    if (d->acpi == NULL || d->acpi->cpu_count == 0) {
        add_cpu(to, d, (uint32_t)d->info->cpu.hw_id, ACPI_NODE_NONE);
        return;
    }
    for (uint32_t i = 0; i < d->acpi->cpu_count; i++) {
        add_cpu(to, d, d->acpi->cpus[i].apic_id, d->acpi->cpus[i].node);
    }
}

static void add_memory_piece(struct fdt_build *to, struct describe *d, phys_addr_t base,
                             uint64_t size, uint32_t node)
{
    fdt_build_node(to, unit_name(d, "memory", base));
    fdt_build_string(to, "device_type", "memory");
    put_reg(to, base, size);
    if (node != ACPI_NODE_NONE) {
        fdt_build_u32(to, "numa-node-id", node);
    }
    fdt_build_node_end(to);
}

/* RAM, cut where the NUMA node changes. */
static void add_memory(struct fdt_build *to, struct describe *d, const struct mem_region *region)
{
    phys_addr_t base = region->base;
    uint64_t left = region->size;

    while (left > 0) {
        phys_addr_t end = UINT64_MAX;
        uint32_t node = ACPI_NODE_NONE;
        uint64_t size = left;

        if (d->acpi != NULL) {
            node = acpi_memory_node(d->acpi, base, &end);
        }
        size = MIN(size, end - base);
        add_memory_piece(to, d, base, size, node);
        base += size;
        left -= size;
    }
}

static void add_reserved(struct fdt_build *to, struct describe *d, const char *name,
                         phys_addr_t base, uint64_t size, bool no_map)
{
    fdt_build_node(to, unit_name(d, name, base));
    put_reg(to, base, size);
    if (no_map) {
        fdt_build_prop(to, "no-map", NULL, 0);
    }
    fdt_build_node_end(to);
}

static void add_reserved_memory(struct fdt_build *to, struct describe *d)
{
    fdt_build_node(to, "reserved-memory");
    fdt_build_u32(to, "#address-cells", 2);
    fdt_build_u32(to, "#size-cells", 2);
    fdt_build_prop(to, "ranges", NULL, 0);
    for (uint32_t i = 0; i < d->info->region_count; i++) {
        const struct mem_region *region = &d->info->regions[i];

        if (region->size > 0 && region->type == MEM_ACPI) {
            add_reserved(to, d, "acpi-tables", region->base, region->size, false);
        } else if (region->size > 0 && region->type == MEM_NVS) {
            add_reserved(to, d, "acpi-nvs", region->base, region->size, true);
        }
    }
    fdt_build_node_end(to);
}

static void add_distances(struct fdt_build *to, const struct acpi_info *acpi)
{
    uint32_t count = acpi->node_count;
    uint8_t *p;

    fdt_build_node(to, "distance-map");
    fdt_build_string(to, "compatible", "numa-distance-map-v1");
    p = fdt_build_space(to, "distance-matrix", count * count * 3 * CELL_BYTES);
    for (uint32_t i = 0; p != NULL && i < count * count; i++) {
        fdt_put_cell(p, i / count);
        fdt_put_cell(p + 4, i % count);
        fdt_put_cell(p + 8, acpi->distances[i / count][i % count]);
        p += (size_t)3 * CELL_BYTES;
    }
    fdt_build_node_end(to);
}

static void add_root_nodes(struct fdt_build *to, struct describe *d)
{
    for (uint32_t i = 0; i < d->info->region_count; i++) {
        if (d->info->regions[i].type == MEM_RAM) {
            add_memory(to, d, &d->info->regions[i]);
        }
    }
    add_reserved_memory(to, d);
    if (d->acpi != NULL && d->acpi->has_slit) {
        add_distances(to, d->acpi);
    }
}

/* I/O APICs beyond the first. */
static void add_ioapics(struct fdt_build *to, struct describe *d)
{
    for (uint32_t i = 0; d->acpi != NULL && i < d->acpi->ioapic_count; i++) {
        const struct acpi_ioapic *ioapic = &d->acpi->ioapics[i];

        if (ioapic == first_ioapic(d->acpi)) {
            continue;
        }
        fdt_build_node(to, unit_name(d, "interrupt-controller", ioapic->base));
        fdt_build_string(to, "compatible", "intel,ce4100-ioapic");
        fdt_build_prop(to, "interrupt-controller", NULL, 0);
        fdt_build_u32(to, "#interrupt-cells", 2);
        fdt_build_u32(to, "#address-cells", 0);
        put_ioapic(to, ioapic);
        fdt_build_u32(to, "phandle", ioapic_phandle(d, i));
        fdt_build_node_end(to);
    }
}

/* The pixel format's name in the simple-framebuffer binding; NULL for others. */
static const char *pixel_format(const struct framebuffer_info *fb)
{
    bool blue_low = fb->blue_pos == 0 && fb->red_size == 8;

    if (fb->bpp == 32 && fb->red_size == 8 && fb->green_pos == 8) {
        return blue_low ? "x8r8g8b8" : "x8b8g8r8";
    }
    if (fb->bpp == 24 && fb->green_pos == 8 && blue_low) {
        return "r8g8b8";
    }
    return fb->bpp == 16 && fb->green_size == 6 && fb->blue_pos == 0 ? "r5g6b5" : NULL;
}

static void add_framebuffer(struct fdt_build *to, struct describe *d)
{
    const struct framebuffer_info *fb = &d->info->framebuffer;
    const char *format = fb->format == FB_RGB ? pixel_format(fb) : NULL;

    if (format == NULL) {
        return;
    }
    fdt_build_node(to, unit_name(d, "framebuffer", fb->base));
    fdt_build_string(to, "compatible", "simple-framebuffer");
    put_reg(to, fb->base, (uint64_t)fb->pitch * fb->height);
    fdt_build_u32(to, "width", fb->width);
    fdt_build_u32(to, "height", fb->height);
    fdt_build_u32(to, "stride", fb->pitch);
    fdt_build_string(to, "format", format);
    fdt_build_node_end(to);
}

static void add_nodes(struct fdt_build *to, const struct fdt *from, int node, void *ctx)
{
    struct describe *d = ctx;

    (void)from;
    if (node == d->cpus) {
        add_cpus(to, d);
    } else if (node == d->soc) {
        add_ioapics(to, d);
    } else if (node == d->root) {
        add_framebuffer(to, d);
        add_root_nodes(to, d);
    }
}

/* --- Start --- */

static uint32_t highest_phandle(const struct fdt *fdt)
{
    uint32_t highest = 0;

    for (int node = fdt_root(fdt); node >= 0; node = fdt_next(fdt, node, NULL)) {
        highest = MAX(highest, fdt_phandle(fdt, node));
    }
    return highest;
}

/* The command line's last word on `apic`, which the parameter of that name (drivers/irqchip) documents. */
static bool wants_no_apic(const char *word)
{
    bool apic = true;

    for (word += strspn(word, " "); *word != '\0'; word += strspn(word, " ")) {
        size_t len = strcspn(word, " ");
        char value[8];

        if (str_has_prefix(word, "apic=")) {
            strlcpy(value, word + 5, MIN(sizeof(value), len - 4));
            (void)kstrtobool(value, &apic);
        }
        word += len;
    }
    return !apic;
}

/* Sets who gets the ISA bus' interrupts. */
static void choose_controllers(struct describe *d, const struct fdt *builtin, bool has_apic)
{
    int pic = fdt_next_compatible(builtin, -1, "intel,i8259");
    bool no_ioapic = d->acpi != NULL && d->acpi->has_madt && d->acpi->ioapic_count == 0;

    d->ioapic_phandle = fdt_phandle(builtin, d->ioapic);
    d->pic_phandle = fdt_phandle(builtin, pic);
    d->apic_off = d->pic_phandle != 0 && (!has_apic || wants_no_apic(d->info->cmdline));
    d->isa_by_pic = d->pic_phandle != 0 && (d->apic_off || no_ioapic);
}

int describe_machine(const struct fdt *builtin, const struct boot_info *info,
                     const struct acpi_info *acpi, bool has_apic, void *buf, size_t size,
                     uint32_t *used)
{
    static const char ioapic[] = "intel,ce4100-ioapic";
    const struct fdt_edit edit = {
        .node = edit_node,
        .prop = edit_prop,
        .add_props = add_props,
        .add_nodes = add_nodes,
    };
    struct describe d = {
        .info = info,
        .acpi = acpi,
        .root = fdt_root(builtin),
        .cpus = fdt_find(builtin, "/cpus"),
        .soc = fdt_find(builtin, "/soc"),
        .isa = fdt_find(builtin, "/isa"),
        .chosen = fdt_find(builtin, "/chosen"),
        .symbols = fdt_find(builtin, "/__symbols__"),
        .power = fdt_next_compatible(builtin, -1, "keel,acpi-power"),
        .ioapic = fdt_next_compatible(builtin, -1, ioapic),
        .lapic = fdt_next_compatible(builtin, -1, "intel,ce4100-lapic"),
        .hpet = fdt_next_compatible(builtin, -1, "intel,ce4100-hpet"),
        .ecam = fdt_next_compatible(builtin, -1, "pci-host-ecam-generic"),
        .keyboard = fdt_next_compatible(builtin, -1, "intel,i8042-keyboard"),
        .free_phandle = highest_phandle(builtin) + 1,
    };
    struct fdt_build build;

    choose_controllers(&d, builtin, has_apic);
    fdt_build_begin(&build, buf, size);
    fdt_build_copy(&build, builtin, &edit, &d);
    return fdt_build_finish(&build, used);
}
