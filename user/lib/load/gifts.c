/* SPDX-License-Identifier: MIT */
/* Handles for programs that are started. */
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/gifts.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>

void keel_gifts_take(keel_gifts_t *out)
{
    *out = (keel_gifts_t){
        .job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT),
        .resource = keel_startup_handle(KEEL_STARTUP_RESOURCE_ROOT),
        .bootfs = keel_startup_handle(KEEL_STARTUP_BOOTFS_VMO),
        .log = keel_startup_handle(KEEL_STARTUP_DEBUGLOG),
        .console = keel_startup_service("console"),
    };
    for (uint64_t base = 1; base < KEEL_GIFTS_BASES; base++) {
        out->system[base] = keel_startup_handle(KEEL_STARTUP_RESOURCE(base));
    }
}

void keel_gifts_append(keel_spawn_handle_t *list, size_t *count, uint32_t kind,
                       keel_handle_t handle)
{
    list[*count].kind = kind;
    list[(*count)++].handle = handle;
}

static int add_duplicate(keel_handle_t handle, uint32_t kind, keel_spawn_handle_t *list,
                         size_t *count)
{
    keel_handle_t copy;
    int err = handle != KEEL_HANDLE_INVALID
                  ? keel_handle_duplicate(handle, KEEL_RIGHT_SAME_RIGHTS, &copy)
                  : -ENOENT;

    if (err == 0) {
        keel_gifts_append(list, count, kind, copy);
    }
    return err;
}

/* The resource of one of the system's powers. */
static int add_system(const keel_gifts_t *gifts, uint64_t base, keel_spawn_handle_t *list,
                      size_t *count)
{
    static const keel_rsrc_name_t name = {"system"};
    keel_handle_t made;
    int err;

    if (gifts->system[base] != KEEL_HANDLE_INVALID || gifts->resource == KEEL_HANDLE_INVALID) {
        return add_duplicate(gifts->system[base], KEEL_STARTUP_RESOURCE(base), list, count);
    }
    err = keel_resource_create(gifts->resource, KEEL_RSRC_KIND_SYSTEM, base, 1, &name, &made);
    if (err == 0) {
        keel_gifts_append(list, count, KEEL_STARTUP_RESOURCE(base), made);
    }
    return err;
}

static int add_systems(const keel_gifts_t *gifts, uint32_t gives, keel_spawn_handle_t *list,
                       size_t *count)
{
    static const struct {
        uint32_t give;
        uint64_t base;
    } systems[] = {
        {KEEL_GIVE_DEBUG, KEEL_RSRC_SYSTEM_DEBUG_BASE},
        {KEEL_GIVE_INFO, KEEL_RSRC_SYSTEM_INFO_BASE},
        {KEEL_GIVE_POWER, KEEL_RSRC_SYSTEM_POWER_BASE},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(systems) / sizeof(systems[0]); i++) {
        if (gives & systems[i].give) {
            err = add_system(gifts, systems[i].base, list, count);
        }
    }
    return err;
}

static int add_request(keel_handle_t console, uint32_t what, uint32_t flags, uint32_t kind,
                       keel_spawn_handle_t *list, size_t *count)
{
    keel_handle_t handle;
    int err = console != KEEL_HANDLE_INVALID ? keel_console_request(console, what, flags, &handle)
                                             : -ENOENT;

    if (err == 0) {
        keel_gifts_append(list, count, kind, handle);
    }
    return err;
}

static int add_stdio(keel_handle_t console, uint32_t flags, keel_spawn_handle_t *list,
                     size_t *count)
{
    int err = add_request(console, KEEL_CONSOLE_OPEN_INPUT, flags, KEEL_STARTUP_STDIN, list, count);

    if (err == 0) {
        err = add_request(console, KEEL_CONSOLE_OPEN_OUTPUT, 0, KEEL_STARTUP_STDOUT, list, count);
    }
    if (err == 0) {
        err = add_request(console, KEEL_CONSOLE_OPEN_OUTPUT, 0, KEEL_STARTUP_STDERR, list, count);
    }
    return err;
}

int keel_gifts_add(const keel_gifts_t *gifts, uint32_t gives, uint32_t stdio_flags,
                   keel_spawn_handle_t *list, size_t *count)
{
    const struct {
        uint32_t give;
        uint32_t kind;
        keel_handle_t handle;
    } plain[] = {
        {KEEL_GIVE_JOB, KEEL_STARTUP_JOB_DEFAULT, gifts->job},
        {KEEL_GIVE_RESOURCE, KEEL_STARTUP_RESOURCE_ROOT, gifts->resource},
        {KEEL_GIVE_BOOTFS, KEEL_STARTUP_BOOTFS_VMO, gifts->bootfs},
        {KEEL_GIVE_LOG, KEEL_STARTUP_DEBUGLOG, gifts->log},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (gives & plain[i].give) {
            err = add_duplicate(plain[i].handle, plain[i].kind, list, count);
        }
    }
    if (err == 0) {
        err = add_systems(gifts, gives, list, count);
    }
    if (err == 0 && (gives & KEEL_GIVE_CONSOLE)) {
        err = add_request(gifts->console, KEEL_CONSOLE_CONNECT, 0, KEEL_STARTUP_SERVICE(0), list,
                          count);
    }
    if (err == 0 && (gives & KEEL_GIVE_STDIO)) {
        err = add_stdio(gifts->console, stdio_flags, list, count);
    }
    return err;
}

void keel_gifts_drop(const keel_spawn_handle_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        keel_handle_close(list[i].handle);
    }
}
