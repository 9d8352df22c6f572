/* SPDX-License-Identifier: MIT */
/* Tests of the kernel from user space: the whole of what a user of it sees. */
#include "objects.h"
#include "utest.h"

#include <keel/resource.h>
#include <keel/syscalls.h>
#include <stdio.h>

/* The first argument: only tests whose names begin so. The machine is turned off at the end, where the program
 * may do that. */
int main(int argc, char **argv)
{
    bool good;

    printf("utest: begins\n");
    good = utest_run(argc > 1 ? argv[1] : "") == 0;
    (void)keel_system_powerctl(root_resource(), KEEL_SYSTEM_POWERCTL_SHUTDOWN, good ? 0 : 1);
    return good ? 0 : 1;
}
