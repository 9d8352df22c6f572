/* SPDX-License-Identifier: MIT */
/* Typed, documented parameters (K6), set by `name=value` on the kernel command line. */
#ifndef KEEL_PARAM_H
#define KEEL_PARAM_H

#include <keel/section.h>
#include <keel/types.h>

enum param_type {
    PARAM_BOOL,   /* bool; y n 1 0 on off true false, or the bare name for true */
    PARAM_INT,    /* int64_t with bounds; decimal, 0x hex, suffix k M G */
    PARAM_STRING, /* char array; strings that do not fit are refused; the bare name gives "" */
};

struct param {
    const char *name;
    const char *help; /* one sentence */
    enum param_type type;
    void *value;
    size_t size;              /* PARAM_STRING: bytes of the array */
    int64_t min, max;         /* PARAM_INT */
    const char *const *names; /* PARAM_INT: of min to max, taken as well as numbers; NULL: none */
};

/*
 * Declares a parameter over an existing variable: KPARAM(loglevel, PARAM_INT, log_level_shown, 0,
 * 4,
 * "least severe level printed (0 debug to 4 fatal)"). For strings min and max are 0.
 */
#define KPARAM(ident, kind, variable, lowest, highest, help_text)                   \
    SECTION_ENTRY(params, struct param, param_##ident) = {.name = #ident,           \
                                                          .help = help_text,        \
                                                          .type = kind,             \
                                                          .value = &(variable),     \
                                                          .size = sizeof(variable), \
                                                          .min = lowest,            \
                                                          .max = highest}

/* A PARAM_INT whose values from lowest to highest have names. */
#define KPARAM_NAMED(ident, variable, lowest, highest, names_array, help_text)      \
    SECTION_ENTRY(params, struct param, param_##ident) = {.name = #ident,           \
                                                          .help = help_text,        \
                                                          .type = PARAM_INT,        \
                                                          .value = &(variable),     \
                                                          .size = sizeof(variable), \
                                                          .min = lowest,            \
                                                          .max = highest,           \
                                                          .names = names_array}

SECTION_TABLE(params, struct param);

/*
 * Parses a whole command line ("a=1 b c=\"two words\""): sets the parameters it knows and logs a
 * warning for each that is unknown, malformed or out of range (the old value stays). A word `--` ends
 * it. Runs once, before the subsystems start.
 */
void params_parse(const char *cmdline);

/* What stood behind the word `--`, for the first program; "": nothing. Who asks may cut it up. */
char *params_rest(void);

/* Whether the command line has set the parameter `name`. */
bool param_given(const char *name);

/* Prints every parameter with type, value, bounds and help to the console. */
void params_list(void);

#endif
