/* SPDX-License-Identifier: MIT */
/* Loads programs: a memory object for each segment, none to be written and executed, at a place that the kernel
 * chooses. */
#include "image.h"

#include <keel/elf.h>
#include <keel/errno.h>
#include <keel/memory.h>
#include <keel/syscalls.h>

#define PAGE        ((uint64_t)4096)
#define STACK_ALIGN ((uintptr_t)16)

/* System V ABI, figure 4-3 and the processors' supplements. */
#if defined(__aarch64__)
#define MACHINE 183 /* EM_AARCH64 */
#elif defined(__riscv)
#define MACHINE 243 /* EM_RISCV */
#else
#define MACHINE 62 /* EM_X86_64 */
#endif

#define REGION_ACCESS                                                         \
    (KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | KEEL_VM_CAN_MAP_EXECUTE | \
     KEEL_VM_CAN_MAP_SPECIFIC)

static uint64_t whole_pages(uint64_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

/* What the file has for it; the rest are zeros. Code becomes visible to who executes it. */
static int fill(keel_handle_t *pages, const struct elf_segment *segment, const char *file)
{
    uint64_t in_page = segment->address % PAGE;
    int err = 0;

    if (segment->file_size != 0) {
        err = keel_vmo_write(*pages, file + segment->offset, in_page, segment->file_size);
    }
    if (err == 0 && segment->execute) {
        err = keel_vmo_op_range(*pages, KEEL_VMO_OP_CACHE_SYNC, 0,
                                whole_pages(in_page + segment->size), NULL, 0);
    }
    if (err == 0 && segment->execute) {
        err = keel_vmo_replace_as_executable(*pages, KEEL_HANDLE_INVALID, pages);
    }
    return err;
}

static int map_segment(keel_handle_t vmar, const struct elf_segment *segment, const char *file)
{
    uint64_t in_page = segment->address % PAGE, size = whole_pages(in_page + segment->size);
    uint32_t options = KEEL_VM_SPECIFIC | (segment->read ? KEEL_VM_PERM_READ : 0) |
                       (segment->write ? KEEL_VM_PERM_WRITE : 0) |
                       (segment->execute ? KEEL_VM_PERM_EXECUTE : 0);
    keel_handle_t pages;
    int64_t at;
    int err = keel_vmo_create(size, 0, &pages);

    if (err != 0) {
        return err;
    }
    err = fill(&pages, segment, file);
    if (err == 0) {
        at = keel_vmar_map(vmar, options, segment->address - in_page, pages, 0, size);
        err = at < 0 ? (int)at : 0;
    }
    (void)keel_handle_close(pages);
    return err;
}

static int map_segments(keel_handle_t vmar, const struct elf_program *elf, const char *file,
                        uint64_t *base)
{
    keel_handle_t region;
    int err = keel_vmar_allocate(vmar, REGION_ACCESS, 0, elf->span, &region, base);

    if (err != 0) {
        return err;
    }
    for (unsigned i = 0; err == 0 && i < elf->count; i++) {
        err = map_segment(region, &elf->segments[i], file);
    }
    (void)keel_handle_close(region);
    return err;
}

int lib_load_image(keel_handle_t vmar, const void *file, size_t size, size_t stack_size,
                   struct lib_image *out, const char **why)
{
    struct elf_program elf;
    uint64_t base;
    int err;

    *why = elf_read(file, size, MACHINE, PAGE, &elf);
    if (*why) {
        return -EINVAL;
    }
    *why = "there is no memory for it";
    err = map_segments(vmar, &elf, file, &base);
    if (err == 0) {
        err = lib_map_guarded(vmar, whole_pages(stack_size), &out->stack);
    }
    if (err == 0) {
        out->base = base;
        out->entry = base + elf.entry;
        out->stack = (out->stack + whole_pages(stack_size)) & ~(STACK_ALIGN - 1);
    }
    return err;
}
