/* SPDX-License-Identifier: MIT */
/* What objects tell of themselves: information, properties, children. */
#include "../objects.h"
#include "workers.h"

#include <keel/runtime.h>
#include <keel/syscall_numbers.h>
#include <string.h>

/* One record of a topic. */
#define INFO(handle, topic, record) \
    keel_object_get_info(handle, topic, record, sizeof(*(record)), NULL, NULL)

static keel_info_handle_basic_t basic(keel_handle_t handle)
{
    keel_info_handle_basic_t info = {0};

    EXPECT_EQ(INFO(handle, KEEL_INFO_HANDLE_BASIC, &info), 0);
    return info;
}

static keel_handle_t new_job(void)
{
    keel_handle_t job = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_job_create(root_job(), 0, &job), 0);
    return job;
}

/* A resource for nothing but one thing of the system. */
static keel_handle_t system_resource(uint64_t base)
{
    struct keel_rsrc_name name = {"test"};
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_SYSTEM, base, 1, &name, &handle),
              0);
    return handle;
}

/* Whether a topic of koids lists one; how many there are. */
static bool lists(keel_handle_t handle, uint32_t topic, keel_koid_t koid, uint64_t *count)
{
    keel_koid_t koids[64];
    uint64_t actual = 0;
    bool found = false;

    EXPECT_EQ(keel_object_get_info(handle, topic, koids, sizeof(koids), &actual, count), 0);
    for (uint64_t i = 0; i < actual; i++) {
        found |= koids[i] == koid;
    }
    return found;
}

/* --- Handles --- */

UTEST(info_handle_valid)
{
    keel_handle_t event = new_event(), bare = with_rights(event, KEEL_RIGHT_NONE);

    EXPECT_EQ(keel_object_get_info(event, KEEL_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), 0);
    EXPECT_EQ(keel_object_get_info(bare, KEEL_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), 0);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_object_get_info(bare, KEEL_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), -EBADF);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_handle_basic)
{
    keel_handle_t event = new_event(), waiter = with_rights(event, KEEL_RIGHT_WAIT);
    keel_info_handle_basic_t first = basic(event), second = basic(waiter);

    EXPECT(first.type == KEEL_OBJ_TYPE_EVENT && first.rights == KEEL_DEFAULT_EVENT_RIGHTS);
    EXPECT(second.type == KEEL_OBJ_TYPE_EVENT && second.rights == KEEL_RIGHT_WAIT);
    EXPECT(first.koid == second.koid && first.koid != KEEL_KOID_INVALID);
    EXPECT_EQ(first.related_koid, KEEL_KOID_INVALID);
    EXPECT_EQ(keel_handle_close(waiter), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_handle_basic_of_every_type)
{
    for (keel_obj_type_t type = 1; type < KEEL_OBJ_TYPE_LIMIT; type++) {
        keel_handle_t handle = make_object(type);

        if (handle != KEEL_HANDLE_INVALID) {
            keel_info_handle_basic_t info = basic(handle);

            EXPECT_EQ(info.type, type);
            EXPECT_EQ(info.rights, rights_of_new(type));
        }
        close_object(handle);
    }
}

UTEST(info_peers_know_each_other)
{
    struct ends channel = new_channel(), pair = new_eventpair();

    EXPECT_EQ(basic(channel.one).related_koid, basic(channel.other).koid);
    EXPECT_EQ(basic(channel.other).related_koid, basic(channel.one).koid);
    EXPECT_EQ(basic(pair.one).related_koid, basic(pair.other).koid);
    close_ends(channel);
    close_ends(pair);
}

UTEST(info_koids_are_used_once)
{
    keel_koid_t last = 0;

    for (unsigned i = 0; i < 200; i++) {
        keel_handle_t event = new_event();
        keel_koid_t koid = basic(event).koid;

        EXPECT(koid > last || i == 0);
        last = koid;
        EXPECT_EQ(keel_handle_close(event), 0);
    }
}

UTEST(info_handles_are_counted)
{
    keel_handle_t event = new_event(), second = with_rights(event, ANY_RIGHTS);
    keel_info_handle_count_t info = {0};

    EXPECT_EQ(INFO(event, KEEL_INFO_HANDLE_COUNT, &info), 0);
    EXPECT_EQ(info.handle_count, 2);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(INFO(event, KEEL_INFO_HANDLE_COUNT, &info), 0);
    EXPECT_EQ(info.handle_count, 1);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_handle_in_flight_counts)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event(), second = with_rights(event, ANY_RIGHTS);
    keel_info_handle_count_t info = {0};

    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, &second, 1), 0);
    EXPECT_EQ(INFO(event, KEEL_INFO_HANDLE_COUNT, &info), 0);
    EXPECT_EQ(info.handle_count, 2);
    close_ends(ends);
    EXPECT_EQ(INFO(event, KEEL_INFO_HANDLE_COUNT, &info), 0);
    EXPECT_EQ(info.handle_count, 1);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_handle_table_lists_a_handle)
{
    static keel_info_handle_table_t table[256];
    keel_handle_t event = new_event();
    keel_koid_t koid = basic(event).koid;
    uint64_t actual = 0, avail = 0;
    unsigned found = 0;

    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_HANDLE_TABLE, table, sizeof(table), &actual, &avail),
        0);
    EXPECT(actual == avail && actual > 1);
    for (uint64_t i = 0; i < actual; i++) {
        found += table[i].handle == event && table[i].koid == koid &&
                 table[i].type == KEEL_OBJ_TYPE_EVENT &&
                 table[i].rights == KEEL_DEFAULT_EVENT_RIGHTS;
    }
    EXPECT_EQ(found, 1);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_handle_stats_count_by_type)
{
    keel_info_process_handle_stats_t before = {0}, after = {0};
    keel_handle_t port;

    EXPECT_EQ(INFO(self(), KEEL_INFO_PROCESS_HANDLE_STATS, &before), 0);
    port = new_port();
    EXPECT_EQ(INFO(self(), KEEL_INFO_PROCESS_HANDLE_STATS, &after), 0);
    EXPECT_EQ(after.handle_count[KEEL_OBJ_TYPE_PORT], before.handle_count[KEEL_OBJ_TYPE_PORT] + 1);
    EXPECT_EQ(after.handle_count[KEEL_OBJ_TYPE_EVENT], before.handle_count[KEEL_OBJ_TYPE_EVENT]);
    EXPECT_EQ(keel_handle_close(port), 0);
}

