/* SPDX-License-Identifier: MIT */
/* Walks over jobs and the processes in them. */
#ifndef KEEL_TASKS_H
#define KEEL_TASKS_H

#include <keel/base.h>
#include <keel/info.h>
#include <stdbool.h>

/* A job or a process that a walk has come to. */
typedef struct keel_task {
    keel_handle_t handle; /* the walk's, with the rights that the job's handle has */
    keel_koid_t koid;
    bool is_job;
    unsigned depth; /* 0: a child of the job that the walk began at */
    char name[KEEL_INFO_NAME_MAX];
} keel_task_t;

/* Called for each; false ends the walk. */
typedef bool keel_task_fn(const keel_task_t *task, void *context);

/* Visits what is below a job: its processes, then each of its jobs and what is below that. What begins or ends
 * meanwhile may be passed over. 0, also where `visit` ended it; -EACCES: the handle lacks ENUMERATE or INSPECT;
 * -ENOMEM; what else get_info says of the job. */
int keel_tasks_walk(keel_handle_t job, keel_task_fn *visit, void *context);

/* CPU time that a process or thread has had, ns; 0 where it cannot be told. */
uint64_t keel_task_cpu_time(keel_handle_t task);

/* Suspends a thread and waits until it has stopped. 0 and *token, whose end lets it go on; -ETIMEDOUT; -ECANCELED: it
 * has ended; what keel_task_suspend() says. */
int keel_thread_stop(keel_handle_t thread, keel_time_t deadline, keel_handle_t *token);

#endif
