/* SPDX-License-Identifier: MIT */
/* Received bytes come once and in order, whether the interrupt or the console finds them first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/errno.h>

#include "../../drivers/serial/serial_input.c"

uint64_t fake_counter, fake_counter_step;
unsigned fake_events;
_Thread_local unsigned fake_cpu;

static const char *fifo; /* what the port has */
static struct serial_input input;
static struct irq_request requested;
static unsigned arrivals, releases;
static int line_status, request_status;

static int read_port(void *port)
{
    assert_ptr_equal(port, &fifo);
    return *fifo ? *fifo++ : -EAGAIN;
}

void console_input_arrived(void)
{
    arrivals++;
}

int device_interrupt(struct device *dev, unsigned index, struct fdt_irq *out)
{
    assert_int_equal(index, 0);
    return line_status;
}

int irq_request(const struct fdt_irq *spec, const struct irq_request *request, struct irq **out)
{
    requested = *request;
    *out = request_status == 0 ? (struct irq *)&requested : NULL;
    return request_status;
}

void irq_release(struct irq *irq)
{
    assert_ptr_equal(irq, &requested);
    releases++;
}

static int setup(void **state)
{
    static struct device dev = {.name = "serial3"};

    fifo = "";
    arrivals = releases = 0;
    line_status = request_status = 0;
    input = (struct serial_input){.read = read_port, .port = &fifo};
    return serial_input_start(&input, &dev);
}

static void expect(const char *text)
{
    for (; *text; text++) {
        assert_int_equal(serial_input_read(&input), *text);
    }
    assert_int_equal(serial_input_read(&input), -EAGAIN);
}

static void test_interrupt_first(void **state)
{
    assert_string_equal(requested.name, "serial3");
    assert_int_equal(requested.handler(requested.arg), IRQ_NONE);
    fifo = "hello";
    assert_int_equal(requested.handler(requested.arg), IRQ_HANDLED);
    assert_int_equal(arrivals, 1);
    fifo = " you";
    assert_int_equal(requested.handler(requested.arg), IRQ_HANDLED);
    expect("hello you");
}

/* The interrupt that comes late for bytes that were read is the port's all the same. */
static void test_console_first(void **state)
{
    fifo = "abc";
    assert_int_equal(serial_input_read(&input), 'a');
    assert_int_equal(requested.handler(requested.arg), IRQ_HANDLED);
    assert_int_equal(requested.handler(requested.arg), IRQ_NONE);
    fifo = "d";
    expect("bcd");
}

static void test_more_than_there_is_room_for(void **state)
{
    static char flood[BYTE_RING_SIZE + 50];

    memset(flood, 'x', sizeof(flood) - 1);
    fifo = flood;
    assert_int_equal(requested.handler(requested.arg), IRQ_HANDLED);
    assert_int_equal(*fifo, '\0'); /* nothing stays in the port: it would interrupt for ever */
    for (unsigned i = 0; i < BYTE_RING_SIZE; i++) {
        assert_int_equal(serial_input_read(&input), 'x');
    }
    fifo = "on";
    expect("on");
}

static void test_start_and_stop(void **state)
{
    struct device dev = {.name = "serial0"};

    serial_input_stop(&input);
    serial_input_stop(&input);
    assert_int_equal(releases, 1);
    line_status = -ENOENT;
    assert_int_equal(serial_input_start(&input, &dev), -ENOENT);
    line_status = 0;
    request_status = -ENXIO;
    assert_int_equal(serial_input_start(&input, &dev), -ENXIO);
    serial_input_stop(&input);
    assert_int_equal(releases, 1);
    fifo = "polled";
    expect("polled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_interrupt_first, setup),
        cmocka_unit_test_setup(test_console_first, setup),
        cmocka_unit_test_setup(test_more_than_there_is_room_for, setup),
        cmocka_unit_test_setup(test_start_and_stop, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
