/* SPDX-License-Identifier: MIT */
/* The message that a program is started with. */
#include "message.h"

#include <keel/startup.h>
#include <string.h>

/* Where text goes, as far as there is room. */
struct room {
    char *begin;
    size_t size, used;
};

static void add(struct room *room, const void *bytes, size_t size)
{
    if (room->used <= room->size && size <= room->size - room->used) {
        memcpy(room->begin + room->used, bytes, size);
    }
    room->used += size;
}

/* How many there were. */
static uint32_t add_texts(struct room *room, const char *const *texts)
{
    uint32_t count = 0;

    for (; texts && texts[count]; count++) {
        add(room, texts[count], strlen(texts[count]) + 1);
    }
    return count;
}

size_t lib_message_write(const struct lib_message *message, void *out, size_t size)
{
    struct room room = {.begin = out, .size = size, .used = sizeof(keel_startup_t)};
    keel_startup_t head = {
        .magic = KEEL_STARTUP_MAGIC,
        .version = KEEL_STARTUP_VERSION,
        .handle_count = message->handle_count,
    };

    add(&room, message->kinds, message->handle_count * sizeof(message->kinds[0]));
    head.argc = add_texts(&room, message->argv);
    head.envc = add_texts(&room, message->envp);
    head.namec = add_texts(&room, message->names);
    head.strings_size = (uint32_t)room.used - KEEL_STARTUP_STRINGS_OFFSET(message->handle_count);
    if (size >= sizeof(head)) {
        memcpy(out, &head, sizeof(head));
    }
    return room.used;
}
