/* SPDX-License-Identifier: MIT */
/* Counts by the monotonic clock, which is as good as a counter of instructions where the emulator's time is one. */
#include "bench.h"

#include <keel/errno.h>
#include <keel/syscalls.h>
#include <stdlib.h>

#define OPERATIONS 1000u
#define OPERATIONS_NS \
    100u /* where time passes by itself: another CPU may have to be woken each time */
#define SPIN          10000u /* rounds of spin() */
#define SPIN_ROUND    10u    /* instructions of one */
#define SPIN_PER_MILL 5      /* by so much the clock may be off if it counts instructions */

void run_begin(struct run *run)
{
    run->began = keel_clock_get_monotonic();
}

void run_end(struct run *run)
{
    run->elapsed = keel_clock_get_monotonic() - run->began;
}

/* Ten instructions a round. */
static void spin(uint64_t rounds)
{
#if defined(__aarch64__)
    __asm__ volatile("1: nop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nsubs %0, %0, #1\nb.ne 1b"
                     : "+r"(rounds)
                     :
                     : "cc");
#elif defined(__riscv)
    __asm__ volatile("1: nop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\naddi %0, %0, -1\nbnez %0, 1b"
                     : "+r"(rounds));
#elif defined(__x86_64__)
    __asm__ volatile("1: nop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\ndec %0\njnz 1b"
                     : "+r"(rounds)
                     :
                     : "cc");
#endif
}

/* Whether so many instructions take as many nanoseconds. */
static bool clock_counts(void)
{
    const int64_t instructions = (int64_t)SPIN * SPIN_ROUND;
    struct run run;

    run_begin(&run);
    spin(SPIN);
    run_end(&run);
    return labs(run.elapsed - instructions) * 1000 <= instructions * SPIN_PER_MILL;
}

bool measure_counts(void)
{
    static bool known, counts;

    if (!known) {
        known = true;
        counts = clock_counts() && clock_counts() && clock_counts();
    }
    return counts;
}

const char *measure_unit(void)
{
    return measure_counts() ? "instructions" : "ns";
}

static int run_nothing(struct run *run)
{
    run_begin(run);
    REPEAT(run->operations)
    {
    }
    run_end(run);
    return 0;
}

static int run_once(const struct row *row, struct run *run)
{
    uint32_t operations = measure_counts() ? OPERATIONS : OPERATIONS_NS;

    *run = (struct run){.row = row, .operations = operations, .counted = operations};
    return row->run(run);
}

static int by_size(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* Nanoseconds of `counted` operations, loop included; the first run is not counted. */
static int median_run(const struct row *row, unsigned batches, struct run *run)
{
    int64_t elapsed[BATCHES_MAX];
    int err = run_once(row, run);

    for (unsigned i = 0; err == 0 && i < batches; i++) {
        err = run_once(row, run);
        elapsed[i] = run->elapsed;
    }
    if (err == 0) {
        qsort(elapsed, batches, sizeof(elapsed[0]), by_size);
        run->elapsed = elapsed[batches / 2];
    }
    return err;
}

int measure(const struct row *row, unsigned batches, uint64_t *hundredths, const char **why)
{
    static const struct row nothing = {.name = "loop", .run = run_nothing};
    static int64_t loop = -1; /* of as many rounds */
    struct run run;
    int64_t net;
    int err = 0;

    if (loop < 0) {
        err = median_run(&nothing, BATCHES_MAX, &run);
        loop = run.elapsed;
    }
    if (err == 0) {
        err = median_run(row, batches, &run);
    }
    *why = run.why;
    /* A row that counts otherwise than by operations has no loop, or one that is lost in what it does. */
    net = run.counted == run.operations ? run.elapsed - loop : run.elapsed;
    *hundredths = err != 0 || net < 0 ? 0 : ((uint64_t)net * 100 + run.counted / 2) / run.counted;
    return err;
}
