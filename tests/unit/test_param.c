/* SPDX-License-Identifier: MIT */
/* The command line: types, bounds, quotes, and what users get wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../core/debug/param.c"

#include "fake_log.h"

static bool flag;
static int64_t number;
static char text[8];

KPARAM(flag, PARAM_BOOL, flag, 0, 0, "a flag");
KPARAM(big_number, PARAM_INT, number, -10, 1 << 20, "a number");
static int64_t colour;
static const char *const colours[] = {"red", "green", "blue"};

KPARAM_NAMED(colour, colour, 3, 5, colours, "a colour");
KPARAM(text, PARAM_STRING, text, 0, 0, "a text");

static int reset(void **state)
{
    flag = false;
    number = 0;
    colour = 3;
    text[0] = '\0';
    given = 0;
    return fake_log_reset(state);
}

static void test_types(void **state)
{
    (void)state;
    params_parse("flag=on big_number=0x10 text=abc");
    assert_true(flag);
    assert_int_equal(number, 16);
    assert_string_equal(text, "abc");
    params_parse(" flag=n   big-number=-3  text=\"a b\" ");
    assert_false(flag);
    assert_int_equal(number, -3);
    assert_string_equal(text, "a b");
    params_parse("flag big_number=1M text=");
    assert_true(flag);
    assert_int_equal(number, 1 << 20);
    assert_string_equal(text, "");
    assert_int_equal(fake_warnings, 0);
}

/* What stands behind `--` is not the kernel's. */
static void test_rest(void **state)
{
    (void)state;
    params_parse("text=abc -- text=def unknown \"two words\"");
    assert_string_equal(text, "abc");
    assert_string_equal(params_rest(), "text=def unknown \"two words\"");
    params_parse("text=ghi --");
    assert_string_equal(params_rest(), "");
    params_parse("text=jkl");
    assert_string_equal(params_rest(), "");
    assert_int_equal(fake_warnings, 0);
}

static void test_names(void **state)
{
    (void)state;
    params_parse("colour=green");
    assert_int_equal(colour, 4);
    params_parse("colour=5");
    assert_int_equal(colour, 5);
    assert_int_equal(fake_warnings, 0);
    params_parse("colour=Red colour=2 colour colour= colour=gree colour=greenish colour=6");
    assert_int_equal(fake_warnings, 7);
    assert_int_equal(colour, 5);
    cmd_params(1, NULL);
    assert_non_null(strstr(fake_text, "colour=5, blue (3 to 5)\n    a colour\n"));
}

static void test_given(void **state)
{
    (void)state;
    assert_false(param_given("text"));
    params_parse("text");
    assert_true(param_given("text"));
    assert_false(param_given("flag"));
    assert_false(param_given("nonsense"));
    params_parse("flag=maybe");
    assert_false(param_given("flag"));
}

static void check_refused(const char *line, const char *complaint)
{
    reset(NULL);
    number = 7;
    params_parse(line);
    assert_int_equal(fake_warnings, 1);
    assert_non_null(strstr(fake_text, complaint));
    assert_int_equal(number, 7);
    assert_false(flag);
    assert_string_equal(text, "");
}

static void test_refused(void **state)
{
    (void)state;
    check_refused("frobnicate=7", "unknown parameter: frobnicate");
    check_refused("=", "unknown parameter: ");
    check_refused("big_numbe=1", "unknown parameter");
    check_refused("big_numberx=1", "unknown parameter");
    check_refused("big_number=-11", "out of range: -10 to 1048576");
    check_refused("big_number=2M", "out of range");
    check_refused("big_number=99999999999999999999", "out of range");
    check_refused("big_number=9223372036854775808", "out of range");
    check_refused("big_number=12x", "malformed");
    check_refused("big_number=--1", "malformed");
    check_refused("big_number", "wants a value");
    check_refused("flag=maybe", "malformed");
    check_refused("text=12345678", "too long: 7 bytes");
}

static void test_many_unknown(void **state)
{
    static char line[BOOT_CMDLINE_MAX + 100];

    (void)state;
    for (unsigned int i = 0; i < 300; i++) {
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "word%u ", i);
    }
    strcat(line, "flag");
    params_parse(line);
    assert_true(flag);
    assert_int_equal(fake_warnings, WARNINGS_MAX + 1);
    assert_non_null(strstr(fake_text, "284 more words"));
}

static void test_too_long(void **state)
{
    static char line[2 * BOOT_CMDLINE_MAX];

    (void)state;
    memset(line, 'x', sizeof(line) - 1);
    params_parse(line);
    assert_int_equal(fake_warnings, 2);
    assert_non_null(strstr(fake_text, "longer than 4095 bytes"));
}

static void test_any_bytes(void **state)
{
    static char line[600];

    (void)state;
    srand(1);
    for (unsigned int round = 0; round < 3000; round++) {
        for (size_t i = 0; i + 1 < sizeof(line); i++) {
            static const char some[] = "flagtext=\"\\ big_number-0x1 \t\n";

            line[i] = rand() % 4 ? some[(size_t)rand() % (sizeof(some) - 1)] : (char)(rand() % 256);
        }
        line[rand() % (int)sizeof(line)] = '\0';
        params_parse(line);
        fake_log_reset(NULL);
    }
}

static void test_list(void **state)
{
    (void)state;
    params_parse("big_number=5 text=xy");
    cmd_params(1, NULL);
    assert_non_null(strstr(fake_text, "flag=no (bool)\n    a flag\n"));
    assert_non_null(strstr(fake_text, "big_number=5 (-10 to 1048576)\n    a number\n"));
    assert_non_null(strstr(fake_text, "text=\"xy\" (text, 7 bytes)\n    a text\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_types, reset),
        cmocka_unit_test_setup(test_rest, reset),
        cmocka_unit_test_setup(test_names, reset),
        cmocka_unit_test_setup(test_given, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_many_unknown, reset),
        cmocka_unit_test_setup(test_too_long, reset),
        cmocka_unit_test_setup(test_any_bytes, reset),
        cmocka_unit_test_setup(test_list, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
