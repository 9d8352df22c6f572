/* SPDX-License-Identifier: MIT */
/* The argument matrix: every call with each of its arguments wrong in each way, all others right. What is to
 * come of it follows from the table of calls. */
#include "grammar.h"
#include "objects.h"
#include "raw_call.h"
#include "utest.h"

#include <keel/errno.h>
#include <keel/info.h>
#include <keel/memory.h>
#include <keel/property.h>
#include <keel/rights.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define PAGE      UINT64_C(4096)
#define OBJECTS   CALL_ARGUMENTS_MAX
#define BAD_SIZES 3u

/* A call with its arguments as they are to be, and the objects that they name. */
struct attempt {
    const struct call_grammar *call;
    uint64_t words[CALL_ARGUMENTS_MAX];
    keel_handle_t objects[OBJECTS];
};

/* Calls that do not come back, or wait for what nobody does, or take memory for ever. */
static const char *const not_to_succeed[] = {"system_powerctl", "interrupt_wait", "debug_read",
                                             "ktrace_control"};

/* Numbers that are right where the table's bounds do not tell. */
static const struct {
    const char *call;
    unsigned place;
    uint64_t number;
} right_numbers[] = {
    {"object_get_info", 1, KEEL_INFO_HANDLE_VALID},
    {"object_get_property", 1, KEEL_PROP_NAME},
    {"object_set_property", 1, KEEL_PROP_NAME},
    {"vmo_create", 0, PAGE},
    {"vmo_set_size", 1, PAGE},
    {"vmo_op_range", 1, KEEL_VMO_OP_COMMIT},
    {"vmo_op_range", 3, PAGE},
    {"vmo_create_child", 1, KEEL_VMO_CHILD_SNAPSHOT},
    {"vmo_create_child", 3, PAGE},
    {"vmo_create_contiguous", 1, PAGE},
    {"vmo_create_contiguous", 2, 0},
    {"vmar_allocate", 1, KEEL_VM_CAN_MAP_READ},
    {"vmar_allocate", 3, PAGE},
    {"vmar_map", 1, KEEL_VM_PERM_READ},
    {"vmar_map", 5, PAGE},
    {"resource_create", 3, 1},
};

/* Handles that may as well be none. */
static const struct {
    const char *call;
    unsigned place;
} optional[] = {{"handle_close", 0},
                {"vmo_replace_as_executable", 1},
                {"process_start", 4},
                {"futex_wait", 2},
                {"futex_requeue", 5}};

static unsigned char memory[2 * PAGE] __attribute__((aligned(PAGE)));
static const unsigned char constant[PAGE] __attribute__((aligned(PAGE))) = {1};
static unsigned cases; /* of the call that is tried */

