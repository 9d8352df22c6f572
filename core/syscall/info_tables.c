/* SPDX-License-Identifier: MIT */
/* Information of many records. On the calling thread, no lock held between records: what comes and goes
 * meanwhile may be in it or not. */
#include "info.h"

#include <keel/aspace.h>
#include <keel/heap.h>
#include <keel/job_object.h>
#include <keel/memory.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/vm.h>
#include <keel/vmo.h>
#include <keel/vmo_object.h>

#define KOIDS_MAX 65536u

int info_put(struct info_out *out, const void *record, size_t size)
{
    size_t at = out->actual * size;

    if (process_is_ending()) {
        return -ECANCELED;
    }
    if (out->actual == out->avail && size <= out->room - at) {
        if (user_copy_out(out->buffer + at, record, size) != 0) {
            return -EFAULT;
        }
        out->actual++;
    }
    out->avail++;
    return 0;
}

/* --- Koids --- */

typedef size_t list_fn(struct object *object, keel_koid_t *koids, size_t room);

static size_t list_threads(struct object *object, keel_koid_t *koids, size_t room)
{
    return process_threads(process_of(object), koids, room);
}

static size_t list_jobs(struct object *object, keel_koid_t *koids, size_t room)
{
    return job_children(object, true, koids, room);
}

static size_t list_processes(struct object *object, keel_koid_t *koids, size_t room)
{
    return job_children(object, false, koids, room);
}

/* As many as there is room for, taken all at once. */
static int put_koids(struct object *object, struct info_out *out, list_fn *list)
{
    size_t asked = MIN(out->room / sizeof(keel_koid_t), KOIDS_MAX);
    size_t room = MIN(asked, list(object, NULL, 0));
    keel_koid_t *koids = room != 0 ? kmalloc(room * sizeof(*koids)) : NULL;
    int err = 0;

    if (room != 0 && !koids) {
        return -ENOMEM;
    }
    out->avail = list(object, koids, room);
    out->actual = MIN(out->avail, room);
    if (out->actual != 0) {
        err = user_copy_out(out->buffer, koids, out->actual * sizeof(*koids));
    }
    kfree(koids);
    return err;
}

int info_process_threads(struct object *object, struct info_out *out)
{
    return put_koids(object, out, list_threads);
}

int info_job_children(struct object *object, struct info_out *out)
{
    return put_koids(object, out, list_jobs);
}

int info_job_processes(struct object *object, struct info_out *out)
{
    return put_koids(object, out, list_processes);
}

/* --- Memory --- */

void info_of_vmo(struct vmo *vmo, uint32_t flags, keel_rights_t rights, keel_info_vmo_t *out)
{
    struct vmo_object_info known;
    struct vmo_stats stats;

    vmo_get_stats(vmo, &stats);
    vmo_object_info(vmo, &known);
    *out = (keel_info_vmo_t){
        .koid = known.koid,
        .parent_koid = known.parent,
        .size_bytes = stats.size,
        .committed_bytes = stats.committed,
        .num_children = known.children,
        .num_mappings = stats.mappings,
        .share_count = vmo_share_count(vmo),
        .flags = flags | (vmo_is_resizable(vmo) ? KEEL_INFO_VMO_RESIZABLE : 0),
        .handle_rights = rights,
        .cache_policy = (uint32_t)vmo_cache_policy(vmo),
    };
    memcpy(out->name, known.name, sizeof(out->name));
}

static uint32_t permissions(uint32_t flags)
{
    return ((flags & VM_READ) != 0 ? KEEL_VM_PERM_READ : 0) |
           ((flags & VM_WRITE) != 0 ? KEEL_VM_PERM_WRITE : 0) |
           ((flags & VM_EXEC) != 0 ? KEEL_VM_PERM_EXECUTE : 0);
}

static int put_mapping(struct info_out *out, const struct aspace_place *place)
{
    struct vmo_object_info known;
    keel_info_maps_t record = {.base = place->base,
                               .size = place->size,
                               .permissions = permissions(place->flags),
                               .vmo_offset = place->vmo_offset};

    vmo_object_info(place->vmo, &known);
    record.vmo_koid = known.koid;
    memcpy(record.name, known.name, sizeof(record.name));
    return info_put(out, &record, sizeof(record));
}

static int put_mapped_vmo(struct info_out *out, const struct aspace_place *place)
{
    keel_info_vmo_t record;

    info_of_vmo(place->vmo, KEEL_INFO_VMO_VIA_MAP, 0, &record);
    return info_put(out, &record, sizeof(record));
}

/* For all mappings, by address. */
static int each_mapping(struct object *object, struct info_out *out,
                        int (*put)(struct info_out *out, const struct aspace_place *place))
{
    struct aspace *as = process_space(process_of(object));
    struct aspace_place place = {0};
    int err = 0;

    while (err == 0 && aspace_next(as, place.base + place.size, &place)) {
        err = put(out, &place);
        vmo_unref(place.vmo);
    }
    return err;
}

int info_process_maps(struct object *object, struct info_out *out)
{
    return each_mapping(object, out, put_mapping);
}

/* Puts what is behind each handle of a process. */
static int each_handle(struct object *process, struct info_out *out,
                       int (*put)(keel_handle_t handle, struct loose_handle loose,
                                  struct info_out *out))
{
    struct handle_table *table = process_table(process_of(process));
    struct loose_handle loose;
    keel_handle_t handle;
    uint32_t place = 0;
    int err = 0;

    while (err == 0 && handle_next_in_table(table, &place, &handle, &loose)) {
        err = put(handle, loose, out);
        object_put(loose.object);
    }
    return err;
}

static int put_held_vmo(keel_handle_t handle, struct loose_handle loose, struct info_out *out)
{
    keel_info_vmo_t record;

    (void)handle;
    if (object_type(loose.object) != KEEL_OBJ_TYPE_VMO) {
        return 0;
    }
    info_of_vmo(vmo_object_memory(loose.object), KEEL_INFO_VMO_VIA_HANDLE, loose.rights, &record);
    return info_put(out, &record, sizeof(record));
}

int info_process_vmos(struct object *object, struct info_out *out)
{
    int err = each_handle(object, out, put_held_vmo);

    return err != 0 ? err : each_mapping(object, out, put_mapped_vmo);
}

/* --- Handles and CPUs --- */

static int put_handle(keel_handle_t handle, struct loose_handle loose, struct info_out *out)
{
    keel_info_handle_table_t record = {.handle = handle,
                                       .rights = loose.rights,
                                       .type = object_type(loose.object),
                                       .koid = loose.object->koid};

    return info_put(out, &record, sizeof(record));
}

int info_handle_table(struct object *object, struct info_out *out)
{
    return each_handle(object, out, put_handle);
}

int info_cpu_stats(struct object *object, struct info_out *out)
{
    cpumask_t online = cpu_online();
    int err = 0;

    (void)object;
    for (unsigned cpu = 0; err == 0 && cpu < CPUS_MAX && online >> cpu != 0; cpu++) {
        keel_info_cpu_stats_t record = {.cpu_number = cpu, .flags = cpumask_has(online, cpu)};

        sched_cpu_times(cpu, &record.idle_time, &record.context_switches);
        err = info_put(out, &record, sizeof(record));
    }
    return err;
}
