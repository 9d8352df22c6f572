/* SPDX-License-Identifier: MIT */
/* The shell's language: words, quotes, variables, settings, pipelines. Whatever the bytes are, it ends, and nothing
 * outside of the line and the result is touched. */
#include "parse.h"

#include <ctype.h>
#include <string.h>

struct reader {
    const char *at;
    sh_lookup_fn *lookup;
    void *context;
    struct sh_pipeline *out;
    size_t words, used; /* of out->words, out->text */
    const char *wrong;
};

size_t sh_name_length(const char *text)
{
    size_t length = 0;

    if (isdigit((unsigned char)*text)) {
        return 0;
    }
    while (isalnum((unsigned char)text[length]) || text[length] == '_') {
        length++;
    }
    return length;
}

static void fail(struct reader *r, const char *why)
{
    if (!r->wrong) {
        r->wrong = why;
    }
}

static void put(struct reader *r, char byte)
{
    if (r->used == SH_TEXT_MAX) {
        fail(r, "the line is too long");
    } else {
        r->out->text[r->used++] = byte;
    }
}

/* --- What is in a word --- */

static void put_variable(struct reader *r, const char *name, size_t length)
{
    char copy[SH_NAME_MAX + 1];
    const char *value;

    if (length > SH_NAME_MAX) {
        fail(r, "the name of a variable is too long");
        return;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    value = r->lookup ? r->lookup(r->context, copy) : NULL;
    while (value && *value && !r->wrong) {
        put(r, *value++);
    }
}

/* What stands behind a '$': a name, a name in braces, '?'; else the '$' is one. */
static void read_variable(struct reader *r)
{
    bool braces = r->at[1] == '{';
    const char *name = r->at + 1 + braces;
    size_t length = *name == '?' ? 1 : sh_name_length(name);

    if (length == 0) {
        if (braces) {
            fail(r, "${ without a name");
        }
        put(r, '$');
        r->at++;
        return;
    }
    if (braces && name[length] != '}') {
        fail(r, "${ without }");
        return;
    }
    put_variable(r, name, length);
    r->at = name + length + braces;
}

static void read_single_quotes(struct reader *r)
{
    for (r->at++; *r->at && *r->at != '\''; r->at++) {
        put(r, *r->at);
    }
    if (*r->at) {
        r->at++;
    } else {
        fail(r, "a ' has no end");
    }
}

static void read_double_quotes(struct reader *r)
{
    r->at++;
    while (*r->at && *r->at != '"' && !r->wrong) {
        if (*r->at == '$') {
            read_variable(r);
        } else {
            if (*r->at == '\\' && r->at[1] && strchr("\"\\$", r->at[1])) {
                r->at++;
            }
            put(r, *r->at++);
        }
    }
    if (*r->at == '"') {
        r->at++;
    } else {
        fail(r, "a \" has no end");
    }
}

static void read_backslash(struct reader *r)
{
    r->at++;
    if (*r->at) {
        put(r, *r->at++);
    } else {
        fail(r, "nothing stands behind the last \\");
    }
}

/* Up to the word's end; whether anything in it was quoted, so that it counts though it is empty. */
static bool read_word_text(struct reader *r)
{
    bool quoted = false;

    while (*r->at && !strchr(" \t\n;|&<>", *r->at) && !r->wrong) {
        switch (*r->at) {
        case '\'':
            read_single_quotes(r);
            quoted = true;
            break;
        case '"':
            read_double_quotes(r);
            quoted = true;
            break;
        case '\\':
            read_backslash(r);
            quoted = true;
            break;
        case '$':
            read_variable(r);
            break;
        default:
            put(r, *r->at++);
            break;
        }
    }
    return quoted;
}

/* --- Words, commands, pipelines --- */

static char **end_list(struct reader *r, char **list)
{
    r->out->words[r->words++] = NULL;
    return list;
}

/* Whether a setting begins here: a name and '=', nothing of it quoted. */
static bool at_setting(const struct reader *r)
{
    size_t length = sh_name_length(r->at);

    return length != 0 && r->at[length] == '=';
}

/* Adds a word, unless nothing is left of it. */
static bool read_word(struct reader *r, unsigned *count)
{
    char *word = r->out->text + r->used;

    if (!read_word_text(r) && word == r->out->text + r->used) {
        return false;
    }
    put(r, '\0');
    if (*count == SH_WORDS_MAX) {
        fail(r, "the line has too many words");
    }
    if (r->wrong) {
        return false;
    }
    (*count)++;
    r->out->words[r->words++] = word;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (*r->at == ' ' || *r->at == '\t') {
        r->at++;
    }
    if (*r->at == '#') {
        r->at += strcspn(r->at, "\n");
    }
}

static bool at_end_of_command(const struct reader *r)
{
    return r->wrong || *r->at == '\0' || strchr("\n;|&", *r->at);
}

/* A command; whether there was anything, be it a word that nothing is left of. */
static bool read_command(struct reader *r, struct sh_command *out, unsigned *count)
{
    const char *begin;

    skip_blanks(r);
    begin = r->at;
    out->settings = r->out->words + r->words;
    while (!at_end_of_command(r) && at_setting(r)) {
        read_word(r, count);
        skip_blanks(r);
    }
    end_list(r, out->settings);
    out->argv = r->out->words + r->words;
    out->argc = 0;
    while (!at_end_of_command(r)) {
        if (*r->at == '<' || *r->at == '>') {
            fail(r, "< and > have no meaning here: quote them");
        }
        out->argc += read_word(r, count);
        skip_blanks(r);
    }
    end_list(r, out->argv);
    return r->at != begin;
}

static void read_pipeline(struct reader *r)
{
    unsigned count = 0;
    bool more = true;

    while (more && !r->wrong) {
        if (r->out->count == SH_COMMANDS_MAX) {
            fail(r, "the pipeline has too many commands");
            return;
        }
        if (!read_command(r, &r->out->commands[r->out->count], &count)) {
            fail(r, "a command is missing");
            return;
        }
        r->out->count++;
        more = *r->at == '|';
        r->at += more;
    }
}

const char *sh_parse(const char **at, sh_lookup_fn *lookup, void *context, struct sh_pipeline *out)
{
    struct reader r = {.at = *at, .lookup = lookup, .context = context, .out = out};

    out->count = 0;
    out->background = false;
    skip_blanks(&r);
    while (*r.at == ';' || *r.at == '\n') {
        r.at++;
        skip_blanks(&r);
    }
    if (*r.at) {
        read_pipeline(&r);
        out->background = *r.at == '&';
        r.at += *r.at == '&' || *r.at == ';' || *r.at == '\n';
    }
    *at = r.at;
    return r.wrong;
}

const char *sh_check(const char *line, struct sh_pipeline *scratch)
{
    const char *wrong;

    do {
        wrong = sh_parse(&line, NULL, NULL, scratch);
    } while (!wrong && scratch->count != 0);
    return wrong;
}