/* --- Tasks --- */

UTEST(info_process_tells_its_life)
{
    struct child child = new_child(root_job());
    keel_info_process_t info = {.flags = 9};

    EXPECT_EQ(INFO(child.process, KEEL_INFO_PROCESS, &info), 0);
    EXPECT(info.flags == 0 && info.threads == 0);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, 0, 42), 0);
    wait_for_end(child.process);
    EXPECT_EQ(INFO(child.process, KEEL_INFO_PROCESS, &info), 0);
    EXPECT_EQ(info.flags, KEEL_INFO_PROCESS_FLAG_STARTED | KEEL_INFO_PROCESS_FLAG_EXITED);
    EXPECT_EQ(info.return_code, 42);
    end_child(child);
}

UTEST(info_process_tells_how_it_ended)
{
    struct child killed = new_child(root_job()), faulted = new_child(root_job());
    keel_info_process_t info = {0};

    EXPECT_EQ(keel_process_start(killed.process, killed.thread, killed.spin, 0, 0, 0), 0);
    EXPECT_EQ(keel_task_kill(killed.process), 0);
    wait_for_end(killed.process);
    EXPECT_EQ(INFO(killed.process, KEEL_INFO_PROCESS, &info), 0);
    EXPECT((info.flags & KEEL_INFO_PROCESS_FLAG_KILLED) != 0);
    EXPECT((info.flags & KEEL_INFO_PROCESS_FLAG_FAULTED) == 0);
    EXPECT_EQ(keel_process_start(faulted.process, faulted.thread, PAGE, 0, 0, 0), 0);
    wait_for_end(faulted.process);
    EXPECT_EQ(INFO(faulted.process, KEEL_INFO_PROCESS, &info), 0);
    EXPECT((info.flags & KEEL_INFO_PROCESS_FLAG_KILLED) == 0);
    EXPECT((info.flags & KEEL_INFO_PROCESS_FLAG_FAULTED) != 0);
    end_child(killed);
    end_child(faulted);
}

