/* SPDX-License-Identifier: MIT */
/* Makes processes for tests. */
#include "user_stage.h"

#include <arch/layout.h>
#include <keel/clock.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/object_signal.h>
#include <keel/panic.h>
#include <keel/syscall.h>

#define STACK_PAGES 8u
#define PATIENCE_NS (240 * NS_PER_SEC)

static bool map(struct user_stage *stage, struct vmo *vmo, uint64_t pages, uint32_t flags,
                virt_addr_t *out)
{
    struct vm_region *region, *root = aspace_root(process_space(stage->process));
    virt_addr_t base;
    int err;

    /* A region that is a page longer on both sides. */
    if (region_create(root, 0, (pages + 2) * PAGE_SIZE,
                      ASPACE_CAN_READ | ASPACE_CAN_WRITE | ASPACE_CAN_EXEC, &region, &base) != 0) {
        return false;
    }
    err = region_map(region, PAGE_SIZE, vmo, 0, pages * PAGE_SIZE, flags | ASPACE_SPECIFIC, out);
    region_unref(region);
    return err == 0;
}

static bool map_code(struct user_stage *stage)
{
    size_t size = (size_t)(user_programs_end - user_programs), done;
    struct vmo *vmo;
    bool good;

    if (vmo_create(size, 0, &vmo) != 0) {
        return false;
    }
    good = vmo_write(vmo, user_programs, 0, size, &done) == 0 &&
           map(stage, vmo, ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE, VM_READ | VM_EXEC, &stage->code);
    vmo_unref(vmo);
    return good;
}

static bool map_stack(struct user_stage *stage)
{
    struct vmo *vmo;
    bool good;

    if (vmo_create(STACK_PAGES * PAGE_SIZE, 0, &vmo) != 0) {
        return false;
    }
    good = map(stage, vmo, STACK_PAGES, VM_READ | VM_WRITE, &stage->stack);
    vmo_unref(vmo);
    return good;
}

bool user_stage_make(struct user_stage *stage, uint32_t privileges)
{
    bool good;

    *stage = (struct user_stage){.process = NULL};
    good = process_create(NULL, "test", privileges | PROCESS_MAY_CALL_ANYWHERE, &stage->process) ==
               0 &&
           vmo_create(USER_DATA_PAGES * PAGE_SIZE, 0, &stage->memory) == 0 && map_code(stage) &&
           map_stack(stage) &&
           map(stage, stage->memory, USER_DATA_PAGES, VM_READ | VM_WRITE, &stage->data);
    KTEST_EXPECT(good);
    if (!good) {
        user_stage_free(stage);
    }
    return good;
}

/* What has ended is given up by its threads a moment later. */
static void wait_until_left(struct process *process)
{
    uint64_t patience = clock_ns() + 10 * NS_PER_SEC;
    struct process_end end;

    while (process_wait(process, &end, 0) == 0 &&
           refcount_read(&process_object(process)->refs) > 1 && clock_ns() < patience) {
        thread_sleep(NS_PER_MS / 10);
    }
}

void user_stage_free(struct user_stage *stage)
{
    if (stage->process) {
        wait_until_left(stage->process);
        process_unref(stage->process);
    }
    if (stage->memory) {
        vmo_unref(stage->memory);
    }
}

bool user_stage_start(struct user_stage *stage, const char *program, uint64_t argument,
                      unsigned thread, const struct thread_attr *attr)
{
    virt_addr_t sp = stage->stack + (STACK_PAGES - thread) * PAGE_SIZE;
    int err = process_start_thread(stage->process, stage->code + (size_t)(program - user_programs),
                                   sp, argument, attr);

    KTEST_EXPECT(err == 0);
    return err == 0;
}

bool user_stage_wait(struct user_stage *stage, struct process_end *end)
{
    int err = process_wait(stage->process, end, clock_ns() + PATIENCE_NS);

    KTEST_EXPECT(err == 0);
    return err == 0;
}

bool user_stage_start_script(struct user_stage *stage, const struct user_step *steps,
                             unsigned count)
{
    size_t done;

    KASSERT(count <= STEPS_MAX);
    KTEST_EXPECT(vmo_write(stage->memory, steps, 0, count * sizeof(*steps), &done) == 0);
    return user_stage_start(stage, user_script, stage->data, 0, NULL);
}

