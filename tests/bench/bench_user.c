/* SPDX-License-Identifier: MIT */
/* What programs pay for the kernel, counted in user mode. */
#include "../kernel/user_stage.h"

#include <keel/bench.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/timer.h>

extern const char user_measure[];

/* A process that makes so many calls and ends with the instructions they took. */
static uint64_t run_measure(unsigned int operations)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    struct process_end end;
    struct user_stage stage;

    KASSERT(user_stage_make(&stage, 0));
    KASSERT(user_stage_start(&stage, user_measure, operations, 0, &attr));
    KASSERT(process_wait(stage.process, &end, TIMER_NEVER) == 0);
    KASSERT(end.reason == PROCESS_EXITED);
    user_stage_free(&stage);
    return (uint64_t)end.result;
}

/* The number and the instruction, without a stub's return. */
BENCH_BATCH(syscall_null, "syscall.null", NULL)
{
    return run_measure(operations) + operations;
}
