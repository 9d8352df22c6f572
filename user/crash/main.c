/* SPDX-License-Identifier: MIT */
/* crash [WAY]: does what it must not, some calls deep, for looking at how that is reported. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The compiler must not see that these are nowhere, or not to be written or run. */
static volatile uintptr_t nowhere = 0x18;
static volatile uintptr_t in_the_kernel = ~(uintptr_t)0xffff;
static uint64_t data[16];

typedef void function(void);

static __attribute__((noinline)) int deeper(volatile uint64_t *where)
{
    *where = 1;
    return (int)*where;
}

static __attribute__((noinline)) int deep(volatile uint64_t *where)
{
    return deeper(where) + 1;
}

static int crash_write(void)
{
    return deep((volatile uint64_t *)nowhere);
}

static int crash_read(void)
{
    return (int)*(volatile uint64_t *)nowhere;
}

static int crash_kernel(void)
{
    return deep((volatile uint64_t *)in_the_kernel);
}

/* The program's own instructions. */
static int crash_text(void)
{
    return deep((volatile uint64_t *)(uintptr_t)&deep);
}

static int call(uintptr_t where)
{
    ((function *)where)();
    return 0;
}

static int crash_jump(void)
{
    return call(nowhere & ~(uintptr_t)7);
}

static int crash_data(void)
{
    return call((uintptr_t)data);
}

static __attribute__((noinline)) unsigned recurse(unsigned depth)
{
    volatile char room[512];

    room[0] = 0;
    room[depth % sizeof(room)] = (char)depth;
    return depth == 0 ? 0 : recurse(depth + 1) + (unsigned)room[0];
}

static int crash_stack(void)
{
    return (int)recurse(1);
}

static int crash_abort(void)
{
    abort();
}

static const struct {
    const char *name;
    int (*crash)(void);
    const char *what;
} ways[] = {
    {"write", crash_write, "writes where nothing is"},
    {"read", crash_read, "reads where nothing is"},
    {"kernel", crash_kernel, "writes where the kernel is"},
    {"text", crash_text, "writes over its own instructions"},
    {"jump", crash_jump, "goes where nothing is"},
    {"data", crash_data, "goes where its data is"},
    {"stack", crash_stack, "calls itself until its stack ends"},
    {"abort", crash_abort, "gives up"},
};

#define WAY_COUNT (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "write";

    for (size_t i = 0; argc <= 2 && i < WAY_COUNT; i++) {
        if (strcmp(ways[i].name, name) == 0) {
            printf("crash: %s\n", ways[i].what);
            return ways[i].crash();
        }
    }
    dprintf(2, "crash: ways are");
    for (size_t i = 0; i < WAY_COUNT; i++) {
        dprintf(2, " %s", ways[i].name);
    }
    dprintf(2, "\n");
    return 2;
}
