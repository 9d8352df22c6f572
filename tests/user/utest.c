/* SPDX-License-Identifier: MIT */
/* Runs tests and counts. */
#include "utest.h"

#include <stdio.h>
#include <string.h>

extern const struct utest __start_utests[], __stop_utests[];

static unsigned failures; /* of the test that runs */
static const char *running;

void utest_fail(const char *expression, const char *file, int line)
{
    failures++;
    printf("FAIL %s: %s at %s:%d\n", running, expression, file, line);
}

void utest_differs(const char *expression, int64_t got, int64_t wanted, const char *file, int line)
{
    failures++;
    printf("FAIL %s: %s is %lld, not %lld, at %s:%d\n", running, expression, (long long)got,
           (long long)wanted, file, line);
}

unsigned utest_run(const char *prefix)
{
    unsigned passed = 0, failed = 0;

    for (const struct utest *test = __start_utests; test < __stop_utests; test++) {
        if (strncmp(test->name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        failures = 0;
        running = test->name;
        test->run();
        if (failures == 0) {
            printf("PASS %s\n", running);
            passed++;
        } else {
            failed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed;
}
