/* SPDX-License-Identifier: MIT */
/* Thread-local storage: the program's image of it, laid out around the thread pointer as each psABI wants. */
#include "self.h"

#include <keel/elf_file.h>
#include <keel/property.h>
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <string.h>

#define GRAIN       ((size_t)16)
#define ROUND(n, a) (((n) + (a)-1) / (a) * (a))

/* The linker's: the program's own header. */
extern const struct elf_header __ehdr_start __attribute__((visibility("hidden")));

#if defined(__aarch64__)
#define HEAD 16u /* between the thread pointer and the variables */
#else
#define HEAD 0u
#endif

static const struct elf_phdr *find_image(void)
{
    static const struct elf_phdr none = {.align = 1};
    const char *base = (const char *)&__ehdr_start;

    for (unsigned i = 0; i < __ehdr_start.phnum; i++) {
        const struct elf_phdr *p = (const void *)(base + __ehdr_start.phoff + i * sizeof(*p));

        if (p->type == PT_TLS) {
            return p;
        }
    }
    return &none;
}

static size_t alignment_of(const struct elf_phdr *image)
{
    return image->align > GRAIN ? image->align : GRAIN;
}

size_t lib_thread_size(void)
{
    const struct elf_phdr *image = find_image();
    size_t alignment = alignment_of(image);

    return sizeof(struct lib_thread) + ROUND(HEAD, alignment) + ROUND(image->memsz, alignment) +
           2 * alignment;
}

#if defined(__x86_64__)
static struct lib_thread *place(uintptr_t memory, const struct elf_phdr *image, char **variables)
{
    size_t size = ROUND(image->memsz, image->align != 0 ? image->align : 1);
    uintptr_t pointer = ROUND(memory + size, alignment_of(image));

    *variables = (char *)pointer - size;
    return (struct lib_thread *)pointer;
}

/* This port's thread pointer is the kernel's to set. */
static int set_pointer(struct lib_thread *thread)
{
    uint64_t pointer = (uintptr_t)thread;

    return keel_object_set_property(thread->handle, KEEL_PROP_REGISTER_FS, &pointer,
                                    sizeof(pointer));
}
#else
static struct lib_thread *place(uintptr_t memory, const struct elf_phdr *image, char **variables)
{
    uintptr_t pointer = ROUND(memory + sizeof(struct lib_thread), alignment_of(image));

    *variables = (char *)pointer + ROUND(HEAD, image->align != 0 ? image->align : 1);
    return (struct lib_thread *)pointer - 1;
}

static int set_pointer(struct lib_thread *thread)
{
#if defined(__aarch64__)
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(thread + 1) : "memory");
#else
    __asm__ volatile("mv tp, %0" : : "r"(thread + 1) : "memory");
#endif
    return 0;
}
#endif

struct lib_thread *lib_thread_lay_out(void *memory)
{
    const struct elf_phdr *image = find_image();
    struct lib_thread *thread;
    char *variables;

    thread = place((uintptr_t)memory, image, &variables);
    memcpy(variables, (const char *)&__ehdr_start + image->vaddr, image->filesz);
    thread->self = thread;
    return thread;
}

int lib_thread_become(struct lib_thread *thread)
{
    return set_pointer(thread);
}
