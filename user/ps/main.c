/* SPDX-License-Identifier: MIT */
/* ps: the jobs and processes below the job that it was given. */
#include <keel/call_types.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KOIDS_MAX 256u
#define DEPTH_MAX 32u
#define NS_PER_MS UINT64_C(1000000)

static void show(keel_handle_t handle, keel_koid_t koid, const char *kind, unsigned depth)
{
    char name[KEEL_MAX_NAME_LEN] = "?";
    keel_info_process_t process = {.threads = 0};
    keel_info_task_runtime_t runtime = {.cpu_time = 0};
    uint64_t actual, avail;

    (void)keel_object_get_property(handle, KEEL_PROP_NAME, name, sizeof(name));
    printf("%8llu %-8s", (unsigned long long)koid, kind);
    if (keel_object_get_info(handle, KEEL_INFO_PROCESS, &process, sizeof(process), &actual,
                             &avail) == 0) {
        (void)keel_object_get_info(handle, KEEL_INFO_TASK_RUNTIME, &runtime, sizeof(runtime),
                                   &actual, &avail);
        printf("%7u %10llu.%03llu", process.threads,
               (unsigned long long)(runtime.cpu_time / NS_PER_MS / 1000),
               (unsigned long long)(runtime.cpu_time / NS_PER_MS % 1000));
    } else {
        printf("%7s %14s", "", "");
    }
    printf(" %*s%s\n", (int)(2 * depth), "", name);
}

/* Koids of a job's children; to be freed. */
static keel_koid_t *list(keel_handle_t job, uint32_t topic, uint64_t *count)
{
    keel_koid_t *koids = calloc(KOIDS_MAX, sizeof(*koids));
    uint64_t avail;

    *count = 0;
    if (koids &&
        keel_object_get_info(job, topic, koids, KOIDS_MAX * sizeof(*koids), count, &avail) != 0) {
        *count = 0;
    }
    return koids;
}

static void show_job(keel_handle_t job, unsigned depth);

/* What has ended meanwhile is passed over. */
static void show_children(keel_handle_t job, uint32_t topic, unsigned depth)
{
    uint64_t count;
    keel_koid_t *koids = list(job, topic, &count);

    for (uint64_t i = 0; i < count; i++) {
        keel_handle_t child;

        if (keel_object_get_child(job, koids[i], KEEL_RIGHT_SAME_RIGHTS, &child) != 0) {
            continue;
        }
        if (topic == KEEL_INFO_JOB_PROCESSES) {
            show(child, koids[i], "process", depth);
        } else {
            show(child, koids[i], "job", depth);
            show_job(child, depth + 1);
        }
        keel_handle_close(child);
    }
    free(koids);
}

static void show_job(keel_handle_t job, unsigned depth)
{
    if (depth < DEPTH_MAX) {
        show_children(job, KEEL_INFO_JOB_PROCESSES, depth);
        show_children(job, KEEL_INFO_JOB_CHILDREN, depth);
    }
}

int main(void)
{
    keel_handle_t job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);

    if (job == KEEL_HANDLE_INVALID) {
        dprintf(2, "ps: was given no job to look at\n");
        return 1;
    }
    printf("%8s %-8s%7s %14s %s\n", "koid", "kind", "threads", "cpu time/s", "name");
    show_job(job, 0);
    return 0;
}
