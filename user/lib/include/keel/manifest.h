/* SPDX-License-Identifier: MIT */
/* The manifest, etc/manifest of the boot file system: what init starts, and what programs are given. */
#ifndef KEEL_MANIFEST_H
#define KEEL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line is one of
 *   start NAME PATH [WHAT...] [-- ARGUMENT...]   init starts it
 *   tool NAME [WHAT...]                          the shell gives this to programs of that name
 * with WHAT one of the words below; '#' begins a comment. Words are parted by blanks.
 */
#define KEEL_MANIFEST_PATH "etc/manifest"

#define KEEL_GIVE_JOB      (UINT32_C(1) << 0) /* job: the one it is in, with all that are below */
#define KEEL_GIVE_RESOURCE (UINT32_C(1) << 1) /* resource: the root of all */
#define KEEL_GIVE_BOOTFS   (UINT32_C(1) << 2) /* bootfs: the boot file system */
#define KEEL_GIVE_LOG      (UINT32_C(1) << 3) /* log: to read and write */
#define KEEL_GIVE_CONSOLE \
    (UINT32_C(1) << 4) /* console: a channel for requests to it, as a service */
#define KEEL_GIVE_STDIO        (UINT32_C(1) << 5) /* stdio: input and outputs of the console's */
#define KEEL_GIVE_SERVES       (UINT32_C(1) << 6) /* serves-console: the other end of that channel */
#define KEEL_GIVE_DEBUG        (UINT32_C(1) << 7) /* debug, info, power: the resource of one of the */
#define KEEL_GIVE_INFO         (UINT32_C(1) << 8) /* system's powers (KEEL_RSRC_SYSTEM_*_BASE) */
#define KEEL_GIVE_POWER        (UINT32_C(1) << 9)

#define KEEL_MANIFEST_LINE_MAX 255u
#define KEEL_MANIFEST_ARGV_MAX 16
#define KEEL_MANIFEST_NAME_MAX 31u /* bytes of a name */

struct keel_manifest_entry {
    bool start;    /* else: tool */
    unsigned line; /* its number, from 1 */
    const char *name;
    const char *path;
    uint32_t gives; /* KEEL_GIVE_ */
    int argc;
    char *argv[KEEL_MANIFEST_ARGV_MAX + 1]; /* the path, arguments, NULL */
};

struct keel_manifest {
    const char *at, *end;
    unsigned line;
    char text[KEEL_MANIFEST_LINE_MAX + 1]; /* what the entry points into */
};

/* Reads from the begin of a text. */
void keel_manifest_begin(struct keel_manifest *manifest, const void *text, size_t size);

/* The next entry; false: there is none. *wrong is NULL, or what is wrong with the line, whose number alone is good
 * in the entry then. */
bool keel_manifest_next(struct keel_manifest *manifest, struct keel_manifest_entry *out,
                        const char **wrong);

#endif
