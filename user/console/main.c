/* SPDX-License-Identifier: MIT */
/* The console service: it alone has the kernel's console, and gives programs lines that are typed and a place for
 * text. One thread waits for keys, the other does all the rest. */
#include "ends.h"
#include "terminal.h"

#include <keel/console.h>
#include <keel/errno.h>
#include <keel/resource.h>
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <keel/threads.h>
#include <stdio.h>
#include <string.h>

#define KEYS_AT_ONCE 31u   /* in a packet, behind their number */
#define WRITE_MAX    1024u /* bytes of one keel_debug_write() */

static keel_handle_t port, resource;
static char text[KEEL_FD_MESSAGE_MAX];

/* --- The terminal's other sides --- */

static void write_screen(const char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += WRITE_MAX) {
        (void)keel_debug_write(bytes + at, size - at < WRITE_MAX ? size - at : WRITE_MAX);
    }
}

/* A reader that takes no more has gone, or never reads: nothing is lost for anybody else. */
static void deliver(const char *line, size_t size)
{
    struct end *reader = ends_newest(END_INPUT);

    if (!reader) {
        return;
    }
    reader->wants = false;
    if (size == 0) {
        ends_remove(reader);
    } else {
        (void)keel_channel_write(reader->channel, 0, line, size, NULL, 0);
    }
}

static void interrupt(void)
{
    struct end *reader = ends_newest(END_INPUT);
    struct end *client = ends_newest(END_CLIENT);

    if (client) {
        (void)keel_object_signal_peer(client->channel, 0, KEEL_CONSOLE_INTERRUPT);
    }
    if (reader && reader->stays && reader->wants) {
        terminal_stop();
        deliver("\n", 1);
    }
}

/* After anything that may have changed who reads. */
static void follow_reader(uint64_t *shown)
{
    struct end *reader = ends_newest(END_INPUT);
    uint64_t key = reader ? reader->key : 0;

    if (key != *shown) {
        terminal_stop();
        *shown = key;
    }
    if (reader && reader->wants) {
        terminal_want();
    }
}

/* --- Ends --- */

/* Shows the oldest message; whether there was one. */
static bool show_message(const struct end *output)
{
    keel_channel_buffer_t buffer = {.bytes = text, .num_bytes = sizeof(text)};
    int err = keel_channel_read(output->channel, KEEL_CHANNEL_READ_MAY_DISCARD, &buffer);

    if (err == 0) {
        terminal_output(text, buffer.num_bytes);
    }
    return err == 0 || err == -ERANGE;
}

static void show_all(void)
{
    for (struct end *output = NULL; (output = ends_next(END_OUTPUT, output)) != NULL;) {
        for (unsigned i = 0; i < KEEL_CHANNEL_QUEUE_MESSAGES && show_message(output); i++) {
        }
    }
}

/* A new channel: one end stays here, the other goes to the client. */
static int open_end(enum end_kind kind, uint32_t flags, keel_handle_t *out)
{
    keel_handle_t own;
    struct end *end;
    int err = keel_channel_create(0, &own, out);

    if (err != 0) {
        return err;
    }
    err = ends_add(kind, own, &end);
    if (err != 0) {
        keel_handle_close(*out);
        *out = KEEL_HANDLE_INVALID;
        return err;
    }
    end->stays = (flags & KEEL_CONSOLE_STAYS) != 0;
    return 0;
}

static int perform(const keel_console_request_t *request, keel_handle_t *out)
{
    if (request->flags & ~(request->what == KEEL_CONSOLE_OPEN_INPUT ? KEEL_CONSOLE_STAYS : 0)) {
        return -EINVAL;
    }
    switch (request->what) {
    case KEEL_CONSOLE_OPEN_INPUT:
        return open_end(END_INPUT, request->flags, out);
    case KEEL_CONSOLE_OPEN_OUTPUT:
        return open_end(END_OUTPUT, 0, out);
    case KEEL_CONSOLE_CONNECT:
        return open_end(END_CLIENT, 0, out);
    case KEEL_CONSOLE_SYNC:
        show_all();
        return 0;
    default:
        return -EINVAL;
    }
}

