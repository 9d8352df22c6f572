/* SPDX-License-Identifier: MIT */
/* The calls of channels: messages from the caller's memory into the kernel's, and back. User memory is read
 * once. On the calling thread, no lock held; they may sleep. */
#include "channel_calls.h"

#include <generated/syscall_handlers.h>
#include <keel/channel_object.h>
#include <keel/string.h>
#include <keel/syscall.h>

/* A message of the caller's that is to be sent, and the handles in it as he knows them; their slots stay
 * reserved until it is. */
struct parcel {
    struct message *message;
    keel_handle_t values[KEEL_CHANNEL_MAX_MSG_HANDLES];
};

/* Where a message is to go in the caller's memory. */
struct target {
    void __user *bytes;
    void __user *handles;
    struct channel_room __user *has; /* what it has is told here */
};

int64_t sys_channel_create(uint32_t options, uint32_t __user *out0, uint32_t __user *out1)
{
    struct object *one, *other;
    int err = channel_create(&one, &other);

    (void)options;
    return err != 0 ? err : syscall_give_two(one, out0, other, out1);
}

/* --- Out of the caller's hands --- */

static int take_handles(struct parcel *parcel, const void __user *handles)
{
    struct message *message = parcel->message;
    unsigned bad;

    if (message->handle_count == 0) {
        return 0;
    }
    if (user_copy_in(parcel->values, handles, message->handle_count * sizeof(keel_handle_t)) != 0) {
        return -EFAULT;
    }
    return handle_take(process_handles(), parcel->values, message->handle_count,
                       KEEL_RIGHT_TRANSFER, message->handles, &bad);
}

static int pack(struct parcel *parcel, const void __user *bytes, uint32_t size,
                const void __user *handles, uint32_t handle_count)
{
    int err = message_create(size, handle_count, &parcel->message);

    if (err != 0) {
        return err;
    }
    err = user_copy_in(message_data(parcel->message), bytes, size);
    if (err == 0) {
        err = take_handles(parcel, handles);
    }
    if (err != 0) {
        message_free(parcel->message);
    }
    return err;
}

/* It could not be sent. */
static void unpack(struct parcel *parcel)
{
    struct message *message = parcel->message;

    for (uint32_t i = 0; i < message->handle_count; i++) {
        handle_install(process_handles(), parcel->values[i], message->handles[i]);
    }
    message_free(message);
}

/* It was sent, and is somebody else's. */
static void let_go(const struct parcel *parcel, uint32_t handle_count)
{
    if (handle_count != 0) {
        handle_unreserve(process_handles(), parcel->values, handle_count);
    }
}

/* By way of a message with memory of its own. */
static __noinline int64_t write_message(struct channel *channel, const void __user *bytes,
                                        uint32_t size, const void __user *handles,
                                        uint32_t handle_count)
{
    struct parcel parcel;
    int err = pack(&parcel, bytes, size, handles, handle_count);

    if (err != 0) {
        return err;
    }
    err = channel_write(channel, parcel.message);
    if (err == 0) {
        let_go(&parcel, handle_count);
    } else {
        unpack(&parcel);
    }
    return err;
}

int64_t sys_channel_write(struct object *handle, uint32_t options, const void __user *bytes,
                          size_t num_bytes, const uint32_t __user *handles, size_t num_handles)
{
    struct ipc_buffer buffer;

    (void)options;
    if (num_handles != 0 || num_bytes > MESSAGE_SMALL_BYTES) {
        return write_message(channel_of(handle), bytes, (uint32_t)num_bytes, handles,
                             (uint32_t)num_handles);
    }
    if (user_copy_in(buffer.bytes, bytes, num_bytes) != 0) {
        return -EFAULT;
    }
    buffer.message = NULL;
    buffer.size = (uint32_t)num_bytes;
    return channel_write_buffer(channel_of(handle), &buffer);
}

/* --- Into the caller's hands --- */

static int tell_room(const struct target *target, const struct channel_room *has)
{
    return user_copy_out(target->has, has, sizeof(*has));
}

/* Copies all of a message out, the handles under their future values. */
static int copy_out(struct message *message, const keel_handle_t *values,
                    const struct target *target)
{
    struct channel_room has = {message->size, message->handle_count};
    int err = tell_room(target, &has);

    if (err == 0) {
        err = user_copy_out(target->bytes, message_data(message), message->size);
    }
    if (err == 0 && message->handle_count != 0) {
        err = user_copy_out(target->handles, values, message->handle_count * sizeof(keel_handle_t));
    }
    return err;
}

