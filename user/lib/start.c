/* SPDX-License-Identifier: MIT */
/* From the first instruction to main(): the program puts itself right for where it lies. */
#include <keel/syscalls.h>
#include <stdint.h>
#include <stdlib.h>

/* System V ABI, chapter 5: the dynamic section, and relocations with addends. */
#define DT_NULL   0
#define DT_RELA   7
#define DT_RELASZ 8

#if defined(__aarch64__)
#define RELATIVE 1027 /* R_AARCH64_RELATIVE */
#elif defined(__riscv)
#define RELATIVE 3 /* R_RISCV_RELATIVE */
#elif defined(__x86_64__)
#define RELATIVE 8 /* R_X86_64_RELATIVE */
#endif

struct dynamic {
    uint64_t tag, value;
};

struct rela {
    uint64_t offset, info, addend;
};

/* The linker's. Reached without relocations, which are not done yet. */
extern const struct dynamic _DYNAMIC[] __attribute__((visibility("hidden")));
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

int main(void);
__attribute__((noreturn)) void start(uint64_t argument);

static void relocate(uintptr_t base)
{
    const struct rela *rela = NULL;
    uint64_t size = 0;

    for (const struct dynamic *d = _DYNAMIC; d->tag != DT_NULL; d++) {
        if (d->tag == DT_RELA) {
            rela = (const struct rela *)(base + d->value);
        } else if (d->tag == DT_RELASZ) {
            size = d->value;
        }
    }
    for (uint64_t i = 0; i < size / sizeof(*rela); i++) {
        if ((uint32_t)rela[i].info != RELATIVE) {
            keel_process_exit(-1);
        }
        *(uint64_t *)(base + rela[i].offset) = base + rela[i].addend;
    }
}

/* The port's first instructions jump here, with the argument that the kernel gave. */
void start(uint64_t argument)
{
    (void)argument;
    relocate((uintptr_t)__ehdr_start);
    exit(main());
}

void exit(int status)
{
    keel_process_exit(status);
}

void abort(void)
{
    __builtin_trap();
}
