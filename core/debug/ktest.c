/* SPDX-License-Identifier: MIT */
/* Runs the kernel's tests and counts. */
#include <keel/console.h>
#include <keel/ktest.h>
#include <keel/parse.h>
#include <keel/string.h>

static unsigned int failures; /* of the test that runs */
static const char *running;

void ktest_fail(const char *expr, const char *file, int line)
{
    failures++;
    console_printf("FAIL %s: %s at %s:%d\n", running, expr, file, line);
}

static bool run_one(const struct ktest *test)
{
    const struct ktest *after;

    failures = 0;
    running = test->name;
    test->run();
    section_for_each(ktest_afters, after)
    {
        after->run();
    }
    if (failures == 0) {
        console_printf("PASS %s\n", test->name);
    }
    return failures == 0;
}

/* Whether one of the patterns, with commas between them, is that of a name. */
static bool is_wanted(const char *patterns, const char *name)
{
    char pattern[KTEST_PATTERN_MAX];

    while (*patterns) {
        size_t length = strcspn(patterns, ",");

        strlcpy(pattern, patterns, MIN(length + 1, sizeof(pattern)));
        if (glob_match(pattern, name)) {
            return true;
        }
        patterns += length + (patterns[length] == ',');
    }
    return false;
}

bool ktest_run(const char *patterns)
{
    unsigned int passed = 0;
    unsigned int failed = 0;
    const struct ktest *test;

    section_for_each(ktests, test)
    {
        if (patterns[0] && !is_wanted(patterns, test->name)) {
            continue;
        }
        if (run_one(test)) {
            passed++;
        } else {
            failed++;
        }
    }
    if (passed + failed == 0) {
        console_printf("no test %s\n", patterns[0] ? "has such a name" : "is in this kernel");
    }
    console_printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0;
}
