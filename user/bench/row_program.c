/* SPDX-License-Identifier: MIT */
/* Programs: how long one takes from its start to its end, and the machine to its first one. */
#include "bench.h"

#include <keel/errno.h>
#include <keel/spawn.h>
#include <keel/syscalls.h>

#define SHARE 10u /* of the operations; one takes as long as a hundred others */

static int spawn_once(struct run *run)
{
    static const char *const argv[] = {"bin/true", NULL};
    keel_handle_t process;
    int64_t code = 0;
    int err = start_program(run, argv, NULL, &process);

    if (err == 0) {
        err = keel_process_wait(process, KEEL_TIME_INFINITE, &code);
        (void)keel_handle_close(process);
    }
    return err == 0 && code != 0 ? run_failed(run, -EIO, "the program did not end well") : err;
}

int run_spawn(struct run *run)
{
    int err = 0;

    run->counted = run->operations / SHARE;
    run_begin(run);
    for (uint32_t i = 0; err == 0 && i < run->counted; i++) {
        err = spawn_once(run);
    }
    run_end(run);
    return err;
}

/* The clock began with the kernel. */
int run_boot(struct run *run)
{
    if (!given.first) {
        return run_failed(run, -ENOTSUP, "told by the first program alone: init=bin/bench -- -p");
    }
    run->counted = 1;
    run->elapsed = given.started;
    return 0;
}
