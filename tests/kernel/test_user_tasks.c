/* SPDX-License-Identifier: MIT */
/* Jobs, processes and threads through system calls: their lives, and their ends by whoever may. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/job_object.h>
#include <keel/ktest.h>
#include <keel/memory.h>
#include <keel/object_signal.h>
#include <keel/property.h>
#include <keel/signals.h>
#include <keel/string.h>
#include <keel/syscall_numbers.h>
#include <keel/vmo_object.h>

#define ROUNDS   20u
#define PATIENCE ((uint64_t)(clock_ns() + 240 * NS_PER_SEC))

static struct user_stage stage;
static keel_handle_t root; /* a job */
static keel_handle_t code; /* programs, to be mapped */
static uint64_t objects;

/* Address of the nth word of data, as a call's argument. */
static uint64_t at(unsigned index)
{
    return user_stage_at(&stage, index);
}

static keel_handle_t told(unsigned index)
{
    return (keel_handle_t)user_stage_word(&stage, index);
}

static keel_handle_t enter_code(void)
{
    size_t size = (size_t)(user_programs_end - user_programs), done;
    struct object *object;
    struct vmo *vmo;

    KTEST_EXPECT(vmo_create(size, 0, &vmo) == 0);
    KTEST_EXPECT(vmo_write(vmo, user_programs, 0, size, &done) == 0);
    KTEST_EXPECT(vmo_object_create(vmo, NULL, &object) == 0);
    return user_stage_enter(&stage, object, KEEL_RIGHT_MAP | KEEL_RIGHT_READ | KEEL_RIGHT_EXECUTE);
}

static bool open_stage(void)
{
    struct object *job;

    objects = object_count();
    if (!user_stage_make(&stage, 0) || job_create_root(&job) != 0) {
        return false;
    }
    root = user_stage_enter(&stage, job, KEEL_DEFAULT_JOB_RIGHTS);
    code = enter_code();
    user_stage_become(&stage);
    return true;
}

/* Everything is back, a moment after the last thread that was killed has left. */
static void close_stage(void)
{
    uint64_t patience = PATIENCE;

    user_stage_return(&stage);
    user_stage_free(&stage);
    while (object_count() != objects && clock_ns() < patience) {
        thread_sleep(NS_PER_MS);
    }
    KTEST_EXPECT(object_count() == objects);
}

static bool comes(keel_handle_t handle, keel_signals_t signals)
{
    return CALL(object_wait_one, handle, signals, PATIENCE, at(7)) == 0;
}

static keel_handle_t make_job(keel_handle_t parent)
{
    KTEST_EXPECT(CALL(job_create, parent, 0, at(0)) == 0);
    return told(0);
}

struct child {
    keel_handle_t process, vmar, thread;
    uint64_t code; /* where the programs are */
};

/* A process in a job, with the programs and a thread that does not run. */
static struct child make_child(keel_handle_t job)
{
    struct child child;

    KTEST_EXPECT(CALL(process_create, job, at(8), 5, 0, at(0), at(1)) == 0);
    child.process = told(0);
    child.vmar = told(1);
    child.code = (uint64_t)CALL(vmar_map, child.vmar, KEEL_VM_PERM_READ | KEEL_VM_PERM_EXECUTE, 0,
                                code, 0, (uint64_t)(user_programs_end - user_programs));
    KTEST_EXPECT((int64_t)child.code > 0);
    KTEST_EXPECT(CALL(thread_create, child.process, at(8), 5, 0, at(0)) == 0);
    child.thread = told(0);
    return child;
}

static uint64_t entry(const struct child *child, const char *program)
{
    return child->code + (uint64_t)(program - user_programs);
}

static int64_t start_child(const struct child *child, const char *program, keel_handle_t handle,
                           uint64_t argument)
{
    return CALL(process_start, child->process, child->thread, entry(child, program), 0, handle,
                argument);
}

static struct process_state state_of(keel_handle_t handle)
{
    struct process_state state = {0};
    struct object *object;

    if (handle_get(process_table(stage.process), handle, KEEL_OBJ_TYPE_PROCESS, 0, &object) == 0) {
        process_get_state(process_of(object), &state);
        object_put(object);
    }
    return state;
}

