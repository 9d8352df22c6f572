/* SPDX-License-Identifier: MIT */
/* Names of the kernel's functions, from the table that the build puts into the image. */
#include <keel/errno.h>
#include <keel/panic.h>
#include <keel/printf.h>
#include <keel/symbols.h>

/* Sorted by offset from _image_start; the link adds them, empty ones without CONFIG_SYMTAB. */
extern const uint32_t ksyms_count;
extern const uint32_t ksyms_offsets[];
extern const uint32_t ksyms_name_offsets[];
extern const char ksyms_names[];

extern const char _image_start[];
extern const char _text_end[];

/* The index of the last symbol at or below the offset, which is not below the first. */
static uint32_t symbol_index(uint32_t offset)
{
    uint32_t low = 0;
    uint32_t high = ksyms_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (ksyms_offsets[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static const char *lookup(virt_addr_t addr, uint64_t *offset, uint64_t *size)
{
    uint64_t text_size = (uint64_t)(_text_end - _image_start);
    uint64_t at = addr - (virt_addr_t)_image_start;
    uint32_t index;
    uint64_t end;

    if (ksyms_count == 0 || addr < (virt_addr_t)_image_start || at >= text_size ||
        at < ksyms_offsets[0]) {
        return NULL;
    }
    index = symbol_index((uint32_t)at);
    end = index + 1 < ksyms_count ? ksyms_offsets[index + 1] : text_size;
    *offset = at - ksyms_offsets[index];
    *size = end - ksyms_offsets[index];
    return ksyms_names + ksyms_name_offsets[index];
}

const char *symbol_lookup(virt_addr_t addr, uint64_t *offset)
{
    uint64_t size;

    return lookup(addr, offset, &size);
}

void symbol_text(char *buf, size_t size, virt_addr_t return_address)
{
    uint64_t offset;
    const char *name = symbol_lookup(return_address - 1, &offset); /* of the call */

    if (name != NULL) {
        ksnprintf(buf, size, "%s+%#llx", name, (unsigned long long)offset + 1);
    } else {
        ksnprintf(buf, size, "%#lx", (unsigned long)return_address);
    }
}

/* An address, looked up as one so many bytes before it. */
static int format(char *buf, size_t size, uintptr_t addr, unsigned before)
{
    uint64_t offset;
    uint64_t length;
    const char *name = lookup(addr - before, &offset, &length);

    if (!name) {
        return -ENOENT;
    }
    return ksnprintf(buf, size, "%s+0x%llx/0x%llx", name, (unsigned long long)offset + before,
                     (unsigned long long)length);
}

int symbol_format(char *buf, size_t size, uintptr_t addr)
{
    return format(buf, size, addr, 0);
}

int symbol_format_return(char *buf, size_t size, uintptr_t return_address)
{
    return format(buf, size, return_address, 1);
}
