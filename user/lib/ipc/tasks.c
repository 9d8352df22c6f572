/* SPDX-License-Identifier: MIT */
/* Walks over jobs and the processes in them. */
#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/syscalls.h>
#include <keel/tasks.h>
#include <stdlib.h>

#define DEPTH_MAX 32u /* jobs within each other; the kernel makes no more */
#define SPARE     16u /* children that may come between two looks */

struct walk {
    keel_task_fn *visit;
    void *context;
    bool over;
};

/* Koids of a job's children, to be freed; NULL with 0: there are none. */
static int list(keel_handle_t job, uint32_t topic, keel_koid_t **out, uint64_t *count)
{
    uint64_t avail = 0;
    int err = keel_object_get_info(job, topic, NULL, 0, count, &avail);

    *out = NULL;
    if (err != 0 || avail == 0) {
        return err;
    }
    *out = calloc(avail + SPARE, sizeof(**out));
    if (!*out) {
        return -ENOMEM;
    }
    err = keel_object_get_info(job, topic, *out, (avail + SPARE) * sizeof(**out), count, NULL);
    if (err != 0) {
        free(*out);
    }
    return err;
}

static int walk_job(struct walk *walk, keel_handle_t job, unsigned depth);

static int visit_child(struct walk *walk, keel_handle_t job, keel_koid_t koid, bool is_job,
                       unsigned depth)
{
    keel_task_t task = {.koid = koid, .is_job = is_job, .depth = depth, .name = "?"};
    int err = 0;

    if (keel_object_get_child(job, koid, KEEL_RIGHT_SAME_RIGHTS, &task.handle) != 0) {
        return 0; /* it has ended */
    }
    (void)keel_object_get_property(task.handle, KEEL_PROP_NAME, task.name, sizeof(task.name));
    walk->over = !walk->visit(&task, walk->context);
    if (is_job && !walk->over && depth + 1 < DEPTH_MAX) {
        err = walk_job(walk, task.handle, depth + 1);
    }
    keel_handle_close(task.handle);
    return err;
}

static int walk_children(struct walk *walk, keel_handle_t job, bool jobs, unsigned depth)
{
    keel_koid_t *koids;
    uint64_t count;
    int err = list(job, jobs ? KEEL_INFO_JOB_CHILDREN : KEEL_INFO_JOB_PROCESSES, &koids, &count);

    if (err != 0 || !koids) {
        return err;
    }
    for (uint64_t i = 0; i < count && !walk->over && err == 0; i++) {
        err = visit_child(walk, job, koids[i], jobs, depth);
    }
    free(koids);
    return err;
}

static int walk_job(struct walk *walk, keel_handle_t job, unsigned depth)
{
    int err = walk_children(walk, job, false, depth);

    return err != 0 ? err : walk_children(walk, job, true, depth);
}

int keel_tasks_walk(keel_handle_t job, keel_task_fn *visit, void *context)
{
    struct walk walk = {.visit = visit, .context = context};

    return walk_job(&walk, job, 0);
}

uint64_t keel_task_cpu_time(keel_handle_t task)
{
    keel_info_task_runtime_t runtime = {.cpu_time = 0};

    (void)keel_object_get_info(task, KEEL_INFO_TASK_RUNTIME, &runtime, sizeof(runtime), NULL, NULL);
    return runtime.cpu_time;
}

int keel_thread_stop(keel_handle_t thread, keel_time_t deadline, keel_handle_t *token)
{
    keel_signals_t observed = 0;
    int err = keel_task_suspend(thread, token);

    if (err != 0) {
        return err;
    }
    err = keel_object_wait_one(thread, KEEL_THREAD_SUSPENDED | KEEL_THREAD_TERMINATED, deadline,
                               &observed);
    if (err == 0 && (observed & KEEL_THREAD_SUSPENDED) == 0) {
        err = -ECANCELED;
    }
    if (err != 0) {
        (void)keel_handle_close(*token);
    }
    return err;
}
