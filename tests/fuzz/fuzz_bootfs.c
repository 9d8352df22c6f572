/* SPDX-License-Identifier: MIT */
/* Fuzzer of boot file systems: the input is an archive, and every file in it, and the input itself, are read as
 * programs. What is accepted must keep what the headers promise. */
#include <keel/cpio.h>
#include <keel/elf.h>
#include <keel/errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096u

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_program(const void *data, size_t size)
{
    struct elf_program program;
    uint64_t end = 0;
    bool entered = false;

    if (elf_read(data, size, 62, PAGE, &program)) {
        return;
    }
    check(program.count != 0 && program.count <= ELF_SEGMENTS_MAX);
    for (unsigned i = 0; i < program.count; i++) {
        const struct elf_segment *s = &program.segments[i];

        check(s->address / PAGE * PAGE >= end && s->size != 0 && s->file_size <= s->size);
        check(s->offset <= size && s->file_size <= size - s->offset);
        check(!(s->write && s->execute));
        entered |= s->execute && program.entry - s->address < s->file_size;
        end = (s->address + s->size + PAGE - 1) / PAGE * PAGE;
    }
    check(entered && end == program.span && end <= ELF_SPAN_MAX + PAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpio archive = {.data = data, .size = size};
    struct cpio_entry entry;
    size_t at = 0, before = 0;
    int err;

    check_program(data, size);
    while ((err = cpio_next(&archive, &at, &entry)) == 0) {
        const uint8_t *bytes = entry.data;

        check(at > before && at <= size);
        before = at;
        check(bytes >= data && bytes + entry.size <= data + size);
        check((const uint8_t *)entry.name + strlen(entry.name) < bytes);
        check_program(bytes, entry.size);
    }
    check(err == -ENOENT || err == -EPROTO);
    err = cpio_find(&archive, "bin/init", &entry);
    check(err == 0 || err == -ENOENT || err == -EPROTO);
    return 0;
}
