/* SPDX-License-Identifier: MIT */
/* Starting programs: process, image, stack, channel with the start message, and off it goes. */
#include "image.h"
#include "message.h"

#include <keel/channel.h>
#include <keel/errno.h>
#include <keel/property.h>
#include <keel/rights.h>
#include <keel/signals.h>
#include <keel/spawn.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdlib.h>
#include <string.h>

#define STACK_SIZE  ((size_t)64 << 10)
#define OWN_HANDLES 3u /* process, thread, addresses */

/* A process on its way. */
struct baby {
    keel_handle_t process, vmar, thread;
    keel_handle_t handles[KEEL_CHANNEL_MAX_MSG_HANDLES]; /* of the message; the listed ones first */
    uint32_t kinds[KEEL_CHANNEL_MAX_MSG_HANDLES];
    uint32_t count;
};

static void add(struct baby *baby, uint32_t kind, keel_handle_t handle)
{
    baby->kinds[baby->count] = kind;
    baby->handles[baby->count++] = handle;
}

static int add_duplicate(struct baby *baby, uint32_t kind, keel_handle_t handle)
{
    keel_handle_t copy;
    int err = keel_handle_duplicate(handle, KEEL_RIGHT_SAME_RIGHTS, &copy);

    if (err == 0) {
        add(baby, kind, copy);
    }
    return err;
}

static int take_listed(struct baby *baby, const keel_spawn_t *spawn)
{
    for (size_t i = 0; i < spawn->handle_count; i++) {
        if (i < KEEL_CHANNEL_MAX_MSG_HANDLES - OWN_HANDLES) {
            add(baby, spawn->handles[i].kind, spawn->handles[i].handle);
        } else {
            (void)keel_handle_close(spawn->handles[i].handle);
        }
    }
    return spawn->handle_count > KEEL_CHANNEL_MAX_MSG_HANDLES - OWN_HANDLES ? -EINVAL : 0;
}

/* The process with its first thread, which has not begun. */
static int make_process(struct baby *baby, const keel_spawn_t *spawn)
{
    const char *name = spawn->name                     ? spawn->name
                       : spawn->argv && spawn->argv[0] ? spawn->argv[0]
                                                       : "";
    int err = keel_process_create(spawn->job, name, strlen(name), 0, &baby->process, &baby->vmar);

    return err != 0 ? err : keel_thread_create(baby->process, "main", 4, 0, &baby->thread);
}

/* The message goes, with all the handles, which are gone from here then. */
static int send(struct baby *baby, const keel_spawn_t *spawn, keel_handle_t channel)
{
    const struct lib_message message = {
        .argv = spawn->argv,
        .envp = spawn->envp,
        .names = spawn->services,
        .kinds = baby->kinds,
        .handle_count = baby->count,
    };
    size_t size = lib_message_write(&message, NULL, 0);
    void *bytes;
    int err;

    if (size > KEEL_CHANNEL_MAX_MSG_BYTES) {
        return -E2BIG;
    }
    bytes = malloc(size);
    if (!bytes) {
        return -ENOMEM;
    }
    (void)lib_message_write(&message, bytes, size);
    err = keel_channel_write(channel, 0, bytes, size, baby->handles, baby->count);
    free(bytes);
    if (err == 0) {
        baby->count = 0;
    }
    return err;
}

static int add_own(struct baby *baby)
{
    int err = add_duplicate(baby, KEEL_STARTUP_PROCESS_SELF, baby->process);

    if (err == 0) {
        err = add_duplicate(baby, KEEL_STARTUP_THREAD_SELF, baby->thread);
    }
    if (err == 0) {
        err = add_duplicate(baby, KEEL_STARTUP_ROOT_VMAR, baby->vmar);
    }
    return err;
}

/* The process is told where it finds its calls. */
static int begin(const struct baby *baby, const struct lib_image *image, keel_handle_t channel)
{
    uint64_t vdso;
    int err = keel_object_get_property(baby->process, KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS, &vdso,
                                       sizeof(vdso));

    return err != 0 ? err
                    : keel_process_start(baby->process, baby->thread, image->entry, image->stack,
                                         channel, vdso);
}

/* The process has its end of the channel from its start on. */
static int start(struct baby *baby, const keel_spawn_t *spawn, const struct lib_image *image)
{
    const uint64_t base = image->base;
    keel_handle_t ours, theirs;
    int err = keel_channel_create(0, &ours, &theirs);

    if (err != 0) {
        return err;
    }
    err = add_own(baby);
    (void)keel_object_set_property(baby->process, KEEL_PROP_PROCESS_IMAGE, &base, sizeof(base));
    if (err == 0) {
        err = send(baby, spawn, ours);
    }
    if (err == 0) {
        err = begin(baby, image, theirs);
    }
    if (err != 0) {
        (void)keel_handle_close(theirs);
    }
    (void)keel_handle_close(ours);
    return err;
}

/* What is not the process's by now is nobody's. */
static void clean_up(struct baby *baby, int err)
{
    if (err != 0 && baby->process != KEEL_HANDLE_INVALID) {
        (void)keel_task_kill(baby->process);
        (void)keel_handle_close(baby->process);
    }
    for (uint32_t i = 0; i < baby->count; i++) {
        (void)keel_handle_close(baby->handles[i]);
    }
    (void)keel_handle_close(baby->vmar);
    (void)keel_handle_close(baby->thread);
}

/* One step after the other; *why says which of them failed. */
static int make(struct baby *baby, const keel_spawn_t *spawn, const char **why)
{
    struct lib_image image;
    int err;

    *why = "it is to have too many handles";
    err = take_listed(baby, spawn);
    if (err == 0) {
        *why = "its process cannot be made";
        err = make_process(baby, spawn);
    }
    if (err == 0) {
        err = lib_load_image(baby->vmar, spawn->file, spawn->file_size,
                             spawn->stack_size != 0 ? spawn->stack_size : STACK_SIZE, &image, why);
    }
    if (err == 0) {
        *why = "it cannot be started";
        err = start(baby, spawn, &image);
    }
    return err;
}

int keel_spawn(const keel_spawn_t *spawn, keel_handle_t *process, const char **why)
{
    struct baby baby = {.count = 0};
    const char *reason;
    int err = make(&baby, spawn, &reason);

    if (err == 0) {
        *process = baby.process;
    } else if (why) {
        *why = reason;
    }
    clean_up(&baby, err);
    return err;
}
