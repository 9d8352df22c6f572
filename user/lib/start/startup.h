/* SPDX-License-Identifier: MIT */
/* Reads the message that a program was started with (<keel/startup.h>). */
#ifndef USER_STARTUP_H
#define USER_STARTUP_H

#include <keel/startup.h>
#include <stddef.h>

/* How many arguments, settings and names there may be in all. */
#define LIB_STARTUP_TEXTS_MAX 1024u

/* What is in a message; it points into it. */
struct lib_startup {
    const uint32_t *kinds;
    uint32_t handle_count, argc, envc, namec;
    char *strings;
};

/* NULL, and *out is good; or what is wrong with the message, in words. The message begins at a multiple of 4
 * and came with `handle_count` handles. Whatever its bytes are, nothing outside of them is read. */
const char *lib_startup_read(void *message, size_t size, size_t handle_count,
                             struct lib_startup *out);

/* Lays pointers to the texts into `texts`: argc, NULL, envc, NULL, namec, NULL. There is room for three more
 * than LIB_STARTUP_TEXTS_MAX. */
void lib_startup_texts(const struct lib_startup *startup, char **texts);

#endif
