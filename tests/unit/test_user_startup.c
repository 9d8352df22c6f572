/* SPDX-License-Identifier: MIT */
/* The message a program starts with: what a good one holds, and that a bad one is refused and never read
 * beyond its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/lib/load/message.h"
#include "../../user/lib/start/startup.h"

#define TEXT "init\0-v\0PATH=bin\0log"

struct message {
    keel_startup_t head;
    uint32_t kinds[3];
    char strings[sizeof(TEXT)];
};

static const struct message good = {
    .head = {KEEL_STARTUP_MAGIC, KEEL_STARTUP_VERSION, 3, 2, 1, 1, sizeof(TEXT), 0},
    .kinds = {KEEL_STARTUP_PROCESS_SELF, KEEL_STARTUP_STDOUT, KEEL_STARTUP_SERVICE(0)},
    .strings = TEXT,
};

#define GOOD_SIZE (offsetof(struct message, strings) + sizeof(TEXT))

/* Reads a copy that ends where its memory ends. */
static const char *read_copy(const void *bytes, size_t size, size_t handles,
                             struct lib_startup *out, void **copy)
{
    *copy = malloc(size != 0 ? size : 1);
    memcpy(*copy, bytes, size);
    return lib_startup_read(*copy, size, handles, out);
}

static void test_good(void **state)
{
    struct lib_startup startup;
    char *texts[LIB_STARTUP_TEXTS_MAX + 3];
    void *copy;

    assert_null(read_copy(&good, GOOD_SIZE, 3, &startup, &copy));
    assert_int_equal(startup.argc, 2);
    assert_int_equal(startup.kinds[1], KEEL_STARTUP_STDOUT);
    lib_startup_texts(&startup, texts);
    assert_string_equal(texts[0], "init");
    assert_string_equal(texts[1], "-v");
    assert_null(texts[2]);
    assert_string_equal(texts[3], "PATH=bin");
    assert_null(texts[4]);
    assert_string_equal(texts[5], "log");
    assert_null(texts[6]);
    free(copy);
}

/* What is written to start a program is what the program reads. */
static void test_written(void **state)
{
    static const char *const argv[] = {"init", "-v", NULL}, *const envp[] = {"PATH=bin", NULL},
                             *const names[] = {"log", NULL};
    const struct lib_message message = {argv, envp, names, good.kinds, 3};
    uint8_t *bytes = malloc(GOOD_SIZE);

    for (size_t size = 0; size < GOOD_SIZE; size++) {
        assert_int_equal(lib_message_write(&message, bytes, size), GOOD_SIZE);
    }
    assert_int_equal(lib_message_write(&message, bytes, GOOD_SIZE), GOOD_SIZE);
    assert_memory_equal(bytes, &good, GOOD_SIZE);
    free(bytes);
}

static void test_empty(void **state)
{
    const keel_startup_t head = {.magic = KEEL_STARTUP_MAGIC, .version = KEEL_STARTUP_VERSION};
    struct lib_startup startup;
    char *texts[LIB_STARTUP_TEXTS_MAX + 3];
    void *copy;

    assert_null(read_copy(&head, sizeof(head), 0, &startup, &copy));
    lib_startup_texts(&startup, texts);
    assert_true(!texts[0] && !texts[1] && !texts[2]);
    free(copy);
}

static void expect_bad(const struct message *message, size_t size, size_t handles)
{
    struct lib_startup startup;
    void *copy;

    assert_non_null(read_copy(message, size, handles, &startup, &copy));
    free(copy);
}

static void test_bad(void **state)
{
    struct message m;

    for (size_t size = 0; size < GOOD_SIZE; size++) {
        expect_bad(&good, size, 3);
    }
    expect_bad(&good, GOOD_SIZE, 2);
    expect_bad(&good, GOOD_SIZE, 65);
#define BAD(change)                   \
    do {                              \
        m = good;                     \
        change;                       \
        expect_bad(&m, GOOD_SIZE, 3); \
    } while (false)
    BAD(m.head.magic++);
    BAD(m.head.version++);
    BAD(m.head.reserved = 1);
    BAD(m.head.argc++);
    BAD(m.head.argc = UINT32_MAX);
    BAD(m.head.argc = m.head.envc = 0x80000000u; m.head.namec = 4);
    BAD(m.head.envc--);
    BAD(m.head.handle_count = 4);
    BAD(m.head.handle_count = UINT32_MAX);
    BAD(m.head.strings_size++);
    BAD(m.head.strings_size = UINT32_MAX);
    BAD(m.strings[sizeof(TEXT) - 1] = 'x');
    BAD(m.strings[4] = 'x');
    BAD(m.strings[0] = '\0');
    BAD(m.kinds[0] = m.kinds[1]);
    BAD(m.kinds[2] = KEEL_STARTUP_SERVICE(1));
#undef BAD
}

/* Whatever the bytes: an answer, and what is found lies within. */
static void test_random(void **state)
{
    struct lib_startup startup;
    struct message m;
    unsigned taken = 0;

    for (int i = 0; i < 300000; i++) {
        char *texts[LIB_STARTUP_TEXTS_MAX + 3];
        void *copy;

        m = good;
        for (int changes = rand() % 3; changes >= 0; changes--) {
            ((uint8_t *)&m)[(size_t)rand() % GOOD_SIZE] =
                (uint8_t)(rand() % 2 ? rand() : rand() % 4);
        }
        if (!read_copy(&m, GOOD_SIZE, 3, &startup, &copy)) {
            lib_startup_texts(&startup, texts);
            taken++;
        }
        free(copy);
    }
    assert_true(taken > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_empty),  cmocka_unit_test(test_written),
        cmocka_unit_test(test_bad),  cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