UTEST(info_threads_are_listed_while_they_run)
{
    struct child child = new_child(root_job());
    keel_koid_t koid = basic(child.thread).koid;
    uint64_t count = 9;

    EXPECT_EQ(basic(child.thread).related_koid, basic(child.process).koid);
    EXPECT(!lists(child.process, KEEL_INFO_PROCESS_THREADS, koid, &count));
    EXPECT_EQ(count, 0);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
    EXPECT(lists(child.process, KEEL_INFO_PROCESS_THREADS, koid, &count));
    EXPECT_EQ(count, 1);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    EXPECT(!lists(child.process, KEEL_INFO_PROCESS_THREADS, koid, &count));
    end_child(child);
}

UTEST(info_thread_states)
{
    struct child child = new_child(root_job());
    struct child_call call = {KEEL_SYS_nanosleep, {(uint64_t)FOREVER}, 0};
    keel_info_thread_t info = {.state = 99};

    EXPECT_EQ(INFO(child.thread, KEEL_INFO_THREAD, &info), 0);
    EXPECT_EQ(info.state, KEEL_THREAD_STATE_NEW);
    EXPECT_EQ(start_call(&child, &call, KEEL_HANDLE_INVALID), 0);
    EXPECT(await_blocked(child.thread));
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.thread);
    EXPECT_EQ(INFO(child.thread, KEEL_INFO_THREAD, &info), 0);
    EXPECT_EQ(info.state, KEEL_THREAD_STATE_DEAD);
    end_child(child);
}

UTEST(info_running_thread_is_charged)
{
    struct child child = new_child(root_job());
    keel_info_thread_stats_t stats = {0};
    keel_info_task_runtime_t thread = {0}, process = {0};

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
    for (unsigned i = 0; i < 10000 && (stats.total_runtime == 0 || process.cpu_time == 0); i++) {
        keel_nanosleep(keel_clock_get_monotonic() + MS);
        EXPECT_EQ(INFO(child.thread, KEEL_INFO_THREAD_STATS, &stats), 0);
        EXPECT_EQ(INFO(child.process, KEEL_INFO_TASK_RUNTIME, &process), 0);
    }
    EXPECT_EQ(INFO(child.thread, KEEL_INFO_TASK_RUNTIME, &thread), 0);
    EXPECT(stats.total_runtime > 0 && process.cpu_time > 0 && thread.cpu_time > 0);
    EXPECT(stats.last_scheduled_cpu < 64);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    end_child(child);
}

UTEST(info_runtime_is_of_tasks)
{
    keel_info_task_runtime_t runtime;
    keel_handle_t event = new_event();

    EXPECT_EQ(INFO(event, KEEL_INFO_TASK_RUNTIME, &runtime), -ENOTTY);
    EXPECT_EQ(INFO(root_job(), KEEL_INFO_TASK_RUNTIME, &runtime), -ENOTTY);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_job_counts_what_is_in_it)
{
    keel_handle_t job = new_job(), inner;
    struct child child = new_child(job);
    keel_info_job_t info = {0};

    EXPECT_EQ(keel_job_create(job, 0, &inner), 0);
    EXPECT_EQ(INFO(job, KEEL_INFO_JOB, &info), 0);
    EXPECT(info.killed == 0 && info.jobs == 1 && info.processes == 1);
    EXPECT_EQ(keel_task_kill(job), 0);
    wait_for_end(job);
    EXPECT_EQ(INFO(job, KEEL_INFO_JOB, &info), 0);
    EXPECT(info.killed == 1 && info.jobs == 0 && info.processes == 0);
    end_child(child);
    EXPECT_EQ(keel_handle_close(inner), 0);
    EXPECT_EQ(keel_handle_close(job), 0);
}

