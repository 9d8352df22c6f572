/* SPDX-License-Identifier: MIT */
/* System calls that were not made where the vDSO makes them. On the calling thread, interrupts on. */
#define LOG_TAG "syscall"

#include <keel/log.h>
#include <keel/process.h>
#include <keel/syscall.h>

/* Of a program that goes on and on, the first is enough. */
int syscall_elsewhere(uint64_t number, virt_addr_t pc)
{
    if (process_may(process_current(), PROCESS_MAY_CALL_ANYWHERE)) {
        return 1;
    }
    if (process_misplaced_call()) {
        log_warn("%s: call %llu at %016llx, which is not in the vDSO, was refused",
                 process_name(process_current()), (unsigned long long)number,
                 (unsigned long long)pc);
    }
    return 0;
}
