/* SPDX-License-Identifier: MIT */
/* Variables, as programs get them: "NAME=value". */
#include "vars.h"

#include "parse.h"

#include <keel/errno.h>
#include <stdlib.h>
#include <string.h>

static char *settings[VARS_MAX + 1];
static size_t count;

/* The place of a name, or `count`. */
static size_t find(const char *name, size_t length)
{
    size_t i = 0;

    while (i < count && (strncmp(settings[i], name, length) != 0 || settings[i][length] != '=')) {
        i++;
    }
    return i;
}

/* Of several of one name the first counts, as for getenv(). */
void vars_init(char **from)
{
    for (; *from; from++) {
        if (find(*from, sh_name_length(*from)) == count) {
            (void)vars_set(*from);
        }
    }
}

int vars_set(const char *setting)
{
    size_t length = sh_name_length(setting), at = find(setting, length);
    char *copy;

    if (length == 0 || length > SH_NAME_MAX || setting[length] != '=') {
        return -EINVAL;
    }
    if (at == VARS_MAX) {
        return -ENOSPC;
    }
    copy = strdup(setting);
    if (!copy) {
        return -ENOMEM;
    }
    free(settings[at]);
    settings[at] = copy;
    count += at == count;
    return 0;
}

int vars_unset(const char *name)
{
    size_t at = find(name, strlen(name));

    if (at == count) {
        return -ENOENT;
    }
    free(settings[at]);
    settings[at] = settings[--count];
    settings[count] = NULL;
    return 0;
}

const char *vars_get(const char *name)
{
    size_t length = strlen(name), at = find(name, length);

    return at < count ? settings[at] + length + 1 : NULL;
}

const char *const *vars_all(void)
{
    return (const char *const *)settings;
}
