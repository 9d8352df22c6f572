/* SPDX-License-Identifier: MIT */
/* Jobs (O8): a tree whose leaves are processes. All functions are for threads, with no spinlock held; they may
 * sleep. */
#ifndef KEEL_JOB_OBJECT_H
#define KEEL_JOB_OBJECT_H

#include <keel/list.h>
#include <keel/object.h>

#define JOB_DEPTH_MAX 32u /* jobs from the root to the lowest */
#define JOB_NAME_MAX  32u

struct job;

/* A process's part in its job; the members are core/object's own. All zero: in none. */
struct job_member {
    struct list_node node;
    struct job *job;       /* a reference, from job_enter() to job_forget() */
    struct object *object; /* the process */
    bool inside;           /* job_leave() has not been called */
    bool doomed;           /* somebody is about to kill it */
    struct job_member *next_doomed;
};

/* A job without a parent; for the first program. -ENOMEM. */
int job_create_root(struct object **out);

/* A job within another. -ECANCELED: that one was killed; -ERANGE: JOB_DEPTH_MAX; -ENOMEM. */
int job_create(struct object *parent, struct object **out);

/* Makes a process one of the job's. -ECANCELED: the job was killed. */
int job_enter(struct object *job, struct job_member *member, struct object *process);

/* It is dead: the job does not count it any more. Nothing, if it is in none or has left. */
void job_leave(struct job_member *member);

/* Gives the reference to the job up, after job_leave(). */
void job_forget(struct job_member *member, struct cleanup *cleanup);

/* A process's job, to job_forget(); NULL: none. */
struct object *job_member_object(const struct job_member *member);

/* Kills a job: no more jobs and processes come into it or those below, and all processes there end. They may
 * not have ended yet when it returns. */
void job_kill(struct object *job);

/* Its name, with the 0 at its end; set: cut to JOB_NAME_MAX - 1 bytes. */
void job_get_name(struct object *job, char name[JOB_NAME_MAX]);
void job_set_name(struct object *job, const char *name);

/* Koids of its jobs, or of its processes: as many as there is room for; how many there are. */
size_t job_children(struct object *job, bool jobs, keel_koid_t *out, size_t room);

/* The job or process of that koid right below a job, with a reference; NULL: none. */
struct object *job_find(struct object *job, keel_koid_t koid);

bool job_is_killed(const struct object *job);
keel_koid_t job_parent_koid(const struct object *job);

#endif
