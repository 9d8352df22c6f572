/* SPDX-License-Identifier: MIT */
/*
 * Every allocation that a system call makes fails once, for every call that the table has: the call says -ENOMEM
 * or does without, what it worked on is as before, once there is memory it succeeds, and in the end every object,
 * page and block is back. A call without a recipe here, or a reason why there is none, fails the test.
 */
#include "user_stage.h"

#include <keel/channel_object.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/info.h>
#include <keel/interrupt.h>
#include <keel/job_object.h>
#include <keel/ktest.h>
#include <keel/log_record.h>
#include <keel/memory.h>
#include <keel/object_signal.h>
#include <keel/objects.h>
#include <keel/packet.h>
#include <keel/pmm.h>
#include <keel/property.h>
#include <keel/resource_object.h>
#include <keel/string.h>
#include <keel/syscall.h>
#include <keel/syscall_numbers.h>
#include <keel/uaccess.h>
#include <keel/vm.h>
#include <keel/vmar_object.h>
#include <keel/vmo_object.h>

#define NTH_MAX   60u
#define CHUNK     256u /* slots by which a table of handles grows */
#define PATIENCE  (60 * NS_PER_SEC)
#define U0        KEEL_USER_SIGNAL_0
#define READ      KEEL_VM_PERM_READ
#define WRITE     KEEL_VM_PERM_WRITE
#define PAGES     8u
#define NO_HANDLE KEEL_HANDLE_INVALID

/* What lies in the process's memory. */
struct memory {
    keel_handle_t out[2];
    keel_handle_t sent[2], got[2];
    uint32_t word, other_word;
    uint64_t number[2];
    struct keel_channel_call_args call, large_call, reply;
    struct keel_channel_buffer buffer;
    struct keel_wait_item items[6];
    keel_port_packet_t packet;
    keel_log_record_t record;
    keel_rsrc_name_t name;
    char bytes[512];
};

/* What calls work on: a process with one of everything, and no room in its table of handles; another process
 * with the programs, which was not started. */
struct ground {
    struct user_stage stage;
    uint64_t objects;
    keel_handle_t root, job, event, event_two, pair[2], channel[2], port, timer;
    keel_handle_t vmo, child, plain, code;
    keel_handle_t vmar, region, process, process_vmar, thread, own, own_thread, interrupt, log;
    uint64_t base, mapped, entry;
    keel_handle_t reserved[CHUNK];
    unsigned reserved_count;
    struct process *other;
};

/* What must not change. */
struct picture {
    uint64_t objects, signals, mapped, there, sizes, committed;
    uint32_t handles, handles_there;
};

struct recipe {
    unsigned number;
    const char *variant;
    int64_t (*run)(struct ground *g);
    int64_t wanted;                    /* SOME: anything above 0 */
    void (*prepare)(struct ground *g); /* NULL: the ground will do */
    bool partial;                      /* pages that it got before the failure stay */
};

#define SOME       INT64_MAX
#define AT(member) (g->stage.data + offsetof(struct memory, member))

static struct ground the_ground;

/* --- The ground --- */

static void put(virt_addr_t at, const void *bytes, size_t size)
{
    KTEST_EXPECT(user_copy_out(user_pointer(at), bytes, size) == 0);
}

static keel_handle_t handle_at(virt_addr_t at)
{
    keel_handle_t handle = NO_HANDLE;

    KTEST_EXPECT(user_copy_in(&handle, user_pointer(at), sizeof(handle)) == 0);
    return handle;
}

/* The handle that a call has just given. */
static keel_handle_t made(struct ground *g, int64_t result)
{
    KTEST_EXPECT(result == 0);
    return handle_at(AT(out[0]));
}

static keel_handle_t second(struct ground *g)
{
    return handle_at(AT(out[1]));
}

/* Objects that no call gives. */
static void enter_roots(struct ground *g)
{
    struct vm_region *space = aspace_root(process_space(g->stage.process));
    struct object *object;

    KTEST_EXPECT(resource_create_root(&object) == 0);
    g->root = user_stage_enter(&g->stage, object, KEEL_DEFAULT_RESOURCE_RIGHTS);
    KTEST_EXPECT(job_create_root(&object) == 0);
    g->job = user_stage_enter(&g->stage, object, KEEL_DEFAULT_JOB_RIGHTS);
    KTEST_EXPECT(vmar_object_create(space, VMAR_CAN_ALL, &object) == 0);
    region_ref(space);
    g->vmar = user_stage_enter(&g->stage, object, vmar_object_rights(object));
    object = process_object(g->stage.process);
    object_open(object);
    g->own = user_stage_enter(&g->stage, object, KEEL_DEFAULT_PROCESS_RIGHTS);
}

