/* SPDX-License-Identifier: MIT */
/* What object_get_info tells: records, counts, rights; and children by their koids. */
#include "user_stage.h"

#include <keel/errno.h>
#include <keel/info.h>
#include <keel/job_object.h>
#include <keel/ktest.h>
#include <keel/resource_object.h>
#include <keel/syscall_numbers.h>
#include <keel/vmo_object.h>

#define ACTUAL 400u /* words of the data where counts go */
#define AVAIL  401u

static struct user_stage stage;
static keel_handle_t root, self, vmo;

static uint64_t at(unsigned index)
{
    return user_stage_at(&stage, index);
}

static uint64_t word(unsigned index)
{
    return user_stage_word(&stage, index);
}

static bool open_stage(void)
{
    struct object *object;
    struct vmo *memory;

    if (!user_stage_make(&stage, 0) || job_create_root(&object) != 0) {
        return false;
    }
    root = user_stage_enter(&stage, object, KEEL_DEFAULT_JOB_RIGHTS);
    object_open(process_object(stage.process));
    self = user_stage_enter(&stage, process_object(stage.process), KEEL_DEFAULT_PROCESS_RIGHTS);
    KTEST_EXPECT(vmo_create(2 * PAGE_SIZE, 0, &memory) == 0);
    KTEST_EXPECT(vmo_object_create(memory, NULL, &object) == 0);
    vmo_object_set_name(object, "memory");
    vmo = user_stage_enter(&stage, object, KEEL_DEFAULT_VMO_RIGHTS);
    user_stage_become(&stage);
    return true;
}

/* The handles go with the process, which is never started. */
static void close_stage(void)
{
    user_stage_return(&stage);
    process_kill(stage.process);
    user_stage_free(&stage);
}

static int64_t ask(keel_handle_t handle, uint32_t topic, uint64_t size)
{
    return CALL(object_get_info, handle, topic, at(0), size, at(ACTUAL), at(AVAIL));
}

/* The counts of the last answer. */
static bool counted(uint64_t actual, uint64_t avail)
{
    return word(ACTUAL) == actual && word(AVAIL) == avail;
}

KTEST(user_info_of_one_record)
{
    static const struct {
        uint32_t topic;
        size_t size;
    } of_process[] = {{KEEL_INFO_HANDLE_BASIC, sizeof(keel_info_handle_basic_t)},
                      {KEEL_INFO_HANDLE_COUNT, sizeof(keel_info_handle_count_t)},
                      {KEEL_INFO_PROCESS, sizeof(keel_info_process_t)},
                      {KEEL_INFO_TASK_STATS, sizeof(keel_info_task_stats_t)},
                      {KEEL_INFO_TASK_RUNTIME, sizeof(keel_info_task_runtime_t)},
                      {KEEL_INFO_PROCESS_HANDLE_STATS, sizeof(keel_info_process_handle_stats_t)}};

    KTEST_REQUIRE(open_stage());
    for (unsigned i = 0; i < ARRAY_SIZE(of_process); i++) {
        KTEST_EXPECT(ask(self, of_process[i].topic, of_process[i].size) == 0 && counted(1, 1));
        KTEST_EXPECT(ask(self, of_process[i].topic, of_process[i].size - 1) == -ERANGE);
        KTEST_EXPECT(counted(0, 1));
    }
    KTEST_EXPECT(ask(self, KEEL_INFO_HANDLE_VALID, 0) == 0 && counted(0, 0));
    KTEST_EXPECT(ask(2, KEEL_INFO_HANDLE_VALID, 0) == -EBADF);
    KTEST_EXPECT(ask(self, 0, 8) == -EINVAL && ask(self, 1000, 8) == -EINVAL);
    KTEST_EXPECT(ask(root, KEEL_INFO_PROCESS, 64) == -ENOTTY);
    KTEST_EXPECT(ask(root, KEEL_INFO_PROCESS_FAULT, 512) == -ENOTTY);
    KTEST_EXPECT(ask(self, KEEL_INFO_PROCESS_FAULT, 512) == -ENOENT);
    KTEST_EXPECT(ask(root, KEEL_INFO_TASK_RUNTIME, 64) == -ENOTTY);
    KTEST_EXPECT(CALL(object_get_info, self, KEEL_INFO_PROCESS, 8, 64, 0, 0) == -EFAULT);
    KTEST_EXPECT(CALL(object_get_info, self, KEEL_INFO_PROCESS, at(0), 64, 0, 0) == 0);
    KTEST_EXPECT(CALL(object_get_info, self, KEEL_INFO_PROCESS, at(0), 64, 8, 0) == -EFAULT);
    KTEST_EXPECT(ask(self, KEEL_INFO_HANDLE_BASIC, 64) == 0);
    KTEST_EXPECT(word(0) == process_object(stage.process)->koid);
    KTEST_EXPECT(word(1) == (KEEL_DEFAULT_PROCESS_RIGHTS | UINT64_C(1) << 32));
    close_stage();
}