KTEST(user_process_lives_and_ends)
{
    struct child child;
    struct process_state state;
    keel_handle_t event;

    KTEST_REQUIRE(open_stage());
    KTEST_EXPECT(user_stage_signals(&stage, root) == (KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES));
    child = make_child(root);
    KTEST_EXPECT(user_stage_signals(&stage, root) == KEEL_JOB_NO_JOBS);
    KTEST_EXPECT(user_stage_signals(&stage, child.process) == 0 &&
                 user_stage_signals(&stage, child.thread) == 0);
    KTEST_EXPECT(CALL(thread_start, child.thread, entry(&child, user_exit), 0, 0, 0) == -EBUSY);
    KTEST_EXPECT(CALL(process_start, child.process, child.thread, UINT64_MAX, 0, 0, 0) == -EINVAL);
    KTEST_EXPECT(CALL(process_start, child.process, child.process, 0, 0, 0, 0) == -ENOTTY);
    KTEST_EXPECT(start_child(&child, user_second, 1234, 42) == -EBADF);
    /* The handle moves, and its number there is the first argument. */
    KTEST_EXPECT(CALL(event_create, 0, at(0)) == 0);
    event = told(0);
    KTEST_EXPECT(start_child(&child, user_exit, event, 42) == 0);
    KTEST_EXPECT(CALL(handle_close, event) == -EBADF);
    KTEST_EXPECT(comes(child.process, KEEL_PROCESS_TERMINATED));
    KTEST_EXPECT(comes(child.thread, KEEL_THREAD_TERMINATED));
    state = state_of(child.process);
    KTEST_EXPECT(state.ended && state.end.reason == PROCESS_EXITED && (state.end.result & 3) == 3);
    KTEST_EXPECT(user_stage_signals(&stage, root) == (KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES));
    KTEST_EXPECT(start_child(&child, user_exit, 0, 0) == -EBUSY);
    KTEST_EXPECT(CALL(thread_create, child.process, at(8), 5, 0, at(0)) == 0);
    KTEST_EXPECT(CALL(thread_start, told(0), entry(&child, user_exit), 0, 0, 0) == -ECANCELED);
    KTEST_EXPECT(CALL(vmar_map, child.vmar, KEEL_VM_PERM_READ, 0, code, 0, PAGE_SIZE) == -EINVAL);
    close_stage();
}

KTEST(user_process_gets_the_second_argument)
{
    struct child child;

    KTEST_REQUIRE(open_stage());
    child = make_child(root);
    KTEST_EXPECT(start_child(&child, user_second, 0, 0x123456789a) == 0);
    KTEST_EXPECT(comes(child.process, KEEL_PROCESS_TERMINATED));
    KTEST_EXPECT(state_of(child.process).end.result == 0x123456789a);
    close_stage();
}

KTEST(user_process_ends_with_its_last_thread)
{
    struct child child;
    keel_handle_t second;

    KTEST_REQUIRE(open_stage());
    child = make_child(root);
    KTEST_EXPECT(CALL(thread_create, child.process, at(8), 5, 0, at(0)) == 0);
    second = told(0);
    KTEST_EXPECT(start_child(&child, user_sleep, 0, 0) == 0);
    KTEST_EXPECT(CALL(thread_start, second, entry(&child, user_exit_thread), 0, 0, 0) == 0);
    KTEST_EXPECT(comes(second, KEEL_THREAD_TERMINATED));
    KTEST_EXPECT(user_stage_signals(&stage, second) == KEEL_THREAD_TERMINATED);
    KTEST_EXPECT(user_stage_signals(&stage, child.thread) == KEEL_THREAD_RUNNING);
    KTEST_EXPECT(user_stage_signals(&stage, child.process) == 0);
    KTEST_EXPECT(CALL(thread_start, second, entry(&child, user_exit_thread), 0, 0, 0) == -EBUSY);
    KTEST_EXPECT(CALL(task_kill, child.thread) == -ENOTSUP);
    KTEST_EXPECT(CALL(task_kill, child.process) == 0);
    KTEST_EXPECT(comes(child.process, KEEL_PROCESS_TERMINATED));
    KTEST_EXPECT(comes(child.thread, KEEL_THREAD_TERMINATED));
    KTEST_EXPECT(state_of(child.process).end.result == PROCESS_RESULT_KILLED);
    close_stage();
}

