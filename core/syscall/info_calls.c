/* SPDX-License-Identifier: MIT */
/* The calls that tell of objects. On the calling thread; they may sleep. No address of the kernel is told. */
#include "info.h"

#include <generated/syscall_handlers.h>
#include <keel/aspace.h>
#include <keel/heap.h>
#include <keel/job_object.h>
#include <keel/paired.h>
#include <keel/pmm.h>
#include <keel/resource_object.h>
#include <keel/vmar_object.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

/* --- Topics of one record --- */

static keel_koid_t related_koid(struct object *object)
{
    const struct object *job;

    switch (object_type(object)) {
    case KEEL_OBJ_TYPE_THREAD:
        return process_object(user_thread_of(object)->process)->koid;
    case KEEL_OBJ_TYPE_PROCESS:
        job = process_job(process_of(object));
        return job ? job->koid : KEEL_KOID_INVALID;
    case KEEL_OBJ_TYPE_JOB:
        return job_parent_koid(object);
    default:
        return object_peer_koid(object);
    }
}

static int handle_valid(struct object *object, struct info_out *out)
{
    (void)object, (void)out;
    return 0;
}

static int handle_basic(struct object *object, struct info_out *out)
{
    keel_info_handle_basic_t record = {.koid = object->koid,
                                       .rights = out->rights,
                                       .type = object_type(object),
                                       .related_koid = related_koid(object)};

    return info_put(out, &record, sizeof(record));
}

static int handle_count(struct object *object, struct info_out *out)
{
    keel_info_handle_count_t record = {.handle_count = refcount_read(&object->handles)};

    return info_put(out, &record, sizeof(record));
}

static int process(struct object *object, struct info_out *out)
{
    keel_info_process_t record = {0};
    struct process_state state;

    process_get_state(process_of(object), &state);
    record.threads = state.threads;
    record.flags = state.started ? KEEL_INFO_PROCESS_FLAG_STARTED : 0;
    if (state.ended) {
        record.return_code = state.end.result;
        record.flags |= KEEL_INFO_PROCESS_FLAG_EXITED;
        record.flags |= state.end.reason == PROCESS_KILLED    ? KEEL_INFO_PROCESS_FLAG_KILLED
                        : state.end.reason == PROCESS_FAULTED ? KEEL_INFO_PROCESS_FLAG_FAULTED
                                                              : 0;
    }
    return info_put(out, &record, sizeof(record));
}

static int process_fault(struct object *object, struct info_out *out)
{
    keel_info_process_fault_t record = {0};
    struct process_state state;

    process_get_state(process_of(object), &state);
    if (!state.ended || state.end.reason != PROCESS_FAULTED) {
        return -ENOENT;
    }
    record.code = state.end.code;
    record.address = state.end.address;
    record.access = state.end.access;
    record.frame_count = state.end.frame_count;
    record.image = process_image(process_of(object));
    for (uint32_t i = 0; i < record.frame_count; i++) {
        record.frames[i] = state.end.frames[i];
    }
    return info_put(out, &record, sizeof(record));
}

static int thread(struct object *object, struct info_out *out)
{
    struct user_thread_info info;
    keel_info_thread_t record;

    user_thread_get_info(user_thread_of(object), &info);
    record = (keel_info_thread_t){.state = info.state == USER_THREAD_ENDED  ? KEEL_THREAD_STATE_DEAD
                                           : info.state != USER_THREAD_RUNS ? KEEL_THREAD_STATE_NEW
                                           : info.suspended ? KEEL_THREAD_STATE_SUSPENDED
                                           : info.blocked   ? KEEL_THREAD_STATE_BLOCKED
                                                            : KEEL_THREAD_STATE_RUNNING};
    return info_put(out, &record, sizeof(record));
}

static int thread_stats(struct object *object, struct info_out *out)
{
    struct user_thread_info info;
    keel_info_thread_stats_t record = {0};

    user_thread_get_info(user_thread_of(object), &info);
    record.total_runtime = info.cpu_time;
    record.last_scheduled_cpu = info.cpu;
    return info_put(out, &record, sizeof(record));
}

static int task_runtime(struct object *object, struct info_out *out)
{
    struct user_thread_info info;
    keel_info_task_runtime_t record;

    if (object_type(object) == KEEL_OBJ_TYPE_PROCESS) {
        record.cpu_time = process_cpu_time(process_of(object));
    } else if (object_type(object) == KEEL_OBJ_TYPE_THREAD) {
        user_thread_get_info(user_thread_of(object), &info);
        record.cpu_time = info.cpu_time;
    } else {
        return -ENOTTY;
    }
    return info_put(out, &record, sizeof(record));
}

