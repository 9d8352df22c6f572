/* SPDX-License-Identifier: MIT */
/* What programs pay for the kernel. The empty call counts itself in user mode; the others are counted over
 * whole processes that play scripts, with many operations and with few, less the scripts' own steps. */
#include "../kernel/user_stage.h"

#include <arch/cpu.h>
#include <keel/bench.h>
#include <keel/channel_object.h>
#include <keel/event_object.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/port.h>
#include <keel/syscall_numbers.h>
#include <keel/timer.h>

extern const char user_measure[];

/* A process that makes so many calls and ends with the instructions they took. */
static uint64_t run_measure(unsigned int operations)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    struct process_end end;
    struct user_stage stage;

    KASSERT(user_stage_make(&stage, 0));
    KASSERT(user_stage_start(&stage, user_measure, operations, 0, &attr));
    KASSERT(process_wait(stage.process, &end, TIMER_NEVER) == 0);
    KASSERT(end.reason == PROCESS_EXITED);
    user_stage_free(&stage);
    return (uint64_t)end.result;
}

/* The number and the instruction, without a stub's return. */
BENCH_BATCH(syscall_null, "syscall.null", NULL)
{
    return run_measure(operations) + operations;
}

/* --- Scripts --- */

#define STEPS      4u
#define FOREVER    INT64_MAX
/* In the buffer. */
#define CALL_ARGS  0
#define FIRST_ARGS 64
#define HANDLES    128
#define BYTES      256

/* A process and what it plays. */
struct player {
    struct user_stage stage;
    struct user_step steps[STEPS];
    unsigned count; /* without the end */
};

/* Fills in what the first player, and the second if there is one, do. */
typedef void scene_fn(struct player *one, struct player *other);

static struct player players[2];

static void start_player(struct player *player, unsigned rounds, unsigned first)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    size_t done;

    player->steps[player->count] =
        (struct user_step){USER_END, {rounds, first * sizeof(struct user_step)}, 0};
    KASSERT(vmo_write(player->stage.memory, player->steps, 0,
                      (player->count + 1) * sizeof(struct user_step), &done) == 0);
    KASSERT(user_stage_start(&player->stage, user_script, player->stage.data, 0, &attr));
}

static void finish_player(struct player *player)
{
    struct process_end end;

    KASSERT(process_wait(player->stage.process, &end, TIMER_NEVER) == 0);
    KASSERT(end.reason == PROCESS_EXITED && end.result == USER_DONE);
    user_stage_free(&player->stage);
}

/* Instructions of it all: the first player goes back to its first step so often, the other to its second. */
static uint64_t play(scene_fn *scene, bool two, unsigned rounds)
{
    uint64_t begin = arch_instructions();

    for (unsigned i = 0; i <= two; i++) {
        players[i].count = 0;
        KASSERT(user_stage_make(&players[i].stage, 0));
    }
    scene(&players[0], &players[1]);
    if (two) {
        start_player(&players[1], rounds, 1);
    }
    start_player(&players[0], rounds, 0);
    finish_player(&players[0]);
    if (two) {
        finish_player(&players[1]);
    }
    return arch_instructions() - begin;
}

static uint64_t play_rounds(scene_fn *scene, bool two, unsigned rounds)
{
    uint64_t few = play(scene, two, 1);

    return play(scene, two, rounds + 1) - few;
}

