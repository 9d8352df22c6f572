/* SPDX-License-Identifier: MIT */
/* dmesg: the records of the kernel's log that there are. */
#include <keel/errno.h>
#include <keel/log_record.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_US INT64_C(1000)
#define US_PER_S  INT64_C(1000000)

static void show(const keel_log_record_t *record)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", "fatal"};
    const char *level =
        record->severity < sizeof(levels) / sizeof(levels[0]) ? levels[record->severity] : "?";
    int64_t us = record->timestamp / NS_PER_US;
    int size = record->datalen < KEEL_LOG_RECORD_DATA_MAX ? record->datalen
                                                          : (int)KEEL_LOG_RECORD_DATA_MAX;

    printf("[%5lld.%06lld] %-5s %.*s\n", (long long)(us / US_PER_S), (long long)(us % US_PER_S),
           level, size, record->data);
}

int main(void)
{
    keel_handle_t log = keel_startup_handle(KEEL_STARTUP_DEBUGLOG);
    keel_log_record_t record;
    int err;

    while ((err = (int)keel_debuglog_read(log, 0, &record, sizeof(record))) == 0) {
        show(&record);
    }
    if (err != -EAGAIN) {
        dprintf(2, "dmesg: the log cannot be read: %s\n", strerror(err));
    }
    return err != -EAGAIN;
}