UTEST(info_job_lists_what_is_in_it)
{
    keel_handle_t job = new_job(), inner;
    struct child child = new_child(job);
    uint64_t count = 0;

    EXPECT_EQ(keel_job_create(job, 0, &inner), 0);
    EXPECT(lists(job, KEEL_INFO_JOB_CHILDREN, basic(inner).koid, &count));
    EXPECT_EQ(count, 1);
    EXPECT(lists(job, KEEL_INFO_JOB_PROCESSES, basic(child.process).koid, &count));
    EXPECT_EQ(count, 1);
    EXPECT_EQ(basic(inner).related_koid, basic(job).koid);
    EXPECT_EQ(basic(child.process).related_koid, basic(job).koid);
    end_child(child);
    EXPECT_EQ(keel_handle_close(inner), 0);
    EXPECT(!lists(job, KEEL_INFO_JOB_CHILDREN, 1, &count));
    EXPECT_EQ(count, 0);
    EXPECT_EQ(keel_handle_close(job), 0);
}

UTEST(info_list_is_cut_where_room_ends)
{
    keel_handle_t job = new_job(), inner[3];
    keel_koid_t koids[3] = {0, 0, 7};
    uint64_t actual = 0, avail = 0;

    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(keel_job_create(job, 0, &inner[i]), 0);
    }
    EXPECT_EQ(keel_object_get_info(job, KEEL_INFO_JOB_CHILDREN, koids, 2 * sizeof(*koids) + 7,
                                   &actual, &avail),
              0);
    EXPECT(actual == 2 && avail == 3 && koids[1] != 0 && koids[2] == 7);
    EXPECT_EQ(keel_object_get_info(job, KEEL_INFO_JOB_CHILDREN, NULL, 0, &actual, &avail), 0);
    EXPECT(actual == 0 && avail == 3);
    EXPECT_EQ(keel_handle_close_many(inner, 3), 0);
    EXPECT_EQ(keel_handle_close(job), 0);
}

/* --- Memory --- */

UTEST(info_vmo)
{
    keel_handle_t vmo = new_vmo(3 * PAGE, KEEL_VMO_RESIZABLE), child;
    keel_info_vmo_t info = {0};

    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_COMMIT, 0, 2 * PAGE, NULL, 0), 0);
    EXPECT_EQ(keel_object_set_property(vmo, KEEL_PROP_NAME, "paper", 5), 0);
    EXPECT_EQ(keel_vmo_create_child(vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE, &child), 0);
    EXPECT_EQ(INFO(vmo, KEEL_INFO_VMO, &info), 0);
    EXPECT(info.koid == basic(vmo).koid && info.parent_koid == 0 && info.num_children == 1);
    EXPECT(info.size_bytes == 3 * PAGE && info.committed_bytes == 2 * PAGE);
    EXPECT_EQ(info.flags, KEEL_INFO_VMO_RESIZABLE | KEEL_INFO_VMO_VIA_HANDLE);
    EXPECT(info.handle_rights == basic(vmo).rights && info.num_mappings == 0);
    EXPECT(strcmp(info.name, "paper") == 0);
    EXPECT_EQ(INFO(child, KEEL_INFO_VMO, &info), 0);
    EXPECT(info.parent_koid == basic(vmo).koid && info.size_bytes == PAGE);
    EXPECT_EQ(keel_handle_close(child), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(info_vmar)
{
    keel_info_vmar_t info = {0};
    keel_handle_t vmar;
    uint64_t base;

    EXPECT_EQ(keel_vmar_allocate(root_vmar(), KEEL_VM_CAN_MAP_READ, 0, 5 * PAGE, &vmar, &base), 0);
    EXPECT_EQ(INFO(vmar, KEEL_INFO_VMAR, &info), 0);
    EXPECT(info.base == base && info.len == 5 * PAGE);
    EXPECT_EQ(keel_vmar_destroy(vmar), 0);
    EXPECT_EQ(keel_handle_close(vmar), 0);
}

UTEST(info_mappings_are_listed)
{
    static keel_info_maps_t maps[128];
    struct child child = new_child(root_job());
    keel_koid_t koid = basic(child.memory).koid;
    uint64_t actual = 0, avail = 0;
    unsigned found = 0;

    EXPECT_EQ(keel_object_get_info(child.process, KEEL_INFO_PROCESS_MAPS, maps, sizeof(maps),
                                   &actual, &avail),
              0);
    EXPECT(actual == avail && actual >= 2);
    for (uint64_t i = 0; i < actual; i++) {
        found += maps[i].base == child.base && maps[i].size == CHILD_MEMORY &&
                 maps[i].vmo_koid == koid && maps[i].vmo_offset == 0 &&
                 maps[i].permissions == (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE);
        EXPECT(i == 0 || maps[i].base >= maps[i - 1].base + maps[i - 1].size);
    }
    EXPECT_EQ(found, 1);
    end_child(child);
}

UTEST(info_vmos_are_listed_by_handle_and_by_mapping)
{
    static keel_info_vmo_t vmos[256];
    keel_handle_t vmo = new_vmo(PAGE, 0);
    int64_t at = keel_vmar_map(root_vmar(), KEEL_VM_PERM_READ, 0, vmo, 0, PAGE);
    keel_koid_t koid = basic(vmo).koid;
    uint64_t actual = 0;
    uint32_t ways = 0;

    REQUIRE(at > 0);
    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_PROCESS_VMOS, vmos, sizeof(vmos), &actual, NULL), 0);
    for (uint64_t i = 0; i < actual; i++) {
        if (vmos[i].koid == koid) {
            ways |= vmos[i].flags;
            EXPECT_EQ(vmos[i].num_mappings, 1);
        }
    }
    EXPECT_EQ(ways, KEEL_INFO_VMO_VIA_HANDLE | KEEL_INFO_VMO_VIA_MAP);
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), (uint64_t)at, PAGE), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(info_task_stats_follow_mappings)
{
    struct child child = new_child(root_job());
    keel_handle_t vmo = new_vmo(7 * PAGE, 0);
    keel_info_task_stats_t before = {0}, after = {0};

    EXPECT_EQ(INFO(child.process, KEEL_INFO_TASK_STATS, &before), 0);
    EXPECT(keel_vmar_map(child.vmar, KEEL_VM_PERM_READ, 0, vmo, 0, 7 * PAGE) > 0);
    EXPECT_EQ(keel_vmo_op_range(vmo, KEEL_VMO_OP_COMMIT, 0, 2 * PAGE, NULL, 0), 0);
    EXPECT_EQ(INFO(child.process, KEEL_INFO_TASK_STATS, &after), 0);
    EXPECT_EQ(after.mem_mapped_bytes, before.mem_mapped_bytes + 7 * PAGE);
    EXPECT_EQ(after.mem_private_bytes, before.mem_private_bytes + 2 * PAGE);
    EXPECT_EQ(keel_handle_close(vmo), 0);
    end_child(child);
}

