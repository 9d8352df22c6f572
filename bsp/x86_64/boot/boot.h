/* SPDX-License-Identifier: MIT */
/* From the loader's hand-over to boot_info: what the files of bsp/x86_64/boot share. */
#ifndef X86_64_BOOT_BOOT_H
#define X86_64_BOOT_BOOT_H

#include <keel/boot_info.h>
#include <keel/types.h>

/* The registers the loader set on entry. */
struct boot_handover {
    uint32_t magic; /* %eax */
    uint32_t info;  /* %ebx: physical address of the loader's information */
};
extern struct boot_handover boot_handover;

/* Called by entry.S on the boot map: relocates the image and maps it at its virtual base. Returns
 * what to add to addresses to get there. `base` is where the image lies. */
uint64_t early_main(uint32_t magic, uint32_t info, uint32_t base);

/* Called by entry.S at the virtual base: fills boot_info and starts the kernel. */
__noreturn void arch_boot_main(void);

/* Says why the boot cannot go on, on the debug console and COM1, and stops. For the time before the
 * kernel has consoles; usable at any address the image runs at. */
__noreturn void boot_die(const char *why);

/* Physical memory as bytes: [base, base + size) is seen at `bytes`. */
struct phys_view {
    const uint8_t *bytes;
    phys_addr_t base;
    uint64_t size;
};

/* The bytes of [pa, pa + size), or NULL when the view does not hold all of them. */
static inline const uint8_t *phys_view_at(const struct phys_view *view, phys_addr_t pa,
                                          uint64_t size)
{
    if (pa < view->base || pa - view->base > view->size || size > view->size - (pa - view->base)) {
        return NULL;
    }
    return view->bytes + (pa - view->base);
}

/*
 * The parsers fill an all-zero boot_info from what a loader left in memory. They trust no byte of
 * it and have no effect but on *out, so that they run in tests as well.
 * 0; -EINVAL: the structure is not there; -EPROTO: malformed; -ERANGE: parts of it lie where the
 * view does not reach.
 */

/* Multiboot2 Specification 2.0, 3.6: the boot information at `info`. */
#define MULTIBOOT2_BOOT_MAGIC 0x36d76289u
int multiboot2_parse(const struct phys_view *view, phys_addr_t info, struct boot_info *out);

/* Xen's public/arch-x86/hvm/start_info.h: the structure at `info`. */
int pvh_parse(const struct phys_view *view, phys_addr_t info, struct boot_info *out);

/* Adds a region of the loader's map; counts it in regions_dropped when there is no room. */
void boot_add_region(struct boot_info *info, phys_addr_t base, uint64_t size, enum mem_type type);

/* The memory type for a number of the E820 family (ACPI 6.5, 15.2), which both protocols use. */
enum mem_type boot_e820_type(uint32_t type);

/* Adds a module; `name` has `len` bytes, terminator not counted. */
void boot_add_module(struct boot_info *info, phys_addr_t base, uint64_t size, const char *name,
                     size_t len);

/* Takes a command line of `len` bytes, what does not fit is counted in cmdline_dropped. */
void boot_set_cmdline(struct boot_info *info, const char *text, size_t len);

/*
 * Makes the map one that can be relied on: sorted, free of overlaps (the later type in enum
 * mem_type
 * wins), nothing empty, wrapping or at 1 << phys_bits and above. Where it takes something away for
 * being impossible, it tells `report` (may be NULL).
 */
typedef void boot_map_report_fn(const struct mem_region *region, const char *what);
void boot_map_clean(struct boot_info *info, unsigned phys_bits, boot_map_report_fn *report);

/* Whether the loader brought the module as a device tree, by its name. */
bool boot_module_is_tree(const struct boot_module *module);

/* Sets boot_info.fdt_base to a tree of this machine; wants the rest of boot_info filled. */
void boot_make_tree(void);

#endif
