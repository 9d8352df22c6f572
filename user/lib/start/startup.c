/* SPDX-License-Identifier: MIT */
/* The message that a program was started with: all of it is checked before any of it is used. */
#include "startup.h"

#include <stdbool.h>
#include <string.h>

static const char *check_header(const keel_startup_t *head, size_t size, size_t handle_count)
{
    if (size < sizeof(*head)) {
        return "it is shorter than its header";
    }
    if (head->magic != KEEL_STARTUP_MAGIC) {
        return "it does not begin as it should";
    }
    if (head->version != KEEL_STARTUP_VERSION || head->reserved != 0) {
        return "it is of another version";
    }
    if (head->handle_count != handle_count || handle_count > KEEL_CHANNEL_MAX_MSG_HANDLES) {
        return "it tells of other handles than came with it";
    }
    if (head->strings_size > KEEL_CHANNEL_MAX_MSG_BYTES ||
        size != KEEL_STARTUP_STRINGS_OFFSET(handle_count) + (size_t)head->strings_size) {
        return "it is not as long as its header says";
    }
    return NULL;
}

static const char *check_kinds(const struct lib_startup *startup)
{
    for (uint32_t i = 0; i < startup->handle_count; i++) {
        uint32_t kind = startup->kinds[i];

        if (KEEL_STARTUP_TYPE(kind) == KEEL_STARTUP_TYPE_SERVICE &&
            KEEL_STARTUP_ARG(kind) >= startup->namec) {
            return "a service in it has no name";
        }
        for (uint32_t j = 0; j < i; j++) {
            if (startup->kinds[j] == kind) {
                return "two of its handles are for the same";
            }
        }
    }
    return NULL;
}

/* As many texts as the counts say, each with its end. */
static const char *check_strings(const struct lib_startup *startup, size_t size)
{
    uint64_t wanted = (uint64_t)startup->argc + startup->envc + startup->namec, found = 0;

    if (wanted > LIB_STARTUP_TEXTS_MAX) {
        return "it has too many arguments and settings";
    }
    if (size != 0 && startup->strings[size - 1] != '\0') {
        return "its last text has no end";
    }
    for (size_t i = 0; i < size; i++) {
        found += startup->strings[i] == '\0';
    }
    return found == wanted ? NULL : "it has more or fewer texts than its header says";
}

const char *lib_startup_read(void *message, size_t size, size_t handle_count,
                             struct lib_startup *out)
{
    const keel_startup_t *head = message;
    const char *why = check_header(head, size, handle_count);

    if (why) {
        return why;
    }
    *out = (struct lib_startup){
        .kinds = (const uint32_t *)((const char *)message + KEEL_STARTUP_KINDS_OFFSET),
        .handle_count = head->handle_count,
        .argc = head->argc,
        .envc = head->envc,
        .namec = head->namec,
        .strings = (char *)message + KEEL_STARTUP_STRINGS_OFFSET(handle_count),
    };
    why = check_kinds(out);
    return why ? why : check_strings(out, head->strings_size);
}

void lib_startup_texts(const struct lib_startup *startup, char **texts)
{
    const uint32_t counts[] = {startup->argc, startup->envc, startup->namec};
    char *text = startup->strings;

    for (unsigned kind = 0; kind < 3; kind++) {
        for (uint32_t i = 0; i < counts[kind]; i++) {
            *texts++ = text;
            text += strlen(text) + 1;
        }
        *texts++ = NULL;
    }
}