/* --- The machine --- */

UTEST(info_of_cpus)
{
    keel_handle_t info = system_resource(KEEL_RSRC_SYSTEM_INFO_BASE);
    static keel_info_cpu_stats_t cpus[64];
    uint64_t actual = 0;
    unsigned online = 0;

    EXPECT_EQ(keel_object_get_info(info, KEEL_INFO_CPU_STATS, cpus, sizeof(cpus), &actual, NULL),
              0);
    for (uint64_t i = 0; i < actual; i++) {
        EXPECT_EQ(cpus[i].cpu_number, i);
        online += cpus[i].flags & 1;
    }
    EXPECT_EQ(online, keel_system_get_num_cpus());
    EXPECT(cpus[0].context_switches > 0);
    EXPECT_EQ(keel_handle_close(info), 0);
}

UTEST(info_of_kernel_memory)
{
    keel_handle_t info = system_resource(KEEL_RSRC_SYSTEM_INFO_BASE);
    keel_info_kmem_stats_t stats = {0};

    EXPECT_EQ(INFO(info, KEEL_INFO_KMEM_STATS, &stats), 0);
    EXPECT(stats.free_bytes > 0 && stats.free_bytes < stats.total_bytes);
    EXPECT(stats.total_bytes <= keel_system_get_physmem());
    EXPECT(stats.heap_used_bytes > 0 && stats.heap_used_bytes <= stats.heap_bytes);
    EXPECT(stats.objects > 0 && stats.page_table_bytes > 0);
    EXPECT_EQ(keel_handle_close(info), 0);
}