static int copy_out_with_handles(struct message *message, const struct target *target)
{
    struct handle_table *table = process_handles();
    keel_handle_t values[KEEL_CHANNEL_MAX_MSG_HANDLES];
    int err = handle_reserve(table, values, message->handle_count);

    if (err != 0) {
        return err;
    }
    err = copy_out(message, values, target);
    if (err != 0) {
        handle_unreserve(table, values, message->handle_count);
        return err;
    }
    for (uint32_t i = 0; i < message->handle_count; i++) {
        handle_install(table, values[i], message->handles[i]);
    }
    return 0;
}

/* Gives a message that fits to the caller; where that fails it goes back. */
static int deliver(struct channel *channel, struct message *message, const struct target *target)
{
    int err = message->handle_count != 0 ? copy_out_with_handles(message, target)
                                         : copy_out(message, NULL, target);

    if (err == 0) {
        message_free(message);
    } else {
        channel_unread(channel, message);
    }
    return err;
}

int64_t sys_channel_read(struct object *handle, uint32_t options,
                         struct keel_channel_buffer __user *buffer)
{
    struct keel_channel_buffer copy;
    struct target target;
    struct channel_room room;
    struct message *message;
    int err;

    SYSCALL_COPY_IN(copy, buffer);
    target = (struct target){user_pointer((virt_addr_t)copy.bytes),
                             user_pointer((virt_addr_t)copy.handles),
                             (struct channel_room __user *)user_member(buffer, num_bytes)};
    room = (struct channel_room){copy.num_bytes, copy.num_handles};
    err = channel_read(channel_of(handle), &room, options != 0, &message);
    if (err == 0) {
        return deliver(channel_of(handle), message, &target);
    }
    return err == -ERANGE && tell_room(&target, &room) != 0 ? -EFAULT : err;
}

/* --- Both: a message in a buffer out, one in --- */

/* channel_call_buffer() or channel_reply_wait_buffer(). */
typedef int exchange_fn(struct channel *channel, struct ipc_buffer *buffer, uint64_t deadline_ns,
                        uint64_t slack_ns);

/* By way of a message with memory of its own. */
static __noinline int exchange_message(exchange_fn *function, struct channel *channel,
                                       const struct keel_channel_call_args *copy,
                                       struct ipc_buffer *buffer, uint64_t deadline_ns)
{
    struct parcel parcel;
    int err;

    buffer->sent = false;
    if (copy->wr_num_bytes > KEEL_CHANNEL_MAX_MSG_BYTES ||
        copy->wr_num_handles > KEEL_CHANNEL_MAX_MSG_HANDLES) {
        return -EINVAL;
    }
    err = pack(&parcel, user_pointer((virt_addr_t)copy->wr_bytes), copy->wr_num_bytes,
               user_pointer((virt_addr_t)copy->wr_handles), copy->wr_num_handles);
    if (err != 0) {
        return err;
    }
    buffer->message = parcel.message;
    err = function(channel, buffer, deadline_ns, 0);
    if (buffer->sent) {
        let_go(&parcel, copy->wr_num_handles);
    } else {
        unpack(&parcel);
    }
    return err;
}

static __always_inline int exchange(exchange_fn *function, struct channel *channel,
                                    const struct keel_channel_call_args *copy,
                                    struct ipc_buffer *buffer, uint64_t deadline_ns)
{
    if (unlikely(copy->wr_num_handles != 0 || copy->wr_num_bytes > MESSAGE_SMALL_BYTES)) {
        return exchange_message(function, channel, copy, buffer, deadline_ns);
    }
    buffer->sent = false;
    buffer->message = NULL;
    buffer->size = copy->wr_num_bytes;
    if (user_copy_in(buffer->bytes, user_pointer((virt_addr_t)copy->wr_bytes),
                     copy->wr_num_bytes) != 0) {
        return -EFAULT;
    }
    return function(channel, buffer, deadline_ns, 0);
}

/* What came goes back, as a message with memory of its own; without any it is gone. */
static void put_back(struct channel *channel, struct ipc_buffer *buffer)
{
    if (!buffer->message && message_create(buffer->size, 0, &buffer->message) == 0) {
        memcpy(message_data(buffer->message), buffer->bytes, buffer->size);
    }
    if (buffer->message) {
        channel_unread(channel, buffer->message);
    }
}

