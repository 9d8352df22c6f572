/* SPDX-License-Identifier: MIT */
/* 8250 register code against a register file, in the layouts of PCs, SoCs and the DW_apb_uart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/serial/uart8250.c"

#include "fake_io.h"

static struct uart8250 uart;

static struct {
    uint8_t ier, fcr, lcr, mcr, dll, dlm;
    char sent[64];
    struct {
        uint8_t status, byte;
    } received[8];
    unsigned int receive_at, receive_end;
    unsigned int full_for; /* reads of LSR that find the transmitter full */
    unsigned int status_reads;
    unsigned int room; /* bytes that may come until LSR says again that it is empty */
    bool fifos;
    unsigned int busy_for; /* writes of LCR that a DW_apb_uart ignores */
    unsigned int usr_reads;
    bool absent;
} dev;

static uint8_t line_status(void)
{
    uint8_t status = LSR_THRE | LSR_TEMT;

    dev.status_reads++;
    if (dev.full_for > 0) {
        dev.full_for--;
        status = 0;
    } else {
        dev.room = dev.fifos && (dev.fcr & FCR_ENABLE) ? 16 : 1;
    }
    if (dev.receive_at < dev.receive_end) {
        status |= LSR_READY | dev.received[dev.receive_at].status;
    }
    return status;
}

static uint8_t read_register(unsigned int reg)
{
    switch (reg) {
    case RBR:
        if (dev.lcr & LCR_DLAB) {
            return dev.dll;
        }
        return dev.receive_at < dev.receive_end ? dev.received[dev.receive_at++].byte : 0;
    case DLM:
        return dev.lcr & LCR_DLAB ? dev.dlm : dev.ier;
    case IIR:
        return dev.fifos && (dev.fcr & FCR_ENABLE) ? 0xc1 : 0x01;
    case LCR:
        return dev.lcr;
    case LSR:
        return line_status();
    case USR:
        dev.usr_reads++;
        return 0;
    default:
        fail_msg("read of register %u", reg);
        return 0;
    }
}

static unsigned int register_at(uint32_t offset, unsigned int width)
{
    assert_int_equal(width, uart.io_width);
    assert_int_equal(offset & ((1u << uart.reg_shift) - 1), 0);
    return offset >> uart.reg_shift;
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    (void)io;
    return dev.absent ? UINT32_MAX : read_register(register_at(offset, width));
}

static void write_lcr(uint8_t value)
{
    if (dev.busy_for > 0) {
        dev.busy_for--;
    } else {
        dev.lcr = value;
    }
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    bool divisor = dev.lcr & LCR_DLAB;

    (void)io;
    assert_false(dev.absent);
    switch (register_at(offset, width)) {
    case THR:
        if (divisor) {
            dev.dll = (uint8_t)value;
        } else {
            assert_int_equal(dev.full_for, 0);
            assert_true(dev.room-- > 0);
            dev.sent[strlen(dev.sent)] = (char)value;
        }
        break;
    case IER:
        *(divisor ? &dev.dlm : &dev.ier) = (uint8_t)value;
        break;
    case FCR:
        dev.fcr = (uint8_t)value;
        break;
    case LCR:
        write_lcr((uint8_t)value);
        break;
    case MCR:
        dev.mcr = (uint8_t)value;
        break;
    default:
        fail_msg("write of %#x", offset);
    }
}

static int reset(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    dev.ier = 0xf;
    dev.dll = 12;
    uart = (struct uart8250){.io_width = 1};
    return 0;
}

static void test_known_clock(void **state)
{
    (void)state;
    assert_int_equal(uart8250_start(&uart, 1843200, 115200), 0);
    assert_int_equal(dev.dll, 1);
    assert_int_equal(dev.dlm, 0);
    assert_int_equal(dev.lcr, LCR_8N1);
    assert_int_equal(dev.ier, 0);
    assert_int_equal(dev.fcr, FCR_ENABLE);
    assert_int_equal(dev.mcr, MCR_DTR_RTS);
    assert_int_equal(uart8250_baud(&uart, 1843200), 115200);
    assert_int_equal(dev.lcr, LCR_8N1);
    assert_int_equal(uart8250_start(&uart, 100000000, 300), 0);
    assert_int_equal(dev.dlm << 8 | dev.dll, 20833);
}

static void test_keeps_divisor(void **state)
{
    (void)state;
    assert_int_equal(uart8250_start(&uart, 0, 115200), 0);
    assert_int_equal(dev.dll, 12);
    assert_int_equal(uart8250_start(&uart, 1843200, 0), 0);
    assert_int_equal(dev.dll, 12);
    /* a rate that no divisor gives */
    assert_int_equal(uart8250_start(&uart, UINT64_C(1) << 40, 50), 0);
    assert_int_equal(dev.dll, 12);
}

static void test_layouts(void **state)
{
    static const unsigned int widths[] = {1, 2, 4};

    (void)state;
    for (unsigned int shift = 0; shift < 4; shift++) {
        for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
            reset(NULL);
            uart.reg_shift = shift;
            uart.io_width = widths[i];
            assert_int_equal(uart8250_start(&uart, 24000000, 115200), 0);
            uart8250_write(&uart, "hi", 2);
            assert_int_equal(dev.dll, 13);
            assert_string_equal(dev.sent, "hi");
        }
    }
}

