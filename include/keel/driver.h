/* SPDX-License-Identifier: MIT */
/* The driver model (K9): drivers match tree nodes by `compatible`, probe, publish, are
 * controlled. */
#ifndef KEEL_DRIVER_H
#define KEEL_DRIVER_H

#include <keel/fdt.h>
#include <keel/section.h>
#include <keel/types.h>

/* Drivers bind level by level; a node binds once, to its most specific `compatible`. */
enum driver_level {
    DRIVER_IRQCHIP,
    DRIVER_TIMER,
    DRIVER_POWER,
    DRIVER_CONSOLE,
    DRIVER_OTHER,
    DRIVER_LEVELS,
};

#define DEVICE_NAME_MAX 32

struct device;

struct driver {
    const char *name;
    /* NULL-terminated, as the binding names them. NULL: the device is a firmware service that has
     * no
     * node; probe() runs once, after the nodes of its level, and finds out whether it is there. */
    const char *const *compatible;
    enum driver_level level;
    /* Takes the device over; 0, or a negative errno and nothing is left behind. -ENODEV: it is not
     * there, which is no error worth a line. */
    int (*probe)(struct device *dev);
    /* Requests the device's interrupts: after probe(), and not before the interrupt controllers are
     * there, which come after the console. 0, or a negative errno: the device goes on without. NULL:
     * it has none, or probe() asks for them, in a driver of a later level. */
    int (*interrupts)(struct device *dev);
    /* Gives it up; NULL when it cannot be removed. */
    void (*remove)(struct device *dev);
    /* ioctl-style request on a published device; NULL: none. In and out through `arg` of `size`
     * bytes. -ENOTSUP for an unknown request. */
    int (*control)(struct device *dev, uint32_t request, void *arg, size_t size);
};

#define DRIVER(ident, ...) SECTION_ENTRY(drivers, struct driver, driver_##ident) = {__VA_ARGS__}
SECTION_TABLE(drivers, struct driver);

struct device {
    const struct driver *driver;
    int node;                   /* in system_fdt; negative when it has none */
    char name[DEVICE_NAME_MAX]; /* published name ("serial0"), "" until then */
    void *priv;                 /* the driver's */
    int error;                  /* what probe returned */
};

/* Registers of a device: memory or I/O ports, accessed alike. */
struct io_region {
    void __iomem *base; /* NULL for ports */
    uint16_t port;
    uint64_t size;    /* bytes */
    phys_addr_t phys; /* address in its space */
};

/* Maps the index-th `reg` of the device (translated through `ranges`; ISA I/O becomes ports).
 * 0; the errors of fdt_reg(); -EINVAL for no bytes; -ENXIO for ports on a CPU without; -ENOMEM. */
int device_registers(struct device *dev, unsigned index, struct io_region *out);

/* The index-th interrupt as (controller node, cells); decoded by the controller's driver. */
int device_interrupt(struct device *dev, unsigned index, struct fdt_irq *out);

/* The rate in Hz of the index-th clock: clock-frequency, or the fixed-clock behind `clocks`; 0 when
 * unknown. */
uint64_t device_clock_hz(struct device *dev, unsigned index);

/* Publishes the device in the name space as PREFIX0, PREFIX1, ...: with the number of its alias
 * when
 * it has one, else the lowest that no alias and no device has. 0, -EEXIST (published already),
 * -ENAMETOOLONG. */
int device_publish(struct device *dev, const char *prefix);

/* The published device of that name, or NULL. */
struct device *device_find(const char *name);

/* Hands a request to the device's driver. Its status, or -ENOTSUP when it takes none. */
int device_control(struct device *dev, uint32_t request, void *arg, size_t size);

/* Binds the drivers of a level to the nodes that are available (with all nodes above them) and not
 * bound yet, and to firmware. Failing probes are logged with the node's path. */
void drivers_probe(enum driver_level level);

/* The interrupt controllers are there: asks every device bound so far, and from now on each as it is
 * bound, to request its interrupts. Once. */
void drivers_start_interrupts(void);

/* The driver that a node binds to: the one of its most specific `compatible` that any driver has,
 * or NULL. */
const struct driver *driver_for(int node);

/* Whether a node and all nodes above it are available. */
bool device_node_usable(int node);

/* Unbinds a device: calls remove(), drops its name. -ENOTSUP when its driver cannot. */
int device_remove(struct device *dev);

/* The nth device that a driver was tried on, or NULL past the last; it is bound when its `error` is
 * 0. */
struct device *device_at(unsigned index);

/* Whether the device, which can be a console with input, shall be the one: it is what the `console`
 * parameter or else stdout-path of the tree names; where neither names one that works here, the
 * first to ask. */
bool device_claim_console(const struct device *dev);

/* The options behind the console's name in `console` or stdout-path, as "115200n8", or "". */
const char *device_console_options(void);

/* Accessors of width 8, 16, 32 for regions; offset in bytes. */
uint8_t io_read8(const struct io_region *io, uint32_t offset);
uint16_t io_read16(const struct io_region *io, uint32_t offset);
uint32_t io_read32(const struct io_region *io, uint32_t offset);
void io_write8(const struct io_region *io, uint32_t offset, uint8_t value);
void io_write16(const struct io_region *io, uint32_t offset, uint16_t value);
void io_write32(const struct io_region *io, uint32_t offset, uint32_t value);

/* Writes `len` bytes to the one register at `offset`, a FIFO's, in their order. */
void io_write8_all(const struct io_region *io, uint32_t offset, const void *bytes, size_t len);

/* The tree the kernel runs on; checked, constant after boot. */
extern struct fdt system_fdt;

#endif
