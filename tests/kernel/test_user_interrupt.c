/* SPDX-License-Identifier: MIT */
/* Interrupts as programs see them: told once each, to a thread or a port, and none is lost. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/interrupt_object.h>
#include <keel/irq.h>
#include <keel/ktest.h>
#include <keel/resource_object.h>
#include <keel/string.h>
#include <keel/syscall_numbers.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/uaccess.h>

#define NUMBERS_MAX  4096u
#define BAD_POINTERS 5u
#define ROUNDS       300u
#define LONG_NS      (60 * NS_PER_SEC) /* a deadline that is not to pass */

struct memory {
    keel_handle_t handles[2];
    keel_port_packet_t packet;
    int64_t when;
    keel_rsrc_name_t name;
    keel_signals_t signals;
};

#define AT(g, member) ((g)->data + offsetof(struct memory, member))

static void get(virt_addr_t at, void *bytes, size_t size)
{
    KTEST_EXPECT(user_copy_in(bytes, user_pointer(at), size) == 0);
}

static keel_handle_t made(struct user_stage *g)
{
    keel_handle_t handle;

    get(AT(g, handles), &handle, sizeof(handle));
    return handle;
}

static keel_handle_t make_port(struct user_stage *g)
{
    KTEST_EXPECT(CALL(port_create, 0, AT(g, handles)) == 0);
    return made(g);
}

static keel_handle_t make_virtual(struct user_stage *g)
{
    KTEST_EXPECT(CALL(interrupt_create, 0, 0, KEEL_INTERRUPT_VIRTUAL, AT(g, handles)) == 0);
    return made(g);
}

static keel_handle_t enter_root(struct user_stage *g)
{
    struct object *root;

    KTEST_EXPECT(resource_create_root(&root) == 0);
    return user_stage_enter(g, root, KEEL_DEFAULT_RESOURCE_RIGHTS);
}

static keel_handle_t with_rights(struct user_stage *g, keel_handle_t handle, keel_rights_t rights)
{
    KTEST_EXPECT(CALL(handle_replace, handle, rights, AT(g, handles)) == 0);
    return made(g);
}

static keel_signals_t signals_of(struct user_stage *g, keel_handle_t handle)
{
    keel_signals_t signals;

    (void)CALL(object_wait_one, handle, 0, 0, AT(g, signals));
    get(AT(g, signals), &signals, sizeof(signals));
    return signals;
}

/* When the interrupt came that the wait told; negative: the status. */
static int64_t wait(struct user_stage *g, keel_handle_t interrupt)
{
    int64_t when, err = CALL(interrupt_wait, interrupt, AT(g, when));

    get(AT(g, when), &when, sizeof(when));
    return err != 0 ? err : when;
}

/* The same of a packet. */
static int64_t wait_packet(struct user_stage *g, keel_handle_t port, uint64_t key, bool expected)
{
    uint64_t deadline = expected ? clock_ns() + LONG_NS : 0;
    int64_t err = CALL(port_wait, port, deadline, AT(g, packet));
    keel_port_packet_t packet;

    get(AT(g, packet), &packet, sizeof(packet));
    KTEST_EXPECT(err != 0 || (packet.type == KEEL_PKT_TYPE_INTERRUPT && packet.key == key));
    return err != 0 ? err : packet.interrupt.timestamp;
}

