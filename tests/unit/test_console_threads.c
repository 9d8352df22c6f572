/* SPDX-License-Identifier: MIT */
/* CPUs that write at the same time, with interrupts on and off: every line is whole, and those of who
 * may wait are all there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "../../core/debug/console.c"

#define CPUS   6
#define LINES  3000u
#define LENGTH 24

uint64_t fake_counter;
uint64_t fake_counter_step;
unsigned fake_events;
_Thread_local bool fake_irqs_off;
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;

static int no_earlycon(const char *options)
{
    return -ENXIO;
}

EARLYCON(none, "none", no_earlycon);

static struct thread_head threads[CPUS];
static char *shown; /* what the only console has shown */
static size_t shown_len;

void log_replay(log_emit_fn *emit, void *arg)
{
}

void log_set_sink(log_emit_fn *emit)
{
}

bool log_shown(enum log_level level)
{
    return true;
}

static void screen_write(struct console *con, const char *text, size_t len)
{
    memcpy(shown + shown_len, text, len);
    shown_len += len;
}

/* Even CPUs have interrupts on. */
static void *write_lines(void *arg)
{
    unsigned cpu = (unsigned)(uintptr_t)arg;
    char line[LENGTH];

    fake_cpu = cpu;
    fake_current = &threads[cpu];
    fake_irqs_off = cpu % 2 != 0;
    memset(line, 'a' + (int)cpu, sizeof(line));
    for (unsigned i = 0; i < LINES; i++) {
        sink_line(NULL, LOG_INFO, line, sizeof(line));
    }
    assert_int_equal(threads[cpu].preempt_off, 0);
    return NULL;
}

static void test_lines_are_whole(void **state)
{
    static struct console con = {.name = "screen", .write = screen_write};
    pthread_t host[CPUS];
    unsigned counts[CPUS] = {0};

    shown = malloc((size_t)CPUS * LINES * (LENGTH + 2));
    fake_current = &threads[0];
    console_register(&con);
    for (uintptr_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(pthread_create(&host[cpu], NULL, write_lines, (void *)cpu), 0);
    }
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        pthread_join(host[cpu], NULL);
    }
    assert_int_equal(late.len, 0);
    for (size_t at = 0; at < shown_len; at += LENGTH + 2) {
        const char *line = shown + at;

        for (unsigned i = 1; i < LENGTH; i++) {
            assert_int_equal(line[i], line[0]);
        }
        assert_memory_equal(line + LENGTH, "\r\n", 2);
        counts[line[0] - 'a']++;
    }
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        assert_in_range(counts[cpu], cpu % 2 == 0 ? LINES : 1, LINES);
    }
    free(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines_are_whole)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
