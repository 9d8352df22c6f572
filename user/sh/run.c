/* SPDX-License-Identifier: MIT */
/* Runs pipelines: each in a job of its own, its programs joined by channels. */
#include "sh.h"
#include "vars.h"

#include <keel/call_types.h>
#include <keel/console.h>
#include <keel/crash.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define BACKGROUND_MAX 8u
#define NAME_MAX       32u
#define PATH_MAX       128u

/* A pipeline's programs. */
struct running {
    keel_handle_t job;
    unsigned count; /* of those that have not ended */
    struct program {
        keel_handle_t process;
        keel_bootfs_entry_t file;
        bool last; /* its status is the pipeline's */
        char name[NAME_MAX];
    } programs[SH_COMMANDS_MAX];
    int64_t status;
};

static struct running background[BACKGROUND_MAX];

/* What a program of the pipeline is joined to; KEEL_HANDLE_INVALID: the console. */
struct joints {
    keel_handle_t in, out;
    bool reads; /* without a pipe to read from it has the console's keys */
};

/* --- Starting --- */

static int find_program(const char *name, keel_bootfs_entry_t *out)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "bin/", name);

    return length < (int)sizeof(path) ? keel_bootfs_find(&shell.bootfs, path, out) : -ENOENT;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int add_console(uint32_t what, uint32_t flags, uint32_t kind, keel_spawn_handle_t *list,
                       size_t *count)
{
    keel_handle_t handle;
    int err = 0;

    if (shell.gifts.console != KEEL_HANDLE_INVALID) {
        err = keel_console_request(shell.gifts.console, what, flags, &handle);
        if (err == 0) {
            keel_gifts_append(list, count, kind, handle);
        }
    }
    return err;
}

/* The pipes are the list's, or closed. */
static int gather(const char *name, const struct joints *joints, keel_spawn_handle_t *list,
                  size_t *count)
{
    uint32_t gives = sh_gives(name);
    int err = 0;

    if (joints->in != KEEL_HANDLE_INVALID) {
        keel_gifts_append(list, count, KEEL_STARTUP_STDIN, joints->in);
    }
    if (joints->out != KEEL_HANDLE_INVALID) {
        keel_gifts_append(list, count, KEEL_STARTUP_STDOUT, joints->out);
    } else {
        err = add_console(KEEL_CONSOLE_OPEN_OUTPUT, 0, KEEL_STARTUP_STDOUT, list, count);
    }
    if (err == 0) {
        err = add_console(KEEL_CONSOLE_OPEN_OUTPUT, 0, KEEL_STARTUP_STDERR, list, count);
    }
    if (err == 0 && joints->in == KEEL_HANDLE_INVALID && joints->reads) {
        err =
            add_console(KEEL_CONSOLE_OPEN_INPUT, gives & KEEL_GIVE_CONSOLE ? KEEL_CONSOLE_STAYS : 0,
                        KEEL_STARTUP_STDIN, list, count);
    }
    if (err == 0) {
        err = keel_gifts_add(&shell.gifts, gives, 0, list, count);
    }
    return err;
}

/* The variables, and those that the command has of its own, which come first and so count. */
static void join_settings(const struct sh_command *command, const char **out)
{
    for (char **setting = command->settings; *setting; setting++) {
        *out++ = *setting;
    }
    for (const char *const *setting = vars_all(); *setting; setting++) {
        *out++ = *setting;
    }
    *out = NULL;
}

static int spawn(const struct sh_command *command, const struct joints *joints, keel_handle_t job,
                 struct program *program, const char **why)
{
    static const char *const services[] = {"console", NULL};
    static const char *settings[SH_WORDS_MAX + VARS_MAX + 1];
    keel_spawn_handle_t list[KEEL_GIFTS_MAX + 3];
    size_t count = 0;
    const char *name = base_name(command->argv[0]);
    int err = gather(name, joints, list, &count);

