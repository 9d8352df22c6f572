/* SPDX-License-Identifier: MIT */
/* Reads the shell's language, one pipeline at a time, so that each sees the variables that those before it set. */
#ifndef SH_PARSE_H
#define SH_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#define SH_COMMANDS_MAX 8u  /* of a pipeline */
#define SH_WORDS_MAX    64u /* of all its commands */
#define SH_TEXT_MAX     4096u /* bytes of all words, with what variables stand for, and a 0 for each */
#define SH_NAME_MAX     31u /* bytes of a variable's name */

/* The value of a variable; NULL: it has none. Names are of letters, digits and '_', or "?". */
typedef const char *sh_lookup_fn(void *context, const char *name);

struct sh_command {
    char **settings; /* "NAME=value" each, NULL at the end */
    char **argv;     /* NULL at the end */
    int argc;        /* 0: settings alone */
};

struct sh_pipeline {
    struct sh_command commands[SH_COMMANDS_MAX];
    unsigned count; /* 0: the line is at its end */
    bool background;
    char *words[SH_WORDS_MAX + 2 * SH_COMMANDS_MAX];
    char text[SH_TEXT_MAX];
};

/* Reads the pipeline at *at, which is moved behind it. NULL, or what is wrong, in words. */
const char *sh_parse(const char **at, sh_lookup_fn *lookup, void *context, struct sh_pipeline *out);

/* Whether a whole line can be read, as far as that does not depend on variables. `scratch` is used meanwhile. */
const char *sh_check(const char *line, struct sh_pipeline *scratch);

/* The length of the name that a text begins with; 0: with none. */
size_t sh_name_length(const char *text);

#endif
