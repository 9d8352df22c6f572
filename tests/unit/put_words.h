/* SPDX-License-Identifier: MIT */
/* Little-endian words put into `memory`, the bytes a test hands to a parser, which it defines. */
#ifndef TESTS_UNIT_PUT_WORDS_H
#define TESTS_UNIT_PUT_WORDS_H

#include <keel/types.h>
#include <string.h>

static void put32(uint32_t at, uint32_t value)
{
    memcpy(memory + at, &value, sizeof(value));
}

static void put64(uint32_t at, uint64_t value)
{
    memcpy(memory + at, &value, sizeof(value));
}

#endif
