/* SPDX-License-Identifier: MIT */
/* What a program was given and can give on to those that it starts. */
#ifndef KEEL_GIFTS_H
#define KEEL_GIFTS_H

#include <keel/base.h>
#include <keel/manifest.h>
#include <keel/resource.h>
#include <keel/spawn.h>
#include <stddef.h>

#define KEEL_GIFTS_MAX   13u /* handles that keel_gifts_add() adds at most */
#define KEEL_GIFTS_BASES (KEEL_RSRC_SYSTEM_POWER_BASE + 1)

/* Handles; 0: it has none. */
typedef struct keel_gifts {
    keel_handle_t job, resource, bootfs, log, console;
    keel_handle_t system[KEEL_GIFTS_BASES]; /* by KEEL_RSRC_SYSTEM_*_BASE */
} keel_gifts_t;

/* Takes what the program was started with. Once. */
void keel_gifts_take(keel_gifts_t *out);

/* Adds handles for what `gives` says (KEEL_GIVE_) to a list that has room for KEEL_GIFTS_MAX more; a console is the
 * service of number 0 then.
 * A resource that it has not is made of the root, if it has that. stdio_flags: of KEEL_CONSOLE_OPEN_INPUT. 0; -ENOENT: there is no such thing to
 * give; or what the calls say. Those that were added before stay in the list. */
int keel_gifts_add(const keel_gifts_t *gifts, uint32_t gives, uint32_t stdio_flags,
                   keel_spawn_handle_t *list, size_t *count);

/* Adds a handle, which the list owns from now on. */
void keel_gifts_append(keel_spawn_handle_t *list, size_t *count, uint32_t kind,
                       keel_handle_t handle);

/* Closes what is in a list that nobody takes. */
void keel_gifts_drop(const keel_spawn_handle_t *list, size_t count);

#endif