void user_stage_read_script(struct user_stage *stage, struct user_step *steps, unsigned count)
{
    size_t done;

    KTEST_EXPECT(vmo_read(stage->memory, steps, 0, count * sizeof(*steps), &done) == 0);
}

bool user_stage_play(struct user_stage *stage, struct user_step *steps, unsigned count)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    bool good = user_stage_start_script(stage, steps, count) && user_stage_wait(stage, &end) &&
                end.reason == PROCESS_EXITED && end.result == USER_DONE;

    KTEST_EXPECT(good);
    user_stage_read_script(stage, steps, count);
    return good;
}

void user_stage_put(struct user_stage *stage, size_t offset, const void *bytes, size_t size)
{
    size_t done;

    KTEST_EXPECT(vmo_write(stage->memory, bytes, PAGE_SIZE + offset, size, &done) == 0);
}

void user_stage_get(struct user_stage *stage, size_t offset, void *bytes, size_t size)
{
    size_t done;

    KTEST_EXPECT(vmo_read(stage->memory, bytes, PAGE_SIZE + offset, size, &done) == 0);
}

keel_handle_t user_stage_enter(struct user_stage *stage, struct object *object,
                               keel_rights_t rights)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    KTEST_EXPECT(handle_reserve(process_table(stage->process), &handle, 1) == 0);
    handle_install(process_table(stage->process), handle, (struct loose_handle){object, rights});
    return handle;
}

void user_stage_become(struct user_stage *stage)
{
    stage->thread = kzalloc(sizeof(*stage->thread));
    KASSERT(stage->thread);
    stage->thread->process = stage->process;
    stage->thread->handles = process_table(stage->process);
    stage->thread->head = current_head();
    current_head()->user = stage->thread;
    aspace_switch(process_space(stage->process));
}

void user_stage_return(struct user_stage *stage)
{
    KASSERT(current_head()->user == stage->thread);
    aspace_switch(NULL);
    current_head()->user = NULL;
    kfree(stage->thread);
}

int64_t user_stage_call(unsigned number, const uint64_t argument[6])
{
    return syscall_table[number](argument[0], argument[1], argument[2], argument[3], argument[4],
                                 argument[5]);
}

bool user_stage_open(struct user_stage *stage)
{
    uint64_t objects = object_count();

    if (!user_stage_make(stage, 0)) {
        return false;
    }
    stage->objects = objects;
    user_stage_become(stage);
    return true;
}

void user_stage_close(struct user_stage *stage)
{
    user_stage_return(stage);
    user_stage_free(stage);
    KTEST_EXPECT(object_count() == stage->objects);
}

uint32_t user_stage_handles(struct user_stage *stage)
{
    return handle_table_count(process_table(stage->process));
}

keel_signals_t user_stage_signals(struct user_stage *stage, keel_handle_t handle)
{
    struct object *object;
    keel_signals_t signals = 0;

    if (handle_get(process_table(stage->process), handle, 0, 0, &object) == 0) {
        signals = object_signals(object);
        object_put(object);
    }
    return signals;
}

struct process_end user_run(const char *program, uint64_t argument)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    struct user_stage stage;

    if (user_stage_make(&stage, 0)) {
        if (user_stage_start(&stage, program, argument, 0, NULL)) {
            (void)user_stage_wait(&stage, &end);
        }
        user_stage_free(&stage);
    }
    return end;
}

uint64_t user_stage_word(const struct user_stage *stage, unsigned index)
{
    uint64_t word = 0;
    size_t done;

    KTEST_EXPECT(
        vmo_read(stage->memory, &word, PAGE_SIZE + index * sizeof(word), sizeof(word), &done) == 0);
    return word;
}

void user_stage_set_word(const struct user_stage *stage, unsigned index, uint64_t value)
{
    size_t done;

    KTEST_EXPECT(vmo_write(stage->memory, &value, PAGE_SIZE + index * sizeof(value), sizeof(value),
                           &done) == 0);
}
