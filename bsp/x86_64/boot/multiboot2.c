/* SPDX-License-Identifier: MIT */
/* Reads the boot information of a Multiboot2 loader (Multiboot2 Specification 2.0, 3.6). */
#include "boot.h"

#include <keel/byteorder.h>
#include <keel/errno.h>
#include <keel/string.h>

#define INFO_HEADER     8 /* total size, reserved */
#define TAG_HEADER      8 /* type, size */
#define TAG_ALIGN       8
#define INFO_SIZE_MAX   (16u << 20)

#define TAG_END         0
#define TAG_CMDLINE     1
#define TAG_LOADER      2
#define TAG_MODULE      3
#define TAG_MEMINFO     4
#define TAG_MMAP        6
#define TAG_FB          8
#define TAG_ACPI_OLD    14
#define TAG_ACPI_NEW    15

#define TAG_MODULE_NAME 16 /* offset in the module's tag */

#define FB_TYPE_RGB     1
#define FB_TYPE_EGA     2

#define MMAP_ENTRY_MIN  24
#define MIB             (1ull << 20)

/* One tag: its bytes, header included, and where they lie. */
struct tag {
    const uint8_t *bytes;
    phys_addr_t base;
    uint32_t type;
    uint32_t size;
};

/* The text at `offset`. */
static const char *tag_text(const struct tag *tag, uint32_t offset)
{
    return (const char *)tag->bytes + offset;
}

/* Its length, which the end of the tag bounds. */
static size_t tag_text_len(const struct tag *tag, uint32_t offset)
{
    return strnlen(tag_text(tag, offset), tag->size - offset);
}

static int parse_cmdline(const struct tag *tag, struct boot_info *out)
{
    boot_set_cmdline(out, tag_text(tag, TAG_HEADER), tag_text_len(tag, TAG_HEADER));
    return 0;
}

static int parse_loader(const struct tag *tag, struct boot_info *out)
{
    size_t len = MIN(tag_text_len(tag, TAG_HEADER), sizeof(out->loader) - 1);

    memcpy(out->loader, tag_text(tag, TAG_HEADER), len);
    out->loader[len] = '\0';
    return 0;
}

/* A module that ends before it starts gets a size no RAM has, and is refused for that later on. */
static int parse_module(const struct tag *tag, struct boot_info *out)
{
    uint64_t start = load_le32(tag->bytes + 8), end = load_le32(tag->bytes + 12);

    boot_add_module(out, start, end - start, tag_text(tag, TAG_MODULE_NAME),
                    tag_text_len(tag, TAG_MODULE_NAME));
    return 0;
}

/* Memory below 640 KiB and from 1 MiB up to the first hole, in KiB: for loaders without a map. */
static int parse_meminfo(const struct tag *tag, struct boot_info *out)
{
    boot_add_region(out, 0, load_le32(tag->bytes + 8) * 1024ull, MEM_RAM);
    boot_add_region(out, MIB, load_le32(tag->bytes + 12) * 1024ull, MEM_RAM);
    return 0;
}

static int parse_mmap(const struct tag *tag, struct boot_info *out)
{
    uint32_t entry_size = load_le32(tag->bytes + 8);

    if (entry_size < MMAP_ENTRY_MIN) {
        return -EPROTO;
    }
    for (uint32_t at = 16; at <= tag->size && tag->size - at >= entry_size; at += entry_size) {
        const uint8_t *entry = tag->bytes + at;

        boot_add_region(out, load_le64(entry), load_le64(entry + 8),
                        boot_e820_type(load_le32(entry + 16)));
    }
    return 0;
}

