/* SPDX-License-Identifier: MIT */
/* Programs in ELF files: the header and the program headers, checked. */
#include <keel/elf.h>
#include <keel/elf_file.h>
#include <keel/string.h>

#define HEADERS_MAX 64u

static const char *check_header(const struct elf_header *h, size_t size, uint16_t machine)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};

    if (memcmp(h->ident, ident, 4) != 0) {
        return "not an ELF file";
    }
    if (memcmp(h->ident, ident, sizeof(ident)) != 0 || h->version != EV_CURRENT) {
        return "not an ELF file of 64 bits, little-endian";
    }
    if (h->machine != machine) {
        return "for another processor";
    }
    if (h->type != ET_DYN) {
        return "not position independent";
    }
    if (h->phentsize != sizeof(struct elf_phdr) || h->phnum == 0 || h->phnum > HEADERS_MAX ||
        h->phoff > size || (uint64_t)h->phnum * sizeof(struct elf_phdr) > size - h->phoff) {
        return "no program headers, or not in the file";
    }
    return NULL;
}

/* A segment behind `end`, the page where the last one ended. */
static const char *check_segment(const struct elf_phdr *p, size_t size, uint64_t page, uint64_t end)
{
    if (p->filesz > p->memsz || p->offset > size || p->filesz > size - p->offset) {
        return "a segment is not in the file";
    }
    if (p->vaddr > ELF_SPAN_MAX || p->memsz > ELF_SPAN_MAX - p->vaddr) {
        return "a segment lies too high";
    }
    if (ALIGN_DOWN(p->vaddr, page) < end) {
        return "segments share a page, or are not in order";
    }
    if ((p->flags & (PF_W | PF_X)) == (PF_W | PF_X)) {
        return "a segment is writable and executable";
    }
    return NULL;
}

static const char *add_segment(const struct elf_phdr *p, size_t size, uint64_t page,
                               struct elf_program *out)
{
    const char *why = check_segment(p, size, page, out->span);

    if (why) {
        return why;
    }
    if (out->count == ELF_SEGMENTS_MAX) {
        return "too many segments";
    }
    out->segments[out->count++] = (struct elf_segment){
        .address = p->vaddr,
        .size = p->memsz,
        .offset = p->offset,
        .file_size = p->filesz,
        .read = (p->flags & PF_R) != 0,
        .write = (p->flags & PF_W) != 0,
        .execute = (p->flags & PF_X) != 0,
    };
    out->span = ALIGN_UP(p->vaddr + p->memsz, page);
    return NULL;
}

static bool is_executable(const struct elf_program *program, uint64_t address)
{
    for (unsigned i = 0; i < program->count; i++) {
        const struct elf_segment *s = &program->segments[i];

        if (s->execute && address >= s->address && address - s->address < s->file_size) {
            return true;
        }
    }
    return false;
}

const char *elf_read(const void *file, size_t size, uint16_t machine, uint64_t page_size,
                     struct elf_program *out)
{
    struct elf_header header;
    struct elf_phdr phdr;
    const char *why;

    if (size < sizeof(header)) {
        return "not an ELF file";
    }
    memcpy(&header, file, sizeof(header)); /* it may lie at any address */
    why = check_header(&header, size, machine);
    *out = (struct elf_program){.entry = header.entry};
    for (unsigned i = 0; !why && i < header.phnum; i++) {
        memcpy(&phdr, (const uint8_t *)file + header.phoff + i * sizeof(phdr), sizeof(phdr));
        if (phdr.type == PT_INTERP) {
            why = "not static";
        } else if (phdr.type == PT_LOAD && phdr.memsz != 0) {
            why = add_segment(&phdr, size, page_size, out);
        }
    }
    return why || is_executable(out, header.entry) ? why : "its entry is not in its code";
}
