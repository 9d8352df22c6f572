/* SPDX-License-Identifier: MIT */
/* Requests of device_control() that serial ports take. */
#ifndef KEEL_SERIAL_H
#define KEEL_SERIAL_H

#include <keel/types.h>

/* Gives a struct serial_line. */
#define SERIAL_GET_LINE 1u

/* How a port is set. */
struct serial_line {
    uint64_t clock_hz; /* 0: unknown, the port was left as firmware set it */
    uint32_t baud;     /* bits a second; 0: unknown */
    bool console;      /* the console runs on it */
};

#endif
