/* SPDX-License-Identifier: MIT */
/* Counts the instructions of operations: the median of several batches, less the loop's own. */
#include <arch/cpu.h>
#include <keel/bench.h>
#include <keel/console.h>
#include <keel/param.h>
#include <keel/power.h>

#define BATCHES    5
#define OPERATIONS 1000

#define NOTES_MAX  4

static bool requested, curves_requested;

static struct {
    const char *row;
    uint64_t instructions;
} notes[NOTES_MAX];
static unsigned int note_count;

KPARAM(bench, PARAM_BOOL, requested, 0, 0,
       "measure the kernel's operations, then power off (builds with CONFIG_BENCH)");

KPARAM(curves, PARAM_BOOL, curves_requested, 0, 0,
       "with `bench`: measure how costs grow with sizes as well");

static void empty(void)
{
    barrier();
}

/* Instructions of a batch. */
static uint64_t time_batch(void (*op)(void))
{
    uint64_t start = arch_instructions();

    for (unsigned int i = 0; i < OPERATIONS; i++) {
        op();
    }
    return arch_instructions() - start;
}

static uint64_t median(uint64_t values[BATCHES])
{
    for (unsigned int i = 1; i < BATCHES; i++) {
        for (unsigned int j = i; j > 0 && values[j - 1] > values[j]; j--) {
            uint64_t swap = values[j];

            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    }
    return values[BATCHES / 2];
}

static uint64_t measure(void (*op)(void))
{
    uint64_t batches[BATCHES];

    op(); /* brings what it touches into the emulator's translation cache and the CPU's */
    for (unsigned int i = 0; i < BATCHES; i++) {
        batches[i] = time_batch(op);
    }
    return median(batches);
}

/* Hundredths of an instruction for one operation. */
static uint64_t per_operation(uint64_t total, uint64_t overhead)
{
    uint64_t net = total > overhead ? total - overhead : 0;

    return (net * 100 + OPERATIONS / 2) / OPERATIONS;
}

void bench_note(const char *row, uint64_t instructions)
{
    if (IS_ENABLED(CONFIG_BENCH) && note_count < NOTES_MAX) {
        notes[note_count].row = row;
        notes[note_count++].instructions = instructions;
    }
}

bool bench_requested(void)
{
    return IS_ENABLED(CONFIG_BENCH) && requested;
}

static void print(const char *kind, const char *name, uint64_t hundredths)
{
    console_printf("%s: %s %llu.%02llu instructions", kind, name,
                   (unsigned long long)(hundredths / 100), (unsigned long long)(hundredths % 100));
}

static void run_curve(const struct bench_curve *curve, uint64_t overhead)
{
    for (size_t i = 0; i < curve->count; i++) {
        curve->setup(curve->sizes[i]);
        print("curve", curve->name, per_operation(measure(curve->op), overhead));
        console_printf(" at %llu %s\n", (unsigned long long)curve->sizes[i], curve->axis);
    }
}

static void run_row(const struct bench *bench, uint64_t overhead)
{
    if (bench->setup) {
        bench->setup();
    }
    print("bench", bench->name, per_operation(measure(bench->op), overhead));
    console_printf("\n");
}

void bench_run(void)
{
    uint64_t to_prompt = arch_instructions(); /* they are counted from the kernel's entry */
    uint64_t overhead = measure(empty);
    const struct bench_curve *curve;
    const struct bench *bench;

    console_printf("bench: boot.prompt %llu instructions\n", (unsigned long long)to_prompt);
    for (unsigned int i = 0; i < note_count; i++) {
        console_printf("bench: %s %llu instructions\n", notes[i].row,
                       (unsigned long long)notes[i].instructions);
    }
    section_for_each(benches, bench)
    {
        run_row(bench, overhead);
    }
    section_for_each(bench_curves, curve)
    {
        if (curves_requested) {
            run_curve(curve, overhead);
        }
    }
    power_off(0);
}