KTEST(interrupt_is_told_to_a_thread)
{
    keel_handle_t interrupt;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    interrupt = make_virtual(&g);
    KTEST_EXPECT(signals_of(&g, interrupt) == KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == -EAGAIN);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 11) == 0);
    KTEST_EXPECT(signals_of(&g, interrupt) == 0);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 12) == 0);
    KTEST_EXPECT(wait(&g, interrupt) == 11); /* both are one */
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 13) == 0);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 14) == 0);
    KTEST_EXPECT(wait(&g, interrupt) == 13);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == -EAGAIN);
    KTEST_EXPECT(signals_of(&g, interrupt) == KEEL_VIRTUAL_INTERRUPT_UNTRIGGERED);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 15) == 0);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        virt_addr_t bad[BAD_POINTERS] = {USER_NOWHERE(&g) - 1, USER_NOWHERE(&g), 8, (virt_addr_t)&g,
                                         UINT64_MAX};

        KTEST_EXPECT(CALL(interrupt_wait, interrupt, bad[i]) == -EFAULT);
        KTEST_EXPECT(CALL(interrupt_create, 0, 0, KEEL_INTERRUPT_VIRTUAL, bad[i]) == -EFAULT);
    }
    KTEST_EXPECT(wait(&g, interrupt) == 15);
    KTEST_EXPECT(CALL(interrupt_destroy, interrupt) == 0);
    KTEST_EXPECT(CALL(interrupt_destroy, interrupt) == 0);
    KTEST_EXPECT(wait(&g, interrupt) == -ECANCELED);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == -ECANCELED);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 16) == -ECANCELED);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, make_port(&g), 1, 0) == -ECANCELED);
    user_stage_close(&g);
}

KTEST(interrupt_is_told_to_a_port)
{
    keel_handle_t interrupt, port, other;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    interrupt = make_virtual(&g);
    port = make_port(&g);
    other = make_port(&g);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 1) == 0);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, port, 77, KEEL_INTERRUPT_BIND) == 0);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, other, 77, KEEL_INTERRUPT_BIND) == -EBUSY);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, other, 77, KEEL_INTERRUPT_UNBIND) == -ENOENT);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, port, 77, 2) == -EINVAL);
    KTEST_EXPECT(wait(&g, interrupt) == -EBUSY);
    KTEST_EXPECT(wait_packet(&g, port, 77, true) == 1);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 2) == 0);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 3) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 77, false) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 77, true) == 2);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 77, false) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 4) == 0); /* acknowledged in the port */
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 5) == 0);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 77, true) == 5);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 6) == 0);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, port, 0, KEEL_INTERRUPT_UNBIND) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 77, false) == -ETIMEDOUT);
    KTEST_EXPECT(wait(&g, interrupt) == 6);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, other, 78, KEEL_INTERRUPT_BIND) == 0);
    KTEST_EXPECT(CALL(handle_close, other) ==
                 0); /* it lives while it is bound, and takes nothing */
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 7) == 0);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 8) == 0);
    KTEST_EXPECT(CALL(interrupt_destroy, interrupt) == 0);
    interrupt = make_virtual(&g);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, port, 79, KEEL_INTERRUPT_BIND) == 0);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 9) == 0);
    KTEST_EXPECT(CALL(handle_close, interrupt) == 0); /* with its packet */
    KTEST_EXPECT(wait_packet(&g, port, 79, false) == -ETIMEDOUT);
    user_stage_close(&g);
}

KTEST(interrupt_needs_rights)
{
    keel_handle_t interrupt, port;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    port = make_port(&g);
    interrupt = with_rights(&g, make_virtual(&g), KEEL_RIGHT_DUPLICATE);
    KTEST_EXPECT(CALL(interrupt_ack, interrupt) == -EACCES);
    KTEST_EXPECT(wait(&g, interrupt) == -EACCES);
    KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 1) == -EACCES);
    KTEST_EXPECT(CALL(interrupt_destroy, interrupt) == -EACCES);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, port, 1, 0) == -EACCES);
    KTEST_EXPECT(CALL(interrupt_ack, port) == -ENOTTY);
    KTEST_EXPECT(wait(&g, 0) == -EBADF);
    KTEST_EXPECT(CALL(interrupt_bind, make_virtual(&g), interrupt, 1, 0) == -ENOTTY);
    KTEST_EXPECT(CALL(interrupt_trigger, make_virtual(&g), 1, 1) == -EINVAL);
    user_stage_close(&g);
}

/* --- Lines of devices --- */

/* The highest line that there is, which is no device's on the boards. */
static unsigned last_number(struct irq_chip **chip, unsigned *hw)
{
    unsigned number = NUMBERS_MAX;

    while (number > 0 && irq_find_line(number, chip, hw) != 0) {
        number--;
    }
    return number;
}