static void make_objects(struct ground *g)
{
    g->event = made(g, CALL(event_create, 0, AT(out[0])));
    g->event_two = made(g, CALL(event_create, 0, AT(out[0])));
    g->pair[0] = made(g, CALL(eventpair_create, 0, AT(out[0]), AT(out[1])));
    g->pair[1] = second(g);
    g->channel[0] = made(g, CALL(channel_create, 0, AT(out[0]), AT(out[1])));
    g->channel[1] = second(g);
    g->port = made(g, CALL(port_create, 0, AT(out[0])));
    g->timer = made(g, CALL(timer_create, 0, 0, AT(out[0])));
    g->interrupt = made(g, CALL(interrupt_create, 0, 0, KEEL_INTERRUPT_VIRTUAL, AT(out[0])));
    g->log = made(g, CALL(debuglog_create, g->root, KEEL_LOG_FLAG_READABLE, AT(out[0])));
}

/* An object with pages that it shares with a copy, mapped as a whole. */
static void make_memory(struct ground *g)
{
    size_t size = (size_t)(user_programs_end - user_programs);

    g->code = made(g, CALL(vmo_create, size, 0, AT(out[0])));
    KTEST_EXPECT(CALL(vmo_replace_as_executable, g->code, 0, AT(out[0])) == 0);
    g->vmo = made(g, CALL(vmo_create, PAGES * PAGE_SIZE, KEEL_VMO_RESIZABLE, AT(out[0])));
    for (uint64_t i = 0; i < PAGES; i += 2) {
        KTEST_EXPECT(CALL(vmo_write, g->vmo, AT(bytes), i * PAGE_SIZE, 8) == 0);
    }
    g->plain = made(g, CALL(vmo_create, PAGE_SIZE, 0, AT(out[0])));
    g->child = made(g, CALL(vmo_create_child, g->vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGES * PAGE_SIZE,
                            AT(out[0])));
    g->region =
        made(g, CALL(vmar_allocate, g->vmar,
                     KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | KEEL_VM_CAN_MAP_SPECIFIC, 0,
                     64 * PAGE_SIZE, AT(out[0]), AT(number[0])));
    KTEST_EXPECT(user_copy_in(&g->base, user_pointer(AT(number[0])), sizeof(g->base)) == 0);
    g->mapped = (uint64_t)CALL(vmar_map, g->region, READ | WRITE | KEEL_VM_MAP_RANGE, 0, g->vmo, 0,
                               PAGES * PAGE_SIZE);
    KTEST_EXPECT((int64_t)g->mapped > 0);
}

static void make_tasks(struct ground *g)
{
    size_t size = (size_t)(user_programs_end - user_programs), done;
    struct object *object = NULL;

    KTEST_EXPECT(handle_get(process_table(g->stage.process), g->code, 0, 0, &object) == 0);
    KTEST_EXPECT(vmo_write(vmo_object_memory(object), user_programs, 0, size, &done) == 0);
    object_put(object);
    g->process = made(g, CALL(process_create, g->job, AT(bytes), 4, 0, AT(out[0]), AT(out[1])));
    g->process_vmar = second(g);
    g->entry = (uint64_t)CALL(vmar_map, g->process_vmar,
                              READ | KEEL_VM_PERM_EXECUTE | KEEL_VM_MAP_RANGE, 0, g->code, 0, size);
    KTEST_EXPECT((int64_t)g->entry > 0);
    g->thread = made(g, CALL(thread_create, g->process, AT(bytes), 4, 0, AT(out[0])));
    g->own_thread = made(g, CALL(thread_create, g->own, AT(bytes), 4, 0, AT(out[0])));
    KTEST_EXPECT(handle_get(process_table(g->stage.process), g->process, 0, 0, &object) == 0);
    g->other = process_of(object);
    process_ref(g->other);
    object_put(object);
}

