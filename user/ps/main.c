/* SPDX-License-Identifier: MIT */
/* ps: the jobs and processes below the job that it was given. */
#include <keel/call_types.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <keel/tasks.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

static bool show(const keel_task_t *task, void *context)
{
    keel_info_process_t process = {.threads = 0};
    uint64_t ms = keel_task_cpu_time(task->handle) / NS_PER_MS;

    (void)context;
    printf("%8llu %-8s", (unsigned long long)task->koid, task->is_job ? "job" : "process");
    if (!task->is_job && keel_object_get_info(task->handle, KEEL_INFO_PROCESS, &process,
                                              sizeof(process), NULL, NULL) == 0) {
        printf("%7u %10llu.%03llu", process.threads, (unsigned long long)(ms / 1000),
               (unsigned long long)(ms % 1000));
    } else {
        printf("%7s %14s", "", "");
    }
    printf(" %*s%s\n", (int)(2 * task->depth), "", task->name);
    return true;
}

int main(void)
{
    keel_handle_t job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
    int err;

    if (job == KEEL_HANDLE_INVALID) {
        dprintf(2, "ps: was given no job to look at\n");
        return 1;
    }
    printf("%8s %-8s%7s %14s %s\n", "koid", "kind", "threads", "cpu time/s", "name");
    err = keel_tasks_walk(job, show, NULL);
    if (err != 0) {
        dprintf(2, "ps: %s\n", strerror(err));
    }
    return err != 0;
}