static bool may_succeed(const struct call_grammar *call)
{
    for (unsigned i = 0; i < sizeof(not_to_succeed) / sizeof(*not_to_succeed); i++) {
        if (strcmp(call->name, not_to_succeed[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* --- What is right --- */

static uint64_t right_number(const struct call_grammar *call, unsigned place)
{
    const struct argument_grammar *argument = &call->arguments[place];

    for (unsigned i = 0; i < sizeof(right_numbers) / sizeof(*right_numbers); i++) {
        if (place == right_numbers[i].place && strcmp(call->name, right_numbers[i].call) == 0) {
            return right_numbers[i].number;
        }
    }
    if (argument->is_signed) {
        return (int64_t)argument->low > 0 ? argument->low : 0;
    }
    return argument->low;
}

/* Some of everything where that is allowed. */
static uint64_t right_size(const struct argument_grammar *argument)
{
    uint64_t size = argument->low > 1 ? argument->low : 1;

    return size > argument->high ? argument->high : size;
}

/* A type of object that will do for a handle: where any does, the first that has the rights. */
static keel_obj_type_t right_type(const struct argument_grammar *argument)
{
    keel_obj_type_t type = argument->type;

    while (argument->type == KEEL_OBJ_TYPE_NONE && type < KEEL_OBJ_TYPE_LIMIT &&
           (argument->rights & ~rights_of_new(type)) != 0) {
        type++;
    }
    return type < KEEL_OBJ_TYPE_LIMIT ? type : KEEL_OBJ_TYPE_NONE;
}

/* Fills in arguments that are right, as far as the table tells; false: there is no such object. */
static bool prepare(struct attempt *attempt, const struct call_grammar *call)
{
    *attempt = (struct attempt){.call = call};
    memset(memory, 0, sizeof(memory));
    for (unsigned i = 0; i < call->count; i++) {
        const struct argument_grammar *argument = &call->arguments[i];

        switch (argument->kind) {
        case GRAMMAR_HANDLE:
            attempt->objects[i] = make_object(right_type(argument));
            attempt->words[i] = attempt->objects[i];
            if (attempt->objects[i] == KEEL_HANDLE_INVALID) {
                return false;
            }
            break;
        case GRAMMAR_IN:
        case GRAMMAR_OUT:
        case GRAMMAR_INOUT:
            attempt->words[i] = (uint64_t)memory + UINT64_C(256) * i;
            break;
        case GRAMMAR_SIZE:
            attempt->words[i] = right_size(argument);
            break;
        case GRAMMAR_TIME:
            attempt->words[i] = 0;
            break;
        case GRAMMAR_NUMBER:
            attempt->words[i] = right_number(call, i);
            break;
        }
    }
    return true;
}

/* Handles that a call gave are closed; what it was given is, too. */
static void clear_away(struct attempt *attempt, int64_t result)
{
    const struct call_grammar *call = attempt->call;

    for (unsigned i = 0; i < call->count; i++) {
        if (attempt->objects[i] != KEEL_HANDLE_INVALID) {
            close_object(attempt->objects[i]);
        }
        if (result == 0 && call->arguments[i].kind == GRAMMAR_OUT &&
            call->arguments[i].element == sizeof(keel_handle_t) && attempt->words[i] != 0) {
            keel_handle_t given;

            memcpy(&given, (const void *)attempt->words[i], sizeof(given));
            keel_handle_close(given); /* or it was no handle */
        }
    }
}

/* --- Trying --- */

static bool is_documented(const struct call_grammar *call, int64_t result)
{
    for (unsigned i = 0; i < CALL_ERRORS_MAX && call->errors[i] != 0; i++) {
        if (result == -call->errors[i]) {
            return true;
        }
    }
    return false;
}

static void complain(const struct attempt *attempt, unsigned place, const char *what,
                     int64_t result, int64_t wanted)
{
    printf("# %s: argument %u %s: %lld, not %lld\n", attempt->call->name, place, what,
           (long long)result, (long long)wanted);
    utest_fail(attempt->call->name, __FILE__, __LINE__);
}

/* Makes the call; what it gives is `wanted`. */
static void expect(struct attempt *attempt, unsigned place, const char *what, int64_t wanted)
{
    int64_t result = raw_call(attempt->call->number, attempt->words);

    cases++;
    if (result != wanted) {
        complain(attempt, place, what, result, wanted);
    } else if (!is_documented(attempt->call, result)) {
        complain(attempt, place, "is refused as is not documented", result, wanted);
    }
    clear_away(attempt, result);
}

/* All is right: success, or a documented error since the table does not tell all. */
static int64_t try_right(const struct call_grammar *call)
{
    struct attempt attempt;
    int64_t result;

    if (!prepare(&attempt, call)) {
        clear_away(&attempt, -1);
        return -1;
    }
    result = raw_call(call->number, attempt.words);
    cases++;
    if (call->returns == GIVES_STATUS && result != 0 && !is_documented(call, result)) {
        complain(&attempt, 0, "to last are right, and the error is not documented", result, 0);
    }
    clear_away(&attempt, result);
    return result;
}

static bool is_optional(const struct call_grammar *call, unsigned place)
{
    for (unsigned i = 0; i < sizeof(optional) / sizeof(*optional); i++) {
        if (place == optional[i].place && strcmp(call->name, optional[i].call) == 0) {
            return true;
        }
    }
    return false;
}

static void try_handles(const struct call_grammar *call, unsigned place)
{
    const struct argument_grammar *argument = &call->arguments[place];
    keel_handle_t stale = make_object(KEEL_OBJ_TYPE_EVENT);
    const uint64_t bad[] = {stale, stale ^ 1u << 31, 2, UINT32_MAX - 3, 0};
    struct attempt attempt;

    close_object(stale);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad) - is_optional(call, place); i++) {
        if (prepare(&attempt, call)) {
            attempt.words[place] = bad[i];
            expect(&attempt, place, "is no handle", -EBADF);
        }
    }
    for (keel_obj_type_t type = 1; argument->type != 0 && type < KEEL_OBJ_TYPE_LIMIT; type++) {
        keel_handle_t other = type != argument->type ? make_object(type) : KEEL_HANDLE_INVALID;

        if (other != KEEL_HANDLE_INVALID && prepare(&attempt, call)) {
            attempt.words[place] = other;
            expect(&attempt, place, "is of another type", -ENOTTY);
        }
        close_object(other);
    }
}

static void try_rights(const struct call_grammar *call, unsigned place)
{
    const struct argument_grammar *argument = &call->arguments[place];
    keel_rights_t has = rights_of_new(right_type(argument));
    struct attempt attempt;

    for (unsigned bit = 0; bit < 31; bit++) {
        keel_rights_t right = (keel_rights_t)1 << bit;

        if ((argument->rights & right) == 0 || !prepare(&attempt, call)) {
            continue;
        }
        if (keel_handle_replace(attempt.objects[place], has & ~right, &attempt.objects[place]) !=
            0) {
            utest_fail("the handle can be replaced", __FILE__, __LINE__);
        }
        attempt.words[place] = attempt.objects[place];
        expect(&attempt, place, "lacks a right", -EACCES);
    }
}

static void try_memory(const struct call_grammar *call, unsigned place, bool succeeds)
{
    const struct argument_grammar *argument = &call->arguments[place];
    const uint64_t never[] = {1ull << 63, UINT64_MAX, UINT64_MAX - 7, 1ull << 62,
                              0xffffffff80000000ull};
    const uint64_t absent[] = {0, 8, (uint64_t)constant};
    unsigned absents = argument->kind == GRAMMAR_IN ? 2 : 3;
    struct attempt attempt;

    for (unsigned i = 0; i < sizeof(never) / sizeof(*never); i++) {
        if (prepare(&attempt, call)) {
            attempt.words[place] = never[i];
            expect(&attempt, place, "is no address of user space", -EFAULT);
        }
    }
    succeeds = succeeds &&
               strcmp(call->name, "vmo_op_range") != 0 &&    /* which has no use for it yet */
               strcmp(call->name, "object_get_info") != 0 && /* which goes without */
               strcmp(call->name, "ktrace_read") != 0 &&     /* which may have nothing to tell */
               strncmp(call->name, "futex_", 6) != 0;        /* for whom it is a name */
    for (unsigned i = 0; succeeds && i < absents; i++) {
        if (prepare(&attempt, call)) {
            attempt.words[place] = absent[i];
            expect(&attempt, place, "is not there, or read-only", -EFAULT);
        }
    }
}

/* A structure may lie anywhere. */
static void try_unaligned(const struct call_grammar *call, unsigned place, int64_t aligned)
{
    struct attempt attempt;
    int64_t result;

    if (!prepare(&attempt, call)) {
        return;
    }
    attempt.words[place]++;
    result = raw_call(call->number, attempt.words);
    cases++;
    if ((result < 0) != (aligned < 0) && !is_documented(call, result)) {
        complain(&attempt, place, "is not aligned", result, aligned);
    }
    clear_away(&attempt, result);
}

static void try_numbers(const struct call_grammar *call, unsigned place)
{
    const struct argument_grammar *argument = &call->arguments[place];
    const uint64_t bad[BAD_SIZES] = {argument->high + 1, argument->low - 1, UINT64_MAX - 1};
    struct attempt attempt;

    for (unsigned i = 0; argument->is_checked && i < BAD_SIZES; i++) {
        bool outside = argument->is_signed ? (int64_t)bad[i] < (int64_t)argument->low ||
                                                 (int64_t)bad[i] > (int64_t)argument->high
                                           : bad[i] < argument->low || bad[i] > argument->high;

        if (outside && prepare(&attempt, call)) {
            attempt.words[place] = bad[i];
            expect(&attempt, place, "is out of its range", -EINVAL);
        }
    }
}

static void try_call(const struct call_grammar *call)
{
    int64_t result = may_succeed(call) ? try_right(call) : -1;

    for (unsigned place = 0; place < call->count; place++) {
        switch (call->arguments[place].kind) {
        case GRAMMAR_HANDLE:
            try_handles(call, place);
            try_rights(call, place);
            break;
        case GRAMMAR_IN:
        case GRAMMAR_OUT:
        case GRAMMAR_INOUT:
            try_memory(call, place, result >= 0);
            if (may_succeed(call) && strncmp(call->name, "futex", 5) != 0) {
                try_unaligned(call, place, result);
            }
            break;
        case GRAMMAR_SIZE:
        case GRAMMAR_NUMBER:
            try_numbers(call, place);
            break;
        case GRAMMAR_TIME:
            break;
        }
    }
}

UTEST(matrix_of_arguments)
{
    unsigned all = 0;

    for (unsigned i = 0; i < call_grammar_count; i++) {
        if (call_grammar[i].returns != GIVES_NEVER) {
            cases = 0;
            try_call(&call_grammar[i]);
            printf("# %s: %u cases\n", call_grammar[i].name, cases);
            all += cases;
        }
    }
    printf("# %u cases in all\n", all);
    EXPECT(all > 100);
}
