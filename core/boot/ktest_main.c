/* SPDX-License-Identifier: MIT */
/* Test runs: what the command line asked for, then power off with the outcome. */
#include <keel/ktest.h>
#include <keel/param.h>
#include <keel/power.h>

static char patterns[KTEST_PATTERN_MAX];

KPARAM(ktest, PARAM_STRING, patterns, 0, 0,
       "run the kernel's tests, all or those that match one of some patterns, then power off");

bool ktest_requested(void)
{
    return param_given("ktest");
}

void ktest_main(void)
{
    power_off(ktest_run(patterns) ? 0 : 1);
}
