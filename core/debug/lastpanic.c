/* SPDX-License-Identifier: MIT */
/* The record of the last panic: lies in memory that the start of the kernel does not clear, so a
 * warm reboot of the same image finds it. A checksum tells it from what memory holds by chance. */
#include <keel/cache.h>
#include <keel/hash.h>
#include <keel/log.h>
#include <keel/string.h>

#define RECORD_MAGIC UINT64_C(0x63696e61506c654b) /* "KelPanic" in memory */
#define KEPT_MAX     4064

static struct panic_record {
    uint64_t magic;
    uint64_t length; /* bytes of text */
    uint64_t check;  /* FNV-1a of the text */
    char text[KEPT_MAX];
} record __section(".noinit");

static char last_text[KEPT_MAX + 1];

static bool record_is_valid(void)
{
    return record.magic == RECORD_MAGIC && record.length > 0 && record.length <= KEPT_MAX &&
           record.check == fnv1a_64(record.text, record.length);
}

static void record_clear(void)
{
    record.magic = 0;
    record.length = 0;
    cache_clean(&record, sizeof(record));
}

void log_recover_last(void)
{
    if (record_is_valid()) {
        memcpy(last_text, record.text, record.length);
        last_text[record.length] = '\0';
    }
    record_clear();
}

const char *log_last_panic(void)
{
    return last_text[0] ? last_text : NULL;
}

void log_keep_panic(const char *text, size_t len)
{
    size_t room;

    if (record.magic != RECORD_MAGIC || record.length > KEPT_MAX) {
        record.length = 0;
    }
    room = KEPT_MAX - record.length;
    len = MIN(len, room);
    memcpy(record.text + record.length, text, len);
    record.length += len;
    record.check = fnv1a_64(record.text, record.length);
    record.magic = RECORD_MAGIC;
    cache_clean(&record, sizeof(record));
}
