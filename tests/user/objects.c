/* SPDX-License-Identifier: MIT */
/* Makes objects of every type. */
#include "objects.h"

#include <keel/interrupt.h>
#include <keel/log_record.h>
#include <keel/memory.h>
#include <keel/property.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscall_numbers.h>
#include <keel/syscalls.h>
#include <stddef.h>

#define COMPANIONS_MAX 8u

static keel_handle_t root;
/* What objects were made with, since the last were closed. */
static keel_handle_t companions[COMPANIONS_MAX];
static unsigned companion_count;
static keel_handle_t last_process; /* made since then */

static void keep(keel_handle_t companion)
{
    if (companion_count < COMPANIONS_MAX) {
        companions[companion_count++] = companion;
    } else {
        keel_handle_close(companion);
    }
}

static int keep_if(int err, keel_handle_t companion)
{
    if (err == 0) {
        keep(companion);
    }
    return err;
}

keel_handle_t root_resource(void)
{
    if (root == KEEL_HANDLE_INVALID) {
        root = keel_startup_handle(KEEL_STARTUP_RESOURCE_ROOT);
    }
    return root;
}

uint64_t vdso_of(keel_handle_t process)
{
    uint64_t base = 0;
    int err =
        keel_object_get_property(process, KEEL_PROP_PROCESS_VDSO_BASE_ADDRESS, &base, sizeof(base));

    return err == 0 ? base : 0;
}

static int make_event(keel_handle_t *out)
{
    return keel_event_create(0, out);
}

static int make_channel(keel_handle_t *out)
{
    keel_handle_t other;
    int err = keel_channel_create(0, out, &other);

    return keep_if(err, other);
}

static int make_eventpair(keel_handle_t *out)
{
    keel_handle_t other;
    int err = keel_eventpair_create(0, out, &other);

    return keep_if(err, other);
}

static int make_port(keel_handle_t *out)
{
    return keel_port_create(0, out);
}

static int make_timer(keel_handle_t *out)
{
    return keel_timer_create(0, 0, out);
}

static int make_vmo(keel_handle_t *out)
{
    return keel_vmo_create(8192, KEEL_VMO_RESIZABLE, out);
}

keel_handle_t root_vmar(void)
{
    static keel_handle_t whole;

    if (whole == KEEL_HANDLE_INVALID) {
        whole = keel_startup_handle(KEEL_STARTUP_ROOT_VMAR);
    }
    return whole;
}

/* A part of the addresses, with nothing in it. */
static int make_vmar(keel_handle_t *out)
{
    uint64_t address;

    return keel_vmar_allocate(root_vmar(), KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE, 0, 65536,
                              out, &address);
}

keel_handle_t root_job(void)
{
    static keel_handle_t job;

    if (job == KEEL_HANDLE_INVALID) {
        job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
    }
    return job;
}

static int make_job(keel_handle_t *out)
{
    return keel_job_create(root_job(), 0, out);
}

/* It has no thread, and ends with its handle. */
static int make_process(keel_handle_t *out)
{
    keel_handle_t vmar;
    int err = keel_process_create(root_job(), "made", 4, 0, out, &vmar);

    last_process = err == 0 ? *out : KEEL_HANDLE_INVALID;
    return keep_if(err, vmar);
}

/* Of the process that was made with it, or one that nobody knows. */
static int make_thread(keel_handle_t *out)
{
    keel_handle_t process = last_process;
    int err = 0;

    if (process == KEEL_HANDLE_INVALID) {
        err = make_process(&process);
        err = keep_if(err, process);
    }
    return err != 0 ? err : keel_thread_create(process, "made", 4, 0, out);
}

/* Of a process that nobody knows and that has no thread. */
static int make_suspend_token(keel_handle_t *out)
{
    keel_handle_t process = KEEL_HANDLE_INVALID;
    int err = make_process(&process);

    err = keep_if(err, process);
    return err != 0 ? err : keel_task_suspend(process, out);
}

static int make_interrupt(keel_handle_t *out)
{
    return keel_interrupt_create(KEEL_HANDLE_INVALID, 0, KEEL_INTERRUPT_VIRTUAL, out);
}

static int make_resource(keel_handle_t *out)
{
    return keel_handle_duplicate(root_resource(), KEEL_RIGHT_SAME_RIGHTS, out);
}

static int make_debuglog(keel_handle_t *out)
{
    return keel_debuglog_create(root_resource(), KEEL_LOG_FLAG_READABLE, out);
}

static const struct maker {
    int (*make)(keel_handle_t *out);
    keel_rights_t rights;
} makers[KEEL_OBJ_TYPE_LIMIT] = {
    [KEEL_OBJ_TYPE_NONE] = {make_event, KEEL_DEFAULT_EVENT_RIGHTS},
    [KEEL_OBJ_TYPE_EVENT] = {make_event, KEEL_DEFAULT_EVENT_RIGHTS},
    [KEEL_OBJ_TYPE_CHANNEL] = {make_channel, KEEL_DEFAULT_CHANNEL_RIGHTS},
    [KEEL_OBJ_TYPE_EVENTPAIR] = {make_eventpair, KEEL_DEFAULT_EVENTPAIR_RIGHTS},
    [KEEL_OBJ_TYPE_PORT] = {make_port, KEEL_DEFAULT_PORT_RIGHTS},
    [KEEL_OBJ_TYPE_RESOURCE] = {make_resource, KEEL_DEFAULT_RESOURCE_RIGHTS},
    [KEEL_OBJ_TYPE_DEBUGLOG] = {make_debuglog, KEEL_DEFAULT_DEBUGLOG_RIGHTS | KEEL_RIGHT_READ},
    [KEEL_OBJ_TYPE_TIMER] = {make_timer, KEEL_DEFAULT_TIMER_RIGHTS},
    [KEEL_OBJ_TYPE_VMO] = {make_vmo, KEEL_DEFAULT_VMO_RIGHTS},
    [KEEL_OBJ_TYPE_VMAR] = {make_vmar, KEEL_DEFAULT_VMAR_RIGHTS | KEEL_RIGHTS_IO},
    [KEEL_OBJ_TYPE_JOB] = {make_job, KEEL_DEFAULT_JOB_RIGHTS},
    [KEEL_OBJ_TYPE_PROCESS] = {make_process, KEEL_DEFAULT_PROCESS_RIGHTS},
    [KEEL_OBJ_TYPE_THREAD] = {make_thread, KEEL_DEFAULT_THREAD_RIGHTS},
    [KEEL_OBJ_TYPE_SUSPEND_TOKEN] = {make_suspend_token, KEEL_DEFAULT_SUSPEND_TOKEN_RIGHTS},
    [KEEL_OBJ_TYPE_INTERRUPT] = {make_interrupt, KEEL_DEFAULT_INTERRUPT_RIGHTS},
};

keel_handle_t make_object(keel_obj_type_t type)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    if (type < KEEL_OBJ_TYPE_LIMIT && makers[type].make && makers[type].make(&handle) != 0) {
        handle = KEEL_HANDLE_INVALID;
    }
    return handle;
}

void close_object(keel_handle_t handle)
{
    keel_handle_close(handle);
    while (companion_count > 0) {
        keel_handle_close(companions[--companion_count]);
    }
    last_process = KEEL_HANDLE_INVALID;
}

keel_rights_t rights_of_new(keel_obj_type_t type)
{
    return type < KEEL_OBJ_TYPE_LIMIT ? makers[type].rights : KEEL_RIGHT_NONE;
}
