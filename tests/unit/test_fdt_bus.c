/* SPDX-License-Identifier: MIT */
/* The device-tree reader on busses: `reg` through `ranges`, interrupts through nexus nodes, in the
 * shapes of real boards. */
#include "fdt_tree.h"

#include <keel/errno.h>
#include <keel/fdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PCI_IO    0x01000000
#define PCI_MEM32 0x02000000
#define PCI_MEM64 0x43000000 /* prefetchable */

static int find(const char *path)
{
    return fdt_find(&fdt, path);
}

static void assert_reg(const char *path, uint32_t index, uint64_t base, uint64_t size)
{
    phys_addr_t got = 0;
    uint64_t length = 0;

    assert_int_equal(fdt_reg(&fdt, find(path), index, &got, &length), 0);
    assert_int_equal(got, base);
    assert_int_equal(length, size);
}

static void assert_no_reg(const char *path, uint32_t index, int status)
{
    phys_addr_t base;
    uint64_t size;

    assert_int_equal(fdt_reg(&fdt, find(path), index, &base, &size), status);
}

/* A controller, interrupt cells of which all are known. */
static void assert_irq(const char *path, uint32_t index, const char *controller, uint32_t count,
                       const uint32_t *cells)
{
    struct fdt_irq irq;

    assert_int_equal(fdt_interrupt(&fdt, find(path), index, &irq), 0);
    assert_int_equal(irq.controller, find(controller));
    assert_int_equal(irq.count, count);
    assert_memory_equal(irq.cells, cells, count * sizeof(*cells));
}

#define IRQ(path, index, controller, ...)                                              \
    assert_irq(path, index, controller, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})), \
               (const uint32_t[]){__VA_ARGS__})

static void assert_no_irq(const char *path, uint32_t index, int status)
{
    struct fdt_irq irq;

    assert_int_equal(fdt_interrupt(&fdt, find(path), index, &irq), status);
}

/* Root 2/1, /soc 1/1 with three windows, /scb 2/1. */
static void translates_as_on_a_raspberry_pi_4(void **state)
{
    (void)state;
    tree_begin(2, 1);
    NODE("soc");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0x7e000000, 0, 0xfe000000, 0x1800000, 0x7c000000, 0, 0xfc000000, 0x2000000,
          0x40000000, 0, 0xff800000, 0x800000);
    NODE("interrupt-controller@40041000");
    CELLS("reg", 0x40041000, 0x1000, 0x40042000, 0x2000);
    END();
    NODE("serial@7e201000");
    CELLS("reg", 0x7e201000, 0x200);
    TEXT("reg-names", "regs");
    END();
    NODE("nowhere@10000000");
    CELLS("reg", 0x10000000, 0x200);
    END();
    END();
    NODE("scb");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0, 0x7c000000, 0, 0xfc000000, 0x3800000, 6, 0, 6, 0, 0x40000000);
    NODE("ethernet@7d580000");
    CELLS("reg", 0, 0x7d580000, 0x10000);
    END();
    NODE("window@600000000");
    CELLS("reg", 6, 0x1000, 0x10);
    END();
    END();
    assert_int_equal(tree_end(), 0);
    assert_reg("/soc/interrupt-controller", 0, 0xff841000, 0x1000);
    assert_reg("/soc/interrupt-controller", 1, 0xff842000, 0x2000);
    assert_no_reg("/soc/interrupt-controller", 2, -ENOENT);
    assert_reg("/soc/serial", 0, 0xfe201000, 0x200);
    assert_no_reg("/soc/nowhere", 0, -ENXIO);
    assert_reg("/scb/ethernet", 0, 0xfd580000, 0x10000);
    assert_reg("/scb/window", 0, 0x600001000, 0x10);
    assert_int_equal(fdt_reg_count(&fdt, find("/soc/interrupt-controller")), 2);
    assert_int_equal(fdt_reg_count(&fdt, find("/soc")), -ENOENT);
}

