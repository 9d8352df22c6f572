/* SPDX-License-Identifier: MIT */
/* Options of early consoles and of serial ports. */
#include "serial.h"

#include <arch/io.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/parse.h>
#include <keel/string.h>
#include <keel/vm.h>

#define OPTIONS_MAX 64

static int place_ports(uint64_t address, uint32_t size, struct earlycon_place *out)
{
    if (!ARCH_HAS_PORT_IO || address > UINT16_MAX + 1 - size) {
        return -ENXIO;
    }
    out->io = (struct io_region){.port = (uint16_t)address, .size = size, .phys = address};
    return 0;
}

static int place_memory(uint64_t address, uint32_t size, struct earlycon_place *out)
{
    uint64_t bytes = (uint64_t)size << out->reg_shift;
    uint64_t value;

    if (address + bytes < address || address % out->io_width != 0) {
        return -EINVAL;
    }
    out->io = (struct io_region){
        .base = vm_map_device(address, bytes, VM_DEVICE), .size = bytes, .phys = address};
    if (!out->io.base) {
        return -ENOMEM;
    }
    if (arch_read_nofault((__force virt_addr_t)out->io.base, out->io_width, &value) < 0) {
        return -ENXIO;
    }
    return 0;
}

int earlycon_place(const char *options, uint32_t size, struct earlycon_place *out)
{
    char text[OPTIONS_MAX];
    char *cursor = text;
    const char *space;
    const char *address;
    uint64_t base;
    bool word;

    if (strlcpy(text, options, sizeof(text)) >= sizeof(text)) {
        return -EINVAL;
    }
    space = str_next_field(&cursor, ",");
    word = strcmp(space, "mmio32") == 0;
    address = space;
    if (word || strcmp(space, "mmio") == 0 || strcmp(space, "io") == 0) {
        address = str_next_field(&cursor, ",");
    }
    if (!address || kstrtou64(address, 0, &base) < 0) {
        return -EINVAL;
    }
    *out = (struct earlycon_place){.io_width = word ? 4 : 1, .reg_shift = word ? 2 : 0};
    return strcmp(space, "io") == 0 ? place_ports(base, size, out) : place_memory(base, size, out);
}

uint32_t serial_options_baud(const char *options)
{
    char digits[12];
    size_t len = strspn(options, "0123456789");
    uint32_t baud;

    if (len == 0 || len >= sizeof(digits)) {
        return SERIAL_BAUD;
    }
    memcpy(digits, options, len);
    digits[len] = '\0';
    return kstrtou32(digits, 10, &baud) == 0 && baud != 0 ? baud : SERIAL_BAUD;
}
