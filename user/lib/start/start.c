/* SPDX-License-Identifier: MIT */
/* From the first instruction to main(): the program puts itself right for where it lies. */
#include "../thread/self.h"
#include "bootstrap.h"
#include "vdso.h"

#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* System V ABI, chapter 5: the dynamic section, and relocations with addends. */
#define NONE      0 /* R_..._NONE */
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

int main(int argc, char **argv, char **envp);
__attribute__((noreturn)) void start(uint64_t bootstrap, uint64_t vdso);

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
    for (uint64_t i = 0; rela && i < size / sizeof(*rela); i++) {
        if ((uint32_t)rela[i].info == RELATIVE) {
            *(uint64_t *)(base + rela[i].offset) = base + rela[i].addend;
        } else if ((uint32_t)rela[i].info != NONE) {
            keel_process_exit(KEEL_EXIT_NOT_STARTED);
        }
    }
}

/* What the library knows of the first thread lies in `memory`, of lib_thread_size() bytes. */
static void begin_thread(void *memory)
{
    struct lib_thread *thread = lib_thread_lay_out(memset(memory, 0, lib_thread_size()));

    thread->handle = lib_startup_peek(KEEL_STARTUP_THREAD_SELF);
    if (lib_thread_become(thread) != 0) {
        keel_process_exit(KEEL_EXIT_NOT_STARTED);
    }
}

/* The port's first instructions jump here, with the handle of the bootstrap channel and the vDSO's address. */
void start(uint64_t bootstrap, uint64_t vdso)
{
    struct lib_arguments arguments;

    lib_vdso_bind(vdso);
    relocate((uintptr_t)__ehdr_start);
    lib_bootstrap((keel_handle_t)bootstrap, &arguments);
    begin_thread(__builtin_alloca(lib_thread_size()));
    exit(main(arguments.argc, arguments.argv, environ));
}