static void reads_reg_in_other_ways(void **state)
{
    uint64_t base;
    uint64_t size;

    (void)state;
    tree_begin(1, 1);
    NODE("bus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    NODE("cpu@3");
    CELLS("reg", 3);
    END();
    END();
    NODE("soc");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0, 0x40000000, 0x1000);
    NODE("dev@10");
    CELLS("reg", 0x10, 0x4, 0x20, 0x8);
    TEXT("reg-names", "first\0second");
    END();
    NODE("odd@10");
    CELLS("reg", 0x10, 0x4, 0x20);
    END();
    END();
    assert_int_equal(tree_end(), 0);
    assert_int_equal(fdt_reg_raw(&fdt, find("/bus/cpu"), 0, &base, &size), 0);
    assert_int_equal(base, 3);
    assert_int_equal(size, 0);
    assert_no_reg("/bus/cpu", 0, -ENXIO);
    assert_int_equal(fdt_reg_raw(&fdt, find("/soc/dev"), 1, &base, &size), 0);
    assert_int_equal(base, 0x20);
    assert_int_equal(fdt_reg_by_name(&fdt, find("/soc/dev"), "second", &base, &size), 0);
    assert_int_equal(base, 0x40000020);
    assert_int_equal(size, 8);
    assert_int_equal(fdt_reg_by_name(&fdt, find("/soc/dev"), "third", &base, &size), -ENOENT);
    assert_no_reg("/soc/odd", 0, -EPROTO);
    assert_int_equal(fdt_reg_count(&fdt, find("/soc/odd")), -EPROTO);
    assert_no_reg("/", 0, -ENOENT);
    assert_no_reg("/none", 0, -ENOENT);
}

static void uses_defaults_for_cells(void **state)
{
    (void)state;
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    NODE("");
    NODE("dev@1");
    CELLS("reg", 1, 0x10, 0x20);
    CELLS("#address-cells", 5);
    CELLS("#size-cells", 1, 2);
    NODE("child");
    CELLS("reg", 1);
    END();
    END();
    NODE("pic");
    CELLS("#address-cells", 0);
    END();
    assert_int_equal(tree_end(), 0);
    assert_int_equal(fdt_address_cells(&fdt, fdt_root(&fdt)), 2);
    assert_int_equal(fdt_size_cells(&fdt, fdt_root(&fdt)), 1);
    assert_int_equal(fdt_address_cells(&fdt, find("/dev")), -EPROTO);
    assert_int_equal(fdt_size_cells(&fdt, find("/dev")), -EPROTO);
    assert_int_equal(fdt_address_cells(&fdt, find("/pic")), 0);
    assert_reg("/dev", 0, 0x100000010, 0x20);
    assert_no_reg("/dev/child", 0, -EPROTO);
}

static void add_pci(uint32_t reg_hi)
{
    NODE("pcie@40000000");
    TEXT("device_type", "pci");
    CELLS("#address-cells", 3);
    CELLS("#size-cells", 2);
    CELLS("ranges", PCI_IO, 0, 0, 0, 0x3eff0000, 0, 0x10000,      /* */
          PCI_MEM32, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000, /* */
          PCI_MEM64, 0x80, 0, 0x80, 0, 0x80, 0);
    NODE("config@1");
    CELLS("reg", 0x800, 0, 0, 0, 0);
    END();
    NODE("memory@2");
    CELLS("reg", reg_hi, 0, 0x10001000, 0, 0x100);
    END();
    NODE("memory64@2");
    CELLS("reg", 0x03000000, 0x81, 0, 0, 0x100);
    END();
    NODE("port@3");
    CELLS("reg", PCI_IO, 0, 0x3f8, 0, 8);
    END();
    NODE("isa");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    CELLS("ranges", 1, 0, PCI_IO, 0, 0, 0x10000, 0, 0, PCI_MEM32, 0, 0x10000000, 0x100000);
    NODE("serial@i3f8");
    CELLS("reg", 1, 0x3f8, 8);
    END();
    NODE("screen@b8000");
    CELLS("reg", 0, 0xb8000, 0x8000);
    END();
    END();
    END();
}