    *why = "it cannot be given what it needs";
    if (err == 0) {
        *why = "there is no such program";
        err = find_program(command->argv[0], &program->file);
    }
    if (err != 0) {
        keel_gifts_drop(list, count);
        return err;
    }
    join_settings(command, settings);
    return keel_spawn(&(keel_spawn_t){.job = job,
                                      .name = name,
                                      .file = program->file.data,
                                      .file_size = program->file.size,
                                      .argv = (const char *const *)command->argv,
                                      .envp = settings,
                                      .services = services,
                                      .handles = list,
                                      .handle_count = count},
                      &program->process, why);
}

static int64_t start_program(struct running *running, const struct sh_command *command,
                             const struct joints *joints, bool last)
{
    struct program *program = &running->programs[running->count];
    const char *why;
    int err = spawn(command, joints, running->job, program, &why);

    if (err != 0) {
        dprintf(2, "sh: %s: %s%s%s\n", command->argv[0], why, err != -ENOENT ? ": " : "",
                err != -ENOENT ? strerror(err) : "");
        return err == -ENOENT ? SH_STATUS_NOT_FOUND : SH_STATUS_NOT_RUN;
    }
    strlcpy(program->name, command->argv[0], sizeof(program->name));
    program->last = last;
    running->count++;
    return 0;
}

static int64_t run_builtin(sh_builtin_fn *run, const struct sh_command *command,
                           const struct joints *joints)
{
    int64_t status;

    sh_builtin_output(joints->out);
    status = run(command->argc, command->argv);
    sh_builtin_output(KEEL_HANDLE_INVALID);
    shell.over = false; /* exit in a pipeline ends its part of it alone */
    keel_handle_close(joints->in);
    keel_handle_close(joints->out);
    return status;
}

static int64_t start_command(struct running *running, const struct sh_command *command,
                             const struct joints *joints, bool last)
{
    sh_builtin_fn *run = command->argc != 0 ? sh_builtin(command->argv[0]) : NULL;

    if (command->argc == 0) {
        keel_handle_close(joints->in);
        keel_handle_close(joints->out);
        dprintf(2, "sh: a part of the pipeline has no command\n");
        return SH_STATUS_MISUSE;
    }
    return run ? run_builtin(run, command, joints) : start_program(running, command, joints, last);
}

static void start_all(struct running *running, const struct sh_pipeline *pipeline)
{
    keel_handle_t in = KEEL_HANDLE_INVALID;

    for (unsigned i = 0; i < pipeline->count; i++) {
        bool last = i + 1 == pipeline->count;
        keel_handle_t next = KEEL_HANDLE_INVALID;
        struct joints joints = {.in = in, .reads = i == 0 && !pipeline->background};

        if (!last && keel_channel_create(0, &joints.out, &next) != 0) {
            dprintf(2, "sh: there are no more channels\n");
            last = true;
        }
        running->status = start_command(running, &pipeline->commands[i], &joints, last);
        in = next;
    }
}

/* --- Waiting --- */

/* What a program that has ended makes of the status; tells how if that was not by itself, nor by ^C. */
static int64_t tell_end(const struct program *program)
{
    keel_info_process_t info = {.flags = 0};
    const char *how;

    (void)keel_process_result(program->process, &info);
    how = keel_end_in_words(&info);
    if (!how) {
        return info.return_code;
    }
    if (shell.interrupted) {
        return SH_STATUS_INTERRUPTED;
    }
    dprintf(2, "sh: %s %s\n", program->name, how);
    keel_crash_show(2, program->process, &program->file);
    return SH_STATUS_KILLED;
}

static void end_program(struct running *running, struct program *program)
{
    int64_t status = tell_end(program);

    if (program->last) {
        running->status = status;
    }
    keel_handle_close(program->process);
    *program = running->programs[--running->count];
}

