/* SPDX-License-Identifier: MIT */
/* Consoles: who sees which line, exactly once; keys; early consoles by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../core/debug/console.c"

uint64_t fake_counter;
uint64_t fake_counter_step;
unsigned fake_events;
_Thread_local bool fake_irqs_off;
static struct thread_head thread = {.name = "test"};
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current = &thread;

/* A log of two records, one of them below the level shown. */
static log_emit_fn *log_sink;
static const char retained[] = "old";

void log_replay(log_emit_fn *emit, void *arg)
{
    emit(arg, LOG_DEBUG, "hidden", 6);
    emit(arg, LOG_INFO, retained, strlen(retained));
}

void log_set_sink(log_emit_fn *emit)
{
    log_sink = emit;
}

bool log_shown(enum log_level level)
{
    return level >= LOG_INFO;
}

struct screen {
    struct console con;
    char text[256];
    const char *keys;
};

static void log_line(const char *line);
static const char *interrupting; /* logged by an interrupt while text is written */

static void screen_write(struct console *con, const char *text, size_t len)
{
    const char *line = interrupting;

    assert_int_equal(thread.preempt_off, consoles.unlocked ? 0 : 1);
    interrupting = NULL;
    if (line) {
        fake_irqs_off = true;
        log_line(line);
        fake_irqs_off = false;
    }
    strncat(((struct screen *)con->priv)->text, text, len);
}

static int screen_read(struct console *con)
{
    struct screen *screen = con->priv;

    return *screen->keys ? *screen->keys++ : -EAGAIN;
}

static void screen_init(struct screen *screen, const char *name, uint64_t where, bool boot)
{
    *screen = (struct screen){
        .con = {.name = name, .write = screen_write, .priv = screen, .where = where, .boot = boot},
        .keys = ""};
}

static int reset(void **state)
{
    (void)state;
    consoles.first = NULL;
    consoles.unlocked = false;
    consoles.turn = 0;
    late.len = 0;
    fake_irqs_off = false;
    fake_cpu = 0;
    interrupting = NULL;
    assert_int_equal(thread.preempt_off, 0);
    return 0;
}

static void log_line(const char *line)
{
    log_sink(NULL, LOG_INFO, line, strlen(line));
}

static void test_no_console(void **state)
{
    (void)state;
    assert_false(console_present());
    assert_false(console_has_input());
    assert_int_equal(console_poll(), -EAGAIN);
    console_printf("into %s\n", "nothing");
}

static void test_output(void **state)
{
    struct screen a, b;

    (void)state;
    screen_init(&a, "a", 1, false);
    screen_init(&b, "b", 2, false);
    console_register(&a.con);
    log_line("one");
    console_register(&b.con);
    console_printf("x%d\n\ny", 5);
    assert_string_equal(a.text, "old\r\none\r\nx5\r\n\r\ny");
    assert_string_equal(b.text, "old\r\nx5\r\n\r\ny");
    console_unregister(&a.con);
    console_write("z", 1);
    assert_string_equal(b.text, "old\r\nx5\r\n\r\nyz");
    assert_null(strchr(a.text, 'z'));
}

static unsigned arrivals;

static void count_arrival(void)
{
    arrivals++;
}

/* A keyboard takes part in reading and in nothing else. */
static void test_input_only(void **state)
{
    struct screen keyboard, screen;

    (void)state;
    screen_init(&keyboard, "keyboard", 0, false);
    keyboard.con.write = NULL;
    keyboard.con.read = screen_read;
    keyboard.con.announces = true;
    console_register(&keyboard.con);
    assert_false(console_present());
    assert_true(console_has_input());
    assert_true(console_input_announced());
    screen_init(&screen, "uart", 0x1000, true);
    screen.con.read = screen_read;
    console_register(&screen.con);
    assert_false(console_input_announced());
    console_drop_boot();
    assert_true(console_present()); /* the keyboard is no reason to drop it */
    log_line("shown");
    console_printf("here");
    assert_string_equal(screen.text, "old\r\nshown\r\nhere");
    keyboard.keys = "k";
    assert_int_equal(console_poll(), 'k');
    console_input_arrived();
    console_set_input_hook(count_arrival);
    console_input_arrived();
    assert_int_equal(arrivals, 1);
    console_set_input_hook(NULL);
}

/* The same device: no line twice; another device is shown what was logged before it came. */
static void test_boot_console(void **state)
{
    struct screen early, real, other;

    (void)state;
    screen_init(&early, "uart", 0x1000, true);
    screen_init(&real, "uart", 0x1000, false);
    screen_init(&other, "uart", 0x2000, false);
    console_register(&early.con);
    console_drop_boot();
    assert_true(console_present()); /* the only one stays */
    console_register(&other.con);
    assert_string_equal(other.text, "old\r\n");
    console_register(&real.con);
    assert_string_equal(real.text, "");
    log_line("new");
    assert_string_equal(early.text, "old\r\n");
    assert_string_equal(real.text, "new\r\n");
}

