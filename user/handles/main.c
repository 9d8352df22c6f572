/* SPDX-License-Identifier: MIT */
/* handles [KOID...]: how many handles each process has, by type; or each handle of some processes. */
#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <keel/tasks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARE 16u /* handles that may come between two looks */

static const char *const types[KEEL_OBJ_TYPE_LIMIT] = {
    [KEEL_OBJ_TYPE_PROCESS] = "process",
    [KEEL_OBJ_TYPE_THREAD] = "thread",
    [KEEL_OBJ_TYPE_VMO] = "vmo",
    [KEEL_OBJ_TYPE_CHANNEL] = "channel",
    [KEEL_OBJ_TYPE_EVENT] = "event",
    [KEEL_OBJ_TYPE_PORT] = "port",
    [KEEL_OBJ_TYPE_INTERRUPT] = "interrupt",
    [KEEL_OBJ_TYPE_DEBUGLOG] = "log",
    [KEEL_OBJ_TYPE_RESOURCE] = "resource",
    [KEEL_OBJ_TYPE_EVENTPAIR] = "eventpair",
    [KEEL_OBJ_TYPE_JOB] = "job",
    [KEEL_OBJ_TYPE_VMAR] = "vmar",
    [KEEL_OBJ_TYPE_TIMER] = "timer",
};

static const char *type_name(keel_obj_type_t type)
{
    return type < KEEL_OBJ_TYPE_LIMIT && types[type] ? types[type] : "other";
}

static bool show_counts(const keel_task_t *task, void *context)
{
    keel_info_process_handle_stats_t stats;

    (void)context;
    if (task->is_job || keel_object_get_info(task->handle, KEEL_INFO_PROCESS_HANDLE_STATS, &stats,
                                             sizeof(stats), NULL, NULL) != 0) {
        return true;
    }
    printf("%8llu %s:", (unsigned long long)task->koid, task->name);
    for (keel_obj_type_t type = 0; type < KEEL_OBJ_TYPE_LIMIT; type++) {
        if (stats.handle_count[type] != 0) {
            printf(" %s %u", type_name(type), stats.handle_count[type]);
        }
    }
    printf("\n");
    return true;
}

/* --- One process --- */

struct search {
    keel_koid_t koid;
    bool found;
    int err;
};

static int show_table(keel_handle_t process)
{
    keel_info_handle_table_t *table;
    uint64_t count = 0, avail = 0;
    int err = keel_object_get_info(process, KEEL_INFO_HANDLE_TABLE, NULL, 0, &count, &avail);

    if (err != 0) {
        return err;
    }
    table = calloc(avail + SPARE, sizeof(*table));
    if (!table) {
        return -ENOMEM;
    }
    err = keel_object_get_info(process, KEEL_INFO_HANDLE_TABLE, table,
                               (avail + SPARE) * sizeof(*table), &count, NULL);
    for (uint64_t i = 0; err == 0 && i < count; i++) {
        printf("%08x %-10s rights %07x koid %llu\n", table[i].handle, type_name(table[i].type),
               table[i].rights, (unsigned long long)table[i].koid);
    }
    free(table);
    return err;
}

static bool find(const keel_task_t *task, void *context)
{
    struct search *search = context;

    if (task->is_job || task->koid != search->koid) {
        return true;
    }
    search->found = true;
    search->err = show_table(task->handle);
    return false;
}

static int show_one(keel_handle_t job, const char *text)
{
    struct search search = {.found = false};
    char *end;
    int err;

    search.koid = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0') {
        dprintf(2, "handles: %s: not a koid\n", text);
        return 2;
    }
    err = keel_tasks_walk(job, find, &search);
    if (err == 0) {
        err = search.found ? search.err : -ENOENT;
    }
    if (err != 0) {
        dprintf(2, "handles: %s: %s\n", text, strerror(err));
    }
    return err != 0;
}

int main(int argc, char **argv)
{
    keel_handle_t job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
    int result = 0;

    if (job == KEEL_HANDLE_INVALID) {
        dprintf(2, "handles: was given no job to look at\n");
        return 1;
    }
    if (argc == 1) {
        return keel_tasks_walk(job, show_counts, NULL) != 0;
    }
    for (int i = 1; i < argc; i++) {
        int one = show_one(job, argv[i]);

        result = result == 0 ? one : result;
    }
    return result;
}