/* Waits until something has ended, or ^C was typed; the deadline has passed: -ETIMEDOUT. */
static int wait_some(struct running *running, keel_time_t deadline)
{
    keel_wait_item_t items[SH_COMMANDS_MAX + 1];
    unsigned count = running->count;
    int err;

    for (unsigned i = 0; i < count; i++) {
        items[i] = (keel_wait_item_t){running->programs[i].process, KEEL_PROCESS_TERMINATED, 0};
    }
    items[count] = (keel_wait_item_t){shell.gifts.console, KEEL_CONSOLE_INTERRUPT, 0};
    err =
        keel_object_wait_many(items, count + (shell.gifts.console != 0 && deadline != 0), deadline);
    if (err != 0) {
        return err;
    }
    for (unsigned i = count; i-- != 0;) {
        if (items[i].pending & KEEL_PROCESS_TERMINATED) {
            end_program(running, &running->programs[i]);
        }
    }
    if (items[count].pending & KEEL_CONSOLE_INTERRUPT) {
        (void)keel_object_signal(shell.gifts.console, KEEL_CONSOLE_INTERRUPT, 0);
        shell.interrupted = true;
        (void)keel_task_kill(running->job);
    }
    return 0;
}

static void wait_all(struct running *running)
{
    while (running->count != 0 && wait_some(running, KEEL_TIME_INFINITE) == 0) {
    }
    for (unsigned i = 0; i < running->count; i++) {
        keel_handle_close(running->programs[i].process);
    }
    keel_handle_close(running->job);
    running->job = KEEL_HANDLE_INVALID;
    if (shell.gifts.console != KEEL_HANDLE_INVALID) {
        (void)keel_console_request(shell.gifts.console, KEEL_CONSOLE_SYNC, 0, NULL);
    }
}

void sh_tell_ended(void)
{
    for (unsigned i = 0; i < BACKGROUND_MAX; i++) {
        struct running *running = &background[i];
        bool ran = running->count != 0;

        while (running->count != 0 && wait_some(running, 0) == 0) {
        }
        if (ran && running->count == 0) {
            printf("[%u] has ended with %lld\n", i + 1, (long long)running->status);
            keel_handle_close(running->job);
        }
    }
}

/* Leaves it to itself, where there is room to remember it; else waits. */
static void leave(struct running *running)
{
    for (unsigned i = 0; i < BACKGROUND_MAX; i++) {
        if (background[i].count == 0) {
            background[i] = *running;
            printf("[%u] runs\n", i + 1);
            return;
        }
    }
    dprintf(2, "sh: too much runs in the background: waiting for this\n");
    wait_all(running);
}

/* --- Both --- */

static int64_t set_all(char **settings)
{
    int err = 0;

    for (; *settings && err == 0; settings++) {
        err = vars_set(*settings);
    }
    if (err != 0) {
        dprintf(2, "sh: the variable cannot be set: %s\n", strerror(err));
    }
    return err != 0;
}

static int64_t run_programs(const struct sh_pipeline *pipeline)
{
    struct running running = {.count = 0};
    int err = keel_job_create(shell.gifts.job, 0, &running.job);

    if (err != 0) {
        dprintf(2, "sh: nothing can be started: %s\n", strerror(err));
        return SH_STATUS_NOT_RUN;
    }
    (void)keel_stdout_flush();
    start_all(&running, pipeline);
    if (pipeline->background && running.count != 0) {
        leave(&running);
        return 0;
    }
    wait_all(&running);
    return running.status;
}

int64_t sh_run(const struct sh_pipeline *pipeline)
{
    const struct sh_command *first = &pipeline->commands[0];
    sh_builtin_fn *run;

    if (pipeline->count > 1) {
        return run_programs(pipeline);
    }
    if (first->argc == 0) {
        return *first->settings ? set_all(first->settings) : shell.status;
    }
    run = sh_builtin(first->argv[0]);
    return run ? run(first->argc, first->argv) : run_programs(pipeline);
}
