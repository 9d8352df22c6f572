/* SPDX-License-Identifier: MIT */
/* The PL011 UART (Arm PrimeCell UART PL011 Technical Reference Manual, DDI 0183): registers
 * only. */
#ifndef DRIVERS_SERIAL_PL011_H
#define DRIVERS_SERIAL_PL011_H

#include <keel/driver.h>

struct pl011 {
    struct io_region io;
    bool fifo;    /* it is on: 16 bytes fit when it is empty */
    bool stalled; /* the transmitter did not move for long: bytes are dropped until it does */
};

/*
 * Makes the port ready for polling, 8 data bits, no parity, FIFOs on, its interrupts off. The rate
 * is set when both the clock and the baud rate are known; else, and on a port that runs already, it
 * stays as firmware left it.
 */
void pl011_start(struct pl011 *uart, uint64_t clock_hz, uint32_t baud);

/* Sends bytes, waiting a bounded time for each that finds the FIFO full. When that was not enough once,
 * bytes are dropped without waiting until the port takes one again. */
void pl011_write(struct pl011 *uart, const char *text, size_t len);

/* The next byte received, or -EAGAIN; bytes with errors are dropped. */
int pl011_read(struct pl011 *uart);

/* From here on the port interrupts while it has received bytes: when some wait, or one does for long. */
void pl011_listen(const struct pl011 *uart);

/* The rate set now, for that clock; 0 when the clock is 0. */
uint32_t pl011_baud(const struct pl011 *uart, uint64_t clock_hz);

#endif
