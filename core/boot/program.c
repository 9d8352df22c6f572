/* SPDX-License-Identifier: MIT */
/* Puts a program and its stack into a process's address space. Threads only, interrupts on. */
#include <arch/layout.h>
#include <arch/user.h>
#include <keel/aspace.h>
#include <keel/elf.h>
#include <keel/errno.h>
#include <keel/process.h>
#include <keel/program.h>
#include <keel/vmo.h>

#define REGION_FLAGS (ASPACE_CAN_READ | ASPACE_CAN_WRITE | ASPACE_CAN_EXEC)

/* An object with what the file has for a segment. */
static int make_pages(const struct elf_segment *segment, const uint8_t *file, uint64_t in_page,
                      struct vmo **out)
{
    size_t done;
    int err = vmo_create(in_page + segment->size, 0, out);

    if (err == 0 && segment->file_size != 0) {
        err = vmo_write(*out, file + segment->offset, in_page, segment->file_size, &done);
        if (err != 0) {
            vmo_unref(*out);
        }
    }
    return err;
}

static int map_segment(struct vm_region *region, const struct elf_segment *segment,
                       const uint8_t *file)
{
    uint64_t in_page = segment->address % PAGE_SIZE;
    uint32_t flags = ASPACE_SPECIFIC | (segment->read ? VM_READ : 0) |
                     (segment->write ? VM_WRITE : 0) | (segment->execute ? VM_EXEC : 0);
    virt_addr_t va;
    struct vmo *vmo;
    int err = make_pages(segment, file, in_page, &vmo);

    if (err == 0) {
        err = region_map(region, segment->address - in_page, vmo, 0,
                         ALIGN_UP(in_page + segment->size, PAGE_SIZE), flags, &va);
        vmo_unref(vmo);
    }
    return err;
}

static int map_image(struct vm_region *root, const struct elf_program *elf, const uint8_t *file,
                     struct program *out)
{
    struct vm_region *region;
    int err = region_create(root, 0, elf->span, REGION_FLAGS, &region, &out->base);

    if (err != 0) {
        return err;
    }
    for (unsigned i = 0; err == 0 && i < elf->count; i++) {
        err = map_segment(region, &elf->segments[i], file);
    }
    region_unref(region);
    out->entry = out->base + elf->entry;
    return err;
}

static int map_stack(struct vm_region *root, struct program *out)
{
    struct vm_region *region;
    virt_addr_t low;
    struct vmo *vmo;
    int err = region_create(root, 0, PROGRAM_STACK_SIZE + 2 * PAGE_SIZE,
                            ASPACE_CAN_READ | ASPACE_CAN_WRITE, &region, &low);

    if (err != 0) {
        return err;
    }
    err = vmo_create(PROGRAM_STACK_SIZE, 0, &vmo);
    if (err == 0) {
        err = region_map(region, PAGE_SIZE, vmo, 0, PROGRAM_STACK_SIZE,
                         ASPACE_SPECIFIC | VM_READ | VM_WRITE, &low);
        vmo_unref(vmo);
    }
    region_unref(region);
    out->stack = ALIGN_DOWN(low + PROGRAM_STACK_SIZE, ARCH_USER_STACK_ALIGN);
    return err;
}

int program_load(struct process *process, const void *file, size_t size, struct program *out,
                 const char **why)
{
    struct vm_region *root = aspace_root(process_space(process));
    struct elf_program elf;
    int err;

    *why = elf_read(file, size, ARCH_ELF_MACHINE, PAGE_SIZE, &elf);
    if (*why) {
        return -EINVAL;
    }
    *why = "out of memory";
    err = map_image(root, &elf, file, out);
    if (err == 0) {
        err = map_stack(root, out);
    }
    if (err == 0) {
        process_set_image(process, out->base);
    }
    return err == 0 ? 0 : -ENOMEM;
}
