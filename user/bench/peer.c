/* SPDX-License-Identifier: MIT */
/* The other process of rows that need one: the same program, started with a role. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/spawn.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define SELF "bin/bench"

static int wait_for_ever(uint32_t unused, const keel_handle_t handles[PEER_HANDLES])
{
    (void)unused, (void)handles;
    return (int)keel_nanosleep(KEEL_TIME_INFINITE);
}

static const struct {
    const char *role;
    int (*play)(uint32_t argument, const keel_handle_t handles[PEER_HANDLES]);
} parts[] = {
    {"calls", serve_calls},
    {"packets", serve_packets},
    {"wakes", serve_wakes},
    {"nothing", wait_for_ever},
};

int peer_main(const char *role, uint32_t argument)
{
    keel_handle_t handles[PEER_HANDLES];

    for (unsigned i = 0; i < PEER_HANDLES; i++) {
        handles[i] = keel_startup_handle(KEEL_STARTUP_USER(i));
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(parts[i].role, role) == 0) {
            return parts[i].play(argument, handles) != 0;
        }
    }
    return 2;
}

static void close_all(const keel_handle_t handles[PEER_HANDLES])
{
    for (unsigned i = 0; handles && i < PEER_HANDLES; i++) {
        (void)keel_handle_close(handles[i]);
    }
}

int start_program(struct run *run, const char *const *argv, const keel_handle_t handles[],
                  keel_handle_t *process)
{
    keel_spawn_handle_t list[PEER_HANDLES];
    keel_bootfs_entry_t file;
    keel_spawn_t spawn = {.job = given.job, .argv = argv, .handles = list};
    int err = given.job == KEEL_HANDLE_INVALID ? -ENOENT
                                               : keel_bootfs_find(&given.bootfs, argv[0], &file);

    if (err != 0) {
        close_all(handles);
        return run_failed(run, err, "needs a job and the boot file system, with its programs");
    }
    spawn.file = file.data;
    spawn.file_size = file.size;
    for (unsigned i = 0; handles && i < PEER_HANDLES && handles[i] != KEEL_HANDLE_INVALID; i++) {
        list[spawn.handle_count++] = (keel_spawn_handle_t){KEEL_STARTUP_USER(i), handles[i]};
    }
    return keel_spawn(&spawn, process, &run->why);
}

int peer_start(struct run *run, struct peer *peer, const char *role, uint32_t argument,
               const keel_handle_t handles[PEER_HANDLES])
{
    char number[12];
    const char *const argv[] = {SELF, PEER_WORD, role, number, NULL};

    snprintf(number, sizeof(number), "%u", argument);
    return start_program(run, argv, handles, &peer->process);
}

void peer_end(struct peer *peer)
{
    int64_t code;

    (void)keel_task_kill(peer->process);
    (void)keel_process_wait(peer->process, KEEL_TIME_INFINITE, &code);
    (void)keel_handle_close(peer->process);
}
