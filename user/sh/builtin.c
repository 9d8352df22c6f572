/* SPDX-License-Identifier: MIT */
/* What the shell does itself. */
#include "sh.h"
#include "vars.h"

#include <keel/errno.h>
#include <keel/syscalls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static keel_handle_t output;

void sh_builtin_output(keel_handle_t channel)
{
    output = channel;
}

/* Into a pipe as far as that has room: who reads it is started afterwards. */
static void __attribute__((format(printf, 1, 2))) print(const char *format, ...)
{
    static char text[SH_TEXT_MAX];
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (output == KEEL_HANDLE_INVALID) {
        printf("%s", text);
    } else if (length > 0) {
        (void)keel_channel_write(output, 0, text, strlen(text), NULL, 0);
    }
}

static int64_t run_exit(int argc, char **argv)
{
    char *end = NULL;
    int64_t status = argc > 1 ? strtoll(argv[1], &end, 10) : shell.status;

    if (argc > 2 || (end && (*end || end == argv[1]))) {
        dprintf(2, "exit: takes one number\n");
        return SH_STATUS_MISUSE;
    }
    shell.over = true;
    return status;
}

static int64_t run_help(int argc, char **argv)
{
    keel_bootfs_entry_t entry;
    size_t at = 0;

    (void)argc, (void)argv;
    print("words 'as they are' \"with $VARIABLES\" \\x; NAME=value; a | b; a; b; a &; $?\n"
          "exit [STATUS]      ends the shell\n"
          "help               shows this\n"
          "set [NAME=value]   shows or sets variables\n"
          "unset NAME...      removes variables\n"
          "programs:");
    while (shell.bootfs.data && keel_bootfs_next(&shell.bootfs, &at, &entry) == 0) {
        if (strncmp(entry.name, "bin/", 4) == 0) {
            print(" %s", entry.name + 4);
        }
    }
    print("\n");
    return 0;
}

static int64_t run_set(int argc, char **argv)
{
    int err = 0;

    if (argc == 1) {
        for (const char *const *setting = vars_all(); *setting; setting++) {
            print("%s\n", *setting);
        }
    }
    for (int i = 1; i < argc && err == 0; i++) {
        err = vars_set(argv[i]);
        if (err != 0) {
            dprintf(2, "set: %s: %s\n", argv[i],
                    err == -EINVAL ? "not of the form NAME=value" : strerror(err));
        }
    }
    return err != 0 ? SH_STATUS_MISUSE : 0;
}

static int64_t run_unset(int argc, char **argv)
{
    int64_t status = 0;

    for (int i = 1; i < argc; i++) {
        if (vars_unset(argv[i]) != 0) {
            dprintf(2, "unset: %s: there is no such variable\n", argv[i]);
            status = 1;
        }
    }
    return status;
}

sh_builtin_fn *sh_builtin(const char *name)
{
    static const struct {
        const char *name;
        sh_builtin_fn *run;
    } builtins[] = {
        {"exit", run_exit},
        {"help", run_help},
        {"set", run_set},
        {"unset", run_unset},
    };

    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcmp(builtins[i].name, name) == 0) {
            return builtins[i].run;
        }
    }
    return NULL;
}
