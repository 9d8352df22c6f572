/* SPDX-License-Identifier: MIT */
/* The log (K3): time-stamped, levelled records in a ring, echoed to the consoles. */
#ifndef KEEL_LOG_H
#define KEEL_LOG_H

#include <keel/types.h>
#include <stdarg.h>

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARN,
    LOG_ERROR,
    LOG_FATAL,
};

/*
 * A file names its subsystem before the first log call: #define LOG_TAG "pmm" (ahead of the
 * includes). Lines are cut at 256 bytes and need no newline. Callable anywhere, on any CPU, before
 * any console exists: the ring keeps what no console has shown yet.
 */
#ifndef LOG_TAG
#define LOG_TAG "kernel"
#endif

#define log_debug(...) log_write(LOG_DEBUG, LOG_TAG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, LOG_TAG, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, LOG_TAG, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, LOG_TAG, __VA_ARGS__)
#define log_fatal(...) log_write(LOG_FATAL, LOG_TAG, __VA_ARGS__)

void log_write(enum log_level level, const char *tag, const char *fmt, ...) __printf(3, 4);
void log_vwrite(enum log_level level, const char *tag, const char *fmt, va_list args);

/* Takes one formatted line of `len` bytes, without newline. */
typedef void log_emit_fn(void *arg, enum log_level level, const char *line, size_t len);

/* Hands every retained record, oldest first, to `emit`. */
void log_replay(log_emit_fn *emit, void *arg);

#define LOG_TEXT_MAX 256
#define LOG_TAG_MAX  16

struct log_record {
    uint64_t ns; /* of clock_ns() */
    enum log_level level;
    uint16_t len;
    char tag[LOG_TAG_MAX + 1];
    char text[LOG_TEXT_MAX]; /* no 0 at its end */
};

/* Takes the record at *pos (0 at first), or the oldest when that is gone, and moves *pos on. False: there
 * is none yet. Any context. */
bool log_next(uint64_t *pos, struct log_record *out);

/* From here on every record whose level is shown (see log_shown()) goes to `emit` as it is written;
 * called without locks held, by whoever logs. The console sets it. */
void log_set_sink(log_emit_fn *emit);

/* Whether the `loglevel` parameter lets records of that level through to the consoles. */
bool log_shown(enum log_level level);

/* The level's name: "debug", "info", "warn", "error", "fatal"; and the level of a name or number,
 * or -EINVAL. */
const char *log_level_name(enum log_level level);
int log_level_parse(const char *text);

/* From here on the log takes no locks (panic). */
void log_panic_mode(void);

/* The text of the panic before the last reboot, or NULL; valid after log_recover_last(). */
const char *log_last_panic(void);

/* Looks for a panic record that survived a warm reboot, checks and keeps it. Once, early. */
void log_recover_last(void);

/* Appends panic text to the record that survives a warm reboot (cleaned to memory). */
void log_keep_panic(const char *text, size_t len);

#endif
