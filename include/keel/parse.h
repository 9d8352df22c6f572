/* SPDX-License-Identifier: MIT */
/* Strict text to value conversions and the cutting up of command lines. */
#ifndef KEEL_PARSE_H
#define KEEL_PARSE_H

#include <keel/types.h>

/*
 * The number that makes up the whole of s, in base 2 to 36, or base 0: 0x starts hexadecimal,
 * anything else is decimal. Base 16 takes a leading 0x, too. The signed form takes one sign.
 * Returns 0; -EINVAL when s is anything but a number, -ERANGE when it does not fit. *out is
 * written on success only.
 */
int kstrtou64(const char *s, unsigned int base, uint64_t *out);
int kstrtos64(const char *s, unsigned int base, int64_t *out);
int kstrtou32(const char *s, unsigned int base, uint32_t *out);

/* y, yes, on, true, 1 and n, no, off, false, 0. Returns 0 or -EINVAL. */
int kstrtobool(const char *s, bool *out);

/*
 * A number of bytes in base 0 with an optional suffix k, M, G or T of either case (powers of 1024)
 * that makes up the whole of s. Returns 0, -EINVAL or -ERANGE; *out is written on success only.
 */
int parse_size(const char *s, uint64_t *out);

/* As parse_size, but s may go on: *end is set to the first character that is not part of it. */
int parse_size_prefix(const char *s, const char **end, uint64_t *out);

/* Whether the whole of s matches pattern, in which * is any text and ? is any one character. */
bool glob_match(const char *pattern, const char *s);

/* Whether s begins with prefix. */
bool str_has_prefix(const char *s, const char *prefix);

/*
 * Cuts the next word off *cursor: skips blanks, ends the word with a terminator written into the
 * text, moves *cursor behind it. Double quotes anywhere in a word keep blanks in it and are
 * removed; a quote that is not closed runs to the end. Returns the word, or NULL when none is left.
 */
char *str_next_word(char **cursor);

/*
 * Cuts the text before the next character of delims off *cursor, empty or not, and moves *cursor
 * behind that character, or sets it to NULL at the end. Returns NULL when *cursor is NULL.
 */
char *str_next_field(char **cursor, const char *delims);

#endif
