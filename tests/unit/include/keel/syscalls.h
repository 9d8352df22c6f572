/* SPDX-License-Identifier: MIT */
/* Those system calls that user space's library makes in tests on the host; elsewhere it is made of the table. */
#ifndef TESTS_UNIT_KEEL_SYSCALLS_H
#define TESTS_UNIT_KEEL_SYSCALLS_H

#include <keel/channel.h>
#include <stddef.h>

int keel_handle_close(keel_handle_t handle);
int keel_handle_close_many(const keel_handle_t *handles, size_t count);
int keel_channel_write(keel_handle_t channel, uint32_t options, const void *bytes, size_t size,
                       const keel_handle_t *handles, size_t count);
int keel_channel_call(keel_handle_t channel, uint32_t options, keel_time_t deadline,
                      keel_channel_call_args_t *args);
int keel_channel_read(keel_handle_t channel, uint32_t options, keel_channel_buffer_t *buffer);
int keel_object_wait_one(keel_handle_t channel, uint32_t signals, keel_time_t deadline,
                         uint32_t *observed);
keel_time_t keel_clock_get_monotonic(void);

#endif
