/* SPDX-License-Identifier: MIT */
/* Keys of a PC keyboard into what an ANSI terminal sends: scan code set 1 (IBM PS/2 Hardware Interface
 * Technical Reference, Keyboards), US layout. */
#ifndef DRIVERS_INPUT_SCANCODE_H
#define DRIVERS_INPUT_SCANCODE_H

#include <keel/types.h>

struct scancode {
    uint8_t held; /* shifts and controls, a bit each */
    bool caps;
    bool extended; /* 0xe0 came before */
    uint8_t skip;  /* bytes of the pause key's sequence still to come */
    char text[2];
};

/* Takes the next byte from the keyboard; returns what was typed, "" for nothing: valid until the next
 * call. Keys without a meaning for a terminal, and their releases, are nothing. */
const char *scancode_feed(struct scancode *keys, uint8_t byte);

#endif
