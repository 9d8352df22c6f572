/* SPDX-License-Identifier: MIT */
/* The shell: sh [-i] reads lines from its input (-i: with a prompt), sh -c LINE runs one. */
#include "sh.h"
#include "vars.h"

#include <keel/call_types.h>
#include <keel/console.h>
#include <keel/manifest.h>
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define PROMPT   "$ "
#define LINE_MAX 1024u /* bytes of a line, its end included */

struct shell shell;

static const char *lookup(void *unused, const char *name)
{
    static char number[24];

    (void)unused;
    if (strcmp(name, "?") == 0) {
        snprintf(number, sizeof(number), "%lld", (long long)shell.status);
        return number;
    }
    return vars_get(name);
}

void sh_line(const char *line)
{
    static struct sh_pipeline pipeline;
    const char *wrong = sh_check(line, &pipeline);

    while (!wrong && !shell.over && !shell.interrupted) {
        wrong = sh_parse(&line, lookup, NULL, &pipeline);
        if (wrong || pipeline.count == 0) {
            break;
        }
        shell.status = sh_run(&pipeline);
        if (shell.interrupted) {
            shell.status = SH_STATUS_INTERRUPTED;
        }
    }
    if (wrong) {
        dprintf(2, "sh: %s\n", wrong);
        shell.status = SH_STATUS_MISUSE;
    }
}

/* A line without its end. False: there are no more. What is longer than LINE_MAX is thrown away as a whole. */
static bool read_line(char *line)
{
    bool whole = true;
    int64_t size;

    while ((size = keel_fd_read_line(line, LINE_MAX)) > 0) {
        bool ends = line[size - 1] == '\n';

        if (ends && whole) {
            line[size - 1] = '\0';
            return true;
        }
        if (ends || (size_t)size < LINE_MAX - 1) {
            if (whole) {
                return true; /* the last one, without an end */
            }
            dprintf(2, "sh: a line of more than %u bytes was thrown away\n", LINE_MAX - 2);
            line[0] = '\0';
            return true;
        }
        whole = false;
    }
    return false;
}

/* What comes from here on is about the next line. */
static void forget_interrupt(void)
{
    shell.interrupted = false;
    if (shell.gifts.console != KEEL_HANDLE_INVALID) {
        (void)keel_object_signal(shell.gifts.console, KEEL_CONSOLE_INTERRUPT, 0);
    }
}

static void read_lines(bool prompt)
{
    static char line[LINE_MAX];

    while (!shell.over) {
        sh_tell_ended();
        forget_interrupt();
        if (prompt) {
            printf(PROMPT);
            keel_stdout_flush();
        }
        if (!read_line(line)) {
            break;
        }
        sh_line(line);
    }
}

uint32_t sh_gives(const char *name)
{
    struct keel_manifest manifest;
    struct keel_manifest_entry entry;
    keel_bootfs_entry_t file;
    const char *wrong;

    if (keel_bootfs_find(&shell.bootfs, KEEL_MANIFEST_PATH, &file) != 0) {
        return 0;
    }
    keel_manifest_begin(&manifest, file.data, file.size);
    while (keel_manifest_next(&manifest, &entry, &wrong)) {
        if (!wrong && !entry.start && strcmp(entry.name, name) == 0) {
            return entry.gives;
        }
    }
    return 0;
}

int main(int argc, char **argv, char **envp)
{
    int err;

    keel_gifts_take(&shell.gifts);
    vars_init(envp);
    err = keel_bootfs_map(shell.gifts.bootfs, &shell.bootfs);
    if (err != 0) {
        dprintf(2, "sh: there are no programs to run: %s\n", strerror(err));
    }
    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        sh_line(argv[2]);
    } else if (argc == 1 || (argc == 2 && strcmp(argv[1], "-i") == 0)) {
        read_lines(argc == 2);
    } else {
        dprintf(2, "sh: usage: sh [-i | -c LINE]\n");
        return SH_STATUS_MISUSE;
    }
    return (int)shell.status;
}