/* Structures that calls read. */
static void fill_memory(struct ground *g)
{
    static struct memory memory;

    memory = (struct memory){.sent = {g->event_two},
                             .name = {"swept"},
                             .packet = {.key = 1},
                             .buffer = {.bytes = (void *)AT(bytes),
                                        .handles = (void *)AT(got),
                                        .num_bytes = 512,
                                        .num_handles = 2}};
    memory.call = (struct keel_channel_call_args){.wr_bytes = (void *)AT(bytes),
                                                  .rd_bytes = (void *)AT(bytes),
                                                  .wr_num_bytes = 8,
                                                  .rd_num_bytes = 8};
    memory.large_call = memory.call;
    memory.large_call.wr_num_bytes = 300;
    memory.large_call.wr_handles = (void *)AT(sent);
    memory.large_call.wr_num_handles = 1;
    memory.reply = memory.large_call;
    for (unsigned i = 0; i < ARRAY_SIZE(memory.items); i++) {
        memory.items[i] = (struct keel_wait_item){.handle = g->event, .waitfor = U0};
    }
    put(g->stage.data, &memory, sizeof(memory));
}

/* Takes all places of the table that there are, so that the next handle makes it grow. */
static void fill_table(struct ground *g)
{
    struct handle_table *table = process_table(g->stage.process);

    g->reserved_count = CHUNK - handle_table_count(table) % CHUNK;
    KTEST_EXPECT(handle_reserve(table, g->reserved, g->reserved_count) == 0);
}

static bool open_ground(struct ground *g)
{
    *g = (struct ground){.objects = object_count()};
    if (!user_stage_make(&g->stage, PROCESS_MAY_DEBUG)) {
        return false;
    }
    enter_roots(g);
    user_stage_become(&g->stage);
    fill_memory(g);
    make_objects(g);
    make_memory(g);
    make_tasks(g);
    fill_memory(g); /* with handles that there are now */
    return true;
}

/* Everything is back, a moment after the last thread that was killed has left. */
static bool close_ground(struct ground *g)
{
    struct handle_table *table = process_table(g->stage.process);
    uint64_t patience = clock_ns() + PATIENCE;

    handle_unreserve(table, g->reserved, g->reserved_count);
    process_kill(g->other);
    process_unref(g->other);
    user_stage_return(&g->stage);
    while (handle_table_close(table, 64)) {
    }
    process_kill(g->stage.process);
    user_stage_free(&g->stage);
    while (object_count() != g->objects && clock_ns() < patience) {
        thread_sleep(NS_PER_MS / 10);
    }
    return object_count() == g->objects;
}

/* --- Pictures --- */

static void look_at(struct object *object, struct picture *out)
{
    struct vmo_stats stats;

    out->signals = out->signals * 31 + object_signals(object);
    if (object_type(object) == KEEL_OBJ_TYPE_VMO) {
        vmo_get_stats(vmo_object_memory(object), &stats);
        out->sizes = out->sizes * 31 + stats.size + stats.mappings + stats.children;
        out->committed += stats.committed;
    }
}

static void take_picture(struct ground *g, struct picture *out)
{
    struct handle_table *table = process_table(g->stage.process);
    struct loose_handle loose;
    keel_handle_t handle;
    uint32_t place = 0;

    *out = (struct picture){.objects = object_count(),
                            .handles = handle_table_count(table),
                            .handles_there = handle_table_count(process_table(g->other)),
                            .mapped = aspace_mapped(process_space(g->stage.process)),
                            .there = aspace_mapped(process_space(g->other))};
    while (handle_next_in_table(table, &place, &handle, &loose)) {
        look_at(loose.object, out);
        object_put(loose.object);
    }
}

static bool same_picture(const struct picture *a, const struct picture *b, bool partial)
{
    return a->objects == b->objects && a->signals == b->signals && a->mapped == b->mapped &&
           a->there == b->there && a->sizes == b->sizes && a->handles == b->handles &&
           a->handles_there == b->handles_there && (partial || a->committed == b->committed);
}

/* --- Preparations --- */

static void send_something(struct ground *g)
{
    KTEST_EXPECT(CALL(channel_write, g->channel[1], 0, AT(bytes), 100, AT(sent), 1) == 0);
}

