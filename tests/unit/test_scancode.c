/* SPDX-License-Identifier: MIT */
/* Scan codes into text, and the ring that carries it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/input/scancode.c"

#include <keel/byte_ring.h>

static struct scancode keys;

static int start(void **state)
{
    (void)state;
    memset(&keys, 0, sizeof(keys));
    return 0;
}

/* What a sequence of bytes types. */
static const char *typed(const char *bytes, size_t count)
{
    static char text[256];

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(text, scancode_feed(&keys, (uint8_t)bytes[i]));
    }
    return text;
}

#define TYPED(bytes) typed(bytes, sizeof(bytes) - 1)

static void types_letters_once_per_press(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x23\xa3\x12\x92\x26\xa6\x26\xa6\x18\x98"), "hello");
    assert_string_equal(TYPED("\x1e\x1e\x1e\x9e"), "aaa"); /* held: the keyboard repeats */
}

static void types_every_key_of_the_main_block(void **state)
{
    static const char rows[] = "\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                               "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"
                               "\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2b"
                               "\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x34\x35\x39";

    (void)state;
    assert_string_equal(TYPED(rows), "1234567890-=qwertyuiop[]asdfghjkl;'`\\zxcvbnm,./ ");
    assert_string_equal(TYPED("\x2a"), "");
    assert_string_equal(TYPED(rows), "!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"~|ZXCVBNM<>? ");
}

static void knows_both_shifts(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x2a\x1e\x36\xaa\x1e\xb6\x1e"), "AAa");
}

static void locks_capitals_of_letters_alone(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x3a\xba\x1e\x02\x2a\x1e\x02\xaa\x3a\xba\x1e"), "A1a!a");
}

static void makes_control_characters(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x1d\x2e\x9d\x2e"), "\003c");
    assert_string_equal(TYPED("\xe0\x1d\x16\xe0\x9d\x16"), "\025u");
    assert_string_equal(TYPED("\x1d\x1a\x9d"), "\033");
    assert_string_equal(TYPED("\x1d\x02\x39\x0e\x9d"), ""); /* control with 1, space, backspace */
    assert_string_equal(TYPED("\x1d\x3a\x1e\x9d\x3a"), "\001");
}

static void types_editing_keys(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x01\x0e\x0f\x1c"), "\033\177\t\r");
    assert_string_equal(TYPED("\xe0\x48\xe0\xc8\xe0\x50\xe0\x4d\xe0\x4b"),
                        "\033[A\033[B\033[C\033[D");
    assert_string_equal(TYPED("\xe0\x47\xe0\x4f\xe0\x53"), "\033[H\033[F\033[3~");
    assert_string_equal(TYPED("\xe0\x1c\xe0\x35"), "\r/");
}

static void types_the_keypad(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x47\x48\x49\x4a\x4b\x4c\x4d\x4e\x4f\x50\x51\x52\x53\x37"),
                        "789-456+1230.*");
}

static void ignores_other_keys(void **state)
{
    (void)state;
    assert_string_equal(TYPED("\x3b\xbb\x58\xd8\x45\xc5\x46\xc6\x38\xb8\xe0\x38\xe0\xb8"), "");
    assert_string_equal(TYPED("\xe0\x2a\xe0\x37\xe0\xb7\xe0\xaa"), ""); /* print screen */
    assert_string_equal(TYPED("\xe1\x1d\x45\xe1\x9d\xc5"), "");         /* pause */
    assert_string_equal(TYPED("\xe0\x5b\xe0\xdb\xe0\x5d"), "");
    assert_string_equal(TYPED("\xfa\xfe\xff\x7f\x54\x00"), ""); /* answers, and no keys */
    assert_string_equal(TYPED("\x1e"), "a");
}

static void survives_any_bytes(void **state)
{
    (void)state;
    srand(1);
    for (unsigned i = 0; i < 1000000; i++) {
        const char *text = scancode_feed(&keys, (uint8_t)(rand() >> 8));

        assert_true(strlen(text) <= 4);
    }
    assert_string_equal(TYPED("\xb0\xb0\xb0"), "");
}

static void keeps_bytes_in_order(void **state)
{
    static struct byte_ring ring;
    unsigned put = 0, got = 0;

    (void)state;
    assert_int_equal(byte_ring_get(&ring), -EAGAIN);
    srand(2);
    for (unsigned i = 0; i < 100000; i++) {
        if (rand() % 2 != 0) {
            bool room = put - got < BYTE_RING_SIZE;

            assert_int_equal(byte_ring_put(&ring, (uint8_t)put), room);
            put += room;
        } else {
            assert_int_equal(byte_ring_get(&ring), got == put ? -EAGAIN : (int)(uint8_t)got);
            got += got != put;
        }
    }
    while (put - got < BYTE_RING_SIZE) {
        assert_true(byte_ring_put(&ring, (uint8_t)put++));
    }
    assert_false(byte_ring_put(&ring, 0));
    assert_int_equal(byte_ring_get(&ring), (uint8_t)got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(types_letters_once_per_press, start),
        cmocka_unit_test_setup(types_every_key_of_the_main_block, start),
        cmocka_unit_test_setup(knows_both_shifts, start),
        cmocka_unit_test_setup(locks_capitals_of_letters_alone, start),
        cmocka_unit_test_setup(makes_control_characters, start),
        cmocka_unit_test_setup(types_editing_keys, start),
        cmocka_unit_test_setup(types_the_keypad, start),
        cmocka_unit_test_setup(ignores_other_keys, start),
        cmocka_unit_test_setup(survives_any_bytes, start),
        cmocka_unit_test(keeps_bytes_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
