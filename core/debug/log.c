/* SPDX-License-Identifier: MIT */
/* The log: a ring of time-stamped records. The oldest make room for new ones. */
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/param.h>
#include <keel/parse.h>
#include <keel/printf.h>
#include <keel/spinlock.h>
#include <keel/string.h>

#define RING_SIZE (CONFIG_LOG_BUFFER_KB * UINT64_C(1024))
#define TEXT_MAX  LOG_TEXT_MAX
#define TAG_MAX   LOG_TAG_MAX
#define LINE_MAX  (TEXT_MAX + TAG_MAX + 32)

/* What stands before the text of a record in the ring. */
struct record {
    uint64_t ns;
    uint16_t len;
    uint8_t level;
    char tag[TAG_MAX + 1];
};

_Static_assert(RING_SIZE >= 2 * (sizeof(struct record) + TEXT_MAX), "a record must fit");

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info",   [LOG_WARN] = "warn",
    [LOG_ERROR] = "error", [LOG_FATAL] = "fatal",
};

/* Positions count bytes ever written; the ring holds those from `oldest` to `end`. */
static struct {
    struct spinlock lock;
    uint64_t oldest;
    uint64_t end;
    uint8_t bytes[RING_SIZE];
} ring;

static bool unlocked;
static log_emit_fn *sink;
static int64_t level_shown = LOG_INFO;

KPARAM_NAMED(loglevel, level_shown, LOG_DEBUG, LOG_FATAL, level_names,
             "least severe level printed: 0 debug, 1 info, 2 warn, 3 error, 4 fatal, or by name");

static unsigned long lock_ring(void)
{
    return unlocked ? 0 : spin_lock(&ring.lock);
}

static void unlock_ring(unsigned long irq)
{
    if (!unlocked) {
        spin_unlock(&ring.lock, irq);
    }
}

static void ring_copy_in(uint64_t pos, const void *src, size_t len)
{
    size_t at = pos % RING_SIZE;
    size_t first = MIN(len, RING_SIZE - at);

    memcpy(ring.bytes + at, src, first);
    memcpy(ring.bytes, (const uint8_t *)src + first, len - first);
}

static void ring_copy_out(uint64_t pos, void *dst, size_t len)
{
    size_t at = pos % RING_SIZE;
    size_t first = MIN(len, RING_SIZE - at);

    memcpy(dst, ring.bytes + at, first);
    memcpy((uint8_t *)dst + first, ring.bytes, len - first);
}

/* Appends a record; expects the lock. */
static void ring_put(const struct record *rec, const char *text)
{
    struct record old;

    while (ring.end + sizeof(*rec) + rec->len - ring.oldest > RING_SIZE) {
        ring_copy_out(ring.oldest, &old, sizeof(old));
        ring.oldest += sizeof(old) + old.len;
    }
    ring_copy_in(ring.end, rec, sizeof(*rec));
    ring_copy_in(ring.end + sizeof(*rec), text, rec->len);
    ring.end += sizeof(*rec) + rec->len;
}

/* Takes the record at *pos, or the oldest when that is gone, and moves *pos on; false at `end`. */
static bool ring_next(uint64_t *pos, uint64_t end, struct record *rec, char *text)
{
    unsigned long irq = lock_ring();
    bool found;

    *pos = MAX(*pos, ring.oldest);
    found = *pos < MIN(end, ring.end);
    if (found) {
        ring_copy_out(*pos, rec, sizeof(*rec));
        ring_copy_out(*pos + sizeof(*rec), text, rec->len);
        *pos += sizeof(*rec) + rec->len;
    }
    unlock_ring(irq);
    return found;
}

/* `[    0.001234] info  pmm: text` */
static size_t format_line(char line[LINE_MAX], const struct record *rec, const char *text)
{
    return (size_t)kscnprintf(line, LINE_MAX, "[%5llu.%06llu] %-5s %s: %.*s",
                              (unsigned long long)(rec->ns / NS_PER_SEC),
                              (unsigned long long)(rec->ns % NS_PER_SEC / 1000),
                              level_names[rec->level], rec->tag, (int)rec->len, text);
}

/* A line is one line, whatever is printed into it: control bytes become spaces. */
static void flatten(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            text[i] = ' ';
        }
    }
}

static size_t format_message(char text[TEXT_MAX + 1], const char *fmt, va_list args)
{
    int len = kvsnprintf(text, TEXT_MAX + 1, fmt, args);
    size_t kept = len < 0 ? 0 : MIN((size_t)len, (size_t)TEXT_MAX);

    while (kept > 0 && text[kept - 1] == '\n') {
        kept--;
    }
    flatten(text, kept);
    return kept;
}

void log_vwrite(enum log_level level, const char *tag, const char *fmt, va_list args)
{
    struct record rec = {.ns = clock_ns(), .level = (uint8_t)level};
    char text[TEXT_MAX + 1];
    char line[LINE_MAX];
    log_emit_fn *emit = sink;
    unsigned long irq;

    strlcpy(rec.tag, tag, sizeof(rec.tag));
    rec.len = (uint16_t)format_message(text, fmt, args);
    irq = lock_ring();
    ring_put(&rec, text);
    unlock_ring(irq);
    if (emit && log_shown(level)) {
        emit(NULL, level, line, format_line(line, &rec, text));
    }
}

void log_write(enum log_level level, const char *tag, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    log_vwrite(level, tag, fmt, args);
    va_end(args);
}

void log_replay(log_emit_fn *emit, void *arg)
{
    uint64_t end = READ_ONCE(ring.end);
    uint64_t pos = 0;
    struct record rec;
    char text[TEXT_MAX];
    char line[LINE_MAX];

    while (ring_next(&pos, end, &rec, text)) {
        emit(arg, (enum log_level)rec.level, line, format_line(line, &rec, text));
    }
}

bool log_next(uint64_t *pos, struct log_record *out)
{
    struct record rec;

    if (!ring_next(pos, UINT64_MAX, &rec, out->text)) {
        return false;
    }
    out->ns = rec.ns;
    out->level = (enum log_level)rec.level;
    out->len = rec.len;
    memcpy(out->tag, rec.tag, sizeof(out->tag));
    return true;
}

void log_set_sink(log_emit_fn *emit)
{
    sink = emit;
}

bool log_shown(enum log_level level)
{
    return (int64_t)level >= level_shown;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

int log_level_parse(const char *text)
{
    uint64_t number;

    for (unsigned int level = 0; level < ARRAY_SIZE(level_names); level++) {
        if (strcmp(text, level_names[level]) == 0) {
            return (int)level;
        }
    }
    if (kstrtou64(text, 10, &number) == 0 && number < ARRAY_SIZE(level_names)) {
        return (int)number;
    }
    return -EINVAL;
}

void log_panic_mode(void)
{
    unlocked = true;
}
