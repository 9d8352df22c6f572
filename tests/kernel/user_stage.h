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
extern const char user_exit[], user_second[], user_exit_thread[], user_call[], user_script[],
    user_begin[], user_keep[], user_spin[], user_sleep[], user_float[], user_loop[], user_read[],
    user_write[], user_jump[], user_illegal[], user_breakpoint[], user_privileged[], user_other[],
    user_recurse[], user_frames[];

struct user_stage {
    struct process *process;
    struct vmo *memory; /* data pages, written before and read after */
    virt_addr_t code, data, stack;
    struct user_thread *thread; /* user_stage_become() */
    uint64_t objects;           /* there were before user_stage_open() */
};

/* What user_script does at the begin of the data, one after the other. An argument may be where an earlier
 * call has put something: USER_ARGUMENT(). */
struct user_step {
    int64_t
        number; /* of a call; USER_END: ends, once it has gone argument[0] times more to the step that
                     * begins at byte argument[1] */
    uint64_t argument[6];
    int64_t result;
};

#define USER_END  (-1)
#define STEPS_MAX (PAGE_SIZE / sizeof(struct user_step))

/* Where an argument of a step, and where the data behind the steps lie. */
#define USER_ARGUMENT(stage, step, n) \
    ((stage)->data + (step) * sizeof(struct user_step) + 8 + (n) * sizeof(uint64_t))
#define USER_BUFFER(stage)  ((stage)->data + PAGE_SIZE)
#define USER_NOWHERE(stage) ((stage)->data + USER_DATA_PAGES * PAGE_SIZE)

/* A process with the programs, data that is its own to read and write, an unmapped page behind it, and
 * memory for stacks. False: failed the test. */
bool user_stage_make(struct user_stage *stage, uint32_t privileges);
void user_stage_free(struct user_stage *stage);

/* Starts a program with an argument. */
bool user_stage_start(struct user_stage *stage, const char *program, uint64_t argument,
                      unsigned thread, const struct thread_attr *attr);

/* Waits for the end, with patience; false: failed the test. */
bool user_stage_wait(struct user_stage *stage, struct process_end *end);

/* Starts a script of steps, the last of them USER_END. */
bool user_stage_start_script(struct user_stage *stage, const struct user_step *steps,
                             unsigned count);

/* Takes the steps back, with results and what calls have put into arguments. */
void user_stage_read_script(struct user_stage *stage, struct user_step *steps, unsigned count);

/* Both, with the process's end in between, which is to come by itself. */
bool user_stage_play(struct user_stage *stage, struct user_step *steps, unsigned count);

/* Bytes of the buffer, before and after. */
void user_stage_put(struct user_stage *stage, size_t offset, const void *bytes, size_t size);
void user_stage_get(struct user_stage *stage, size_t offset, void *bytes, size_t size);

/* A new handle of the process; the one in the caller's hand becomes it. */
keel_handle_t user_stage_enter(struct user_stage *stage, struct object *object,
                               keel_rights_t rights);

/* The calling thread makes calls as one of the process would, until it returns: no thread of the process
 * is needed, and user memory is the process's. The stage keeps what it needs for that. */
void user_stage_become(struct user_stage *stage);
void user_stage_return(struct user_stage *stage);

/* Makes a stage and becomes its process; and back, when no object more may be there than before. False: failed
 * the test. */
bool user_stage_open(struct user_stage *stage);
void user_stage_close(struct user_stage *stage);

/* How many handles its process has, and the signals of the object behind one, 0 for none. */
uint32_t user_stage_handles(struct user_stage *stage);
keel_signals_t user_stage_signals(struct user_stage *stage, keel_handle_t handle);

/* A call of who has become one, by way of the table of calls with its checks: CALL(event_create, 0, out). */
#define CALL(name, ...)                           \
    __extension__({                               \
        const uint64_t _words[6] = {__VA_ARGS__}; \
        user_stage_call(KEEL_SYS_##name, _words); \
    })
int64_t user_stage_call(unsigned number, const uint64_t argument[6]);

/* A 64-bit word of the buffer, by its index, from both sides. */
uint64_t user_stage_word(const struct user_stage *stage, unsigned index);
void user_stage_set_word(const struct user_stage *stage, unsigned index, uint64_t value);
static inline uint64_t user_stage_at(const struct user_stage *stage, unsigned index)
{
    return USER_BUFFER(stage) + index * sizeof(uint64_t);
}

/* All of it. The end is PROCESS_RUNS where that failed the test. */
struct process_end user_run(const char *program, uint64_t argument);

#endif