KTEST(user_info_of_memory)
{
    keel_info_maps_t map;
    keel_info_vmo_t info;
    uint64_t maps;

    KTEST_REQUIRE(open_stage());
    KTEST_EXPECT(ask(vmo, KEEL_INFO_VMO, sizeof(info)) == 0);
    user_stage_get(&stage, 0, &info, sizeof(info));
    KTEST_EXPECT(info.size_bytes == 2 * PAGE_SIZE && info.committed_bytes == 0);
    KTEST_EXPECT(info.name[0] == 'm' && info.num_mappings == 0 && info.koid != 0);
    /* The vDSO and its clock, programs, stacks, data: none of them fits, two do. */
    KTEST_EXPECT(ask(self, KEEL_INFO_PROCESS_MAPS, sizeof(map) - 1) == 0);
    maps = word(AVAIL);
    KTEST_EXPECT(maps == 5 && word(ACTUAL) == 0);
    KTEST_EXPECT(ask(self, KEEL_INFO_PROCESS_MAPS, 2 * sizeof(map) + 1) == 0 && counted(2, maps));
    KTEST_EXPECT(ask(self, KEEL_INFO_PROCESS_MAPS, 10 * sizeof(map)) == 0 && counted(maps, maps));
    user_stage_get(&stage, 2 * sizeof(map), &map, sizeof(map));
    KTEST_EXPECT(map.base % PAGE_SIZE == 0 && map.size != 0);
    KTEST_EXPECT(ask(self, KEEL_INFO_PROCESS_VMOS, 10 * sizeof(info)) == 0 &&
                 counted(maps + 1, maps + 1));
    KTEST_EXPECT(ask(self, KEEL_INFO_HANDLE_TABLE, 10 * sizeof(keel_info_handle_table_t)) == 0 &&
                 counted(3, 3));
    KTEST_EXPECT((keel_handle_t)word(0) == root);
    close_stage();
}

KTEST(user_info_of_the_machine)
{
    struct object *object;
    keel_handle_t all;

    KTEST_REQUIRE(open_stage());
    KTEST_EXPECT(resource_create_root(&object) == 0);
    all = user_stage_enter(&stage, object, KEEL_DEFAULT_RESOURCE_RIGHTS);
    KTEST_EXPECT(ask(all, KEEL_INFO_KMEM_STATS, sizeof(keel_info_kmem_stats_t)) == 0);
    KTEST_EXPECT(word(0) > word(1) && word(1) > 0);
    KTEST_EXPECT(ask(all, KEEL_INFO_CPU_STATS, 64 * sizeof(keel_info_cpu_stats_t)) == 0);
    KTEST_EXPECT(word(ACTUAL) == word(AVAIL) &&
                 (int64_t)word(AVAIL) >= CALL(system_get_num_cpus, 0));
    KTEST_EXPECT(ask(vmo, KEEL_INFO_KMEM_STATS, 64) == -ENOTTY);
    close_stage();
}

KTEST(user_info_finds_children)
{
    keel_handle_t job, child;
    uint64_t koid;

    KTEST_REQUIRE(open_stage());
    KTEST_EXPECT(CALL(job_create, root, 0, at(0)) == 0);
    job = (keel_handle_t)word(0);
    KTEST_EXPECT(CALL(process_create, root, at(8), 5, 0, at(0), at(1)) == 0);
    child = (keel_handle_t)word(0);
    KTEST_EXPECT(ask(root, KEEL_INFO_JOB_PROCESSES, 0) == 0 && counted(0, 1));
    KTEST_EXPECT(ask(root, KEEL_INFO_JOB_CHILDREN, 8) == 0 && counted(1, 1));
    koid = word(0);
    KTEST_EXPECT(ask(job, KEEL_INFO_HANDLE_BASIC, 64) == 0 && word(0) == koid);
    KTEST_EXPECT(CALL(object_get_child, root, koid, KEEL_RIGHT_SAME_RIGHTS, at(0)) == 0);
    KTEST_EXPECT(ask((keel_handle_t)word(0), KEEL_INFO_JOB, 64) == 0);
    KTEST_EXPECT(CALL(object_get_child, root, koid, KEEL_RIGHT_SUSPEND, at(0)) == -EINVAL);
    KTEST_EXPECT(CALL(object_get_child, root, 1, KEEL_RIGHT_SAME_RIGHTS, at(0)) == -ENOENT);
    KTEST_EXPECT(CALL(object_get_child, vmo, koid, 0, at(0)) == -EACCES);
    KTEST_EXPECT(ask(root, KEEL_INFO_JOB_PROCESSES, 8) == 0 && counted(1, 1));
    koid = word(0);
    KTEST_EXPECT(CALL(object_get_child, root, koid, KEEL_RIGHT_INSPECT, at(0)) == 0);
    KTEST_EXPECT(ask((keel_handle_t)word(0), KEEL_INFO_PROCESS, 64) == 0);
    KTEST_EXPECT(CALL(thread_create, child, at(8), 5, 0, at(0)) == 0);
    KTEST_EXPECT(ask((keel_handle_t)word(0), KEEL_INFO_THREAD, 8) == 0 && word(0) == 0);
    KTEST_EXPECT(CALL(thread_create, child, at(8), 5, 0, at(0)) == 0);
    KTEST_EXPECT(ask((keel_handle_t)word(0), KEEL_INFO_THREAD_STATS, 64) == 0);
    KTEST_EXPECT(ask(child, KEEL_INFO_PROCESS_THREADS, 64) == 0 && counted(0, 0));
    close_stage();
}
