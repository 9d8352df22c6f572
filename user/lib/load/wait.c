/* SPDX-License-Identifier: MIT */
/* How programs end. */
#include <keel/info.h>
#include <keel/signals.h>
#include <keel/spawn.h>
#include <keel/syscalls.h>

static int tell_code(keel_handle_t process, int64_t *code)
{
    keel_info_process_t info = {.flags = 0};
    uint64_t actual, avail;
    int err =
        keel_object_get_info(process, KEEL_INFO_PROCESS, &info, sizeof(info), &actual, &avail);

    *code = info.return_code;
    return err;
}

int keel_process_wait(keel_handle_t process, keel_time_t deadline, int64_t *code)
{
    keel_signals_t observed;
    int err = keel_object_wait_one(process, KEEL_PROCESS_TERMINATED, deadline, &observed);

    return err != 0 ? err : tell_code(process, code);
}
