/* SPDX-License-Identifier: MIT */
/* What many tests begin with. All of it is closed by its test. */
#ifndef TESTS_USER_FIXTURES_H
#define TESTS_USER_FIXTURES_H

#include "utest.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/memory.h>
#include <keel/syscalls.h>

#define PAGE           UINT64_C(4096)
#define MS             INT64_C(1000000)
#define FOREVER        KEEL_TIME_INFINITE
#define BAD_HANDLE     ((keel_handle_t)0xfffffff0) /* its low bits are no handle's */
#define ANY_RIGHTS     KEEL_RIGHT_SAME_RIGHTS
#define NO_POINTER     ((void *)8)
#define KERNEL_POINTER ((void *)0xffffffff80000000)

struct ends {
    keel_handle_t one, other;
};

static inline keel_handle_t new_event(void)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_event_create(0, &handle), 0);
    return handle;
}

static inline keel_handle_t new_port(void)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_port_create(0, &handle), 0);
    return handle;
}

static inline keel_handle_t new_timer(void)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_timer_create(0, 0, &handle), 0);
    return handle;
}

static inline struct ends new_channel(void)
{
    struct ends ends = {0};

    EXPECT_EQ(keel_channel_create(0, &ends.one, &ends.other), 0);
    return ends;
}

static inline struct ends new_eventpair(void)
{
    struct ends ends = {0};

    EXPECT_EQ(keel_eventpair_create(0, &ends.one, &ends.other), 0);
    return ends;
}

static inline void close_ends(struct ends ends)
{
    EXPECT_EQ(keel_handle_close(ends.one), 0);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
}

static inline keel_handle_t new_vmo(uint64_t size, uint32_t options)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_vmo_create(size, options, &handle), 0);
    return handle;
}

/* A second handle with other rights; the first stays. */
static inline keel_handle_t with_rights(keel_handle_t handle, keel_rights_t rights)
{
    keel_handle_t second = KEEL_HANDLE_INVALID;

    EXPECT_EQ(keel_handle_duplicate(handle, rights, &second), 0);
    return second;
}

/* The signals that an object has now. */
static inline keel_signals_t signals_of(keel_handle_t handle)
{
    keel_signals_t signals = 0;

    EXPECT_EQ(keel_object_wait_one(handle, 0, 0, &signals), -ETIMEDOUT);
    return signals;
}

#endif