static void queue_something(struct ground *g)
{
    KTEST_EXPECT(CALL(port_queue, g->port, AT(packet)) == 0);
}

static void wait_async(struct ground *g)
{
    KTEST_EXPECT(CALL(object_wait_async, g->event, g->port, 1, U0, 0) == 0);
}

static void bind(struct ground *g)
{
    KTEST_EXPECT(CALL(interrupt_bind, g->interrupt, g->port, 1, KEEL_INTERRUPT_BIND) == 0);
}

static void trigger(struct ground *g)
{
    KTEST_EXPECT(CALL(interrupt_trigger, g->interrupt, 0, 1) == 0);
}

static void bind_and_trigger(struct ground *g)
{
    bind(g);
    trigger(g);
}

/* Whether the first thread of a process waits in a call. */
static bool is_blocked(struct process *process)
{
    struct user_thread_info info = {.blocked = false};
    keel_koid_t koid = KEEL_KOID_INVALID;
    struct object *thread;

    (void)process_threads(process, &koid, 1);
    thread = process_find_thread(process, koid);
    if (thread) {
        user_thread_get_info(user_thread_of(thread), &info);
        object_put(thread);
    }
    return info.blocked;
}

/* A thread of the stage's process sleeps, so that it is one that was started. It has all its memory then. */
static void start_own(struct ground *g)
{
    uint64_t patience = clock_ns() + PATIENCE;

    (void)user_stage_start(&g->stage, user_sleep, g->stage.data, 0, NULL);
    while (!is_blocked(g->stage.process) && clock_ns() < patience) {
        thread_sleep(NS_PER_MS / 10);
    }
    KTEST_EXPECT(is_blocked(g->stage.process));
}

static uint64_t own_code(const struct ground *g, const char *program)
{
    return g->stage.code + (uint64_t)(program - user_programs);
}

static uint64_t their_code(const struct ground *g, const char *program)
{
    return g->entry + (uint64_t)(program - user_programs);
}

/* --- Recipes --- */

/* The calls about suspended threads, where the table has them. */
#ifdef KEEL_SYS_task_suspend
#define SUSPEND_RECIPES(WHOLE)                                                    \
    WHOLE(task_suspend, thread, 0, NULL, g->thread, AT(out[0]))                   \
    WHOLE(task_suspend, process, 0, NULL, g->process, AT(out[0]))                 \
    WHOLE(thread_read_state, running, -EBUSY, NULL, g->thread, 0, AT(bytes), 512) \
    WHOLE(thread_write_state, running, -EBUSY, NULL, g->thread, 0, AT(bytes), 512)
#else
#define SUSPEND_RECIPES(WHOLE)
#endif

