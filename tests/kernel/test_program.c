/* SPDX-License-Identifier: MIT */
/* The kernel's own loading of a program: a file that is made here, and files that are none. */
#include "user_stage.h"

#include <arch/layout.h>
#include <arch/user.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/program.h>
#include <keel/string.h>

#define HEADERS  64u /* ELF's own header, then those of two segments, 56 bytes each */
#define CODE     PAGE_SIZE
#define DATA     (4 * PAGE_SIZE)
#define PATIENCE (240 * NS_PER_SEC)

static void put(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_segment(uint8_t *at, uint32_t flags, uint64_t address, uint64_t in_file,
                        uint64_t size)
{
    put(at, 4, 1);
    put(at + 4, 4, flags);
    put(at + 8, 8, in_file != 0 ? address : 0);
    put(at + 16, 8, address);
    put(at + 32, 8, in_file);
    put(at + 40, 8, size);
}

static size_t code_size(void)
{
    return (size_t)(user_programs_end - user_programs);
}

/* A file with the programs for its code, and data that is all zeros. */
static uint8_t *make_file(const char *entry)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    uint8_t *file = kzalloc(CODE + code_size());

    if (file) {
        memcpy(file, ident, sizeof(ident));
        put(file + 16, 2, 3);
        put(file + 18, 2, ARCH_ELF_MACHINE);
        put(file + 20, 4, 1);
        put(file + 24, 8, CODE + (size_t)(entry - user_programs));
        put(file + 32, 8, HEADERS);
        put(file + 54, 2, 56);
        put(file + 56, 2, 2);
        put_segment(file + HEADERS, 5, CODE, code_size(), code_size());
        put_segment(file + HEADERS + 56, 6, DATA, 0, 100);
        memcpy(file + CODE, user_programs, code_size());
    }
    return file;
}

static struct process_end load_and_run(const char *entry, uint64_t offset)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    uint8_t *file = make_file(entry);
    struct process *process = NULL;
    struct program program;
    const char *why = NULL;

    if (file && process_create(NULL, "file", PROCESS_MAY_CALL_ANYWHERE, &process) == 0 &&
        program_load(process, file, CODE + code_size(), &program, &why) == 0 &&
        process_start_thread(process, program.entry, program.stack, program.base + offset, NULL) ==
            0) {
        (void)process_wait(process, &end, clock_ns() + PATIENCE);
    }
    if (process) {
        process_unref(process);
    }
    kfree(file);
    return end;
}

KTEST(program_is_loaded_and_runs)
{
    KTEST_EXPECT(load_and_run(user_begin, 0).reason == PROCESS_EXITED);
    KTEST_EXPECT(load_and_run(user_write, DATA).reason == PROCESS_EXITED);
    KTEST_EXPECT(load_and_run(user_read, DATA + PAGE_SIZE - 8).reason == PROCESS_EXITED);
    KTEST_EXPECT(load_and_run(user_recurse, 0).reason == PROCESS_FAULTED);
}

/* Each page has the rights of its segment; between segments there is nothing. */
KTEST(program_pages_have_their_rights)
{
    KTEST_EXPECT(load_and_run(user_write, CODE).reason == PROCESS_FAULTED);
    KTEST_EXPECT(load_and_run(user_jump, DATA).reason == PROCESS_FAULTED);
    KTEST_EXPECT(load_and_run(user_read, 0).reason == PROCESS_FAULTED);
    KTEST_EXPECT(load_and_run(user_read, DATA - PAGE_SIZE).reason == PROCESS_FAULTED);
    KTEST_EXPECT(load_and_run(user_read, DATA + PAGE_SIZE).reason == PROCESS_FAULTED);
}

KTEST(program_that_is_none_is_refused)
{
    uint8_t *file = make_file(user_begin);
    struct process *process;
    struct program program;
    const char *why = NULL;

    KTEST_REQUIRE(file != NULL);
    KTEST_EXPECT(process_create(NULL, "none", 0, &process) == 0);
    KTEST_EXPECT(program_load(process, file, 63, &program, &why) == -EINVAL && why != NULL);
    KTEST_EXPECT(program_load(process, file, CODE + 1, &program, &why) == -EINVAL);
    put(file + 18, 2, 0);
    KTEST_EXPECT(program_load(process, file, CODE + code_size(), &program, &why) == -EINVAL);
    KTEST_EXPECT(strcmp(why, "for another processor") == 0);
    process_unref(process);
    kfree(file);
}
