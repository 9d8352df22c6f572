/* SPDX-License-Identifier: MIT */
/* The shell's variables. One thread. */
#ifndef SH_VARS_H
#define SH_VARS_H

#include <stddef.h>

#define VARS_MAX 64u

/* Takes over the settings that the shell was started with. */
void vars_init(char **settings);

/* "NAME=value". 0; -ENOSPC: there are VARS_MAX; -ENOMEM; -EINVAL: no name or no '='. */
int vars_set(const char *setting);

/* -ENOENT: there is none of that name. */
int vars_unset(const char *name);

/* NULL: there is none of that name. */
const char *vars_get(const char *name);

/* All settings, NULL at the end; good until one is changed. */
const char *const *vars_all(void);

#endif
