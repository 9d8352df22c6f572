/* SPDX-License-Identifier: MIT */
/* Threads of the program: each has a mapping with its stack, its local storage and what is known of it. */
#include "../load/image.h"
#include "../start/bootstrap.h"
#include "self.h"

#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/signals.h>
#include <keel/sync.h>
#include <keel/syscalls.h>
#include <keel/threads.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE        ((size_t)4096)
#define STACK_SIZE  ((size_t)64 << 10)
#define STACK_ALIGN ((uintptr_t)16)

/* What a thread becomes that nobody waits for. */
enum {
    JOINABLE,
    DETACHED,
    ENDED
};

/* Those that ended and were detached; whoever comes by next frees them. */
static keel_mutex_t lock;
static struct lib_thread *ended;

static void release(struct lib_thread *thread)
{
    keel_handle_t handle = thread->handle;

    (void)keel_vmar_unmap(lib_startup_peek(KEEL_STARTUP_ROOT_VMAR), thread->mapping,
                          thread->mapping_size);
    (void)keel_handle_close(handle);
}

/* Until the kernel says that a thread is gone it may still be on its stack. */
static bool is_gone(const struct lib_thread *thread)
{
    keel_signals_t observed;

    return keel_object_wait_one(thread->handle, KEEL_THREAD_TERMINATED, KEEL_TIME_INFINITE_PAST,
                                &observed) == 0;
}

static void release_ended(void)
{
    struct lib_thread **link = &ended;

    keel_mutex_lock(&lock);
    while (*link) {
        struct lib_thread *thread = *link;

        if (is_gone(thread)) {
            *link = thread->next;
            release(thread);
        } else {
            link = &thread->next;
        }
    }
    keel_mutex_unlock(&lock);
}

/* The first code of a thread: stands on its own stack, and nothing else is set up. */
void lib_thread_begin(struct lib_thread *thread)
{
    if (lib_thread_become(thread) != 0) {
        abort();
    }
    keel_thread_end(thread->entry(thread->arg));
}

void keel_thread_end(int result)
{
    struct lib_thread *self = lib_self();

    if (self->mapping == 0) {
        exit(result);
    }
    self->result = result;
    keel_mutex_lock(&lock);
    if (self->detached == DETACHED) {
        self->next = ended;
        ended = self;
    }
    self->detached = self->detached == JOINABLE ? ENDED : self->detached;
    keel_mutex_unlock(&lock);
    keel_thread_exit();
}

/* Stack, then what is known of the thread. */
static int make_room(size_t stack_size, struct lib_thread **out, uintptr_t *stack)
{
    size_t own = lib_thread_size(), size;
    uintptr_t at;
    int err;

    stack_size = stack_size != 0 ? stack_size : STACK_SIZE;
    size = (stack_size + own + PAGE - 1) / PAGE * PAGE;
    err = lib_map_guarded(lib_startup_peek(KEEL_STARTUP_ROOT_VMAR), size, &at);
    if (err == 0) {
        *stack = (at + size - own) & ~(STACK_ALIGN - 1);
        *out = lib_thread_lay_out((void *)*stack);
        (*out)->mapping = at - PAGE;
        (*out)->mapping_size = size + 2 * PAGE;
    }
    return err;
}

int keel_thread_run(keel_thread_t **out, const char *name, int (*entry)(void *arg), void *arg,
                    size_t stack_size)
{
    keel_handle_t process = lib_startup_peek(KEEL_STARTUP_PROCESS_SELF);
    struct lib_thread *thread;
    uintptr_t stack;
    int err;

    release_ended();
    err = make_room(stack_size, &thread, &stack);
    if (err != 0) {
        return err;
    }
    thread->entry = entry;
    thread->arg = arg;
    err = keel_thread_create(process, name, strlen(name), 0, &thread->handle);
    if (err == 0) {
        *out = thread;
        err = keel_thread_start(thread->handle, (uintptr_t)lib_thread_first, stack,
                                (uintptr_t)thread, 0);
    }
    if (err != 0) {
        release(thread);
    }
    return err;
}

int keel_thread_join(keel_thread_t *thread, int *result)
{
    keel_signals_t observed;
    int err =
        keel_object_wait_one(thread->handle, KEEL_THREAD_TERMINATED, KEEL_TIME_INFINITE, &observed);

    if (err == 0) {
        if (result) {
            *result = thread->result;
        }
        release(thread);
    }
    return err;
}

void keel_thread_detach(keel_thread_t *thread)
{
    keel_mutex_lock(&lock);
    if (thread->detached == ENDED) {
        thread->next = ended;
        ended = thread;
    }
    thread->detached = DETACHED;
    keel_mutex_unlock(&lock);
}

keel_thread_t *keel_thread_self(void)
{
    return lib_self();
}

keel_handle_t keel_thread_handle(const keel_thread_t *thread)
{
    return thread->handle;
}