KTEST(interrupt_lines_need_their_resource)
{
    keel_handle_t root, part;
    struct irq_chip *chip;
    struct user_stage g;
    unsigned hw, line = last_number(&chip, &hw);

    KTEST_REQUIRE(line > 0 && user_stage_open(&g));
    root = enter_root(&g);
    KTEST_EXPECT(CALL(interrupt_create, 0, line, 0, AT(&g, handles)) == -EBADF);
    KTEST_EXPECT(CALL(interrupt_create, make_port(&g), line, 0, AT(&g, handles)) == -ENOTTY);
    KTEST_EXPECT(CALL(interrupt_create, root, NUMBERS_MAX + 1, 0, AT(&g, handles)) == -EINVAL);
    KTEST_EXPECT(CALL(interrupt_create, root, line, 12, AT(&g, handles)) == -EINVAL);
    KTEST_EXPECT(CALL(interrupt_create, root, line, 1, AT(&g, handles)) == -EINVAL);
    KTEST_EXPECT(CALL(interrupt_create, root, line, 17, AT(&g, handles)) == -EINVAL);
    KTEST_EXPECT(CALL(resource_create, root, KEEL_RSRC_KIND_IRQ, line - 1, 1, AT(&g, name),
                      AT(&g, handles)) == 0);
    part = made(&g);
    KTEST_EXPECT(CALL(interrupt_create, part, line, 0, AT(&g, handles)) == -ERANGE);
    KTEST_EXPECT(CALL(resource_create, root, KEEL_RSRC_KIND_MMIO, line, 1, AT(&g, name),
                      AT(&g, handles)) == 0);
    KTEST_EXPECT(CALL(interrupt_create, made(&g), line, 0, AT(&g, handles)) == -ENOTTY);
    for (unsigned i = 0; i < 3; i++) {
        keel_handle_t interrupt;

        KTEST_EXPECT(CALL(interrupt_create, root, line, 0, AT(&g, handles)) == 0);
        interrupt = made(&g);
        KTEST_EXPECT(CALL(interrupt_create, root, line, 0, AT(&g, handles)) == -EBUSY);
        KTEST_EXPECT(CALL(interrupt_trigger, interrupt, 0, 1) == -ENOTSUP);
        KTEST_EXPECT(CALL(interrupt_ack, interrupt) == -EAGAIN);
        KTEST_EXPECT(CALL(handle_close, interrupt) == 0); /* it is free again */
    }
    user_stage_close(&g);
}

/* Where a controller can raise lines: each comes through, and those that come meanwhile as one. */
static void raise_in_mode(struct user_stage *g, struct irq_chip *chip, unsigned hw, unsigned line,
                          uint32_t mode)
{
    keel_handle_t port = make_port(g), interrupt;
    int64_t before = (int64_t)clock_ns(), first, second;

    KTEST_EXPECT(CALL(interrupt_create, enter_root(g), line, mode, AT(g, handles)) == 0);
    interrupt = made(g);
    chip->ops->raise(chip, hw);
    first = wait(g, interrupt);
    KTEST_EXPECT(first >= before);
    chip->ops->raise(chip, hw);
    chip->ops->raise(chip, hw);
    second = wait(g, interrupt);
    KTEST_EXPECT(second >= first);
    KTEST_EXPECT(CALL(interrupt_bind, interrupt, port, 5, KEEL_INTERRUPT_BIND) == 0);
    (void)CALL(interrupt_ack, interrupt);
    while (wait_packet(g, port, 5, false) > 0) { /* the second of the two, if they were two */
        KTEST_EXPECT(CALL(interrupt_ack, interrupt) == 0);
    }
    chip->ops->raise(chip, hw);
    KTEST_EXPECT(wait_packet(g, port, 5, true) >= second);
    KTEST_EXPECT(CALL(handle_close, interrupt) == 0);
}

