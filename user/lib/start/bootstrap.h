/* SPDX-License-Identifier: MIT */
/* Takes in what the program was given at its start. */
#ifndef USER_BOOTSTRAP_H
#define USER_BOOTSTRAP_H

#include <keel/base.h>

struct lib_arguments {
    int argc;
    char **argv;
};

/* Reads the first message of the channel, which is closed; sets `environ`. Ends the program, with a word to
 * whoever listens, when the message is no good. Without a channel (0) there is nothing at all. */
void lib_bootstrap(keel_handle_t channel, struct lib_arguments *out);

/* The handle for KEEL_STARTUP_* whether or not it was handed out; it may be closed by now. */
keel_handle_t lib_startup_peek(uint32_t kind);

#endif
