/* SPDX-License-Identifier: MIT */
/* The console service between keys, screen and reader: whom lines go to, what is shown, and bytes of any kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/console/terminal.h"

#define CTRL(letter) ((letter) - '@')

static char screen[1u << 16], lines[1u << 16];
static size_t screen_size, lines_size;
static unsigned deliveries, interrupts;
static bool stop_on_interrupt;

static void add(char *to, size_t *size, const char *text, size_t count)
{
    if (*size + count >= 1u << 16) {
        *size = 0;
    }
    memcpy(to + *size, text, count);
    *size += count;
    to[*size] = '\0';
}

static void write_screen(const char *text, size_t size)
{
    add(screen, &screen_size, text, size);
}

static void deliver(const char *line, size_t size)
{
    deliveries++;
    add(lines, &lines_size, size != 0 ? line : "(end)", size != 0 ? size : 5);
}

static void interrupt(void)
{
    interrupts++;
    if (stop_on_interrupt) {
        terminal_stop();
    }
}

static int begin(void **state)
{
    static const struct terminal_ops ops = {write_screen, deliver, interrupt};

    (void)state;
    screen_size = lines_size = deliveries = interrupts = 0;
    screen[0] = lines[0] = '\0';
    stop_on_interrupt = false;
    terminal_init(&ops);
    return 0;
}

static void type(const char *keys)
{
    for (; *keys; keys++) {
        terminal_key(*keys);
    }
}

static void output(const char *text)
{
    terminal_output(text, strlen(text));
}

/* What the screen has been sent since the last call. */
static void check_screen(const char *wanted)
{
    assert_string_equal(screen, wanted);
    screen_size = 0;
    screen[0] = '\0';
}

static void test_line(void **state)
{
    (void)state;
    output("$ ");
    terminal_want();
    type("ls\r");
    check_screen("$ ls\n");
    assert_string_equal(lines, "ls\n");
    assert_int_equal(deliveries, 1);
}

/* It is kept, unseen, until somebody asks: one line for each time. */
static void test_typed_ahead(void **state)
{
    (void)state;
    type("one\rtwo\rth");
    check_screen("");
    terminal_want();
    assert_string_equal(lines, "one\n");
    check_screen("one\n");
    terminal_want();
    assert_string_equal(lines, "one\ntwo\n");
    terminal_want();
    type("ree\r");
    assert_string_equal(lines, "one\ntwo\nthree\n");
}

static void test_too_much_ahead(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TERMINAL_AHEAD_MAX; i++) {
        terminal_key('\r');
    }
    check_screen("");
    terminal_key('x');
    check_screen("\a");
    for (unsigned i = 0; i < TERMINAL_AHEAD_MAX; i++) {
        terminal_want();
    }
    assert_int_equal(deliveries, TERMINAL_AHEAD_MAX);
    terminal_want();
    type("fine\r");
    assert_int_equal(deliveries, TERMINAL_AHEAD_MAX + 1);
}

static void test_end_of_input(void **state)
{
    (void)state;
    terminal_want();
    terminal_key(CTRL('D'));
    assert_string_equal(lines, "(end)");
    terminal_want();
    type("a\004\r");
    assert_string_equal(lines, "(end)a\n");
}

static void test_interrupt(void **state)
{
    (void)state;
    type("ahead\r");
    terminal_key(CTRL('C'));
    check_screen("^C\n");
    assert_int_equal(interrupts, 1);
    terminal_want();
    assert_int_equal(deliveries, 0);
    type("abc\003def\r");
    assert_int_equal(interrupts, 2);
    assert_string_equal(lines, "def\n");
    stop_on_interrupt = true;
    terminal_want();
    type("abc\003d\r");
    assert_int_equal(deliveries, 1);
    terminal_want();
    assert_string_equal(lines, "def\nd\n");
}

static void test_output_while_typing(void **state)
{
    (void)state;
    output("$ ");
    terminal_want();
    type("ab");
    check_screen("$ ab");
    output("job done\n");
    check_screen("\r\033[Kjob done\n$ ab\033[K");
    output("name? ");
    check_screen("\r\033[Kname? \r\033[Kname? ab\033[K");
    type("\r");
    assert_string_equal(lines, "ab\n");
}

static void test_shown_again(void **state)
{
    (void)state;
    output("x\n$ ");
    terminal_want();
    type("ab");
    check_screen("x\n$ ab");
    terminal_key(CTRL(']'));
    check_screen("$ \r\033[K$ ab\033[K");
}

static void test_long_line(void **state)
{
    (void)state;
    output("$ ");
    terminal_want();
    for (unsigned i = 0; i < 5000; i++) {
        terminal_key('x');
    }
    assert_non_null(strchr(screen, '\a'));
    terminal_key('\r');
    assert_int_equal(deliveries, 0);
    type("fine\r");
    assert_string_equal(lines, "fine\n");
    for (unsigned i = 0; i < 5000; i++) {
        output("longer than any prompt ");
    }
    terminal_want();
    type("fine\r");
    assert_string_equal(lines, "fine\nfine\n");
}

static void test_any_bytes(void **state)
{
    static const char likely[] = "abc \033[ABCDH3~\001\003\004\005\013\025\027\035\177\r\n";

    (void)state;
    srand(3);
    for (unsigned i = 0; i < 300000; i++) {
        char byte = rand() % 8 ? likely[(size_t)rand() % (sizeof(likely) - 1)] : (char)rand();

        stop_on_interrupt = rand() % 2;
        switch (rand() % 16) {
        case 0:
            terminal_want();
            break;
        case 1:
            terminal_stop();
            break;
        case 2:
            terminal_output(&byte, 1);
            break;
        default:
            terminal_key(byte);
            break;
        }
    }
    assert_true(deliveries > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line, begin),
        cmocka_unit_test_setup(test_typed_ahead, begin),
        cmocka_unit_test_setup(test_too_much_ahead, begin),
        cmocka_unit_test_setup(test_end_of_input, begin),
        cmocka_unit_test_setup(test_interrupt, begin),
        cmocka_unit_test_setup(test_output_while_typing, begin),
        cmocka_unit_test_setup(test_shown_again, begin),
        cmocka_unit_test_setup(test_long_line, begin),
        cmocka_unit_test_setup(test_any_bytes, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
