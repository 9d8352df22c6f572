/* SPDX-License-Identifier: MIT */
/* What goes from a process to another and back. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/syscalls.h>
#include <stdlib.h>

#define ROOM  4096u
#define THERE KEEL_USER_SIGNAL_0 /* of the event that two processes wake each other by */
#define BACK  KEEL_USER_SIGNAL_1

static char bytes[ROOM];

/* --- Calls --- */

/* Answers those of a row. What comes goes back, so that it has its transaction number; a handle in it is closed. */
int serve_calls(uint32_t number, const keel_handle_t handles[PEER_HANDLES])
{
    const struct row *row = &rows[number];
    const bool with_handle = row->run == run_call_handle;
    keel_handle_t came = KEEL_HANDLE_INVALID;
    keel_channel_call_args_t args = {.wr_bytes = bytes, .rd_bytes = bytes, .rd_handles = &came};
    int err;

    do {
        args.rd_num_bytes = row->sent;
        args.rd_num_handles = with_handle;
        err = keel_channel_reply_wait(handles[0], 0, KEEL_TIME_INFINITE, &args);
        if (with_handle && args.rd_num_handles != 0) {
            (void)keel_handle_close(came);
        }
        args.wr_num_bytes = row->answered;
    } while (err == 0);
    return err;
}

/* A server in another process, and the channel to it. */
static int start_server(struct run *run, struct peer *peer, keel_handle_t *channel)
{
    keel_handle_t handles[PEER_HANDLES] = {0};
    int err = keel_channel_create(0, channel, &handles[0]);

    if (err != 0) {
        return run_failed(run, err, "no channel");
    }
    err = peer_start(run, peer, "calls", (uint32_t)(run->row - rows), handles);
    if (err != 0) {
        (void)keel_handle_close(*channel);
    }
    return err;
}

/* Each with a handle from the list, which is gone then; NULL: without. */
static int call_often(struct run *run, keel_handle_t channel, const keel_handle_t *handles)
{
    keel_channel_call_args_t args = {
        .wr_bytes = bytes,
        .wr_handles = handles,
        .rd_bytes = bytes,
        .wr_num_bytes = run->row->sent,
        .wr_num_handles = handles != NULL,
        .rd_num_bytes = run->row->answered, /* and so much comes */
    };
    int err = 0;

    run_begin(run);
    REPEAT(run->operations)
    {
        err |= keel_channel_call(channel, 0, KEEL_TIME_INFINITE, &args);
        args.wr_handles += args.wr_num_handles;
    }
    run_end(run);
    return err == 0 ? 0 : run_failed(run, -EIO, "a call failed");
}

/* A first call is not counted: the other process has to start, and to wait. */
static int call_server(struct run *run, const keel_handle_t *handles)
{
    const uint32_t operations = run->operations;
    keel_handle_t channel;
    struct peer peer;
    int err = start_server(run, &peer, &channel);

    if (err != 0) {
        return err;
    }
    run->operations = 1;
    err = call_often(run, channel, NULL);
    run->operations = operations;
    if (err == 0) {
        err = call_often(run, channel, handles);
    }
    peer_end(&peer);
    (void)keel_handle_close(channel);
    return err;
}

int run_call(struct run *run)
{
    return call_server(run, NULL);
}

/* The handles are there before, and are gone afterwards. */
static int make_handles(struct run *run, keel_handle_t *handles)
{
    int err = keel_event_create(0, &handles[0]);

    for (uint32_t i = 1; err == 0 && i < run->operations; i++) {
        err = keel_handle_duplicate(handles[0], KEEL_RIGHT_SAME_RIGHTS, &handles[i]);
    }
    return err == 0 ? 0 : run_failed(run, err, "no handles");
}

int run_call_handle(struct run *run)
{
    keel_handle_t *handles = calloc(run->operations, sizeof(*handles));
    int err = handles ? make_handles(run, handles) : run_failed(run, -ENOMEM, "no memory");

    if (err == 0) {
        err = call_server(run, handles);
    }
    for (uint32_t i = 0; err != 0 && handles && i < run->operations; i++) {
        (void)keel_handle_close(handles[i]);
    }
    free(handles);
    return err;
}

