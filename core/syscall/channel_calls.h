/* SPDX-License-Identifier: MIT */
/* What the files of the calls of channels share. */
#ifndef SYSCALL_CHANNEL_CALLS_H
#define SYSCALL_CHANNEL_CALLS_H

#include <keel/channel.h>
#include <keel/channel_object.h>

/* After a message was sent: gives the caller what came into the buffer, where `err` is 0, or tells what has failed.
 * The call's result. */
int channel_receive(struct channel *channel, struct ipc_buffer *buffer, int err,
                    const struct keel_channel_call_args *copy,
                    struct keel_channel_call_args __user *args);

#endif
