/* SPDX-License-Identifier: MIT */
/* Line editing with history and completion. Keys are those of an ANSI terminal (ECMA-48); all other
 * control bytes and bytes above 0x7e are dropped. */
#include <keel/line.h>
#include <keel/printf.h>
#include <keel/string.h>

#define CTRL(letter) ((letter) - '@')
#define ESC          0x1b
#define DEL          0x7f
#define BELL         "\a"

enum escape_state {
    ESCAPE_NONE,
    ESCAPE_STARTED, /* after ESC */
    ESCAPE_CSI,     /* after ESC [ or ESC O */
};

static void echo_text(struct line_editor *ed, const char *text)
{
    ed->echo(text, strlen(text));
}

/* Moves the terminal's cursor left by some columns. */
static void echo_left(struct line_editor *ed, size_t columns)
{
    char sequence[16];

    if (columns > 0) {
        ksnprintf(sequence, sizeof(sequence), "\033[%zuD", columns);
        echo_text(ed, sequence);
    }
}

/* Shows the line from `from` on, clears what stood behind it, goes back to the cursor. */
static void echo_tail(struct line_editor *ed, size_t from)
{
    ed->echo(ed->text + from, ed->len - from);
    echo_text(ed, "\033[K");
    echo_left(ed, ed->len - ed->cursor);
}

void line_show(struct line_editor *ed)
{
    echo_text(ed, ed->prompt);
    echo_tail(ed, 0);
}

static void move_to(struct line_editor *ed, size_t cursor)
{
    if (cursor < ed->cursor) {
        echo_left(ed, ed->cursor - cursor);
    } else {
        ed->echo(ed->text + ed->cursor, cursor - ed->cursor);
    }
    ed->cursor = cursor;
}

/* Takes the bytes from `from` to `to` out; the cursor comes to `from`. */
static void delete_range(struct line_editor *ed, size_t from, size_t to)
{
    if (from == to) {
        return;
    }
    move_to(ed, from);
    memmove(ed->text + from, ed->text + to, ed->len - to + 1);
    ed->len -= to - from;
    echo_tail(ed, from);
}

static void insert(struct line_editor *ed, char byte)
{
    if (ed->len == LINE_SIZE - 1) {
        if (!ed->overflow) {
            echo_text(ed, BELL);
        }
        ed->overflow = true;
        return;
    }
    memmove(ed->text + ed->cursor + 1, ed->text + ed->cursor, ed->len - ed->cursor + 1);
    ed->text[ed->cursor++] = byte;
    ed->len++;
    ed->echo(&byte, 1);
    if (ed->cursor < ed->len) {
        echo_tail(ed, ed->cursor);
    }
}

static void replace(struct line_editor *ed, const char *text)
{
    move_to(ed, 0);
    ed->len = strlcpy(ed->text, text, LINE_SIZE);
    ed->cursor = ed->len;
    echo_tail(ed, 0);
}

static void delete_word(struct line_editor *ed)
{
    size_t from = ed->cursor;

    while (from > 0 && ed->text[from - 1] == ' ') {
        from--;
    }
    while (from > 0 && ed->text[from - 1] != ' ') {
        from--;
    }
    delete_range(ed, from, ed->cursor);
}

/* Shows the line `back` steps before the new one; 0 is the new one. */
static void browse_to(struct line_editor *ed, size_t back)
{
    if (back > MIN(ed->history_count, (size_t)LINE_HISTORY)) {
        return;
    }
    if (ed->browse == 0) {
        strlcpy(ed->draft, ed->text, LINE_SIZE);
    }
    ed->browse = back;
    replace(ed, back == 0 ? ed->draft : ed->history[(ed->history_count - back) % LINE_HISTORY]);
}

static void history_add(struct line_editor *ed)
{
    const char *newest = ed->history[(ed->history_count - 1) % LINE_HISTORY];

    if (ed->len == 0 || (ed->history_count > 0 && strcmp(newest, ed->text) == 0)) {
        return;
    }
    strlcpy(ed->history[ed->history_count++ % LINE_HISTORY], ed->text, LINE_SIZE);
}

/* How many names begin with the line's first `len` bytes; the longest text all of them share goes
 * to *shared, its length to *shared_len. */
static size_t count_matches(struct line_editor *ed, const char **shared, size_t *shared_len)
{
    size_t matches = 0;
    const char *name;

    for (size_t i = 0; (name = ed->name(i)) != NULL; i++) {
        size_t same = 0;

        if (strncmp(name, ed->text, ed->len) != 0) {
            continue;
        }
        if (matches++ == 0) {
            *shared = name;
            *shared_len = strlen(name);
        }
        while (same < *shared_len && name[same] == (*shared)[same]) {
            same++;
        }
        *shared_len = same;
    }
    return matches;
}

static void list_matches(struct line_editor *ed)
{
    const char *name;

    echo_text(ed, "\n");
    for (size_t i = 0; (name = ed->name(i)) != NULL; i++) {
        if (strncmp(name, ed->text, ed->len) == 0) {
            echo_text(ed, name);
            echo_text(ed, "  ");
        }
    }
    echo_text(ed, "\n");
    line_show(ed);
}

