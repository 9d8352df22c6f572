/* SPDX-License-Identifier: MIT */
/* What the glue of serial drivers shares: options of early consoles, rates. */
#ifndef DRIVERS_SERIAL_SERIAL_H
#define DRIVERS_SERIAL_SERIAL_H

#include <keel/driver.h>

#define SERIAL_PORTS_MAX 8      /* of each driver */
#define SERIAL_BAUD      115200 /* where nobody says another */

/* Where an early console is: `[mmio|mmio32|io,]ADDRESS[,...]`. */
struct earlycon_place {
    struct io_region io;
    unsigned int io_width;  /* bytes an access: 1, or 4 after mmio32 */
    unsigned int reg_shift; /* 2 after mmio32 */
};

/* Takes options apart and maps `size` bytes (after mmio32 as many words). 0; -EINVAL when
 * malformed,
 * -ENXIO for ports on a CPU without, or when an access to the first register faults, -ENOMEM. */
int earlycon_place(const char *options, uint32_t size, struct earlycon_place *out);

/* The rate in console options as "115200n8"; SERIAL_BAUD when they name none. */
uint32_t serial_options_baud(const char *options);

#endif