static void translates_pci_and_isa(void **state)
{
    phys_addr_t out;

    (void)state;
    tree_begin(2, 2);
    add_pci(PCI_MEM32);
    assert_int_equal(tree_end(), 0);
    assert_no_reg("/pcie/config", 0, -ENXIO);
    assert_reg("/pcie/memory", 0, 0x10001000, 0x100);
    assert_reg("/pcie/memory64", 0, 0x8100000000, 0x100);
    assert_reg("/pcie/port", 0, 0x3eff03f8, 8);
    assert_reg("/pcie/isa/serial", 0, 0x3eff03f8, 8);
    assert_reg("/pcie/isa/screen", 0, 0x100b8000, 0x8000);
    assert_int_equal(fdt_translate(&fdt, find("/pcie"), PCI_MEM32, 0x10000004, &out), 0);
    assert_int_equal(out, 0x10000004);
    assert_int_equal(fdt_translate(&fdt, find("/pcie"), PCI_IO, 0x10000004, &out), -ENXIO);
    assert_int_equal(fdt_translate(&fdt, find("/"), 0, 5, &out), 0);
    assert_int_equal(out, 5);
    /* 64-bit memory space is one with 32-bit memory space. */
    tree_begin(2, 2);
    add_pci(0x03000000);
    assert_int_equal(tree_end(), 0);
    assert_reg("/pcie/memory", 0, 0x10001000, 0x100);
}

/* A PC: ports have no window, memory below 16 MiB does. */
static void keeps_ports_apart(void **state)
{
    uint64_t port;
    uint64_t size;

    (void)state;
    for (int round = 0; round < 2; round++) {
        tree_begin(2, 2);
        NODE("isa@0");
        CELLS("#address-cells", 2);
        CELLS("#size-cells", 1);
        if (round == 0) {
            CELLS("ranges", 0, 0, 0, 0, 0x1000000);
        } else {
            FLAG("ranges");
        }
        NODE("serial@i3f8");
        CELLS("reg", 1, 0x3f8, 8);
        END();
        NODE("screen@b8000");
        CELLS("reg", 0, 0xb8000, 0x8000, 1, 0x3c0, 0x20);
        END();
        END();
        NODE("plain@100000000");
        CELLS("reg", 1, 0x3f8, 0, 8);
        END();
        assert_int_equal(tree_end(), 0);
        assert_no_reg("/isa/serial", 0, -ENXIO);
        assert_int_equal(fdt_reg_port(&fdt, find("/isa/serial"), 0, &port, &size), 0);
        assert_int_equal(port, 0x3f8);
        assert_int_equal(size, 8);
        assert_int_equal(fdt_reg_port(&fdt, find("/isa/screen"), 0, &port, &size), -ENXIO);
        assert_int_equal(fdt_reg_port(&fdt, find("/isa/screen"), 1, &port, &size), 0);
        assert_int_equal(port, 0x3c0);
        assert_int_equal(fdt_reg_port(&fdt, find("/plain"), 0, &port, &size), -ENXIO);
        assert_reg("/plain", 0, 0x1000003f8, 8);
    }
}