KTEST(interrupt_lines_come_through)
{
    struct irq_chip *chip;
    struct user_stage g;
    unsigned hw, line = last_number(&chip, &hw);

    if (chip->ops->raise) {
        KTEST_REQUIRE(user_stage_open(&g));
        raise_in_mode(&g, chip, hw, line, KEEL_INTERRUPT_MODE_EDGE_HIGH);
        raise_in_mode(&g, chip, hw, line, KEEL_INTERRUPT_MODE_LEVEL_HIGH);
        user_stage_close(&g);
    }
}

/* --- Threads --- */

static uint32_t seen;

static int wait_often(void *arg)
{
    keel_time_t when;
    int err;

    while ((err = interrupt_wait(arg, &when)) == 0) {
        __atomic_store_n(&seen, (uint32_t)when, __ATOMIC_RELEASE);
    }
    return err;
}

KTEST(interrupt_wakes_and_loses_none)
{
    uint64_t before = object_count(), end = clock_ns() + LONG_NS;
    struct thread *thread;
    struct object *object;
    int result = 0;

    seen = 0;
    KTEST_REQUIRE(interrupt_create_virtual(&object) == 0);
    KTEST_REQUIRE(thread_run(&thread, "waits", wait_often, object, NULL) == 0);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        KTEST_EXPECT(interrupt_trigger(object, i) == 0);
        while (__atomic_load_n(&seen, __ATOMIC_ACQUIRE) != i && clock_ns() < end) {
            thread_yield();
        }
        KTEST_REQUIRE(__atomic_load_n(&seen, __ATOMIC_ACQUIRE) == i);
    }
    interrupt_destroy(object);
    KTEST_EXPECT(thread_join(thread, &result, TIMER_NEVER) == 0 && result == -ECANCELED);
    object_close(object);
    KTEST_EXPECT(object_count() == before);
}

/* The wait of a thread in user mode ends with its process. */
KTEST(interrupt_wait_ends_with_the_process)
{
    uint64_t before = object_count();

    for (unsigned i = 0; i < 8; i++) {
        struct user_step steps[2] = {{.number = KEEL_SYS_interrupt_wait}, {.number = USER_END}};
        struct process_end end = {.reason = PROCESS_RUNS};
        struct user_stage stage;
        struct object *object;

        KTEST_REQUIRE(user_stage_make(&stage, 0));
        KTEST_REQUIRE(interrupt_create_virtual(&object) == 0);
        steps[0].argument[0] = user_stage_enter(&stage, object, KEEL_DEFAULT_INTERRUPT_RIGHTS);
        steps[0].argument[1] = USER_BUFFER(&stage);
        if (user_stage_start_script(&stage, steps, 2)) {
            thread_sleep(i % 4 * NS_PER_MS);
            process_kill(stage.process);
            (void)user_stage_wait(&stage, &end);
        }
        KTEST_EXPECT(end.reason == PROCESS_KILLED);
        user_stage_free(&stage);
    }
    KTEST_EXPECT(object_count() == before);
}

/* --- No memory --- */

KTEST(interrupt_survives_every_failure)
{
    struct irq_chip *chip;
    unsigned hw, line = last_number(&chip, &hw);

    for (unsigned physical = 0; IS_ENABLED(CONFIG_FAULT_INJECT) && physical < 2; physical++) {
        int64_t result = -ENOMEM;
        unsigned nth = 0;

        while (result == -ENOMEM && nth < 20) {
            keel_handle_t root;
            struct user_stage g;

            KTEST_REQUIRE(user_stage_open(&g));
            root = enter_root(&g);
            (void)CALL(event_create, 0, AT(&g, handles)); /* the memory is there */
            alloc_fail_nth(++nth);
            result = CALL(interrupt_create, root, line, physical ? 0 : KEEL_INTERRUPT_VIRTUAL,
                          AT(&g, handles));
            alloc_fail_nth(0);
            KTEST_EXPECT(result != -ENOMEM || user_stage_handles(&g) == 2);
            user_stage_close(&g);
        }
        KTEST_EXPECT(nth > 1 && result == 0);
    }
}
