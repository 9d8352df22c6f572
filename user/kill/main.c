/* SPDX-License-Identifier: MIT */
/* kill KOID...: ends processes, or jobs with all that is in them. `ps` shows the koids. */
#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KOIDS_MAX 256u
#define DEPTH_MAX 32u

/* Looks in a job and in those below it. */
static int find(keel_handle_t job, keel_koid_t koid, unsigned depth, keel_handle_t *out)
{
    uint64_t count = 0, avail;
    keel_koid_t *koids;
    int err = keel_object_get_child(job, koid, KEEL_RIGHT_SAME_RIGHTS, out);

    if (err != -ENOENT || depth == DEPTH_MAX) {
        return err;
    }
    koids = calloc(KOIDS_MAX, sizeof(*koids));
    if (!koids) {
        return -ENOMEM;
    }
    (void)keel_object_get_info(job, KEEL_INFO_JOB_CHILDREN, koids, KOIDS_MAX * sizeof(*koids),
                               &count, &avail);
    for (uint64_t i = 0; i < count && err == -ENOENT; i++) {
        keel_handle_t child;

        if (keel_object_get_child(job, koids[i], KEEL_RIGHT_SAME_RIGHTS, &child) == 0) {
            err = find(child, koid, depth + 1, out);
            keel_handle_close(child);
        }
    }
    free(koids);
    return err;
}

static int end(keel_handle_t job, const char *text)
{
    char *rest;
    keel_koid_t koid = strtoull(text, &rest, 10);
    keel_handle_t task;
    int err = *rest || rest == text ? -EINVAL : find(job, koid, 0, &task);

    if (err == 0) {
        err = keel_task_kill(task);
        keel_handle_close(task);
    }
    if (err != 0) {
        dprintf(2, "kill: %s: %s\n", text, err == -EINVAL ? "not a koid" : strerror(err));
    }
    return err != 0;
}

int main(int argc, char **argv)
{
    keel_handle_t job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
    int status = 0;

    if (argc < 2) {
        dprintf(2, "kill: usage: kill KOID...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        status |= end(job, argv[i]);
    }
    return status;
}