static int task_stats(struct object *object, struct info_out *out)
{
    struct aspace *as = process_space(process_of(object));
    keel_info_task_stats_t record = {.mem_mapped_bytes = aspace_mapped(as)};
    struct aspace_place place = {0};

    while (aspace_next(as, place.base + place.size, &place) && !process_is_ending()) {
        struct vmo_stats stats;
        uint64_t bytes;

        vmo_get_stats(place.vmo, &stats);
        bytes = MIN(stats.committed, place.size);
        *(vmo_is_shared(place.vmo) ? &record.mem_shared_bytes : &record.mem_private_bytes) += bytes;
        vmo_unref(place.vmo);
    }
    return info_put(out, &record, sizeof(record));
}

static int handle_stats(struct object *object, struct info_out *out)
{
    struct handle_table *table = process_table(process_of(object));
    keel_info_process_handle_stats_t record = {0};
    struct loose_handle loose;
    keel_handle_t handle;
    uint32_t place = 0;

    while (handle_next_in_table(table, &place, &handle, &loose)) {
        record.handle_count[object_type(loose.object)]++;
        object_put(loose.object);
    }
    return info_put(out, &record, sizeof(record));
}

static int job(struct object *object, struct info_out *out)
{
    keel_info_job_t record = {.killed = job_is_killed(object),
                              .jobs = (uint32_t)job_children(object, true, NULL, 0),
                              .processes = (uint32_t)job_children(object, false, NULL, 0)};

    return info_put(out, &record, sizeof(record));
}

static int vmo(struct object *object, struct info_out *out)
{
    keel_info_vmo_t record;

    info_of_vmo(vmo_object_memory(object), KEEL_INFO_VMO_VIA_HANDLE, out->rights, &record);
    return info_put(out, &record, sizeof(record));
}

static int vmar(struct object *object, struct info_out *out)
{
    virt_addr_t base;
    uint64_t size;
    keel_info_vmar_t record;

    region_bounds(vmar_object_region(object), &base, &size);
    record = (keel_info_vmar_t){.base = base, .len = size};
    return info_put(out, &record, sizeof(record));
}

static int kmem_stats(struct object *object, struct info_out *out)
{
    keel_info_kmem_stats_t record;
    struct heap_stats heap;
    struct pmm_stats pmm;

    (void)object;
    heap_get_stats(&heap);
    pmm_get_stats(&pmm);
    record = (keel_info_kmem_stats_t){
        .total_bytes = pmm.total * PAGE_SIZE,
        .free_bytes = pmm.free * PAGE_SIZE,
        .heap_bytes = heap.bytes_held,
        .heap_used_bytes = heap.bytes_used,
        .page_table_bytes = pmm.used[PMM_USE_PAGE_TABLE] * PAGE_SIZE,
        .objects = object_count(),
    };
    return info_put(out, &record, sizeof(record));
}

/* --- The call --- */

static const struct topic {
    int (*tell)(struct object *object, struct info_out *out);
    keel_obj_type_t type;
    keel_rights_t rights;
    size_t single; /* bytes of a topic's one record; 0: it has any number, or none */
} topics[] = {
    [KEEL_INFO_HANDLE_VALID] = {handle_valid, 0, 0, 0},
    [KEEL_INFO_HANDLE_BASIC] = {handle_basic, 0, 0, sizeof(keel_info_handle_basic_t)},
    [KEEL_INFO_PROCESS] = {process, KEEL_OBJ_TYPE_PROCESS, KEEL_RIGHT_INSPECT,
                           sizeof(keel_info_process_t)},
    [KEEL_INFO_PROCESS_THREADS] = {info_process_threads, KEEL_OBJ_TYPE_PROCESS,
                                   KEEL_RIGHT_ENUMERATE, 0},
    [KEEL_INFO_VMAR] = {vmar, KEEL_OBJ_TYPE_VMAR, KEEL_RIGHT_INSPECT, sizeof(keel_info_vmar_t)},
    [KEEL_INFO_JOB_CHILDREN] = {info_job_children, KEEL_OBJ_TYPE_JOB, KEEL_RIGHT_ENUMERATE, 0},
    [KEEL_INFO_JOB_PROCESSES] = {info_job_processes, KEEL_OBJ_TYPE_JOB, KEEL_RIGHT_ENUMERATE, 0},
    [KEEL_INFO_THREAD] = {thread, KEEL_OBJ_TYPE_THREAD, KEEL_RIGHT_INSPECT,
                          sizeof(keel_info_thread_t)},
    [KEEL_INFO_TASK_STATS] = {task_stats, KEEL_OBJ_TYPE_PROCESS, KEEL_RIGHT_INSPECT,
                              sizeof(keel_info_task_stats_t)},
    [KEEL_INFO_PROCESS_MAPS] = {info_process_maps, KEEL_OBJ_TYPE_PROCESS, KEEL_RIGHT_INSPECT, 0},
    [KEEL_INFO_PROCESS_VMOS] = {info_process_vmos, KEEL_OBJ_TYPE_PROCESS, KEEL_RIGHT_INSPECT, 0},
    [KEEL_INFO_THREAD_STATS] = {thread_stats, KEEL_OBJ_TYPE_THREAD, KEEL_RIGHT_INSPECT,
                                sizeof(keel_info_thread_stats_t)},
    [KEEL_INFO_CPU_STATS] = {info_cpu_stats, KEEL_OBJ_TYPE_RESOURCE, 0, 0},
    [KEEL_INFO_KMEM_STATS] = {kmem_stats, KEEL_OBJ_TYPE_RESOURCE, 0,
                              sizeof(keel_info_kmem_stats_t)},
    [KEEL_INFO_HANDLE_COUNT] = {handle_count, 0, KEEL_RIGHT_INSPECT,
                                sizeof(keel_info_handle_count_t)},
    [KEEL_INFO_PROCESS_HANDLE_STATS] = {handle_stats, KEEL_OBJ_TYPE_PROCESS, KEEL_RIGHT_INSPECT,
                                        sizeof(keel_info_process_handle_stats_t)},
    [KEEL_INFO_VMO] = {vmo, KEEL_OBJ_TYPE_VMO, KEEL_RIGHT_INSPECT, sizeof(keel_info_vmo_t)},
    [KEEL_INFO_JOB] = {job, KEEL_OBJ_TYPE_JOB, KEEL_RIGHT_INSPECT, sizeof(keel_info_job_t)},
    [KEEL_INFO_HANDLE_TABLE] = {info_handle_table, KEEL_OBJ_TYPE_PROCESS,
                                KEEL_RIGHT_INSPECT | KEEL_RIGHT_MANAGE_PROCESS, 0},
    [KEEL_INFO_TASK_RUNTIME] = {task_runtime, 0, KEEL_RIGHT_INSPECT,
                                sizeof(keel_info_task_runtime_t)},
    [KEEL_INFO_PROCESS_FAULT] = {process_fault, KEEL_OBJ_TYPE_PROCESS, KEEL_RIGHT_INSPECT,
                                 sizeof(keel_info_process_fault_t)},
};