static void test_busy_detect(void **state)
{
    (void)state;
    uart = (struct uart8250){.io_width = 4, .reg_shift = 2, .busy_detect = true};
    dev.busy_for = 3;
    assert_int_equal(uart8250_start(&uart, 24000000, 115200), 0);
    assert_int_equal(dev.dll, 13);
    assert_int_equal(dev.lcr, LCR_8N1);
    assert_int_equal(dev.usr_reads, 3);
    dev.busy_for = UINT32_MAX; /* one that is stuck must not hang us */
    uart8250_start(&uart, 24000000, 115200);
}

static void test_absent(void **state)
{
    (void)state;
    dev.absent = true;
    assert_int_equal(uart8250_start(&uart, 1843200, 115200), -ENODEV);
    assert_int_equal(uart8250_read(&uart), -EAGAIN);
}

static void test_dead(void **state)
{
    (void)state;
    dev.full_for = 3000000;
    uart8250_write(&uart, "0123456789", 10);
    assert_string_equal(dev.sent, "");
    assert_true(dev.status_reads < POLLS_MAX + 100);
    dev.full_for = 5;
    uart8250_write(&uart, "x", 1);
    dev.full_for = 0;
    uart8250_write(&uart, "back", 4);
    assert_string_equal(dev.sent, "back");
}

/* A reader that stops the flow before the port is started, for ever: not even all registers of a port
 * that takes none of them cost a second long wait. */
static void test_stalled_from_the_start(void **state)
{
    (void)state;
    uart.busy_detect = true;
    dev.busy_for = UINT32_MAX;
    dev.full_for = UINT32_MAX;
    assert_int_equal(uart8250_start(&uart, 24000000, 115200), 0);
    uart8250_write(&uart, "0123456789", 10);
    uart8250_baud(&uart, 24000000);
    assert_string_equal(dev.sent, "");
    assert_in_range(dev.status_reads, POLLS_MAX, POLLS_MAX + 1000);
}

/* Bytes are lost as long as it lasts; what is sent from then on is complete, waits and all. */
static void test_goes_on_after_a_stall(void **state)
{
    (void)state;
    dev.full_for = POLLS_MAX + 4;
    uart8250_write(&uart, "abcdefgh", 8); /* the first waits, three more find it full */
    assert_string_equal(dev.sent, "efgh");
    dev.full_for = 1000;
    uart8250_write(&uart, "ij", 2);
    assert_string_equal(dev.sent, "efghij");
}

/* One look at LSR for each FIFO full; where the FIFOs do not work, one for each byte. */
static void test_fifo(void **state)
{
    const char *text = "a line of forty bytes, less one of them";
    size_t len = strlen(text);

    (void)state;
    for (unsigned int fifos = 0; fifos < 2; fifos++) {
        for (unsigned int width = 1; width <= 4; width += 3) {
            reset(NULL);
            uart.io_width = width;
            dev.fifos = fifos;
            assert_int_equal(uart8250_start(&uart, 0, 0), 0);
            dev.status_reads = 0;
            dev.full_for = 7;
            uart8250_write(&uart, text, len);
            assert_string_equal(dev.sent, text);
            assert_int_equal(dev.status_reads, 7 + (fifos ? 3 : len));
        }
    }
}

static void test_read(void **state)
{
    (void)state;
    assert_int_equal(uart8250_read(&uart), -EAGAIN);
    dev.received[0].byte = 'a';
    dev.received[1].status = 1 << 3; /* framing error */
    dev.received[2].status = 1 << 4; /* break */
    dev.received[3].status = 1 << 1; /* overrun: the byte itself is good */
    dev.received[3].byte = 'b';
    dev.receive_end = 4;
    assert_int_equal(uart8250_read(&uart), 'a');
    assert_int_equal(uart8250_read(&uart), 'b');
    assert_int_equal(uart8250_read(&uart), -EAGAIN);
}

/* Received bytes interrupt, nothing else; and on a PC the line is let through. */
static void test_listens(void **state)
{
    (void)state;
    assert_int_equal(uart8250_start(&uart, 0, 0), 0);
    assert_int_equal(dev.ier, 0);
    uart8250_listen(&uart);
    assert_int_equal(dev.ier, 1);
    assert_int_equal(dev.mcr, 0xb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_known_clock, reset),
        cmocka_unit_test_setup(test_keeps_divisor, reset),
        cmocka_unit_test_setup(test_layouts, reset),
        cmocka_unit_test_setup(test_busy_detect, reset),
        cmocka_unit_test_setup(test_absent, reset),
        cmocka_unit_test_setup(test_dead, reset),
        cmocka_unit_test_setup(test_stalled_from_the_start, reset),
        cmocka_unit_test_setup(test_goes_on_after_a_stall, reset),
        cmocka_unit_test_setup(test_fifo, reset),
        cmocka_unit_test_setup(test_read, reset),
        cmocka_unit_test_setup(test_listens, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
