/* SPDX-License-Identifier: MIT */
/* Messages of channels: building them, taking them apart, and calls with a limit of time. */
#ifndef KEEL_CALL_H
#define KEEL_CALL_H

#include <keel/base.h>
#include <keel/channel.h>
#include <stddef.h>

/* A message that is being built in memory of the caller's. An error stays until the end, so that it is enough to
 * look there. */
typedef struct keel_builder {
    char *bytes;
    size_t room, size;
    keel_handle_t handles[KEEL_CHANNEL_MAX_MSG_HANDLES];
    uint32_t handle_count;
    int err; /* -ENOSPC: it did not fit */
} keel_builder_t;

/* Begins a message with `reserved` bytes of 0 in front, sizeof(keel_txid_t) for calls. */
void keel_builder_begin(keel_builder_t *builder, void *bytes, size_t room, size_t reserved);
void keel_builder_add(keel_builder_t *builder, const void *bytes, size_t size);
void keel_builder_add_u32(keel_builder_t *builder, uint32_t value);
void keel_builder_add_u64(keel_builder_t *builder, uint64_t value);
/* Text with its 0. */
void keel_builder_add_text(keel_builder_t *builder, const char *text);
/* The handle goes with the message, or is closed. */
void keel_builder_add_handle(keel_builder_t *builder, keel_handle_t handle);

/* Sends it. 0, what was wrong with the building, or what keel_channel_write() says; the handles are gone. */
int keel_builder_write(keel_builder_t *builder, keel_handle_t channel);

/* A message that is being taken apart. Beyond its end there are zeros, and err. */
typedef struct keel_reader {
    const char *bytes;
    size_t left;
    const keel_handle_t *handles;
    uint32_t handles_left;
    int err; /* -EPROTO: it was shorter than what was read */
} keel_reader_t;

void keel_reader_begin(keel_reader_t *reader, const void *bytes, size_t size,
                       const keel_handle_t *handles, uint32_t handle_count);
/* `size` bytes of the message; NULL: there are not so many. */
const void *keel_reader_take(keel_reader_t *reader, size_t size);
uint32_t keel_reader_take_u32(keel_reader_t *reader);
uint64_t keel_reader_take_u64(keel_reader_t *reader);
/* Text up to its 0; "" where there is none. */
const char *keel_reader_take_text(keel_reader_t *reader);
keel_handle_t keel_reader_take_handle(keel_reader_t *reader);
/* Closes the handles that nobody took. 0, or -EPROTO also where something is left. */
int keel_reader_end(keel_reader_t *reader);

/* Room for an answer: `size` and `handle_count` are room, then what came. */
typedef struct keel_answer {
    void *bytes;
    size_t size;
    keel_handle_t *handles;
    uint32_t handle_count;
} keel_answer_t;

/* Sends a message that begins with reserved bytes for a keel_txid_t, and waits for its answer, at most for so
 * many nanoseconds. 0; -ETIMEDOUT, -EPIPE, or what keel_channel_call() says; its handles are gone. */
int keel_call(keel_handle_t channel, keel_builder_t *builder, keel_answer_t *answer,
              keel_duration_t patience);

/* Reads the next message, waiting for it until the deadline. 0; -ETIMEDOUT; -EPIPE; or what keel_channel_read()
 * says. */
int keel_receive(keel_handle_t channel, keel_answer_t *answer, keel_time_t deadline);

#endif
