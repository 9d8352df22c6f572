/* SPDX-License-Identifier: MIT */
/* Register code of the 8250 family (PC16550D data sheet, section 8). */
#include "uart8250.h"

#include <keel/bits.h>
#include <keel/errno.h>

enum uart8250_register {
    RBR = 0, /* read: received byte */
    THR = 0, /* write: byte to send */
    DLL = 0, /* divisor, low and high byte, while LCR_DLAB is set */
    IER = 1,
    DLM = 1,
    FCR = 2,
    IIR = 2, /* read */
    LCR = 3,
    MCR = 4,
    LSR = 5,
    USR = 31, /* DW_apb_uart: status; reading it ends a busy interrupt */
};

#define FCR_ENABLE  BIT(0)
#define IIR_FIFOS   BITS(7, 6) /* both: the FIFOs are there, work and are on */
#define LCR_8N1     3
#define LCR_DLAB    BIT(7)
#define MCR_DTR_RTS 3
#define MCR_OUT2    BIT(3) /* on PCs: lets the interrupt out */
#define IER_RECEIVE BIT(0)
#define LSR_READY   BIT(0)
#define LSR_BAD     BITS(4, 2) /* parity, framing, break */
#define LSR_THRE    BIT(5)
#define LSR_TEMT    BIT(6)
#define LSR_ABSENT  0xff /* an empty bus reads as ones */

#define POLLS_MAX   1000000 /* longer than any byte takes */
#define FIFO_BYTES  16      /* of a 16550's; its kin have as many or more */
#define DRAIN_MAX   64      /* bytes in the largest FIFO */
#define LCR_TRIES   64

static uint8_t get(const struct uart8250 *uart, enum uart8250_register reg)
{
    uint32_t offset = (uint32_t)reg << uart->reg_shift;

    switch (uart->io_width) {
    case 4:
        return (uint8_t)io_read32(&uart->io, offset);
    case 2:
        return (uint8_t)io_read16(&uart->io, offset);
    default:
        return io_read8(&uart->io, offset);
    }
}

static void set(const struct uart8250 *uart, enum uart8250_register reg, uint8_t value)
{
    uint32_t offset = (uint32_t)reg << uart->reg_shift;

    switch (uart->io_width) {
    case 4:
        io_write32(&uart->io, offset, value);
        break;
    case 2:
        io_write16(&uart->io, offset, value);
        break;
    default:
        io_write8(&uart->io, offset, value);
        break;
    }
}

static bool wait_for(const struct uart8250 *uart, uint8_t flag, unsigned int polls)
{
    while (!(get(uart, LSR) & flag)) {
        if (polls-- == 0) {
            return false;
        }
    }
    return true;
}

/* Until the transmitter has got that far. It is waited for once: one that stalls, as its reader stops the
 * flow, is asked only once each time until it goes on. */
static bool wait_to_send(struct uart8250 *uart, uint8_t flag)
{
    uart->stalled = !wait_for(uart, flag, uart->stalled ? 0 : POLLS_MAX);
    return !uart->stalled;
}

/* A DW_apb_uart drops writes of LCR while it sends or receives (databook, LCR): what it is
 * receiving is taken out of its way until the write is seen. False: it never was. */
static bool set_lcr(struct uart8250 *uart, uint8_t value)
{
    bool is_set = !uart->busy_detect;

    set(uart, LCR, value);
    for (unsigned int i = 0; !is_set && i < LCR_TRIES; i++) {
        is_set = get(uart, LCR) == value;
        if (!is_set) {
            (void)wait_to_send(uart, LSR_TEMT);
            get(uart, RBR);
            get(uart, USR);
            set(uart, LCR, value);
        }
    }
    return is_set;
}

static void set_divisor(struct uart8250 *uart, uint32_t divisor)
{
    if (set_lcr(uart, LCR_8N1 | LCR_DLAB)) {
        set(uart, DLL, (uint8_t)divisor);
        set(uart, DLM, (uint8_t)(divisor >> 8));
    }
    set_lcr(uart, LCR_8N1);
}

static uint32_t divisor_for(uint64_t clock_hz, uint32_t baud)
{
    uint64_t divisor = baud == 0 ? 0 : (clock_hz + (uint64_t)baud * 8) / ((uint64_t)baud * 16);

    return divisor <= UINT16_MAX ? (uint32_t)divisor : 0;
}

int uart8250_start(struct uart8250 *uart, uint64_t clock_hz, uint32_t baud)
{
    uint32_t divisor = divisor_for(clock_hz, baud);

    if (get(uart, LSR) == LSR_ABSENT) {
        return -ENODEV;
    }
    (void)wait_to_send(uart, LSR_TEMT);
    set_lcr(uart, LCR_8N1);
    set(uart, IER, 0);
    if (divisor != 0) {
        set_divisor(uart, divisor);
    }
    set(uart, FCR, FCR_ENABLE);
    uart->burst = (get(uart, IIR) & IIR_FIFOS) == IIR_FIFOS ? FIFO_BYTES : 1;
    set(uart, MCR, MCR_DTR_RTS);
    return 0;
}

static void send(const struct uart8250 *uart, const char *text, size_t len)
{
    if (uart->io_width == 1) {
        io_write8_all(&uart->io, (uint32_t)THR, text, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        set(uart, THR, (uint8_t)text[i]);
    }
}

/* With the FIFOs on, LSR_THRE says that the whole of it is free. */
void uart8250_write(struct uart8250 *uart, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = 1; /* of a port that is stalled, bytes are dropped one by one */

        if (wait_to_send(uart, LSR_THRE)) {
            n = uart->burst > 1 ? MIN(len, (size_t)uart->burst) : 1;
            send(uart, text, n);
        }
        text += n;
        len -= n;
    }
}

int uart8250_read(struct uart8250 *uart)
{
    for (unsigned int i = 0; i < DRAIN_MAX; i++) {
        uint8_t status = get(uart, LSR);
        uint8_t byte;

        if (!(status & LSR_READY) || status == LSR_ABSENT) {
            return -EAGAIN;
        }
        byte = get(uart, RBR);
        if (!(status & LSR_BAD)) {
            return byte;
        }
    }
    return -EAGAIN;
}

void uart8250_listen(struct uart8250 *uart)
{
    set(uart, MCR, MCR_DTR_RTS | MCR_OUT2);
    set(uart, IER, IER_RECEIVE);
}

uint32_t uart8250_baud(struct uart8250 *uart, uint64_t clock_hz)
{
    uint32_t divisor = 0;

    (void)wait_to_send(uart, LSR_TEMT);
    if (set_lcr(uart, LCR_8N1 | LCR_DLAB)) {
        divisor = (uint32_t)get(uart, DLL) | (uint32_t)get(uart, DLM) << 8;
    }
    set_lcr(uart, LCR_8N1);
    return divisor == 0 ? 0 : (uint32_t)((clock_hz + divisor * 8ull) / (divisor * 16ull));
}
