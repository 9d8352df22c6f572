/* SPDX-License-Identifier: MIT */
/* The message that the first program starts with (startup.h): handles by kind, and arguments. */
#ifndef CORE_BOOT_BOOTSTRAP_H
#define CORE_BOOT_BOOTSTRAP_H

#include <keel/handle.h>
#include <keel/process.h>
#include <keel/startup.h>

#define BOOTSTRAP_HANDLES_MAX 10u

/* What is to be sent; all zero at first. Owns the handles in it. */
struct bootstrap {
    uint32_t count;
    uint32_t kinds[BOOTSTRAP_HANDLES_MAX];
    struct loose_handle handles[BOOTSTRAP_HANDLES_MAX];
};

/* Adds the handle in the caller's hand, as one of that kind (KEEL_STARTUP_). */
void bootstrap_add(struct bootstrap *bootstrap, uint32_t kind, struct object *object,
                   keel_rights_t rights);

/* Who is to be the first program: a thread that does not run yet, its process, and the job they are in. */
struct bootstrap_target {
    struct process *process;
    struct user_thread *thread;
    struct object *job;
};

/* Adds all that the first program gets. -ENOMEM: some is there already. */
int bootstrap_add_gifts(struct bootstrap *bootstrap, const struct bootstrap_target *target);

/* Makes a channel with the message in it; *out: the end to read it from, which is the caller's. The
 * program's path is the first argument, `words` are the others and are cut up. -ENOMEM: the handles stay. */
int bootstrap_send(struct bootstrap *bootstrap, const char *path, char *words, struct object **out);

/* Closes what was not sent. */
void bootstrap_drop(struct bootstrap *bootstrap);

#endif