static void refuses_what_needs_more_than_64_bits(void **state)
{
    uint64_t base;
    uint64_t size;

    (void)state;
    tree_begin(4, 3);
    NODE("fits@1");
    CELLS("reg", 0, 0, 1, 2, 0, 3, 4);
    END();
    NODE("high-address@1");
    CELLS("reg", 0, 1, 1, 2, 0, 0, 4);
    END();
    NODE("high-size@1");
    CELLS("reg", 0, 0, 1, 2, 1, 0, 4);
    END();
    NODE("last-byte@1");
    CELLS("reg", 0, 0, ~0u, ~0u, 0, 0, 1);
    END();
    NODE("wraps@1");
    CELLS("reg", 0, 0, ~0u, ~0u, 0, 0, 2);
    END();
    NODE("bus@1");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0, 0, 0, 0, ~0u, ~0u - 0xfff, 0x10000, 1, 0, 0, 1, 0, 0, 0x1000);
    NODE("inside@0");
    CELLS("reg", 0, 0xfff, 1);
    END();
    NODE("beyond@0");
    CELLS("reg", 0, 0x1000, 1);
    END();
    NODE("into-high@0");
    CELLS("reg", 1, 0, 1);
    END();
    END();
    assert_int_equal(tree_end(), 0);
    assert_int_equal(fdt_reg(&fdt, find("/fits"), 0, &base, &size), 0);
    assert_int_equal(base, 0x100000002);
    assert_int_equal(size, 0x300000004);
    assert_no_reg("/high-address", 0, -EOVERFLOW);
    assert_no_reg("/high-size", 0, -EOVERFLOW);
    assert_reg("/last-byte", 0, ~0ull, 1);
    assert_no_reg("/wraps", 0, -EOVERFLOW);
    assert_reg("/bus/inside", 0, ~0ull, 1);
    assert_no_reg("/bus/beyond", 0, -EOVERFLOW);
    assert_no_reg("/bus/into-high", 0, -EOVERFLOW);
}

static void needs_ranges(void **state)
{
    (void)state;
    tree_begin(1, 1);
    NODE("closed");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    NODE("a@1");
    CELLS("reg", 1, 1);
    END();
    END();
    NODE("open");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    FLAG("ranges");
    NODE("a@1");
    CELLS("reg", 1, 2, 0, 1);
    END();
    END();
    NODE("torn");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 1);
    CELLS("ranges", 0, 0);
    NODE("a@1");
    CELLS("reg", 1, 1);
    END();
    END();
    assert_int_equal(tree_end(), 0);
    assert_no_reg("/closed/a", 0, -ENXIO);
    assert_reg("/open/a", 0, 0x100000002, 1);
    assert_no_reg("/torn/a", 0, -EPROTO);
}

static void add_controller(const char *name, uint32_t phandle, uint32_t cells)
{
    NODE(name);
    FLAG("interrupt-controller");
    CELLS("#interrupt-cells", cells);
    CELLS("phandle", phandle);
    END();
}

static void inherits_the_interrupt_parent(void **state)
{
    (void)state;
    tree_begin(1, 1);
    CELLS("interrupt-parent", 1);
    add_controller("gic", 1, 3);
    add_controller("other", 2, 1);
    NODE("soc");
    NODE("uart");
    CELLS("interrupts", 0, 1, 4, 0, 2, 8);
    END();
    NODE("bus");
    CELLS("interrupt-parent", 2);
    NODE("dev");
    CELLS("interrupts", 5, 6);
    END();
    END();
    NODE("own");
    FLAG("interrupt-controller");
    CELLS("#interrupt-cells", 2);
    NODE("child");
    CELLS("interrupts", 7, 8);
    END();
    END();
    NODE("silent");
    END();
    END();
    assert_int_equal(tree_end(), 0);
    IRQ("/soc/uart", 0, "/gic", 0, 1, 4);
    IRQ("/soc/uart", 1, "/gic", 0, 2, 8);
    assert_no_irq("/soc/uart", 2, -ENOENT);
    IRQ("/soc/bus/dev", 1, "/other", 6);
    IRQ("/soc/own/child", 0, "/soc/own", 7, 8);
    assert_no_irq("/soc/silent", 0, -ENOENT);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/soc/uart")), 2);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/soc/bus/dev")), 2);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/soc/silent")), -ENOENT);
    assert_int_equal(fdt_interrupt_parent(&fdt, find("/soc/uart")), find("/gic"));
}

