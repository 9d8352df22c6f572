/* SPDX-License-Identifier: MIT */
/* The first program: starts what the manifest lists, gives each what stands there, and tells how they end. */
#include <keel/bootfs.h>
#include <keel/call_types.h>
#include <keel/console.h>
#include <keel/crash.h>
#include <keel/errno.h>
#include <keel/gifts.h>
#include <keel/manifest.h>
#include <keel/runtime.h>
#include <keel/spawn.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define SERVICES_MAX KEEL_WAIT_MANY_MAX_ITEMS

static struct service {
    keel_handle_t process;
    keel_bootfs_entry_t file;
    char name[KEEL_MANIFEST_NAME_MAX + 1];
} services[SERVICES_MAX];

static unsigned service_count;
static keel_gifts_t gifts;
static keel_bootfs_t bootfs;

/* The console service's end of a channel for requests; the other becomes init's. */
static int add_server(keel_spawn_handle_t *list, size_t *count)
{
    keel_handle_t server;
    int err = gifts.console == KEEL_HANDLE_INVALID ? keel_channel_create(0, &server, &gifts.console)
                                                   : -EEXIST;

    if (err == 0) {
        keel_gifts_append(list, count, KEEL_STARTUP_USER(0), server);
    }
    return err;
}

static int gather(const struct keel_manifest_entry *entry, keel_spawn_handle_t *list, size_t *count)
{
    int err = entry->gives & KEEL_GIVE_SERVES ? add_server(list, count) : 0;

    if (err == 0) {
        err = keel_gifts_add(&gifts, entry->gives, KEEL_CONSOLE_STAYS, list, count);
    }
    if (err != 0) {
        keel_gifts_drop(list, *count);
    }
    return err;
}

static int start(const struct keel_manifest_entry *entry, struct service *service, const char **why)
{
    static const char *const names[] = {"console", NULL};
    keel_spawn_handle_t list[KEEL_GIFTS_MAX + 1];
    keel_spawn_t spawn = {
        .job = gifts.job,
        .name = entry->name,
        .argv = (const char *const *)entry->argv,
        .services = entry->gives & KEEL_GIVE_CONSOLE ? names : NULL,
        .handles = list,
    };
    int err = keel_bootfs_find(&bootfs, entry->path, &service->file);

    *why = err != 0 ? "the boot file system does not have it" : "it cannot be given what it needs";
    if (err == 0) {
        err = gather(entry, list, &spawn.handle_count);
    }
    if (err == 0) {
        spawn.file = service->file.data;
        spawn.file_size = service->file.size;
        err = keel_spawn(&spawn, &service->process, why);
    }
    return err;
}

static void start_service(const struct keel_manifest_entry *entry)
{
    struct service *service = &services[service_count];
    const char *why;
    int err;

    if (service_count == SERVICES_MAX) {
        printf("%s: not started, there are too many\n", entry->name);
        return;
    }
    err = start(entry, service, &why);
    if (err != 0) {
        printf("%s: not started: %s (%s)\n", entry->name, why, strerror(err));
        return;
    }
    strlcpy(service->name, entry->name, sizeof(service->name));
    service_count++;
}

static void start_all(const keel_bootfs_entry_t *file)
{
    struct keel_manifest manifest;
    struct keel_manifest_entry entry;
    const char *wrong;

    keel_manifest_begin(&manifest, file->data, file->size);
    while (keel_manifest_next(&manifest, &entry, &wrong)) {
        if (wrong) {
            printf("%s, line %u: %s; passed over\n", KEEL_MANIFEST_PATH, entry.line, wrong);
        } else if (entry.start) {
            start_service(&entry);
        }
    }
}

static void tell_end(struct service *service)
{
    keel_info_process_t info = {.flags = 0};
    const char *how;

    (void)keel_process_result(service->process, &info);
    how = keel_end_in_words(&info);
    if (how) {
        printf("%s %s\n", service->name, how);
        (void)keel_stdout_flush();
        keel_crash_show(1, service->process, &service->file);
    } else {
        printf("%s has ended with %lld\n", service->name, (long long)info.return_code);
    }
    keel_handle_close(service->process);
    *service = services[--service_count];
}

/* Until none is left. */
static int watch(void)
{
    while (service_count != 0) {
        keel_wait_item_t items[SERVICES_MAX];
        int err;

        for (unsigned i = 0; i < service_count; i++) {
            items[i] = (keel_wait_item_t){services[i].process, KEEL_PROCESS_TERMINATED, 0};
        }
        err = keel_object_wait_many(items, service_count, KEEL_TIME_INFINITE);
        if (err != 0) {
            return err;
        }
        for (unsigned i = service_count; i-- != 0;) {
            if (items[i].pending & KEEL_PROCESS_TERMINATED) {
                tell_end(&services[i]);
            }
        }
    }
    return 0;
}

int main(void)
{
    keel_bootfs_entry_t file;
    int err;

    keel_gifts_take(&gifts);
    err = keel_bootfs_map(gifts.bootfs, &bootfs);
    if (err != 0) {
        printf("the boot file system cannot be read: %s\n", strerror(err));
        return 1;
    }
    err = keel_bootfs_find(&bootfs, KEEL_MANIFEST_PATH, &file);
    if (err != 0) {
        printf("%s cannot be read: %s\n", KEEL_MANIFEST_PATH, strerror(err));
        return 1;
    }
    start_all(&file);
    err = watch();
    printf("nothing is left to wait for: %s\n", strerror(err));
    return err != 0;
}