/* Colours behind a palette are no format of ours. */
static int parse_framebuffer(const struct tag *tag, struct boot_info *out)
{
    struct framebuffer_info *fb = &out->framebuffer;
    uint8_t type = tag->bytes[29];

    if (type == FB_TYPE_RGB && tag->size < 38) {
        return -EPROTO;
    }
    if (type != FB_TYPE_RGB && type != FB_TYPE_EGA) {
        return 0;
    }
    *fb = (struct framebuffer_info){.format = type == FB_TYPE_RGB ? FB_RGB : FB_EGA_TEXT,
                                    .base = load_le64(tag->bytes + 8),
                                    .pitch = load_le32(tag->bytes + 16),
                                    .width = load_le32(tag->bytes + 20),
                                    .height = load_le32(tag->bytes + 24),
                                    .bpp = tag->bytes[28]};
    if (type == FB_TYPE_RGB) {
        fb->red_pos = tag->bytes[32];
        fb->red_size = tag->bytes[33];
        fb->green_pos = tag->bytes[34];
        fb->green_size = tag->bytes[35];
        fb->blue_pos = tag->bytes[36];
        fb->blue_size = tag->bytes[37];
    }
    return 0;
}

/* The tag holds a copy of the root pointer. */
static int parse_rsdp(const struct tag *tag, struct boot_info *out)
{
    if (out->rsdp == 0 || tag->type == TAG_ACPI_NEW) {
        out->rsdp = tag->base + TAG_HEADER;
    }
    return 0;
}

static const struct tag_parser {
    uint32_t type;
    uint32_t size_min; /* bytes that the parser reads without asking */
    int (*parse)(const struct tag *tag, struct boot_info *out);
} tag_parsers[] = {
    {TAG_CMDLINE, 8, parse_cmdline},
    {TAG_LOADER, 8, parse_loader},
    {TAG_MODULE, TAG_MODULE_NAME, parse_module},
    {TAG_MMAP, 16, parse_mmap},
    {TAG_FB, 32, parse_framebuffer},
    {TAG_ACPI_OLD, 28, parse_rsdp},
    {TAG_ACPI_NEW, 44, parse_rsdp},
};

/* Tags nobody knows, as those about EFI, are passed over. */
static int parse_tag(const struct tag *tag, struct boot_info *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(tag_parsers); i++) {
        const struct tag_parser *parser = &tag_parsers[i];

        if (parser->type == tag->type) {
            return tag->size < parser->size_min ? -EPROTO : parser->parse(tag, out);
        }
    }
    return 0;
}

/* Reads the header of the tag at `offset` of the information. -EPROTO when it leaves it. */
static int tag_at(const uint8_t *bytes, uint32_t total, phys_addr_t info, uint32_t offset,
                  struct tag *tag)
{
    if (offset > total || total - offset < TAG_HEADER) {
        return -EPROTO;
    }
    tag->bytes = bytes + offset;
    tag->base = info + offset;
    tag->type = load_le32(tag->bytes);
    tag->size = load_le32(tag->bytes + 4);
    return tag->size < TAG_HEADER || tag->size > total - offset ? -EPROTO : 0;
}

int multiboot2_parse(const struct phys_view *view, phys_addr_t info, struct boot_info *out)
{
    const uint8_t *bytes = phys_view_at(view, info, INFO_HEADER);
    uint32_t total = bytes != NULL ? load_le32(bytes) : 0;
    struct tag tag, meminfo = {.size = 0};
    int err;

    if (bytes == NULL || total < INFO_HEADER || total > INFO_SIZE_MAX) {
        return -EINVAL;
    }
    if (phys_view_at(view, info, total) == NULL) {
        return -ERANGE;
    }
    out->protocol = BOOT_MULTIBOOT2;
    for (uint32_t at = INFO_HEADER;; at += ALIGN_UP(tag.size, (uint32_t)TAG_ALIGN)) {
        err = tag_at(bytes, total, info, at, &tag);
        if (err != 0 || tag.type == TAG_END) {
            break;
        }
        if (tag.type == TAG_MEMINFO) {
            meminfo = tag;
        }
        err = parse_tag(&tag, out);
        if (err != 0) {
            break;
        }
    }
    if (err == 0 && out->region_count == 0 && meminfo.size >= 16) {
        err = parse_meminfo(&meminfo, out);
    }
    return err;
}
