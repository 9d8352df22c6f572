/* SPDX-License-Identifier: MIT */
/* Commands of the kernel's console prompt. */
#ifndef KEEL_COMMAND_H
#define KEEL_COMMAND_H

#include <keel/section.h>
#include <keel/types.h>

#define COMMAND_ARGS_MAX 16

struct command {
    const char *name;
    const char *usage;                 /* arguments, "" for none: then any is an error */
    const char *help;                  /* one sentence */
    int (*run)(int argc, char **argv); /* argv[0] is the name; prints with console_printf() */
};

/* COMMAND(mem, "", "print the memory map", cmd_mem); */
#define COMMAND(ident, usage_text, help_text, fn)                \
    SECTION_ENTRY(commands, struct command, command_##ident) = { \
        .name = #ident, .usage = usage_text, .help = help_text, .run = fn}
SECTION_TABLE(commands, struct command);

/* Runs one line; prints the error of an unknown or failing command. Returns its status. */
int command_run(char *line);

/* Reads and runs lines for ever with the prompt `keel> `; idles when no console has input. */
__noreturn void command_loop(void);

#endif
