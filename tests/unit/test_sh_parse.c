/* SPDX-License-Identifier: MIT */
/* The shell's language: what lines mean, what is wrong with them, and that no bytes do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/sh/parse.h"

static const char *lookup(void *context, const char *name)
{
    static char large[SH_TEXT_MAX + 10];

    (void)context;
    if (strcmp(name, "large") == 0) {
        memset(large, 'x', sizeof(large) - 1);
        return large;
    }
    return strcmp(name, "a") == 0         ? "one two"
           : strcmp(name, "?") == 0       ? "3"
           : strcmp(name, "a_long1") == 0 ? "l"
                                          : NULL;
}

/* All of a line as text: words in [], settings in {}, '|' between commands, ';' or '&' behind pipelines. */
static const char *shown(const char *line)
{
    static char text[20000];
    static struct sh_pipeline pipeline;
    const char *wrong;
    char *at = text;

    *at = '\0';
    while ((wrong = sh_parse(&line, lookup, NULL, &pipeline)) == NULL && pipeline.count != 0) {
        for (unsigned i = 0; i < pipeline.count; i++) {
            const struct sh_command *command = &pipeline.commands[i];

            at += sprintf(at, "%s", i != 0 ? "|" : "");
            for (char **word = command->settings; *word; word++) {
                at += sprintf(at, "{%s}", *word);
            }
            for (int j = 0; j < command->argc; j++) {
                at += sprintf(at, "[%s]", command->argv[j]);
            }
            assert_null(command->argv[command->argc]);
        }
        at += sprintf(at, "%s", pipeline.background ? "&" : ";");
    }
    return wrong ? wrong : text;
}

static void check(const char *line, const char *wanted)
{
    assert_string_equal(shown(line), wanted);
}

static void test_words(void **state)
{
    (void)state;
    check("", "");
    check("  \t ", "");
    check("# nothing", "");
    check("ls", "[ls];");
    check("  echo  a\tb # c", "[echo][a][b];");
    check("echo a#b", "[echo][a#b];");
    check("echo 'a  b' \"c  d\" e\\ f", "[echo][a  b][c  d][e f];");
    check("echo a'b'\"c\"d", "[echo][abcd];");
    check("echo '' \"\"", "[echo][][];");
    check("echo '$a \\ \"'", "[echo][$a \\ \"];");
    check("echo \"\\\"\\$a\\\\\\x\"", "[echo][\"$a\\\\x];");
    check("echo ';' \\| '&'", "[echo][;][|][&];");
}

static void test_variables(void **state)
{
    (void)state;
    check("echo $a", "[echo][one two];");
    check("echo ${a}b $a_long1 \"<$a>\"", "[echo][one twob][l][<one two>];");
    check("echo $none x", "[echo][x];");
    check("echo \"$none\" x", "[echo][][x];");
    check("$none", ";");
    check("echo $? ${?}1", "[echo][3][31];");
    check("echo $ $1 a$", "[echo][$][$1][a$];");
    check("a=1 b='2 3' echo c=4", "{a=1}{b=2 3}[echo][c=4];");
    check("a=", "{a=};");
    check("a=$a", "{a=one two};");
    check("'a'=1", "[a=1];");
    check("1a=2", "[1a=2];");
}

static void test_pipelines(void **state)
{
    (void)state;
    check("a|b | c d", "[a]|[b]|[c][d];");
    check("a;b ; c", "[a];[b];[c];");
    check(";;a;;", "[a];");
    check("a & b&", "[a]&[b]&");
    check("a\nb", "[a];[b];");
    check("a # c\nb", "[a];[b];");
}

static void test_wrong_lines(void **state)
{
    (void)state;
    check("echo 'a", "a ' has no end");
    check("echo \"a", "a \" has no end");
    check("echo \"$a", "a \" has no end");
    check("echo a\\", "nothing stands behind the last \\");
    check("a |", "a command is missing");
    check("| a", "a command is missing");
    check("a || b", "a command is missing");
    check("a && b", "a command is missing");
    check("&", "a command is missing");
    check("a > b", "< and > have no meaning here: quote them");
    check("echo ${", "${ without a name");
    check("echo ${a", "${ without }");
    check("a|a|a|a|a|a|a|a", "[a]|[a]|[a]|[a]|[a]|[a]|[a]|[a];");
    check("a|a|a|a|a|a|a|a|a", "the pipeline has too many commands");
    check("echo $large", "the line is too long");
    check("echo $aaaaaaaaaabbbbbbbbbbccccccccccdd", "the name of a variable is too long");
}

static void test_check_reads_all(void **state)
{
    static struct sh_pipeline scratch;

    (void)state;
    assert_null(sh_check("a; b | c; $large", &scratch));
    assert_string_equal(sh_check("a; b | ; c", &scratch), "a command is missing");
    assert_string_equal(sh_check("a; b; 'c", &scratch), "a ' has no end");
}

static void test_many_words(void **state)
{
    static char line[3 * (SH_WORDS_MAX + 2)];

    (void)state;
    for (unsigned i = 0; i < SH_WORDS_MAX; i++) {
        strcat(line, "w ");
    }
    assert_int_equal(strlen(shown(line)), 3 * SH_WORDS_MAX + 1);
    strcat(line, "w");
    check(line, "the line has too many words");
}

/* In memory of its own size, so that reading beyond it is noticed. */
static void test_any_bytes(void **state)
{
    static const char likely[] = "ab $?{}'\"\\|;&<>#=_1\n\t";

    (void)state;
    srand(5);
    for (unsigned i = 0; i < 200000; i++) {
        size_t size = (size_t)rand() % 60;
        char *line = malloc(size + 1);

        for (size_t j = 0; j < size; j++) {
            line[j] =
                rand() % 16 ? likely[(size_t)rand() % (sizeof(likely) - 1)] : (char)(rand() | 1);
        }
        line[size] = '\0';
        assert_non_null(shown(line));
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),           cmocka_unit_test(test_variables),
        cmocka_unit_test(test_pipelines),       cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_check_reads_all), cmocka_unit_test(test_many_words),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
