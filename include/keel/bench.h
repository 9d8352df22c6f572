/* SPDX-License-Identifier: MIT */
/* Instruction counts of kernel operations, printed as `bench: NAME VALUE UNIT` by `bench` on the
 * command line (CONFIG_BENCH builds, QEMU -icount). */
#ifndef KEEL_BENCH_H
#define KEEL_BENCH_H

#include <keel/section.h>
#include <keel/types.h>

struct bench {
    const char *name;    /* as in bench.tsv */
    void (*setup)(void); /* may be NULL */
    void (*op)(void);    /* one operation */
};

/* BENCH(memcpy_4096, "memcpy.4096", setup) { memcpy(dst, src, 4096); } : the harness times 5
 * batches of 1,000 operations, subtracts an empty operation's loop and call, and prints the median. */
#define BENCH(ident, row, setup_fn)                                                             \
    static void bench_##ident(void);                                                            \
    SECTION_ENTRY(benches, struct bench,                                                        \
                  bench_entry_##ident) = {.name = row, .setup = setup_fn, .op = bench_##ident}; \
    static void bench_##ident(void)
SECTION_TABLE(benches, struct bench);

/* An operation that is measured at several sizes: `curve: NAME VALUE UNIT at SIZE AXIS`, by `curves` beside
 * `bench` on the command line. */
struct bench_curve {
    const char *name;
    const char *axis;      /* what the sizes count */
    const uint64_t *sizes; /* rising */
    size_t count;
    void (*setup)(uint64_t size);
    void (*op)(void);
};

#define BENCH_CURVE(ident, row, axis_text, sizes_array, setup_fn)           \
    static void curve_##ident(void);                                        \
    SECTION_ENTRY(bench_curves, struct bench_curve,                         \
                  curve_entry_##ident) = {.name = row,                      \
                                          .axis = axis_text,                \
                                          .sizes = sizes_array,             \
                                          .count = ARRAY_SIZE(sizes_array), \
                                          .setup = setup_fn,                \
                                          .op = curve_##ident};             \
    static void curve_##ident(void)
SECTION_TABLE(bench_curves, struct bench_curve);

/* Adds a row that was measured on the way to the prompt, in instructions: bench_note("boot.clock",
 * n). `row` is a constant. Nothing happens in builds without CONFIG_BENCH. */
void bench_note(const char *row, uint64_t instructions);

/* Whether `bench` stood on the command line of a CONFIG_BENCH build. */
bool bench_requested(void);

/* Runs all rows, then powers off. */
__noreturn void bench_run(void);

#endif
