/* SPDX-License-Identifier: MIT */
/* The log's ring and its lines; the record of the last panic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../core/debug/log.c"

/* The two files under test have names in common. */
#define record kept_record
#include "../../core/debug/lastpanic.c"
#undef record

static uint64_t now;
uint64_t fake_counter;
uint64_t fake_counter_step;

uint64_t clock_ns(void)
{
    return now;
}

static char seen[2 * 1024 * CONFIG_LOG_BUFFER_KB];
static unsigned int lines;

static void collect(void *arg, enum log_level level, const char *line, size_t len)
{
    (void)level;
    lines++;
    if (arg) {
        *(unsigned int *)arg += 1;
    }
    strncat(seen, line, len);
    strcat(seen, "\n");
}

static int reset(void **state)
{
    (void)state;
    ring.oldest = 0;
    ring.end = 0;
    sink = NULL;
    level_shown = LOG_INFO;
    seen[0] = '\0';
    lines = 0;
    now = 1234567;
    return 0;
}

static void test_format(void **state)
{
    (void)state;
    log_write(LOG_INFO, "pmm", "%d pages", 5);
    now = UINT64_C(123456789012345);
    log_write(LOG_ERROR, "a tag that is far too long", "text\n");
    log_replay(collect, NULL);
    assert_string_equal(seen, "[    0.001234] info  pmm: 5 pages\n"
                              "[123456.789012] error a tag that is fa: text\n");
}

static void test_one_line(void **state)
{
    (void)state;
    log_write(LOG_WARN, "t", "a\nb\x1b[2Jc\x7f");
    log_replay(collect, NULL);
    assert_string_equal(seen, "[    0.001234] warn  t: a b [2Jc \n");
}

static void test_cut(void **state)
{
    char text[600];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[599] = '\0';
    log_write(LOG_INFO, "t", "%s", text);
    log_replay(collect, NULL);
    assert_int_equal(strlen(seen), 256 + strlen("[    0.001234] info  t: \n"));
}

static void test_sink_and_level(void **state)
{
    (void)state;
    log_write(LOG_INFO, "t", "before");
    log_set_sink(collect);
    log_write(LOG_DEBUG, "t", "hidden");
    log_write(LOG_FATAL, "t", "shown");
    assert_string_equal(seen, "[    0.001234] fatal t: shown\n");
    level_shown = LOG_DEBUG;
    log_write(LOG_DEBUG, "t", "now");
    assert_int_equal(lines, 2);
    log_replay(collect, NULL);
    assert_int_equal(lines, 6);
    assert_int_equal(log_level_parse("warn"), LOG_WARN);
    assert_int_equal(log_level_parse("4"), LOG_FATAL);
    assert_int_equal(log_level_parse("5"), -EINVAL);
    assert_int_equal(log_level_parse(""), -EINVAL);
}

/* However many records of whatever length: the newest are there, whole and in order. */
static void test_wrap(void **state)
{
    (void)state;
    srand(3);
    for (unsigned int i = 0; i < 5000; i++) {
        unsigned int replayed = 0;
        unsigned int first;

        log_write(LOG_INFO, "t", "#%u %*s", i, rand() % 300, "");
        seen[0] = '\0';
        log_replay(collect, &replayed);
        assert_true(replayed >= MIN(i + 1, RING_SIZE / (TEXT_MAX + 64)));
        assert_int_equal(sscanf(strchr(seen, '#'), "#%u", &first), 1);
        assert_int_equal(first, i + 1 - replayed);
    }
}

static void test_panic_mode(void **state)
{
    (void)state;
    ring.lock.drawn = 1; /* held by somebody who will never come back */
    log_panic_mode();
    log_write(LOG_FATAL, "t", "still");
    log_replay(collect, NULL);
    assert_int_equal(lines, 1);
    ring.lock.drawn = 0;
    unlocked = false;
}

static void test_last_panic(void **state)
{
    (void)state;
    memset(&kept_record, 0xa5, sizeof(kept_record));
    log_recover_last();
    assert_null(log_last_panic());
    log_keep_panic("first ", 6);
    log_keep_panic("second", 6);
    log_recover_last();
    assert_string_equal(log_last_panic(), "first second");
    last_text[0] = '\0';
    log_recover_last(); /* a record is read once */
    assert_null(log_last_panic());
    log_keep_panic("damaged", 7);
    kept_record.text[2] ^= 1;
    log_recover_last();
    assert_null(log_last_panic());
    for (unsigned int i = 0; i < 1000; i++) {
        log_keep_panic("0123456789", 10);
    }
    log_recover_last();
    assert_int_equal(strlen(log_last_panic()), sizeof(kept_record.text));
    kept_record.length = UINT64_MAX;
    kept_record.magic = RECORD_MAGIC;
    last_text[0] = '\0';
    log_recover_last();
    assert_null(log_last_panic());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_format, reset),
        cmocka_unit_test_setup(test_one_line, reset),
        cmocka_unit_test_setup(test_cut, reset),
        cmocka_unit_test_setup(test_sink_and_level, reset),
        cmocka_unit_test_setup(test_wrap, reset),
        cmocka_unit_test_setup(test_panic_mode, reset),
        cmocka_unit_test_setup(test_last_panic, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
