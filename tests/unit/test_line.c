/* SPDX-License-Identifier: MIT */
/* The line editor: every key, on a terminal of the test's own that must show what the editor
 * holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../core/lib/line.c"

#define COLUMNS 600
#define PROMPT  "> "

#define LEFT    "\033[D"
#define RIGHT   "\033[C"
#define UP      "\033[A"
#define DOWN    "\033[B"
#define HOME    "\033[H"
#define END     "\033OF"
#define DELETE  "\033[3~"

/* One row of a terminal, wide enough for any line. */
static struct {
    char row[COLUMNS + 1];
    size_t column;
    unsigned int escape;
    unsigned int number;
    unsigned int bells;
} term;

static void term_clear(void)
{
    memset(term.row, ' ', COLUMNS);
    term.column = 0;
}

static void term_final(char byte)
{
    unsigned int count = term.number ? term.number : 1;

    if (byte == 'D') {
        assert_true(term.column >= count);
        term.column -= count;
    } else if (byte == 'K') {
        memset(term.row + term.column, ' ', COLUMNS - term.column);
    } else if (byte == 'H' || byte == 'J') {
        term_clear();
    } else {
        fail_msg("unknown sequence %c", byte);
    }
}

static void term_byte(char byte)
{
    if (term.escape == 1) {
        assert_int_equal(byte, '[');
        term.escape = 2;
        term.number = 0;
    } else if (term.escape == 2 && byte >= '0' && byte <= '9') {
        term.number = term.number * 10 + (unsigned int)(byte - '0');
    } else if (term.escape == 2) {
        term.escape = 0;
        term_final(byte);
    } else if (byte == '\033') {
        term.escape = 1;
    } else if (byte == '\n') {
        term_clear();
    } else if (byte == '\a') {
        term.bells++;
    } else {
        assert_true(byte >= ' ' && byte < 0x7f);
        assert_true(term.column < COLUMNS);
        term.row[term.column++] = byte;
    }
}

static void term_echo(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        term_byte(text[i]);
    }
}

