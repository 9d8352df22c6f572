/* SPDX-License-Identifier: MIT */
/* The first program: says that user space is there. */
#include <keel/syscalls.h>
#include <stdio.h>

#define NS_PER_MS 1000000

/* Data with an address in it, which the program's own start has to put right. */
static const char *const names[] = {"user", "space"};

int main(void)
{
    int64_t begin = keel_clock_get_monotonic();

    printf("init: %s %s, running at %p\n", names[0], names[1], (void *)&main);
    keel_nanosleep(begin + NS_PER_MS);
    printf("init: done\n");
    return keel_clock_get_monotonic() - begin >= NS_PER_MS ? 0 : 1;
}
