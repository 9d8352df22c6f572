/* SPDX-License-Identifier: MIT */
/* The first program of a machine, by somebody who has only the SDK: looks at what it was given, tries a few calls,
 * and turns the machine off with a status that tells how that went: 0, or the number of the step that failed. */
#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOON 1000000 /* ns */

/* A message goes through a channel and is the same at the other end. */
static int try_channel(void)
{
    static const char sent[] = "a message";
    char received[sizeof(sent)] = "";
    keel_channel_buffer_t buffer = {.bytes = received, .num_bytes = sizeof(received)};
    keel_handle_t ends[2];
    int err = keel_channel_create(0, &ends[0], &ends[1]);

    if (err == 0) {
        err = keel_channel_write(ends[0], 0, sent, sizeof(sent), NULL, 0);
    }
    if (err == 0) {
        err = keel_channel_read(ends[1], 0, &buffer);
    }
    return err == 0 && memcmp(sent, received, sizeof(sent)) == 0;
}

static int try_sleep(void)
{
    int64_t deadline = keel_clock_get_monotonic() + SOON;

    return keel_nanosleep(deadline) == 0 && keel_clock_get_monotonic() >= deadline;
}

static int try_log(void)
{
    static const char text[] = "example: straight to the debug log";
    keel_handle_t log = keel_startup_handle(KEEL_STARTUP_DEBUGLOG);

    return keel_debuglog_write(log, 0, text, strlen(text)) == 0;
}

int main(int argc, char **argv, char **envp)
{
    static int (*const steps[])(void) = {try_channel, try_sleep, try_log};
    const unsigned count = sizeof(steps) / sizeof(steps[0]);
    keel_handle_t root = keel_startup_handle(KEEL_STARTUP_RESOURCE_ROOT);
    unsigned failed = 0;

    for (int i = 0; i < argc; i++) {
        printf("example: argument %d is %s\n", i, argv[i]);
    }
    for (char **setting = envp; *setting; setting++) {
        printf("example: setting %s\n", *setting);
    }
    for (unsigned i = 0; failed == 0 && i < count; i++) {
        failed = steps[i]() ? 0 : i + 1;
    }
    printf("example: %u of %u steps went well\n", failed == 0 ? count : failed - 1, count);
    keel_system_powerctl(root, KEEL_SYSTEM_POWERCTL_SHUTDOWN, failed);
    printf("example: the machine stays on\n");
    return EXIT_FAILURE;
}