/* The PLIC of a VisionFive 2: hart 0 has an M context alone, harts 1 to 4 have M and S. */
static void finds_the_contexts_of_a_jh7110_plic(void **state)
{
    uint32_t list[18];
    uint32_t contexts[5] = {0};
    struct fdt_args args;

    (void)state;
    tree_begin(2, 2);
    NODE("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    for (uint32_t hart = 0; hart < 5; hart++) {
        const char name[] = {'c', 'p', 'u', '@', (char)('0' + hart), 0};

        NODE(name);
        CELLS("reg", hart);
        add_controller("interrupt-controller", 10 + hart, 1);
        END();
    }
    END();
    NODE("plic");
    for (unsigned i = 0; i < 9; i++) {
        list[2 * i] = 10 + (i + 1) / 2;
        list[2 * i + 1] = i == 0 || i % 2 == 1 ? 11 : 9;
    }
    fdt_build_cells(&tree, "interrupts-extended", list, 18);
    END();
    assert_int_equal(tree_end(), 0);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/plic")), 9);
    for (uint32_t i = 0; i < 9; i++) {
        uint64_t hart;
        uint64_t size;

        assert_int_equal(fdt_phandle_args(&fdt, find("/plic"), "interrupts-extended",
                                          "#interrupt-cells", i, &args),
                         0);
        assert_int_equal(fdt_reg_raw(&fdt, fdt_parent(&fdt, args.node), 0, &hart, &size), 0);
        if (args.cells[0] == 9) {
            contexts[hart] = i;
        }
    }
    for (uint32_t hart = 1; hart < 5; hart++) {
        assert_int_equal(contexts[hart], 2 * hart);
    }
    assert_int_equal(contexts[0], 0);
    IRQ("/plic", 8, "/cpus/cpu@4/interrupt-controller", 9);
}

/* QEMU's virt: four slots, turned pins; the GIC has two address cells that the rows carry. */
static void add_swizzled_bridge(uint32_t parent_cells)
{
    uint32_t map[16 * 10];
    uint32_t used = 0;

    for (uint32_t slot = 0; slot < 4; slot++) {
        for (uint32_t pin = 1; pin <= 4; pin++) {
            uint32_t head[] = {slot << 11, 0, 0, pin, 1};

            memcpy(map + used, head, sizeof(head));
            used += 5;
            for (uint32_t i = 0; i < parent_cells; i++) {
                map[used++] = 0;
            }
            map[used++] = 0;
            map[used++] = 3 + (slot + pin - 1) % 4;
            map[used++] = 4;
        }
    }
    NODE("pcie");
    TEXT("device_type", "pci");
    CELLS("#address-cells", 3);
    CELLS("#size-cells", 2);
    CELLS("#interrupt-cells", 1);
    CELLS("interrupt-map-mask", 0x1800, 0, 0, 7);
    fdt_build_cells(&tree, "interrupt-map", map, used);
    NODE("dev@2,0");
    CELLS("reg", 2 << 11, 0, 0, 0, 0);
    CELLS("interrupts", 3);
    END();
    NODE("dev@6,0");
    CELLS("reg", 6 << 11, 0, 0, 0, 0);
    CELLS("interrupts", 1);
    END();
    NODE("odd@0,0");
    CELLS("reg", 0, 0, 0, 0, 0);
    CELLS("interrupts", 0);
    END();
    END();
}

static void follows_interrupt_maps(void **state)
{
    (void)state;
    for (uint32_t cells = 0; cells <= 2; cells += 2) {
        const uint32_t unit[] = {3 << 11, 0, 0};
        const uint32_t pin = 2;
        struct fdt_irq irq;

        tree_begin(2, 2);
        CELLS("interrupt-parent", 1);
        NODE("gic");
        FLAG("interrupt-controller");
        CELLS("#interrupt-cells", 3);
        if (cells != 0) {
            CELLS("#address-cells", cells);
        }
        CELLS("phandle", 1);
        END();
        add_swizzled_bridge(cells);
        assert_int_equal(tree_end(), 0);
        IRQ("/pcie/dev@2,0", 0, "/gic", 0, 3 + (2 + 2) % 4, 4);
        IRQ("/pcie/dev@6,0", 0, "/gic", 0, 3 + 2, 4);
        assert_no_irq("/pcie/odd", 0, -ENXIO);
        assert_int_equal(fdt_interrupt_map(&fdt, find("/pcie"), unit, 3, &pin, 1, &irq), 0);
        assert_int_equal(irq.cells[1], 3 + (3 + 1) % 4);
        assert_int_equal(fdt_interrupt_map(&fdt, find("/pcie"), unit, 2, &pin, 1, &irq), -EINVAL);
        assert_int_equal(fdt_interrupt_map(&fdt, -ENOENT, unit, 3, &pin, 1, &irq), -ENOENT);
    }
}

