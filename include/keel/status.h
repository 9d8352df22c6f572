/* SPDX-License-Identifier: MIT */
/* Status codes in words. */
#ifndef KEEL_STATUS_H
#define KEEL_STATUS_H

/* What a negative errno means, as "out of memory"; "unknown error" for numbers that are none. */
const char *status_text(int status);

#endif
