/* SPDX-License-Identifier: MIT */
/* PL011 register code against a register file that behaves as the manual says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/serial/pl011.c"

#include "fake_io.h"

static struct {
    uint32_t ibrd, fbrd, lcr_h, cr, imsc, icr;
    uint32_t ibrd_latched; /* the divisor counts once LCR_H is written (DDI 0183, 3.3.6) */
    char sent[64];
    uint32_t received[8];
    unsigned int receive_at, receive_end;
    unsigned int full_for; /* reads of FR that find the transmit FIFO full */
    unsigned int flag_reads;
    unsigned int drains_to; /* bytes still in the transmit FIFO when FR is read */
    unsigned int queued;    /* bytes in it */
} dev;

static uint32_t read_flags(void)
{
    uint32_t flags = dev.receive_at == dev.receive_end ? FR_RXFE : 0;

    dev.flag_reads++;
    if (dev.full_for > 0) {
        dev.full_for--;
        flags |= FR_TXFF | FR_BUSY;
    } else {
        dev.queued = MIN(dev.queued, dev.drains_to);
        flags |= dev.queued == 0 ? FR_TXFE : 0;
    }
    return flags;
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    (void)io;
    assert_int_equal(width, 4);
    switch (offset) {
    case UARTDR:
        assert_true(dev.receive_at < dev.receive_end);
        return dev.received[dev.receive_at++];
    case UARTFR:
        return read_flags();
    case UARTIBRD:
        return dev.ibrd;
    case UARTFBRD:
        return dev.fbrd;
    case UARTLCR_H:
        return dev.lcr_h;
    case UARTCR:
        return dev.cr;
    default:
        fail_msg("read of %#x", offset);
        return 0;
    }
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    (void)io;
    assert_int_equal(width, 4);
    switch (offset) {
    case UARTDR:
        assert_true(dev.cr & CR_UARTEN);
        assert_int_equal(dev.full_for, 0);
        assert_true(dev.queued++ < (dev.lcr_h & LCR_H_FEN ? 16 : 1));
        dev.sent[strlen(dev.sent)] = (char)value;
        break;
    case UARTIBRD:
        assert_false(dev.cr & CR_UARTEN);
        dev.ibrd = value;
        break;
    case UARTFBRD:
        assert_true(value < 64);
        dev.fbrd = value;
        break;
    case UARTLCR_H:
        assert_false(dev.cr & CR_UARTEN);
        dev.lcr_h = value;
        dev.ibrd_latched = dev.ibrd;
        break;
    case UARTCR:
        dev.cr = value;
        break;
    case UARTIMSC:
        dev.imsc = value;
        break;
    case UARTICR:
        assert_int_equal(dev.imsc, 0);
        dev.icr = value;
        break;
    default:
        fail_msg("write of %#x", offset);
    }
}

static struct pl011 uart;

static int reset(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    dev.cr = CR_TXE | CR_RXE;
    dev.imsc = 0x7f0;
    uart.stalled = false;
    return 0;
}

static void test_start_from_reset(void **state)
{
    (void)state;
    pl011_start(&uart, 24000000, 115200);
    assert_int_equal(dev.ibrd, 13); /* 24e6 / (16 * 115200) = 13 + 1.33 / 64 */
    assert_int_equal(dev.fbrd, 1);
    assert_int_equal(dev.ibrd_latched, 13);
    assert_int_equal(dev.lcr_h, 0x70);
    assert_int_equal(dev.cr, CR_UARTEN | CR_TXE | CR_RXE);
    assert_int_equal(dev.imsc, 0);
    assert_in_range(pl011_baud(&uart, 24000000), 115000, 115400);
    assert_int_equal(pl011_baud(&uart, 0), 0);
}

static void test_keeps_firmware_setting(void **state)
{
    (void)state;
    dev.cr = CR_UARTEN | CR_TXE;
    dev.ibrd = 26;
    dev.fbrd = 3;
    dev.lcr_h = 0x60;
    pl011_start(&uart, 48000000, 9600);
    assert_int_equal(dev.ibrd, 26);
    assert_int_equal(dev.lcr_h, 0x60);
    assert_int_equal(dev.cr, CR_UARTEN | CR_TXE | CR_RXE);
}

static void test_unknown_clock(void **state)
{
    (void)state;
    dev.ibrd = 5;
    pl011_start(&uart, 0, 115200);
    assert_int_equal(dev.ibrd, 5);
    assert_int_equal(dev.cr, CR_UARTEN | CR_TXE | CR_RXE);
}

