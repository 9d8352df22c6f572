/* SPDX-License-Identifier: MIT */
/* top [ROUNDS [SECONDS]]: which processes have used the CPUs, the busiest first: in the time of a round, which is
 * a second, and in all. */
#include <keel/call_types.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <keel/tasks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESSES_MAX 128u
#define ROUNDS_MAX    1000000u
#define SECONDS_MAX   86400u
#define NS_PER_S      INT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)

struct usage {
    keel_koid_t koid;
    uint64_t total; /* ns */
    uint64_t lately;
    char name[KEEL_INFO_NAME_MAX];
};

struct round {
    struct usage processes[PROCESSES_MAX];
    unsigned count;
    unsigned left_out;
};

static struct round rounds[2];

static bool note(const keel_task_t *task, void *context)
{
    struct round *round = context;

    if (task->is_job) {
        return true;
    }
    if (round->count == PROCESSES_MAX) {
        round->left_out++;
        return true;
    }
    round->processes[round->count] =
        (struct usage){.koid = task->koid, .total = keel_task_cpu_time(task->handle)};
    memcpy(round->processes[round->count].name, task->name, sizeof(task->name));
    round->count++;
    return true;
}

static int look(keel_handle_t job, struct round *round)
{
    round->count = 0;
    round->left_out = 0;
    return keel_tasks_walk(job, note, round);
}

/* What each has used since the last round; all, if it was not there. */
static void compare(struct round *now, const struct round *before)
{
    for (unsigned i = 0; i < now->count; i++) {
        struct usage *usage = &now->processes[i];

        usage->lately = usage->total;
        for (unsigned k = 0; k < before->count; k++) {
            if (before->processes[k].koid == usage->koid) {
                usage->lately = usage->total - before->processes[k].total;
            }
        }
    }
}

static int by_usage(const void *a, const void *b)
{
    const struct usage *one = a, *other = b;

    if (one->lately != other->lately) {
        return one->lately < other->lately ? 1 : -1;
    }
    return one->total < other->total ? 1 : one->total > other->total ? -1 : 0;
}

static void show(const struct round *round, uint64_t span)
{
    printf("%8s %6s %14s %s\n", "koid", "cpu %", "cpu time/s", "name");
    for (unsigned i = 0; i < round->count; i++) {
        const struct usage *usage = &round->processes[i];
        uint64_t tenths = span == 0 ? 0 : usage->lately / NS_PER_MS * 1000 / (span / NS_PER_MS + 1);
        uint64_t ms = usage->total / NS_PER_MS;

        printf("%8llu %4llu.%llu %10llu.%03llu %s\n", (unsigned long long)usage->koid,
               (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10),
               (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000), usage->name);
    }
    if (round->left_out != 0) {
        printf("and %u more\n", round->left_out);
    }
}

static bool parse(const char *text, unsigned long max, unsigned long *out)
{
    char *end;

    *out = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *out >= 1 && *out <= max;
}

static int run(keel_handle_t job, unsigned long count, unsigned long seconds)
{
    keel_time_t begin = keel_clock_get_monotonic();
    int err = look(job, &rounds[0]);

    for (unsigned long i = 1; i <= count && err == 0; i++) {
        struct round *now = &rounds[i % 2];
        keel_time_t then;

        keel_nanosleep(begin + (keel_time_t)seconds * NS_PER_S);
        then = keel_clock_get_monotonic();
        err = look(job, now);
        if (err == 0) {
            compare(now, &rounds[(i + 1) % 2]);
            qsort(now->processes, now->count, sizeof(now->processes[0]), by_usage);
            show(now, (uint64_t)(then - begin));
        }
        begin = then;
    }
    return err;
}

int main(int argc, char **argv)
{
    keel_handle_t job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
    unsigned long count = 1, seconds = 1;
    int err;

    if (argc > 3 || (argc > 1 && !parse(argv[1], ROUNDS_MAX, &count)) ||
        (argc > 2 && !parse(argv[2], SECONDS_MAX, &seconds))) {
        dprintf(2, "usage: top [ROUNDS [SECONDS]]\n");
        return 2;
    }
    if (job == KEEL_HANDLE_INVALID) {
        dprintf(2, "top: was given no job to look at\n");
        return 1;
    }
    err = run(job, count, seconds);
    if (err != 0) {
        dprintf(2, "top: %s\n", strerror(err));
    }
    return err != 0;
}
