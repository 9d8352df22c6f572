/* SPDX-License-Identifier: MIT */
/* The ways of a call and its reply that are to be short: a small message, no handles, no deadline, and a thread at the
 * other end that waits for it. Everything else is found before anything has happened, and left to the ways that
 * check all. On the calling thread, no lock held, interrupts on; they sleep. */
#include "channel_calls.h"

#include <generated/syscall_handlers.h>
#include <keel/call_wait.h>
#include <keel/channel_quick.h>
#include <keel/process.h>
#include <keel/syscall.h>
#include <keel/uaccess_quick.h>

struct exchange {
    struct keel_channel_call_args copy;
    struct ipc_buffer buffer;
};

static __always_inline bool is_simple(const struct keel_channel_call_args *copy)
{
    return copy->wr_num_handles == 0 && channel_is_quick_size(copy->wr_num_bytes) &&
           user_range_is_quick((virt_addr_t)copy->wr_bytes, copy->wr_num_bytes);
}

/* Copies arguments and message in. */
static __always_inline bool take_in(struct exchange *exchange, uint64_t args)
{
    bool taken;

    if (unlikely(!user_range_is_quick(args, sizeof(exchange->copy)))) {
        return false;
    }
    arch_user_access_begin();
    taken = user_copy_48(&exchange->copy, (const void *)args) &&
            likely(is_simple(&exchange->copy)) &&
            user_copy_quick(exchange->buffer.bytes, exchange->copy.wr_bytes,
                            exchange->copy.wr_num_bytes);
    arch_user_access_end();
    exchange->buffer.size = exchange->copy.wr_num_bytes;
    return taken;
}

/* Copies what came out, and how much it is unless that stands there already. */
static __always_inline bool give_out(const struct exchange *exchange, uint64_t args)
{
    const struct keel_channel_call_args *copy = &exchange->copy;
    struct channel_room has = {exchange->buffer.size, 0};
    bool given = true;

    if (unlikely(has.bytes > copy->rd_num_bytes ||
                 !user_range_is_quick((virt_addr_t)copy->rd_bytes, has.bytes))) {
        return false;
    }
    arch_user_access_begin();
    if (has.bytes != copy->rd_num_bytes || copy->rd_num_handles != 0) {
        given =
            user_copy_quick((void *)(args + offsetof(struct keel_channel_call_args, rd_num_bytes)),
                            &has, sizeof(has));
    }
    given = given && user_copy_quick(copy->rd_bytes, exchange->buffer.bytes, has.bytes);
    arch_user_access_end();
    return given;
}

/* The end of those whose wait ended otherwise, or brought something else. */
static __noinline int64_t end_slowly(struct exchange *exchange, struct object *object, bool calls,
                                     bool woken, uint64_t args)
{
    struct channel *channel = channel_of(object);
    struct ipc_buffer *buffer = &exchange->buffer;
    int err;

    if (calls) { /* a reply that does not fit is put back later */
        buffer->room =
            (struct channel_room){KEEL_CHANNEL_MAX_MSG_BYTES, KEEL_CHANNEL_MAX_MSG_HANDLES};
        err = channel_end_call(channel, buffer, woken);
    } else {
        buffer->room =
            (struct channel_room){exchange->copy.rd_num_bytes, exchange->copy.rd_num_handles};
        err = channel_end_reply_wait(channel, buffer, woken);
    }
    err = channel_receive(channel, buffer, err, &exchange->copy, user_pointer(args));
    object_put(object);
    return err;
}

/* It is no case for this: lets all go. The lock is held, interrupts are off. */
static __noinline void let_go(struct object *object)
{
    spin_unlock_irqoff(channel_lock(channel_of(object)));
    arch_irq_enable();
    object_put(object);
}

static __always_inline int64_t exchange_quick(syscall_fn *otherwise, bool calls, uint64_t handle,
                                              uint64_t options, uint64_t deadline, uint64_t args)
{
    struct exchange exchange;
    struct channel *channel;
    struct object *object;
    struct channel_waiter *to;
    struct spinlock *lock;
    bool woken;

    if (unlikely(trace_is_on(TRACE_CALL) || (uint32_t)options != 0 ||
                 (int64_t)deadline != KEEL_TIME_INFINITE || !take_in(&exchange, args))) {
        return otherwise(handle, options, deadline, args, 0, 0);
    }
    arch_irq_disable();
    object =
        handle_get_quick(process_handles(), (keel_handle_t)handle,
                         HANDLE_DEMAND(KEEL_OBJ_TYPE_CHANNEL, KEEL_RIGHT_READ | KEEL_RIGHT_WRITE));
    if (unlikely(!object)) {
        arch_irq_enable();
        return otherwise(handle, options, deadline, args, 0, 0);
    }
    channel = channel_of(object);
    lock = channel_lock(channel);
    spin_lock_irqoff(lock);
    to = calls ? channel_call_quick(channel, &exchange.buffer)
               : channel_reply_quick(channel, &exchange.buffer, exchange.copy.rd_num_bytes);
    if (unlikely(!to)) {
        let_go(object);
        return otherwise(handle, options, deadline, args, 0, 0);
    }
    woken = call_arrive(call_leave(to->thread, calls, lock));
    arch_irq_enable();
    if (likely(woken && exchange.buffer.waiter.status == 0 && !exchange.buffer.message) &&
        likely(give_out(&exchange, args))) {
        object_put(object);
        return 0;
    }
    return end_slowly(&exchange, object, calls, woken, args);
}

int64_t quick_channel_call(uint64_t handle, uint64_t options, uint64_t deadline, uint64_t args,
                           uint64_t a4, uint64_t a5)
{
    (void)a4, (void)a5;
    return exchange_quick(enter_channel_call, true, handle, options, deadline, args);
}

int64_t quick_channel_reply_wait(uint64_t handle, uint64_t options, uint64_t deadline,
                                 uint64_t args, uint64_t a4, uint64_t a5)
{
    (void)a4, (void)a5;
    return exchange_quick(enter_channel_reply_wait, false, handle, options, deadline, args);
}