#define ADD(player, call, ...)            \
    ((player)->steps[(player)->count++] = \
         (struct user_step){.number = KEEL_SYS_##call, .argument = {__VA_ARGS__}})
#define ARGUMENT(player, step, n) USER_ARGUMENT(&(player)->stage, step, n)
#define BUFFER(player)            USER_BUFFER(&(player)->stage)

static void null_call(struct player *one, struct player *other)
{
    (void)other;
    ADD(one, syscall_test_0, 0);
}

static void two_null_calls(struct player *one, struct player *other)
{
    null_call(one, other);
    null_call(one, other);
}

/* What so many rounds cost besides their calls: each step, and going back. */
static uint64_t script_cost(unsigned rounds, unsigned steps, unsigned loops)
{
    static uint64_t step, back; /* of 1,000 */

    if (step == 0) {
        uint64_t null = run_measure(1000) + 1000, one = play_rounds(null_call, false, 1000);

        step = play_rounds(two_null_calls, false, 1000) - one;
        back = one - step;
        step -= null;
    }
    return (step * steps + back * loops) * rounds / 1000;
}

/* Operations of one player, each so many steps. */
static uint64_t run_alone(scene_fn *scene, unsigned rounds, unsigned steps)
{
    return play_rounds(scene, false, rounds) - script_cost(rounds, steps, 1);
}

/* ... of both together. */
static uint64_t run_both(scene_fn *scene, unsigned rounds, unsigned steps)
{
    return play_rounds(scene, true, rounds) - script_cost(rounds, steps, 2);
}

static keel_handle_t enter(struct player *player, struct object *object)
{
    return user_stage_enter(&player->stage, object, object->ops->rights);
}

static keel_handle_t enter_event(struct player *player)
{
    struct object *event;

    KASSERT(event_object_create(&event) == 0);
    return enter(player, event);
}

/* --- One process --- */

static void duplicate_and_close(struct player *one, struct player *other)
{
    (void)other;
    ADD(one, handle_duplicate, enter_event(one), KEEL_RIGHT_SAME_RIGHTS, ARGUMENT(one, 1, 0));
    ADD(one, handle_close, 0);
}

BENCH_BATCH(user_duplicate, "handle.dup_close", NULL)
{
    return run_alone(duplicate_and_close, operations, 2);
}

static void signal_event(struct player *one, struct player *other)
{
    (void)other;
    ADD(one, object_signal, enter_event(one), 0, KEEL_EVENT_SIGNALED);
}

BENCH_BATCH(user_signal, "event.signal", NULL)
{
    return run_alone(signal_event, operations, 1);
}

static void write_and_read(struct player *one, struct player *other)
{
    struct keel_channel_buffer buffer = {.bytes = (void *)(BUFFER(one) + BYTES), .num_bytes = 64};
    struct object *near, *far;

    (void)other;
    KASSERT(channel_create(&near, &far) == 0);
    user_stage_put(&one->stage, 0, &buffer, sizeof(buffer));
    ADD(one, channel_write, enter(one, near), 0, BUFFER(one) + BYTES, 64);
    ADD(one, channel_read, enter(one, far), 0, BUFFER(one));
}

BENCH_BATCH(user_write_read, "channel.write_read.64", NULL)
{
    return run_alone(write_and_read, operations, 2);
}

/* --- Two --- */

/* Arguments of a call or an answer, in the buffer; a handle goes out or comes in at `handle`. */
static void put_args(struct player *player, size_t offset, struct keel_channel_call_args args,
                     virt_addr_t handle)
{
    args.wr_bytes = args.rd_bytes = (void *)(BUFFER(player) + BYTES);
    args.wr_handles = args.rd_handles = (void *)handle;
    user_stage_put(&player->stage, offset, &args, sizeof(args));
}

static void enter_channel(struct player *one, struct player *other, keel_handle_t ends[2])
{
    struct object *near, *far;

    KASSERT(channel_create(&near, &far) == 0);
    ends[0] = enter(one, near);
    ends[1] = enter(other, far);
}

/* One calls with so many bytes, the other answers with as many. */
static void call_and_answer(struct player *one, struct player *other, uint32_t size)
{
    struct keel_channel_call_args args = {.wr_num_bytes = size, .rd_num_bytes = size};
    keel_handle_t ends[2];

    enter_channel(one, other, ends);
    put_args(one, CALL_ARGS, args, 0);
    put_args(other, CALL_ARGS, args, 0);
    args.wr_num_bytes = 0;
    put_args(other, FIRST_ARGS, args, 0);
    ADD(one, channel_call, ends[0], 0, FOREVER, BUFFER(one) + CALL_ARGS);
    ADD(other, channel_reply_wait, ends[1], 0, FOREVER, BUFFER(other) + FIRST_ARGS);
    ADD(other, channel_reply_wait, ends[1], 0, FOREVER, BUFFER(other) + CALL_ARGS);
}

static void call_0(struct player *one, struct player *other)
{
    call_and_answer(one, other, sizeof(keel_txid_t));
}

BENCH_BATCH(ipc_call_0, "ipc.call.0", NULL)
{
    return run_both(call_0, operations, 2);
}

static void call_64(struct player *one, struct player *other)
{
    call_and_answer(one, other, 64);
}

BENCH_BATCH(ipc_call_64, "ipc.call.64", NULL)
{
    return run_both(call_64, operations, 2);
}

static void call_1024(struct player *one, struct player *other)
{
    call_and_answer(one, other, 1024);
}

BENCH_BATCH(ipc_call_1024, "ipc.call.1024", NULL)
{
    return run_both(call_1024, operations, 2);
}

/* A handle goes with the call, and is closed by who answers. */
static void call_handle(struct player *one, struct player *other)
{
    struct keel_channel_call_args args = {.wr_num_bytes = sizeof(keel_txid_t),
                                          .rd_num_bytes = sizeof(keel_txid_t)};
    keel_handle_t ends[2];

    enter_channel(one, other, ends);
    args.wr_num_handles = 1;
    put_args(one, CALL_ARGS, args, BUFFER(one) + HANDLES);
    args.wr_num_handles = 0;
    args.rd_num_handles = 1;
    put_args(other, CALL_ARGS, args, ARGUMENT(other, 1, 0));
    args.wr_num_bytes = 0;
    put_args(other, FIRST_ARGS, args, ARGUMENT(other, 1, 0));
    ADD(one, handle_duplicate, enter_event(one), KEEL_RIGHT_SAME_RIGHTS, BUFFER(one) + HANDLES);
    ADD(one, channel_call, ends[0], 0, FOREVER, BUFFER(one) + CALL_ARGS);
    ADD(other, channel_reply_wait, ends[1], 0, FOREVER, BUFFER(other) + FIRST_ARGS);
    ADD(other, handle_close, 0);
    ADD(other, channel_reply_wait, ends[1], 0, FOREVER, BUFFER(other) + CALL_ARGS);
}

/* With making the handle that is sent. */
BENCH_BATCH(ipc_call_handle, "ipc.call.handle", NULL)
{
    return run_both(call_handle, operations, 4);
}

/* A port in both processes. */
static void enter_port(struct player *one, struct player *other, keel_handle_t handles[2])
{
    struct object *port;

    KASSERT(port_create(&port) == 0);
    object_get(port);
    object_open(port);
    handles[0] = enter(one, port);
    handles[1] = enter(other, port);
    object_put(port);
}

/* Packets go from one to the other and back. */
static void exchange_packets(struct player *one, struct player *other)
{
    keel_handle_t there[2], back[2];

    enter_port(one, other, there);
    enter_port(one, other, back);
    ADD(one, port_queue, there[0], BUFFER(one));
    ADD(one, port_wait, back[0], FOREVER, BUFFER(one));
    ADD(other, syscall_test_0, 0);
    ADD(other, port_wait, there[1], FOREVER, BUFFER(other));
    ADD(other, port_queue, back[1], BUFFER(other));
}

BENCH_BATCH(port_packet, "port.packet", NULL)
{
    return run_both(exchange_packets, operations, 4);
}
