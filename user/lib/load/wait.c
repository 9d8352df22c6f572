/* SPDX-License-Identifier: MIT */
/* How programs end. */
#include <keel/crash.h>
#include <keel/signals.h>
#include <keel/spawn.h>
#include <keel/syscalls.h>

static int tell_code(keel_handle_t process, int64_t *code)
{
    keel_info_process_t info = {.flags = 0};
    int err = keel_process_result(process, &info);

    *code = info.return_code;
    return err;
}

int keel_process_wait(keel_handle_t process, keel_time_t deadline, int64_t *code)
{
    keel_signals_t observed;
    int err = keel_object_wait_one(process, KEEL_PROCESS_TERMINATED, deadline, &observed);

    return err != 0 ? err : tell_code(process, code);
}
