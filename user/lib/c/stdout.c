/* SPDX-License-Identifier: MIT */
/* Output by lines: a line waits until it is whole, and goes out in one piece. */
#include "exit.h"
#include "format.h"

#include <keel/runtime.h>
#include <keel/sync.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX 256u

/* Text on its way to an output. */
struct stream {
    unsigned fd;
    size_t used;
    int err; /* of the first write that failed */
    char line[LINE_MAX];
};

static keel_mutex_t lock;
static struct stream output = {.fd = 1};

static void flush(struct stream *stream)
{
    int err = stream->used != 0 ? keel_fd_write(stream->fd, stream->line, stream->used) : 0;

    stream->used = 0;
    if (stream->err == 0) {
        stream->err = err;
    }
}

static void put(void *context, const char *text, size_t length)
{
    struct stream *stream = context;

    while (length-- != 0) {
        stream->line[stream->used++] = *text;
        if (*text++ == '\n' || stream->used == LINE_MAX) {
            flush(stream);
        }
    }
}

/* The program is about to end; a thread that died with the lock must not keep it from that. */
static void flush_at_last(void)
{
    if (keel_mutex_trylock(&lock)) {
        flush(&output);
        keel_mutex_unlock(&lock);
    }
}

static void begin(void)
{
    keel_mutex_lock(&lock);
    lib_last_words = flush_at_last;
    output.err = 0;
}

static int end(size_t length)
{
    int err = output.err;

    keel_mutex_unlock(&lock);
    return err != 0 ? err : (int)length;
}

int keel_stdout_flush(void)
{
    begin();
    flush(&output);
    return end(0);
}

int vprintf(const char *format, va_list args)
{
    begin();
    return end(lib_format(put, &output, format, args));
}

int printf(const char *format, ...)
{
    va_list args;
    int result;

    va_start(args, format);
    result = vprintf(format, args);
    va_end(args);
    return result;
}

int puts(const char *text)
{
    return printf("%s\n", text);
}

int putchar(int c)
{
    int result = printf("%c", c);

    return result < 0 ? result : (unsigned char)c;
}

int vdprintf(int fd, const char *format, va_list args)
{
    struct stream now = {.fd = (unsigned)fd};
    size_t length;

    if (fd == 1) {
        return vprintf(format, args);
    }
    length = lib_format(put, &now, format, args);
    flush(&now);
    return now.err != 0 ? now.err : (int)length;
}

int dprintf(int fd, const char *format, ...)
{
    va_list args;
    int result;

    va_start(args, format);
    result = vdprintf(fd, format, args);
    va_end(args);
    return result;
}