/* Completes a command's name as far as it is clear; shows the choices when that is no further. */
static void complete(struct line_editor *ed)
{
    const char *shared = NULL;
    size_t shared_len = 0;
    size_t matches;

    if (!ed->name || ed->cursor != ed->len || strchr(ed->text, ' ') != NULL) {
        return;
    }
    matches = count_matches(ed, &shared, &shared_len);
    if (matches > 1 && shared_len == ed->len) {
        list_matches(ed);
        return;
    }
    for (size_t i = ed->len; i < shared_len; i++) {
        insert(ed, shared[i]);
    }
    if (matches == 1) {
        insert(ed, ' ');
    }
}

/* The letter that ends an escape sequence; `arg` is the digit before a '~'. */
static void escape_key(struct line_editor *ed, char final)
{
    char key = final == '~' ? ed->escape_arg : final;

    switch (key) {
    case 'A':
        browse_to(ed, ed->browse + 1);
        break;
    case 'B':
        if (ed->browse > 0) {
            browse_to(ed, ed->browse - 1);
        }
        break;
    case 'C':
        move_to(ed, MIN(ed->cursor + 1, ed->len));
        break;
    case 'D':
        move_to(ed, ed->cursor - (ed->cursor > 0));
        break;
    case 'H':
    case '1':
    case '7':
        move_to(ed, 0);
        break;
    case 'F':
    case '4':
    case '8':
        move_to(ed, ed->len);
        break;
    case '3':
        delete_range(ed, ed->cursor, MIN(ed->cursor + 1, ed->len));
        break;
    default:
        break;
    }
}

/* Takes a byte inside an escape sequence: parameters are 0x30-0x3f, the end is 0x40-0x7e. */
static void escape_byte(struct line_editor *ed, char byte)
{
    if (ed->escape == ESCAPE_STARTED) {
        ed->escape = byte == '[' || byte == 'O' ? ESCAPE_CSI : ESCAPE_NONE;
        ed->escape_arg = 0;
    } else if (byte >= 0x30 && byte <= 0x3f) {
        ed->escape_arg = ed->escape_arg ? '?' : byte;
    } else {
        ed->escape = ESCAPE_NONE;
        escape_key(ed, byte);
    }
}

static enum line_event enter(struct line_editor *ed)
{
    move_to(ed, ed->len);
    echo_text(ed, "\n");
    if (ed->overflow) {
        ed->len = 0;
        ed->text[0] = '\0';
        return LINE_TOO_LONG;
    }
    history_add(ed);
    return LINE_READY;
}

static enum line_event cancel(struct line_editor *ed)
{
    echo_text(ed, "^C\n");
    ed->len = 0;
    ed->text[0] = '\0';
    return LINE_CANCELLED;
}

static void control_key(struct line_editor *ed, char byte)
{
    switch (byte) {
    case CTRL('A'):
        move_to(ed, 0);
        break;
    case CTRL('E'):
        move_to(ed, ed->len);
        break;
    case CTRL('B'):
        escape_key(ed, 'D');
        break;
    case CTRL('F'):
        escape_key(ed, 'C');
        break;
    case CTRL('P'):
        escape_key(ed, 'A');
        break;
    case CTRL('N'):
        escape_key(ed, 'B');
        break;
    case CTRL('D'):
        escape_key(ed, '3');
        break;
    case CTRL('H'):
    case DEL:
        delete_range(ed, ed->cursor - (ed->cursor > 0), ed->cursor);
        break;
    case CTRL('K'):
        delete_range(ed, ed->cursor, ed->len);
        break;
    case CTRL('U'):
        delete_range(ed, 0, ed->cursor);
        break;
    case CTRL('W'):
        delete_word(ed);
        break;
    case CTRL('L'):
        echo_text(ed, "\033[H\033[2J");
        line_show(ed);
        break;
    case CTRL('I'):
        complete(ed);
        break;
    case ESC:
        ed->escape = ESCAPE_STARTED;
        break;
    default:
        break;
    }
}

enum line_event line_feed(struct line_editor *ed, char byte)
{
    char last = ed->last_byte;

    ed->last_byte = byte;
    if (byte == CTRL('C')) {
        return cancel(ed);
    }
    if (byte == CTRL('D') && ed->len == 0) {
        return LINE_END;
    }
    if (byte == '\r' || (byte == '\n' && last != '\r')) {
        ed->escape = ESCAPE_NONE;
        return enter(ed);
    }
    if (ed->escape != ESCAPE_NONE && byte >= ' ' && byte < DEL) {
        escape_byte(ed, byte);
    } else if (byte >= ' ' && byte < DEL) {
        insert(ed, byte);
    } else {
        ed->escape = ESCAPE_NONE;
        control_key(ed, byte);
    }
    return LINE_MORE;
}

void line_begin(struct line_editor *ed)
{
    ed->len = 0;
    ed->cursor = 0;
    ed->text[0] = '\0';
    ed->overflow = false;
    ed->escape = ESCAPE_NONE;
    ed->browse = 0;
    echo_text(ed, ed->prompt);
}
