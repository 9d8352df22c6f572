/* SPDX-License-Identifier: MIT */
/* The message that the first program starts with. */
#include "../../core/boot/bootstrap.h"

#include <keel/channel_object.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/heap.h>
#include <keel/job_object.h>
#include <keel/ktest.h>
#include <keel/string.h>

static bool add_events(struct bootstrap *bootstrap, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct object *event;

        if (event_object_create(&event) != 0) {
            return false;
        }
        bootstrap_add(bootstrap, KEEL_STARTUP_USER(i), event, KEEL_RIGHT_WAIT);
    }
    return true;
}

/* Takes the message out of the channel and closes that. */
static struct message *take_message(struct object *channel)
{
    struct channel_room room = {KEEL_CHANNEL_MAX_MSG_BYTES, KEEL_CHANNEL_MAX_MSG_HANDLES};
    struct message *message = NULL;

    KTEST_EXPECT(channel_read(channel_of(channel), &room, false, &message) == 0);
    KTEST_EXPECT(channel_read(channel_of(channel), &room, false, &message) == -EPIPE);
    object_close(channel);
    return message;
}

static void check_message(struct message *message, unsigned handles, const char *strings,
                          size_t strings_size, uint32_t argc)
{
    const unsigned char *data = message_data(message);
    struct keel_startup head;
    uint32_t kind;

    memcpy(&head, data, sizeof(head));
    KTEST_EXPECT(head.magic == KEEL_STARTUP_MAGIC && head.version == KEEL_STARTUP_VERSION);
    KTEST_EXPECT(head.handle_count == handles && message->handle_count == handles);
    KTEST_EXPECT(head.argc == argc && head.envc == 0 && head.namec == 0 && head.reserved == 0);
    KTEST_EXPECT(head.strings_size == strings_size);
    KTEST_EXPECT(message->size == KEEL_STARTUP_STRINGS_OFFSET(handles) + strings_size);
    KTEST_EXPECT(memcmp(data + KEEL_STARTUP_STRINGS_OFFSET(handles), strings, strings_size) == 0);
    for (unsigned i = 0; i < handles; i++) {
        memcpy(&kind, data + KEEL_STARTUP_KINDS_OFFSET + i * sizeof(kind), sizeof(kind));
        KTEST_EXPECT(kind == KEEL_STARTUP_USER(i));
        KTEST_EXPECT(object_type(message->handles[i].object) == KEEL_OBJ_TYPE_EVENT &&
                     message->handles[i].rights == KEEL_RIGHT_WAIT);
    }
}

static void try_bootstrap(unsigned handles, const char *words, const char *strings, size_t size,
                          uint32_t argc)
{
    struct bootstrap bootstrap = {0};
    struct cleanup cleanup = {0};
    struct message *message;
    struct object *channel;
    char copy[64];

    strlcpy(copy, words, sizeof(copy));
    KTEST_REQUIRE(add_events(&bootstrap, handles));
    KTEST_REQUIRE(bootstrap_send(&bootstrap, "bin/init", copy, &channel) == 0);
    KTEST_EXPECT(bootstrap.count == 0);
    message = take_message(channel);
    KTEST_REQUIRE(message != NULL);
    check_message(message, handles, strings, size, argc);
    message_destroy(message, &cleanup);
    cleanup_run(&cleanup);
}

KTEST(bootstrap_has_handles_and_arguments)
{
    static const char none[] = "bin/init", some[] = "bin/init\0a\0\0two words";
    uint64_t objects = object_count();

    try_bootstrap(0, "", none, sizeof(none), 1);
    try_bootstrap(BOOTSTRAP_HANDLES_MAX, "  a \"\"  \"two words\" ", some, sizeof(some), 4);
    KTEST_EXPECT(object_count() == objects);
}

KTEST(bootstrap_survives_every_failure)
{
    uint64_t objects = object_count();
    unsigned nth = 0;
    int err = -ENOMEM;

    while (IS_ENABLED(CONFIG_FAULT_INJECT) && err == -ENOMEM && nth < 20) {
        struct bootstrap bootstrap = {0};
        struct object *channel;
        char words[] = "a b";

        KTEST_REQUIRE(add_events(&bootstrap, 2));
        alloc_fail_nth(++nth);
        err = bootstrap_send(&bootstrap, "bin/init", words, &channel);
        alloc_fail_nth(0);
        if (err == 0) {
            object_close(channel);
        } else {
            KTEST_EXPECT(bootstrap.count == 2);
            bootstrap_drop(&bootstrap);
        }
        KTEST_EXPECT(object_count() == objects);
    }
    KTEST_EXPECT(err == 0 || err == -ENOMEM);
}

/* Where an allocation fails, what was there already goes again. */
KTEST(bootstrap_gifts_survive_every_failure)
{
    struct bootstrap_target target;
    uint64_t objects = object_count();
    unsigned nth = 0;
    int err = -ENOMEM;

    KTEST_REQUIRE(job_create_root(&target.job) == 0);
    KTEST_REQUIRE(process_create(target.job, "gifted", 0, &target.process) == 0);
    KTEST_REQUIRE(user_thread_create(target.process, "gifted", &target.thread) == 0);
    while (IS_ENABLED(CONFIG_FAULT_INJECT) && err == -ENOMEM && nth < 40) {
        struct bootstrap bootstrap = {0};

        alloc_fail_nth(++nth);
        err = bootstrap_add_gifts(&bootstrap, &target);
        alloc_fail_nth(0);
        KTEST_EXPECT(err != 0 || bootstrap.count >= 6);
        bootstrap_drop(&bootstrap);
    }
    KTEST_EXPECT(err == 0 || nth == 0);
    object_close(&target.thread->object);
    process_unref(target.process);
    object_close(target.job);
    KTEST_EXPECT(object_count() == objects);
}
