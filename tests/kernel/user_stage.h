/* SPDX-License-Identifier: MIT */
/* A process for tests, whose program is the page of user_<arch>.S. */
#ifndef TESTS_KERNEL_USER_STAGE_H
#define TESTS_KERNEL_USER_STAGE_H

#include <keel/aspace.h>
#include <keel/process.h>
#include <keel/vmo.h>

#define USER_DATA_PAGES 2u
#define USER_DONE       7 /* what programs end with whose checks were passed */

/* Entry points of the page: programs that end with a result, or by a fault. */
extern const char user_programs[], user_programs_end[];
extern const char user_exit[], user_exit_thread[], user_call[], user_begin[], user_keep[],
    user_spin[], user_sleep[], user_float[], user_loop[], user_read[], user_write[], user_jump[],
    user_illegal[], user_breakpoint[], user_privileged[], user_other[], user_recurse[],
    user_frames[];

struct user_stage {
    struct process *process;
    struct vmo *memory; /* data pages, written before and read after */
    virt_addr_t code, data, stack;
};

/* A process with the programs, data that is its own to read and write, an unmapped page behind it, and
 * memory for stacks. False: failed the test. */
bool user_stage_make(struct user_stage *stage, uint32_t privileges);
void user_stage_free(struct user_stage *stage);

/* Starts a program with an argument. */
bool user_stage_start(struct user_stage *stage, const char *program, uint64_t argument,
                      unsigned thread, const struct thread_attr *attr);

/* Waits for the end, with patience; false: failed the test. */
bool user_stage_wait(struct user_stage *stage, struct process_end *end);

/* All of it. The end is PROCESS_RUNS where that failed the test. */
struct process_end user_run(const char *program, uint64_t argument);

#endif
