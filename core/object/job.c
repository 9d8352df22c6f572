/* SPDX-License-Identifier: MIT */
/* The tree of jobs. Jobs refer to their parents, and are known to them until they are dead or nobody refers to
 * them. tree_lock is taken with no other lock held; objects end when it is let go. */
#include "job.h"

#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/mutex.h>
#include <keel/object_signal.h>
#include <keel/string.h>

struct job {
    struct object object;
    struct job *parent; /* a reference; NULL: the root */
    unsigned depth;
    /* All below are guarded by tree_lock. */
    struct list_node node; /* in the parent's `jobs` */
    bool linked;           /* there */
    bool killed, dead;
    struct list jobs, processes;
    char name[JOB_NAME_MAX];
};

static struct mutex tree_lock;

static struct job *job_of(const struct object *object)
{
    return container_of((struct object *)(uintptr_t)object, struct job, object);
}

static void signal(struct job *job, keel_signals_t clear, keel_signals_t set,
                   struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(job->object.lock);

    object_signal_locked(&job->object, clear, set, cleanup);
    spin_unlock(job->object.lock, irq);
}

/* Tells by signals what a job has. Expects tree_lock. */
static void show(struct job *job, struct cleanup *cleanup)
{
    keel_signals_t none = (list_is_empty(&job->jobs) ? KEEL_JOB_NO_JOBS : 0) |
                          (list_is_empty(&job->processes) ? KEEL_JOB_NO_PROCESSES : 0);

    signal(job, (KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES) & ~none, none, cleanup);
}

static void unlink(struct job *job, struct cleanup *cleanup)
{
    if (job->linked) {
        list_remove(&job->node);
        job->linked = false;
        show(job->parent, cleanup);
    }
}

/* Whether a job is dead now: it was killed, and nothing is left in it. Expects tree_lock. */
static bool settle(struct job *job, struct cleanup *cleanup)
{
    if (!job->killed || job->dead || !list_is_empty(&job->jobs) ||
        !list_is_empty(&job->processes)) {
        return false;
    }
    job->dead = true;
    unlink(job, cleanup);
    signal(job, 0, KEEL_JOB_TERMINATED, cleanup);
    return true;
}

/* The same for those above, as far as that makes them dead. */
static void settle_up(struct job *job, struct cleanup *cleanup)
{
    while (job && settle(job, cleanup)) {
        job = job->parent;
    }
}

static void job_destroy(struct object *object, struct cleanup *cleanup)
{
    struct job *job = job_of(object);

    mutex_lock(&tree_lock);
    unlink(job, cleanup);
    settle_up(job->parent, cleanup);
    mutex_unlock(&tree_lock);
    if (job->parent) {
        object_put_later(&job->parent->object, cleanup);
    }
    kfree(job);
}

static const struct object_ops job_ops = {
    .type = KEEL_OBJ_TYPE_JOB,
    .rights = KEEL_DEFAULT_JOB_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "job",
    .destroy = job_destroy,
};

static struct job *new_job(void)
{
    struct job *job = kzalloc(sizeof(*job));

    if (job) {
        object_init(&job->object, &job_ops);
        job->object.signals = KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES;
        list_init(&job->jobs);
        list_init(&job->processes);
    }
    return job;
}

int job_create_root(struct object **out)
{
    struct job *job = new_job();

    if (!job) {
        return -ENOMEM;
    }
    strlcpy(job->name, "root", sizeof(job->name));
    *out = &job->object;
    return 0;
}

/* Makes a new job one of its parent's. */
static int adopt(struct job *parent, struct job *job)
{
    struct cleanup cleanup = {0};
    int err = 0;

    mutex_lock(&tree_lock);
    if (parent->killed) {
        err = -ECANCELED;
    } else {
        object_get(&parent->object);
        job->parent = parent;
        job->depth = parent->depth + 1;
        job->linked = true;
        list_add_tail(&parent->jobs, &job->node);
        show(parent, &cleanup);
    }
    mutex_unlock(&tree_lock);
    cleanup_run(&cleanup);
    return err;
}

int job_create(struct object *parent, struct object **out)
{
    struct job *job;
    int err;

    if (job_of(parent)->depth + 1 >= JOB_DEPTH_MAX) {
        return -ERANGE;
    }
    job = new_job();
    if (!job) {
        return -ENOMEM;
    }
    err = adopt(job_of(parent), job);
    if (err != 0) {
        object_close(&job->object);
        return err;
    }
    *out = &job->object;
    return 0;
}

int job_enter(struct object *object, struct job_member *member, struct object *process)
{
    struct job *job = job_of(object);
    struct cleanup cleanup = {0};
    int err = 0;

    mutex_lock(&tree_lock);
    if (job->killed) {
        err = -ECANCELED;
    } else {
        object_get(object);
        *member = (struct job_member){.job = job, .object = process, .inside = true};
        list_add_tail(&job->processes, &member->node);
        show(job, &cleanup);
    }
    mutex_unlock(&tree_lock);
    cleanup_run(&cleanup);
    return err;
}

