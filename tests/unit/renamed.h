/* SPDX-License-Identifier: MIT */
/* Gives the kernel's routines names of their own, so that they stand beside the C library's. */
#ifndef TESTS_RENAMED_H
#define TESTS_RENAMED_H

#define RENAME_(prefix, name) prefix##name
#define RENAME(prefix, name)  RENAME_(prefix, name)

#define memcpy                RENAME(KEEL_TEST_PREFIX, memcpy)
#define memmove               RENAME(KEEL_TEST_PREFIX, memmove)
#define memset                RENAME(KEEL_TEST_PREFIX, memset)
#define memcmp                RENAME(KEEL_TEST_PREFIX, memcmp)
#define memchr                RENAME(KEEL_TEST_PREFIX, memchr)
#define strlen                RENAME(KEEL_TEST_PREFIX, strlen)
#define strnlen               RENAME(KEEL_TEST_PREFIX, strnlen)
#define strcmp                RENAME(KEEL_TEST_PREFIX, strcmp)
#define strncmp               RENAME(KEEL_TEST_PREFIX, strncmp)
#define strchr                RENAME(KEEL_TEST_PREFIX, strchr)
#define strrchr               RENAME(KEEL_TEST_PREFIX, strrchr)
#define strstr                RENAME(KEEL_TEST_PREFIX, strstr)
#define strspn                RENAME(KEEL_TEST_PREFIX, strspn)
#define strcspn               RENAME(KEEL_TEST_PREFIX, strcspn)
#define strlcpy               RENAME(KEEL_TEST_PREFIX, strlcpy)
#define strlcat               RENAME(KEEL_TEST_PREFIX, strlcat)

#endif
