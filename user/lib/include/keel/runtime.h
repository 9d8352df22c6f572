/* SPDX-License-Identifier: MIT */
/* What a program was started with, and its three plain inputs and outputs. */
#ifndef KEEL_RUNTIME_H
#define KEEL_RUNTIME_H

#include <keel/base.h>
#include <keel/startup.h>
#include <stddef.h>

/* The status of a program whose start message is no good, or that cannot be started for want of memory. */
#define KEEL_EXIT_NOT_STARTED 127

/* The handle that the program was started with for KEEL_STARTUP_*: the caller's from now on, and 0 when asked for
 * again. 0 too if there was none. Any thread. */
keel_handle_t keel_startup_handle(uint32_t kind);

/* The same for the resource of a KEEL_RSRC_SYSTEM_*_BASE, or for the root, which covers it. */
keel_handle_t keel_startup_resource(uint64_t base);

/* The same for a service of that name. */
keel_handle_t keel_startup_service(const char *name);

/* "NAME=value" each, NULL at the end; what main() gets as its third argument. */
extern char **environ;

/* The most that one message of an input or output holds. */
#define KEEL_FD_MESSAGE_MAX 4096u

/* Writes all of it to output 1 or 2: to the channel the program was started with, else to the debug log, else to
 * nowhere. Waits while the other side is full. 0; -EPIPE: nobody reads any more; -EBADF: there is no such
 * output. Any thread. */
int keel_fd_write(unsigned fd, const void *bytes, size_t size);

/* Reads from input 0 up to `size` bytes, waiting for the first. How many; 0: there will be no more. -EBADF: there
 * is no input. One thread at a time. */
int64_t keel_fd_read(unsigned fd, void *bytes, size_t size);

/* Waits for a line on input 0 and stores up to size - 1 of its bytes, with its '\n' and a 0: how many bytes, 0 at
 * the end of input, or a negative status. What does not fit comes with the next call. */
int64_t keel_fd_read_line(char *line, size_t size);

#endif
