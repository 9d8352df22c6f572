/* SPDX-License-Identifier: MIT */
/* The console command that shows the log. */
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/string.h>

static void print_line(void *arg, enum log_level level, const char *line, size_t len)
{
    const int *least = arg;

    if ((int)level >= *least) {
        console_printf("%.*s\n", (int)len, line);
    }
}

static int print_last(void)
{
    const char *text = log_last_panic();

    if (!text) {
        console_printf("no panic came before this boot\n");
        return 0;
    }
    console_write(text, strlen(text));
    return 0;
}

static int cmd_log(int argc, char **argv)
{
    int least = LOG_DEBUG;

    if (argc == 2 && strcmp(argv[1], "last") == 0) {
        return print_last();
    }
    if (argc > 1) {
        least = argc == 2 ? log_level_parse(argv[1]) : -EINVAL;
    }
    if (least < 0) {
        console_printf("levels are debug, info, warn, error, fatal\n");
        return -EINVAL;
    }
    log_replay(print_line, &least);
    return 0;
}

COMMAND(log, "[last | LEVEL]", "print the log, of a level on, or the panic before this boot",
        cmd_log);
