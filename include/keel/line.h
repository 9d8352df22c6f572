/* SPDX-License-Identifier: MIT */
/* Editing of a line on a terminal: bytes in, edited line and echo out. Shared with user space. */
#ifndef KEEL_LINE_H
#define KEEL_LINE_H

#include <keel/types.h>

#define LINE_SIZE    256 /* bytes of a line, its NUL included */
#define LINE_HISTORY 16  /* lines remembered */

enum line_event {
    LINE_MORE,      /* the line goes on */
    LINE_READY,     /* Enter: `text` holds it */
    LINE_CANCELLED, /* ^C: `text` is empty */
    LINE_END,       /* ^D in an empty line */
    LINE_TOO_LONG,  /* Enter after more bytes than a line holds: `text` is empty */
};

struct line_editor {
    char text[LINE_SIZE]; /* always NUL-terminated */
    size_t len;
    size_t cursor;  /* 0 to len */
    bool overflow;  /* bytes were lost */
    char last_byte; /* of the input, to take CR LF as one Enter */
    uint8_t escape; /* where in an escape sequence we are */
    char escape_arg;
    char history[LINE_HISTORY][LINE_SIZE];
    size_t history_count;  /* lines ever entered */
    size_t browse;         /* how far back in history the line is, 0: it is new */
    char draft[LINE_SIZE]; /* the new line while older ones are shown */

    const char *prompt;
    /* Takes what is to be seen. */
    void (*echo)(const char *text, size_t len);
    /* Name `index` that may complete a line's first word, or NULL past the last. NULL: nothing is completed. */
    const char *(*name)(size_t index);
};

/* Takes one byte of input. After LINE_READY, LINE_CANCELLED and LINE_TOO_LONG the caller uses `text`, then calls
 * line_begin() for the next line. Any context that `echo` may be called in, as all of them. */
enum line_event line_feed(struct line_editor *ed, char byte);

/* Shows the prompt and starts with an empty line. */
void line_begin(struct line_editor *ed);

/* Shows the prompt and the line again, where something else was written behind them. */
void line_show(struct line_editor *ed);

#endif
