/* SPDX-License-Identifier: MIT */
/* The plain input: a channel whose messages are text. What a message has and nobody wanted yet is kept. */
#include <keel/call.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
    keel_handle_t channel;
    bool asked, ended;
    size_t begin, end; /* of what is there */
    char bytes[KEEL_FD_MESSAGE_MAX];
} input;

/* Makes sure that something is there. 0: there will be no more. */
static int64_t fill(void)
{
    keel_answer_t message = {.bytes = input.bytes, .size = sizeof(input.bytes)};
    int err;

    if (!input.asked) {
        input.channel = keel_startup_handle(KEEL_STARTUP_STDIN);
        input.asked = true;
    }
    if (input.begin != input.end || input.ended) {
        return (int64_t)(input.end - input.begin);
    }
    if (input.channel == KEEL_HANDLE_INVALID) {
        return -EBADF;
    }
    (void)keel_object_signal_peer(input.channel, 0, KEEL_CONSOLE_WANTED);
    err = keel_receive(input.channel, &message, KEEL_TIME_INFINITE);
    input.begin = 0;
    input.end = err == 0 ? message.size : 0;
    input.ended = err == -EPIPE || (err == 0 && message.size == 0);
    return err == 0 || err == -EPIPE ? (int64_t)input.end : err;
}

/* Up to `size` of the bytes that are there. */
static size_t take(char *out, size_t size)
{
    size_t there = input.end - input.begin;

    size = size < there ? size : there;
    memcpy(out, input.bytes + input.begin, size);
    input.begin += size;
    return size;
}

int64_t keel_fd_read(unsigned fd, void *bytes, size_t size)
{
    int64_t there;

    if (fd != 0) {
        return -EBADF;
    }
    (void)keel_stdout_flush();
    there = fill();
    return there <= 0 ? there : (int64_t)take(bytes, size);
}

int64_t keel_fd_read_line(char *line, size_t size)
{
    size_t used = 0;
    int64_t there = 0;

    (void)keel_stdout_flush();
    while (used + 1 < size && (used == 0 || line[used - 1] != '\n') && (there = fill()) > 0) {
        const char *begin = input.bytes + input.begin;
        const char *end = memchr(begin, '\n', (size_t)there);
        size_t wanted = end ? (size_t)(end - begin) + 1 : (size_t)there;

        used += take(line + used, wanted < size - 1 - used ? wanted : size - 1 - used);
    }
    if (size != 0) {
        line[used] = '\0';
    }
    return used != 0 || there >= 0 ? (int64_t)used : there;
}