void job_leave(struct job_member *member)
{
    struct cleanup cleanup = {0};

    if (!member->job) {
        return;
    }
    mutex_lock(&tree_lock);
    if (member->inside) {
        member->inside = false;
        list_remove(&member->node);
        show(member->job, &cleanup);
        settle_up(member->job, &cleanup);
    }
    mutex_unlock(&tree_lock);
    cleanup_run(&cleanup);
}

void job_forget(struct job_member *member, struct cleanup *cleanup)
{
    if (member->job) {
        object_put_later(&member->job->object, cleanup);
        member->job = NULL;
    }
}

struct object *job_member_object(const struct job_member *member)
{
    return member->job ? &member->job->object : NULL;
}

/* --- The end --- */

/* Takes processes that are to be killed; who finds one that nobody refers to any more leaves it. */
static void doom_processes(struct job *job, struct job_member **doomed)
{
    struct job_member *member;

    list_for_each_entry (member, &job->processes, node) {
        if (!member->doomed && refcount_get_unless_zero(&member->object->refs)) {
            member->doomed = true;
            member->next_doomed = *doomed;
            *doomed = member;
        }
    }
}

/* The first job of a parent's, or the one behind it; NULL: none. */
static struct job *first_job(struct job *job)
{
    struct list_node *node = list_first(&job->jobs);

    return node ? list_entry(node, struct job, node) : NULL;
}

static struct job *next_job(struct job *job)
{
    struct list_node *node = list_next(&job->parent->jobs, &job->node);

    return node ? list_entry(node, struct job, node) : NULL;
}

/* From a job that is done to the next in the order of the tree; those that are dead leave it. NULL: `top` is
 * done. Expects tree_lock. */
static struct job *leave_job(struct job *top, struct job *job, struct cleanup *cleanup)
{
    while (job != top) {
        struct job *parent = job->parent, *next = next_job(job);

        (void)settle(job, cleanup);
        if (next) {
            return next;
        }
        job = parent;
    }
    settle_up(top, cleanup);
    return NULL;
}

struct job_member *job_doom(struct object *object)
{
    struct job *top = job_of(object), *job = top;
    struct job_member *doomed = NULL;
    struct cleanup cleanup = {0};

    mutex_lock(&tree_lock);
    while (job) {
        struct job *below = first_job(job);

        job->killed = true;
        doom_processes(job, &doomed);
        job = below ? below : leave_job(top, job, &cleanup);
    }
    mutex_unlock(&tree_lock);
    cleanup_run(&cleanup);
    return doomed;
}

/* --- What there is to know --- */

void job_get_name(struct object *job, char name[JOB_NAME_MAX])
{
    mutex_lock(&tree_lock);
    memcpy(name, job_of(job)->name, JOB_NAME_MAX);
    mutex_unlock(&tree_lock);
}

void job_set_name(struct object *job, const char *name)
{
    mutex_lock(&tree_lock);
    memset(job_of(job)->name, 0, JOB_NAME_MAX);
    strlcpy(job_of(job)->name, name, JOB_NAME_MAX);
    mutex_unlock(&tree_lock);
}

static size_t jobs_of(struct job *job, keel_koid_t *out, size_t room)
{
    size_t count = 0;
    struct job *child;

    list_for_each_entry (child, &job->jobs, node) {
        if (count < room) {
            out[count] = child->object.koid;
        }
        count++;
    }
    return count;
}

static size_t processes_of(struct job *job, keel_koid_t *out, size_t room)
{
    struct job_member *member;
    size_t count = 0;

    list_for_each_entry (member, &job->processes, node) {
        if (count < room) {
            out[count] = member->object->koid;
        }
        count++;
    }
    return count;
}

size_t job_children(struct object *object, bool jobs, keel_koid_t *out, size_t room)
{
    struct job *job = job_of(object);
    size_t count;

    mutex_lock(&tree_lock);
    count = jobs ? jobs_of(job, out, room) : processes_of(job, out, room);
    mutex_unlock(&tree_lock);
    return count;
}

static struct object *find_below(struct job *job, keel_koid_t koid)
{
    struct job_member *member;
    struct job *child;

    list_for_each_entry (child, &job->jobs, node) {
        if (child->object.koid == koid) {
            return &child->object;
        }
    }
    list_for_each_entry (member, &job->processes, node) {
        if (member->object->koid == koid) {
            return member->object;
        }
    }
    return NULL;
}

struct object *job_find(struct object *job, keel_koid_t koid)
{
    struct object *found;

    mutex_lock(&tree_lock);
    found = find_below(job_of(job), koid);
    if (found && !refcount_get_unless_zero(&found->refs)) {
        found = NULL;
    }
    mutex_unlock(&tree_lock);
    return found;
}

bool job_is_killed(const struct object *job)
{
    return READ_ONCE(job_of(job)->killed);
}

keel_koid_t job_parent_koid(const struct object *job)
{
    const struct job *parent = job_of(job)->parent;

    return parent ? parent->object.koid : KEEL_KOID_INVALID;
}
