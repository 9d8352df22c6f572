/* SPDX-License-Identifier: MIT */
/* FNV-1a against the published test vectors and the definition, a byte at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/hash.h>

static void test_vectors(void **state)
{
    assert_int_equal(fnv1a_32_string(""), 0x811c9dc5);
    assert_int_equal(fnv1a_32_string("a"), 0xe40c292c);
    assert_int_equal(fnv1a_32_string("foobar"), 0xbf9cf968);
    assert_true(fnv1a_64_string("") == 0xcbf29ce484222325);
    assert_true(fnv1a_64_string("a") == 0xaf63dc4c8601ec8c);
    assert_true(fnv1a_64_string("foobar") == 0x85944171f73967e8);
}

static void test_definition(void **state)
{
    uint8_t data[300];
    uint32_t hash32 = FNV1A_32_BASIS;
    uint64_t hash64 = FNV1A_64_BASIS;

    srand(1);
    for (size_t n = 0; n < sizeof(data); n++) {
        assert_int_equal(fnv1a_32(data, n), hash32);
        assert_true(fnv1a_64(data, n) == hash64);
        data[n] = (uint8_t)rand();
        hash32 = (hash32 ^ data[n]) * 16777619u;
        hash64 = (hash64 ^ data[n]) * 1099511628211u;
    }
}

static void test_pieces(void **state)
{
    uint8_t data[64];

    memset(data, 0xa5, sizeof(data));
    for (size_t cut = 0; cut <= sizeof(data); cut++) {
        uint64_t hash64 = fnv1a_64(data, cut);
        uint32_t hash32 = fnv1a_32(data, cut);

        hash64 = fnv1a_64_more(hash64, data + cut, sizeof(data) - cut);
        hash32 = fnv1a_32_more(hash32, data + cut, sizeof(data) - cut);
        assert_true(hash64 == fnv1a_64(data, sizeof(data)));
        assert_int_equal(hash32, fnv1a_32(data, sizeof(data)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