/* A process that nobody can start any more dies; one that runs does not, whoever has handles. */
KTEST(user_process_of_nobody)
{
    struct child child;
    keel_handle_t job;

    KTEST_REQUIRE(open_stage());
    job = make_job(root);
    child = make_child(job);
    KTEST_EXPECT(CALL(handle_close, child.process) == 0);
    KTEST_EXPECT(user_stage_signals(&stage, job) == (KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES));
    KTEST_EXPECT(CALL(vmar_map, child.vmar, KEEL_VM_PERM_READ, 0, code, 0, PAGE_SIZE) == -EINVAL);
    child = make_child(job);
    KTEST_EXPECT(start_child(&child, user_sleep, 0, 0) == 0);
    KTEST_EXPECT(CALL(handle_close, child.process) == 0);
    KTEST_EXPECT(CALL(handle_close, child.vmar) == 0);
    KTEST_EXPECT(user_stage_signals(&stage, child.thread) == KEEL_THREAD_RUNNING);
    KTEST_EXPECT(user_stage_signals(&stage, job) == KEEL_JOB_NO_JOBS);
    KTEST_EXPECT(CALL(task_kill, job) == 0);
    KTEST_EXPECT(comes(job, KEEL_JOB_TERMINATED) && comes(child.thread, KEEL_THREAD_TERMINATED));
    close_stage();
}

KTEST(user_job_is_killed_with_all_below)
{
    keel_handle_t jobs[5];
    struct child children[5];

    KTEST_REQUIRE(open_stage());
    for (unsigned i = 0; i < 5; i++) {
        jobs[i] = make_job(i == 0 ? root : jobs[(i - 1) / 2]);
        children[i] = make_child(jobs[i]);
        if (i != 3) {
            KTEST_EXPECT(start_child(&children[i], user_sleep, 0, 0) == 0);
        }
    }
    KTEST_EXPECT(CALL(task_kill, jobs[1]) == 0); /* above 3 and 4 */
    KTEST_EXPECT(comes(jobs[1], KEEL_JOB_TERMINATED));
    KTEST_EXPECT((user_stage_signals(&stage, jobs[3]) & KEEL_JOB_TERMINATED) != 0);
    KTEST_EXPECT(user_stage_signals(&stage, jobs[0]) == 0 &&
                 user_stage_signals(&stage, jobs[2]) == KEEL_JOB_NO_JOBS);
    KTEST_EXPECT(comes(children[3].process, KEEL_PROCESS_TERMINATED));
    KTEST_EXPECT(comes(children[4].process, KEEL_PROCESS_TERMINATED));
    KTEST_EXPECT(CALL(job_create, jobs[1], 0, at(0)) == -ECANCELED);
    KTEST_EXPECT(CALL(process_create, jobs[3], at(8), 5, 0, at(0), at(1)) == -ECANCELED);
    KTEST_EXPECT(CALL(task_kill, jobs[1]) == 0 && CALL(task_kill, jobs[0]) == 0);
    KTEST_EXPECT(comes(jobs[0], KEEL_JOB_TERMINATED));
    KTEST_EXPECT(user_stage_signals(&stage, root) == (KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES));
    close_stage();
}

KTEST(user_job_tree_has_a_bottom)
{
    keel_handle_t job;

    KTEST_REQUIRE(open_stage());
    job = root;
    for (unsigned depth = 1; depth < JOB_DEPTH_MAX; depth++) {
        keel_handle_t parent = job;

        job = make_job(parent);
        KTEST_EXPECT(parent == root || CALL(handle_close, parent) == 0);
    }
    KTEST_EXPECT(CALL(job_create, job, 0, at(0)) == -ERANGE);
    KTEST_EXPECT(user_stage_signals(&stage, root) == KEEL_JOB_NO_PROCESSES);
    KTEST_EXPECT(CALL(handle_close, job) == 0);
    KTEST_EXPECT(user_stage_signals(&stage, root) == (KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES));
    close_stage();
}

