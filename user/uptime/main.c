/* SPDX-License-Identifier: MIT */
/* uptime: how long the kernel runs, and on how many CPUs. */
#include <keel/syscalls.h>
#include <stdio.h>

#define NS_PER_MS INT64_C(1000000)

int main(void)
{
    int64_t ms = keel_clock_get_monotonic() / NS_PER_MS;
    int64_t seconds = ms / 1000;

    printf("up %lld days, %02lld:%02lld:%02lld.%03lld\n", (long long)(seconds / 86400),
           (long long)(seconds / 3600 % 24), (long long)(seconds / 60 % 60),
           (long long)(seconds % 60), (long long)(ms % 1000));
    return 0;
}
