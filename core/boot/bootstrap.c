/* SPDX-License-Identifier: MIT */
/* The message that the first program starts with. Threads only, no lock held. */
#include "bootstrap.h"

#include <keel/channel_object.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/panic.h>
#include <keel/parse.h>
#include <keel/string.h>

void bootstrap_add(struct bootstrap *bootstrap, uint32_t kind, struct object *object,
                   keel_rights_t rights)
{
    KASSERT(bootstrap->count < BOOTSTRAP_HANDLES_MAX);
    bootstrap->kinds[bootstrap->count] = kind;
    bootstrap->handles[bootstrap->count++] = (struct loose_handle){object, rights};
}

void bootstrap_drop(struct bootstrap *bootstrap)
{
    while (bootstrap->count > 0) {
        object_close(bootstrap->handles[--bootstrap->count].object);
    }
}

/* Puts words, each with its 0, behind each other; how many bytes they are. `words` is cut up. */
static size_t pack_words(char *out, char *words, uint32_t *count)
{
    size_t size = 0;
    char *word;

    while ((word = str_next_word(&words)) != NULL) {
        size_t length = strlen(word) + 1;

        memcpy(out + size, word, length);
        size += length;
        (*count)++;
    }
    return size;
}

static void fill(struct bootstrap *bootstrap, struct message *message,
                 const struct keel_startup *head, const char *strings)
{
    unsigned char *data = message_data(message);

    memcpy(data, head, sizeof(*head));
    memcpy(data + KEEL_STARTUP_KINDS_OFFSET, bootstrap->kinds,
           bootstrap->count * sizeof(bootstrap->kinds[0]));
    memcpy(data + KEEL_STARTUP_STRINGS_OFFSET(bootstrap->count), strings, head->strings_size);
    memcpy(message->handles, bootstrap->handles, bootstrap->count * sizeof(bootstrap->handles[0]));
    bootstrap->count = 0; /* the message has them */
}

/* The message, which has the handles then. strings: room for the path and the words. */
static int make_message(struct bootstrap *bootstrap, const char *path, char *words, char *strings,
                        struct message **out)
{
    size_t length = strlen(path) + 1;
    struct keel_startup head = {.magic = KEEL_STARTUP_MAGIC,
                                .version = KEEL_STARTUP_VERSION,
                                .handle_count = bootstrap->count,
                                .argc = 1};
    int err;

    memcpy(strings, path, length);
    head.strings_size = (uint32_t)(length + pack_words(strings + length, words, &head.argc));
    err = message_create(KEEL_STARTUP_STRINGS_OFFSET(bootstrap->count) + head.strings_size,
                         bootstrap->count, out);
    if (err == 0) {
        fill(bootstrap, *out, &head, strings);
    }
    return err;
}

int bootstrap_send(struct bootstrap *bootstrap, const char *path, char *words, struct object **out)
{
    char *strings = kmalloc(strlen(path) + strlen(words) + 2);
    struct message *message;
    struct object *near;
    int err = strings ? channel_create(&near, out) : -ENOMEM;

    if (err == 0) {
        err = make_message(bootstrap, path, words, strings, &message);
        if (err == 0) {
            err = channel_write(channel_of(near), message);
            KASSERT(err == 0);
        } else {
            object_close(*out);
        }
        object_close(near);
    }
    kfree(strings);
    return err;
}
