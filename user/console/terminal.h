/* SPDX-License-Identifier: MIT */
/* What the console service does between keys, screen and reader: editing, what is typed ahead, and showing the line
 * again where output came between. Whatever the bytes are, nothing is lost but what is said here. */
#ifndef CONSOLE_TERMINAL_H
#define CONSOLE_TERMINAL_H

#include <stddef.h>

#define TERMINAL_AHEAD_MAX \
    1024u /* bytes that are typed before a reader asks; more are lost, with a bell */
#define TERMINAL_PROMPT_MAX 79u /* bytes of an unfinished line of output that are shown again */

struct terminal_ops {
    void (*write)(const char *text, size_t size); /* to the screen; '\n' is a new line */
    /* A line for the reader, its '\n' at the end; nothing: the end of input. The reader waits no more. */
    void (*deliver)(const char *line, size_t size);
    void (*interrupt)(void); /* ^C was typed; may call terminal_stop() */
};

/* Begins; there is one terminal. No reader waits. */
void terminal_init(const struct terminal_ops *ops);

/* A byte that was typed. */
void terminal_key(char byte);

/* A reader waits for a line, from now until deliver() or terminal_stop(). */
void terminal_want(void);
void terminal_stop(void);

/* Text of a program's. */
void terminal_output(const char *text, size_t size);

#endif
