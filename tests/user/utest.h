/* SPDX-License-Identifier: MIT */
/* Tests of the kernel from user space: UTEST(name) { EXPECT(...); } in a file of the program; main() is
 * utest/main.c's. The console gets PASS or FAIL of each, and `N passed, N failed` at the end. */
#ifndef TESTS_USER_UTEST_H
#define TESTS_USER_UTEST_H

#include <stdbool.h>
#include <stdint.h>

struct utest {
    const char *name;
    void (*run)(void);
};

#define UTEST(ident)                                                                         \
    static void utest_##ident(void);                                                         \
    static const struct utest utest_entry_##ident                                            \
        __attribute__((used, section("utests"), aligned(sizeof(void *)))) = {#ident,         \
                                                                             utest_##ident}; \
    static void utest_##ident(void)

/* Records a failure and goes on. */
#define EXPECT(condition)                               \
    do {                                                \
        if (!(condition)) {                             \
            utest_fail(#condition, __FILE__, __LINE__); \
        }                                               \
    } while (0)

/* That a number is another one; both are told when it is not. */
#define EXPECT_EQ(got, wanted)                                                \
    do {                                                                      \
        int64_t utest_got = (int64_t)(got), utest_wanted = (int64_t)(wanted); \
        if (utest_got != utest_wanted) {                                      \
            utest_differs(#got, utest_got, utest_wanted, __FILE__, __LINE__); \
        }                                                                     \
    } while (0)

/* As EXPECT(), and leaves the test. */
#define REQUIRE(condition)                              \
    do {                                                \
        if (!(condition)) {                             \
            utest_fail(#condition, __FILE__, __LINE__); \
            return;                                     \
        }                                               \
    } while (0)

void utest_fail(const char *expression, const char *file, int line);
void utest_differs(const char *expression, int64_t got, int64_t wanted, const char *file, int line);

/* Runs all tests whose name begins with `prefix`; how many failed. */
unsigned utest_run(const char *prefix);

#endif