UTEST(info_of_the_machine_needs_its_resource)
{
    keel_handle_t power = system_resource(KEEL_RSRC_SYSTEM_POWER_BASE), mmio;
    struct keel_rsrc_name name = {"test"};
    keel_info_kmem_stats_t stats;

    EXPECT_EQ(keel_resource_create(root_resource(), KEEL_RSRC_KIND_MMIO, 0, 16, &name, &mmio), 0);
    EXPECT_EQ(INFO(power, KEEL_INFO_KMEM_STATS, &stats), -ERANGE);
    EXPECT_EQ(INFO(power, KEEL_INFO_CPU_STATS, &stats), -ERANGE);
    EXPECT_EQ(INFO(mmio, KEEL_INFO_KMEM_STATS, &stats), -ENOTTY);
    EXPECT_EQ(INFO(self(), KEEL_INFO_KMEM_STATS, &stats), -ENOTTY);
    EXPECT_EQ(keel_handle_close(mmio), 0);
    EXPECT_EQ(keel_handle_close(power), 0);
}

/* --- What is refused --- */

UTEST(info_topics_are_known)
{
    char room[256];

    EXPECT_EQ(keel_object_get_info(self(), 0, room, sizeof(room), NULL, NULL), -EINVAL);
    EXPECT_EQ(keel_object_get_info(self(), 5, room, sizeof(room), NULL, NULL), -EINVAL);
    EXPECT_EQ(keel_object_get_info(self(), UINT32_MAX, room, sizeof(room), NULL, NULL), -EINVAL);
}

UTEST(info_topic_is_of_its_type)
{
    keel_handle_t event = new_event();
    char room[256];

    EXPECT_EQ(keel_object_get_info(event, KEEL_INFO_PROCESS, room, sizeof(room), NULL, NULL),
              -ENOTTY);
    EXPECT_EQ(keel_object_get_info(event, KEEL_INFO_VMO, room, sizeof(room), NULL, NULL), -ENOTTY);
    EXPECT_EQ(keel_object_get_info(self(), KEEL_INFO_THREAD, room, sizeof(room), NULL, NULL),
              -ENOTTY);
    EXPECT_EQ(keel_object_get_info(self(), KEEL_INFO_JOB, room, sizeof(room), NULL, NULL), -ENOTTY);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(info_needs_rights)
{
    keel_handle_t waiter = with_rights(self(), KEEL_RIGHT_WAIT);
    keel_handle_t inspector = with_rights(self(), KEEL_RIGHT_INSPECT);
    keel_info_handle_basic_t info;
    char room[256];

    EXPECT_EQ(keel_object_get_info(waiter, KEEL_INFO_PROCESS, room, sizeof(room), NULL, NULL),
              -EACCES);
    EXPECT_EQ(keel_object_get_info(waiter, KEEL_INFO_HANDLE_COUNT, room, sizeof(room), NULL, NULL),
              -EACCES);
    EXPECT_EQ(INFO(waiter, KEEL_INFO_HANDLE_BASIC, &info), 0);
    EXPECT_EQ(keel_object_get_info(inspector, KEEL_INFO_PROCESS, room, sizeof(room), NULL, NULL),
              0);
    EXPECT_EQ(
        keel_object_get_info(inspector, KEEL_INFO_PROCESS_THREADS, room, sizeof(room), NULL, NULL),
        -EACCES);
    EXPECT_EQ(
        keel_object_get_info(inspector, KEEL_INFO_HANDLE_TABLE, room, sizeof(room), NULL, NULL),
        -EACCES);
    EXPECT_EQ(keel_handle_close(waiter), 0);
    EXPECT_EQ(keel_handle_close(inspector), 0);
}

UTEST(info_record_fits_or_is_not_told)
{
    keel_info_process_t info = {.flags = 77};
    uint64_t actual = 9, avail = 9;

    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_PROCESS, &info, sizeof(info) - 1, &actual, &avail),
        -ERANGE);
    EXPECT(actual == 0 && avail == 1 && info.flags == 77);
    EXPECT_EQ(keel_object_get_info(self(), KEEL_INFO_PROCESS, &info, sizeof(info), &actual, &avail),
              0);
    EXPECT(actual == 1 && avail == 1 && info.flags == KEEL_INFO_PROCESS_FLAG_STARTED);
}