/* Writes a count to where the caller wants it. */
static int tell_count(uint64_t __user *to, uint64_t count)
{
    return to ? user_copy_out(to, &count, sizeof(count)) : 0;
}

static int64_t tell(const struct topic *topic, struct object *object, struct info_out *out)
{
    if (topic->type == KEEL_OBJ_TYPE_RESOURCE) {
        int err = resource_check(object, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_INFO_BASE, 1);

        if (err != 0) {
            return err;
        }
    }
    if (topic->single > out->room) {
        out->avail = 1;
        return -ERANGE;
    }
    return topic->tell(object, out);
}

int64_t sys_object_get_info(keel_handle_t handle, uint32_t topic, void __user *buffer,
                            size_t buffer_size, uint64_t __user *actual, uint64_t __user *avail)
{
    struct info_out out = {.buffer = buffer, .room = buffer_size};
    bool known = topic < ARRAY_SIZE(topics) && topics[topic].tell;
    struct object *object;
    int64_t err;

    err = handle_get_rights(process_handles(), handle, known ? topics[topic].type : 0,
                            known ? topics[topic].rights : 0, &object, &out.rights);
    if (err != 0) {
        return err;
    }
    err = known ? tell(&topics[topic], object, &out) : -EINVAL;
    object_put(object);
    if ((err == 0 || err == -ERANGE) &&
        (tell_count(actual, out.actual) != 0 || tell_count(avail, out.avail) != 0)) {
        return -EFAULT;
    }
    return err;
}

/* A child by its koid, with a reference. */
static int find_child(struct object *parent, keel_koid_t koid, struct object **out)
{
    if (object_type(parent) == KEEL_OBJ_TYPE_JOB) {
        *out = job_find(parent, koid);
    } else if (object_type(parent) == KEEL_OBJ_TYPE_PROCESS) {
        *out = process_find_thread(process_of(parent), koid);
    } else {
        return -ENOTTY;
    }
    return *out ? 0 : -ENOENT;
}

int64_t sys_object_get_child(keel_handle_t handle, uint64_t koid, uint32_t rights,
                             uint32_t __user *out)
{
    struct object *parent, *child = NULL;
    keel_rights_t has;
    int64_t err =
        handle_get_rights(process_handles(), handle, 0, KEEL_RIGHT_ENUMERATE, &parent, &has);

    if (err != 0) {
        return err;
    }
    err = find_child(parent, koid, &child);
    object_put(parent);
    if (err != 0) {
        return err;
    }
    if (object_type(child) == KEEL_OBJ_TYPE_THREAD && (has & KEEL_RIGHT_MANAGE_THREAD) != 0) {
        has |= KEEL_RIGHT_SUSPEND | KEEL_RIGHT_RESUME; /* which processes' handles do not have */
    }
    has &= child->ops->rights;
    if (rights != KEEL_RIGHT_SAME_RIGHTS && (rights & ~has) != 0) {
        err = -EINVAL;
    } else {
        object_open(child);
        err = syscall_give_rights(child, rights == KEEL_RIGHT_SAME_RIGHTS ? has : rights, out);
    }
    object_put(child);
    return err;
}