static const char *fake_name(size_t index)
{
    static const char *const names[] = {"params", "panic", "peek", "poweroff", "mem"};

    return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

static struct line_editor ed;

static int reset(void **state)
{
    (void)state;
    term_clear();
    term.bells = 0;
    term.escape = 0;
    ed = (struct line_editor){.prompt = PROMPT, .echo = term_echo, .name = fake_name};
    line_begin(&ed);
    return 0;
}

/* What the terminal shows is the prompt and the line, its cursor is the editor's. */
static void check_shown(void)
{
    char wanted[COLUMNS + 1];

    assert_true(ed.len < LINE_SIZE && ed.cursor <= ed.len);
    assert_int_equal(strlen(ed.text), ed.len);
    assert_int_equal(term.escape, 0);
    snprintf(wanted, sizeof(wanted), "%s%-*s", PROMPT, (int)(COLUMNS - strlen(PROMPT)), ed.text);
    assert_string_equal(term.row, wanted);
    assert_int_equal(term.column, strlen(PROMPT) + ed.cursor);
}

static void type(const char *keys)
{
    for (; *keys; keys++) {
        assert_int_equal(line_feed(&ed, *keys), LINE_MORE);
    }
    check_shown();
}

static void check_line(const char *keys, const char *line)
{
    reset(NULL);
    type(keys);
    assert_string_equal(ed.text, line);
}

static void type_line(const char *keys)
{
    type(keys);
    assert_int_equal(line_feed(&ed, '\r'), LINE_READY);
    line_begin(&ed);
}

static void test_keys(void **state)
{
    (void)state;
    check_line("abc", "abc");
    check_line("abd" LEFT "c", "abcd");
    check_line("abc" LEFT LEFT LEFT LEFT "x" RIGHT "y", "xayb"
                                                        "c");
    check_line("abc" HOME "x" END "y", "xabcy");
    check_line("abc\001x\005y", "xabcy");
    check_line("abc\033[1~x\033[4~y", "xabcy");
    check_line("abc\b\177", "a");
    check_line("\b\177" DELETE, "");
    check_line("abc" HOME DELETE DELETE, "c");
    check_line("abc" HOME "\004", "bc");
    check_line("abc" LEFT "\004\004", "ab");
    check_line("abcdef" LEFT LEFT "\013", "abcd");
    check_line("abcdef" LEFT LEFT "\025", "ef");
    check_line("one two  three  \027", "one two  ");
    check_line("one two" LEFT "\027", "one o");
    check_line("one\027\027", "");
    check_line("abc\014", "abc");
    check_line("\002\006abc\002x", "abxc");
}

static void test_garbage_keys(void **state)
{
    (void)state;
    check_line("a\033[200~b\033[201~c", "abc"); /* bracketed paste */
    check_line("a\033[1;5Cb\033[15~c", "abc");
    check_line("a\033Zb", "ab");
    check_line("a\033\033[Db", "ba");
    check_line("a\xc3\xa4\xe2\x82\xac"
               "b\xff",
               "ab");
    check_line("a\x01\x02\x0e\x0f\x11\x1c\x1d\x1e\x1f"
               "b",
               "ba");
}

static void test_enter(void **state)
{
    (void)state;
    type("ab" LEFT);
    assert_int_equal(line_feed(&ed, '\r'), LINE_READY);
    assert_string_equal(ed.text, "ab");
    line_begin(&ed);
    /* CR LF is one Enter, LF alone is one too. */
    assert_int_equal(line_feed(&ed, '\n'), LINE_MORE);
    check_shown();
    assert_int_equal(line_feed(&ed, '\n'), LINE_READY);
}

static void test_cancel(void **state)
{
    (void)state;
    type("rubbish");
    assert_int_equal(line_feed(&ed, 3), LINE_CANCELLED);
    assert_string_equal(ed.text, "");
    line_begin(&ed);
    check_shown();
    type("\033[");
    assert_int_equal(line_feed(&ed, 3), LINE_CANCELLED);
    line_begin(&ed);
    type("A");
    assert_string_equal(ed.text, "A");
}

static void test_history(void **state)
{
    (void)state;
    type(UP DOWN);
    assert_string_equal(ed.text, "");
    type_line("first");
    type_line("second");
    type_line("second");
    type_line("");
    type("draft" UP);
    assert_string_equal(ed.text, "second");
    type(UP);
    assert_string_equal(ed.text, "first");
    type(UP UP);
    assert_string_equal(ed.text, "first");
    type(DOWN "!");
    assert_string_equal(ed.text, "second!");
    type(DOWN DOWN);
    assert_string_equal(ed.text, "draft");
    for (unsigned int i = 0; i < 40; i++) {
        char line[16];

        snprintf(line, sizeof(line), "\025line %u", i);
        type_line(line);
    }
    for (unsigned int i = 0; i < 60; i++) {
        type(UP);
    }
    assert_string_equal(ed.text, "line 24");
    type("\020");
    assert_string_equal(ed.text, "line 24");
    type("\016");
    assert_string_equal(ed.text, "line 25");
}

static void test_completion(void **state)
{
    (void)state;
    check_line("m\t", "mem ");
    check_line("pa\t", "pa");
    check_line("pan\t", "panic ");
    check_line("x\t", "x");
    check_line("p"
               "\t\t",
               "p");
    check_line("mem x\t", "mem x");
    check_line("me" LEFT "\t", "me");
}

static void test_long_line(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 10240; i++) {
        assert_int_equal(line_feed(&ed, 'x'), LINE_MORE);
    }
    check_shown();
    assert_int_equal(ed.len, LINE_SIZE - 1);
    assert_int_equal(term.bells, 1);
    assert_int_equal(line_feed(&ed, '\r'), LINE_TOO_LONG);
    assert_string_equal(ed.text, "");
    line_begin(&ed);
    type("fine");
    assert_int_equal(line_feed(&ed, '\r'), LINE_READY);
}

/* The end of input is no line, and ends none. */
static void test_end(void **state)
{
    (void)state;
    assert_int_equal(line_feed(&ed, '\004'), LINE_END);
    type("ab");
    assert_int_equal(line_feed(&ed, '\004'), LINE_MORE);
    assert_string_equal(ed.text, "ab");
    term_echo("\nsaid meanwhile\n", 16);
    line_show(&ed);
    check_shown();
}

/* Whatever comes, the screen shows the line and the cursor. */
static void test_any_bytes(void **state)
{
    static const char likely[] = "abc de\033[ABCDHF3~\001\005\013\025\027\b\t\177\r";

    (void)state;
    srand(7);
    for (unsigned int i = 0; i < 200000; i++) {
        char byte = rand() % 8 ? likely[(size_t)rand() % (sizeof(likely) - 1)] : (char)rand();

        enum line_event event = line_feed(&ed, byte);

        if (event != LINE_MORE && event != LINE_END) {
            line_begin(&ed);
        }
        check_shown();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_keys, reset),
        cmocka_unit_test_setup(test_garbage_keys, reset),
        cmocka_unit_test_setup(test_enter, reset),
        cmocka_unit_test_setup(test_cancel, reset),
        cmocka_unit_test_setup(test_history, reset),
        cmocka_unit_test_setup(test_completion, reset),
        cmocka_unit_test_setup(test_long_line, reset),
        cmocka_unit_test_setup(test_end, reset),
        cmocka_unit_test_setup(test_any_bytes, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