UTEST(info_to_nowhere)
{
    keel_info_process_t info;

    EXPECT_EQ(keel_object_get_info(self(), KEEL_INFO_PROCESS, NO_POINTER, sizeof(info), NULL, NULL),
              -EFAULT);
    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_PROCESS, KERNEL_POINTER, sizeof(info), NULL, NULL),
        -EFAULT);
    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_PROCESS, &info, sizeof(info), NO_POINTER, NULL),
        -EFAULT);
    EXPECT_EQ(
        keel_object_get_info(self(), KEEL_INFO_PROCESS, &info, sizeof(info), NULL, KERNEL_POINTER),
        -EFAULT);
}

/* --- Children --- */

UTEST(child_is_found_by_its_koid)
{
    keel_handle_t job = new_job(), inner, found;
    struct child child = new_child(job);

    EXPECT_EQ(keel_job_create(job, 0, &inner), 0);
    EXPECT_EQ(keel_object_get_child(job, basic(inner).koid, ANY_RIGHTS, &found), 0);
    EXPECT_EQ(basic(found).koid, basic(inner).koid);
    EXPECT_EQ(keel_handle_close(found), 0);
    EXPECT_EQ(keel_object_get_child(job, basic(child.process).koid, KEEL_RIGHT_WAIT, &found), 0);
    EXPECT(basic(found).koid == basic(child.process).koid &&
           basic(found).rights == KEEL_RIGHT_WAIT);
    EXPECT_EQ(keel_handle_close(found), 0);
    end_child(child);
    EXPECT_EQ(keel_handle_close(inner), 0);
    EXPECT_EQ(keel_handle_close(job), 0);
}

UTEST(child_thread_is_found_while_it_runs)
{
    struct child child = new_child(root_job());
    keel_koid_t koid = basic(child.thread).koid;
    keel_handle_t found;

    EXPECT_EQ(keel_object_get_child(child.process, koid, ANY_RIGHTS, &found), -ENOENT);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
    EXPECT_EQ(keel_object_get_child(child.process, koid, ANY_RIGHTS, &found), 0);
    EXPECT(basic(found).koid == koid && basic(found).type == KEEL_OBJ_TYPE_THREAD);
    EXPECT_EQ(keel_handle_close(found), 0);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    EXPECT_EQ(keel_object_get_child(child.process, koid, ANY_RIGHTS, &found), -ENOENT);
    end_child(child);
}

UTEST(child_is_of_its_parent)
{
    keel_handle_t job = new_job(), event = new_event(), found;

    EXPECT_EQ(keel_object_get_child(job, basic(self()).koid, ANY_RIGHTS, &found), -ENOENT);
    EXPECT_EQ(keel_object_get_child(job, basic(job).koid, ANY_RIGHTS, &found), -ENOENT);
    EXPECT_EQ(keel_object_get_child(job, 0, ANY_RIGHTS, &found), -ENOENT);
    EXPECT_EQ(keel_object_get_child(job, UINT64_MAX, ANY_RIGHTS, &found), -ENOENT);
    EXPECT_EQ(keel_object_get_child(event, 1, ANY_RIGHTS, &found), -EACCES); /* no ENUMERATE */
    EXPECT_EQ(keel_object_get_child(BAD_HANDLE, 1, ANY_RIGHTS, &found), -EBADF);
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(job), 0);
}

UTEST(child_has_no_more_rights_than_its_parent)
{
    keel_handle_t job = new_job(), inner, found;
    keel_handle_t bare = with_rights(job, KEEL_RIGHT_ENUMERATE | KEEL_RIGHT_WAIT);
    keel_handle_t blind = with_rights(job, KEEL_RIGHT_WAIT);
    keel_koid_t koid;

    EXPECT_EQ(keel_job_create(job, 0, &inner), 0);
    koid = basic(inner).koid;
    EXPECT_EQ(keel_object_get_child(bare, koid, KEEL_RIGHT_DESTROY, &found), -EINVAL);
    EXPECT_EQ(keel_object_get_child(blind, koid, ANY_RIGHTS, &found), -EACCES);
    EXPECT_EQ(keel_object_get_child(bare, koid, ANY_RIGHTS, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_object_get_child(bare, koid, ANY_RIGHTS, &found), 0);
    EXPECT_EQ(basic(found).rights, KEEL_RIGHT_ENUMERATE | KEEL_RIGHT_WAIT);
    EXPECT_EQ(keel_task_kill(found), -EACCES);
    EXPECT_EQ(keel_handle_close(found), 0);
    EXPECT_EQ(keel_handle_close(inner), 0);
    EXPECT_EQ(keel_handle_close(blind), 0);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(job), 0);
}