/* An ISA bus behind a nexus behind another, as interrupt lines of a PC go. */
static void follows_several_nexus_nodes(void **state)
{
    (void)state;
    tree_begin(1, 1);
    add_controller("ioapic", 1, 2);
    NODE("hub");
    CELLS("phandle", 2);
    CELLS("#address-cells", 1);
    CELLS("#interrupt-cells", 1);
    CELLS("interrupt-map", 5, 1, 1, 20, 3, 5, 2, 1, 21, 3);
    END();
    NODE("isa");
    CELLS("phandle", 3);
    CELLS("interrupt-parent", 3);
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 1);
    CELLS("#interrupt-cells", 1);
    CELLS("interrupt-map-mask", 0, 0, 0xf);
    CELLS("interrupt-map", 0, 0, 4, 2, 5, 1, 0, 0, 3, 2, 5, 2, 0, 0, 6, 2, 9, 9);
    NODE("uart@i3f8");
    CELLS("reg", 1, 0x3f8, 8);
    CELLS("interrupts", 4, 3, 6);
    END();
    END();
    NODE("ext");
    CELLS("interrupts-extended", 1, 8, 1, 3, 3, 0, 2, 7);
    END();
    assert_int_equal(tree_end(), 0);
    IRQ("/isa/uart", 0, "/ioapic", 20, 3);
    IRQ("/isa/uart", 1, "/ioapic", 21, 3);
    assert_no_irq("/isa/uart", 2, -ENXIO);
    IRQ("/ext", 0, "/ioapic", 8, 1);
    IRQ("/ext", 1, "/ioapic", 21, 3);
    assert_no_irq("/ext", 2, -ENOENT);
    assert_no_irq("/ext", 3, -ENXIO);
    assert_no_irq("/ext", 4, -ENOENT);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/ext")), 4);
}

static void add_nexus(const char *name, uint32_t phandle, uint32_t next)
{
    NODE(name);
    CELLS("phandle", phandle);
    CELLS("#address-cells", 0);
    CELLS("#interrupt-cells", 1);
    CELLS("interrupt-map", 1, next, 1);
    END();
}

static void bounds_circles(void **state)
{
    (void)state;
    tree_begin(1, 1);
    add_nexus("a", 1, 2);
    add_nexus("b", 2, 1);
    NODE("dev");
    CELLS("interrupt-parent", 1);
    CELLS("interrupts", 1);
    END();
    NODE("knot");
    CELLS("phandle", 5);
    CELLS("interrupt-parent", 5);
    CELLS("interrupts", 1);
    END();
    assert_int_equal(tree_end(), 0);
    assert_no_irq("/dev", 0, -ELOOP);
    assert_no_irq("/knot", 0, -EPROTO);
    assert_int_equal(fdt_interrupt_parent(&fdt, find("/knot")), -ELOOP);
}

