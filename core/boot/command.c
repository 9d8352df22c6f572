/* SPDX-License-Identifier: MIT */
/* The console prompt: reads lines, finds the command, runs it. */
#define LOG_TAG "prompt"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/console_input.h>
#include <keel/errno.h>
#include <keel/event.h>
#include <keel/line.h>
#include <keel/log.h>
#include <keel/parse.h>
#include <keel/status.h>
#include <keel/string.h>
#include <keel/version.h>

#define PROMPT "keel> "
#define SWITCH 0x1d /* ^] */
#define LOOK_NS \
    (10 * NS_PER_MS) /* from one look for keys to the next, where nobody tells of them */

static const char *command_name(size_t index)
{
    size_t count = (size_t)(__stop_commands - __start_commands);

    return index < count ? __start_commands[index].name : NULL;
}

static const struct command *find(const char *name)
{
    const struct command *command;

    section_for_each(commands, command)
    {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

/* Cuts the line into at most COMMAND_ARGS_MAX words; -E2BIG when there are more. */
static int split(char *line, char **argv)
{
    int argc = 0;
    char *word;

    while ((word = str_next_word(&line)) != NULL) {
        if (argc == COMMAND_ARGS_MAX) {
            return -E2BIG;
        }
        argv[argc++] = word;
    }
    return argc;
}

int command_run(char *line)
{
    char *argv[COMMAND_ARGS_MAX];
    int argc = split(line, argv);
    const struct command *command;
    int status;

    if (argc < 0) {
        console_printf("a command has at most %d words\n", COMMAND_ARGS_MAX);
        return argc;
    }
    if (argc == 0) {
        return 0;
    }
    command = find(argv[0]);
    if (!command) {
        console_printf("no such command: %s (try help)\n", argv[0]);
        return -ENOENT;
    }
    if (argc > 1 && command->usage[0] == '\0') {
        console_printf("%s takes no arguments: not run\n", argv[0]);
        return -EINVAL;
    }
    status = command->run(argc, argv);
    if (status < 0) {
        console_printf("%s failed: %s\n", argv[0], status_text(status));
    }
    return status;
}

static void finish_line(struct line_editor *editor, enum line_event event)
{
    if (event == LINE_READY) {
        command_run(editor->text);
    } else if (event == LINE_TOO_LONG) {
        console_printf("a line has at most %d bytes: ignored\n", LINE_SIZE - 1);
    }
    line_begin(editor);
}

static struct sync_event input;
static bool input_interrupts; /* some input has: interrupts of devices do come through */

static void input_arrived(void)
{
    WRITE_ONCE(input_interrupts, true);
    event_signal(&input);
}

/* Waits for a key, or, where a console may not say that it has one, until it is time to look again. */
static void wait_for_input(void)
{
    bool announced = READ_ONCE(input_interrupts) && console_input_announced();

    if (!wait_ops || (!announced && !clockevent_of(0))) {
        arch_cpu_relax();
    } else if (announced) {
        event_wait(&input);
    } else if (event_wait_until(&input, clock_ns() + LOOK_NS, LOOK_NS / 2) != 0) {
        return; /* none was told of: a look all the same */
    }
}

/* In the thread that reads or has ended. What the prompt shows is taken away before the reader writes. */
static void reader_changed(bool come)
{
    if (come) {
        console_printf("\r\033[K");
    }
    event_signal(&input);
}

/* While a program reads, keys are the prompt's only after ^]. */
static struct {
    bool reader, here;
} keys = {.here = true};

static void follow_reader(struct line_editor *editor)
{
    bool reader = console_input_is_read();

    if (reader != keys.reader) {
        if (!reader && !keys.here) {
            line_begin(editor);
        }
        keys.reader = reader;
        keys.here = !reader;
    }
}

static void switch_keys(struct line_editor *editor)
{
    keys.here = !keys.here;
    console_printf("\n");
    if (keys.here) {
        line_begin(editor);
    } else {
        console_input_put(SWITCH);
    }
}

static void take_key(struct line_editor *editor, char byte)
{
    enum line_event event;

    if (keys.reader && byte == SWITCH) {
        switch_keys(editor);
    } else if (!keys.here) {
        console_input_put(byte);
    } else {
        event = line_feed(editor, byte);
        if (event != LINE_MORE && event != LINE_END) {
            finish_line(editor, event);
        }
    }
}

void command_loop(void)
{
    static struct line_editor editor = {
        .prompt = PROMPT, .echo = console_write, .name = command_name};

    if (!console_has_input()) {
        log_warn("no console can be read from: idle");
        arch_halt();
    }
    event_init(&input, EVENT_AUTO, false);
    console_set_input_hook(input_arrived);
    console_input_set_hook(reader_changed);
    if (!console_input_is_read()) {
        line_begin(&editor);
    }
    for (;;) {
        int byte;

        follow_reader(&editor);
        byte = console_poll();
        if (byte < 0) {
            wait_for_input();
        } else {
            take_key(&editor, (char)byte);
        }
    }
}

static int cmd_help(int argc, char **argv)
{
    const struct command *command;

    section_for_each(commands, command)
    {
        if (argc < 2 || glob_match(argv[1], command->name)) {
            console_printf("%s%s%s\n    %s\n", command->name, command->usage[0] ? " " : "",
                           command->usage, command->help);
        }
    }
    return 0;
}

static int cmd_version(int argc, char **argv)
{
    console_printf("Keel %s, %s, %s\n", keel_version, keel_config_name, keel_compiler);
    return 0;
}

COMMAND(help, "[PATTERN]", "list the commands", cmd_help);
COMMAND(version, "", "print what this kernel was made from", cmd_version);