/* --- Packets --- */

int serve_packets(uint32_t unused, const keel_handle_t handles[PEER_HANDLES])
{
    keel_port_packet_t packet;
    int err;

    (void)unused;
    do {
        err = keel_port_wait(handles[0], KEEL_TIME_INFINITE, &packet);
        if (err == 0) {
            err = keel_port_queue(handles[1], &packet);
        }
    } while (err == 0);
    return err;
}

static int exchange(struct run *run, const keel_handle_t ports[2])
{
    keel_port_packet_t packet = {.key = 1};
    int err = 0;

    run_begin(run);
    REPEAT(run->operations)
    {
        err |= keel_port_queue(ports[0], &packet);
        err |= keel_port_wait(ports[1], KEEL_TIME_INFINITE, &packet);
    }
    run_end(run);
    return err == 0 ? 0 : run_failed(run, -EIO, "a call failed");
}

/* A handle for the other process to what this one has. */
static int share(keel_handle_t own, keel_handle_t *other)
{
    return keel_handle_duplicate(own, KEEL_RIGHT_SAME_RIGHTS, other);
}

/* An operation with another process that plays `role` and shares the objects with this one; a first one is not
 * counted. Closes the objects. */
static int with_peer(struct run *run, const char *role, keel_handle_t objects[PEER_HANDLES],
                     int (*operate)(struct run *run, const keel_handle_t objects[PEER_HANDLES]))
{
    const uint32_t operations = run->operations;
    keel_handle_t theirs[PEER_HANDLES] = {0};
    struct peer peer;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < PEER_HANDLES && objects[i] != KEEL_HANDLE_INVALID; i++) {
        err = share(objects[i], &theirs[i]);
    }
    err = err == 0 ? peer_start(run, &peer, role, 0, theirs) : run_failed(run, err, "no handle");
    if (err == 0) {
        run->operations = 1;
        err = operate(run, objects);
        run->operations = operations;
        err = err == 0 ? operate(run, objects) : err;
        peer_end(&peer);
    }
    for (unsigned i = 0; i < PEER_HANDLES; i++) {
        (void)keel_handle_close(objects[i]);
    }
    return err;
}

int run_packet(struct run *run)
{
    keel_handle_t ports[PEER_HANDLES] = {0};
    int err = 0;

    for (unsigned i = 0; err == 0 && i < PEER_HANDLES; i++) {
        err = keel_port_create(0, &ports[i]);
    }
    if (err != 0) {
        (void)keel_handle_close(ports[0]);
        return run_failed(run, err, "no port");
    }
    return with_peer(run, "packets", ports, exchange);
}

/* --- Wakes, by an event that both have --- */

int serve_wakes(uint32_t unused, const keel_handle_t handles[PEER_HANDLES])
{
    keel_signals_t observed;
    int err;

    (void)unused;
    do {
        err = keel_object_wait_one(handles[0], THERE, KEEL_TIME_INFINITE, &observed);
        if (err == 0) {
            err = keel_object_signal(handles[0], THERE, BACK);
        }
    } while (err == 0);
    return err;
}

static int wake_often(struct run *run, const keel_handle_t events[PEER_HANDLES])
{
    keel_signals_t observed;
    int err = 0;

    run_begin(run);
    REPEAT(run->operations)
    {
        err |= keel_object_signal(events[0], BACK, THERE);
        err |= keel_object_wait_one(events[0], BACK, KEEL_TIME_INFINITE, &observed);
    }
    run_end(run);
    return err == 0 ? 0 : run_failed(run, -EIO, "a call failed");
}

/* Two wakes each time, there and back. */
int run_wake(struct run *run)
{
    keel_handle_t events[PEER_HANDLES] = {0};
    int err = keel_event_create(0, &events[0]);

    if (err != 0) {
        return run_failed(run, err, "no event");
    }
    run->counted = 2 * run->operations;
    return with_peer(run, "wakes", events, wake_often);
}
