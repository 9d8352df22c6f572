/* SPDX-License-Identifier: MIT */
/* What every system call takes and gives, as scripts/build/syscalls.py makes it of the table of calls. */
#ifndef TESTS_USER_GRAMMAR_H
#define TESTS_USER_GRAMMAR_H

#include <keel/base.h>
#include <stdbool.h>
#include <stddef.h>

#define CALL_ARGUMENTS_MAX 6
#define CALL_ERRORS_MAX    16

enum grammar_kind {
    GRAMMAR_HANDLE, /* to an object of `type` (NONE: any) with `rights` */
    GRAMMAR_IN, /* memory: `element` bytes, or so many for each that argument `counted_by` counts */
    GRAMMAR_OUT,
    GRAMMAR_INOUT,
    GRAMMAR_SIZE,   /* counts bytes or elements; low to high */
    GRAMMAR_TIME,   /* of the monotonic clock */
    GRAMMAR_NUMBER, /* low to high */
};

enum grammar_return {
    GIVES_STATUS,
    GIVES_U64,
    GIVES_COUNT,
    GIVES_TIME,
    GIVES_ADDRESS,
    GIVES_NEVER,
};

struct argument_grammar {
    enum grammar_kind kind;
    keel_obj_type_t type;
    keel_rights_t rights;
    uint32_t element;
    int counted_by; /* -1: one element */
    uint64_t low, high;
    bool is_signed;
    bool is_checked; /* there are values outside of the bounds */
};

struct call_grammar {
    const char *name;
    uint32_t number;
    enum grammar_return returns;
    unsigned count;
    int errors[CALL_ERRORS_MAX]; /* those documented, then 0 */
    struct argument_grammar arguments[CALL_ARGUMENTS_MAX];
};

extern const struct call_grammar call_grammar[];
extern const unsigned call_grammar_count;

#endif
