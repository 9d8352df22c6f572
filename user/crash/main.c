/* SPDX-License-Identifier: MIT */
/* Does what it must not, some calls deep: for looking at how that is reported. */
#include <stdint.h>
#include <stdio.h>

/* The compiler must not see that it is nowhere. */
static volatile uintptr_t nowhere = 0x18;

static __attribute__((noinline)) int deeper(volatile uint64_t *where)
{
    *where = 1;
    return (int)*where;
}

static __attribute__((noinline)) int deep(volatile uint64_t *where)
{
    return deeper(where) + 1;
}

int main(void)
{
    puts("crash: writes where nothing is");
    return deep((volatile uint64_t *)nowhere);
}