KTEST(user_tasks_want_their_rights)
{
    keel_handle_t weak;
    struct child child;

    KTEST_REQUIRE(open_stage());
    child = make_child(root);
    KTEST_EXPECT(CALL(handle_duplicate, root, KEEL_RIGHT_ENUMERATE, at(0)) == 0);
    weak = told(0);
    KTEST_EXPECT(CALL(job_create, weak, 0, at(0)) == -EACCES);
    KTEST_EXPECT(CALL(process_create, weak, at(8), 5, 0, at(0), at(1)) == -EACCES);
    KTEST_EXPECT(CALL(task_kill, weak) == -EACCES);
    KTEST_EXPECT(CALL(task_kill, child.vmar) == -EACCES);
    KTEST_EXPECT(CALL(handle_duplicate, child.process, KEEL_RIGHT_READ, at(0)) == 0);
    weak = told(0);
    KTEST_EXPECT(CALL(thread_create, weak, at(8), 5, 0, at(0)) == -EACCES);
    KTEST_EXPECT(CALL(process_start, weak, child.thread, 0, 0, 0, 0) == -EACCES);
    KTEST_EXPECT(CALL(process_create, root, 8, 5, 0, at(0), at(1)) == -EFAULT);
    KTEST_EXPECT(CALL(process_create, root, at(8), 5, 1, at(0), at(1)) == -EINVAL);
    KTEST_EXPECT(CALL(process_create, root, at(8), 5, 0, 8, at(1)) == -EFAULT);
    KTEST_EXPECT(CALL(process_create, root, at(8), 5, 0, at(0), 8) == -EFAULT);
    KTEST_EXPECT(CALL(thread_create, child.process, 8, 5, 0, at(0)) == -EFAULT);
    KTEST_EXPECT(CALL(thread_create, child.process, at(8), 5, 0, 8) == -EFAULT);
    KTEST_EXPECT(CALL(job_create, root, 0, 8) == -EFAULT);
    close_stage();
}

/* Text into words from the 8th on. */
static void put_text(const char *text)
{
    user_stage_put(&stage, 8 * sizeof(uint64_t), text, strlen(text));
}

static void check_name(keel_handle_t handle, const char *name, const char *expected)
{
    char back[KEEL_MAX_NAME_LEN];

    put_text(name);
    KTEST_EXPECT(CALL(object_set_property, handle, KEEL_PROP_NAME, at(8), strlen(name)) == 0);
    KTEST_EXPECT(CALL(object_get_property, handle, KEEL_PROP_NAME, at(16), sizeof(back)) == 0);
    user_stage_get(&stage, 16 * sizeof(uint64_t), back, sizeof(back));
    KTEST_EXPECT(strcmp(back, expected) == 0);
}

KTEST(user_tasks_have_names)
{
    const char *long_name = "a name of more than thirty-one bytes";
    struct child child;

    KTEST_REQUIRE(open_stage());
    put_text("abcde");
    child = make_child(root);
    KTEST_EXPECT(CALL(object_get_property, child.thread, KEEL_PROP_NAME, at(16), 32) == 0);
    KTEST_EXPECT(user_stage_word(&stage, 16) == UINT64_C(0x6564636261));
    check_name(root, "work", "work");
    check_name(child.process, long_name, "a name of more than thirty-one ");
    check_name(child.thread, "", "");
    KTEST_EXPECT(CALL(vmo_create, 1, 0, at(0)) == 0);
    check_name(told(0), "memory", "memory");
    KTEST_EXPECT(CALL(object_get_property, child.vmar, KEEL_PROP_NAME, at(16), 32) == -EACCES);
    KTEST_EXPECT(CALL(object_get_property, root, KEEL_PROP_NAME, at(16), 31) == -ERANGE);
    KTEST_EXPECT(CALL(object_get_property, root, 1000, at(16), 32) == -EINVAL);
    KTEST_EXPECT(CALL(object_set_property, root, 1000, at(16), 32) == -EINVAL);
    KTEST_EXPECT(CALL(object_set_property, root, KEEL_PROP_NAME, 8, 4) == -EFAULT);
    KTEST_EXPECT(CALL(object_set_property, root, KEEL_PROP_REGISTER_FS, at(0), 8) == -ENOTTY);
    KTEST_EXPECT(CALL(object_set_property, child.thread, KEEL_PROP_REGISTER_FS, at(0), 8) ==
                 -EACCES);
    close_stage();
}

/* However a start and a kill meet, the process ends, and everything is back. */
KTEST(user_process_start_and_kill_meet)
{
    KTEST_REQUIRE(open_stage());
    for (unsigned i = 0; i < ROUNDS; i++) {
        keel_handle_t job = make_job(root);
        struct child child = make_child(job);
        int64_t err;

        KTEST_EXPECT(CALL(task_kill, i % 2 ? job : child.process) == 0 || i % 4 == 0);
        err = start_child(&child, user_sleep, 0, 0);
        KTEST_EXPECT(err == -ECANCELED);
        child = make_child(root);
        KTEST_EXPECT(start_child(&child, i % 3 ? user_sleep : user_recurse, 0, 0) == 0);
        thread_sleep(i % 4 * NS_PER_MS);
        KTEST_EXPECT(CALL(task_kill, child.process) == 0);
        KTEST_EXPECT(comes(child.process, KEEL_PROCESS_TERMINATED));
    }
    close_stage();
}