static void test_write(void **state)
{
    (void)state;
    pl011_start(&uart, 0, 0);
    dev.full_for = 100;
    pl011_write(&uart, "hello", 5);
    assert_string_equal(dev.sent, "hello");
}

/* Empty, the FIFO takes 16 bytes after one look; not empty, or off, it takes one. */
static void test_fifo(void **state)
{
    const char *text = "a line of forty bytes, less one of them";

    (void)state;
    pl011_start(&uart, 0, 0);
    dev.flag_reads = 0;
    pl011_write(&uart, text, strlen(text));
    assert_string_equal(dev.sent, text);
    assert_int_equal(dev.flag_reads, 3);
    reset(NULL);
    pl011_start(&uart, 0, 0);
    dev.flag_reads = 0;
    dev.queued = dev.drains_to = 1;
    pl011_write(&uart, text, strlen(text));
    assert_string_equal(dev.sent, text);
    assert_int_equal(dev.flag_reads, strlen(text));
    reset(NULL);
    dev.cr |= CR_UARTEN; /* firmware's setting, FIFOs off */
    pl011_start(&uart, 0, 0);
    pl011_write(&uart, text, strlen(text));
    assert_string_equal(dev.sent, text);
    assert_int_equal(dev.flag_reads, strlen(text));
}

/* A transmitter that never moves costs one long wait, not one for each byte. */
static void test_dead(void **state)
{
    (void)state;
    pl011_start(&uart, 0, 0);
    dev.full_for = 3000000;
    pl011_write(&uart, "0123456789", 10);
    assert_string_equal(dev.sent, "");
    assert_true(dev.flag_reads < POLLS_MAX + 100);
    dev.full_for = 0;
    pl011_write(&uart, "back", 4);
    assert_string_equal(dev.sent, "back");
}

static void test_stalled_from_the_start(void **state)
{
    (void)state;
    dev.full_for = UINT32_MAX;
    pl011_start(&uart, 24000000, 115200);
    pl011_write(&uart, "0123456789", 10);
    assert_string_equal(dev.sent, "");
    assert_in_range(dev.flag_reads, POLLS_MAX, POLLS_MAX + 100);
}

/* Bytes are lost as long as it lasts; what is sent from then on is complete, waits and all. */
static void test_goes_on_after_a_stall(void **state)
{
    (void)state;
    pl011_start(&uart, 0, 0);
    dev.full_for = POLLS_MAX + 4;
    pl011_write(&uart, "abcdefgh", 8); /* the first waits, three more find it full */
    assert_string_equal(dev.sent, "efgh");
    dev.full_for = 1000;
    pl011_write(&uart, "ij", 2);
    assert_string_equal(dev.sent, "efghij");
}

static void test_read(void **state)
{
    const uint32_t received[] = {'a', 0x400, 0x100 | 'x', 0x200 | 'y', 0x800 | 'b'};

    (void)state;
    assert_int_equal(pl011_read(&uart), -EAGAIN);
    memcpy(dev.received, received, sizeof(received));
    dev.receive_end = 5;
    assert_int_equal(pl011_read(&uart), 'a');
    assert_int_equal(pl011_read(&uart), 'b'); /* break, framing, parity errors are dropped */
    assert_int_equal(pl011_read(&uart), -EAGAIN);
}

/* What was pending before does not interrupt. */
static void test_listens(void **state)
{
    (void)state;
    pl011_start(&uart, 24000000, 115200);
    assert_int_equal(dev.imsc, 0);
    pl011_listen(&uart);
    assert_int_equal(dev.icr, 1 << 4 | 1 << 6);
    assert_int_equal(dev.imsc, 1 << 4 | 1 << 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start_from_reset, reset),
        cmocka_unit_test_setup(test_keeps_firmware_setting, reset),
        cmocka_unit_test_setup(test_unknown_clock, reset),
        cmocka_unit_test_setup(test_write, reset),
        cmocka_unit_test_setup(test_dead, reset),
        cmocka_unit_test_setup(test_stalled_from_the_start, reset),
        cmocka_unit_test_setup(test_goes_on_after_a_stall, reset),
        cmocka_unit_test_setup(test_fifo, reset),
        cmocka_unit_test_setup(test_read, reset),
        cmocka_unit_test_setup(test_listens, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