static struct target target_of(const struct keel_channel_call_args *copy,
                               struct keel_channel_call_args __user *args)
{
    return (struct target){user_pointer((virt_addr_t)copy->rd_bytes),
                           user_pointer((virt_addr_t)copy->rd_handles),
                           (struct channel_room __user *)user_member(args, rd_num_bytes)};
}

/* Gives what came to the caller, in one of the ways that are not the fast one. */
static int deliver_buffer(struct channel *channel, struct ipc_buffer *buffer,
                          const struct keel_channel_call_args *copy, const struct target *target)
{
    struct message *message = buffer->message;
    struct channel_room has = {buffer->size, 0};
    bool fits;

    if (message) {
        has = (struct channel_room){message->size, message->handle_count};
    }
    fits = has.bytes <= copy->rd_num_bytes && has.handles <= copy->rd_num_handles;
    if (message && fits) {
        return deliver(channel, message, target);
    }
    put_back(channel, buffer);
    return fits || tell_room(target, &has) != 0 ? -EFAULT : -ERANGE;
}

/* After it was sent: gives what came to the caller, or tells what has failed. To try again then sends
 * nothing twice. */
static __noinline int receive_slowly(struct channel *channel, struct ipc_buffer *buffer, int err,
                                     const struct keel_channel_call_args *copy,
                                     struct keel_channel_call_args __user *args)
{
    static const struct channel_room none;
    struct target target = target_of(copy, args);

    if (err == 0) {
        err = deliver_buffer(channel, buffer, copy, &target);
    } else if (err == -ERANGE) {
        err = tell_room(&target, &buffer->room) != 0 ? -EFAULT : -ERANGE;
    }
    if (err != 0 && user_copy_out(user_member(args, wr_num_bytes), &none, sizeof(none)) != 0) {
        err = -EFAULT;
    }
    return err;
}

/* Small bytes into memory; false: they do not fit, or not all could be written. The counts stand there already
 * where a caller repeats what he has done. */
static __always_inline bool copy_small(const struct ipc_buffer *buffer,
                                       const struct keel_channel_call_args *copy,
                                       struct keel_channel_call_args __user *args)
{
    struct channel_room has = {buffer->size, 0};

    if (has.bytes > copy->rd_num_bytes) {
        return false;
    }
    if ((has.bytes != copy->rd_num_bytes || copy->rd_num_handles != 0) &&
        user_copy_out(user_member(args, rd_num_bytes), &has, sizeof(has)) != 0) {
        return false;
    }
    return user_copy_out(user_pointer((virt_addr_t)copy->rd_bytes), buffer->bytes, has.bytes) == 0;
}

static __always_inline int receive(struct channel *channel, struct ipc_buffer *buffer, int err,
                                   const struct keel_channel_call_args *copy,
                                   struct keel_channel_call_args __user *args)
{
    if (likely(err == 0 && !buffer->message) && likely(copy_small(buffer, copy, args))) {
        return 0;
    }
    return receive_slowly(channel, buffer, err, copy, args);
}

int channel_receive(struct channel *channel, struct ipc_buffer *buffer, int err,
                    const struct keel_channel_call_args *copy,
                    struct keel_channel_call_args __user *args)
{
    return receive(channel, buffer, err, copy, args);
}

int64_t sys_channel_call(struct object *handle, uint32_t options, int64_t deadline,
                         struct keel_channel_call_args __user *args)
{
    struct keel_channel_call_args copy;
    struct ipc_buffer buffer;
    int err;

    (void)options;
    SYSCALL_COPY_IN(copy, args);
    /* A reply that does not fit is put back here. */
    buffer.room = (struct channel_room){KEEL_CHANNEL_MAX_MSG_BYTES, KEEL_CHANNEL_MAX_MSG_HANDLES};
    err = exchange(channel_call_buffer, channel_of(handle), &copy, &buffer,
                   syscall_deadline(deadline));
    return buffer.sent ? receive(channel_of(handle), &buffer, err, &copy, args) : err;
}

int64_t sys_channel_reply_wait(struct object *handle, uint32_t options, int64_t deadline,
                               struct keel_channel_call_args __user *args)
{
    struct keel_channel_call_args copy;
    struct ipc_buffer buffer;
    int err;

    (void)options;
    SYSCALL_COPY_IN(copy, args);
    buffer.room = (struct channel_room){copy.rd_num_bytes, copy.rd_num_handles};
    err = exchange(channel_reply_wait_buffer, channel_of(handle), &copy, &buffer,
                   syscall_deadline(deadline));
    return buffer.sent ? receive(channel_of(handle), &buffer, err, &copy, args) : err;
}