/* --- Properties --- */

UTEST(property_name_of_every_kind)
{
    static const keel_obj_type_t types[] = {KEEL_OBJ_TYPE_JOB, KEEL_OBJ_TYPE_PROCESS,
                                            KEEL_OBJ_TYPE_THREAD, KEEL_OBJ_TYPE_VMO};
    char name[KEEL_MAX_NAME_LEN];

    for (unsigned i = 0; i < 4; i++) {
        keel_handle_t handle = make_object(types[i]);

        EXPECT_EQ(keel_object_set_property(handle, KEEL_PROP_NAME, "nomen", 5), 0);
        memset(name, 'x', sizeof(name));
        EXPECT_EQ(keel_object_get_property(handle, KEEL_PROP_NAME, name, sizeof(name)), 0);
        EXPECT(strcmp(name, "nomen") == 0 && name[KEEL_MAX_NAME_LEN - 1] == 0);
        EXPECT_EQ(keel_object_set_property(handle, KEEL_PROP_NAME, NULL, 0), 0);
        EXPECT_EQ(keel_object_get_property(handle, KEEL_PROP_NAME, name, sizeof(name)), 0);
        EXPECT_EQ(name[0], 0);
        close_object(handle);
    }
}

UTEST(property_needs_rights)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), bare = with_rights(vmo, KEEL_RIGHT_READ);
    char name[KEEL_MAX_NAME_LEN];

    EXPECT_EQ(keel_object_get_property(bare, KEEL_PROP_NAME, name, sizeof(name)), -EACCES);
    EXPECT_EQ(keel_object_set_property(bare, KEEL_PROP_NAME, "a", 1), -EACCES);
    EXPECT_EQ(keel_object_set_property(vmo, KEEL_PROP_NAME, NO_POINTER, 4), -EFAULT);
    EXPECT_EQ(keel_object_get_property(vmo, KEEL_PROP_NAME, NO_POINTER, 32), -EFAULT);
    EXPECT_EQ(keel_object_set_property(vmo, KEEL_PROP_NAME, name, 4097), -EINVAL);
    EXPECT_EQ(keel_object_set_property(vmo, 5, "a", 1), -EINVAL);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(property_register_is_of_the_calling_thread)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), thread;
    uint64_t base = 0;

    EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &thread), 0);
    EXPECT_EQ(keel_object_set_property(vmo, KEEL_PROP_REGISTER_FS, &base, sizeof(base)), -ENOTTY);
    EXPECT_EQ(keel_object_set_property(thread, KEEL_PROP_REGISTER_FS, &base, sizeof(base)),
              -EACCES);
    EXPECT_EQ(keel_object_get_property(thread, KEEL_PROP_REGISTER_FS, &base, sizeof(base)),
              -EINVAL);
    EXPECT_EQ(keel_handle_close(thread), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

struct fs_results {
    int cut, nowhere, done;
    uint64_t base;
};

static void set_own_fs(uint64_t results, uint64_t own)
{
    struct fs_results *r = (struct fs_results *)results;
    keel_handle_t thread = *(const keel_handle_t *)own;

    r->cut = keel_object_set_property(thread, KEEL_PROP_REGISTER_FS, &r->base, 7);
    r->nowhere = keel_object_set_property(thread, KEEL_PROP_REGISTER_FS, NO_POINTER, 8);
    r->done = keel_object_set_property(thread, KEEL_PROP_REGISTER_FS, &r->base, 8);
    keel_thread_exit();
}

UTEST(property_register_is_set_where_there_is_one)
{
    struct fs_results results = {.base = 0};
    struct worker worker;

    REQUIRE(start_worker(&worker, set_own_fs, (uint64_t)&results, (uint64_t)&worker.thread));
    join_worker(&worker);
    EXPECT_EQ(results.cut, -ERANGE);
    EXPECT_EQ(results.nowhere, -EFAULT);
#if defined(__x86_64__)
    EXPECT_EQ(results.done, 0);
#else
    EXPECT_EQ(results.done, -ENOTSUP);
#endif
}
