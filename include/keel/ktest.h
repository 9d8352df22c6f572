/* SPDX-License-Identifier: MIT */
/* Tests that need the machine: run by `ktest` on the command line, which ends the boot with the line
 * `N passed, N failed` and powers off with status 0 or 1. */
#ifndef KEEL_KTEST_H
#define KEEL_KTEST_H

#include <keel/console.h>
#include <keel/section.h>

struct ktest {
    const char *name;
    void (*run)(void);
};

/* KTEST(fdt_reads_memory) { KTEST_EXPECT(n > 0); } */
#define KTEST(ident)                                                                   \
    static void ktest_##ident(void);                                                   \
    SECTION_ENTRY(ktests, struct ktest, ktest_entry_##ident) = {.name = #ident,        \
                                                                .run = ktest_##ident}; \
    static void ktest_##ident(void)
SECTION_TABLE(ktests, struct ktest);

/* KTEST_AFTER(no_lock_is_held) { KTEST_EXPECT(...); } runs after each test, whose failure it is when
 * something was left that the next one does not expect. */
#define KTEST_AFTER(ident)                                                                   \
    static void ktest_##ident(void);                                                         \
    SECTION_ENTRY(ktest_afters, struct ktest, ktest_after_##ident) = {.name = #ident,        \
                                                                      .run = ktest_##ident}; \
    static void ktest_##ident(void)
SECTION_TABLE(ktest_afters, struct ktest);

/* Records a failure, with the expression and place, and goes on. */
#define KTEST_EXPECT(cond)                         \
    do {                                           \
        if (!(cond)) {                             \
            ktest_fail(#cond, __FILE__, __LINE__); \
        }                                          \
    } while (0)

/* The same, and leaves the test. */
#define KTEST_REQUIRE(cond)                        \
    do {                                           \
        if (!(cond)) {                             \
            ktest_fail(#cond, __FILE__, __LINE__); \
            return;                                \
        }                                          \
    } while (0)

void ktest_fail(const char *expr, const char *file, int line);

/* Whether `ktest` or `ktest=PATTERN` stood on the command line. */
bool ktest_requested(void);

/* Runs what was requested, prints `N passed, N failed`, powers off with status 0 or 1. */
__noreturn void ktest_main(void);

#define KTEST_PATTERN_MAX 128 /* bytes of all patterns, with the final 0 */

/* Runs the tests whose name matches one of `patterns` (globs with commas between them, "" for all);
 * returns whether all of them passed and there was one. */
bool ktest_run(const char *patterns);

#endif
