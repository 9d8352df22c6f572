/* SPDX-License-Identifier: MIT */
/* Reads what a PVH loader hands over (Xen's public/arch-x86/hvm/start_info.h). */
#include "boot.h"

#include <keel/byteorder.h>
#include <keel/errno.h>
#include <keel/string.h>

#define START_MAGIC        0x336ec578u
#define START_SIZE_V0      40 /* up to the RSDP */
#define START_SIZE_V1      56 /* with the memory map */

#define START_VERSION      4
#define START_NR_MODULES   12
#define START_MODLIST      16
#define START_CMDLINE      24
#define START_RSDP         32
#define START_MEMMAP       40
#define START_MEMMAP_COUNT 48

#define MODULE_ENTRY       32 /* address, size, command line, reserved */
#define MEMMAP_ENTRY       24 /* address, size, type, reserved */

#define TEXT_MAX           (1u << 20)
#define MEMMAP_MAX         4096u

/* The text at `pa` (0: none) and its length, the terminator not counted. */
static int text_at(const struct phys_view *view, phys_addr_t pa, const char **text, size_t *len)
{
    uint64_t room;

    *text = "";
    *len = 0;
    if (pa == 0) {
        return 0;
    }
    if (phys_view_at(view, pa, 1) == NULL) {
        return -ERANGE;
    }
    room = MIN(view->size - (pa - view->base), (uint64_t)TEXT_MAX);
    *text = (const char *)phys_view_at(view, pa, room);
    *len = strnlen(*text, room);
    return 0;
}

static int parse_modules(const struct phys_view *view, const uint8_t *start, struct boot_info *out)
{
    uint32_t count = MIN(load_le32(start + START_NR_MODULES), (uint32_t)BOOT_MODULES_MAX);
    const uint8_t *entry =
        phys_view_at(view, load_le64(start + START_MODLIST), (uint64_t)count * MODULE_ENTRY);

    if (count != 0 && entry == NULL) {
        return -ERANGE;
    }
    for (uint32_t i = 0; i < count; i++, entry += MODULE_ENTRY) {
        const char *name;
        size_t len;
        int err = text_at(view, load_le64(entry + 16), &name, &len);

        if (err != 0) {
            return err;
        }
        boot_add_module(out, load_le64(entry), load_le64(entry + 8), name, len);
    }
    return 0;
}

static int parse_memmap(const struct phys_view *view, const uint8_t *start, struct boot_info *out)
{
    uint32_t count = load_le32(start + START_MEMMAP_COUNT);
    const uint8_t *entry =
        phys_view_at(view, load_le64(start + START_MEMMAP), (uint64_t)count * MEMMAP_ENTRY);

    if (count > MEMMAP_MAX) {
        return -EPROTO;
    }
    if (count != 0 && entry == NULL) {
        return -ERANGE;
    }
    for (uint32_t i = 0; i < count; i++, entry += MEMMAP_ENTRY) {
        boot_add_region(out, load_le64(entry), load_le64(entry + 8),
                        boot_e820_type(load_le32(entry + 16)));
    }
    return 0;
}

int pvh_parse(const struct phys_view *view, phys_addr_t info, struct boot_info *out)
{
    const uint8_t *start = phys_view_at(view, info, START_SIZE_V0);
    const char *cmdline;
    size_t len;
    int err;

    if (start == NULL || load_le32(start) != START_MAGIC) {
        return -EINVAL;
    }
    out->protocol = BOOT_PVH;
    out->rsdp = load_le64(start + START_RSDP);
    err = text_at(view, load_le64(start + START_CMDLINE), &cmdline, &len);
    if (err != 0) {
        return err;
    }
    boot_set_cmdline(out, cmdline, len);
    err = parse_modules(view, start, out);
    if (err != 0 || load_le32(start + START_VERSION) == 0) {
        return err;
    }
    start = phys_view_at(view, info, START_SIZE_V1);
    return start == NULL ? -ERANGE : parse_memmap(view, start, out);
}
