/* SPDX-License-Identifier: MIT */
/* Writes the message that a program is started with (<keel/startup.h>). */
#ifndef USER_MESSAGE_H
#define USER_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct lib_message {
    const char *const *argv; /* each NULL at the end, or NULL: none */
    const char *const *envp;
    const char *const *names;
    const uint32_t *kinds;
    uint32_t handle_count;
};

/* Stores it, up to `size` bytes, at a multiple of 4. How many bytes it has; if more than `size`, nothing of use was
 * stored. */
size_t lib_message_write(const struct lib_message *message, void *out, size_t size);

#endif
