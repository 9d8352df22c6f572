/* SPDX-License-Identifier: MIT */
/* The settings that the program was started with. */
#include <keel/runtime.h>
#include <stdlib.h>
#include <string.h>

char *getenv(const char *name)
{
    size_t length = strlen(name);

    for (char **setting = environ; setting && *setting; setting++) {
        if (strncmp(*setting, name, length) == 0 && (*setting)[length] == '=') {
            return *setting + length + 1;
        }
    }
    return NULL;
}
