/* SPDX-License-Identifier: MIT */
/* bench: measures what programs pay for the kernel, as the first program or from a shell. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_FAILED 1
#define STATUS_USAGE  2

struct given given;

static const char usage[] = "usage: bench [-c] [-p] [ROW...]   measures all rows, or these\n"
                            "       bench -l                   lists them\n"
                            "-c: how they grow with handles, threads and processes, too\n"
                            "-p: as the machine's first program, which it turns off at the end\n";

static const struct row *find_row(const char *name)
{
    for (unsigned i = 0; i < row_count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static int list_rows(void)
{
    for (unsigned i = 0; i < row_count; i++) {
        printf("%-22s %s\n", rows[i].name, rows[i].what);
    }
    return 0;
}

static void show(const struct row *row, uint64_t hundredths)
{
    const unsigned long long whole = hundredths / 100, part = hundredths % 100;

    if (given.first) {
        printf("bench: %s %llu.%02llu %s\n", row->name, whole, part, measure_unit());
    } else {
        printf("%-22s %12llu.%02llu %s\n", row->name, whole, part, measure_unit());
    }
}

/* Whether it went wrong: a row that cannot be had here has, where it was asked for by name. */
static unsigned run_row(const struct row *row, bool by_name)
{
    uint64_t hundredths;
    const char *why;
    int err = measure(row, BATCHES_MAX, &hundredths, &why);

    if (err == 0) {
        show(row, hundredths);
        return 0;
    }
    if (err == -ENOTSUP && !by_name) {
        return 0;
    }
    dprintf(2, "bench: %s: %s (%s)\n", row->name, why ? why : "not measured", strerror(err));
    return 1;
}

static unsigned run_named(char **names)
{
    unsigned failed = 0;

    for (; *names; names++) {
        failed += run_row(find_row(*names), true);
    }
    return failed;
}

static unsigned run_all(void)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < row_count; i++) {
        failed += run_row(&rows[i], false);
    }
    return failed;
}

static bool all_known(char **names)
{
    bool known = true;

    for (; *names; names++) {
        if (!find_row(*names)) {
            dprintf(2, "bench: there is no row %s: bench -l lists them\n", *names);
            known = false;
        }
    }
    return known;
}

/* Needs nothing; what was not given makes rows fail that do. */
static void take_what_was_given(void)
{
    keel_handle_t bootfs = keel_startup_handle(KEEL_STARTUP_BOOTFS_VMO);

    given.job = keel_startup_handle(KEEL_STARTUP_JOB_DEFAULT);
    given.resource = keel_startup_handle(KEEL_STARTUP_RESOURCE_ROOT);
    given.tree = keel_startup_handle(KEEL_STARTUP_DEVICE_TREE_VMO);
    if (bootfs != KEEL_HANDLE_INVALID) {
        (void)keel_bootfs_map(bootfs, &given.bootfs);
    }
}

/* Options, which come first; the names behind them, or NULL: not understood. */
static char **read_options(char **argv, bool *list, bool *curves)
{
    for (argv++; *argv && **argv == '-'; argv++) {
        if (strcmp(*argv, "-l") == 0) {
            *list = true;
        } else if (strcmp(*argv, "-c") == 0) {
            *curves = true;
        } else if (strcmp(*argv, "-p") == 0) {
            given.first = true;
        } else {
            return NULL;
        }
    }
    return argv;
}

static int measure_rows(char **names, bool curves)
{
    unsigned failed;

    take_what_was_given();
    failed = *names ? run_named(names) : run_all();
    if (curves) {
        failed += measure_curves();
    }
    if (given.first) {
        (void)keel_system_powerctl(given.resource, KEEL_SYSTEM_POWERCTL_SHUTDOWN,
                                   failed != 0 ? STATUS_FAILED : 0);
    }
    return failed != 0 ? STATUS_FAILED : 0;
}

int main(int argc, char **argv)
{
    bool list = false, curves = false;
    char **names;

    given.started = keel_clock_get_monotonic();
    if (argc == 4 && strcmp(argv[1], PEER_WORD) == 0) {
        return peer_main(argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
    }
    names = read_options(argv, &list, &curves);
    if (!names) {
        dprintf(2, "%s", usage);
        return STATUS_USAGE;
    }
    if (list) {
        return list_rows();
    }
    return all_known(names) ? measure_rows(names, curves) : STATUS_USAGE;
}
