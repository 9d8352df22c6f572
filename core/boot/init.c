/* SPDX-License-Identifier: MIT */
/* What the boot ends in: the first program, from the boot file system, beside the console prompt. */
#define LOG_TAG "init"
#include "boot.h"
#include "bootstrap.h"

#include <keel/boot_info.h>
#include <keel/cpio.h>
#include <keel/errno.h>
#include <keel/job_object.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/process.h>
#include <keel/program.h>
#include <keel/string.h>
#include <keel/timer.h>
#include <keel/vm.h>

#define DEFAULT_PROGRAM "bin/init"

static char init_name[128];

KPARAM(init, PARAM_STRING, init_name, 0, 0,
       "first program to run, a path in the boot file system; none runs none");

static void report_end(const struct process_end *end)
{
    if (end->reason == PROCESS_EXITED) {
        log_info("the first program has ended with %lld", (long long)end->result);
    } else {
        log_warn("the first program was ended");
    }
}

/* Tells how it ended. */
static int watch(void *arg)
{
    struct process *process = arg;
    struct process_end end;

    if (process_wait(process, &end, TIMER_NEVER) == 0) {
        report_end(&end);
    }
    process_unref(process);
    return 0;
}

/* Has somebody tell the end of a process whose thread has begun. */
static int start_watch(struct process *process)
{
    struct thread *watcher;
    int err;

    process_ref(process);
    err = thread_run(&watcher, "init/watch", watch, process, NULL);
    if (err == 0) {
        thread_detach(watcher);
    } else {
        process_unref(process);
    }
    return err;
}

/* Gives the process its bootstrap channel; the handle goes to *out. */
static int give_channel(const struct bootstrap_target *target, const char *name, keel_handle_t *out)
{
    struct handle_table *table = process_table(target->process);
    struct bootstrap bootstrap = {0};
    struct object *channel;
    int err = handle_reserve(table, out, 1);

    if (err != 0) {
        return err;
    }
    err = bootstrap_add_gifts(&bootstrap, target);
    if (err == 0) {
        err = bootstrap_send(&bootstrap, name, params_rest(), &channel);
    }
    if (err != 0) {
        bootstrap_drop(&bootstrap);
        handle_unreserve(table, out, 1);
        return err;
    }
    handle_install(table, *out, (struct loose_handle){channel, KEEL_DEFAULT_CHANNEL_RIGHTS});
    return 0;
}

static int start(struct bootstrap_target *target, const char *name, const struct program *program)
{
    struct user_start where = {
        .pc = program->entry, .sp = program->stack, .argument = {0, process_vdso(target->process)}};
    keel_handle_t channel;
    int err = user_thread_create(target->process, "init", &target->thread);

    if (err != 0) {
        return err;
    }
    err = give_channel(target, name, &channel);
    if (err == 0) {
        where.argument[0] = channel;
        err = user_thread_start(target->thread, &where, NULL);
    }
    object_close(&target->thread->object);
    return err != 0 ? err : start_watch(target->process);
}

/* In a job, which is the root of all. */
static int run_in(struct object *job, const char *name, const struct cpio_entry *file,
                  const char **why)
{
    struct bootstrap_target target = {.job = job};
    struct program program;
    int err = process_create(job, "init", PROCESS_MAY_DEBUG, &target.process);

    if (err != 0) {
        return err;
    }
    err = program_load(target.process, file->data, file->size, &program, why);
    if (err == 0) {
        log_info("%s starts", name);
        err = start(&target, name, &program);
    }
    process_unref(target.process);
    return err;
}

static void run(const char *name, const struct cpio_entry *file)
{
    const char *why = "out of memory";
    struct object *job;
    int err = job_create_root(&job);

    if (err == 0) {
        err = run_in(job, name, file, &why);
        object_close(job);
    }
    if (err != 0) {
        log_error("%s: %s", name, why);
    }
}

void init_start(void)
{
    struct cpio archive = {.size = boot_info.initrd_size};
    const char *name = init_name[0] ? init_name : DEFAULT_PROGRAM;
    struct cpio_entry file;
    int err;

    if (strcmp(name, "none") == 0) {
        return;
    }
    if (boot_info.initrd_size == 0) {
        if (init_name[0]) {
            log_warn("init=%s cannot run: the boot loader gave no boot file system", name);
        }
        return;
    }
    archive.data = phys_to_virt(boot_info.initrd_base);
    err = cpio_find(&archive, name, &file);
    if (err == 0) {
        run(name, &file);
    } else {
        log_warn("%s cannot run: %s", name,
                 err == -ENOENT ? "it is not in the boot file system"
                                : "the initrd is no cpio archive, or a damaged one");
    }
}
