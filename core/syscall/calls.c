/* SPDX-License-Identifier: MIT */
/* The calls about time, the calling thread, and the console. They run on the calling thread, interrupts
 * on; what the table says of arguments has been checked. */
#include <generated/syscall_handlers.h>
#include <keel/clock.h>
#include <keel/console.h>
#include <keel/process.h>
#include <keel/syscall.h>
#include <keel/timer.h>

#define WRITE_PIECE 128u /* bytes of text on the kernel's stack at a time */

int64_t syscall_unknown(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                        uint64_t a5)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    return -ENOSYS;
}

int64_t sys_syscall_test_0(void)
{
    return 0;
}

int64_t sys_syscall_test_6(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    return (int64_t)(a + b + c + d + e + f);
}

int64_t sys_clock_get_monotonic(void)
{
    return (int64_t)clock_ns();
}

int64_t sys_nanosleep(int64_t deadline)
{
    if (deadline <= (int64_t)clock_ns()) {
        thread_yield();
    } else {
        process_sleep(deadline == INT64_MAX ? TIMER_NEVER : (uint64_t)deadline);
    }
    return 0;
}

int64_t sys_thread_legacy_yield(uint32_t options)
{
    (void)options;
    thread_yield();
    return 0;
}

void sys_thread_exit(void)
{
    process_exit_thread(0);
}

void sys_process_exit(int64_t retcode)
{
    process_exit(retcode);
}

/* What was written before a page that cannot be read stays written. */
int64_t sys_debug_write(const void __user *buffer, size_t buffer_size)
{
    char piece[WRITE_PIECE];

    for (size_t at = 0; at < buffer_size; at += sizeof(piece)) {
        size_t size = MIN(buffer_size - at, sizeof(piece));

        if (user_copy_in(piece, (const char __user *)buffer + at, size) != 0) {
            return -EFAULT;
        }
        console_write(piece, size);
    }
    return 0;
}
