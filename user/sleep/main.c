/* SPDX-License-Identifier: MIT */
/* sleep SECONDS: waits so long. */
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)
#define MOST     1000000000L

int main(int argc, char **argv)
{
    char *end = NULL;
    long seconds = argc == 2 ? strtol(argv[1], &end, 10) : 0;

    if (argc != 2 || *end || end == argv[1] || seconds < 0 || seconds > MOST) {
        dprintf(2, "sleep: usage: sleep SECONDS\n");
        return 2;
    }
    return keel_nanosleep(keel_clock_get_monotonic() + seconds * NS_PER_S) != 0;
}
