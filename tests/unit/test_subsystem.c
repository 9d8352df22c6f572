/* SPDX-License-Identifier: MIT */
/* Order, start and stop of subsystems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../core/boot/subsystem.c"

#include "fake_log.h"

static char calls[256];
static bool sealed;

void service_seal(void)
{
    sealed = true;
}

static int note(const char *what)
{
    strcat(calls, what);
    strcat(calls, " ");
    return 0;
}

static int base_early(void)
{
    assert_false(sealed);
    return note("base");
}

static int middle_early(void)
{
    return note("middle");
}

static int middle_late(void)
{
    assert_true(sealed);
    return note("middle-late");
}

static int top_late(void)
{
    return note("top-late");
}

static void base_stop(void)
{
    note("base-stop");
}

static void top_stop(void)
{
    note("top-stop");
}

SUBSYSTEM(top, .name = "top", .late_init = top_late, .shutdown = top_stop,
          .deps = {"middle", "base"});
SUBSYSTEM(middle, .name = "middle", .early_init = middle_early, .late_init = middle_late,
          .deps = {"base"}, .privilege = PRIVILEGE_DRIVER);
SUBSYSTEM(base, .name = "base", .early_init = base_early, .shutdown = base_stop);

static void test_start_and_stop(void **state)
{
    (void)state;
    subsystems_start();
    assert_string_equal(calls, "base middle middle-late top-late ");
    assert_non_null(strstr(fake_text, "[1/3] base\n[2/3] middle\n[3/3] top\n"));
    calls[0] = '\0';
    subsystems_shutdown();
    assert_string_equal(calls, "top-stop base-stop ");
    subsystems_shutdown();
    assert_string_equal(calls, "top-stop base-stop ");
    fake_text[0] = '\0';
    cmd_subsys(1, NULL);
    assert_non_null(strstr(fake_text, "[1/3] base (user)\n"));
    assert_non_null(strstr(fake_text, "[3/3] top (user) after middle, base\n"));
}

static void test_ties(void **state)
{
    const struct subsystem table[] = {
        {.name = "d", .deps = {"c"}},
        {.name = "a"},
        {.name = "b"},
        {.name = "c", .deps = {"b"}},
    };
    const uint16_t expected[] = {1, 2, 3, 0};
    uint16_t order[4];
    const char *culprit;

    (void)state;
    assert_int_equal(subsystem_order(table, 4, order, &culprit), 0);
    assert_memory_equal(order, expected, sizeof(order));
    assert_int_equal(subsystem_order(table, 0, order, &culprit), 0);
}

static void test_missing(void **state)
{
    const struct subsystem table[] = {{.name = "a", .deps = {"b"}}, {.name = "b", .deps = {"x"}}};
    uint16_t order[2];
    const char *culprit = NULL;

    (void)state;
    assert_int_equal(subsystem_order(table, 2, order, &culprit), -ENOENT);
    assert_string_equal(culprit, "x");
}

static void test_duplicate(void **state)
{
    const struct subsystem table[] = {{.name = "a"}, {.name = "b"}, {.name = "a"}};
    uint16_t order[3];
    const char *culprit = NULL;

    (void)state;
    assert_int_equal(subsystem_order(table, 3, order, &culprit), -EEXIST);
    assert_string_equal(culprit, "a");
}

static void test_cycle(void **state)
{
    /* `outside` waits for the cycle of b and c without being on it. */
    const struct subsystem table[] = {
        {.name = "outside", .deps = {"b"}},
        {.name = "a"},
        {.name = "b", .deps = {"a", "c"}},
        {.name = "c", .deps = {"b"}},
    };
    const struct subsystem itself[] = {{.name = "a", .deps = {"a"}}};
    uint16_t order[4];
    const char *culprit = NULL;

    (void)state;
    assert_int_equal(subsystem_order(table, 4, order, &culprit), -ELOOP);
    assert_true(strcmp(culprit, "b") == 0 || strcmp(culprit, "c") == 0);
    assert_int_equal(subsystem_order(itself, 1, order, &culprit), -ELOOP);
    assert_string_equal(culprit, "a");
}

static int failing(void)
{
    return -ENOMEM;
}

static void test_errors_are_named(void **state)
{
    const struct subsystem sub = {.name = "frail"};

    (void)state;
    ASSERT_PANICS(run_init(&sub, failing, "late init"));
    assert_string_equal(fake_text, "subsystem frail: late init failed: out of memory");
    fake_text[0] = '\0';
    ASSERT_PANICS(panic_order(-ENOENT, "middle"));
    assert_string_equal(fake_text, "subsystem top needs middle, which this kernel does not have");
    fake_text[0] = '\0';
    ASSERT_PANICS(panic_order(-ELOOP, "base"));
    assert_non_null(strstr(fake_text, "base depends on itself"));
    fake_text[0] = '\0';
    ASSERT_PANICS(panic_order(-EEXIST, "base"));
    assert_non_null(strstr(fake_text, "two subsystems are called base"));
}

/* Random acyclic tables come out in an order that keeps every dependency. */
static void test_random(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    uint16_t place[8];
    uint16_t order[8];
    const char *culprit;

    (void)state;
    for (unsigned int round = 0; round < 2000; round++) {
        struct subsystem table[8] = {{.name = NULL}};

        for (unsigned int i = 0; i < 8; i++) {
            table[i].name = names[(i * 3 + round) % 8];
            for (unsigned int d = 0; d < 3 && i > 0; d++) {
                table[i].deps[d] = table[(unsigned int)rand() % i].name;
            }
        }
        assert_int_equal(subsystem_order(table, 8, order, &culprit), 0);
        for (uint16_t i = 0; i < 8; i++) {
            place[order[i]] = i;
        }
        for (size_t i = 0; i < 8; i++) {
            for (size_t d = 0; d < 3 && table[i].deps[d]; d++) {
                assert_true(place[find(table, 8, table[i].deps[d])] < place[i]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start_and_stop, fake_log_reset),
        cmocka_unit_test_setup(test_ties, fake_log_reset),
        cmocka_unit_test_setup(test_missing, fake_log_reset),
        cmocka_unit_test_setup(test_duplicate, fake_log_reset),
        cmocka_unit_test_setup(test_cycle, fake_log_reset),
        cmocka_unit_test_setup(test_errors_are_named, fake_log_reset),
        cmocka_unit_test_setup(test_random, fake_log_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