static void refuses_malformed_maps(void **state)
{
    (void)state;
    tree_begin(1, 1);
    add_controller("pic", 1, 2);
    for (uint32_t i = 0; i < 6; i++) {
        const char nexus[] = {'n', (char)('0' + i), 0};

        NODE(nexus);
        CELLS("phandle", 10 + i);
        CELLS("#address-cells", 0);
        CELLS("#interrupt-cells", i == 5 ? 9 : 1);
        if (i == 0) {
            CELLS("interrupt-map", 1, 1, 5); /* one cell of two */
        } else if (i == 1) {
            CELLS("interrupt-map", 1, 99, 5, 6); /* nobody's phandle */
        } else if (i == 2) {
            CELLS("interrupt-map", 1, 0, 5, 6); /* no phandle */
        } else if (i == 3) {
            CELLS("interrupt-map", 1, 1, 5, 6);
            CELLS("interrupt-map-mask", 1, 1);
        } else if (i == 4) {
            CELLS("interrupt-map", 1); /* ends before the phandle */
        }
        NODE("dev");
        CELLS("interrupts", 1);
        END();
        END();
    }
    NODE("orphan");
    CELLS("interrupts", 1);
    END();
    NODE("lost");
    CELLS("interrupts-extended", 77, 1);
    END();
    NODE("short");
    CELLS("interrupts-extended", 1, 1);
    END();
    assert_int_equal(tree_end(), 0);
    assert_no_irq("/n0/dev", 0, -EPROTO);
    assert_no_irq("/n1/dev", 0, -EPROTO);
    assert_no_irq("/n2/dev", 0, -EPROTO);
    assert_no_irq("/n3/dev", 0, -EPROTO);
    assert_no_irq("/n4/dev", 0, -ENXIO);
    assert_no_irq("/n5/dev", 0, -EPROTO);
    assert_no_irq("/orphan", 0, -EPROTO);
    assert_no_irq("/lost", 0, -EPROTO);
    assert_no_irq("/short", 0, -EPROTO);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/lost")), -EPROTO);
    assert_int_equal(fdt_interrupt_count(&fdt, find("/orphan")), -EPROTO);
}

static void reads_references_with_cells(void **state)
{
    struct fdt_args args;
    int dev;

    (void)state;
    tree_begin(1, 1);
    NODE("clk");
    CELLS("phandle", 1);
    CELLS("#clock-cells", 2);
    END();
    NODE("fixed");
    CELLS("phandle", 2);
    CELLS("#clock-cells", 0);
    END();
    NODE("dev");
    CELLS("clocks", 2, 1, 5, 6, 0, 2, 1, 7);
    CELLS("syscon", 2);
    END();
    assert_int_equal(tree_end(), 0);
    dev = find("/dev");
    assert_int_equal(fdt_phandle_args(&fdt, dev, "clocks", "#clock-cells", 0, &args), 0);
    assert_int_equal(args.node, find("/fixed"));
    assert_int_equal(args.count, 0);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "clocks", "#clock-cells", 1, &args), 0);
    assert_int_equal(args.node, find("/clk"));
    assert_int_equal(args.count, 2);
    assert_int_equal(args.cells[1], 6);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "clocks", "#clock-cells", 2, &args), -ENOENT);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "clocks", "#clock-cells", 3, &args), 0);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "clocks", "#clock-cells", 4, &args), -EPROTO);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "clocks", "#none", 0, &args), -EPROTO);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "syscon", NULL, 0, &args), 0);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "syscon", NULL, 1, &args), -ENOENT);
    assert_int_equal(fdt_phandle_args(&fdt, dev, "none", NULL, 0, &args), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translates_as_on_a_raspberry_pi_4),
        cmocka_unit_test(reads_reg_in_other_ways),
        cmocka_unit_test(uses_defaults_for_cells),
        cmocka_unit_test(translates_pci_and_isa),
        cmocka_unit_test(keeps_ports_apart),
        cmocka_unit_test(refuses_what_needs_more_than_64_bits),
        cmocka_unit_test(needs_ranges),
        cmocka_unit_test(inherits_the_interrupt_parent),
        cmocka_unit_test(finds_the_contexts_of_a_jh7110_plic),
        cmocka_unit_test(follows_interrupt_maps),
        cmocka_unit_test(follows_several_nexus_nodes),
        cmocka_unit_test(bounds_circles),
        cmocka_unit_test(refuses_malformed_maps),
        cmocka_unit_test(reads_references_with_cells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
