/* SPDX-License-Identifier: MIT */
/* Register code of the PL011 UART (DDI 0183, chapter 3). */
#include "pl011.h"

#include <keel/bits.h>
#include <keel/errno.h>

#define UARTDR      0x000
#define UARTFR      0x018
#define UARTIBRD    0x024
#define UARTFBRD    0x028
#define UARTLCR_H   0x02c
#define UARTCR      0x030
#define UARTIMSC    0x038
#define UARTICR     0x044

#define DR_ERRORS   BITS(11, 8) /* overrun, break, parity, framing */
#define DR_OVERRUN  BIT(11)     /* of an earlier byte: this one is good */
#define FR_BUSY     BIT(3)
#define FR_RXFE     BIT(4)
#define FR_TXFF     BIT(5)
#define FR_TXFE     BIT(7)
#define LCR_H_FEN   BIT(4)
#define LCR_H_WLEN8 (3 << 5)
#define CR_UARTEN   BIT(0)
#define CR_TXE      BIT(8)
#define CR_RXE      BIT(9)

/* In UARTIMSC and UARTICR: enough bytes in the FIFO, or some and no more for 32 bits' time. */
#define INT_RECEIVE BIT(4)
#define INT_TIMEOUT BIT(6)

#define POLLS_MAX   1000000 /* of the flag register: longer than any byte takes */
#define FIFO_BYTES  16      /* for sending; 32 from revision r1p5 on */
#define DRAIN_MAX   32      /* bytes in both FIFOs */

/* Waits for the flag to clear; the flags then, or with it still set after that many polls. */
static uint32_t wait_clear(const struct pl011 *uart, uint32_t flag, unsigned int polls)
{
    uint32_t flags;

    do {
        flags = io_read32(&uart->io, UARTFR);
    } while ((flags & flag) && polls-- > 0);
    return flags;
}

/* The divisor counts 64ths of 16 clocks a bit (DDI 0183, 3.3.6). */
static void set_divisor(struct pl011 *uart, uint64_t clock_hz, uint32_t baud)
{
    uint64_t divisor = (clock_hz * 4 + baud / 2) / baud;

    io_write32(&uart->io, UARTIBRD, (uint32_t)(divisor >> 6));
    io_write32(&uart->io, UARTFBRD, (uint32_t)(divisor & 0x3f));
}

void pl011_start(struct pl011 *uart, uint64_t clock_hz, uint32_t baud)
{
    uint32_t control = io_read32(&uart->io, UARTCR);

    io_write32(&uart->io, UARTIMSC, 0);
    if (!(control & CR_UARTEN)) {
        if (clock_hz != 0 && baud != 0) {
            set_divisor(uart, clock_hz, baud);
        }
        io_write32(&uart->io, UARTLCR_H, LCR_H_WLEN8 | LCR_H_FEN);
    }
    if ((control & (CR_UARTEN | CR_TXE | CR_RXE)) != (CR_UARTEN | CR_TXE | CR_RXE)) {
        uart->stalled = (wait_clear(uart, FR_BUSY, POLLS_MAX) & FR_BUSY) != 0;
        io_write32(&uart->io, UARTCR, (uint32_t)(control | CR_UARTEN | CR_TXE | CR_RXE));
    }
    uart->fifo = (io_read32(&uart->io, UARTLCR_H) & LCR_H_FEN) != 0;
}

void pl011_write(struct pl011 *uart, const char *text, size_t len)
{
    size_t room = 0;

    for (size_t i = 0; i < len; i++) {
        if (room == 0) {
            uint32_t flags = wait_clear(uart, FR_TXFF, uart->stalled ? 0 : POLLS_MAX);

            uart->stalled = (flags & FR_TXFF) != 0;
            room = uart->fifo && (flags & FR_TXFE) ? FIFO_BYTES : 1;
        }
        room--;
        if (!uart->stalled) {
            io_write32(&uart->io, UARTDR, (uint8_t)text[i]);
        }
    }
}

int pl011_read(struct pl011 *uart)
{
    for (unsigned int i = 0; i < DRAIN_MAX; i++) {
        uint32_t data;

        if (io_read32(&uart->io, UARTFR) & FR_RXFE) {
            return -EAGAIN;
        }
        data = io_read32(&uart->io, UARTDR);
        if (!(data & DR_ERRORS & ~DR_OVERRUN)) {
            return (int)(data & UINT8_MAX);
        }
    }
    return -EAGAIN;
}

void pl011_listen(const struct pl011 *uart)
{
    io_write32(&uart->io, UARTICR, INT_RECEIVE | INT_TIMEOUT);
    io_write32(&uart->io, UARTIMSC, INT_RECEIVE | INT_TIMEOUT);
}

uint32_t pl011_baud(const struct pl011 *uart, uint64_t clock_hz)
{
    uint32_t divisor =
        io_read32(&uart->io, UARTIBRD) << 6 | (io_read32(&uart->io, UARTFBRD) & 0x3f);

    return divisor == 0 ? 0 : (uint32_t)((clock_hz * 4 + divisor / 2) / divisor);
}
