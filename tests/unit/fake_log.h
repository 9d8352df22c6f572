/* SPDX-License-Identifier: MIT */
/* Log, console and panic for tests of what uses them: texts are kept, a panic jumps out. */
#ifndef TESTS_UNIT_FAKE_LOG_H
#define TESTS_UNIT_FAKE_LOG_H

#include <keel/console.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

static char fake_text[65536]; /* what was logged and printed, a line each */
static unsigned int fake_warnings;
static jmp_buf fake_panic_exit;

static void fake_append(const char *fmt, va_list args)
{
    size_t used = strlen(fake_text);

    vsnprintf(fake_text + used, sizeof(fake_text) - used, fmt, args);
}

void log_write(enum log_level level, const char *tag, const char *fmt, ...)
{
    va_list args;

    (void)tag;
    fake_warnings += level >= LOG_WARN;
    va_start(args, fmt);
    fake_append(fmt, args);
    va_end(args);
    strncat(fake_text, "\n", sizeof(fake_text) - strlen(fake_text) - 1);
}

void console_printf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fake_append(fmt, args);
    va_end(args);
}

void panic(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fake_append(fmt, args);
    va_end(args);
    longjmp(fake_panic_exit, 1);
}

static inline int fake_log_reset(void **state)
{
    (void)state;
    fake_text[0] = '\0';
    fake_warnings = 0;
    return 0;
}

/* Runs a statement that must panic. */
#define ASSERT_PANICS(statement)                      \
    do {                                              \
        if (setjmp(fake_panic_exit) == 0) {           \
            statement;                                \
            fail_msg("%s did not panic", #statement); \
        }                                             \
    } while (0)

#endif
