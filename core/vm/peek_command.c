/* SPDX-License-Identifier: MIT */
/* The console command that reads memory and registers, by virtual or physical address. */
#include <arch/uaccess.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/parse.h>
#include <keel/string.h>
#include <keel/vm.h>

#define COUNT_MAX      1024
#define BYTES_A_LINE   16
#define PHYSICAL       "p:"
#define VALUES_DEFAULT 4

extern const char _image_start[];
extern const char _image_end[];

struct request {
    uint64_t address;
    bool physical;
    uint32_t count; /* values */
    unsigned int width;
};

static unsigned int width_of(const char *letter)
{
    static const char letters[] = "bwlq";
    const char *found = letter[0] && !letter[1] ? strchr(letters, letter[0]) : NULL;

    return found ? 1u << (found - letters) : 0;
}

static int parse(int argc, char **argv, struct request *req)
{
    const char *text = argc > 1 ? argv[1] : "";
    unsigned int width;

    *req = (struct request){.count = VALUES_DEFAULT, .width = 4};
    req->physical = str_has_prefix(text, PHYSICAL);
    if (kstrtou64(text + (req->physical ? strlen(PHYSICAL) : 0), 0, &req->address) < 0) {
        console_printf("bad address: a number is wanted, p: before it means physical\n");
        return -EINVAL;
    }
    width = argc > 2 ? width_of(argv[argc - 1]) : 0;
    if (width != 0) {
        req->width = width;
        argc--;
    }
    if (argc > 3 ||
        (argc > 2 && (kstrtou32(argv[2], 0, &req->count) < 0 || req->count > COUNT_MAX))) {
        console_printf("a count is at most %d, a width is b, w, l or q (1, 2, 4, 8 bytes)\n",
                       COUNT_MAX);
        return -EINVAL;
    }
    if (req->address % req->width != 0) {
        console_printf("bad address: it must be a multiple of %u\n", req->width);
        return -EINVAL;
    }
    if (req->count * req->width - 1 > UINT64_MAX - req->address && req->count > 0) {
        console_printf("bad address: the range wraps\n");
        return -EINVAL;
    }
    return 0;
}

/* Whether [base, base + size) is all in one `reg` of an available node. */
static bool is_device(phys_addr_t base, uint64_t size)
{
    int node = fdt_root(&system_fdt);

    for (; node >= 0; node = fdt_next(&system_fdt, node, NULL)) {
        phys_addr_t start;
        uint64_t length;

        for (uint32_t i = 0; fdt_reg(&system_fdt, node, i, &start, &length) == 0; i++) {
            if (base >= start && size <= length && base - start <= length - size &&
                device_node_usable(node)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether RAM is in the direct map: no part of it is reserved as not to be mapped. */
static bool is_mapped_ram(phys_addr_t base, uint64_t size)
{
    phys_addr_t start;
    uint64_t length;

    return memmap_mappable(base, &start, &length) && start <= base && length >= size &&
           base - start <= length - size;
}

/* The virtual address to read a physical range at, or 0 after saying why there is none. */
static virt_addr_t map_physical(phys_addr_t base, uint64_t size)
{
    uint64_t image_size = (uint64_t)(_image_end - _image_start);
    void __iomem *registers;

    if (base >= image_phys && size <= image_size && base - image_phys <= image_size - size) {
        return image_virt + (virt_addr_t)(base - image_phys);
    }
    if (is_mapped_ram(base, size)) {
        return (virt_addr_t)phys_to_virt(base);
    }
    if (memmap_is_ram(base, 1) || !is_device(base, size)) {
        console_printf("bad address: neither mapped RAM nor a device of the tree\n");
        return 0;
    }
    registers = vm_map_device(base, size, VM_DEVICE);
    if (!registers) {
        console_printf("cannot map this device: no room\n");
    }
    return (__force virt_addr_t)registers;
}

static int print_values(const struct request *req, virt_addr_t va)
{
    unsigned int a_line = BYTES_A_LINE / req->width;

    for (uint32_t i = 0; i < req->count; i++) {
        uint64_t value;

        if (i % a_line == 0) {
            console_printf("%s%016llx:", i > 0 ? "\n" : "",
                           (unsigned long long)(req->address + (uint64_t)i * req->width));
        }
        if (arch_read_nofault(va + (virt_addr_t)i * req->width, req->width, &value) < 0) {
            console_printf(" fault: nothing can be read there\n");
            return -EFAULT;
        }
        console_printf(" %0*llx", (int)req->width * 2, (unsigned long long)value);
    }
    console_printf("\n");
    return 0;
}

static int cmd_peek(int argc, char **argv)
{
    struct request req;
    int status = parse(argc, argv, &req);
    virt_addr_t va;

    if (status < 0 || req.count == 0) {
        return status;
    }
    va = req.physical ? map_physical(req.address, (uint64_t)req.count * req.width)
                      : (virt_addr_t)req.address;
    if (req.physical && va == 0) {
        return -EFAULT;
    }
    return print_values(&req, va);
}

COMMAND(peek, "[p:]ADDRESS [COUNT] [b|w|l|q]",
        "read values at a virtual or, with p:, physical address of RAM or a device", cmd_peek);