/* call, variant, what success gives, preparation, arguments; PARTIAL() are those of which pages may stay. */
#define RECIPES(WHOLE, PARTIAL)                                                                    \
    WHOLE(syscall_test_0, plain, 0, NULL, 0)                                                       \
    WHOLE(syscall_test_6, plain, 21, NULL, 1, 2, 3, 4, 5, 6)                                       \
    WHOLE(clock_get_monotonic, plain, SOME, NULL, 0)                                               \
    WHOLE(nanosleep, plain, 0, NULL, 0)                                                            \
    WHOLE(thread_legacy_yield, plain, 0, NULL, 0)                                                  \
    WHOLE(debug_write, nothing, 0, NULL, AT(bytes), 0)                                             \
    WHOLE(debug_read, no_time, -ETIMEDOUT, NULL, g->root, AT(bytes), 8, 0)                         \
    WHOLE(handle_close, plain, 0, NULL, g->event_two)                                              \
    WHOLE(handle_close, vmo, 0, NULL, g->vmo)                                                      \
    WHOLE(handle_close, process, 0, NULL, g->process)                                              \
    WHOLE(handle_close_many, plain, 0, NULL, AT(sent), 1)                                          \
    WHOLE(handle_duplicate, plain, 0, NULL, g->event, KEEL_RIGHT_SAME_RIGHTS, AT(out[0]))          \
    WHOLE(handle_replace, plain, 0, NULL, g->event_two, KEEL_RIGHT_WAIT, AT(out[0]))               \
    WHOLE(object_wait_one, plain, -ETIMEDOUT, NULL, g->event, U0, 0, AT(word))                     \
    WHOLE(object_wait_many, few, -ETIMEDOUT, NULL, AT(items), 2, 0)                                \
    WHOLE(object_wait_many, many, -ETIMEDOUT, NULL, AT(items), 6, 0)                               \
    WHOLE(object_wait_async, plain, 0, NULL, g->event, g->port, 1, U0, 0)                          \
    WHOLE(object_signal, plain, 0, NULL, g->event, 0, U0)                                          \
    WHOLE(object_signal, watched, 0, wait_async, g->event, 0, U0)                                  \
    WHOLE(object_signal_peer, plain, 0, NULL, g->pair[0], 0, U0)                                   \
    WHOLE(object_get_info, basic, 0, NULL, g->event, KEEL_INFO_HANDLE_BASIC, AT(bytes), 512,       \
          AT(number[0]), AT(number[1]))                                                            \
    WHOLE(object_get_info, koids, 0, NULL, g->job, KEEL_INFO_JOB_PROCESSES, AT(bytes), 512,        \
          AT(number[0]), AT(number[1]))                                                            \
    WHOLE(object_get_info, maps, 0, NULL, g->own, KEEL_INFO_PROCESS_MAPS, AT(bytes), 512, 0, 0)    \
    WHOLE(object_get_info, vmos, 0, NULL, g->own, KEEL_INFO_PROCESS_VMOS, AT(bytes), 512, 0, 0)    \
    WHOLE(object_get_info, handles, 0, NULL, g->own, KEEL_INFO_HANDLE_TABLE, AT(bytes), 512, 0, 0) \
    WHOLE(object_get_property, name, 0, NULL, g->vmo, KEEL_PROP_NAME, AT(bytes), 32)               \
    WHOLE(object_set_property, name, 0, NULL, g->vmo, KEEL_PROP_NAME, AT(bytes), 8)                \
    WHOLE(task_kill, process, 0, NULL, g->process)                                                 \
    WHOLE(task_kill, job, 0, NULL, g->job)                                                         \
    WHOLE(object_get_child, process, 0, NULL, g->job, process_object(g->other)->koid,              \
          KEEL_RIGHT_SAME_RIGHTS, AT(out[0]))                                                      \
    WHOLE(channel_create, plain, 0, NULL, 0, AT(out[0]), AT(out[1]))                               \
    WHOLE(channel_write, small, 0, NULL, g->channel[0], 0, AT(bytes), 8, 0, 0)                     \
    WHOLE(channel_write, large, 0, NULL, g->channel[0], 0, AT(bytes), 500, AT(sent), 1)            \
    WHOLE(channel_read, with_handle, 0, send_something, g->channel[0], 0, AT(buffer))              \
    WHOLE(channel_call, small, -ETIMEDOUT, NULL, g->channel[0], 0, 0, AT(call))                    \
    WHOLE(channel_call, large, -ETIMEDOUT, NULL, g->channel[0], 0, 0, AT(large_call))              \
    WHOLE(channel_reply_wait, reply, -ETIMEDOUT, NULL, g->channel[0], 0, 0, AT(reply))             \
    WHOLE(event_create, plain, 0, NULL, 0, AT(out[0]))                                             \
    WHOLE(eventpair_create, plain, 0, NULL, 0, AT(out[0]), AT(out[1]))                             \
    WHOLE(port_create, plain, 0, NULL, 0, AT(out[0]))                                              \
    WHOLE(port_queue, plain, 0, NULL, g->port, AT(packet))                                         \
    WHOLE(port_wait, plain, 0, queue_something, g->port, 0, AT(packet))                            \
    WHOLE(port_cancel, plain, 0, wait_async, g->port, g->event, 1)                                 \
    WHOLE(timer_create, plain, 0, NULL, KEEL_TIMER_SLACK_LATE, 0, AT(out[0]))                      \
    WHOLE(timer_set, plain, 0, NULL, g->timer, KEEL_TIME_INFINITE, 0)                              \
    WHOLE(timer_cancel, plain, 0, NULL, g->timer)                                                  \
    WHOLE(futex_wait, no_time, -ETIMEDOUT, NULL, AT(word), 0, g->own_thread, 0)                    \
    WHOLE(futex_wake, plain, 0, NULL, AT(word), 1)                                                 \
    WHOLE(futex_requeue, plain, 0, NULL, AT(word), 1, 0, AT(other_word), 1, NO_HANDLE)             \
    WHOLE(futex_wake_single_owner, plain, 0, NULL, AT(word))                                       \
    WHOLE(futex_get_owner, plain, 0, NULL, AT(word), AT(number[0]))                                \
    WHOLE(vmo_create, plain, 0, NULL, 3 * PAGE_SIZE, 0, AT(out[0]))                                \
    WHOLE(vmo_read, plain, 0, NULL, g->child, AT(bytes), PAGE_SIZE - 8, 100)                       \
    PARTIAL(vmo_write, fresh, 0, NULL, g->vmo, AT(bytes), 2 * PAGE_SIZE - 8, 100)                  \
    PARTIAL(vmo_write, shared, 0, NULL, g->child, AT(bytes), PAGE_SIZE - 8, 100)                   \
    WHOLE(vmo_get_size, plain, 0, NULL, g->vmo, AT(number[0]))                                     \
    WHOLE(vmo_set_size, larger, 0, NULL, g->vmo, 5000 * PAGE_SIZE)                                 \
    WHOLE(vmo_set_size, smaller, 0, NULL, g->vmo, PAGE_SIZE)                                       \
    PARTIAL(vmo_op_range, commit, 0, NULL, g->child, KEEL_VMO_OP_COMMIT, 0, PAGES *PAGE_SIZE, 0,   \
            0)                                                                                     \
    PARTIAL(vmo_op_range, decommit, 0, NULL, g->child, KEEL_VMO_OP_DECOMMIT, 0, 4 * PAGE_SIZE, 0,  \
            0)                                                                                     \
    PARTIAL(vmo_op_range, zero, 0, NULL, g->child, KEEL_VMO_OP_ZERO, 100, 3 * PAGE_SIZE, 0, 0)     \
    WHOLE(vmo_op_range, clean, 0, NULL, g->vmo, KEEL_VMO_OP_CACHE_CLEAN, 0, PAGE_SIZE, 0, 0)       \
    WHOLE(vmo_create_child, snapshot, 0, NULL, g->child, KEEL_VMO_CHILD_SNAPSHOT, PAGE_SIZE,       \
          4 * PAGE_SIZE, AT(out[0]))                                                               \
    WHOLE(vmo_create_child, slice, 0, NULL, g->child, KEEL_VMO_CHILD_SLICE, PAGE_SIZE, PAGE_SIZE,  \
          AT(out[0]))                                                                              \
    WHOLE(vmo_set_cache_policy, plain, 0, NULL, g->plain, KEEL_CACHE_POLICY_UNCACHED)              \
    WHOLE(vmo_create_contiguous, plain, 0, NULL, g->root, 4 * PAGE_SIZE, 0, AT(out[0]))            \
    WHOLE(vmo_create_physical, plain, 0, NULL, g->root, 0xf00000000, PAGE_SIZE, AT(out[0]))        \
    WHOLE(vmo_replace_as_executable, plain, 0, NULL, g->child, NO_HANDLE, AT(out[0]))              \
    WHOLE(vmar_allocate, plain, 0, NULL, g->region, KEEL_VM_CAN_MAP_READ, 0, PAGE_SIZE,            \
          AT(out[0]), AT(number[0]))                                                               \
    WHOLE(vmar_map, plain, SOME, NULL, g->region, READ, 0, g->vmo, 0, 2 * PAGE_SIZE)               \
    WHOLE(vmar_map, range, SOME, NULL, g->region, READ | WRITE | KEEL_VM_MAP_RANGE, 0, g->child,   \
          0, PAGES * PAGE_SIZE)                                                                    \
    WHOLE(vmar_map, overwrite, SOME, NULL, g->region, READ | WRITE | KEEL_VM_SPECIFIC_OVERWRITE,   \
          g->mapped - g->base + 2 * PAGE_SIZE, g->child, 0, PAGE_SIZE)                             \
    WHOLE(vmar_unmap, middle, 0, NULL, g->region, g->mapped + 2 * PAGE_SIZE, 2 * PAGE_SIZE)        \
    WHOLE(vmar_unmap, whole, 0, NULL, g->region, g->mapped, PAGES *PAGE_SIZE)                      \
    WHOLE(vmar_protect, middle, 0, NULL, g->region, READ, g->mapped + 2 * PAGE_SIZE,               \
          2 * PAGE_SIZE)                                                                           \
    WHOLE(vmar_destroy, plain, 0, NULL, g->region)                                                 \
    WHOLE(process_create, plain, 0, NULL, g->job, AT(bytes), 4, 0, AT(out[0]), AT(out[1]))         \
    WHOLE(process_start, with_handle, 0, NULL, g->process, g->thread, their_code(g, user_spin), 0, \
          g->event_two, 0)                                                                         \
    WHOLE(thread_create, plain, 0, NULL, g->process, AT(bytes), 4, 0, AT(out[0]))                  \
    WHOLE(thread_start, plain, 0, start_own, g->own_thread, own_code(g, user_spin), 0, 0, 0)       \
    WHOLE(job_create, plain, 0, NULL, g->job, 0, AT(out[0]))                                       \
    WHOLE(interrupt_create, virtual, 0, NULL, 0, 0, KEEL_INTERRUPT_VIRTUAL, AT(out[0]))            \
    WHOLE(interrupt_bind, bind, 0, NULL, g->interrupt, g->port, 1, KEEL_INTERRUPT_BIND)            \
    WHOLE(interrupt_bind, unbind, 0, bind, g->interrupt, g->port, 1, KEEL_INTERRUPT_UNBIND)        \
    WHOLE(interrupt_wait, pending, 0, trigger, g->interrupt, AT(number[0]))                        \
    WHOLE(interrupt_destroy, plain, 0, bind_and_trigger, g->interrupt)                             \
    WHOLE(interrupt_ack, plain, 0, bind_and_trigger, g->interrupt)                                 \
    WHOLE(interrupt_trigger, bound, 0, bind, g->interrupt, 0, 1)                                   \
    WHOLE(resource_create, plain, 0, NULL, g->root, KEEL_RSRC_KIND_IRQ, 5000, 1, AT(name),         \
          AT(out[0]))                                                                              \
    WHOLE(debuglog_create, plain, 0, NULL, g->root, 0, AT(out[0]))                                 \
    WHOLE(debuglog_write, nothing, 0, NULL, g->log, 0, AT(bytes), 1)                               \
    WHOLE(debuglog_read, plain, 0, NULL, g->log, 0, AT(record), sizeof(keel_log_record_t))         \
    WHOLE(cprng_draw, plain, 0, NULL, AT(bytes), 256)                                              \
    WHOLE(system_get_num_cpus, plain, SOME, NULL, 0)                                               \
    WHOLE(system_get_physmem, plain, SOME, NULL, 0)                                                \
    SUSPEND_RECIPES(WHOLE)

