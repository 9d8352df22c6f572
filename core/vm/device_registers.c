/* SPDX-License-Identifier: MIT */
/* Where a device's registers are in the kernel's address space. */
#include <arch/io.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/vm.h>

static int port_region(uint64_t port, uint64_t size, struct io_region *out)
{
    if (!ARCH_HAS_PORT_IO || size == 0 || port > UINT16_MAX || size > UINT16_MAX + 1 - port) {
        return ARCH_HAS_PORT_IO ? -EINVAL : -ENXIO;
    }
    *out = (struct io_region){.port = (uint16_t)port, .size = size, .phys = port};
    return 0;
}

int device_registers(struct device *dev, unsigned index, struct io_region *out)
{
    phys_addr_t base;
    uint64_t size;
    int status;

    if (fdt_reg_port(&system_fdt, dev->node, index, &base, &size) == 0) {
        return port_region(base, size, out);
    }
    status = fdt_reg(&system_fdt, dev->node, index, &base, &size);
    if (status < 0) {
        return status;
    }
    if (size == 0 || base + size < base) {
        return -EINVAL;
    }
    *out = (struct io_region){
        .base = vm_map_device(base, size, VM_DEVICE), .size = size, .phys = base};
    return out->base ? 0 : -ENOMEM;
}
