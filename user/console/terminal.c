/* SPDX-License-Identifier: MIT */
/* Keys in, lines out, output in between. One thread. */
#include "terminal.h"

#include <keel/line.h>
#include <stdbool.h>
#include <string.h>

#define CONTROL(letter) ((letter) - '@')
#define SHOW_AGAIN      CONTROL(']') /* the kernel gives it with the keys: they were at its prompt */
#define CLEAR_LINE      "\r\033[K"

static struct {
    const struct terminal_ops *ops;
    struct line_editor editor;
    bool editing; /* a reader waits */
    char ahead[TERMINAL_AHEAD_MAX];
    size_t ahead_count;
    char prompt[TERMINAL_PROMPT_MAX + 1]; /* what is in the screen's line before what is typed */
    size_t prompt_size;
} terminal;

static void write_text(const char *text)
{
    terminal.ops->write(text, strlen(text));
}

static void echo(const char *text, size_t size)
{
    terminal.ops->write(text, size);
}

/* --- What stands in the screen's last line --- */

static void forget_prompt(void)
{
    terminal.prompt_size = 0;
    terminal.prompt[0] = '\0';
}

static void note_prompt(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n' || text[i] == '\r') {
            forget_prompt();
        } else if ((unsigned char)text[i] >= ' ' && terminal.prompt_size < TERMINAL_PROMPT_MAX) {
            terminal.prompt[terminal.prompt_size++] = text[i];
            terminal.prompt[terminal.prompt_size] = '\0';
        }
    }
}

/* --- The reader --- */

static void begin_line(void)
{
    terminal.editor.prompt = "";
    line_begin(&terminal.editor);
    terminal.editor.prompt = terminal.prompt;
}

static void deliver(const char *line, size_t size)
{
    terminal.editing = false;
    terminal.ops->deliver(line, size);
}

static void deliver_line(void)
{
    char line[LINE_SIZE + 1];
    size_t size = terminal.editor.len;

    memcpy(line, terminal.editor.text, size);
    line[size] = '\n';
    forget_prompt();
    deliver(line, size + 1);
}

static void interrupt(void)
{
    terminal.ahead_count = 0;
    if (terminal.editing) {
        line_feed(&terminal.editor, CONTROL('C'));
    } else {
        write_text("^C\n");
    }
    forget_prompt();
    terminal.ops->interrupt();
    if (terminal.editing) {
        begin_line();
    }
}

static void edit(char byte)
{
    switch (line_feed(&terminal.editor, byte)) {
    case LINE_READY:
        deliver_line();
        break;
    case LINE_END:
        write_text("\n");
        forget_prompt();
        deliver(NULL, 0);
        break;
    case LINE_TOO_LONG:
        write_text("the line is too long: ignored\n");
        write_text(terminal.prompt);
        begin_line();
        break;
    default:
        break;
    }
}

/* What was typed ahead, as far as the reader takes it. */
static void feed(void)
{
    size_t used = 0;

    while (terminal.editing && used < terminal.ahead_count) {
        edit(terminal.ahead[used++]);
    }
    terminal.ahead_count -= used;
    memmove(terminal.ahead, terminal.ahead + used, terminal.ahead_count);
}

void terminal_init(const struct terminal_ops *ops)
{
    memset(&terminal, 0, sizeof(terminal));
    terminal.ops = ops;
    terminal.editor.echo = echo;
    terminal.editor.prompt = "";
}

void terminal_want(void)
{
    if (!terminal.editing) {
        terminal.editing = true;
        begin_line();
        feed();
    }
}

void terminal_stop(void)
{
    terminal.editing = false;
}

void terminal_key(char byte)
{
    if (byte == CONTROL('C')) {
        interrupt();
    } else if (byte == SHOW_AGAIN) {
        write_text(terminal.prompt);
        if (terminal.editing) {
            write_text(CLEAR_LINE);
            line_show(&terminal.editor);
        }
    } else if (terminal.ahead_count < TERMINAL_AHEAD_MAX) {
        terminal.ahead[terminal.ahead_count++] = byte;
        feed();
    } else {
        write_text("\a");
    }
}

/* The line that is being typed moves below the text; if that leaves a line unfinished, that is its new prompt. */
void terminal_output(const char *text, size_t size)
{
    char old[sizeof(terminal.prompt)];

    if (!terminal.editing) {
        terminal.ops->write(text, size);
        note_prompt(text, size);
        return;
    }
    memcpy(old, terminal.prompt, sizeof(old));
    forget_prompt();
    write_text(CLEAR_LINE);
    terminal.ops->write(text, size);
    note_prompt(text, size);
    if (terminal.prompt_size == 0) {
        memcpy(terminal.prompt, old, sizeof(old));
        terminal.prompt_size = strlen(old);
    } else {
        write_text(CLEAR_LINE);
    }
    line_show(&terminal.editor);
}