/* One request, if there is one. */
static void serve(const struct end *client)
{
    keel_console_request_t request = {0};
    keel_channel_buffer_t buffer = {.bytes = &request, .num_bytes = sizeof(request)};
    keel_handle_t handle = KEEL_HANDLE_INVALID;
    keel_console_reply_t reply;
    int err = keel_channel_read(client->channel, KEEL_CHANNEL_READ_MAY_DISCARD, &buffer);

    if (err != 0 || buffer.num_bytes < sizeof(request.txid)) {
        return;
    }
    reply = (keel_console_reply_t){.txid = request.txid, .status = -EINVAL};
    if (buffer.num_bytes == sizeof(request)) {
        reply.status = perform(&request, &handle);
    }
    err = keel_channel_write(client->channel, 0, &reply, sizeof(reply), &handle,
                             handle != KEEL_HANDLE_INVALID);
    if (err != 0 && handle != KEEL_HANDLE_INVALID) {
        keel_handle_close(handle);
    }
}

/* What a reader has written before it asks, a prompt above all, is shown before it is waited for; so is what was
 * written before its writer closed. */
static void act(struct end *end, keel_signals_t observed)
{
    if (end->kind == END_INPUT && (observed & KEEL_CONSOLE_WANTED)) {
        (void)keel_object_signal(end->channel, KEEL_CONSOLE_WANTED, 0);
        show_all();
        end->wants = true;
    } else if (end->kind == END_OUTPUT && (observed & KEEL_CHANNEL_READABLE)) {
        (void)show_message(end);
    } else if (end->kind == END_CLIENT && (observed & KEEL_CHANNEL_READABLE)) {
        serve(end);
    } else if (observed & KEEL_CHANNEL_PEER_CLOSED) {
        ends_remove(end);
        return;
    }
    if (ends_watch(end) != 0) {
        ends_remove(end);
    }
}

/* --- Threads --- */

static int read_keys(void *unused)
{
    keel_port_packet_t packet = {.type = KEEL_PKT_TYPE_USER};
    char *keys = (char *)packet.user.u64;
    int64_t count;

    (void)unused;
    while ((count = keel_debug_read(resource, keys + 1, KEYS_AT_ONCE, KEEL_TIME_INFINITE)) > 0) {
        keys[0] = (char)count;
        if (keel_port_queue(port, &packet) != 0) {
            return 1;
        }
    }
    printf("console: there are no keys: %s\n", strerror((int)count));
    return 1;
}

static void take_keys(const keel_port_packet_t *packet)
{
    const char *keys = (const char *)packet->user.u64;

    for (int i = 1; i <= keys[0]; i++) {
        terminal_key(keys[i]);
    }
}

static int serve_all(void)
{
    uint64_t shown = 0;
    int err;

    for (;;) {
        keel_port_packet_t packet;
        struct end *end;

        err = keel_port_wait(port, KEEL_TIME_INFINITE, &packet);
        if (err != 0) {
            return err;
        }
        if (packet.type == KEEL_PKT_TYPE_USER) {
            take_keys(&packet);
        } else if ((end = ends_find(packet.key)) != NULL) {
            act(end, packet.signal.observed);
        }
        follow_reader(&shown);
    }
}

/* To have asked for a key once allows to write, and takes the kernel's prompt away. */
static int begin(keel_handle_t first_client)
{
    struct end *end;
    char key;
    int err = keel_port_create(0, &port);

    if (err != 0) {
        return err;
    }
    ends_init(port);
    err = (int)keel_debug_read(resource, &key, 1, KEEL_TIME_INFINITE_PAST);
    if (err < 0 && err != -ETIMEDOUT) {
        return err;
    }
    return ends_add(END_CLIENT, first_client, &end);
}

int main(void)
{
    static const struct terminal_ops ops = {write_screen, deliver, interrupt};
    keel_handle_t first_client = keel_startup_handle(KEEL_STARTUP_USER(0));
    keel_thread_t *keys;
    int err;

    resource = keel_startup_resource(KEEL_RSRC_SYSTEM_DEBUG_BASE);
    if (first_client == KEEL_HANDLE_INVALID || resource == KEEL_HANDLE_INVALID) {
        printf("console: started without a channel for requests or a resource\n");
        return 1;
    }
    terminal_init(&ops);
    err = begin(first_client);
    if (err == 0) {
        err = keel_thread_run(&keys, "keys", read_keys, NULL, 0);
    }
    if (err == 0) {
        err = serve_all();
    }
    printf("console: %s\n", strerror(err));
    return 1;
}