/* Firmware's console runs over the UART that comes up as the first console with keys. */
static void test_firmware_console(void **state)
{
    struct screen early, screen, uart;

    (void)state;
    screen_init(&early, "sbi", 0, true);
    screen_init(&screen, "vga", 2, false);
    screen_init(&uart, "uart", 1, false);
    uart.con.read = screen_read;
    console_register(&early.con);
    console_register(&screen.con);
    assert_string_equal(screen.text, "old\r\n");
    console_register(&uart.con);
    log_line("new");
    assert_string_equal(early.text, "old\r\n");
    assert_string_equal(uart.text, "new\r\n");
}

static void test_drop_boot(void **state)
{
    struct screen early, second, real;

    (void)state;
    screen_init(&early, "vga", 1, true);
    screen_init(&second, "sbi", 0, true);
    screen_init(&real, "uart", 2, false);
    console_register(&early.con);
    console_register(&second.con);
    console_register(&real.con);
    console_drop_boot();
    log_line("new");
    assert_null(strstr(early.text, "new"));
    assert_null(strstr(second.text, "new"));
    assert_string_equal(real.text, "old\r\nnew\r\n");
}

static void test_input(void **state)
{
    struct screen a, b, mute;

    (void)state;
    screen_init(&a, "a", 1, false);
    screen_init(&b, "b", 2, false);
    screen_init(&mute, "mute", 3, false);
    a.con.read = screen_read;
    b.con.read = screen_read;
    a.keys = "x";
    b.keys = "y\xff";
    console_register(&mute.con);
    assert_false(console_has_input());
    console_register(&a.con);
    console_register(&b.con);
    assert_true(console_has_input());
    assert_int_equal(console_poll() + console_poll(), 'x' + 'y');
}

/* A panic may come while a console is being written to. */
static void test_panic_mode(void **state)
{
    struct screen a;

    (void)state;
    screen_init(&a, "a", 1, false);
    console_register(&a.con);
    consoles.lock.drawn++;
    consoles.turn = 5;
    console_panic_mode();
    console_printf("end");
    log_line("of all");
    assert_string_equal(a.text, "old\r\nendof all\r\n");
    consoles.lock.drawn--;
}

static unsigned switches;

static void count_switch(void)
{
    assert_int_equal(thread.preempt_off, 0);
    switches++;
}

/* An interrupt of the CPU that writes, a device that complains while it is written to: no line within a
 * line. */
static void test_interrupted(void **state)
{
    struct screen a;

    (void)state;
    screen_init(&a, "a", 1, false);
    console_register(&a.con);
    console_set_preempt_hook(count_switch);
    interrupting = "an interrupt";
    log_line("a thread");
    assert_int_equal(switches, 1);
    interrupting = "another";
    console_write("written", 7);
    assert_string_equal(a.text, "old\r\na thread\r\nan interrupt\r\nwrittenanother\r\n");
    assert_int_equal(consoles.turn, 0);
    console_set_preempt_hook(NULL);
}

/* With interrupts off nobody waits for another CPU: the text is there after what that one writes. */
static void test_left_to_another(void **state)
{
    struct screen a;
    char flood[300];

    (void)state;
    screen_init(&a, "a", 1, false);
    console_register(&a.con);
    consoles.turn = 3;
    fake_irqs_off = true;
    log_line("left");
    console_write("behind ", 7);
    assert_string_equal(a.text, "old\r\n");
    consoles.turn = 0;
    log_line("now");
    assert_string_equal(a.text, "old\r\nnow\r\nleft\r\nbehind ");
    /* What is too much is lost, and nothing else. */
    consoles.turn = 3;
    memset(flood, 'x', sizeof(flood));
    for (unsigned int i = 0; i < 10; i++) {
        console_write(flood, sizeof(flood));
    }
    assert_int_equal(late.len, LATE_SIZE / sizeof(flood) * sizeof(flood));
    late.len = 0;
    consoles.turn = 0;
}

static const char *setup_options;

static int fake_setup(const char *options)
{
    setup_options = options;
    return options[0] == '!' ? -ENXIO : 0;
}

EARLYCON(fake, "fake", fake_setup);
EARLYCON(fake2, "fake2", fake_setup);

static void test_earlycon(void **state)
{
    (void)state;
    assert_int_equal(earlycon_start("fake"), 0);
    assert_string_equal(setup_options, "");
    assert_int_equal(earlycon_start("fake2,mmio,0x10"), 0);
    assert_string_equal(setup_options, "mmio,0x10");
    assert_int_equal(earlycon_start("fake,!"), -ENXIO);
    assert_int_equal(earlycon_start("fak,1"), -ENOENT);
    assert_int_equal(earlycon_start("fake3"), -ENOENT);
    assert_int_equal(earlycon_start(""), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_console, reset),
        cmocka_unit_test_setup(test_output, reset),
        cmocka_unit_test_setup(test_input_only, reset),
        cmocka_unit_test_setup(test_boot_console, reset),
        cmocka_unit_test_setup(test_firmware_console, reset),
        cmocka_unit_test_setup(test_drop_boot, reset),
        cmocka_unit_test_setup(test_input, reset),
        cmocka_unit_test_setup(test_panic_mode, reset),
        cmocka_unit_test_setup(test_interrupted, reset),
        cmocka_unit_test_setup(test_left_to_another, reset),
        cmocka_unit_test_setup(test_earlycon, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
