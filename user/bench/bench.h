/* SPDX-License-Identifier: MIT */
/* bench: what programs pay for the kernel. Rows, how one is run, and what they have in common. Only the first
 * thread measures. */
#ifndef USER_BENCH_H
#define USER_BENCH_H

#include <keel/base.h>
#include <keel/bootfs.h>
#include <stdbool.h>
#include <stdint.h>

/* One run of a row: so many operations, and the nanoseconds they took. */
struct run {
    const struct row *row;
    uint32_t operations;
    uint32_t
        counted; /* by what the time is divided: the operations, unless the row says otherwise */
    int64_t began, elapsed;
    const char *why; /* what could not be done */
};

struct row {
    const char *name; /* as in bench.tsv */
    const char *what;
    /* Makes what it needs, does the operations between run_begin() and run_end(), and clears up. 0, or a negative
     * status and run->why; -ENOTSUP: this machine, or this way to start the program, does not have the row. */
    int (*run)(struct run *run);
    uint32_t sent, answered; /* bytes of a call and of its answer */
};

extern const struct row rows[];
extern const unsigned row_count;

/* What the program was given; handles are 0, and the file system is empty, where it was not. */
struct given {
    keel_handle_t job, resource, tree;
    keel_bootfs_t bootfs;
    int64_t started; /* when main() began, of the monotonic clock */
    bool first;      /* is the machine's first program */
};
extern struct given given;

/* All addresses of the program. */
keel_handle_t own_addresses(void);

void run_begin(struct run *run);
void run_end(struct run *run);

/* Says what failed, for `return run_failed(run, err, "no event")`. */
static inline int run_failed(struct run *run, int err, const char *why)
{
    run->why = why;
    return err;
}

/* The row's cost in hundredths of a nanosecond: the median of so many runs, less the loop's own. 0, or what the row
 * said; *why is what failed then. */
int measure(const struct row *row, unsigned batches, uint64_t *hundredths, const char **why);
#define BATCHES_MAX 5u

/* Whether the emulator's time counts instructions (-icount shift=0), one a nanosecond; it passes by itself else. */
bool measure_counts(void);

/* "instructions", or "ns". */
const char *measure_unit(void);

/* `operations` times what stands behind it, with nothing but the loop around. */
#define REPEAT(operations) \
    for (uint32_t repeat_left = (operations); repeat_left != 0; repeat_left--, barrier())

static inline void barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

/* --- Another process, which runs this program too --- */

struct peer {
    keel_handle_t process;
};

#define PEER_HANDLES 2u

/* Starts it: it does what `role` and `argument` say (peer_main()) with its handles, which are gone for the caller
 * whatever the result; 0: fewer. 0 or a negative status and run->why. */
int peer_start(struct run *run, struct peer *peer, const char *role, uint32_t argument,
               const keel_handle_t handles[PEER_HANDLES]);

/* Ends it, and waits for that. */
void peer_end(struct peer *peer);

/* What it does: main() hands over. Does not come back but for errors: the program's status. */
int peer_main(const char *role, uint32_t argument);
#define PEER_WORD "--peer" /* the first argument, before role and argument */

/* A program of the boot file system, started in a job of the caller's. */
int start_program(struct run *run, const char *const *argv, const keel_handle_t handles[],
                  keel_handle_t *process);

/* What plays the other part, with the peer's handles; each runs until it is ended. */
int serve_calls(uint32_t number, const keel_handle_t handles[PEER_HANDLES]);
int serve_packets(uint32_t unused, const keel_handle_t handles[PEER_HANDLES]);
int serve_wakes(uint32_t unused, const keel_handle_t handles[PEER_HANDLES]);

/* --- How costs grow with what else there is --- */

/* Prints a curve of each row but those that are not affected. The number of those that failed. */
unsigned measure_curves(void);

/* --- Rows --- */

int run_null(struct run *run);
int run_clock(struct run *run);
int run_dup_close(struct run *run);
int run_signal(struct run *run);
int run_write_read(struct run *run);
int run_call(struct run *run);
int run_call_handle(struct run *run);
int run_packet(struct run *run);
int run_wake(struct run *run);
int run_futex(struct run *run);
int run_yield(struct run *run);
int run_thread(struct run *run);
int run_spawn(struct run *run);
int run_boot(struct run *run);
int run_fault_zero(struct run *run);
int run_fault_copy(struct run *run);
int run_map(struct run *run);
int run_irq(struct run *run);

#endif
