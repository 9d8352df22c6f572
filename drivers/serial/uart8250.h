/* SPDX-License-Identifier: MIT */
/* UARTs of the 8250 family (National Semiconductor PC16550D data sheet; Synopsys DW_apb_uart
 * databook): registers only. */
#ifndef DRIVERS_SERIAL_UART8250_H
#define DRIVERS_SERIAL_UART8250_H

#include <keel/driver.h>

struct uart8250 {
    struct io_region io;
    unsigned int reg_shift; /* registers lie 1 << reg_shift bytes apart */
    unsigned int io_width;  /* bytes an access: 1, 2 or 4 */
    bool busy_detect;       /* a DW_apb_uart: ignores LCR while it is busy */
    unsigned int burst;     /* bytes that fit when the transmitter says it is empty; 0 is one */
    bool stalled;           /* the transmitter did not move for long: bytes are dropped */
};

/*
 * Makes the port ready for polling, 8 data bits, no parity, FIFOs on, its interrupts off. The
 * divisor stays as firmware left it unless both clock and baud rate are known. -ENODEV when nothing
 * answers there.
 */
int uart8250_start(struct uart8250 *uart, uint64_t clock_hz, uint32_t baud);

/* Sends bytes, waiting a bounded time for each or, where there is a FIFO, for each FIFO full. When that was
 * not enough once, bytes are dropped without waiting until the port takes one again. */
void uart8250_write(struct uart8250 *uart, const char *text, size_t len);

/* The next byte received, or -EAGAIN; bytes with errors are dropped. */
int uart8250_read(struct uart8250 *uart);

/* Has the port interrupt when a byte has come. */
void uart8250_listen(struct uart8250 *uart);

/* The rate set now, for that clock; 0 when it is 0 or cannot be read. Not while others use the port. */
uint32_t uart8250_baud(struct uart8250 *uart, uint64_t clock_hz);

#endif