#define DEFINE(call, variant, wanted, preparation, ...)     \
    static int64_t run_##call##_##variant(struct ground *g) \
    {                                                       \
        (void)g;                                            \
        return CALL(call, __VA_ARGS__);                     \
    }
#define WHOLE(call, variant, wanted, preparation, ...) \
    {KEEL_SYS_##call, #variant, run_##call##_##variant, wanted, preparation, false},
#define PARTIAL(call, variant, wanted, preparation, ...) \
    {KEEL_SYS_##call, #variant, run_##call##_##variant, wanted, preparation, true},

RECIPES(DEFINE, DEFINE)

static const struct recipe recipes[] = {RECIPES(WHOLE, PARTIAL)};

/* Calls that are not swept, and why. */
static const struct {
    unsigned number;
    const char *why;
} reasons[] = {
    {KEEL_SYS_thread_exit, "it does not return, and only gives back"},
    {KEEL_SYS_process_exit, "it does not return, and only gives back"},
    {KEEL_SYS_system_powerctl, "the machine is off when it succeeds"},
    {KEEL_SYS_ktrace_control, "its memory stays for whoever traces next, or there is no trace"},
    {KEEL_SYS_ktrace_read, "it allocates nothing, and there may be no trace"},
};

/* --- The sweep --- */

struct held {
    uint64_t frames; /* in use, but for records and shadow, which stay */
    uint64_t blocks, bytes;
};

static struct held what_is_held(void)
{
    struct pmm_arena_stats arena;
    struct heap_stats heap;
    struct pmm_stats stats;
    uint64_t records = 0;

    heap_trim();
    heap_get_stats(&heap);
    pmm_get_stats(&stats);
    for (unsigned i = 0; pmm_arena_stats(i, &arena); i++) {
        records += 2ull * arena.touched;
    }
    return (struct held){.frames = stats.total - stats.free - records - stats.used[PMM_USE_KASAN],
                         .blocks = heap.blocks_used,
                         .bytes = heap.bytes_used};
}

/* Less is well: a thread of an earlier test may be gone only now. */
static bool no_more_held(const struct held *a, const struct held *b)
{
    return a->frames <= b->frames && a->blocks <= b->blocks && a->bytes <= b->bytes;
}

static void expect(bool good, const struct recipe *recipe, unsigned nth, const char *what)
{
    if (!good) {
        console_printf("%s (%s), allocation %u fails: %s\n", syscall_names[recipe->number],
                       recipe->variant, nth, what);
    }
    KTEST_EXPECT(good);
}

static bool is_wanted(const struct recipe *recipe, int64_t result)
{
    return recipe->wanted == SOME ? result > 0 : result == recipe->wanted;
}

/* Makes the call, the nth allocation failing, and once more if it did; whether there were so many. */
static bool try_one(const struct recipe *recipe, unsigned nth)
{
    uint64_t injected = alloc_failures_injected();
    struct ground *g = &the_ground;
    struct picture before, after;
    int64_t result;

    if (!open_ground(g)) {
        expect(false, recipe, nth, "no memory for what it works on");
        return false;
    }
    if (recipe->prepare) {
        recipe->prepare(g);
    }
    fill_table(g);
    take_picture(g, &before);
    alloc_fail_nth(nth);
    result = recipe->run(g);
    alloc_fail_nth(0);
    if (result == -ENOMEM) {
        take_picture(g, &after);
        expect(same_picture(&before, &after, recipe->partial), recipe, nth, "something changed");
        result = recipe->run(g);
    }
    expect(is_wanted(recipe, result), recipe, nth, "it does not succeed then");
    expect(close_ground(g), recipe, nth, "objects are not back");
    return alloc_failures_injected() != injected;
}

/* Threads that have ended are kept by their CPUs, some of them, with blocks and pages: what is held then says
 * nothing. Objects are counted in any case. */
static bool starts_a_thread(const struct recipe *recipe)
{
    return recipe->number == KEEL_SYS_process_start || recipe->number == KEEL_SYS_thread_start;
}

static void sweep(const struct recipe *recipe)
{
    struct held before, after;
    unsigned nth = 0;
    bool failed = true;

    (void)try_one(recipe, 0); /* tables of the kernel and caches come and stay */
    before = what_is_held();
    while (failed && nth < NTH_MAX) {
        failed = try_one(recipe, ++nth);
        after = what_is_held();
        expect(starts_a_thread(recipe) || no_more_held(&after, &before), recipe, nth,
               "pages or blocks are not back");
        before = after;
    }
    expect(nth < NTH_MAX, recipe, nth, "there is no end");
}

KTEST(user_calls_survive_every_failure)
{
    for (unsigned i = 0; i < ARRAY_SIZE(recipes); i++) {
        if (!starts_a_thread(&recipes[i])) {
            sweep(&recipes[i]);
        }
    }
}

KTEST(user_starts_survive_every_failure)
{
    for (unsigned i = 0; i < ARRAY_SIZE(recipes); i++) {
        if (starts_a_thread(&recipes[i])) {
            sweep(&recipes[i]);
        }
    }
}

static bool is_known(unsigned number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(recipes); i++) {
        if (recipes[i].number == number) {
            return true;
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (reasons[i].number == number) {
            return true;
        }
    }
    return false;
}

KTEST(user_calls_are_all_swept)
{
    for (unsigned number = 0; number < KEEL_SYS_COUNT; number++) {
        bool known = !syscall_names[number] || is_known(number);

        if (!known) {
            console_printf("%s has no recipe to sweep it by, and no reason\n",
                           syscall_names[number]);
        }
        KTEST_EXPECT(known);
    }
}
