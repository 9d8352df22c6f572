/* SPDX-License-Identifier: MIT */
/* What the shell's files share. One thread. */
#ifndef SH_SH_H
#define SH_SH_H

#include "parse.h"

#include <keel/bootfs.h>
#include <keel/gifts.h>
#include <stdbool.h>

#define SH_STATUS_MISUSE      2 /* of a line that cannot be read, a builtin with wrong arguments */
#define SH_STATUS_NOT_RUN     126 /* there is such a program, but it cannot be started */
#define SH_STATUS_NOT_FOUND   127
#define SH_STATUS_INTERRUPTED 130
#define SH_STATUS_KILLED      137 /* killed, or ended by a fault */

struct shell {
    keel_gifts_t gifts;
    keel_bootfs_t bootfs; /* data NULL: there is none */
    int64_t status;       /* of the last pipeline: $? */
    bool over;            /* exit was called */
    bool interrupted;     /* ^C was typed: the rest of the line is not run */
};

extern struct shell shell;

/* Runs all that stands in a line. */
void sh_line(const char *line);

/* Runs a pipeline, and waits for its end unless it is in the background; its status. */
int64_t sh_run(const struct sh_pipeline *pipeline);

/* Tells of programs in the background that have ended meanwhile. */
void sh_tell_ended(void);

/* What the manifest says that a program of that name is given: KEEL_GIVE_. */
uint32_t sh_gives(const char *name);

/* --- Builtins --- */

typedef int64_t sh_builtin_fn(int argc, char **argv);

/* NULL: there is none of that name. */
sh_builtin_fn *sh_builtin(const char *name);

/* Where what builtins print goes; KEEL_HANDLE_INVALID: the shell's own output. */
void sh_builtin_output(keel_handle_t channel);

#endif
